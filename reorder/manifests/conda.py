"""environment.yml: a plain list of packages, with a list for pip that is read as requirements.

Form: docs.conda.io (user-guide/tasks/manage-environments, `conda install --file`), conda 24. The
list for pip is installed from the folder of the file. YAML of any other form than plain lists is
not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec.structs import replace

from reorder.manifests import Followed, Request
from reorder.manifests.reading import filled, inside, text_of, unknown
from reorder.manifests.requirements import follow as follow_requirements

_KEY = re.compile(
    r"(?:name|prefix|channels|dependencies|platforms)\s*:(?:\s+[\w./-]+)?"
    r"|(?:channels|platforms)\s*:\s+\[[\w./:, -]*\]"
)
_PIP = re.compile(r"-\s+pip\s*:")
_ITEM = re.compile(r"""-\s+(["']?)([^"'&*!|>{}\[\]%@`]+)\1""")
# A line of a list that is none of YAML: `numpy>=1.2`, `conda-forge::x`, or a locked address.
_SPEC = re.compile(
    r"(?!.*\.(?:tar\.bz2|conda)\b)(?:[A-Za-z_][\w.-]*::)?[A-Za-z_][^/\\]*"
    r"|https?://\S+|@EXPLICIT|#.*|"
)
_FILLED = ("CONDA_PKGS_DIRS", "CONDA_ENVS_PATH", "CONDA_ENVS_DIRS", "MAMBA_ROOT_PREFIX")


def follow(request: Request) -> Followed:
    """The environment file, and the requirements files that its list for pip includes."""
    start = request.start or (inside(request.cwd, "environment.yml"),)
    found = Followed(rewrites=filled(request, _FILLED))
    for path in start:
        text = text_of(request, path)
        if text is None:
            return unknown(path)
        if not path.endswith((".yml", ".yaml")):
            if any(not _SPEC.fullmatch(line.strip()) for line in text.splitlines()):
                return Followed(opaque=f"{path} is no plain list of packages: it is not read")
            found = replace(found, files=(*found.files, path))
            continue
        lines: list[str] = []
        for line in _pip_lines(text):
            if line is None:
                return Followed(opaque=f"{path} is no plain list of packages: it is not read")
            lines.append(line)
        inner = _requirements(request, path, lines)
        if inner.opaque:
            return inner
        found = replace(
            found,
            files=(*found.files, *inner.files),
            trees=(*found.trees, *inner.trees),
            rewrites=(*found.rewrites, *inner.rewrites),
        )
    return found


def _requirements(request: Request, path: str, lines: list[str]) -> Followed:
    """The list for pip as a file in the place of the environment file."""
    listed = "\n".join(lines).encode()

    def read(asked: str) -> bytes | None:
        return listed if asked == path else request.read(asked)

    cwd = inside(path, "..")
    return follow_requirements(replace(request, start=(path,), cwd=cwd, read=read))


def _pip_lines(text: str) -> Iterator[str | None]:
    """The items below `- pip:`; None for a line of a form that is not read."""
    deeper = -1
    for raw in text.splitlines():
        line = re.sub(r"(^|\s)#.*$", "", raw).rstrip()
        word = line.strip()
        if not word or word == "---":
            continue
        indent = len(line) - len(line.lstrip())
        item = _ITEM.fullmatch(word)
        if deeper >= 0 and indent <= deeper:
            deeper = -1
        if _PIP.fullmatch(word):
            deeper = indent
        elif deeper >= 0 and item:
            yield item[2]
        elif (
            "\t" in raw
            or (deeper >= 0)
            or not (_KEY.fullmatch(word) or (item and ": " not in word))
        ):
            yield None
