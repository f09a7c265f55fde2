"""The same build, told by a real engine in each of its forms, gives the same seconds.

REORDER_ENGINE is a docker with buildx; the base image is that of `.ci/engine`.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
from pathlib import Path

import pytest

from reorder.timings.log import steps

ENGINE = os.environ.get("REORDER_ENGINE", "")
OPTIONS = tuple(os.environ.get("REORDER_ENGINE_OPTIONS", "").split())
# Each build has a salt, so that no step is found in a cache.
TEXT = """\
FROM debian:12-slim AS one
WORKDIR /a
RUN : {salt}; sleep 0.4
FROM debian:12-slim
COPY b /b
RUN : {salt}
COPY --from=one /a /a
"""
META = "meta.json"


def knows(*words: str) -> bool:
    """Whether the client has a command of buildx."""
    if Path(ENGINE).name != "docker":
        return False
    command = [ENGINE, "buildx", *words, "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"docker buildx {' '.join(words)} " in done.stdout


pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not knows("build"), reason="REORDER_ENGINE is no docker with buildx"),
]


def asked(folder: Path, *words: str) -> bytes:
    done = subprocess.run(
        [ENGINE, "buildx", *words],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert done.returncode == 0, done.stdout.decode("utf-8", "replace")
    return done.stdout


def build(folder: Path, form: str) -> bytes:
    """The log of a build that nobody has made before."""
    salt = secrets.token_hex(8)
    (folder / "Dockerfile").write_text(TEXT.format(salt=salt))
    (folder / "b").write_text(salt)
    return asked(folder, "build", f"--progress={form}", f"--metadata-file={META}", *OPTIONS, ".")


def told(data: bytes) -> dict[str, float]:
    """The instruction's first word and place -> seconds; what was cached is left out."""
    found = steps(data, "log")
    return {
        f"{s.stage} {s.at} {s.text.split()[0]}": s.seconds for s in found if s.seconds is not None
    }


RAN = {"one 3 RUN", "stage-1 2 COPY", "stage-1 3 RUN", "stage-1 4 COPY"}


@pytest.mark.parametrize("form", ["plain", "rawjson"])
def test_each_form_of_a_log_has_the_steps_that_ran(form: str, tmp_path: Path) -> None:
    found = told(build(tmp_path, form))
    assert found.keys() >= RAN
    assert 0.4 <= found["one 3 RUN"] < 60


@pytest.mark.skipif(not knows("history", "export"), reason="buildx is older than 0.23")
def test_an_exported_record_has_the_seconds_of_its_log(tmp_path: Path) -> None:
    log = told(build(tmp_path, "rawjson"))
    ref = json.loads((tmp_path / META).read_text())["buildx.build.ref"].rpartition("/")[2]
    asked(tmp_path, "history", "export", "--output=one.dockerbuild", ref)
    record = told((tmp_path / "one.dockerbuild").read_bytes())
    assert record == pytest.approx(log, abs=1e-5)
