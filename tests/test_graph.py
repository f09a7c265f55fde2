"""Which two instructions keep their order: one table for every row of the commute table.

A row is a Dockerfile without its FROM; the pair are its last two instructions. What the table of
BuildKit's semantics calls commuting and the graph still keeps in order stands under "strict".
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from reorder.context.files import Context
from reorder.effects.instruction import AnalysedStage, analyse
from reorder.effects.model import builtin
from reorder.graph import Edge, edges
from reorder.syntax.dockerfile import parse

FILES: Mapping[str, str] = {
    "app.py": "x = 1\n",
    "requirements.txt": "flask==3.0\n",
    "src/a.txt": "a",
    "src/sub/b.txt": "b",
    "other/c.txt": "c",
    "other/a.txt": "another a",
    "run.sh": "#!/bin/sh\nmkdir -p /made\n",
    "bin/tool": "#!/bin/sh\n",
}


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    root = tmp_path_factory.mktemp("context")
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.parent.chmod(0o755)
    (root / "linked").mkdir()
    (root / "linked" / "l").symlink_to("/opt/real")
    return Context.open(root)


def analysed(text: str, context: Context | None, image: str = "debian:12") -> AnalysedStage:
    dockerfile = parse(f"FROM {image}\n{text}\n".encode())
    return analyse(dockerfile, context=context, models=builtin()).stages[-1]


def last_edge(stage: AnalysedStage) -> Edge | None:
    last = len(stage.steps) - 1
    found = {(edge.before, edge.after): edge for edge in edges(stage)}
    return found.get((last - 1, last))


# What must keep its order.
KEPT = {
    # what a RUN writes needs its folder, what it prints may name it
    "a RUN that writes below a WORKDIR": "WORKDIR /app\nRUN echo gen > /app/gen",
    "a RUN that copies below a WORKDIR": "WORKDIR /app\nRUN cp /etc/hosts /app/hosts",
    "a RUN that prints its folder": "WORKDIR /app\nRUN pwd > /out",
    "a RUN that expands its folder": "WORKDIR /app\nRUN echo $PWD > /out",
    "a RUN that prints its variables": "WORKDIR /app\nRUN env > /out",
    # the image config: the last writer wins
    "two CMDs": 'CMD ["a"]\nCMD ["b"]',
    "two ENTRYPOINTs": 'ENTRYPOINT ["a"]\nENTRYPOINT ["b"]',
    "two STOPSIGNALs": "STOPSIGNAL 9\nSTOPSIGNAL 15",
    "HEALTHCHECK and its NONE": "HEALTHCHECK CMD true\nHEALTHCHECK NONE",
    "two MAINTAINERs": "MAINTAINER a\nMAINTAINER b",
    "two USERs": "USER a\nUSER b",
    "two WORKDIRs": "WORKDIR /a\nWORKDIR /b",
    "two SHELLs": 'SHELL ["/bin/sh", "-c"]\nSHELL ["/bin/bash", "-c"]',
    "two ONBUILDs": "ONBUILD RUN a\nONBUILD RUN b",
    "LABELs of one key": "LABEL a=1\nLABEL a=2",
    "LABELs of one key, one of them quoted": 'LABEL "a"=1\nLABEL a=2',
    "LABELs of one key with brackets": "LABEL a[0]=1\nLABEL a[0]=2",
    "LABELs of one key after expansion": "ENV K=a\nLABEL $K=1\nLABEL a=2",
    "a LABEL whose key is not known": "ARG K\nLABEL x$K=1\nLABEL xa=2",
    # the shell
    "shell-form CMD below its SHELL": 'SHELL ["/bin/bash", "-c"]\nCMD run',
    "SHELL below a shell-form CMD": 'CMD run\nSHELL ["/bin/bash", "-c"]',
    "shell-form ENTRYPOINT below its SHELL": 'SHELL ["/bin/bash", "-c"]\nENTRYPOINT run',
    "shell-form RUN below its SHELL": 'SHELL ["/bin/bash", "-c"]\nRUN true',
    "a heredoc RUN below its SHELL": 'SHELL ["/bin/bash", "-c"]\nRUN <<EOF\ntrue\nEOF',
    "a JSON that is none": 'SHELL ["/bin/bash", "-c"]\nCMD [\'run\']',
    # variables in expansions
    "LABEL that expands a variable": "ENV V=1\nLABEL a=$V",
    "ENV below the LABEL that expands it": "LABEL a=$V\nENV V=1",
    "LABEL key that expands a variable": "ENV V=1\nLABEL $V=a",
    "LABEL that expands an ARG": "ARG V=1\nLABEL a=${V:-2}",
    "LABEL whose word expands in a default": "ARG V=1\nLABEL a=${W:-$V}",
    "EXPOSE that expands": "ENV PORT=80\nEXPOSE $PORT",
    "VOLUME that expands": "ENV DATA=/data\nVOLUME $DATA",
    "VOLUME in JSON that expands": 'ENV DATA=/data\nVOLUME ["$DATA"]',
    "STOPSIGNAL that expands": "ENV S=9\nSTOPSIGNAL $S",
    "USER that expands": "ENV WHO=app\nUSER $WHO",
    "WORKDIR that expands": "ENV APP=/app\nWORKDIR $APP/src",
    "COPY source that expands": "ENV F=app.py\nCOPY $F /app/",
    "COPY destination that expands": "ENV D=/app\nCOPY app.py $D/",
    "COPY --chown that expands": "ENV ID=1\nCOPY --chown=$ID app.py /app/",
    "COPY --chmod that expands": "ENV MODE=755\nCOPY --chmod=$MODE app.py /app/",
    "ADD --checksum that expands": "ARG SUM=sha256:1\nADD --checksum=$SUM https://h.x/f /f",
    "a heredoc COPY that expands": "ENV V=1\nCOPY <<EOF /f\n$V\nEOF",
    "ENV that expands ENV": "ENV A=1\nENV B=$A",
    "ARG default that expands": "ARG A=1\nARG B=$A",
    # variables and RUN
    "ENV above an unmodelled RUN": "ENV A=1\nRUN mystery",
    "ENV below an unmodelled RUN": "RUN mystery\nENV A=1",
    "ARG above an unmodelled RUN": "ARG GIT_SHA\nRUN mystery",
    "ENV above a RUN that uses it": "ENV A=/x\nRUN mkdir $A",
    "ENV above a RUN that uses it in double quotes": 'ENV A=/x\nRUN mkdir "${A}"',
    "ENV of a name that the tool looks at": "ENV PIP_INDEX_URL=x\nRUN pip install flask",
    "ENV that the compiler of Go looks at": "ENV CGO_ENABLED=1\nRUN go build ./...",
    "ENV that go mod looks at": "ENV GOPROXY=direct\nRUN go mod verify",
    "ENV of a name that every program looks at": "ENV TMPDIR=/t\nRUN touch /x",
    "PATH above any RUN": "ENV PATH=/opt/bin:$PATH\nRUN mkdir /x",
    "LD_PRELOAD above any RUN": "ENV LD_PRELOAD=/x.so\nRUN mkdir /x",
    "a proxy as ARG above a download": "ARG HTTPS_PROXY\nRUN curl -o /x https://h.x/f",
    "one ARG for RUN, and ENV of the same name": "ARG A=1\nENV A=2",
    "a bare ARG that binds again": "ENV A=1\nARG A",
    "a RUN that runs `env`": "ENV A=1\nRUN env > /x",
    "a copy to a name that is not known, and a RUN that reads one": (
        "ARG N\nRUN cp /etc/hosts /opt/$N\nRUN cat /opt/run > /x"
    ),
    "copies into a folder that is not known, and a RUN that reads there": (
        "ARG N\nRUN cp /etc/hosts /etc/fstab /opt/$N\nRUN cat /opt/run/hosts > /x"
    ),
    "a move to a name that is not known, and a RUN that reads one": (
        "ARG N\nRUN mv /etc/motd /opt/$N\nRUN cat /opt/run > /x"
    ),
    "a move of files that are not known": "RUN mv /tmp/* /opt/\nRUN cat /opt/run > /x",
    "a move into a folder, and a RUN that reads the file": (
        "RUN mv /etc/motd /opt\nRUN cat /opt/motd > /x"
    ),
    "a move onto a folder": "RUN mv -T /etc/motd /opt\nRUN cat /opt/run > /x",
    # user and folder
    "USER above RUN": "USER app\nRUN mkdir /x",
    "RUN above USER": "RUN mkdir /x\nUSER app",
    "USER above exec-form RUN": 'USER app\nRUN ["mkdir", "/x"]',
    "USER above WORKDIR": "USER app\nWORKDIR /app",
    "WORKDIR above a RUN in it": "WORKDIR /app\nRUN touch x",
    "COPY --chown above a RUN that makes its folder": (
        "COPY --chown=1:1 app.py /app/y\nRUN mkdir -p /app/x"
    ),
    "WORKDIR above an unmodelled RUN": "WORKDIR /app\nRUN mystery",
    "WORKDIR above a RUN that lists its parent": "WORKDIR /srv/app\nRUN cp -r /srv /copy",
    "WORKDIR above a relative COPY": "WORKDIR /app\nCOPY app.py .",
    "relative COPY above WORKDIR": "COPY app.py ./\nWORKDIR /app",
    "WORKDIR and a COPY --chown into it": "WORKDIR /app\nCOPY --chown=1:1 app.py /app/",
    "COPY --chown and WORKDIR below its folder": "COPY --chown=1:1 app.py /app/\nWORKDIR /app/x",
    "WORKDIR and a COPY of a file at its path": "COPY app.py /app\nWORKDIR /app",
    "a WORKDIR of a user by name and COPY of passwd": (
        "USER app\nCOPY app.py /etc/passwd\nWORKDIR /a"
    ),
    # COPY and COPY
    "COPYs of one file for two owners": "COPY --chown=1:1 app.py /app/\nCOPY app.py /app/",
    "COPYs of one file with two modes": "COPY --chmod=700 app.py /app/\nCOPY app.py /app/",
    "COPYs of one file for an owner by name": (
        "COPY --chown=u app.py /app/\nCOPY --chown=u app.py /app/"
    ),
    "COPY above a RUN that reads what it brings again and more": (
        "COPY app.py /app/\nCOPY . /app/\nRUN cat /app/app.py /app/requirements.txt > /x"
    ),
    "COPY above a RUN that changes what it brings again": (
        "COPY app.py /app/\nCOPY . /app/\nRUN sed -i s/a/b/ /app/app.py"
    ),
    "COPY above a RUN that reads what was changed since the first COPY": (
        "COPY app.py /app/\nRUN sed -i s/a/b/ /app/app.py\nCOPY . /app/\nRUN cat /app/app.py > /x"
    ),
    "COPYs of one name from two folders": "COPY src/ /app/\nCOPY other/ /app/",
    "a file and a folder that has it": "COPY src/a.txt /app/a.txt\nCOPY other /app",
    "COPY into a folder that COPY may make": "COPY src /app\nCOPY app.py /app",
    "COPYs that make one folder for two owners": "COPY --chown=1:1 app.py /a/x\nCOPY app.py /a/y",
    "COPYs that make one folder with two modes": "COPY --chmod=700 app.py /a/x\nCOPY app.py /a/y",
    "COPYs that make one parent for two owners": "COPY --chown=1:1 src /a/x\nCOPY other /a/y",
    "COPY of passwd and COPY --chown by name": "COPY app.py /etc/passwd\nCOPY --chown=u src /a",
    "COPY --from and a COPY in its folder": "COPY --from=alpine /x /app\nCOPY app.py /app/y",
    "ADD of an address into the folder": "ADD https://h.x/f /app/\nCOPY app.py /app/",
    "COPY through a link that COPY brings": "COPY linked /opt/\nCOPY app.py /opt/l/",
    "COPY by the short name of /usr/lib": "COPY app.py /lib/app.py\nCOPY app.py /usr/lib/app.py",
    "COPY whose destination is not known": "ARG D\nCOPY app.py $D\nCOPY app.py /x",
    # COPY and RUN
    "COPY above an unmodelled RUN": "COPY app.py /app/\nRUN mystery",
    "unmodelled RUN above COPY": "RUN mystery\nCOPY app.py /app/",
    "COPY above a RUN with a flag not in the model": "COPY app.py /a/\nRUN mkdir --mystery /x",
    "COPY above a RUN that reads the file": "COPY app.py /app/\nRUN cp /app/app.py /x",
    "COPY above a RUN that tests for the file": "COPY app.py /app/\nRUN test -f /app/app.py",
    "COPY above a RUN that tests by brackets": "COPY app.py /a/\nRUN [ -f /a/app.py ] || mkdir /x",
    "COPY above a RUN with a glob": "COPY app.py /app/\nRUN cat /app/*.py > /x",
    "COPY above a RUN with a glob in its cwd": "WORKDIR /app\nCOPY app.py .\nRUN cat * > /x",
    "COPY above a RUN that redirects from it": "COPY app.py /app/\nRUN cat < /app/app.py > /x",
    "COPY above a RUN that removes it": "COPY app.py /app/\nRUN rm /app/app.py",
    "COPY above a RUN that removes its folder": "COPY app.py /app/\nRUN rm -rf /app",
    "COPY above a RUN that removes a parent": "COPY app.py /srv/app/x\nRUN rm -rf /srv",
    "RUN that removes, above the COPY": "RUN rm -rf /app\nCOPY app.py /app/",
    "COPY above chmod of the file": "COPY run.sh /run.sh\nRUN chmod +x /run.sh",
    "COPY above chown -R of the folder": "COPY app.py /app/\nRUN chown -R 1:1 /app",
    "chown -R above the COPY": "RUN chown -R 1:1 /app\nCOPY app.py /app/",
    "RUN that writes the file of a COPY": "RUN touch /app/app.py\nCOPY app.py /app/",
    "RUN that makes a link of the folder": "RUN ln -s /data /app\nCOPY app.py /app/",
    "RUN mkdir of the folder": "RUN mkdir /app\nCOPY app.py /app/",
    "RUN mkdir -p and a COPY for another owner": "RUN mkdir -p /app\nCOPY --chown=1:1 app.py /app/",
    "RUN mkdir -p of a folder that the COPY sets": (
        "RUN mkdir -p /a/sub && chmod 700 /a/sub\nCOPY src /a"
    ),
    "useradd above COPY --chown": "RUN useradd app\nCOPY --chown=app app.py /app/",
    "COPY --chown above usermod": "COPY --chown=app app.py /a/\nRUN usermod -L app",
    "COPY of a script that RUN runs": "COPY run.sh /run.sh\nRUN /run.sh",
    "COPY of a script that sh runs": "COPY run.sh /run.sh\nRUN sh /run.sh",
    "COPY of a program that takes a name on PATH": (
        "COPY bin/tool /usr/local/bin/mkdir\nRUN mkdir /x"
    ),
    "COPY of a folder with a program on PATH": "COPY bin /usr/local/bin\nRUN tool",
    "COPY of pip.conf": "COPY app.py /etc/pip.conf\nRUN pip install flask",
    "COPY of sources.list.d": "COPY app.py /etc/apt/sources.list.d/\nRUN apt-get update",
    "COPY of a library": "COPY app.py /usr/local/lib/libx.so\nRUN mkdir /x",
    "COPY of the requirements": (
        "WORKDIR /a\nCOPY requirements.txt .\nRUN pip install -r requirements.txt"
    ),
    "COPY of what is not known": "COPY --from=alpine / /\nRUN mkdir /x",
    "COPY of /etc/profile.d and a login shell": (
        'SHELL ["/bin/bash", "-lc"]\nCOPY app.py /etc/profile.d/x.sh\nRUN mkdir /x'
    ),
    "a RUN in Python and a module beside it": (
        "WORKDIR /app\nCOPY app.py .\nRUN python3 -c 'import app'"
    ),
    # RUN and RUN
    "two unmodelled RUNs": "RUN mystery\nRUN secret",
    "unmodelled RUN and a modelled one": "RUN mystery\nRUN mkdir /x",
    "RUN that reads what a RUN writes": "RUN touch /x\nRUN cp /x /y",
    "RUNs that append to one file": "RUN echo a >> /x\nRUN echo b >> /x",
    "two package installs": "RUN apt-get install -y a\nRUN apt-get install -y b",
    "update and install": "RUN apt-get update\nRUN apt-get install -y a",
    "two useradds": "RUN useradd a\nRUN useradd b",
    "useradd and a package install": "RUN useradd a\nRUN apt-get install -y b",
    "install and use of a program": "RUN apt-get install -y curl\nRUN curl -o /x https://h.x/f",
    "RUNs that share a cache mount": (
        "RUN --mount=type=cache,target=/c touch /x\nRUN --mount=type=cache,target=/c touch /y"
    ),
    "RUNs that share a cache mount by id": (
        "RUN --mount=type=cache,id=i,target=/c touch /x\n"
        "RUN --mount=type=cache,id=i,target=/d touch /y"
    ),
    "a mount option that expands": "ENV S=src\nRUN --mount=type=bind,source=$S,target=/m mkdir /x",
    "a relative mount below its WORKDIR": (
        "WORKDIR /w\nRUN --mount=type=bind,source=src,target=m cat /w/m/a.txt > /x"
    ),
    # VOLUME: the legacy builder drops what is written to it later
    "VOLUME above a COPY into it": "VOLUME /data\nCOPY app.py /data/",
    "VOLUME above a RUN that fills it": "VOLUME /data\nRUN touch /data/x",
    "RUN above the VOLUME that it fills": "RUN touch /data/x\nVOLUME /data",
    # strict: these would commute, and a move of them wins nothing
    "strict: EXPOSE of one port": "EXPOSE 80\nEXPOSE 80",
    "strict: ENVs of two names": "ENV A=1\nENV B=2",
    "strict: ARGs of two names": "ARG A=1\nARG B=2",
    "strict: ENV and ARG of two names": "ENV A=1\nARG B=2",
}

# What may swap.
FREE = {
    # the image config
    "CMD and ENTRYPOINT": 'CMD ["a"]\nENTRYPOINT ["b"]',
    "ENTRYPOINT and CMD": 'ENTRYPOINT ["b"]\nCMD ["a"]',
    "CMD and STOPSIGNAL": 'CMD ["a"]\nSTOPSIGNAL 9',
    "CMD and HEALTHCHECK": 'CMD ["a"]\nHEALTHCHECK CMD true',
    "ENTRYPOINT and MAINTAINER": 'ENTRYPOINT ["a"]\nMAINTAINER me',
    "LABELs of two keys": "LABEL a=1\nLABEL b=1",
    "EXPOSEs of two ports": "EXPOSE 80\nEXPOSE 81",
    "VOLUMEs of two folders": "VOLUME /a\nVOLUME /b",
    "EXPOSE and LABEL": "EXPOSE 80\nLABEL a=1",
    "ONBUILD and CMD": 'ONBUILD RUN x\nCMD ["a"]',
    "ONBUILD and RUN": "ONBUILD RUN x\nRUN mystery",
    # the shell
    "exec-form CMD and SHELL": 'SHELL ["/bin/bash", "-c"]\nCMD ["run"]',
    "HEALTHCHECK and SHELL": 'SHELL ["/bin/bash", "-c"]\nHEALTHCHECK CMD run',
    "exec-form RUN and SHELL": 'SHELL ["/bin/bash", "-c"]\nRUN ["mkdir", "/x"]',
    "SHELL and COPY": 'SHELL ["/bin/bash", "-c"]\nCOPY app.py /app/',
    "SHELL and WORKDIR": 'SHELL ["/bin/bash", "-c"]\nWORKDIR /app',
    # config and the rest
    "CMD above an unmodelled RUN": 'CMD ["a"]\nRUN mystery',
    "LABEL above an unmodelled RUN": "LABEL a=1\nRUN mystery",
    "EXPOSE above COPY": "EXPOSE 80\nCOPY app.py /app/",
    "STOPSIGNAL and WORKDIR": "STOPSIGNAL 9\nWORKDIR /app",
    "HEALTHCHECK and USER": "HEALTHCHECK CMD true\nUSER app",
    "VOLUME and a COPY elsewhere": "VOLUME /data\nCOPY app.py /app/",
    # variables
    "ENV and a LABEL of another variable": "ENV V=1\nLABEL a=$W",
    "ENV and a LABEL that escapes it": "ENV V=1\nLABEL a=\\$V",
    "ENV and a LABEL in single quotes": "ENV V=1\nLABEL a='$V'",
    "ENV and a CMD that the shell expands": "ENV V=1\nCMD run $V",
    "ENV and COPY": "ENV V=1\nCOPY app.py /app/",
    "ENV and a heredoc COPY with a quoted marker": "ENV V=1\nCOPY <<'EOF' /f\n$V\nEOF",
    "ENV and WORKDIR": "ENV V=1\nWORKDIR /app",
    "ENV and USER": "ENV V=1\nUSER app",
    "ENV and an ONBUILD that names it": "ENV V=1\nONBUILD RUN $V",
    "ENV and a RUN of known names": "ENV GIT_SHA=1\nRUN mkdir /x",
    "ARG and a RUN of known names": "ARG GIT_SHA\nRUN apt-get install -y curl",
    "ENV and a RUN that sets it itself": "ENV V=1\nRUN V=2 && mkdir /$V",
    "ENV and a RUN in single quotes": "ENV V=1\nRUN echo '$V' > /x",
    "ENV and a tool of Go that compiles nothing": "ENV CGO_ENABLED=1\nRUN go version",
    "PIP settings and another tool": "ENV PIP_INDEX_URL=x\nRUN mkdir /x",
    # user and folder
    "USER and COPY": "USER app\nCOPY app.py /app/",
    "USER and COPY --chown": "USER app\nCOPY --chown=app app.py /app/",
    "WORKDIR and a COPY elsewhere": "WORKDIR /srv\nCOPY app.py /app/",
    "WORKDIR and a RUN elsewhere": "WORKDIR /app\nRUN apt-get install -y curl",
    "WORKDIR and a RUN that makes it likewise": "WORKDIR /app\nRUN mkdir -p /app/x",
    "WORKDIR and LABEL": "WORKDIR /app\nLABEL a=1",
    # COPY and COPY
    "COPYs of one file": "COPY app.py /app/\nCOPY app.py /app/",
    "COPY of a file and of its folder": "COPY app.py /app/\nCOPY . /app/",
    "COPY that brings what a RUN reads again": (
        "COPY app.py /app/\nCOPY . /app/\nRUN cat /app/app.py > /x"
    ),
    "RUN above a COPY that brings what it reads again": (
        "COPY app.py /app/\nRUN cat /app/app.py > /x\nCOPY . /app/"
    ),
    "COPYs of two files into a folder": "COPY app.py /app/\nCOPY requirements.txt /app/",
    "COPYs of two folders into two": "COPY src /a\nCOPY other /b",
    "COPYs of a folder and a file beside": "COPY src /app\nCOPY app.py /app/",
    "COPYs of unknown files into two folders": (
        "COPY --from=alpine /x /a/\nCOPY --from=alpine /x /b/"
    ),
    # COPY and RUN
    "COPY and a package install": "COPY app.py /app/\nRUN apt-get install -y curl",
    "COPY and mkdir elsewhere": "COPY app.py /app/\nRUN mkdir -p /data/x",
    "COPY and mkdir -p in its folder": "COPY app.py /app/\nRUN mkdir -p /app/out",
    "COPY and a download elsewhere": "COPY app.py /app/\nRUN curl -o /x https://h.x/f",
    "COPY and a glob that does not match": "COPY app.py /app/\nRUN cat /app/*.txt > /x",
    "COPY and a bind mount of its source": (
        "COPY src /app\nRUN --mount=type=bind,source=src,target=/m cp /m/a.txt /x"
    ),
    "COPY and requirements that are elsewhere": (
        "WORKDIR /a\nCOPY requirements.txt .\nCOPY app.py .\nRUN mkdir /x"
    ),
    # RUN and RUN
    "RUNs of two files": "RUN touch /x\nRUN touch /y",
    "RUN that moves a file into a folder, and one that reads another": (
        "RUN mv /etc/motd /opt\nRUN cat /opt/run > /x"
    ),
    "RUNs with two cache mounts": (
        "RUN --mount=type=cache,target=/c touch /x\nRUN --mount=type=cache,target=/d touch /y"
    ),
}


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_a_pair_keeps_its_order(text: str, context: Context) -> None:
    assert last_edge(analysed(text, context)) is not None


@pytest.mark.parametrize("text", FREE.values(), ids=FREE)
def test_a_pair_may_swap(text: str, context: Context) -> None:
    assert last_edge(analysed(text, context)) is None


# What the context shows stays in order without one.
NEEDS_CONTEXT = {
    "COPYs of two folders into one": "COPY src/ /app/\nCOPY bin/ /app/",
    "COPY of a folder and a glob of other names": "COPY src /app\nRUN cat /app/*.py > /x",
    "a RUN of a script that does little": "COPY run.sh /run.sh\nCOPY app.py /app/\nRUN sh /run.sh",
}


@pytest.mark.parametrize("text", NEEDS_CONTEXT.values(), ids=NEEDS_CONTEXT)
def test_without_the_context_a_pair_keeps_its_order(text: str, context: Context) -> None:
    assert last_edge(analysed(text, None)) is not None
    assert last_edge(analysed(text, context)) is None


# What is known of the base stays in order without that.
NEEDS_BASE = {
    "a COPY of a program to a folder that is not on PATH": "COPY app.py /tools/mkdir\nRUN mkdir /x",
    "a COPY elsewhere and a relative one": "COPY app.py x/\nCOPY app.py /y/x/",
    "mkdir below the home folder and a COPY": "RUN mkdir -p ~/x\nCOPY app.py /app/x",
}


@pytest.mark.parametrize("text", NEEDS_BASE.values(), ids=NEEDS_BASE)
def test_below_an_unknown_image_a_pair_keeps_its_order(text: str, context: Context) -> None:
    assert last_edge(analysed(text, context, "nobody/knows")) is not None
    assert last_edge(analysed(text, context)) is None


UNKNOWN_PATH = {
    "a folder of any name": "COPY app.py /tools/mkdir\nRUN mkdir /x",
    "a usual one": "COPY app.py /usr/local/sbin/mkdir\nRUN mkdir /x",
    "one that the file adds": "ENV PATH=/tools:$PATH\nCOPY app.py /tools/mkdir\nRUN mkdir /x",
}


@pytest.mark.parametrize("text", UNKNOWN_PATH.values(), ids=UNKNOWN_PATH)
def test_below_an_unknown_image_a_program_may_be_in_any_folder(text: str, context: Context) -> None:
    assert last_edge(analysed(text, context, "nobody/knows")) is not None


def test_an_edge_says_what_is_touched_and_why() -> None:
    edge = last_edge(analysed("ENV A=/x\nRUN mkdir $A", None))
    assert edge is not None
    assert (edge.before, edge.after, edge.resource) == (0, 1, "env:A")
    assert "$A" in edge.reason


def test_an_opaque_run_names_the_command_that_is_not_known() -> None:
    edge = last_edge(analysed("COPY app.py /app/\nRUN mystery --now", None))
    assert edge is not None
    assert "`mystery`" in edge.reason


def test_every_edge_points_down(context: Context) -> None:
    for text in (*KEPT.values(), *FREE.values()):
        assert all(edge.before < edge.after for edge in edges(analysed(text, context)))


def test_of_three_that_make_one_folder_only_the_first_is_bound() -> None:
    """The owner of /a is that of line 2; the two below may swap, and neither may go above it."""
    text = "COPY --chown=1:1 x /a/x\nCOPY --chown=2:2 y /a/y\nCOPY --chown=3:3 z /a/z"
    pairs = [(edge.before, edge.after) for edge in edges(analysed(text, None))]
    assert pairs == [(0, 1), (0, 2)]
