"""A Dockerfile and a context -> the images of its stages; Failed when it does not build."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import NamedTuple

from model_builder.commands import MARK, PROGRAMS, execute
from model_builder.copying import copy
from model_builder.shell import Shell
from model_builder.tree import ROOT, Failed, Node, Tree, Unsupported
from model_builder.users import builder_owner, home_of, process_owner
from model_builder.words import fill, flags, pairs

_FOLDERS = (
    "/bin=usr/bin /boot /dev /etc /etc/profile.d /etc/skel /home /lib=usr/lib /media /mnt /opt"
    " /proc /root /run /sbin=usr/sbin /srv /sys /tmp /usr /usr/bin /usr/lib /usr/local /usr/sbin"
    " /usr/local/bin /usr/local/lib /usr/local/share /usr/share /var /var/cache /var/lib /var/log"
    " /var/run=/run /var/tmp"
)
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def base_tree() -> Tree:
    return _base().copy()


@cache
def _base() -> Tree:
    tree = Tree()
    for word in sorted(_FOLDERS.split()):
        path, _, target = word.partition("=")
        mode = 0o777 if path in ("/tmp", "/var/tmp") else 0o700 if path == "/root" else 0o755
        tree.nodes[path] = Node("link", target, 0o777) if target else Node("dir", "", mode)
    for name in (*PROGRAMS, "bash"):
        program = MARK + ("sh" if name == "bash" else name)
        tree.nodes[f"/usr/bin/{name}"] = Node("file", program, 0o755)
    passwd = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/nonexistent:/bin/false\n"
    tree.nodes["/etc/passwd"] = Node("file", passwd, 0o644)
    tree.nodes["/etc/group"] = Node("file", "root:x:0:\nstaff:x:50:\nnogroup:x:65534:\n", 0o644)
    tree.nodes["/etc/profile"] = Node("file", "", 0o644)
    tree.nodes["/etc/skel/.profile"] = Node("file", "skel\n", 0o644)
    tree.nodes["/etc/conf"] = Node("file", "of the base\n", 0o644)
    return tree


class Line(NamedTuple):
    """An instruction with the bodies of its heredocs."""

    keyword: str
    rest: str
    bodies: tuple[str, ...] = ()


def parse(text: str) -> list[Line]:
    """One instruction a line; `\\` joins; heredocs of RUN and COPY."""
    found: list[Line] = []
    lines = text.replace("\\\n", "").splitlines()
    while lines:
        line = lines.pop(0).strip()
        if not line or line.startswith("#"):
            continue
        keyword, _, rest = line.partition(" ")
        bodies: list[str] = []
        if keyword in ("RUN", "COPY"):
            for marker in re.findall(r"<<-?[\"']?(\w+)", rest):
                end = lines.index(marker)
                bodies.append("".join(f"{body}\n" for body in lines[:end]))
                lines = lines[end + 1 :]
        found.append(Line(keyword, rest.strip(), tuple(bodies)))
    return found


@dataclass(slots=True)
class Image:
    """The state between two instructions; `env` is what a RUN sees, `names` is Config.Env."""

    tree: Tree
    env: dict[str, str] = field(default_factory=lambda: {"PATH": _PATH})
    names: dict[str, str] = field(default_factory=lambda: {"PATH": _PATH})
    cwd: str = "/"
    user: str = ""
    shell: tuple[str, ...] = ("/bin/sh", "-c")
    config: dict[str, object] = field(default_factory=dict)
    cmd_set: bool = False

    def copy(self) -> Image:
        return replace(
            self,
            tree=self.tree.copy(),
            env=dict(self.env),
            names=dict(self.names),
            config=dict(self.config),
        )

    def at(self, path: str) -> str:
        return posixpath.normpath(posixpath.join(self.cwd, path))

    def final(self) -> tuple[dict[str, Node], dict[str, object], list[str]]:
        """Files, config, and the order of variables; the place of a volatile one is free."""
        own = {"cwd": self.cwd, "user": self.user, "shell": self.shell, "env": self.names}
        order = [name for name in self.names if name != "GIT_SHA"]
        return self.tree.nodes, {**self.config, **own}, order


def _debian() -> Image:
    return Image(base_tree())


def _unknown() -> Image:
    """An image that nobody knows: another folder, user and variable."""
    image = Image(base_tree(), cwd="/work/base", user="worker")
    row = "worker:x:1500:1500::/home/worker:/bin/sh\n"
    tree = image.tree
    tree.write("/etc/passwd", row, ROOT, 0, append=True)
    tree.write("/etc/group", "worker:x:1500:\n", ROOT, 0, append=True)
    for path in ("/work", "/work/base", "/home/worker", "/app"):
        tree.nodes[path] = Node("dir", "", 0o775, 1500, 1500)
    tree.nodes["/app/old.txt"] = Node("file", "old\n", 0o644, 1500, 1500)
    for table in (image.env, image.names):
        table["MODE"] = "base"
    return image


IMAGES: Mapping[str, Callable[[], Image]] = {
    "debian:12": _debian,
    "nobody/knows:1": _unknown,
}


class Builder:
    """`context`: path -> node, after its ignore file."""

    def __init__(
        self, context: Mapping[str, Node], args: Mapping[str, str], globals_: Mapping[str, str]
    ) -> None:
        self.context = context
        self.args = args
        self.globals = globals_
        self.stages: list[Image] = []
        self.stage_names: list[str] = []
        self.caches: dict[str, Tree] = {}

    def start(self, words: Sequence[str]) -> Image:
        """`FROM image AS name`."""
        name = words[0]
        if name in self.stage_names:
            of = self.stages[len(self.stage_names) - 1 - self.stage_names[::-1].index(name)]
            image = of.copy()
            image.env |= image.names
            image.cmd_set = False
        elif name in IMAGES:
            image = IMAGES[name]()
        else:
            raise Failed(f"no image {name}")
        self.stage_names.append(words[2] if len(words) > 2 else "")
        self.stages.append(image)
        triggers = image.config.pop("onbuild", ())
        assert isinstance(triggers, tuple)
        for trigger in triggers:
            keyword, _, rest = trigger.partition(" ")
            self.step(image, Line(keyword, rest))
        return image

    def step(self, image: Image, line: Line) -> None:
        _STEPS[line.keyword](self, image, line)


def build(
    text: str, context: Mapping[str, Node], args: Mapping[str, str] | None = None
) -> list[Image]:
    """All stages; raises Failed."""
    lines = parse(text)
    globals_: dict[str, str] = {}
    while lines[0].keyword == "ARG":
        for name, value in pairs(lines.pop(0).rest):
            globals_[name] = (args or {}).get(name, fill(value or "", globals_))
    builder = Builder(context, args or {}, globals_)
    image = None
    for line in lines:
        if line.keyword == "FROM":
            image = builder.start(line.rest.split())
        else:
            assert image is not None
            builder.step(image, line)
    return builder.stages


def _env(builder: Builder, image: Image, line: Line) -> None:
    seen = dict(image.env)
    for name, value in pairs(line.rest):
        image.env.pop(name, None)
        image.env[name] = image.names[name] = fill(value or "", seen)


def _arg(builder: Builder, image: Image, line: Line) -> None:
    for name, default in pairs(line.rest):
        value = builder.args.get(name)
        if value is None:
            value = builder.globals.get(name) if default is None else fill(default, image.env)
        if value is not None:
            image.env.pop(name, None)
            image.env[name] = value


def _workdir(builder: Builder, image: Image, line: Line) -> None:
    image.cwd = image.at(fill(line.rest, image.env))
    owner = builder_owner(image.tree, image.user) if image.user else ROOT
    image.tree.make(image.cwd, 0o755, owner)


def _user(builder: Builder, image: Image, line: Line) -> None:
    image.user = fill(line.rest, image.env)


def _shell(builder: Builder, image: Image, line: Line) -> None:
    image.shell = tuple(json.loads(line.rest))


def _label(builder: Builder, image: Image, line: Line) -> None:
    for name, value in pairs(line.rest):
        image.config[f"label {fill(name, image.env)}"] = fill(value or "", image.env)


def _expose(builder: Builder, image: Image, line: Line) -> None:
    for word in line.rest.split():
        for port in fill(word, image.env).split():
            image.config[f"port {port}"] = True


def _volume(builder: Builder, image: Image, line: Line) -> None:
    for word in line.rest.split():
        path = fill(word, image.env)
        if not path:
            raise Failed("an empty volume")
        image.config[f"volume {path}"] = True


def _form(image: Image, text: str) -> list[str]:
    """The JSON form; what is no JSON is given to the shell."""
    try:
        return list(json.loads(text)) if text.startswith("[") else [*image.shell, text]
    except ValueError:
        return [*image.shell, text]


def _cmd(builder: Builder, image: Image, line: Line) -> None:
    image.config["cmd"], image.cmd_set = _form(image, line.rest), True


def _entrypoint(builder: Builder, image: Image, line: Line) -> None:
    image.config["entrypoint"] = _form(image, line.rest)
    if not image.cmd_set:
        image.config["cmd"] = None


def _scalar(builder: Builder, image: Image, line: Line) -> None:
    value = fill(line.rest, image.env)
    if line.keyword == "STOPSIGNAL" and not re.fullmatch(r"[1-9]\d*|(SIG)?[A-Z]+\d*", value):
        raise Failed(f"no signal `{value}`")
    image.config[line.keyword] = value


def _onbuild(builder: Builder, image: Image, line: Line) -> None:
    known = image.config.get("onbuild", ())
    assert isinstance(known, tuple)
    image.config["onbuild"] = (*known, line.rest)


def _run(builder: Builder, image: Image, line: Line) -> None:
    options, text = flags(line.rest)
    tree = image.tree
    who = process_owner(tree, fill(image.user, image.env))
    tree.make(image.cwd, 0o755, ROOT)
    mounts = [_mount(builder, image, word) for word in options.get("mount", "").split()]
    hidden = [(target, _lay(tree, target, nodes)) for target, nodes, _ in mounts]
    try:
        if any(cache is None for _, _, cache in mounts) and not tree.is_dir(image.cwd):
            raise Failed("a mount hides the working directory")
        tree.make(image.cwd, 0o755, ROOT)
        env = {"HOME": home_of(tree, who.uid), **image.env}
        process = Shell(tree, env, image.cwd, who)
        if line.bodies:
            text = line.bodies[0]
        argv = _form(image, text)
        if _invoke(process, argv):
            raise Failed(text)
    finally:
        for (target, old), (_, _, cache) in zip(reversed(hidden), reversed(mounts), strict=True):
            _lift(builder, tree, target, old, cache)


def _invoke(process: Shell, argv: list[str]) -> int:
    """The flags of a shell before `-c` count."""
    if argv[0] not in ("/bin/sh", "/bin/bash") or not re.fullmatch(r"-[a-z]*c", argv[-2]):
        return execute(process, argv, "")[0]
    if process.tree.get(argv[0]) is None:
        raise Failed(argv[0])
    letters = "".join(word for word in argv[1:-1] if word.startswith("-"))
    if "l" in letters:
        for name in ("/etc/profile", *_profiles(process.tree)):
            process.run(process.tree.read(name, process.who))
    process.errexit = "e" in letters
    return process.run(argv[-1])[0]


def _profiles(tree: Tree) -> list[str]:
    names = [name for name in tree.names("/etc/profile.d") if name.endswith(".sh")]
    return [f"/etc/profile.d/{name}" for name in names]


def _mount(builder: Builder, image: Image, word: str) -> tuple[str, dict[str, Node], str | None]:
    """Where, what, and the id of a cache."""
    options = dict(part.split("=", 1) for part in word.split(","))
    target = image.at(options["target"])
    if options["type"] == "cache":
        cache = options.get("id", target)
        empty = Tree({"/": Node("dir", "", 0o755)})
        return target, builder.caches.setdefault(cache, empty).nodes, cache
    if options["type"] != "bind":
        raise Unsupported(word)
    nodes: Mapping[str, Node] = builder.context
    if "from" in options:
        stage = builder.stages[builder.stage_names.index(options["from"])]
        nodes = {p.lstrip("/"): n for p, n in stage.tree.nodes.items()}
    source = options.get("source", "").strip("/")
    found = {
        ("/" + p[len(source) :].lstrip("/")): n
        for p, n in nodes.items()
        if not source or p == source or p.startswith(source + "/")
    }
    found.setdefault("/", Node("dir", "", 0o755))
    if source and source not in nodes:
        raise Failed(f"no {source}")
    return target, found, None


def _lay(tree: Tree, target: str, nodes: Mapping[str, Node]) -> dict[str, Node]:
    """Puts a mount in place of what is there; the answer is the tree without it."""
    old = dict(tree.nodes)
    tree.make(posixpath.dirname(target), 0o755, ROOT)
    real = tree.real(target)
    for path in tree.below(real):
        del tree.nodes[path]
    for path, node in nodes.items():
        tree.nodes[posixpath.normpath(real + path)] = node
    return old


def _lift(
    builder: Builder, tree: Tree, target: str, old: dict[str, Node], cache: str | None
) -> None:
    """Takes the mount away; stubs that were made for it go, too."""
    real = tree.real(target)
    inside = {p[len(real) :] or "/": tree.nodes[p] for p in tree.below(real)}
    if cache is not None:
        builder.caches[cache] = Tree(inside)
    for path in tree.below(real):
        del tree.nodes[path]
    for path, node in old.items():
        if path == real or path.startswith(real + "/"):
            tree.nodes[path] = node
    folder = posixpath.dirname(real)
    while folder not in old and folder in tree.nodes and not tree.names(folder):
        del tree.nodes[folder]
        folder = posixpath.dirname(folder)


def _copy(builder: Builder, image: Image, line: Line) -> None:
    options, rest = flags(line.rest)
    options = {name: fill(value, image.env) for name, value in options.items()}
    words = [fill(word, image.env) for word in _words(rest)]
    source: Mapping[str, Node] = builder.context
    kept = "from" in options
    if kept:
        name = options["from"]
        known = [n for n, stage in enumerate(builder.stage_names) if stage == name]
        if name.isdigit():
            known = [int(name)]
        source = {
            p.lstrip("/"): n for p, n in builder.stages[known[-1]].tree.nodes.items() if p != "/"
        }
    bodies = [fill_body(b, image, rest) for b in line.bodies]
    copy(image.tree, source, words, image.at, options, bodies, keep_owner=kept)


def _words(text: str) -> list[str]:
    return list(json.loads(text)) if text.startswith("[") else text.split()


def fill_body(body: str, image: Image, rest: str) -> str:
    if re.search(r"<<-?['\"]", rest):
        return body
    return re.sub(r"\$\w+|\$\{[^}]*\}", lambda found: fill(found[0], image.env), body)


_STEPS: Mapping[str, Callable[[Builder, Image, Line], None]] = {
    **{"ENV": _env, "ARG": _arg, "WORKDIR": _workdir, "USER": _user, "SHELL": _shell},
    **{"LABEL": _label, "EXPOSE": _expose, "VOLUME": _volume, "CMD": _cmd, "RUN": _run},
    **{"ENTRYPOINT": _entrypoint, "HEALTHCHECK": _scalar, "STOPSIGNAL": _scalar, "ADD": _copy},
    **{"MAINTAINER": _scalar, "ONBUILD": _onbuild, "COPY": _copy},
}
