"""Build steps and command lines of workflows, pipelines, makefiles and scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reorder.context.builds.build import Build, Builds, Place, is_local, names, pairs
from reorder.context.builds.commands import Text, builds_of, recipes
from reorder.context.builds.document import Node, Row, Table
from reorder.context.builds.document import Text as Word

_ROOT_OF_GIT = "{{defaultContext}}"


def workflow(path: Path, documents: Sequence[Node], root: Path, known: Mapping[str, Any]) -> Builds:
    """The build steps and commands of a GitHub workflow."""
    found: list[Build] = []
    notes: list[str] = []
    texts: list[Text] = []
    for document in documents:
        jobs = document.table("jobs") if isinstance(document, Table) else Table({}, {}, 0)
        for name in jobs.items:
            job = jobs.table(name)
            if _elsewhere(job, known):
                notes.append(f"{path.name}:{jobs.lines[name]}: its job checks out another folder")
                continue
            for step in _steps(job):
                build = _step(step, path, root, known)
                if isinstance(build, str):
                    notes.append(f"{path.name}:{step.line}: {build}")
                elif build is not None:
                    found.append(build)
                texts += _run(step, (job, document), path, root)
    commands = builds_of(texts, known["command"])
    return Builds((*found, *commands.found), (*notes, *commands.notes))


def _steps(job: Table) -> list[Table]:
    steps = job.items.get("steps")
    return [s for s in steps.items if isinstance(s, Table)] if isinstance(steps, Row) else []


def _elsewhere(job: Table, known: Mapping[str, Any]) -> bool:
    """Whether the paths of a job are not those of this repository."""
    return any(
        _action(step) in known["workflow"]["fetches"]
        and {"path", "repository"} & set(step.table("with").items)
        for step in _steps(job)
    )


def _action(step: Table) -> str:
    return (step.text("uses") or "").partition("@")[0]


def _step(step: Table, path: Path, root: Path, known: Mapping[str, Any]) -> Build | str | None:
    if _action(step) not in known["workflow"]["builds"]:
        return None
    given = step.table("with")
    context = given.text("context") or _ROOT_OF_GIT
    if context.startswith(_ROOT_OF_GIT):
        context = context.removeprefix(_ROOT_OF_GIT).lstrip(":") or "."
    file = given.text("file")
    for word in (context, file):
        if word is not None and not is_local(word):
            return f"`{word}` is no path that is known now"
    return Build(
        root / context,
        None if file is None else root / file,
        pairs(_lines(given.text("build-args"))),
        names(_lines(given.text("build-contexts"))),
        given.text("target"),
        Place(path, step.lines.get("uses", step.line)),
    )


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").split("\n") if line.strip()]


def _run(step: Table, above: Sequence[Node], path: Path, root: Path) -> Iterator[Text]:
    run = step.items.get("run")
    if not isinstance(run, Word):
        return
    folders = [step.text("working-directory")]
    for table in above:
        if isinstance(table, Table):
            folders.append(table.table("defaults").table("run").text("working-directory"))
    folder = next((f for f in folders if f is not None), ".")
    if is_local(folder):
        yield Text(run.value, path, _first_line(run), root / folder, aborts=True)


def _first_line(word: Word) -> int:
    """A block starts on the line below its key."""
    return word.line + ("\n" in word.value)


def pipeline(path: Path, documents: Sequence[Node], root: Path, known: Mapping[str, Any]) -> Builds:
    """The commands of a GitLab pipeline; those of one script share a shell."""
    texts: list[Text] = []
    for document in documents:
        for job in document.items.values() if isinstance(document, Table) else ():
            if not isinstance(job, Table):
                continue
            lines = [w for key in ("before_script", "script") for w in _words(job.items.get(key))]
            script = "\n".join(word.value for word in lines)
            if lines:
                texts.append(Text(script, path, lines[0].line, root, aborts=True))
    return builds_of(texts, known["command"])


def _words(node: Node) -> list[Word]:
    if isinstance(node, Word):
        return [node]
    items = node.items if isinstance(node, Row) else ()
    return [word for item in items for word in _words(item)]


def makefile(path: Path, text: str, root: Path, known: Mapping[str, Any]) -> Builds:
    """The commands of recipes."""
    texts = [Text(recipe, path, line, root) for line, recipe in recipes(text)]
    return builds_of(texts, known["command"])


def script(path: Path, text: str, root: Path, known: Mapping[str, Any]) -> Builds:
    """The commands of a shell script that is run in its own folder."""
    return builds_of([Text(text, path, 1, root)], known["command"])
