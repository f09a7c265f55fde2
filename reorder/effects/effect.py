"""The vocabulary of effects: what an instruction reads and writes.

An *effect* is a set of *footprints*; a footprint names a *resource* and how it is touched.
Two effects *conflict* when one writes what the other reads or writes; `graph.py` decides that,
this module only names things.

Resources (`Footprint.resource`):

=========  =======================================  =======================================
resource   name                                     written by
=========  =======================================  =======================================
env        a variable, or a pattern for reads       ENV, ARG (one name space, as in BuildKit)
cwd        ""                                       WORKDIR
user       ""                                       USER
shell      ""                                       SHELL
path       an absolute path of the image            COPY, ADD, WORKDIR, RUN
config     cmd, entrypoint, label:K, port:P, ...    the metadata instructions
cache      the id of a cache mount                  RUN --mount=type=cache
=========  =======================================  =======================================
"""

from __future__ import annotations

from enum import Enum
from typing import Literal

from msgspec import Struct

Resource = Literal["env", "cwd", "user", "shell", "path", "config", "cache"]


class Access(Enum):
    """How a footprint touches its resource."""

    __hash__ = object.__hash__  # Enum's own is written in Python: half the time of a union

    READ = "read"
    WRITE = "write"  # anything may change: content, type, mode, owner, existence
    ENSURE = "ensure"  # a folder is made when it is missing, else left as it is
    SETDIR = "setdir"  # a folder is made when it is missing, and its mode and owner are set


class Extent(Enum):
    """Which paths a path footprint covers."""

    __hash__ = object.__hash__

    POINT = "point"  # the path itself
    TREE = "tree"  # the path and all below it
    GLOB = "glob"  # paths that match the pattern (`*` does not cross `/`), and all below them
    LISTED = "listed"  # exactly the paths in `members`
    MODULES = "modules"  # Python modules in the folder `name` that are called as in `members`


class Footprint(Struct, frozen=True, cache_hash=True):
    """One resource and how it is touched.

    `name` of a path is absolute and normal (`/app/x`, no trailing slash), or starts with `?`: a
    path below a folder that is not known (`?cwd/x`, `?home/.cache`).
    `members` is sorted; for LISTED absolute paths, for MODULES names without a suffix.
    `owner` of ENSURE and SETDIR is `uid:gid:mode` as written, the signature of the folder; of a
    WRITE that changes mode and owner only, it is RIGHTS; of one that makes a link, LINK;
    of one that removes, GONE; of one that makes a folder, which was not there, NEW_FOLDER; of one
    that makes a virtual environment of Python there, ENVIRONMENT; of one that copies what the base
    image has, OF_THE_IMAGE; of a READ that only needs a folder to be there, PRESENT.
    `kind` of a WRITE that installs packages says which (`system`); `apart` are the kinds whose
    packages are known to leave this footprint as it is.
    `why` ends the sentence "it <why>": "reads its requirements file".
    """

    resource: Resource
    name: str
    access: Access
    extent: Extent = Extent.POINT
    members: tuple[str, ...] = ()
    owner: str = ""
    why: str = ""
    kind: str = ""
    apart: tuple[str, ...] = ()


class Effect(Struct, frozen=True):
    """What one instruction does.

    `seconds` is what the step takes when it really runs.
    `opaque` is None, or the reason why nothing is known of it: such an effect reads and writes
    every path and reads every variable, the cwd, the user and the shell.
    `links` are paths that become symbolic links: what is below one of them is somewhere else.
    `leads` says for a link where it leads, as far as that is known.
    `root`: it fails unless the user is root.
    `clock` are patterns of the files that tell a program which file times to compare (`Makefile`);
    `*`: any.
    `adds` are writes that only add a line to a file, and the lines, in their order.
    `homes` are the accounts that it makes, with their home folders; ("", "") says that it leaves
    those of the accounts that are there.
    `fetches` names what it gets from the network that is another one every day.
    `compiles`: it builds the project, which installs no packages of the system.
    `ahead`: the command that does a part of it with few files of the project, if one is known.
    `removes`: it takes away what was installed; in a layer of its own that would stay in the image.
    """

    footprints: tuple[Footprint, ...] = ()
    seconds: float = 0.0
    opaque: str | None = None
    links: tuple[str, ...] = ()
    leads: tuple[tuple[str, str], ...] = ()
    root: bool = False
    clock: tuple[str, ...] = ()
    fetches: tuple[str, ...] = ()
    compiles: bool = False
    ahead: str = ""
    removes: bool = False
    adds: tuple[tuple[Footprint, str], ...] = ()
    homes: tuple[tuple[str, str], ...] = ()

    @property
    def reads(self) -> tuple[Footprint, ...]:
        return tuple(f for f in self.footprints if f.access is Access.READ)

    @property
    def writes(self) -> tuple[Footprint, ...]:
        return tuple(f for f in self.footprints if f.access is not Access.READ)


ANYWHERE = "/"
RIGHTS = "rights"
PRESENT = "present"
OF_THE_IMAGE = "of the image"
LINK = "link"
GONE = "gone"
NEW_FOLDER = "new folder"
ENVIRONMENT = "environment"
# The kind of a write of which only the place is known: files that another stage or image has made.
MADE_ELSEWHERE = "made elsewhere"
# The kinds of packages that are installed: of a language, of the system, and among these the ones
# that only programs which need them look at, with an account of their own or without, others
# without an account, of these the ones that bring nothing to fetch with, and those with
# certificates and time zones alone.
INSTALLS = ("certificates", "daemon", "language", "library", "runtime", "system", "userless")
# The kinds that add no account and change none.
USERLESS = ("certificates", "library", "runtime", "userless")


def opaque(reason: str, seconds: float) -> Effect:
    """The effect of a RUN of which nothing is known: a barrier for all but the image config."""
    everything: tuple[Footprint, ...] = (
        Footprint("path", ANYWHERE, Access.READ, Extent.TREE, why=reason),
        Footprint("path", ANYWHERE, Access.WRITE, Extent.TREE, why=reason),
        Footprint("env", "*", Access.READ, why=reason),
        Footprint("cwd", "", Access.READ, why=reason),
        Footprint("user", "", Access.READ, why=reason),
        Footprint("shell", "", Access.READ, why=reason),
        Footprint("cache", "*", Access.READ, why=reason),
        Footprint("cache", "*", Access.WRITE, why=reason),
    )
    return Effect(everything, seconds, opaque=reason)
