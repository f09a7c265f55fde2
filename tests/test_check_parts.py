"""The independent check, rule 5: a new narrow COPY must be a part of the broad one below it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from test_check import both, makes, reads, writes
from test_check_places import imports, lists

from reorder.check import Part, Refusal, check
from reorder.effects.effect import Effect

BROUGHT = ("/app/b.txt", "/app/req.txt", "/app/src/main.py", "/app/src/req.txt", "/app/lib/m.py")
USE = both(reads("/app/req.txt"), writes("/opt/out"))


@dataclass(frozen=True, slots=True)
class Split:
    """FROM, WORKDIR /app, the broad COPY, `more`, the RUN -> the same with a narrow COPY above.

    `after` are the lines below WORKDIR: n the narrow COPY, r the RUN, b the broad one, m `more`.
    """

    name: str
    narrow: str = "COPY req.txt ./"
    broad: str = "COPY . ."
    after: str = "n r b"
    run: str = "RUN tool"
    claim: Effect = USE
    brought: tuple[str, ...] | None = BROUGHT
    more: str = "EXPOSE 1"

    def check(self) -> tuple[Refusal, ...]:
        head = ["FROM a", "WORKDIR /app"]
        before = [*head, self.broad, self.more, self.run]
        lines = {"n": self.narrow, "r": self.run, "b": self.broad, "m": self.more}
        letters = self.after.split()
        letters += [] if "m" in letters else ["m"]
        after = head + [lines[letter] for letter in letters]
        part = Part(3 + letters.index("n"), 3)
        texts = [("\n".join(text) + "\n").encode() for text in (before, after)]
        claims = {n: Effect() for n in range(6)} | {5: self.claim}
        return check(texts[0], texts[1], claims, parts=[part], brought={3: self.brought})


REFUSED = [
    Split("another file", narrow="COPY other.txt ./"),
    Split("a folder", narrow="COPY src ./"),
    Split("a folder with a slash", narrow="COPY src/ ./"),
    Split("a pattern", narrow="COPY req* ./"),
    Split("a source with a variable", narrow="COPY $REQ ./"),
    Split("a heredoc", narrow="COPY <<E ./\nE"),
    Split("another destination", narrow="COPY req.txt /opt/"),
    Split("another name", narrow="COPY req.txt ./r.txt"),
    Split("a file of a folder put above it", narrow="COPY src/main.py ./"),
    Split("a file of the context with the name of another", narrow="COPY src/req.txt ./"),
    Split("two files without a folder", narrow="COPY req.txt src/req.txt /app/req.txt"),
    Split("a path that leaves the context", narrow="COPY ../req.txt ./"),
    Split("a new flag", narrow="COPY --chown=5 req.txt ./"),
    Split("a lost flag", broad="COPY --chown=5 . ."),
    Split("another flag", narrow="COPY --chown=5 req.txt ./", broad="COPY --chown=6 . ."),
    Split("--link", narrow="COPY --link req.txt ./", broad="COPY --link . ."),
    Split("--from", narrow="COPY --from=x req.txt ./", broad="COPY --from=x . ."),
    Split("ADD", narrow="ADD req.txt ./", broad="ADD . ."),
    Split("ADD of a repository", broad="ADD git@host:x/y.git ."),
    Split("ADD --keep-git-dir", broad="ADD --keep-git-dir . ."),
    Split("a second source that may replace the file", broad="COPY . other ./"),
    Split("one file twice", narrow="COPY req.txt req.txt /app/req.txt"),
    Split("a file of another folder", narrow="COPY apx/req.txt ./", broad="COPY app ./"),
    Split("another instruction", narrow="RUN get req.txt"),
    Split("files that are not known", brought=None),
    Split("a broad COPY of several sources", broad="COPY req.txt src ./"),
    Split("a broad COPY with a pattern", broad="COPY * ./"),
    Split("an unknown destination", broad="COPY . $X"),
    Split("the part below the whole", after="r b n"),
    Split("the broad COPY is lost", after="n r"),
    Split("the RUN above the part", after="r n b"),
    Split("the RUN reads more", claim=reads("/app/src/main.py")),
    Split("the RUN reads the same name elsewhere", claim=reads("/app/src/req.txt")),
    Split("the RUN lists the folder", claim=lists("/app")),
    Split("the RUN lists a nested folder", claim=lists("/app/src")),
    Split("the RUN imports from the folder", claim=imports("/app", "lib")),
    Split("the RUN looks at the mode of a nested folder", claim=reads("/app/src")),
    Split("the RUN writes a file of the part", claim=both(USE, writes("/app/req.txt"))),
    Split("the RUN writes another file", claim=both(USE, writes("/app/src/main.py"))),
    Split("the RUN removes a folder", claim=both(USE, writes("/app/lib"))),
    Split(
        "the RUN fills a folder of the context",
        claim=both(
            USE,
            writes("/app/lib/x/y"),
            makes("/app/lib", owner="5:5:0700"),
            writes("/app/lib/m.py"),
        ),
    ),
    Split("the RUN is not known", claim=Effect(opaque="no model")),
    Split("a RUN compares the times of files", claim=Effect(USE.footprints, clock=("*",))),
    Split("the text names more", run="RUN tool src/main.py"),
    Split(
        "what stands between sees another file",
        more="RUN cat src/main.py",
        after="n r m b",
        claim=USE,
    ),
    Split(
        "a variable of the part is set between",
        narrow="COPY --chown=$U req.txt ./",
        broad="COPY --chown=$U . .",
        more="ENV U=5",
        after="m n r b",
    ),
]

PROVED = [
    Split("the RUN with its file"),
    Split("a full name", narrow="COPY req.txt ./req.txt"),
    Split("an absolute place", narrow="COPY req.txt /app/"),
    Split("the spelling of a path", narrow="COPY ./req.txt ./"),
    Split("an array", narrow='COPY ["req.txt", "./"]'),
    Split("a nested file", narrow="COPY src/main.py ./src/", claim=reads("/app/src/main.py")),
    Split(
        "the RUN writes into a nested folder",
        narrow="COPY src/main.py ./src/",
        claim=both(reads("/app/src/main.py"), writes("/app/src/out")),
    ),
    Split("two files", narrow="COPY req.txt b.txt ./"),
    Split("the same owner", narrow="COPY --chown=5 req.txt ./", broad="COPY --chown=5 . ."),
    Split("a broad COPY of a folder", narrow="COPY app/req.txt ./", broad="COPY app ./"),
    Split("the RUN stays", after="n b r", claim=lists("/app")),
    Split(
        "other outputs below the folder", claim=both(USE, writes("/app/out/x"), makes("/app/out"))
    ),
    Split("the text names the file", run="RUN tool -r req.txt"),
    Split("ADD of a folder", broad="ADD . ."),
    Split("the folder is there", claim=both(USE, reads("/app"))),
]


@pytest.mark.parametrize("split", REFUSED, ids=lambda split: split.name)
def test_it_refuses(split: Split) -> None:
    assert split.check() != ()


@pytest.mark.parametrize("split", PROVED, ids=lambda split: split.name)
def test_it_proves(split: Split) -> None:
    assert split.check() == ()


def test_a_new_copy_is_refused_unless_it_is_declared() -> None:
    before = b"FROM a\nWORKDIR /app\nCOPY . .\n"
    after = b"FROM a\nWORKDIR /app\nCOPY req.txt ./\nCOPY . .\n"
    brought = {3: BROUGHT}
    assert check(before, after, {}, brought=brought) != ()
    assert check(before, after, {}, brought=brought, parts=[Part(3, 3)]) == ()
