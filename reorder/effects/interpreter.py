"""A Python interpreter's use -> the effect of the program that it is given."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from msgspec.structs import replace

from reorder.effects.command import command_effect
from reorder.effects.effect import Access, Effect, Extent, Footprint
from reorder.effects.libraries import builtin_libraries
from reorder.effects.paths import join
from reorder.effects.python import module_effect, python_effect
from reorder.effects.words import Unmodelled, UnseenCode
from reorder.effects.world import CWD_READ, World, union
from reorder.syntax.shell import Arg, Use


def python_words(role: str, rest: Sequence[Arg], use: Use, world: World) -> Effect:
    """`role` says what the first of `rest` is: code, a script, a module. Raises Unmodelled."""
    if len(use.cwds) != 1:
        raise Unmodelled("the folder in which the program runs is not known")
    text = rest[0].text
    if text is None:
        raise Unmodelled(f"the program `{rest[0].source}` is not known before the build")
    if role == "python":
        return _code(text, use.cwds[0], None, world)
    if role == "python-module":
        return _module(text, rest, use, world)
    if text == "-":
        return python_stdin(use, world)
    path = join(use.cwds[0], text)
    content = world.read_file(path)
    if content is None:
        raise UnseenCode(f"the content of `{rest[0].source}` is not known: it runs unseen code")
    return _code(content.decode("utf-8", "replace"), use.cwds[0], path, world)


def python_stdin(use: Use, world: World) -> Effect:
    """The program is a here-document. Raises Unmodelled when it comes from elsewhere."""
    if use.stdin is None or len(use.cwds) != 1:
        raise UnseenCode("its program comes from standard input and is not known")
    return _code(use.stdin, use.cwds[0], None, world)


def _code(code: str, cwd: str, script: str | None, world: World) -> Effect:
    effect = python_effect(
        code,
        cwd=cwd,
        path0=posixpath.dirname(script) if script else cwd,
        lookup=world.lookup,
        home=world.home,
        read_file=world.read_file,
        exists=world.exists,
        libraries=builtin_libraries(),
        owner=world.owner,
        below=world.brought_below,
        script=script,
    )
    reads = [CWD_READ]
    if script is not None:
        reads.append(Footprint("path", script, Access.READ, why=f"runs {script}"))
    return union([Effect(tuple(reads)), effect])


def _module(module: str, rest: Sequence[Arg], use: Use, world: World) -> Effect:
    """`python -m tool args` is the command `tool`, if no module of the cwd takes its place."""
    libraries = builtin_libraries()
    effect: Effect | None
    if world.models.get(module) is not None:
        names = (Arg(module, source=module), *rest[1:])
        effect = command_effect(replace(use, argv=names, redirects=()), world.deeper())
        members = tuple(sorted({module, *libraries.names}))
        why = f"a module of its folder would take the place of `{module}`"
        looks = Footprint("path", use.cwds[0], Access.READ, Extent.MODULES, members, why=why)
        return union([Effect((looks,)), effect])
    effect = module_effect(
        module,
        [arg.text for arg in rest[1:]],
        cwd=use.cwds[0],
        lookup=world.lookup,
        home=world.home,
        read_file=world.read_file,
        exists=world.exists,
        libraries=libraries,
        owner=world.owner,
        below=world.brought_below,
    )
    if effect is None:
        raise Unmodelled(f"no model for the Python module `{module}`")
    return effect
