"""Which program the first word of a command names: a tool, or a file of the project.

./test       ->  the project's own `test`, not the one of the system
/bin/test    ->  the tool
"""

from __future__ import annotations

import posixpath

from reorder.effects.model import Model
from reorder.effects.paths import STANDARD_FOLDERS, canonical, join
from reorder.effects.words import UnseenCode
from reorder.effects.world import World
from reorder.syntax.shell import Use
from reorder.syntax.shell_builtins import OF_THE_SHELL

# Where programs are installed: below any prefix, those of Python and Node environments among them.
_TOOL_FOLDERS = frozenset(("bin", "sbin", ".bin", "condabin"))


def project_program(program: str, model: Model | None, use: Use, world: World) -> str | None:
    """The path of the project's file that `program` runs, None when it is the tool of that name.

    Raises UnseenCode when it may be either.
    """
    if "/" not in program:
        places = () if program in OF_THE_SHELL else world.programs(use.cwds)
        found = (canonical(f"{folder}/{program}") for folder in places)
        return next((path for path in found if world.brought(path)), None)
    paths = [join(cwd, program) for cwd in use.cwds]
    if any(map(world.brought, paths)):
        return paths[0]
    folders = {posixpath.dirname(path) for path in paths}
    if folders <= STANDARD_FOLDERS - {"/"}:
        return None
    outside = all(posixpath.basename(folder) in _TOOL_FOLDERS for folder in folders)
    if model is not None and (not outside or any(map(world.may_bring, paths))):
        raise UnseenCode(f"`{program}` may be a program of the project: what it does is not known")
    return None
