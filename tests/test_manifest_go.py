"""go.mod, go.sum, go.work: files -> what a download reads and may write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifest_request import request

from reorder.manifests import Followed
from reorder.manifests.go import follow

MOD = "module example.org/app\n\ngo 1.22\n\nrequire example.org/x v1.2.0\n"
SUM = "example.org/x v1.2.0 h1:a=\nexample.org/x v1.2.0/go.mod h1:b=\n"
WORKS = ("/app/go.work", "/go.work")
READ = (*WORKS, "/app/go.mod", "/app/go.sum")
TIDY = {"/app/go.mod": MOD, "/app/go.sum": SUM}
BOTH = ("/app/go.mod", "/app/go.sum")


@pytest.mark.parametrize(
    ("files", "options", "reason"),
    [
        pytest.param({}, {}, "the content of /app/go.mod", id="no manifest is known"),
        pytest.param(TIDY, {"cwd": "?cwd"}, "the working directory", id="an unknown folder"),
        pytest.param(
            TIDY, {"unknown": ("/go.work",)}, "the content of /go.work", id="a workspace above"
        ),
        pytest.param(
            TIDY, {"variables": {"GOFLAGS": "-modfile=x.mod"}}, "GOFLAGS", id="another manifest"
        ),
        pytest.param(
            TIDY, {"variables": {"GOWORK": "/w/go.work"}}, "GOWORK", id="another workspace"
        ),
        pytest.param({"/app/go.mod": "requires x\n"}, {}, "`requires`", id="an unknown line"),
        pytest.param({"/app/go.mod": "go one\n"}, {}, "`go`", id="an unknown language"),
        pytest.param(
            {"/app/go.work": "go 1.22\nuse ./a\n"}, {}, "/app/a/go.mod", id="an unknown member"
        ),
    ],
)
def test_it_is_opaque_with(files: dict[str, str], options: dict[str, object], reason: str) -> None:
    found = follow(request(files, **options))  # type: ignore[arg-type]
    assert reason in (found.opaque or "")


@pytest.mark.parametrize(
    ("files", "options", "expected"),
    [
        pytest.param(TIDY, {}, Followed(READ), id="sums that are complete stay"),
        pytest.param(
            TIDY,
            {"variables": {"GOPATH": "/go", "GOCACHE": "/app/cache"}},
            Followed(READ, rewrites=("/app/cache", "/go/pkg")),
            id="variables name the folders that are filled",
        ),
        pytest.param(
            {**TIDY, "/app/go.sum": "example.org/x v1.2.0/go.mod h1:b=\n"},
            {},
            Followed(READ, rewrites=BOTH),
            id="a missing sum is added",
        ),
        pytest.param(
            {"/app/go.mod": MOD}, {}, Followed(READ, rewrites=BOTH), id="without sums they are made"
        ),
        pytest.param(
            {**TIDY, "/app/go.mod": MOD.replace("1.22", "1.16")},
            {},
            Followed(READ, rewrites=BOTH),
            id="an old language loads what go.mod does not name",
        ),
        pytest.param(
            {**TIDY, "/app/go.mod": MOD.replace("v1.2.0", "main")},
            {},
            Followed(READ, rewrites=BOTH),
            id="a branch becomes a version",
        ),
        pytest.param(
            TIDY,
            {"words": ("all",)},
            Followed(READ, rewrites=BOTH),
            id="named modules get their sums saved",
        ),
        pytest.param(
            {**TIDY, "/app/go.mod": MOD + "replace example.org/x => ../x // beside\n"},
            {},
            Followed((*READ, "/x/go.mod")),
            id="a folder stands in for a module",
        ),
        pytest.param(
            {**TIDY, "/app/go.mod": MOD + "replace (\n\texample.org/x v1.2.0 => e.org/y v0.1.0\n)"},
            {},
            Followed(READ, rewrites=BOTH),
            id="another module stands in and has no sum",
        ),
        pytest.param(
            TIDY,
            {"cwd": "/app/cmd", "variables": {"GOWORK": "off"}},
            Followed(("/app/cmd/go.mod", "/app/go.mod", "/app/go.sum")),
            id="the manifest stands above",
        ),
        pytest.param(
            {
                "/app/go.work": 'go 1.22\nuse (\n\t.\n\t"./lib"\n)\n',
                "/app/lib/go.mod": "module l\nreplace l/x => ./x\n",
                **TIDY,
            },
            {},
            Followed(
                (
                    *("/app/go.work", "/app/go.mod", "/app/go.sum", "/app/lib/go.mod"),
                    *("/app/lib/go.sum", "/app/lib/x/go.mod", "/app/go.work.sum"),
                ),
                rewrites=("/app/go.work.sum",),
            ),
            id="a workspace reads the manifests of all members",
        ),
    ],
)
def test_it_reads_and_may_write(
    files: dict[str, str], options: dict[str, object], expected: Followed
) -> None:
    assert follow(request(files, **options)) == expected  # type: ignore[arg-type]


WORDS = st.sampled_from(
    ["go", "1.22", "1", "require", "replace", "=>", "use", "(", ")", "./x", '"', "v1.0.0", "//"]
)


@given(st.lists(st.lists(WORDS, max_size=5).map(" ".join), max_size=6).map("\n".join))
def test_any_text_has_an_answer(text: str) -> None:
    found = follow(request({"/app/go.mod": text, "/app/go.work": text, "/app/x/go.mod": text}))
    assert (found.opaque is None) == bool(found.files)
