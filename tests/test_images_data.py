"""The data about base images: well-formed, unambiguous, right on the images that matter most."""

from __future__ import annotations

import re
import tomllib
from fnmatch import fnmatchcase
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from reorder.effects.base import _file, _mirrors, known_base
from reorder.syntax.scope import BaseImage, Scope, below_image

FOLDER = Path(__file__).parents[1] / "reorder" / "images"
FILES = sorted(path for path in FOLDER.rglob("*.toml") if path.name != "_mirrors.toml")
TYPES: dict[str, type] = {
    "match": list,
    "not": list,
    "workdir": str,
    "user": str,
    "home": str,
    "shell": list,
    "env": dict,
    "env_unknown": list,
    "users": dict,
    "packages": str,
    "onbuild": bool,
    "folders": list,
    "posix": bool,
    "env_open": bool,
    "unread": dict,
}
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


IMAGES: list[dict[str, Any]] = list(chain.from_iterable(read(path)["image"] for path in FILES))
IDS = [image["match"][0] for image in IMAGES]
each_image = pytest.mark.parametrize("image", IMAGES, ids=IDS)


def matching(name: str) -> list[dict[str, Any]]:
    """Every entry that claims an image, as the reader decides it."""

    def any_of(patterns: list[str]) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in patterns)

    return [i for i in IMAGES if any_of(i["match"]) and not any_of(i.get("not", []))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_names_its_source_and_has_images(path: Path) -> None:
    data = read(path)
    assert set(data) == {"source", "image"}
    assert len(data["source"]) > 20


@each_image
def test_keys_are_known_and_of_their_type(image: dict[str, Any]) -> None:
    wrong = {k for k, v in image.items() if k not in TYPES or not isinstance(v, TYPES[k])}
    assert wrong == set()
    assert {"match", "workdir", "user", "home"} - set(image) == set()


def test_no_pattern_stands_twice() -> None:
    patterns = list(chain.from_iterable(image["match"] for image in IMAGES))
    assert sorted(patterns) == sorted(set(patterns))


@each_image
def test_a_pattern_has_a_tag_and_no_default_registry(image: dict[str, Any]) -> None:
    for pattern in [*image["match"], *image.get("not", [])]:
        assert not pattern.startswith(("docker.io/", "index.docker.io/", "library/")), pattern
        assert "@" not in pattern, pattern
    for pattern in image["match"]:
        assert ":" in pattern.rpartition("/")[2], pattern


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_pattern_stands_in_the_file_that_is_read_for_it(path: Path) -> None:
    file = path.relative_to(FOLDER).with_suffix("").as_posix()
    patterns = chain.from_iterable(image["match"] for image in read(path)["image"])
    read_for = {_file(pattern.replace("*", "x")) for pattern in patterns}
    assert read_for == {file}


def test_every_mirror_leads_to_images_that_are_known_or_to_the_first_place() -> None:
    files = {path.relative_to(FOLDER).with_suffix("").as_posix() for path in FILES}
    lost = [
        plain
        for prefix, plain in _mirrors().items()
        if plain and (not prefix.endswith(":") or _file(plain + "x") not in files)
    ]
    assert lost == []


MIRRORED = {
    "docker.io/library/python:3.12": "python:3.12",
    "docker.io/jupyter/base-notebook": "jupyter/base-notebook:latest",
    "public.ecr.aws/docker/library/node:20": "node:20",
    "mirror.gcr.io/library/debian:12": "debian:12",
    "mcr.microsoft.com/mirror/docker/library/python:3.12": "python:3.12",
    "registry.fedoraproject.org/fedora:42": "fedora:42",
    "registry.access.redhat.com/ubi9/ubi-minimal:9.4": "redhat/ubi9-minimal:9.4",
    "library/golang:1.22": "golang:1.22",
}


@pytest.mark.parametrize(("mirror", "plain"), MIRRORED.items(), ids=MIRRORED)
def test_a_mirror_gives_the_same_image(mirror: str, plain: str) -> None:
    assert known_base(plain) is not None
    assert known_base(mirror) == known_base(plain)


DIGEST = "@sha256:" + "0" * 64


def test_a_digest_keeps_what_the_tag_says_and_tells_nothing_alone() -> None:
    assert known_base("python:3.12" + DIGEST) == known_base("python:3.12")
    assert known_base("python" + DIGEST) is None


STRANGE = ["../python:3", "_mirrors", "Python:3", "registry.example/library/python:3", "", "a//b:c"]


@pytest.mark.parametrize("name", STRANGE)
def test_a_name_that_is_no_known_one_reads_no_file(name: str) -> None:
    assert known_base(name) is None


@each_image
def test_an_exception_is_one_of_an_image_that_matches(image: dict[str, Any]) -> None:
    names = {pattern.rpartition(":")[0] for pattern in image["match"]}
    strays = [
        n
        for n in image.get("not", [])
        if not any(fnmatchcase(name, n.rpartition(":")[0]) for name in names)
    ]
    assert strays == []


@each_image
def test_folders_are_absolute_and_normal(image: dict[str, Any]) -> None:
    places = [image["workdir"], image["home"], *image.get("folders", [])]
    places += image.get("users", {}).values()
    assert [p for p in places if re.fullmatch(r"/|(/[\w.-]+)+", p) is None] == []


@each_image
def test_the_shell_takes_its_text_last(image: dict[str, Any]) -> None:
    """Or it is a script, which takes nothing else."""
    shell = image.get("shell", ["/bin/sh", "-c"])
    assert shell[0][0] == "/"
    assert shell[1:] == [] or shell[-1] == "-c"


@each_image
def test_variables_are_named_once_and_have_plain_values(image: dict[str, Any]) -> None:
    known, unknown = image.get("env", {}), image.get("env_unknown", [])
    names = [*known, *unknown]
    assert sorted(names) == sorted(set(names))
    assert [name for name in names if NAME.fullmatch(name) is None] == []
    assert [value for value in known.values() if not isinstance(value, str) or "$" in value] == []


@each_image
def test_a_known_path_has_the_folders_of_the_system(image: dict[str, Any]) -> None:
    path = image.get("env", {}).get("PATH")
    assert (path is None) == ("PATH" in image.get("env_unknown", []))
    if path is not None:
        assert f":{SYSTEM_PATH}:" in f":{path}:"
        assert [part for part in path.split(":") if not part.startswith("/")] == []


UNKNOWN = [
    ("an image that triggers instructions", "node:8-onbuild"),
    ("an image of Windows", "python:3.12-windowsservercore-ltsc2022"),
    ("an image of Windows with a short name", "golang:1.22-nanoserver"),
    ("a first image of Go, with another PATH", "golang:1.4.3"),
    ("an image that nobody has described", "example/app:latest"),
    ("an image whose name only begins like a known one", "python-slim:3.12"),
    ("a mirror of a known image", "mirror.example/python:3.12"),
    ("an image that runs as another user", "mariadb:11.4-ubi"),
    ("an old image that ran as gradle", "gradle:4.10-jdk8"),
    ("an old image of another kind", "wordpress:4.9"),
    ("an image of another variant", "oven/bun:distroless"),
    ("an image whose user had another name", "mambaorg/micromamba:0.27"),
    ("an image of another shell", "tensorflow/tensorflow:2.15.0-gpu"),
    ("an image of another folder", "tensorflow/tensorflow:latest-jupyter"),
    ("an old image that worked in /root", "perl:5.30"),
    (
        "an image that only begins like one of a builder",
        "gcr.io/oss-fuzz-base/base-builder-testing:latest",
    ),
    ("an old image of another shell", "apache/airflow:2.10.5"),
    ("an image with another PATH", "rocker/r-ver:4.2.1-cuda11.1"),
    ("an image without a shell", "mcr.microsoft.com/dotnet/runtime:8.0-noble-chiseled"),
]


@pytest.mark.parametrize(("why", "name"), UNKNOWN, ids=[row[0] for row in UNKNOWN])
def test_nothing_is_claimed_of(why: str, name: str) -> None:
    assert matching(name) == []


KNOWN = [
    ("debian:bookworm-slim", "/", "root", "/root"),
    ("ubuntu:22.04", "/", "root", "/root"),
    ("ubuntu:latest", "/", "root", "/root"),
    ("alpine:3.20", "/", "root", "/root"),
    ("python:3.12-slim", "/", "root", "/root"),
    ("python:latest", "/", "root", "/root"),
    ("node:20-alpine", "/", "root", "/root"),
    ("golang:1.22", "/go", "root", "/root"),
    ("golang:1.20.3-alpine", "/go", "root", "/root"),
    ("rust:1.80-slim", "/", "root", "/root"),
    ("php:8.3-fpm-alpine", "/var/www/html", "root", "/root"),
    ("php:8.3-apache", "/var/www/html", "root", "/root"),
    ("php:8.3-cli", "/", "root", "/root"),
    ("maven:3.9-eclipse-temurin-21", "/", "root", "/root"),
    ("gradle:8.10-jdk21", "/home/gradle", "root", "/root"),
    ("nginx:alpine", "/", "root", "/root"),
    ("redis:7", "/data", "root", "/root"),
    ("pytorch/pytorch:2.4.0-cuda12.4-cudnn9-runtime", "/workspace", "root", "/root"),
    ("jupyter/base-notebook:latest", "/home/jovyan", "1000", "/home/jovyan"),
    ("scratch:latest", "/", "root", "/root"),
    ("gcr.io/oss-fuzz-base/base-builder-go:latest", "/src", "root", "/root"),
    ("perl:5.40-slim", "/usr/src/app", "root", "/root"),
    ("rocker/r-ver:4.4.1", "/", "root", "/root"),
    ("rocker/shiny:4.3.2", "/", "root", "/root"),
    ("rocker/r-base:latest", "/", "root", "/root"),
    ("cimg/node:20.10", "/home/circleci/project", "circleci", "/home/circleci"),
    ("apache/airflow:3.0.2", "/opt/airflow", "50000", "/home/airflow"),
    ("tensorflow/tensorflow:2.16.1", "/", "root", "/root"),
    ("ghcr.io/astral-sh/uv:0.8.19", "/io", "root", "/root"),
    ("ghcr.io/astral-sh/uv:python3.12-bookworm-slim", "/", "root", "/root"),
    ("oven/bun:1.3.4-slim", "/home/bun/app", "root", "/root"),
    ("composer:2.9", "/app", "root", "/root"),
    ("tomcat:10-jre21-temurin-noble", "/usr/local/tomcat", "root", "/root"),
    ("nvidia/cuda:12.1.1-devel-ubuntu22.04", "/", "root", "/root"),
    ("hexpm/elixir:1.19.5-erlang-28.5-debian-trixie-slim", "/", "root", "/root"),
    ("gcr.io/distroless/static:nonroot", "/home/nonroot", "65532", "/home/nonroot"),
    ("gcr.io/distroless/cc-debian12:latest", "/", "root", "/root"),
    ("mambaorg/micromamba:1.5.8", "/tmp", "mambauser", "/home/mambauser"),
    ("nginxinc/nginx-unprivileged:1.27-alpine", "/", "101", "/nonexistent"),
    ("caddy:2.8-builder", "/usr/bin", "root", "/root"),
    ("caddy:2.8", "/srv", "root", "/root"),
    ("wordpress:6.5-fpm", "/var/www/html", "root", "/root"),
    ("wordpress:cli", "/var/www/html", "www-data", "/home/www-data"),
    ("public.ecr.aws/lambda/python:3.12", "/var/task", "root", "/root"),
    ("mcr.microsoft.com/dotnet/sdk:8.0", "/", "root", "/root"),
    ("mcr.microsoft.com/dotnet/sdk:8.0-azurelinux3.0", "/", "root", "/root"),
    ("rocker/r-ver:4.4.0", "/", "root", "/root"),
    ("amazoncorretto:21-alpine3.20-jdk", "/", "root", "/root"),
    ("amazoncorretto:8-alpine-jre", "/", "root", "/root"),
    ("mcr.microsoft.com/playwright:v1.44.0-jammy", "/", "root", "/root"),
    ("mcr.microsoft.com/devcontainers/base:bookworm", "/", "root", "/root"),
    ("mcr.microsoft.com/devcontainers/typescript-node:20", "/", "root", "/root"),
    ("mcr.microsoft.com/vscode/devcontainers/python:3.11", "/", "root", "/root"),
    ("selenium/standalone-chrome:4.21.0", "/", "1200", "/home/seluser"),
    ("postgres:16", "/", "root", "/root"),
    ("postgres:16.4-alpine3.20", "/", "root", "/root"),
    ("postgres:alpine", "/", "root", "/root"),
    ("postgres:12-bookworm", "/", "root", "/root"),
    ("postgres:latest", "/", "root", "/root"),
    ("jupyter/scipy-notebook:lab-4.0.7", "/home/jovyan", "1000", "/home/jovyan"),
    ("quay.io/jupyter/pyspark-notebook:2024-07-02", "/home/jovyan", "1000", "/home/jovyan"),
    ("swift:5.10-jammy", "/", "root", "/root"),
    ("centos:stream9", "/", "root", "/root"),
]


@pytest.mark.parametrize(("name", "workdir", "user", "home"), KNOWN, ids=[r[0] for r in KNOWN])
def test_exactly_one_entry_describes(name: str, workdir: str, user: str, home: str) -> None:
    found = [(i["workdir"], i["user"], i["home"]) for i in matching(name)]
    assert found == [(workdir, user, home)]


def test_ubuntu_has_a_user_of_its_name_since_24_04() -> None:
    names = ["ubuntu:22.04", "ubuntu:24.04", "ubuntu:noble", "ubuntu:latest", "ubuntu:jammy"]
    users = {name: matching(name)[0].get("users", {}) for name in names}
    home = {"ubuntu": "/home/ubuntu"}
    assert users == {
        "ubuntu:22.04": {},
        "ubuntu:24.04": home,
        "ubuntu:noble": home,
        "ubuntu:latest": home,
        "ubuntu:jammy": {},
    }


OF_A_VERSION = [
    ("postgres:16-bookworm", ":/usr/lib/postgresql/16/bin"),
    ("postgres:13.4", ":/usr/lib/postgresql/13/bin"),
    ("postgres:16-alpine", "/sbin:/bin"),
    ("postgres:12", None),
    ("postgres:latest", None),
    ("quay.io/jupyter/pyspark-notebook:latest", None),
    ("quay.io/centos/centos:stream9", "/sbin:/bin"),
]


@pytest.mark.parametrize(("name", "end"), OF_A_VERSION, ids=[row[0] for row in OF_A_VERSION])
def test_a_path_of_a_version_is_known_for_that_version(name: str, end: str | None) -> None:
    base = known_base(name)
    assert base is not None
    path = base.env.get("PATH")
    assert (path and path.endswith(end)) if end else path is None


def test_an_image_may_have_variables_that_are_not_listed() -> None:
    base = known_base("gcr.io/oss-fuzz-base/base-builder")
    assert base is not None
    scope = below_image(
        Scope(), BaseImage(base.env, "/", "root", (), base.env_unknown, base.env_open)
    )
    assert [scope.lookup(name) for name in ("SRC", "PATH", "OTHER")] == ["/src", None, None]
