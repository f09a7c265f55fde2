"""`npm run build` -> the scripts of package.json that it runs, those before and after it too.

Facts: npm 11, @npmcli/run-script (its PATH, its variables); https://pnpm.io/cli/run,
https://classic.yarnpkg.com/en/docs/cli/run, https://bun.sh/docs/cli/run.
"""

from __future__ import annotations

import posixpath
import re

from reorder.manifests import Followed, Request, Run
from reorder.manifests.node.config import check_npmrc
from reorder.manifests.node.package import Package, Unfollowed
from reorder.manifests.node.project import MANIFEST, look_above, read_root
from reorder.manifests.node.sight import Sight, above

_HARMLESS = frozenset(("-s", "--silent", "-q", "--quiet", "--if-present", "--production"))
_PLAIN = re.compile(r"[\w./:=@,+][\w./:=@,+-]*", re.ASCII)
# Files that put another shell, or the scripts of other packages, in place of these.
_SETTINGS = (".yarnrc.yml", ".yarnrc", "pnpm-workspace.yaml", "bunfig.toml")
_SETS = ("npm_*", "NPM_*", "PNPM_*", "YARN_*", "BERRY_*", "BUN_*", "INIT_CWD", "NODE", "NODE_PATH")


def follow(request: Request) -> Followed:
    """The script that the first plain word names; of code that nobody has read where it is not."""
    sight = Sight(request)
    try:
        name, args = _words(request.words)
        root = read_root(sight)
        _check_settings(sight, root)
        texts = [root.scripts.get(prefix + name) for prefix in ("pre", "", "post")]
        if texts[1] is None:
            raise Unfollowed(f"{root.path} has no script `{name}`")
        texts[1] = " ".join((texts[1], *args))
    except Unfollowed as reason:
        return Followed(opaque=str(reason), code=True)
    folders = (root.folder, *above(root.folder))
    path = tuple(posixpath.join(folder, "node_modules", ".bin") for folder in folders)
    sets = tuple((name, None) for name in _SETS)
    runs = tuple(Run(text, root.folder, path, sets) for text in texts if text)
    return Followed(files=tuple(sight.files), runs=runs)


def _words(words: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """`--silent build a` -> `build`, `a`."""
    left = list(words)
    while left and left[0] in _HARMLESS:
        left.pop(0)
    if not left or not all(map(_PLAIN.fullmatch, left)):
        raise Unfollowed("its words are not those of a script of package.json alone")
    return left[0], tuple(left[1:])


def _check_settings(sight: Sight, root: Package) -> None:
    npmrc = sight.look(root.below(".npmrc"))
    if npmrc is not None:
        check_npmrc(root.below(".npmrc"), npmrc)
    for name in _SETTINGS:
        if sight.there(root.below(name)):
            raise Unfollowed(f"{root.below(name)} may put another shell in place of sh")
    if re.match(r"yarn@[2-9]", str(root.data.get("packageManager", ""))):
        raise Unfollowed(f"{root.path} asks for a yarn that has a shell of its own")
    look_above(sight, (MANIFEST, *_SETTINGS))
