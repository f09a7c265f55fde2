"""The programs of the image: builtins of the shell, and files of /usr/bin that stand for tools."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import takewhile

from model_builder.shell import Exit, Program, Shell
from model_builder.tree import Failed, Node, Tree, Unsupported, Who
from model_builder.users import groupadd, identify, useradd, usermod, who_is

MARK = "a program: "


def call(
    shell: Shell, argv: Sequence[str], values: Mapping[str, str], stdin: str
) -> tuple[int, str]:
    """Runs a builtin, or the program of that name on PATH; Failed becomes a status."""
    if not argv:
        return 0, ""
    try:
        if argv[0] in BUILTINS:
            return BUILTINS[argv[0]](shell, argv[1:], stdin)
        process = shell.child()
        process.env.update(values)
        process.own, process.mask = {}, shell.mask
        process.errexit = False
        return execute(process, argv, stdin)
    except Failed:
        return 1, ""


def execute(process: Shell, argv: Sequence[str], stdin: str) -> tuple[int, str]:
    path = _which(process, argv[0])
    if path is None:
        return 127, ""
    text = process.tree.read(path, process.who)
    if text.startswith(MARK):
        try:
            return PROGRAMS[text.removeprefix(MARK).strip()](process, argv[1:], stdin)
        except (IndexError, ValueError) as problem:
            raise Failed("words are missing") from problem
    process.words = [path, *argv[1:]]
    first = text.split("\n", 1)[0]
    process.errexit = "-e" in first.split()[1:] if first.startswith("#!") else False
    return process.run(text, stdin)


def _which(process: Shell, name: str) -> str | None:
    folders = process.env.get("PATH", "").split(":")
    places = [process.path(name)] if "/" in name else [posixpath.join(f, name) for f in folders]
    for place in places:
        try:
            real = process.tree.real(process.path(place), who=process.who)
            node = process.tree.nodes.get(real)
            if node and node.kind == "file":
                process.tree.allow(real, process.who, 1)
                return real
        except Failed:
            continue
    return None


# builtins


def _cd(shell: Shell, words: Sequence[str], _: str) -> tuple[int, str]:
    where = shell.path(words[0] if words else shell.env.get("HOME", ""))
    real = shell.tree.real(where, who=shell.who)
    if real not in shell.tree.nodes or shell.tree.nodes[real].kind != "dir":
        raise Failed(where)
    shell.tree.allow(real, shell.who, 1)
    shell.cwd = posixpath.normpath(where)
    return 0, ""


def _set(shell: Shell, words: Sequence[str], _: str) -> tuple[int, str]:
    for word in words:
        if word.startswith("-") and "e" in word:
            shell.errexit = True
        elif word not in ("-u", "-x"):
            raise Unsupported(f"set {word}")
    return 0, ""


def _export(shell: Shell, words: Sequence[str], _: str) -> tuple[int, str]:
    for word in words:
        name, equals, value = word.partition("=")
        shell.env[name] = value if equals else shell.lookup(name) or ""
    return 0, ""


def _umask(shell: Shell, words: Sequence[str], _: str) -> tuple[int, str]:
    if not words:
        return 0, f"{shell.mask:04o}\n"
    shell.mask = int(words[0], 8)
    return 0, ""


def _exit(shell: Shell, words: Sequence[str], _: str) -> tuple[int, str]:
    raise Exit(int(words[0]) if words else shell.status)


def _echo(shell: Shell, words: Sequence[str], _: str) -> tuple[int, str]:
    bare = words[:1] == ["-n"]
    return 0, " ".join(words[bare:]) + ("" if bare else "\n")


def _printf(shell: Shell, words: Sequence[str], _: str) -> tuple[int, str]:
    text = words[0].replace("\\n", "\n")
    rest = list(words[1:])
    return 0, re.sub("%s", lambda _: rest.pop(0) if rest else "", text)


def _test(shell: Shell, words: Sequence[str], _: str) -> tuple[int, str]:
    words = list(words[:-1] if words[-1:] == ["]"] else words)
    if words[:1] == ["!"]:
        return int(_test(shell, words[1:], "")[0] == 0), ""
    if len(words) == 3 and words[1] in ("=", "!="):
        return int((words[0] == words[2]) != (words[1] == "=")), ""
    if len(words) == 1:
        return int(words[0] == ""), ""
    if len(words) != 2:
        raise Unsupported(f"test {words}")
    flag, word = words
    if flag in ("-n", "-z"):
        return int((word != "") != (flag == "-n")), ""
    return int(not _is(shell, flag, word)), ""


def _is(shell: Shell, flag: str, word: str) -> bool:
    try:
        node = shell.tree.get(shell.path(word), last=flag not in ("-L", "-h"), who=shell.who)
    except Failed:
        return False
    if node is None or not word:
        return False
    if flag in ("-x", "-w", "-r"):
        try:
            bit = {"-x": 1, "-w": 2, "-r": 4}[flag]
            shell.tree.allow(shell.tree.real(shell.path(word)), shell.who, bit)
        except Failed:
            return False
        return True
    kinds = {"-f": ("file",), "-d": ("dir",), "-e": ("file", "dir"), "-L": ("link",)}
    if flag == "-s":
        return node.text != "" or node.kind == "dir"
    return node.kind in kinds[flag]


def _source(shell: Shell, words: Sequence[str], stdin: str) -> tuple[int, str]:
    return shell.run(shell.tree.read(shell.path(words[0]), shell.who), stdin)


BUILTINS: Mapping[str, Program] = {
    "cd": _cd,
    "set": _set,
    "export": _export,
    "umask": _umask,
    "exit": _exit,
    "echo": _echo,
    "printf": _printf,
    "test": _test,
    "[": _test,
    ".": _source,
    "pwd": lambda shell, words, stdin: (0, f"{shell.cwd}\n"),
    "true": lambda shell, words, stdin: (0, ""),
    ":": lambda shell, words, stdin: (0, ""),
    "false": lambda shell, words, stdin: (1, ""),
}


# programs


def options(words: Sequence[str], known: str, valued: str = "") -> tuple[dict[str, str], list[str]]:
    """`-rf -m 700 a` -> {r: "", f: "", m: 700}, [a]; Unsupported for a flag that is not known."""
    found: dict[str, str] = {}
    rest: list[str] = []
    left = list(words)
    while left:
        word = left.pop(0)
        if not re.fullmatch(r"-[A-Za-z]+", word):
            rest.append(word)
            continue
        for n, char in enumerate(word[1:], 1):
            if char in valued:
                found[char] = word[n + 1 :] or left.pop(0)
                break
            if char not in known:
                raise Unsupported(word)
            found[char] = ""
    return found, rest


def _mkdir(shell: Shell, words: Sequence[str], _: str) -> tuple[int, str]:
    flags, names = options(words, "p", "m")
    mode = 0o777 & ~shell.mask
    for name in names:
        path = shell.path(name)
        known = shell.tree.get(path, who=shell.who) is not None
        if "p" in flags:
            shell.tree.make(path, mode, shell.who, shell.who)
        else:
            real = shell.tree.real(path, last=False, who=shell.who)
            if real in shell.tree.nodes:
                raise Failed(path)
            shell.tree.put(real, Node("dir", "", mode, *shell.who), shell.who)
        if "m" in flags and not known:
            _mode(shell.tree, shell.tree.real(path), flags["m"], shell.who, 0)
    return 0, ""


def _target(shell: Shell, dest: str, source: str, many: bool) -> str:
    """Where `cp source dest` puts it."""
    path = shell.path(dest)
    if shell.tree.is_dir(path, shell.who):
        return posixpath.join(path, posixpath.basename(source.rstrip("/")))
    if many or dest.endswith("/"):
        raise Failed(f"{dest} is no folder")
    return path


def _cp(shell: Shell, words: Sequence[str], _: str) -> tuple[int, str]:
    flags, names = options(words, "rRapf")
    *sources, dest = names
    deep = bool({"r", "R", "a"} & set(flags))
    keep = bool({"a", "p"} & set(flags))
    for source in sources:
        real = shell.tree.real(shell.path(source), last=not deep, who=shell.who)
        node = shell.tree.nodes.get(real)
        if node is None or (node.kind == "dir" and not deep):
            raise Failed(source)
        named = "." if posixpath.basename(source) in (".", "") else source
        _cp_tree(shell, real, _target(shell, dest, named, len(sources) > 1), keep)
    return 0, ""


def _cp_tree(shell: Shell, real: str, target: str, keep: bool) -> None:
    tree, who = shell.tree, shell.who
    ends = tree.real(target, last=False, who=who)
    if ends.startswith(real.rstrip("/") + "/") and tree.nodes[real].kind == "dir":
        raise Unsupported("cp of a folder into itself")
    nodes = [(path, tree.nodes[path]) for path in tree.below(real)]
    for path, node in nodes:
        to = posixpath.normpath(target + path[len(real) :])
        owner = Who(node.uid, node.gid) if keep and who.uid == 0 else who
        mode = node.mode if keep else node.mode & ~shell.mask
        if node.kind == "dir":
            if not tree.is_dir(to, who):
                tree.put(tree.real(to, who=who), Node("dir", "", mode, *owner), who)
            continue
        if node.kind == "link":
            place = tree.real(to, last=False, who=who)
            tree.put(place, Node("link", node.text, 0o777, *who), who)
            continue
        tree.allow(path, who, 4)
        place = tree.real(to, who=who)
        if place == path:
            raise Failed(f"{path} is the same file")
        if place in tree.nodes and not keep:
            tree.write(place, node.text, who, mode)
        else:
            tree.put(place, Node("file", node.text, mode, *owner), who)


def _mv(shell: Shell, words: Sequence[str], _: str) -> tuple[int, str]:
    *sources, dest = options(words, "f")[1]
    tree, who = shell.tree, shell.who
    for source in sources:
        real = tree.real(shell.path(source), last=False, who=who)
        if real not in tree.nodes:
            raise Failed(source)
        target = tree.real(_target(shell, dest, source, len(sources) > 1), last=False, who=who)
        if target == real or (target + "/").startswith(real + "/"):
            raise Failed(source)
        if tree.nodes.get(target, Node("", "", 0)).kind == "dir":
            raise Unsupported("mv over a folder")
        moved = [(path, tree.nodes[path]) for path in tree.below(real)]
        tree.put(target, moved[0][1], who)
        tree.remove(real, who)
        for path, node in moved[1:]:
            tree.nodes[target + path[len(real) :]] = node
    return 0, ""


def _rm(shell: Shell, words: Sequence[str], _: str) -> tuple[int, str]:
    flags, names = options(words, "rRf")
    for name in names:
        try:
            real = shell.tree.real(shell.path(name), last=False, who=shell.who)
        except Failed:
            if "f" in flags:
                continue
            raise
        node = shell.tree.nodes.get(real)
        if node is None and "f" in flags:
            continue
        if node is None or (node.kind == "dir" and not {"r", "R"} & set(flags)):
            raise Failed(name)
        shell.tree.remove(real, shell.who)
    return 0, ""


def _rmdir(shell: Shell, words: Sequence[str], _: str) -> tuple[int, str]:
    for name in words:
        real = shell.tree.real(shell.path(name), who=shell.who)
        if not shell.tree.is_dir(real) or shell.tree.names(real):
            raise Failed(name)
        shell.tree.remove(real, shell.who)
    return 0, ""


def _touch(shell: Shell, words: Sequence[str], _: str) -> tuple[int, str]:
    for name in words:
        if shell.tree.get(shell.path(name), who=shell.who) is None:
            shell.tree.write(shell.path(name), "", shell.who, 0o666 & ~shell.mask)
    return 0, ""


def _cat(shell: Shell, words: Sequence[str], stdin: str) -> tuple[int, str]:
    return 0, "".join(shell.tree.read(shell.path(w), shell.who) for w in words) or stdin


def _ln(shell: Shell, words: Sequence[str], _: str) -> tuple[int, str]:
    flags, names = options(words, "sfn")
    if "s" not in flags or len(names) != 2:
        raise Unsupported("ln")
    place = _target(shell, names[1], names[0], False) if "n" not in flags else shell.path(names[1])
    real = shell.tree.real(place, last=False, who=shell.who)
    if real in shell.tree.nodes:
        if "f" not in flags or shell.tree.nodes[real].kind == "dir":
            raise Failed(place)
        shell.tree.remove(real, shell.who)
    shell.tree.put(real, Node("link", names[0], 0o777, *shell.who), shell.who)
    return 0, ""


def _mode(tree: Tree, real: str, text: str, who: Who, mask: int) -> None:
    node = tree.nodes[real]
    if who.uid not in (0, node.uid):
        raise Failed(real)
    if node.kind == "link":
        return
    if text.isdigit():
        mode = int(text, 8)
    else:
        found = re.fullmatch(r"([ugoa]*)([+-])([rwx]+)", text)
        if found is None:
            raise Unsupported(text)
        shifts = {"u": (6,), "g": (3,), "o": (0,), "a": (6, 3, 0)}
        bits = sum({"r": 4, "w": 2, "x": 1}[char] for char in found[3])
        places = {s for char in found[1] or "a" for s in shifts[char]}
        change = sum(bits << place for place in places) & (~mask if not found[1] else 0o777)
        mode = node.mode | change if found[2] == "+" else node.mode & ~change
    tree.nodes[real] = node._replace(mode=mode)


def _each(shell: Shell, names: Sequence[str], deep: bool) -> list[str]:
    found: list[str] = []
    for name in names:
        real = shell.tree.real(shell.path(name), who=shell.who)
        if real not in shell.tree.nodes:
            raise Failed(name)
        found += shell.tree.below(real) if deep else [real]
    return found


def _chmod(shell: Shell, words: Sequence[str], _: str) -> tuple[int, str]:
    deep = words[0] == "-R"
    mode, *names = words[deep:]
    for real in _each(shell, names, deep):
        _mode(shell.tree, real, mode, shell.who, shell.mask)
    return 0, ""


def _chown(shell: Shell, words: Sequence[str], _: str) -> tuple[int, str]:
    deep = words[0] == "-R"
    owner, *names = words[deep:]
    if shell.who.uid:
        raise Failed("only root changes owners")
    for real in _each(shell, names, deep):
        node = shell.tree.nodes[real]
        uid, gid = identify(shell.tree, owner, Who(node.uid, node.gid))
        shell.tree.nodes[real] = node._replace(uid=uid, gid=gid)
    return 0, ""


def _tee(shell: Shell, words: Sequence[str], stdin: str) -> tuple[int, str]:
    flags, names = options(words, "a")
    for name in names:
        path = shell.path(name)
        shell.tree.write(path, stdin, shell.who, 0o666 & ~shell.mask, append="a" in flags)
    return 0, stdin


def _install(shell: Shell, words: Sequence[str], _: str) -> tuple[int, str]:
    flags, names = options(words, "dD", "mog")
    owner = Who(*shell.who)
    if "o" in flags:
        owner = owner._replace(uid=identify(shell.tree, flags["o"], owner)[0])
    mode = int(flags.get("m", "755"), 8)
    if "d" in flags:
        for name in names:
            shell.tree.make(posixpath.dirname(shell.path(name)), 0o755, shell.who, shell.who)
            shell.tree.make(shell.path(name), 0o755, shell.who, shell.who)
            real = shell.tree.real(shell.path(name))
            node = shell.tree.nodes[real]
            shell.tree.nodes[real] = node._replace(mode=mode, uid=owner.uid, gid=owner.gid)
        return 0, ""
    source, dest = names
    if "D" in flags:
        shell.tree.make(posixpath.dirname(shell.path(dest)), 0o755, shell.who, shell.who)
    text = shell.tree.read(shell.path(source), shell.who)
    real = shell.tree.real(_target(shell, dest, source, False), last=False, who=shell.who)
    shell.tree.put(real, Node("file", text, mode, *owner), shell.who)
    return 0, ""


def _ls(shell: Shell, words: Sequence[str], _: str) -> tuple[int, str]:
    flags, names = options(words, "la1AR")
    lines: list[str] = []
    for real in _each(shell, names or ["."], "R" in flags):
        node = shell.tree.nodes[real]
        inside = shell.tree.names(real) if node.kind == "dir" else [""]
        for name in inside:
            path = posixpath.join(real, name) if name else real
            line = name or posixpath.basename(real)
            if "l" in flags:
                entry = shell.tree.nodes[path]
                line = f"{entry.kind} {entry.mode:o} {entry.uid}:{entry.gid} {line}"
            if not name.startswith(".") or {"a", "A"} & set(flags):
                lines.append(line)
    return 0, "".join(f"{line}\n" for line in lines)


def _sed(shell: Shell, words: Sequence[str], stdin: str) -> tuple[int, str]:
    flags, (script, *names) = options(words, "i")
    found = re.fullmatch(r"s(.)(.*?)\1(.*?)\1(g?)", script)
    if found is None:
        raise Unsupported(script)
    count = 0 if found[4] else 1
    out = ""
    for name in names or [""]:
        text = shell.tree.read(shell.path(name), shell.who) if name else stdin
        lines = text.splitlines(keepends=True)
        new = "".join(re.sub(found[2], found[3], line, count=count) for line in lines)
        if "i" in flags:
            real = shell.tree.real(shell.path(name), last=False, who=shell.who)
            old = shell.tree.nodes[real]
            mode = old.mode if old.kind == "file" else 0o666 & ~shell.mask
            shell.tree.put(real, Node("file", new, mode, *shell.who), shell.who)
        out += new
    return 0, "" if "i" in flags else out


_Keep = Callable[[str, Node], bool]


def _named(pattern: str) -> _Keep:
    return lambda path, node: fnmatchcase(posixpath.basename(path), pattern)


def _of_kind(kind: str) -> _Keep:
    return lambda path, node: node.kind == kind


def _find(shell: Shell, words: Sequence[str], _: str) -> tuple[int, str]:
    starts = list(takewhile(lambda word: not word.startswith("-"), words))
    rest = list(words[len(starts) :])
    keep: list[_Keep] = []
    delete = False
    while rest:
        flag = rest.pop(0)
        if flag == "-name":
            keep.append(_named(rest.pop(0)))
        elif flag == "-type":
            keep.append(_of_kind({"f": "file", "d": "dir", "l": "link"}[rest.pop(0)]))
        elif flag == "-delete":
            delete = True
        else:
            raise Unsupported(flag)
    out = ""
    for start in starts or ["."]:
        real = shell.tree.real(shell.path(start), who=shell.who)
        if real not in shell.tree.nodes:
            raise Failed(start)
        met = [(p, n) for p, n in shell.tree.walk(real) if all(k(p, n) for k in keep)]
        for path, node in reversed(met):
            if delete:
                if node.kind == "dir" and shell.tree.names(path):
                    raise Failed(path)
                shell.tree.remove(path, shell.who)
        out += "" if delete else "".join(f"{start}{p[len(real) :]}\n" for p, _ in met)
    return 0, out


def _tar(shell: Shell, words: Sequence[str], _: str) -> tuple[int, str]:
    """`tar -cf OUT -C DIR NAME`: the content is the list of what is in it."""
    flags, names = options(words, "c", "fC")
    base = shell.path(flags.get("C", "."))
    lines: list[str] = []
    for name in names:
        real = shell.tree.real(posixpath.join(base, name), last=False, who=shell.who)
        if real not in shell.tree.nodes:
            raise Failed(name)
        lines += [f"{p[len(real) :]} {tuple(n)!r}\n" for p, n in shell.tree.walk(real)]
    text = "".join(lines)
    shell.tree.write(shell.path(flags["f"]), text, shell.who, 0o666 & ~shell.mask)
    return 0, ""


def _env(shell: Shell, words: Sequence[str], stdin: str) -> tuple[int, str]:
    values = list(takewhile(lambda word: "=" in word, words))
    shell.env.update(dict(v.split("=", 1) for v in values))
    if len(values) < len(words):
        return execute(shell, words[len(values) :], stdin)
    return 0, "".join(f"{k}={v}\n" for k, v in sorted({**shell.env, "PWD": shell.cwd}.items()))


def _printenv(shell: Shell, words: Sequence[str], _: str) -> tuple[int, str]:
    if not words:
        return _env(shell, [], "")
    if any(word not in shell.env for word in words):
        return 1, ""
    return 0, "".join(f"{shell.env[word]}\n" for word in words)


def _whoami(shell: Shell, words: Sequence[str], _: str) -> tuple[int, str]:
    return 0, who_is(shell.tree, shell.who.uid) + "\n"


def _id(shell: Shell, words: Sequence[str], _: str) -> tuple[int, str]:
    if words == ["-u"]:
        return 0, f"{shell.who.uid}\n"
    if words == ["-g"]:
        return 0, f"{shell.who.gid}\n"
    if len(words) == 2 and words[0] == "-u":
        return 0, f"{identify(shell.tree, words[1], shell.who)[0]}\n"
    raise Unsupported("id")


def _sh(shell: Shell, words: Sequence[str], stdin: str) -> tuple[int, str]:
    if words[0] == "-c":
        shell.words = words[2:] or ["sh"]
        return shell.run(words[1], stdin)
    text = shell.tree.read(shell.path(words[0]), shell.who)
    shell.words = words
    return shell.run(text, stdin)


def _sort(shell: Shell, words: Sequence[str], stdin: str) -> tuple[int, str]:
    text = _cat(shell, words, stdin)[1]
    return 0, "".join(sorted(text.splitlines(keepends=True)))


def _head(shell: Shell, words: Sequence[str], stdin: str) -> tuple[int, str]:
    flags, names = options(words, "", "n")
    text = _cat(shell, names, stdin)[1]
    return 0, "".join(text.splitlines(keepends=True)[: int(flags.get("n", "10"))])


def _wc(shell: Shell, words: Sequence[str], stdin: str) -> tuple[int, str]:
    _, names = options(words, "l")
    return 0, f"{_cat(shell, names, stdin)[1].count(chr(10))}\n"


def _curl(shell: Shell, words: Sequence[str], _: str) -> tuple[int, str]:
    """`curl -fsSL -o FILE URL`: the content is the address."""
    flags, (address,) = options(words, "fsSL", "o")
    path = shell.path(flags["o"])
    shell.tree.write(path, f"{address}\n", shell.who, 0o666 & ~shell.mask)
    return 0, ""


PROGRAMS: Mapping[str, Program] = {
    **{"mkdir": _mkdir, "cp": _cp, "mv": _mv, "rm": _rm, "rmdir": _rmdir, "touch": _touch},
    **{"cat": _cat, "ln": _ln, "chmod": _chmod, "chown": _chown, "tee": _tee, "ls": _ls},
    **{"install": _install, "sed": _sed, "find": _find, "tar": _tar, "env": _env, "wc": _wc},
    **{"printenv": _printenv, "whoami": _whoami, "id": _id, "sh": _sh, "sort": _sort},
    **{"head": _head, "useradd": useradd, "groupadd": groupadd},
    **{"curl": _curl, "usermod": usermod},
    "sleep": lambda shell, words, stdin: (0, ""),
}
