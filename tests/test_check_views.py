"""Rules of the check where nothing else keeps the order."""

from __future__ import annotations

from reorder.check import Part, check
from reorder.effects.effect import Access, Effect, Footprint


def text(*lines: str) -> bytes:
    return ("\n".join(["FROM a", *lines]) + "\n").encode()


def test_a_run_whose_claim_looks_at_the_working_directory_stays_above_the_next_one() -> None:
    lines = ["WORKDIR /x", "RUN build", "WORKDIR /y"]
    before, after = text(*lines), text(lines[0], lines[2], lines[1])
    looks = Effect((Footprint("cwd", "", Access.READ),))
    assert check(before, after, {3: Effect()}) == ()
    assert check(before, after, {3: looks}) != ()


def test_a_relative_destination_stays_above_the_next_working_directory() -> None:
    brought = {3: ("/x/a.txt",)}
    for dest, refused in (("./", True), ("/x/", False)):
        lines = ["WORKDIR /x", f"COPY a.txt {dest}", "WORKDIR /y"]
        before, after = text(*lines), text(lines[0], lines[2], lines[1])
        assert bool(check(before, after, {}, brought=brought)) == refused


BROAD = text("WORKDIR /x", "COPY . .", "RUN build")
BROUGHT = {3: ("/x/a.txt", "/x/c.txt")}


def writes(path: str) -> Effect:
    return Effect((Footprint("path", path, Access.WRITE),))


def split(name: str, run: Effect) -> bool:
    """Whether the RUN may stand between a COPY of the file and that of all."""
    after = text("WORKDIR /x", f"COPY {name} ./", "RUN build", "COPY . .")
    return check(BROAD, after, {4: run}, parts=(Part(3, 3),), brought=BROUGHT) == ()


def test_a_part_is_a_file_that_the_copy_brings() -> None:
    assert [split(name, Effect()) for name in ("a.txt", "left-out.txt")] == [True, False]


def test_what_a_run_writes_is_not_brought_again() -> None:
    paths = ("/elsewhere", "/x/a.txt", "/x/c.txt")
    assert [split("a.txt", writes(path)) for path in paths] == [True, False, False]


def test_the_whole_copy_follows_its_part() -> None:
    after = text("WORKDIR /x", "COPY . .", "COPY a.txt ./", "RUN build")
    refusals = check(BROAD, after, {4: Effect()}, parts=(Part(4, 3),), brought=BROUGHT)
    assert refusals != ()
