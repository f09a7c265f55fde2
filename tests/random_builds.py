"""Random Dockerfiles of the model builder, built for real in two orders.

`python tests/random_builds.py --cases 200` says how many pairs gave the same files, and in what
the model builder differs from the engine. Many stages are one build: their trees are listed
by a last stage, so configs are not compared. The engine is that of tests/test_engine.py, with
images debian:12-slim; REORDER_ENGINE_OPTIONS as there.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))

from hypothesis import HealthCheck, Phase, given, settings
from model_builder.contexts import project, write
from model_builder.image import base_tree
from model_builder.image import build as build_in_memory
from model_builder.strategies import Case, cases
from model_builder.tree import Node
from msgspec.structs import replace
from timed_models import Timed

from reorder.config import Config
from reorder.context.files import Context
from reorder.cost import ChangeEvent, Changes
from reorder.effects.instruction import analyse
from reorder.effects.model import builtin
from reorder.graph import edges
from reorder.pipeline import reorder
from reorder.rewrite import rewrite
from reorder.syntax.dockerfile import parse

Facts = Mapping[str, str]
Tree = Mapping[str, Facts]

EAGER = Config(min_gain=0.0, min_gain_share=0.0)
# What the model builder's images hold, on top of one with the real programs.
_BASE = r"""FROM debian:12-slim AS model-base
RUN rm -rf /etc/passwd- /etc/group- /etc/subuid* /etc/subgid* /etc/skel /etc/profile.d \
 && mkdir /etc/skel /etc/profile.d && echo skel > /etc/skel/.profile && : > /etc/profile \
 && echo 'root:x:0:0:root:/root:/bin/sh' > /etc/passwd \
 && echo 'nobody:x:65534:65534::/nonexistent:/bin/false' >> /etc/passwd \
 && printf 'root:x:0:\nstaff:x:50:\nnogroup:x:65534:\n' > /etc/group \
 && echo 'of the base' > /etc/conf
"""
_UNKNOWN = r"""FROM model-base AS model-unknown
RUN echo 'worker:x:1500:1500::/home/worker:/bin/sh' >> /etc/passwd \
 && echo 'worker:x:1500:' >> /etc/group && mkdir -p /work/base /home/worker /app \
 && echo old > /app/old.txt && chown -R 1500:1500 /work /home/worker /app \
 && chmod 775 /work /work/base /home/worker /app
ENV MODE=base
WORKDIR /work/base
USER worker
"""


# Lists the tree of a stage: what is there, then the hashes of files.
_LISTED = (
    "cd /t && find . \\( -path ./proc -o -path ./sys -o -path ./dev -o -path ./usr/bin"
    " -o -path ./usr/lib -o -path ./usr/sbin -o -path ./usr/share -o -path ./var/lib"
    " -o -path ./var/cache \\) -prune -o \\( -printf '%y\\t%m\\t%U:%G\\t%p\\t%l\\n'"
    " -type f -fprint0 /files \\) && xargs -0r sha256sum < /files"
)


class Trial(NamedTuple):
    """A case with another order of it; `written`: by us, else one that the graph allows.

    `failed`: the other order when one of the two does not build; the original stands for it then.
    """

    number: int
    case: Case
    after: str
    written: bool
    failed: str = ""

    def stages(self) -> str:
        """Both orders, as stages of names of their own."""
        return _named(self.case, self.case.text, f"c{self.number}b") + _named(
            self.case, self.after, f"c{self.number}a"
        )


def _named(case: Case, text: str, name: str) -> str:
    """The stages `one` and the last as `c7b1` and `c7b2`, on bases of the model builder."""
    stages = re.split(r"(?m)^FROM ", text.removeprefix("".join(f"{x}\n" for x in case.head)))[1:]
    found = ""
    for number, stage in enumerate(stages, 1):
        image, _, rest = stage.partition("\n")
        base = {"debian:12": "model-base", "nobody/knows:1": "model-unknown"}
        base["one"] = f"{name}1"
        rest = re.sub(r"--from=(one|0) ", f"--from={name}1 ", rest)
        rest = rest.replace("type=cache,", f"type=cache,id={name},")
        found += f"FROM {base[image.split()[0]]} AS {name}{number}\n{rest}"
    return found


def batch(trials: Sequence[Trial]) -> str:
    """One Dockerfile whose image has a listing of each tree."""
    lists = ["FROM debian:12-slim AS listings\nRUN mkdir /out\n"]
    stages = []
    for trial in trials:
        stages.append(trial.stages())
        last = 1 + ("\nFROM " in trial.case.text.partition("FROM ")[2])
        for name in (f"c{trial.number}b", f"c{trial.number}a"):
            mount = f"--mount=type=bind,from={name}{last},target=/t"
            lists.append(f"RUN {mount} ({_LISTED}) > /out/{name}\n")
    head = "".join(f"{line}\n" for line in trials[0].case.head)
    end = "FROM scratch\nCOPY --from=listings /out/ /\n"
    return head + _BASE + _UNKNOWN + "".join(stages) + "".join(lists) + end


def some(count: int, contexts: int) -> list[Case]:
    """The same cases in every run, of the first contexts only."""
    found: list[Case] = []

    @settings(
        max_examples=3 * count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases(contexts))
    def collect(case: Case) -> None:
        found.append(case)

    collect()
    # Neighbours are much alike.
    return found[::3]


def trials(found: Sequence[Case], root: Path, counts: Counter[str]) -> Iterator[Trial]:
    """What we write for a case, else an order that the graph allows; none where none differs."""
    for number, case in enumerate(found):
        folder = root / str(case.context)
        if not folder.exists():
            folder.mkdir()
            write(project(case.context), folder)
        context = Context.open(folder)
        after = ours(case, context, counts)
        other = after or allowed(case, context, Random(number)).decode()
        if other != case.text:
            yield Trial(number, case, other, after is not None)


def ours(case: Case, context: Context, counts: Counter[str]) -> str | None:
    """What we write for one of a few histories and tables of seconds."""
    names = sorted(project(case.context).nodes)
    for seed in range(4):
        touched = [frozenset(Random(seed + n).sample(names, 2)) for n in range(5)]
        events = tuple(ChangeEvent(n + 1, files=f) for n, f in enumerate(touched))
        result = reorder(
            case.text.encode(),
            context=context,
            config=replace(EAGER, build_args=case.args),
            models=Timed(builtin().folders, seed),
            changes=Changes(events, sum(e.weight for e in events), None, context),
        )
        if result.refusals:
            counts["results withheld"] += 1
            print(f"withheld: {[str(r) for r in result.refusals]}\n{case.text}", flush=True)
        elif result.changed:
            return result.after.decode()
    return None


def allowed(case: Case, context: Context, chance: Random) -> bytes:
    """A random order that the graph allows."""
    analysis = analyse(
        parse(case.text.encode()), context=context, models=builtin(), build_args=case.args
    )
    if any(stage.end.triggers for stage in analysis.stages):
        return case.text.encode()
    orders: dict[int, list[int]] = {}
    for stage in analysis.stages:
        left, order, found = set(range(len(stage.steps))), list[int](), edges(stage)
        while left:
            held = {edge.after for edge in found if edge.before in left}
            order.append(chance.choice(sorted(left - held)))
            left.remove(order[-1])
        orders[1 + analysis.dockerfile.instructions.index(stage.stage.from_)] = order
    return rewrite(analysis.dockerfile, orders)


def unlike(case: Case, tree: Tree) -> list[str]:
    """In what the model builder's image differs from the real one."""
    nodes, _, _ = build_in_memory(case.text, project(case.context).sent, case.args)[-1].final()
    base = base_tree().nodes
    wanted = {
        path: expected(node)
        for path, node in nodes.items()
        if base.get(path) != node and not path.startswith(("/proc", "/dev", "/sys", "/usr/bin"))
    }
    places = ("/app", "/data", "/srv", "/made", "/opt", "/home", "/work", "/x", "/z", "/up")
    real = {p: f for p, f in tree.items() if p in wanted or p.startswith(places)}
    wanted |= {p: expected(nodes[p]) for p in real if p in nodes}
    found = differing(wanted, real)
    # Folders that --chmod makes get its mode from Docker 28.1 on.
    return [line for line in found if "--chmod" not in case.text or ": mode " not in line]


def expected(node: Node) -> Facts:
    kind = {"dir": "d", "link": "l", "file": "f"}[node.kind]
    facts = {"type": kind, "mode": f"{node.mode:o}", "owner": f"{node.uid}:{node.gid}"}
    if node.kind == "link":
        return {**facts, "mode": "777", "target": node.text}
    if node.kind == "file":
        facts["content"] = hashlib.sha256(node.text.encode()).hexdigest()[:16]
    return facts


def listed(text: str) -> Tree:
    """The output of `_LISTED`."""
    found: dict[str, dict[str, str]] = {}
    for line in text.splitlines():
        if "\t" in line:
            kind, mode, owner, path, target = line.split("\t")
            found[path[1:] or "/"] = {"type": kind, "mode": mode, "owner": owner}
            if kind == "l":
                found[path[1:]]["target"] = target
        else:
            digest, path = line.removeprefix("\\").split("  ", 1)
            found[path[1:]]["content"] = digest[:16]
    return found


def differing(before: Tree, after: Tree) -> list[str]:
    found = []
    for path in sorted(before.keys() | after.keys()):
        one, two = before.get(path, {}), after.get(path, {})
        found += [
            f"{path}: {name} {one.get(name)}, {two.get(name)}"
            for name in sorted(one.keys() | two.keys())
            if one.get(name) != two.get(name)
        ]
    return found


def built(group: list[Trial], root: Path, counts: Counter[str]) -> list[tuple[Trial, Tree, Tree]]:
    """The trees of both orders; what does not build is left out."""
    while group:
        case = group[0].case
        args = [f"--build-arg={name}={value}" for name, value in case.args.items()]
        with tempfile.TemporaryDirectory() as folder:
            file, out = Path(folder) / "Dockerfile", Path(folder) / "out.tar"
            file.write_text(batch(group))
            more = [*os.environ.get("REORDER_ENGINE_OPTIONS", "").split(), *args]
            command = [os.environ.get("REORDER_ENGINE", "docker"), "build", "--no-cache"]
            command += ["--progress=plain", f"--output=type=tar,dest={out}", f"--file={file}"]
            env = {**os.environ, "DOCKER_BUILDKIT": "1"}
            done = subprocess.run(
                [*command, *more, str(root / str(case.context))],
                env=env, capture_output=True, text=True, check=False,
            )  # fmt: skip
            if done.returncode == 0:
                with tarfile.open(out) as archive:
                    found = {m.name: listed(_text(archive, m)) for m in archive if m.isfile()}
                return [(t, found[f"c{t.number}b"], found[f"c{t.number}a"]) for t in group]
        at = re.search(r"(?m)^ > \[c(\d+)[ab]\d? ", done.stderr)
        if at is None:
            print(done.stderr[-2000:], flush=True)
            return []
        group = _without(group, int(at[1]), done.stderr.splitlines()[-1], counts)
    return []


def _without(group: list[Trial], number: int, fault: str, counts: Counter[str]) -> list[Trial]:
    """What is left of a group with a failure: the original of that pair alone, at first."""
    (failed,) = (trial for trial in group if trial.number == number)
    rest = [trial for trial in group if trial.number != number]
    if failed.after != failed.case.text:
        return [*rest, failed._replace(after=failed.case.text, failed=failed.after)]
    counts["fail here in both orders"] += 1
    print(f"{number} does not build: {fault}", flush=True)
    return rest


def _text(archive: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    file = archive.extractfile(member)
    return file.read().decode() if file else ""


def groups(found: Iterator[Trial], size: int) -> Iterator[list[Trial]]:
    """What can be one build: one context, the same arguments."""
    waiting: dict[object, list[Trial]] = {}
    for trial in found:
        key = (trial.case.head, tuple(sorted(trial.case.args.items())), trial.case.context)
        waiting.setdefault(key, []).append(trial)
        if len(waiting[key]) == size:
            yield waiting.pop(key)
    yield from waiting.values()


def main() -> int:
    read = argparse.ArgumentParser()
    read.add_argument("--cases", type=int, default=100)
    read.add_argument("--contexts", type=int, default=3, help="contexts of the cases")
    asked = read.parse_args()
    counts: Counter[str] = Counter()
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        found = some(asked.cases, asked.contexts)
        for group in groups(trials(found, Path(folder), counts), 8):
            for trial, before, after in built(group, Path(folder), counts):
                wrong += judged(trial, before, after, counts)
    for name, count in sorted(counts.items()):
        print(f"{count} {name}")
    return 1 if wrong else 0


def judged(trial: Trial, before: Tree, after: Tree, counts: Counter[str]) -> bool:
    counts["pairs: written" if trial.written else "pairs: an order of the graph"] += 1
    counts["paths"] += len(before)
    found = differing(before, after)
    if trial.failed:
        found = [f"only the new order fails:\n{trial.failed}"]
    counts["pairs with the same files"] += not found
    if found:
        print(f"--- {trial.number}\n{trial.case.text}--- after\n{trial.after}", *found, sep="\n")
    model = unlike(trial.case, before)
    counts["as the model builder says"] += not model
    if model:
        print(f"--- {trial.number}: model, real\n{trial.case.text}", *model, sep="\n", flush=True)
    return bool(found)


if __name__ == "__main__":
    raise SystemExit(main())
