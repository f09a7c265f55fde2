"""requirements.txt: what it makes an installer read, and what cannot be followed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from manifest_request import request

from reorder.manifests import Followed
from reorder.manifests.requirements import follow


def followed(text: str, **others: str) -> Followed:
    """`/app/r.txt` with the text, read in /app; a file `a_txt` is `/app/a.txt`."""
    files = {f"/app/{name.replace('__', '/').replace('_', '.')}": t for name, t in others.items()}
    return follow(request({"/app/r.txt": text, **files}, start=("/app/r.txt",)))


OPAQUE = {
    "the project": ("-e .\n", "installs the project in `.`"),
    "the project, long": ("--editable=./lib\n", "installs the project in `./lib`"),
    "a folder": ("./lib\n", "installs the project in `./lib`"),
    "a folder without a dot": ("libs/foo\n", "installs the project in `libs/foo`"),
    "a folder by its full path": ("/opt/lib\n", "installs the project in `/opt/lib`"),
    "a folder with extras": ("./lib[dev]\n", "installs the project in `./lib[dev]`"),
    "a folder with a marker": ("./lib ; python_version > '3'\n", "installs the project"),
    "a folder by name and path": ("a @ ./lib\n", "installs the project in `./lib`"),
    "an address of a file": ("file:///a\n", "installs the project in `file:///a`"),
    "a name with an address of a file": ("a @ file:lib\n", "installs the project in `file:lib`"),
    "a variable": ("-r ${WHICH}.txt\n", "uses a variable"),
    "a variable in an address": ("a @ https://${TOKEN}@h.x/a.whl\n", "uses a variable"),
    "an include that is not there": ("-r b.txt\n", "the content of /app/b.txt is not known"),
    "an include by an address of a file": ("-r file:///b.txt\n", "file:///b.txt"),
    "a constraint that is not there": ("-c c.txt\n", "the content of /app/c.txt is not known"),
}


@pytest.mark.parametrize(("text", "reason"), OPAQUE.values(), ids=OPAQUE)
def test_what_is_not_followed_is_opaque(text: str, reason: str) -> None:
    found = followed(text)
    assert found.opaque is not None
    assert reason in found.opaque


def test_a_file_that_is_not_known_is_opaque() -> None:
    found = follow(request({}, start=("/app/r.txt",)))
    assert found.opaque == "the content of /app/r.txt is not known: give the build context"


def test_the_reason_names_the_file_that_is_at_fault() -> None:
    found = followed("-r b.txt\n", b_txt="-e .\n")
    assert (found.opaque or "").startswith("/app/b.txt ")


def test_a_chain_without_an_end_is_opaque() -> None:
    files = {f"/app/{n}.txt": f"-r {n + 1}.txt\n" for n in range(200)}
    assert follow(request(files, start=("/app/0.txt",))).opaque is not None


PLAIN = {
    "packages": "flask==3.0\nrequests[socks]>=2 ; python_version > '3'\n# a\n\nuvicorn # b\n",
    "an address": "a @ https://h.x/a.whl\ngit+https://h.x/b.git@v1#egg=b\nhttps://h.x/c.tar.gz\n",
    "options": "--index-url https://h.x/simple\n--no-binary :all:\n--pre\n-i https://h.x\n",
    "hashes over lines": "a==1 \\\n  --hash=sha256:00 \\\n  --hash=sha256:11\n",
    "an included address": "-r https://h.x/r.txt\n-c https://h.x/c.txt\n",
    "links at an address": "-f https://h.x/links\n",
    "nothing": "",
    "line ends of Windows": "flask==3.0\r\n# a\r\n",
}


@pytest.mark.parametrize("text", PLAIN.values(), ids=PLAIN)
def test_packages_of_an_index_need_no_other_file(text: str) -> None:
    assert followed(text) == Followed(files=("/app/r.txt",))


@pytest.mark.parametrize("option", ["--find-links ./wheels", "--find-links=wheels", "-f wheels"])
def test_a_folder_of_packages_is_read_whole(option: str) -> None:
    found = followed(f"{option}\nflask\n")
    assert (found.opaque, set(found.trees)) == (None, {"/app/wheels"})


def test_an_editable_address_is_laid_down_beside() -> None:
    found = followed("-e git+https://h.x/b.git#egg=b\n")
    assert (found.opaque, found.rewrites) == (None, ("/app/src",))


FILES = {
    "an include": ("-r b.txt\n", ["b.txt"]),
    "an include without a blank": ("-rb.txt\n", ["b.txt"]),
    "an include, long": ("--requirement=b.txt\n", ["b.txt"]),
    "a constraint": ("-c b.txt\n", ["b.txt"]),
    "a constraint, long": ("--constraint b.txt\n", ["b.txt"]),
    "an include of itself": ("-r r.txt\n-r b.txt\n", ["b.txt"]),
    "an include with a comment": ("-r b.txt  # more\n", ["b.txt"]),
    "a wheel": ("./a.whl\n", ["a.whl"]),
    "a wheel with a name": ("a @ ./a.whl\n", ["a.whl"]),
    "an archive with extras": ("./a-1.tar.gz\n", ["a-1.tar.gz"]),
}


@pytest.mark.parametrize(("text", "expected"), FILES.values(), ids=FILES)
def test_files_that_it_names_are_read(text: str, expected: list[str]) -> None:
    found = followed(text, b_txt="flask\n")
    assert (found.opaque, found.trees) == (None, ())
    assert set(found.files) == {"/app/r.txt", *(f"/app/{name}" for name in expected)}


def test_an_include_is_beside_its_file_and_an_archive_there_or_in_the_folder_of_the_run() -> None:
    files = {"/app/req/dev.txt": "-r base.txt\n-c ../c.txt\n./x.whl\n"}
    files |= {"/app/req/base.txt": "flask\n", "/app/c.txt": "flask==3\n"}
    found = follow(request(files, start=("/app/req/dev.txt",), cwd="/app"))
    assert found.opaque is None
    assert set(found.files) == {*files, "/app/x.whl", "/app/req/x.whl"}


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.one_of(
            st.text(alphabet="-rcef @=./:#\\[]{}$;a\n\t", max_size=15),
            st.sampled_from(["-r r.txt", "-c b.txt", "-e git+x", "a @ b", "--find-links"]),
        ),
        max_size=6,
    )
)
def test_any_text_is_read_or_opaque(lines: list[str]) -> None:
    found = followed("\n".join(lines), b_txt="\n".join(reversed(lines)))
    assert found.opaque or found.files[0] == "/app/r.txt"
