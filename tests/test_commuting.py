"""Which instructions keep their order: files that are read unseen, and installs that commute."""

from __future__ import annotations

from pathlib import Path

import pytest

from reorder.context.files import Context
from reorder.effects.instruction import analyse
from reorder.effects.model import builtin
from reorder.graph import edges
from reorder.syntax.dockerfile import parse

FILES = ("a", "requirements.txt", "package.json", "package-lock.json", "Gemfile", "Gemfile.lock")
CONTENT = {"requirements.txt": "requests\n", "package.json": "{}", "package-lock.json": "{}"}


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    root = tmp_path_factory.mktemp("context")
    for name in FILES:
        (root / name).write_text(CONTENT.get(name, ""))
    return Context.open(root)


def kept(first: str, second: str, image: str, context: Context | None = None) -> bool:
    """True when the second instruction must stay below the first."""
    dockerfile = parse(f"FROM {image}\nWORKDIR /app\n{first}\n{second}\n".encode())
    stage = analyse(dockerfile, context=context, models=builtin()).stages[-1]
    return any((edge.before, edge.after) == (1, 2) for edge in edges(stage))


APT = "RUN apt-get update && apt-get install -y x"
PIP = "RUN pip install x"
NPM = "RUN npm install -g x"
# What the destination is read by, though no word of the RUN says so.
UNSEEN = [
    ("a key of apt", "COPY a /etc/apt/keyrings/k.gpg", APT, "debian:12"),
    ("an old key of apt", "COPY a /etc/apt/trusted.gpg.d/k.gpg", APT, "debian:12"),
    ("a key in /usr/share", "COPY a /usr/share/keyrings/k.gpg", APT, "debian:12"),
    ("a source of apt", "COPY a /etc/apt/sources.list.d/s.list", APT, "debian:12"),
    ("settings of apt", "COPY a /etc/apt/apt.conf.d/99x", APT, "debian:12"),
    ("a pin of apt", "COPY a /etc/apt/preferences.d/p", APT, "debian:12"),
    ("settings of dpkg", "COPY a /etc/dpkg/dpkg.cfg.d/x", APT, "debian:12"),
    ("a policy of services", "COPY a /usr/sbin/policy-rc.d", APT, "debian:12"),
    ("a certificate for apt", "COPY a /usr/local/share/ca-certificates/x.crt", APT, "debian:12"),
    ("repositories of apk", "COPY a /etc/apk/repositories", "RUN apk add x", "alpine:3.20"),
    ("a key of apk", "COPY a /etc/apk/keys/x.pub", "RUN apk add x", "alpine:3.20"),
    ("a repository of dnf", "COPY a /etc/yum.repos.d/x.repo", "RUN dnf install -y x", "fedora:42"),
    ("a key of dnf", "COPY a /etc/pki/rpm-gpg/K", "RUN dnf install -y x", "fedora:42"),
    ("pip.conf", "COPY a /etc/pip.conf", PIP, "python:3.12"),
    ("pip.conf at home", "COPY a /root/.pip/pip.conf", PIP, "python:3.12"),
    ("pip.conf at home, new", "COPY a /root/.config/pip/pip.conf", PIP, "python:3.12"),
    ("passwords for pip", "COPY a /root/.netrc", PIP, "python:3.12"),
    ("certificates for pip", "COPY a /etc/ssl/certs/x.pem", PIP, "python:3.12"),
    ("settings of git for pip", "COPY a /root/.gitconfig", PIP, "python:3.12"),
    ("keys of ssh for pip", "COPY a /root/.ssh/id_rsa", PIP, "python:3.12"),
    (".npmrc at home", "COPY a /root/.npmrc", NPM, "node:20"),
    ("npmrc of the prefix", "COPY a /usr/local/etc/npmrc", NPM, "node:20"),
    ("certificates for npm", "COPY a /etc/ssl/certs/x.pem", NPM, "node:20"),
    ("settings of git", "COPY a /etc/gitconfig", "RUN git clone https://h.x/r.git", "python:3.12"),
    (
        "settings of git at home",
        "COPY a /root/.gitconfig",
        "RUN git clone https://h.x/r.git",
        "node:20",
    ),
    ("hosts of ssh", "COPY a /root/.ssh/known_hosts", "RUN git clone https://h.x/r.git", "node:20"),
    (".curlrc", "COPY a /root/.curlrc", "RUN curl -o /x https://h.x/y", "python:3.12"),
    (".wgetrc", "COPY a /root/.wgetrc", "RUN wget -O /x https://h.x/y", "python:3.12"),
    (
        "certificates for curl",
        "COPY a /etc/ssl/certs/x.pem",
        "RUN curl -o /x https://h.x/y",
        "node:20",
    ),
    (".gemrc", "COPY a /root/.gemrc", "RUN gem install x", "ruby:3.3"),
    (
        "a program before that of the image",
        "COPY a /usr/local/sbin/chmod",
        "RUN chmod 644 /b",
        "debian:12",
    ),
    (
        "a library that every program loads",
        "COPY a /usr/lib/libx.so",
        "RUN chmod 644 /b",
        "debian:12",
    ),
    (
        "the list of libraries to load first",
        "COPY a /etc/ld.so.preload",
        "RUN mkdir -p /b",
        "debian:12",
    ),
]


@pytest.mark.parametrize(
    ("first", "second", "image"), [r[1:] for r in UNSEEN], ids=[r[0] for r in UNSEEN]
)
def test_a_copy_stays_above_the_run_that_reads_it_unseen(
    first: str, second: str, image: str, context: Context
) -> None:
    assert kept(first, second, image, context)


ELSEWHERE = "COPY --from=example/y:1 "
LEAN = "RUN apt-get install -y --no-install-recommends"
STAYS = [
    ("headers", f"{LEAN} libpq-dev", PIP, "python:3.12"),
    ("a compiler", f"{LEAN} gcc", PIP, "python:3.12"),
    ("an interpreter", f"{LEAN} perl", PIP, "python:3.12"),
    ("certificates", f"{LEAN} ca-certificates", PIP, "python:3.12"),
    ("locales", f"{LEAN} locales", PIP, "python:3.12"),
    ("pkg-config", f"{LEAN} pkg-config", PIP, "python:3.12"),
    ("a package of which nothing is known", f"{LEAN} some-thing", PIP, "python:3.12"),
    ("headers among others", f"{LEAN} ffmpeg libpq-dev", PIP, "python:3.12"),
    ("what is recommended", "RUN apt-get install -y ffmpeg", PIP, "python:3.12"),
    ("another release", f"{LEAN} -t testing ffmpeg", PIP, "python:3.12"),
    ("a package that is taken away", f"{LEAN} ffmpeg-", PIP, "python:3.12"),
    ("no package at all", "RUN apt-get install -y -f", PIP, "python:3.12"),
    ("libraries for what npm runs", f"{LEAN} libgl1", NPM, "node:20"),
    ("two installs of the system", f"{LEAN} tree", f"{LEAN} ffmpeg", "debian:12"),
    ("two installs of a language", PIP, "RUN pip install y", "python:3.12"),
    ("another chmod", "RUN apt-get install -y busybox", "RUN chmod 644 /b", "debian:12"),
    ("another chmod on Alpine", "RUN apk add coreutils", "RUN chmod 644 /b", "alpine:3.20"),
    ("a chmod that may be missing", f"{LEAN} x", "RUN chmod 644 /b", "example/x:1"),
    ("a flag of one version", "RUN apk add x", "RUN chmod --changes 644 /b", "alpine:3.20"),
    ("a new owner by name", f"{LEAN} x", "RUN chown app /b", "debian:12"),
    ("a new user", f"{LEAN} x", "RUN useradd app", "debian:12"),
    ("a file of the install", f"{LEAN} nginx", "RUN rm /etc/nginx/nginx.conf", "debian:12"),
    ("a folder of the install", f"{LEAN} x", "RUN mkdir -p /var/lib/x", "debian:12"),
    (
        "another shell",
        "RUN apk add bash",
        'SHELL ["/bin/bash", "-c"]\nRUN mkdir -p /b',
        "alpine:3.20",
    ),
    ("a program of the install", f"{LEAN} nginx", "RUN nginx -t", "debian:12"),
    ("a program that is named", f"{ELSEWHERE}/tools/apk /opt/bin/", "RUN apk add x", "example/x:1"),
    ("a file of that name", f"{ELSEWHERE}/a /opt/bin/apk", "RUN apk add x", "example/x:1"),
    ("folders of programs", f"{ELSEWHERE}/a /usr/local", "RUN apk add x", "example/x:1"),
    ("another pip", f"{ELSEWHERE}/tools /opt/tools", PIP, "example/x:1"),
    ("files of the context", "COPY tools /opt/tools", "RUN apk add x", "example/x:1"),
    ("a web server's pages", f"{LEAN} apache2", "COPY a /var/www/html/", "debian:12"),
    ("pages, beside a web server", f"{LEAN} curl nginx", "COPY a /var/www/html/", "debian:12"),
    ("pages, by a name not known", f"{LEAN} $MORE", "COPY a /var/www/html/", "debian:12"),
    ("pages, of another release", f"{LEAN} -t x curl", "COPY a /var/www/html/", "debian:12"),
    (
        "a program that scripts call",
        f"{ELSEWHERE}/a /usr/local/bin/python3",
        f"{LEAN} curl",
        "debian:12",
    ),
    (
        "programs that are not named",
        f"{ELSEWHERE}/bin /usr/local/bin/",
        f"{LEAN} curl",
        "debian:12",
    ),
    (
        "a program, and a package not known",
        f"{ELSEWHERE}/a /usr/local/bin/app",
        f"{LEAN} x",
        "debian:12",
    ),
    ("a library", f"{ELSEWHERE}/a /usr/local/lib/liba.so", f"{LEAN} curl", "debian:12"),
    ("an index below the pages", "RUN apt-get update", "COPY a /var/www/Packages", "debian:12"),
    ("a state of packages", f"{LEAN} curl", "COPY a /var/lib/x/", "debian:12"),
    ("compilers, and a build", f"{LEAN} make", "RUN go install a.b/c@v1", "golang:1.22"),
    ("compilers, and pip", f"{LEAN} gcc libc6-dev", PIP, "python:3.12"),
    ("a package of a file", "RUN apk add /x.apk", "COPY a /usr/local/etc/x/", "alpine:3.20"),
    (
        "a package of another repository",
        "RUN apk add -X h x",
        "COPY a /usr/local/etc/x/",
        "alpine:3.20",
    ),
    ("another apk", "RUN apk add x", "COPY a /usr/local/bin/apk", "alpine:3.20"),
    ("a library of the site", "RUN apk add x", "COPY a /usr/local/lib/a.so", "alpine:3.20"),
    ("a program of cargo", "RUN cargo install x", f"{LEAN} make", "rust:1.78"),
    ("the program that go makes", "RUN go install a.b/jq@v1", "RUN jq -n 1 > /x", "golang:1.22"),
    ("of another version", "RUN go install a.b/jq/v2@v2", "RUN jq -n 1 > /x", "golang:1.22"),
    ("a package of that name", "RUN go install a.b/c@v1", "RUN go install a.b/c@v2", "golang:1.22"),
    ("an account of a package", f"{LEAN} openssh-server", "RUN useradd app", "debian:12"),
    ("a group of a package", f"{LEAN} cron", "RUN groupadd -r app", "debian:12"),
    ("accounts that come along", "RUN apt-get install -y git", "RUN useradd app", "debian:12"),
    ("an account, and a package not known", f"{LEAN} curl x", "RUN useradd app", "debian:12"),
    ("an account of another release", f"{LEAN} -t x curl", "RUN useradd app", "debian:12"),
    ("a group with another number", f"{LEAN} curl", "RUN groupmod -g 8 staff", "debian:12"),
    ("a group that is taken away", f"{LEAN} curl", "RUN groupdel staff", "debian:12"),
    ("an owner that a package makes", f"{LEAN} cron", "RUN chown root:crontab /x", "debian:12"),
    ("an owner of a COPY", f"{LEAN} openssh-server", "COPY --chown=sshd a /x", "debian:12"),
    ("an owner that is made", "RUN useradd app", "RUN chown app /x", "debian:12"),
    ("a shell of a package", f"{LEAN} zsh", "RUN useradd -s /bin/zsh app", "debian:12"),
    ("two accounts", "RUN useradd a", "RUN useradd b", "debian:12"),
    ("settings of accounts", "COPY a /etc/login.defs", "RUN useradd app", "debian:12"),
    ("files of a new home", "COPY a /etc/skel/.bashrc", "RUN useradd -m app", "debian:12"),
    ("a folder below the home", "COPY a /home/app/x", "RUN useradd -m app", "debian:12"),
    ("a list of packages", "RUN apt-get update", "COPY a /var/lib/apt/lists/x", "debian:12"),
    ("a program of the index", PIP, "RUN python -c 'import x'", "python:3.12"),
]


@pytest.mark.parametrize(
    ("first", "second", "image"), [r[1:] for r in STAYS], ids=[r[0] for r in STAYS]
)
def test_an_install_keeps_its_place_for(first: str, second: str, image: str) -> None:
    if "SHELL" in second:
        shell, second = second.split("\n")
        first = f"{shell}\n{first}"
        dockerfile = parse(f"FROM {image}\n{first}\n{second}\n".encode())
        stage = analyse(dockerfile, context=None, models=builtin()).stages[-1]
        assert any((edge.before, edge.after) == (1, 2) for edge in edges(stage))
        return
    assert kept(first, second, image)
    assert kept(second, first, image)


PASSES = [
    ("programs that only their users look at", f"{LEAN} ffmpeg", PIP, "python:3.12"),
    ("libraries", "RUN apt-get install -y libgl1 libglib2.0-0", PIP, "python:3.12-slim"),
    ("a version", f"{LEAN} tini=0.19.0-1", PIP, "python:3.12"),
    ("fonts", f"{LEAN} fonts-noto-cjk", "RUN uv pip install --system x", "python:3.12"),
    ("a folder", f"{LEAN} x", "RUN mkdir -p /app/out", "debian:12"),
    ("rights", f"{LEAN} x", "RUN chmod -R 755 /app/bin", "python:3.12"),
    ("an owner by number", PIP, "RUN mkdir -p /data/x && rm -rf /data/y", "python:3.12"),
    ("a folder on Alpine", "RUN apk add nginx", "RUN mkdir -p /app/out", "node:20-alpine"),
    ("another folder", f"{ELSEWHERE}/tools /opt/tools", "RUN apk add x", "example/x:1"),
    ("gems", f"{ELSEWHERE}/g /usr/local/bundle", "RUN apk add x", "ruby:3.3-alpine"),
    ("a program of the site", f"{ELSEWHERE}/a /usr/local/bin/app", f"{LEAN} curl", "debian:12"),
    ("a script of the site", "COPY a /usr/local/bin/start.sh", f"{LEAN} curl jq", "debian:12"),
    ("a script of the site", "RUN apk add x", "COPY a /usr/local/bin/start.sh", "alpine:3.20"),
    ("settings of the site", "RUN apk upgrade", "COPY a /usr/local/etc/x/", "alpine:3.20"),
    (
        "a program of another stage",
        f"{ELSEWHERE}/a /usr/local/bin/a",
        "RUN apk add tzdata",
        "alpine",
    ),
    ("another program of go", "RUN go install a.b/c@v1", "RUN jq -n 1 > /x", "golang:1.22"),
    ("a new user", f"{LEAN} curl git", "RUN useradd -m app", "debian:12"),
    ("a new group on Ubuntu", "RUN apt-get install -y jq", "RUN groupadd -r app", "ubuntu:24.04"),
    ("a new user with adduser", f"{LEAN} wget", "RUN adduser --system app", "debian:12"),
    ("a new user, and the lists", "RUN apt-get update", "RUN useradd -m app", "debian:12"),
    ("a new user, and pip", PIP, "RUN useradd -m app", "python:3.12"),
    ("a new user, and npm", NPM, "RUN adduser -D app", "node:20-alpine"),
    ("a new user, and a clone", "RUN git clone https://h.x/r /r", "RUN useradd a", "debian:12"),
    ("an owner by name", f"{LEAN} curl", "RUN chown -R app:app /x", "debian:12"),
    ("an owner of a COPY, by name", f"{LEAN} curl", "COPY --chown=app:app a /x/", "debian:12"),
    ("a folder below the lists", "RUN apt-get update", "RUN mkdir -p /var/lib/x", "debian:12"),
    ("pages", f"{LEAN} curl git libzip-dev", "COPY a /var/www/html/", "php:8.3-apache"),
    ("a link", NPM, "RUN ln -s /app/x /app/y", "node:20"),
]


@pytest.mark.parametrize(
    ("first", "second", "image"), [r[1:] for r in PASSES], ids=[r[0] for r in PASSES]
)
def test_an_install_commutes_with(first: str, second: str, image: str) -> None:
    assert not kept(first, second, image)
    assert not kept(second, first, image)


# pip and the setup.cfg of its folder: an image, what stands above, and whether their order stays.
SETTINGS = [
    ("python:3.12-slim", "RUN pip install y", False),
    ("python:3.14", "COPY a /srv/x", False),
    ("python:3", "WORKDIR /app", False),
    ("python:3.11-slim", "WORKDIR /app", True),
    ("python:3.8", "WORKDIR /app", True),
    ("example/python:3.12", "WORKDIR /app", True),
    ("debian:12", "RUN apt-get update && apt-get install -y python3-pip", True),
    ("python:3.12", "ENV PATH=/opt/conda/bin:$PATH", True),
    ("python:3.12", "COPY --from=python:3.8 /usr/local /usr/local", True),
    ("python:3.12", "COPY a /usr/local/bin/pip", True),
]


@pytest.mark.parametrize(("image", "above", "stays"), SETTINGS)
def test_pip_looks_for_settings_in_its_folder_where_it_is_old(
    image: str, above: str, stays: bool
) -> None:
    text = f"FROM {image}\n{above}\nCOPY a /app/setup.cfg\nWORKDIR /app\nRUN pip install x\n"
    (stage,) = analyse(parse(text.encode()), context=None, models=builtin()).stages
    assert any((edge.before, edge.after) == (1, 3) for edge in edges(stage)) == stays


BELOW = "FROM python:3.12\n{}\nRUN {}\nRUN {}\n"
HOMES = [
    ("ENV HOME=/home/app", "pip install x", "useradd -m app", True),
    ("ENV HOME=/root", "pip install x", "useradd -m app", False),
    ("USER app", "apt-get install -y curl", "id", True),
]


@pytest.mark.parametrize(("above", "first", "second", "stays"), HOMES)
def test_an_account_and_an_install_keep_their_order(
    above: str, first: str, second: str, stays: bool
) -> None:
    dockerfile = parse(BELOW.format(above, first, second).encode())
    (stage,) = analyse(dockerfile, context=None, models=builtin()).stages
    assert any((edge.before, edge.after) == (1, 2) for edge in edges(stage)) == stays


def test_who_makes_a_folder_under_a_name_does_not_look_at_an_install_without_accounts() -> None:
    text = "FROM debian:12\nRUN apt-get install -y {}\nUSER app\nWORKDIR /x\n"
    for package, stays in (("curl", False), ("openssh-server", True)):
        dockerfile = parse(text.format(package).encode())
        (stage,) = analyse(dockerfile, context=None, models=builtin()).stages
        assert any((edge.before, edge.after) == (0, 2) for edge in edges(stage)) == stays


GO = {"go.mod": "module a.b/c\n\ngo 1.22\n\nrequire d.e/f v1.0.0\n", "go.sum": ""}
FETCHED = [
    ("libsqlite3-dev pkg-config", False),
    ("gcc libc6-dev make", False),
    ("git", True),
    ("make ca-certificates", True),
    ("openssh-client", True),
    ("golang", True),
    ("x", True),
]


@pytest.mark.parametrize(("packages", "stays"), FETCHED)
def test_who_fetches_modules_does_not_look_at_libraries(
    packages: str, stays: bool, tmp_path: Path
) -> None:
    for name, text in GO.items():
        (tmp_path / name).write_text(text)
    run = f"RUN apt-get update && apt-get install -y --no-install-recommends {packages}"
    text = f"FROM golang:1.22\nCOPY go.mod go.sum ./\n{run}\nRUN go mod download\n"
    context = Context.open(tmp_path)
    (stage,) = analyse(parse(text.encode()), context=context, models=builtin()).stages
    assert any((edge.before, edge.after) == (1, 2) for edge in edges(stage)) == stays


# What a model or the facts of an image say: what each leaves alone, and what it does not.
TOUCHES = [
    ("RUN make-ssl-cert generate-default-snakeoil", "nginx:1.27", "/etc/nginx/a", "/etc/ssl/a"),
    ("RUN jlink --output /jre", "eclipse-temurin:21", "/app/a", "/opt/java/openjdk/jmods/a"),
    ("RUN pear channel-discover x", "php:8.2-cli", "/opt/a", "/usr/local/lib/php/a"),
    ("RUN npm install -g x", "node:20", "/usr/local/app/a", "/usr/local/kit/include/a.h"),
    ("RUN npm install -g x", "node:20", "/usr/local/app/a", "/usr/local/bin/"),
    ("RUN npm config set a b --location=global", "node:20", "/app/.npmrc", "/root/.npmrc"),
    ("RUN npm config set a b", "node:20", "/app/a", "/app/.npmrc"),
    ("RUN gem install x", "ruby:3.3", "/usr/local/site/a", "/usr/local/lib/liba.so"),
    ("RUN gem install x", "ruby:3.3", "/site/a", "/usr/local/bundle/a"),
    ("RUN gem install x", "ruby:4.0-slim", "/site/a", "/usr/local/bundle/bin/a"),
    (
        "RUN Rscript -e 'install.packages(\"x\")'",
        *("rocker/r-ver:4.4.0", "/site/a", "/usr/local/lib/R/etc/Rprofile.site"),
    ),
    ("RUN apk add x", "amazoncorretto:21-alpine", "/site/a", "/usr/lib/jvm/default-jvm/a"),
]


@pytest.mark.parametrize(("run", "image", "free", "touched"), TOUCHES)
def test_a_run_commutes_with_a_copy_to_where_it_does_not_look(
    run: str, image: str, free: str, touched: str, context: Context
) -> None:
    assert not kept(run, f"COPY a {free}", image, context)
    assert kept(run, f"COPY a {touched}", image, context)


# A variable, a RUN, and whether the RUN must stay below it.
VARIABLES = [
    ("TERM=linux", "useradd app", False),
    ("COLUMNS=90", "mkdir -p /x && echo a > /x/b", False),
    ("TERM=linux", "apt-get update && apt-get install -y x", False),
    ("TERM=linux", "echo a a/b password c | debconf-set-selections", False),
    ("TERM=linux", "echo $TERM > /x", True),
    ("TERM=linux", "ls --color=always > /x", True),
    ("COLUMNS=90", "ls -C /usr > /x", True),
    ("NO_COLOR=1", "npm ls -g > /x", True),
    ("TERM=linux", "env > /x", True),
    ("LINES=9", "unzip x.zip", True),
    ("PYTHONUNBUFFERED=1", "apt-get update && apt-get install -y x", False),
    ("PIP_NO_CACHE_DIR=1", "apt-get update && apt-get install -y x", False),
    ("PERL_CPANM_OPT=-n", "apt-get update && apt-get install -y x", False),
    ("PYTHONDONTWRITEBYTECODE=1", "apt-get install -y x", True),
    ("PYTHONPATH=/x", "apt-get install -y x", True),
    ("PERL5LIB=/x", "apt-get install -y x", True),
    ("PERL_UNICODE=1", "dpkg-reconfigure x", True),
    ("PYTHONUNBUFFERED=1", "python3 a.py > /x", True),
    ("PIP_NO_CACHE_DIR=1", "pip install x", True),
    ("DEBIAN_FRONTEND=noninteractive", "apt-get update && apt-get install -y x", True),
]


@pytest.mark.parametrize(("variable", "run", "stays"), VARIABLES)
def test_a_run_stays_below_a_variable_at_which_it_looks(
    variable: str, run: str, stays: bool
) -> None:
    assert kept(f"ENV {variable}", f"RUN {run}", "debian:12") == stays
    assert kept(f"RUN {run}", f"ENV {variable}", "debian:12") == stays


def test_a_build_of_an_extension_does_not_look_at_the_variables_of_composer() -> None:
    variable = "ENV COMPOSER_ALLOW_SUPERUSER=1"
    assert not kept(variable, "RUN docker-php-ext-install zip", "php:8.2-cli")
    assert kept(variable, "RUN php install.php", "php:8.2-cli")
