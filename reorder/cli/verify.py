"""`reorder verify FILE`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reorder.cli.app import (
    BuildArgOption,
    ContextOption,
    WhyFormat,
    app,
    ended,
    pairs_of,
)
from reorder.inputs import Options


@app.command(
    "verify",
    epilog="Exit status: 0 the images are the same, 1 they differ, 2 it cannot be told,"
    " 3 the check refused our own result.",
)
def verify_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A Dockerfile.")],
    build: Annotated[
        list[str] | None,
        typer.Argument(metavar="[-- OPTION...]", help="Further options of the engine's build."),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(
            "--against", metavar="OTHER", help="Compare with this file, not with our own result."
        ),
    ] = None,
    rebuild: Annotated[
        list[str] | None,
        typer.Option(
            "--rebuild",
            metavar="PATH",
            help="Time a rebuild after a change of this context file too (repeatable).",
        ),
    ] = None,
    engine: Annotated[
        str,
        typer.Option(
            "--engine",
            metavar="NAME",
            help="docker, podman, buildah, or the path of one (default: the first that answers).",
        ),
    ] = "",
    builder: Annotated[
        str, typer.Option("--builder", metavar="NAME", help="A builder of buildx.")
    ] = "",
    target: Annotated[str, typer.Option("--target", metavar="STAGE", help="As for a build.")] = "",
    platform: Annotated[str, typer.Option("--platform", help="As for a build.")] = "",
    build_arg: BuildArgOption = None,
    secret: Annotated[list[str] | None, typer.Option("--secret", help="As for a build.")] = None,
    ssh: Annotated[list[str] | None, typer.Option("--ssh", help="As for a build.")] = None,
    context: ContextOption = None,
    runs: Annotated[
        int,
        typer.Option("--runs", metavar="N", min=1, help="Builds of FILE at most, to find noise."),
    ] = 2,
    unsafe: Annotated[
        bool, typer.Option("--unsafe", help="Verify what --unsafe would write.")
    ] = False,
    report: Annotated[
        WhyFormat, typer.Option("--format", help="Form of the report.")
    ] = WhyFormat.text,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show whole lists.")] = False,
) -> None:
    """Build a Dockerfile and our rewritten one with a real engine, without a cache, and compare
    the images: every path's type, mode, owner, link and content, and the config.

    Nothing of yours is written, and nothing is left behind but the engine's own build cache.
    """
    from reorder.verify import Request, verify

    options = Options(
        context=context,
        build_args=pairs_of(build_arg),
        unsafe=unsafe,
        form=report.value,
        quiet=quiet,
        verbose=verbose,
    )
    words = [f"--platform={platform}"] if platform else []
    words += [f"--secret={value}" for value in secret or ()]
    words += [f"--ssh={value}" for value in ssh or ()]
    request = Request(
        file,
        options,
        against,
        engine=engine,
        builder=builder,
        target=target,
        build=(*words, *(build or ())),
        rebuild=tuple(rebuild or ()),
        runs=runs,
    )
    raise ended(lambda: verify(request))
