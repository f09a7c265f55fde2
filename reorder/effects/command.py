"""One command that a RUN may run -> its effect, that of the commands it runs included."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from functools import partial

from msgspec.structs import replace

from reorder.effects.accounts import filled, homes
from reorder.effects.effect import Access, Effect, Footprint, opaque
from reorder.effects.model import Model
from reorder.effects.outputs import printed
from reorder.effects.paths import join
from reorder.effects.program import loader_reads
from reorder.effects.since import after, in_turn
from reorder.effects.sourced import source_effect, text_of
from reorder.effects.usage import Usage, redirects
from reorder.effects.which import project_program
from reorder.effects.words import Unmodelled, UnseenCode, Words, read_words
from reorder.effects.world import CWD_READ, FOLDER_NAMES, World, adjusted, not_root, union
from reorder.effects.wrapped import as_another_user, each_found, fed, parameters, with_input
from reorder.manifests import Followed
from reorder.syntax.shell import Arg, Script, Use, read_script

# FACTS: the median of RUNs that are no install, compile or download (FlakiDock logs, ICSE 2025).
OTHER_SECONDS = 2.1


def script_effect(script: Script, world: World) -> Effect:
    """The union of what all commands of a shell script may do."""
    if script.opaque:
        return opaque(script.opaque, 0.0)

    def effect(use: Use, world: World) -> Effect:
        return command_effect(use, fed(use, script.uses, world))

    parts = in_turn(script, world, effect)
    names = tuple(
        Footprint("env", name, Access.READ, why=f"uses ${name}") for name in sorted(script.names)
    )
    folder = () if script.names.isdisjoint(FOLDER_NAMES) else (CWD_READ,)
    return union([Effect((*names, *folder)), *parts])


def command_effect(use: Use, world: World) -> Effect:
    """What one command does; opaque with a reason when its model does not say."""
    try:
        return _command(use, world)
    except Unmodelled as error:
        model = _model_of(use, world)
        seconds = model.seconds if model else OTHER_SECONDS
        found = opaque(str(error), seconds)
        if model is None:
            return found
        return replace(found, clock=model.clock, compiles=model.compiles, ahead=model.ahead)


def _command(use: Use, world: World) -> Effect:
    world = after(adjusted(use, world), [Effect(tuple(redirects(use)))])
    if not use.argv:
        return Effect(tuple(redirects(use)))
    if use.sourced is not None:
        return source_effect(use, world)
    program = use.argv[0].text
    if program is None or use.argv[0].glob:
        raise Unmodelled(f"the command `{use.argv[0].source}` is not known before the build")
    name = program if program == world.feed else posixpath.basename(program)
    model = world.models.get(name)
    place = _of_the_project(program, model, use, world)
    if place is not None:
        use = replace(use, argv=(replace(use.argv[0], text=place), *use.argv[1:]))
    if model is None or place is not None:
        body = _follow_script(use.argv, use, world, f"no model for `{name}`")
        return union([Effect(tuple(redirects(use))), body])
    words = read_words(model, use.argv[1:])
    work = Usage(use, words, world)
    followed = work.followed()
    if words.model.opaque and followed is None:
        raise (UnseenCode if words.model.code else Unmodelled)(words.model.opaque)
    runs = _runs(followed, use, world) if followed else []
    footprints = [*redirects(use), *work.footprints(followed)]
    own = Effect(
        filled(footprints, words, world.unpackaged),
        0.0 if runs else _seconds(words),
        links=tuple(work.links),
        leads=tuple(work.leads),
        adds=tuple(work.adds),
        root=words.model.root,
        clock=() if runs else words.model.clock,
        fetches=(words.model.fetches,) if words.model.fetches else (),
        compiles=words.model.compiles,
        ahead=words.model.ahead,
        removes=words.model.removes,
        homes=homes(words, world.unpackaged),
    )
    inner = [*_inner(use, words, world), *runs]
    if words.model.becomes:
        inner = [replace(e, root=False, footprints=not_root(e.footprints)) for e in inner]
    return union([own, *inner])


def _of_the_project(program: str, model: Model | None, use: Use, world: World) -> str | None:
    """The place of the project's own program, unless the model is of programs like it."""
    named = model is not None and (
        model.anywhere or world.models.is_own(posixpath.basename(program))
    )
    return None if named or program == world.feed else project_program(program, model, use, world)


def _seconds(words: Words) -> float:
    return words.model.seconds if not words.rest_role else 0.0


def _model_of(use: Use, world: World) -> Model | None:
    """The model of the subcommand that is used, as far as the words tell."""
    name = posixpath.basename(use.argv[0].text or "") if use.argv else ""
    model = world.models.get(name)
    for arg in use.argv[1:]:
        model = model and model.subs.get(arg.text or "", model)
    return model


def _inner(use: Use, words: Words, outer: World) -> list[Effect]:
    """What the commands do that this command runs."""
    role, rest = words.rest_role, words.rest
    if not role and not words.each:
        return []
    world = outer.deeper()
    if words.each:
        return [
            command_effect(replace(use, argv=command, redirects=()), world)
            for command in each_found(words)
        ]
    if words.model.becomes:
        use, world = as_another_user(use, words, world)
    if role == "command-stdin":
        rest, role = with_input(words, world.fed), "command"
    if role == "command":
        return [command_effect(replace(use, argv=rest, redirects=()), world)]
    if role == "assign":
        return _assigned(use, rest, world)
    if role == "shell":
        return [_shell_text(use, rest, words.model.dialect, world)]
    if role == "shell-file" and any(flag.name == "-s" for flag in words.flags):
        return [_shell_stdin(use, words.model.dialect, world, rest)]
    if role == "shell-file" and [word.text for word in rest] == ["-"]:
        return [_shell_stdin(use, words.model.dialect, world)]
    if role == "shell-file":
        reason = f"`{rest[0].source}` cannot be read"
        return [_follow_script(rest, use, world, reason, words.model.dialect)]
    if role == "stdin of shell-file":
        return [_shell_stdin(use, words.model.dialect, world)]
    from reorder.effects.interpreter import python_stdin, python_words

    if role == "stdin of python-file":
        return [python_stdin(use, world)]
    return [python_words(role, rest, use, world)]


def _runs(followed: Followed, use: Use, outer: World) -> list[Effect]:
    """What the project's files say that the command runs."""
    found: list[Effect] = []
    for run in followed.runs:
        given = tuple((name, Arg(text)) for name, text in run.sets if "*" not in name)
        world = adjusted(replace(use, assigns=given), after(outer.deeper(), found))
        unknown = [name for name, text in run.sets if text is None]
        world = replace(
            world,
            named={**world.named, **({"*": None} if "*" in unknown else {})},
            partly=lambda _: None,
            lookup=partial(_seen, [*unknown, *(["PATH"] if run.path else [])], world.lookup),
            path=(*run.path, *world.path),
            unread=frozenset() if run.path else world.unread,
        )
        inside = replace(use, cwds=(run.cwd,), assigns=())
        found.append(_in_each_cwd(run.text, inside, "bash" if run.bash else "", (), world))
    known = after(replace(outer, exists=lambda _: False), found)
    made = next((path for path in followed.absent if known.exists(path) is None), None)
    if made and not any(effect.opaque for effect in found):
        raise UnseenCode(f"whether it makes {made} again is decided by the times of files")
    return found


def _seen(unknown: Sequence[str], outer: Callable[[str], str | None], name: str) -> str | None:
    return None if any(fnmatchcase(name, form) for form in unknown) else outer(name)


def _assigned(use: Use, rest: Sequence[Arg], world: World) -> list[Effect]:
    """`env A=1 B=2 cmd` -> cmd with A and B set."""
    assigns = list(use.assigns)
    words = list(rest)
    while words and "=" in (words[0].text or ""):
        name, _, value = (words[0].text or "").partition("=")
        assigns.append((name, replace(words.pop(0), text=value)))
    if not words:
        return []
    return [
        command_effect(replace(use, argv=tuple(words), assigns=tuple(assigns), redirects=()), world)
    ]


def _shell_text(use: Use, rest: Sequence[Arg], dialect: str, world: World) -> Effect:
    text = rest[0].text
    if text is None:
        raise Unmodelled(f"the shell text `{rest[0].source}` is not known before the build")
    return _in_each_cwd(text, use, dialect, rest[2:], world)


def _shell_stdin(use: Use, dialect: str, world: World, args: Sequence[Arg] = ()) -> Effect:
    """A program from a here-document, or one from an address that has a model of its own."""
    if use.stdin is not None:
        return _in_each_cwd(use.stdin, use, dialect, args, world)
    if world.models.get(world.feed) is None:
        address = f" ({world.feed})" if world.feed else ""
        raise UnseenCode(
            f"the shell gets its program from standard input{address}: it is not known"
        )
    argv = (Arg(world.feed, source=world.feed), *args)
    return command_effect(replace(use, argv=argv, redirects=()), world)


def _follow_script(
    argv: Sequence[Arg], use: Use, world: World, reason: str, dialect: str = ""
) -> Effect:
    """A script of the context is read in place of a model."""
    if argv[0].text is None or ("/" not in argv[0].text and argv is use.argv):
        raise Unmodelled(reason)
    paths = [join(cwd, argv[0].text) for cwd in use.cwds]
    content = world.read_file(paths[0]) if len(paths) == 1 else None
    if content is None:
        raise UnseenCode(f"{reason}: its content is not known before the build")
    if b"\0" in content:
        raise UnseenCode(f"{reason}: it is no text")
    first = content.split(b"\n", 1)[0]
    if first.startswith(b"#!") and not first.rstrip().endswith((b"sh", b"sh -e", b"sh -ex")):
        return _by_interpreter(first[2:], argv, use, world)
    text = content.decode("utf-8", "replace")
    dialect = dialect or ("bash" if b"bash" in first else "")
    body = _in_each_cwd(text, use, dialect, argv[1:], world.deeper())
    read = Footprint("path", paths[0], Access.READ, why=f"runs {argv[0].source}")
    return union([Effect((read, *loader_reads())), body])


def _by_interpreter(line: bytes, argv: Sequence[Arg], use: Use, world: World) -> Effect:
    """`#!/usr/bin/env python3` -> `/usr/bin/env python3 ./script args`."""
    words = [word.strip() for word in line.decode("utf-8", "replace").strip().split(maxsplit=1)]
    if argv is not use.argv or not words:
        raise UnseenCode(f"`{argv[0].source}` is not a shell script")
    runs = (*(Arg(word, source=word, prefix=word) for word in words), *argv)
    return command_effect(replace(use, argv=runs, redirects=()), world.deeper())


def _in_each_cwd(text: str, use: Use, dialect: str, args: Sequence[Arg], world: World) -> Effect:
    parts = [
        script_effect(
            read_script(
                text,
                lookup=world.lookup,
                partly=world.partly,
                cwd=cwd,
                home=world.home,
                bash=dialect == "bash",
                args=parameters(args),
                prints=partial(printed, world=world),
                sourced=partial(text_of, world=world),
            ),
            world,
        )
        for cwd in use.cwds
    ]
    return union(parts)
