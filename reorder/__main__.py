"""`python -m reorder`, and the `reorder` command."""

from reorder.cli import app


def run() -> None:
    """The entry point of the command."""
    app(prog_name="reorder")


if __name__ == "__main__":
    run()
