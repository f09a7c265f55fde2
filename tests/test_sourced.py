"""Files that a shell reads into itself, and the umask: what the commands after them see."""

from __future__ import annotations

from pathlib import Path

import pytest

from reorder.context.files import Context
from reorder.effects.effect import Effect
from reorder.effects.instruction import analyse
from reorder.effects.model import builtin
from reorder.syntax.dockerfile import parse

VENV = "RUN python -m venv /opt/venv\n"


def effect(folder: Path, text: str, image: str = "python:3.12") -> Effect:
    """What the last RUN does, below a COPY of a small project to /app."""
    (folder / "requirements.txt").write_text("flask\n")
    (folder / "env.sh").write_text("export DATA=/data/x\n")
    (folder / "leave.sh").write_text("return\nrm -rf /opt\n")
    (folder / ".dockerignore").write_text("Dockerfile\n")
    place = folder / "Dockerfile"
    place.write_text(f"FROM {image}\nWORKDIR /app\n{text}\n")
    found = analyse(
        parse(place.read_bytes()), context=Context.open(folder, place), models=builtin()
    )
    return found.stages[-1].steps[-1].effect


def written(found: Effect) -> set[str]:
    return {f.name for f in found.writes if f.resource == "path"}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("RUN . /opt/venv/bin/activate && a", id="nobody made it"),
        pytest.param(
            VENV + "COPY --from=alpine /x/ /opt/venv/\nRUN . /opt/venv/bin/activate",
            id="copied over",
        ),
        pytest.param(
            "FROM python:3.12 AS b\n" + VENV + "FROM python:3.12\n"
            "COPY --from=b /opt/venv /srv/venv\nRUN . /srv/venv/bin/activate && pip install a",
            id="made elsewhere, so that it holds another path",
        ),
        pytest.param(
            VENV + "RUN cp /x /opt/venv/bin/activate\nRUN . /opt/venv/bin/activate",
            id="changed by a RUN",
        ),
        pytest.param(
            "RUN python -m venv v && cp /x v/bin/activate && . v/bin/activate",
            id="changed in the same RUN",
        ),
        pytest.param(
            VENV + "RUN mv /opt/venv /opt/w\nRUN . /opt/w/bin/activate && pip install a",
            id="moved",
        ),
        pytest.param("COPY . .\nRUN cp /x env.sh && . ./env.sh", id="written by a command"),
        pytest.param("COPY . .\nRUN cp /x env.sh\nRUN . ./env.sh", id="written by a RUN"),
        pytest.param("COPY . .\nRUN cd $X && . ./env.sh", id="a folder that is not known"),
        pytest.param("COPY . .\nRUN . env.sh", id="looked for on PATH"),
        pytest.param("RUN . ./missing.sh", id="no such file"),
        pytest.param(
            "COPY env.sh /nvm/nvm.sh\nRUN sed -i s/a/b/ /nvm/nvm.sh\nRUN . /nvm/nvm.sh",
            id="of the project, under the name of another",
        ),
    ],
)
def test_a_file_that_may_set_anything_makes_its_run_opaque(tmp_path: Path, text: str) -> None:
    assert effect(tmp_path, text).opaque


@pytest.mark.parametrize(
    "text",
    [
        VENV + "COPY requirements.txt .\n"
        "RUN . /opt/venv/bin/activate && pip install -r requirements.txt",
        VENV + "RUN /opt/venv/bin/pip install wheel\nRUN . /opt/venv/bin/activate && pip install a",
        'SHELL ["/bin/bash", "-c"]\nRUN python -m venv v && source v/bin/activate && deactivate',
        "RUN virtualenv -p python3 v; . v/bin/activate; pip install flask",
    ],
)
def test_packages_go_into_a_virtual_environment_that_was_made_above(
    tmp_path: Path, text: str
) -> None:
    assert effect(tmp_path, text).opaque is None


def test_what_is_installed_after_activate_goes_into_the_environment(tmp_path: Path) -> None:
    found = effect(tmp_path, VENV + "RUN . /opt/venv/bin/activate && pip install flask")
    assert "/opt/venv/lib" in written(found)
    assert "/opt/venv/bin/activate" in {f.name for f in found.reads}


def test_a_file_of_the_context_is_read_by_the_shell(tmp_path: Path) -> None:
    found = effect(tmp_path, 'COPY . .\nRUN . ./env.sh && mkdir "$DATA"')
    assert found.opaque is None
    assert "/data/x" in written(found)
    assert "/app/env.sh" in {f.name for f in found.reads}


def test_a_file_that_returns_ends_there(tmp_path: Path) -> None:
    found = effect(tmp_path, "COPY . .\nRUN . ./leave.sh; mkdir /x")
    assert found.opaque is None
    assert {"/x"} == written(found)


def test_the_file_may_be_missing(tmp_path: Path) -> None:
    found = effect(tmp_path, "COPY . .\nRUN DATA=/y; . ./env.sh || true; mkdir $DATA")
    assert found.opaque is not None  # /y or /data/x


def test_node_is_installed_below_the_folder_of_its_version_manager(tmp_path: Path) -> None:
    text = 'ENV NVM_DIR=/nvm\nRUN . "$NVM_DIR/nvm.sh" && nvm install 20 && npm install -g yarn'
    found = effect(tmp_path, text, "debian:12")
    assert found.opaque is None
    assert "/nvm" in written(found)
    assert "?path/lib/node_modules" in written(found)


def test_the_name_of_a_release_is_one_plain_word(tmp_path: Path) -> None:
    text = "RUN . /etc/os-release && echo x > /etc/apt/sources.list.d/$VERSION_CODENAME.list"
    found = effect(tmp_path, text, "debian:12")
    assert found.opaque is None
    assert "/etc/apt/sources.list.d/*.list" in written(found)


def owners(found: Effect, folder: str) -> set[str]:
    return {f.owner for f in found.writes if f.name == folder}


@pytest.mark.parametrize(
    ("run", "owner"),
    [
        ("mkdir -p /x/y", "0:0:0755"),
        ("umask 022; mkdir -p /x/y", "0:0:0755"),
        ("umask 0002 && mkdir -p /x/y", "0:0:0775"),
        ("umask u=rwx,g=,o= && mkdir -p /x/y", "0:0:0700"),
        ("umask 077; sh -c 'mkdir -p /x/y'", "0:0:0700"),
        ("umask 077; sh -c 'umask 022; mkdir -p /x/y'", "0:0:0755"),
        ("(umask 077; true); mkdir -p /x/y", "0:0:0755"),
        ("f() { umask 077; }; f; mkdir -p /x/y", "0:0:0700"),
    ],
)
def test_a_folder_is_made_as_the_umask_says(tmp_path: Path, run: str, owner: str) -> None:
    found = effect(tmp_path, f"RUN {run}")
    assert found.opaque is None
    assert {owner} == owners(found, "/x/y")


def test_what_another_user_makes_under_an_umask_is_not_known(tmp_path: Path) -> None:
    assert effect(tmp_path, "RUN umask 077; sudo mkdir -p /x").opaque


@pytest.mark.parametrize(
    "program",
    [
        "-pie 's/a/b/' f",  # keeps a second file, fe
        "-pi -e 's/a/f()/e' f",
        "-pi -e 's/a/`f`/; f()' f",
        "-pi -e 's/(?{f()})//' f",
        "-pi -e 's/a/@{[f()]}/' f",
        "-pi -e 's/$h{f()}/b/' f",
        "-pi f",
        "-i.bak -pe 's/a/b/' f",
        "-ne 'print' f",
    ],
)
def test_perl_that_may_run_more_is_not_followed(tmp_path: Path, program: str) -> None:
    assert effect(tmp_path, f"RUN perl {program}").opaque


@pytest.mark.parametrize(
    "program", ["-pi -e 's/a/b/g' /f", "-i -pe 's{a(b)}{$1}g; s|x|y|' /f", "-pi -E 's,/a,/b,' /f"]
)
def test_perl_that_only_substitutes_edits_its_files(tmp_path: Path, program: str) -> None:
    found = effect(tmp_path, f"RUN perl {program}")
    assert found.opaque is None
    assert "/f" in written(found)


def test_perl_that_prints_changes_no_file(tmp_path: Path) -> None:
    assert "/f" not in written(effect(tmp_path, "RUN perl -pe 's/a/b/' /f"))
