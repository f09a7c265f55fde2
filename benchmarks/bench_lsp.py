"""How long an editor waits for formatting, measured at the pipe of the real server.

    python benchmarks/bench_lsp.py

`warm`: the result was found in the pause after the last change, as when a file is saved; what lies
around is still looked at. `cold`: the request follows the change at once.
"""

from __future__ import annotations

import platform
import shutil
import statistics
import sys
import tempfile
from os import cpu_count
from pathlib import Path
from time import perf_counter

HERE = Path(__file__).parent.parent
sys.path.insert(0, str(HERE / "tests"))

from lsp_client import Client, Editor  # noqa: E402

CASE = HERE / "fixtures" / "model-download"
ROUNDS = 20
STEP = """ENV NAME_{n}=value
COPY worker/*.py /srv/{n}/
RUN mkdir -p /data/{n} && \\
    echo {n} > /data/{n}/number
"""


def text_of(lines: int) -> str:
    text = (CASE / "Dockerfile").read_text("utf-8")
    stage, n = "", 0
    while text.count("\n") + stage.count("\n") < lines:
        # a stage in eight steps, as in large real files
        stage += f"FROM python:3.12 AS stage{n}\n" if n % 8 == 0 else ""
        stage += STEP.format(n=n)
        n += 1
    return stage + text


def waited(editor: Editor) -> float:
    start = perf_counter()
    editor.ask("formatting", options={"tabSize": 4, "insertSpaces": True})
    return 1000 * (perf_counter() - start)


def row(client: Client, lines: int) -> str:
    text = text_of(lines)
    editor = Editor(client, (client.folder / "Dockerfile").as_uri(), text)
    first = waited(editor)
    editor.marks()
    warm = statistics.median(waited(editor) for _ in range(ROUNDS))
    cold = []
    for n in range(3):
        editor.change((None, f"{text}# {n}\n"))
        cold.append(waited(editor))
    count = text.count("\n")
    return f"| {count} | {warm:.1f} | {statistics.median(cold):.0f} | {first:.0f} |"


def main() -> None:
    print(f"{cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}\n")
    print("| lines | warm, ms | cold, ms | first of the server, ms |\n|--:|--:|--:|--:|")
    for lines in (10, 60, 500, 2000):
        folder = Path(tempfile.mkdtemp())
        shutil.copytree(CASE / "context", folder, dirs_exist_ok=True)
        client = Client(folder)
        client.start()
        print(row(client, lines), flush=True)
        client.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
