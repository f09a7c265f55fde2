"""A program that answers like podman and builds nothing: its images come from comments.

# file PATH TEXT      the image has this file
# time PATH           the image has this file, with another text in each build
# fails TEXT          the build writes TEXT and fails
# waits               the build takes a minute
"""

from __future__ import annotations

import io
import json
import os
import sys
import tarfile
import time
import uuid
from pathlib import Path

STATE = Path(os.environ.get("FAKE_ENGINE", "."))


def main(words: list[str]) -> int:
    verb = words[0]
    if verb == "info":
        print("store:")
        return 0
    if verb == "build":
        return build({w.partition("=")[0]: w.partition("=")[2] for w in words[1:]}, words)
    if verb == "save":
        sys.stdout.buffer.write(archive((STATE / words[-1]).read_text()))
        return 0
    (STATE / words[-1]).unlink()
    return 0


def build(options: dict[str, str], words: list[str]) -> int:
    text = Path(options["--file"]).read_text()
    with (STATE / "calls").open("a") as calls:
        calls.write(json.dumps(words[1:]) + "\n")
    for at, line in enumerate(text.splitlines(), 1):
        print(f"STEP {at}/{len(text.splitlines())}: {line}", flush=True)
        if line.startswith("# fails "):
            print(line.removeprefix("# fails "), file=sys.stderr)
            return 125
        if line == "# waits":
            (STATE / "waiting").touch()
            time.sleep(60)
    (STATE / options["--tag"]).write_text(text)
    return 0


def archive(text: str) -> bytes:
    """One layer with the files, and the config."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        for words in (line.split(" ", 3) for line in text.splitlines()):
            if words[:2] == ["#", "file"]:
                add(tar, words[2], words[3])
            if words[:2] == ["#", "time"]:
                add(tar, words[2], uuid.uuid4().hex)
    whole = io.BytesIO()
    manifest = [{"Config": "c.json", "Layers": ["layer.tar"]}]
    with tarfile.open(fileobj=whole, mode="w") as tar:
        add(tar, "c.json", json.dumps({"os": "linux", "config": {"Env": ["A=1"]}}))
        add(tar, "manifest.json", json.dumps(manifest))
        add(tar, "layer.tar", layer.getvalue())
    return whole.getvalue()


def add(tar: tarfile.TarFile, name: str, content: str | bytes) -> None:
    data = content.encode() if isinstance(content, str) else content
    member = tarfile.TarInfo(name.lstrip("/"))
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
