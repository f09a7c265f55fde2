"""Dockerfiles with a better order, that really install: text and context, by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple


class Case(NamedTuple):
    """`change`: a file of the context that changes often; `args`: build arguments."""

    dockerfile: str
    files: Mapping[str, str]
    change: str = "app/main.py"
    args: Mapping[str, str] = {}


_HASHES = {
    "ms": "sha512-6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsv"
    "oVaHJq/s5xXI6/XXP6tz7R9xAOtHnSO/tXtF3WRTlA==",
    "is-number": "sha512-41Cifkg6e8TylSpdtTpeLVMqvSBEVzTttHvERD741+pn"
    "Z8ANv0004MRL43QKPDlK9cGvNp6NZWZUBlbGXYxxng==",
}
_VERSIONS = {"ms": "2.1.3", "is-number": "7.0.0"}


def _package(folder: str = "", **fields: object) -> dict[str, str]:
    """A project that needs `ms`, and `is-number` to develop: package.json and its lock file."""
    own: dict[str, object] = {"name": "shop", "version": "1.0.0", "dependencies": {"ms": "2.1.3"}}
    own |= {"devDependencies": {"is-number": "7.0.0"}, **fields}
    modules = {
        f"node_modules/{name}": {
            "version": _VERSIONS[name],
            "integrity": _HASHES[name],
            "dev": name == "is-number",
        }
        for name in ("is-number", "ms")
    }
    lock = {"name": "shop", "version": "1.0.0", "lockfileVersion": 3, "requires": True}
    unlocked = {key: value for key, value in own.items() if key != "scripts"}
    return {
        f"{folder}package.json": json.dumps(own),
        f"{folder}package-lock.json": json.dumps(lock | {"packages": {"": unlocked, **modules}}),
    }


_APP = {"app/main.py": "print('main')\n", "app/__init__.py": "", "app/data/one.txt": "1\n"}
_NODE = {"src/main.js": "console.log(require('ms')('1s'))\n", **_package()}
_FLAT = {"main.py": "print('main')\n", "requirements.txt": "six==1.16.0\n"}

CASES = {
    # Packages of the system.
    "apt below the code": Case(
        "FROM debian:12-slim\n"
        "COPY app/ /app/\n"
        "RUN apt-get update && apt-get install -y --no-install-recommends tree"
        " && rm -rf /var/lib/apt/lists/*\n"
        'CMD ["tree", "/app"]\n',
        _APP,
    ),
    "apt in two steps": Case(
        "FROM debian:12-slim\n"
        "COPY app/ /app/\n"
        "RUN apt-get update\n"
        "RUN apt-get install -y --no-install-recommends tree\n"
        'CMD ["tree", "/app"]\n',
        _APP,
    ),
    "apt below a volatile argument": Case(
        "FROM debian:12-slim\n"
        "ARG GIT_SHA=none\n"
        "ENV GIT_SHA=$GIT_SHA\n"
        "RUN apt-get update && apt-get install -y --no-install-recommends tree\n"
        "WORKDIR /app\n"
        "COPY app/ ./\n",
        _APP,
        args={"GIT_SHA": "abc"},
    ),
    "apt with a cache mount": Case(
        "FROM debian:12-slim\n"
        "COPY app/ /app/\n"
        "RUN --mount=type=cache,target=/var/cache/apt"
        " apt-get update && apt-get install -y --no-install-recommends tree\n",
        _APP,
    ),
    "apt and a user who owns the code": Case(
        "FROM debian:12-slim\n"
        "RUN useradd --system --uid 900 app\n"
        "COPY --chown=900:900 app/ /app/\n"
        "RUN apt-get update && apt-get install -y --no-install-recommends tree\n"
        "USER app\n"
        "WORKDIR /app\n",
        _APP,
    ),
    "apt with a folder made before": Case(
        "FROM debian:12-slim\n"
        "WORKDIR /app\n"
        "COPY app/ ./\n"
        "RUN mkdir -p /data && chmod 750 /data\n"
        "RUN apt-get update && apt-get install -y --no-install-recommends tree\n"
        "VOLUME /data\n",
        _APP,
    ),
    "apt in a stage that is copied from": Case(
        "FROM debian:12-slim AS tools\n"
        "COPY app/ /app/\n"
        "RUN apt-get update && apt-get install -y --no-install-recommends tree\n"
        "FROM debian:12-slim\n"
        "COPY --from=tools /usr/bin/tree /usr/local/bin/tree\n"
        "COPY --from=tools /app /app\n",
        _APP,
    ),
    "apt below a shell with pipefail": Case(
        "FROM debian:12-slim\n"
        'SHELL ["/bin/bash", "-o", "pipefail", "-c"]\n'
        "COPY app/ /app/\n"
        "RUN apt-get update && apt-get install -y --no-install-recommends tree\n"
        "LABEL org.example.name=shop\n"
        "EXPOSE 8000\n",
        _APP,
    ),
    "apt with settings of its own above": Case(
        "FROM debian:12-slim\n"
        "COPY app/ /app/\n"
        "COPY apt.conf /etc/apt/apt.conf.d/90shop\n"
        "RUN apt-get update && apt-get install -y tree\n",
        {**_APP, "apt.conf": 'APT::Install-Recommends "false";\n'},
    ),
    # Packages of Python.
    "pip below the whole context": Case(
        "FROM python:3.11-slim\n"
        "WORKDIR /app\n"
        "COPY . .\n"
        "RUN pip install --no-cache-dir -r requirements.txt\n"
        'CMD ["python", "main.py"]\n',
        _FLAT,
        "main.py",
    ),
    "pip with included requirements": Case(
        "FROM python:3.11-slim\n"
        "WORKDIR /app\n"
        "COPY . .\n"
        "RUN pip install --no-cache-dir -r requirements/prod.txt\n"
        "ENTRYPOINT python main.py\n",
        {
            "main.py": "print('main')\n",
            "requirements/prod.txt": "-r base.txt\n-c limits.txt\nsix\n",
            "requirements/base.txt": "idna==3.7\n",
            "requirements/limits.txt": "six==1.16.0\n",
        },
        "main.py",
    ),
    "pip of named packages": Case(
        "FROM python:3.11-slim\n"
        "COPY app/ /app/\n"
        "RUN pip install --no-cache-dir six==1.16.0 idna==3.7\n"
        "WORKDIR /app\n",
        _APP,
    ),
    "pip and apt below the code": Case(
        "FROM python:3.11-slim\n"
        "WORKDIR /srv\n"
        "COPY . .\n"
        "RUN apt-get update && apt-get install -y --no-install-recommends tree"
        " && rm -rf /var/lib/apt/lists/*\n"
        "RUN pip install --no-cache-dir -r requirements.txt\n",
        _FLAT,
        "main.py",
    ),
    "pip into a folder that a later stage takes": Case(
        "FROM python:3.11-slim AS build\n"
        "WORKDIR /src\n"
        "COPY . .\n"
        "RUN pip install --no-cache-dir --prefix=/install -r requirements.txt\n"
        "FROM python:3.11-slim\n"
        "COPY --from=build /install /usr/local\n"
        "COPY main.py /app/main.py\n",
        _FLAT,
        "main.py",
    ),
    "pip with a cache mount": Case(
        "FROM python:3.11-slim\n"
        "WORKDIR /app\n"
        "COPY . .\n"
        "RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt\n",
        _FLAT,
        "main.py",
    ),
    "pip with ignored files": Case(
        "FROM python:3.11-slim\n"
        "WORKDIR /app\n"
        "COPY . .\n"
        "RUN pip install --no-cache-dir -r requirements.txt\n",
        {**_FLAT, ".dockerignore": "*.log\n.dockerignore\n", "big.log": "x\n"},
        "main.py",
    ),
    "pip below code with an owner": Case(
        "FROM python:3.11-slim\n"
        "RUN useradd --uid 900 app\n"
        "WORKDIR /app\n"
        "COPY --chown=900:900 . .\n"
        "RUN pip install --no-cache-dir -r requirements.txt\n"
        "USER 900\n",
        _FLAT,
        "main.py",
    ),
    "pip below variables and code": Case(
        "FROM python:3.11-slim\n"
        "ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1\n"
        "WORKDIR /app\n"
        "COPY . /app\n"
        "RUN python -m pip install -r requirements.txt\n"
        "ENV SHOP_MODE=prod\n"
        'CMD ["python", "main.py"]\n',
        _FLAT,
        "main.py",
    ),
    "python that loads once below the code": Case(
        "FROM python:3.11-slim\n"
        "WORKDIR /app\n"
        "COPY requirements.txt .\n"
        "RUN pip install --no-cache-dir -r requirements.txt\n"
        "COPY *.py ./\n"
        "ENV OPENCLIP_CACHE_DIR=/cache/open_clip\n"
        'RUN python -c "import open_clip, os; open_clip.create_model_and_transforms('
        "'ViT-B-32-quickgelu', pretrained='laion2b_s34b_b79k',"
        " cache_dir=os.environ['OPENCLIP_CACHE_DIR'])\"\n"
        "RUN mkdir -p /app/output\n",
        _FLAT,
        "main.py",
    ),
    # Packages of Node.
    "npm ci below the whole context": Case(
        "FROM node:20-slim\n"
        "WORKDIR /app\n"
        "COPY . .\n"
        "RUN npm ci\n"
        'CMD ["node", "src/main.js"]\n',
        _NODE,
        "src/main.js",
    ),
    "npm ci without what is for development": Case(
        "FROM node:20-slim\n"
        "ENV NODE_ENV=production\n"
        "WORKDIR /app\n"
        "COPY . .\n"
        "RUN npm ci --omit=dev && npm cache clean --force\n",
        _NODE,
        "src/main.js",
    ),
    "npm ci and a build": Case(
        "FROM node:20-slim\n"
        "WORKDIR /app\n"
        "COPY . .\n"
        "RUN npm ci\n"
        "RUN npm run build\n",
        {
            "src/main.js": "console.log(1)\n",
            **_package(scripts={"build": "mkdir -p dist && cp src/main.js dist/main.js"}),
        },
        "src/main.js",
    ),
    "an install and a build in one RUN": Case(
        "FROM node:20-slim\n"
        "WORKDIR /app\n"
        "COPY . .\n"
        "RUN npm ci \\\n    # of this project\n    && npm run build\n",
        {**_NODE, **_package(scripts={"build": "mkdir -p dist && cp src/main.js dist/"})},
        change="src/main.js",
    ),
    "npm ci in a folder below": Case(
        "FROM node:20-slim\n"
        "WORKDIR /srv\n"
        "COPY . .\n"
        "RUN npm ci --prefix web\n",
        {"web/main.js": "console.log(1)\n", "README": "shop\n", **_package("web/")},
        "web/main.js",
    ),
    "npm ci in a stage, code in the next": Case(
        "FROM node:20-slim AS modules\n"
        "WORKDIR /app\n"
        "COPY . .\n"
        "RUN npm ci\n"
        "FROM node:20-slim\n"
        "WORKDIR /app\n"
        "COPY --from=modules /app/node_modules ./node_modules\n"
        "COPY src/ ./src/\n"
        "USER node\n",
        _NODE,
        "src/main.js",
    ),
    "npm ci with settings of the project": Case(
        "FROM node:20-slim\n"
        "WORKDIR /app\n"
        "COPY . .\n"
        "RUN npm ci\n",
        {**_NODE, ".npmrc": "omit=dev\n"},
        "src/main.js",
    ),
    "npm of a named package below the code": Case(
        "FROM node:20-slim\n"
        "WORKDIR /app\n"
        "COPY src/ ./src/\n"
        "RUN npm install --global is-number@7.0.0\n",
        _NODE,
        "src/main.js",
    ),
    "npm ci and apt below the code": Case(
        "FROM node:20-slim\n"
        "WORKDIR /app\n"
        "COPY . .\n"
        "RUN apt-get update && apt-get install -y --no-install-recommends tree\n"
        "RUN npm ci\n",
        _NODE,
        "src/main.js",
    ),
}  # fmt: skip
