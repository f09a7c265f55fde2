"""COPY and ADD -> what they write, file by file when the context is at hand."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from reorder.context.discover import REMOTE
from reorder.context.files import Bringing, Context, ContextError, PatternError, bring
from reorder.effects.effect import MADE_ELSEWHERE, Access, Effect, Extent, Footprint
from reorder.effects.paths import canonical, join, parents
from reorder.effects.place import Place, Step, account_reads, folders_made, is_root
from reorder.syntax.dockerfile import Instruction, heredoc_marker

# FACTS: the median of 2,290 BuildKit logs of the FlakiDock study (ICSE 2025).
COPY_SECONDS = 0.5
DOWNLOAD_SECONDS = 3.5
# Whether it is one is a matter of content, which may change with the next commit.
_ARCHIVES = (".tar", ".tgz", ".tbz", ".tbz2", ".txz", ".gz", ".bz2", ".xz", ".zst", ".tzst")
_PATTERN = frozenset("*?[\\")
_ANYWHERE = Footprint(
    "path", "/", Access.WRITE, Extent.TREE, why="writes to a place that is not known"
)


class _Request(Struct, frozen=True):
    """The words of a COPY or ADD after expansion; `dest` None when it is not known.

    `behind_link`: the place is somewhere else.
    """

    sources: tuple[str | None, ...]
    dest: str | None
    behind_link: bool
    to_folder: bool
    chown: str
    owner: str
    link: bool
    footprints: tuple[Footprint, ...]
    line: int


def copy_step(instruction: Instruction, place: Place, origin: Callable[[str], int | None]) -> Step:
    """`origin`: the index of the stage that a `--from` of this stage means."""
    flags = {flag.name: flag.value for flag in instruction.flags}
    request = _request(instruction, place, flags)
    if "from" in flags:
        index = origin(flags["from"])
        effect = _effect(request, _elsewhere(request, "parents" in flags), COPY_SECONDS)
        return Step(instruction, place.scope, effect, stages=() if index is None else (index,))
    if instruction.keyword == "ADD" and any(_remote(s) for s in request.sources):
        return Step(instruction, place.scope, _effect(request, _tree(request), DOWNLOAD_SECONDS))
    return _local(instruction, place, request)


def _remote(source: str | None) -> bool:
    return source is None or source.startswith(REMOTE)


def _request(instruction: Instruction, place: Place, flags: Mapping[str, str]) -> _Request:
    footprints: list[Footprint] = []
    words: list[str | None] = []
    for word in instruction.words:
        value, names = place.expand(word)
        words.append(value)
        footprints += names
    chown, names = place.expand(flags.get("chown", ""))
    footprints += names
    mode, names = place.expand(flags.get("chmod", ""))
    footprints += names
    footprints += place.expand(flags.get("checksum", ""))[1]
    if chown != "":
        footprints += account_reads(chown)
    dest = words[-1] if words else None
    relative = dest is None or not dest.startswith("/")
    if relative:
        footprints.append(Footprint("cwd", "", Access.READ, why="its destination is relative"))
    # Docker 20.10 takes `/app/.` for a name.
    to_folder = dest is not None and (dest.endswith("/") or dest in ("", "."))
    owner = f"{chown or '0:0'}:{mode or '0755'}"
    if chown is None or mode is None or "parents" in flags:
        owner = f"as line {instruction.line} says"
    path = None if dest is None else _destination(place.scope.cwd, dest)
    return _Request(
        tuple(words[:-1]),
        path,
        path is not None and place.through_link(posixpath.join(path, "x")),
        to_folder,
        chown or ("0:0" if chown == "" else owner),
        owner,
        flags.get("link", "false").lower() != "false",
        (*footprints, *_heredoc_reads(instruction, place)),
        instruction.line,
    )


def _destination(cwd: str, dest: str) -> str | None:
    path = join(cwd, dest or ".")
    return None if path.startswith("?above") else path


def _heredoc_reads(instruction: Instruction, place: Place) -> list[Footprint]:
    found: list[Footprint] = []
    for heredoc in instruction.heredocs:
        if heredoc.expand:
            found += place.expand(heredoc.text, quotes=False)[1]
    return found


def _tree(request: _Request) -> list[Footprint]:
    """All below the destination: what is known when the files are not."""
    if request.dest is None or request.behind_link:
        return [_ANYWHERE]
    return [
        *_parents(request),
        Footprint("path", request.dest, Access.WRITE, Extent.TREE, why=f"fills {request.dest}"),
    ]


def _elsewhere(request: _Request, parents: bool) -> list[Footprint]:
    """The same for the files of another stage or image; those that the text names are known."""
    found = _tree(request)
    if request.dest is None or request.behind_link or parents or not all(request.sources):
        return found
    names = {posixpath.basename(source or "") for source in request.sources} - {"", "*"}
    named = sorted(join(request.dest, name) for name in names)
    plain = tuple(path for path in named if not _PATTERN & set(path))
    why = f"fills {request.dest}"
    known = [Footprint("path", request.dest, Access.WRITE, Extent.LISTED, plain, why=why)]
    known += [
        Footprint("path", path, Access.WRITE, Extent.GLOB, why=why)
        for path in named
        if path not in plain
    ]
    if not request.to_folder:
        known.append(Footprint("path", request.dest, Access.SETDIR, owner=why, why=why))
    return [*found[:-1], *known, replace(found[-1], kind=MADE_ELSEWHERE)]


def _parents(request: _Request, *, itself: bool = False) -> list[Footprint]:
    assert request.dest is not None
    folder = request.dest if itself or request.to_folder else posixpath.dirname(request.dest)
    found = folders_made(folder, request.owner, f"makes {folder}", standard_exist=True)
    if request.link:
        # A layer of its own is laid over the image: every folder above is stamped anew.
        found += [
            Footprint("path", path, Access.SETDIR, owner=request.owner, why=f"stamps {path}")
            for path in (*parents(folder), folder)
            if not is_root(path)
        ]
    return found


def _effect(request: _Request, writes: Sequence[Footprint], seconds: float) -> Effect:
    return Effect((*request.footprints, *writes), seconds)


def _local(instruction: Instruction, place: Place, request: _Request) -> Step:
    sources = [s for s in request.sources if s is not None and heredoc_marker(s) is None]
    patterns = tuple(_plain(s) for s in sources)
    effect = _effect(request, _tree(request), COPY_SECONDS)
    unknown = Step(instruction, place.scope, effect, sources=patterns)
    if (
        place.context is None
        or request.dest is None
        or request.behind_link
        or None in request.sources
        or instruction.heredocs
    ):
        return unknown
    found = _bring(instruction, place, sources, request)
    if found is None or found.missing or not any(i.entry.kind != "dir" for i in found.files):
        return unknown
    named = any(source.endswith(_ARCHIVES) for source in sources)
    if instruction.keyword == "ADD" and (named or _has_archive(place.context, found)):
        return unknown
    return _known(instruction, place, request, found, patterns)


def _plain(source: str) -> str:
    """The pattern of context files that a source word covers: `./src/` -> `src`, `.` -> ``."""
    path = posixpath.normpath("/" + source).lstrip("/")
    return "" if path == "." else path


def _bring(
    instruction: Instruction, place: Place, sources: Sequence[str], request: _Request
) -> Bringing | None:
    assert place.context is not None
    exclude = [f.value for f in instruction.flags if f.name == "exclude"]
    parents = any(f.name == "parents" for f in instruction.flags)
    folder = request.to_folder
    try:
        return bring(place.context, sources, to_folder=folder, parents=parents, exclude=exclude)
    except (ContextError, PatternError):
        return None


def _has_archive(context: Context, found: Bringing) -> bool:
    return any(
        item.entry.kind == "file" and "/" not in item.path and context.is_archive(item.entry.path)
        for item in found.files
    )


def _known(
    instruction: Instruction,
    place: Place,
    request: _Request,
    found: Bringing,
    patterns: tuple[str, ...],
) -> Step:
    dest = request.dest
    assert dest is not None
    by_then = found.folder is None and place.is_folder(dest)
    if (found.folder is None and not by_then) or (
        found.empty and not found.files and not request.to_folder
    ):
        return _single_file(instruction, place, request, found, patterns)
    files: dict[str, str] = {}
    folders: dict[str, list[str]] = {}
    for item in found.files:
        path = canonical(posixpath.join(dest, item.path))
        if item.entry.kind != "dir":
            files[path] = item.entry.path
        elif not item.root:
            owner = f"{request.chown}:{item.entry.mode & 0o7777:04o}"
            folders.setdefault(owner, []).append(path)
    writes = [*_parents(request, itself=True), *_listed(files, folders, dest)]
    if by_then:
        writes.append(Footprint("path", dest, Access.READ, why=f"{dest} is a folder by then"))
    for pattern in found.empty:
        # Nothing matches today, but the author expects that something may.
        name = posixpath.join(dest, posixpath.basename(pattern))
        why = f"brings {pattern} when it is there"
        writes.append(Footprint("path", name, Access.WRITE, Extent.GLOB, why=why))
    kinds = {item.entry.path: item.entry.kind for item in found.files}
    links = tuple(path for path, source in files.items() if kinds[source] == "link")
    targets = {item.entry.path: item.entry.target for item in found.files}
    leads = tuple(
        (path, join(posixpath.dirname(path), targets[files[path]] or "")) for path in links
    )
    effect = replace(_effect(request, writes, COPY_SECONDS), links=links, leads=leads)
    brought = {path: source for path, source in files.items() if kinds[source] == "file"}
    return Step(instruction, place.scope, effect, brought, patterns)


def _listed(
    files: Mapping[str, str], folders: Mapping[str, Sequence[str]], dest: str
) -> list[Footprint]:
    why = f"brings files into {dest}"
    writes = [Footprint("path", dest, Access.WRITE, Extent.LISTED, tuple(sorted(files)), why=why)]
    for owner, paths in sorted(folders.items()):
        members = tuple(sorted(paths))
        writes.append(
            Footprint("path", dest, Access.SETDIR, Extent.LISTED, members, owner, f"sets {dest}")
        )
    return writes


def _single_file(
    instruction: Instruction,
    place: Place,
    request: _Request,
    found: Bringing,
    patterns: tuple[str, ...],
) -> Step:
    """`COPY a /app/x`: a file of that name, or inside when x is a folder by then."""
    dest = request.dest
    assert dest is not None
    writes = [
        *_parents(request),
        Footprint("path", dest, Access.READ, why="a folder there takes the file"),
        Footprint("path", dest, Access.WRITE, Extent.TREE, why=f"writes {dest}"),
    ]
    brought: dict[str, str] = {}
    new = place.exists(dest) is False or place.source_of(dest) is not None
    if new and len(found.files) == 1:
        brought = {dest: found.files[0].entry.path}
    return Step(instruction, place.scope, _effect(request, writes, COPY_SECONDS), brought, patterns)
