"""`python -m reorder`, and the `reorder` command."""

import sys

from reorder.cli import main


def run() -> None:
    """The entry point of the command."""
    sys.exit(main())


if __name__ == "__main__":
    run()
