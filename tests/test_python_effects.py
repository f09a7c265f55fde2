from __future__ import annotations

import tomllib
from collections.abc import Mapping
from fnmatch import fnmatchcase
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reorder.effects.effect import Access, Effect, Extent, Footprint
from reorder.effects.libraries import builtin_libraries
from reorder.effects.paths import conflict
from reorder.effects.python import module_effect, python_effect

LIBRARIES = builtin_libraries()
PATH = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
CLIP = (
    "import open_clip, os; open_clip.create_model_and_transforms('ViT-B-32-quickgelu', "
    "pretrained='laion2b_s34b_b79k', cache_dir=os.environ['OPENCLIP_CACHE_DIR'])"
)


def effect(
    code: str,
    *,
    context: Mapping[str, str] | None = None,
    env: Mapping[str, str | None] | None = None,
    home: str | None = "/root",
    path0: str = "/app",
    maybe: tuple[str, ...] = (),
    listed: bool = True,
) -> Effect:
    """The effect of a text that runs in /app; `maybe` are paths that may exist or not."""
    variables = {**PATH, **(env or {})}
    texts = context or {}
    folders = {path[:n] for path in texts for n, char in enumerate(path) if char == "/"}
    return python_effect(
        code,
        cwd="/app",
        path0=path0,
        lookup=lambda name: variables.get(name, ""),
        home=home,
        read_file=lambda path: texts[path].encode() if path in texts else None,
        exists=lambda path: None if path in maybe else path in texts or path in folders,
        libraries=LIBRARIES,
        owner="0:0:0755",
        below=(lambda folder: [p for p in texts if p.startswith(folder + "/")]) if listed else None,
    )


def paths(found: Effect, access: Access) -> dict[str, Extent]:
    """Path footprints without those that every use of Python or of a download has."""
    usual = {f for code in ("0", "import requests\nrequests.get('x')") for f in _paths(code)}
    return {
        f.name: f.extent
        for f in found.footprints
        if f.resource == "path" and f.access is access and f not in usual
        if f.extent is not Extent.MODULES
    }


def _paths(code: str) -> set[Footprint]:
    return {f for f in effect(code).footprints if f.resource == "path"}


def variables(found: Effect) -> set[str]:
    return {f.name for f in found.footprints if f.resource == "env"}


REFUSED = [
    ("import nonesuch", "no model for the Python module `nonesuch`"),
    ("import os\nos.system('make')", "runs `make`"),
    ("import torch\ntorch.frobnicate()", "no model for `torch.frobnicate` (line 2)"),
    ("import torch\ntorch.hub.load('a/b', 'c')", "runs the code of the repository"),
    ("import torch\ntorch.save({}, x)", "the path `x` is not known"),
    ("import requests\nrequests.get('u').frobnicate()", "`requests.get().frobnicate`"),
    ("import os\nlist(map(os.remove, 'ab'))", "`os.remove`, which is handed on"),
    ("import ssl\nssl.x = 1", "it changes `ssl.x`"),
    ("import sys\nsys.path.insert(0, '/x')", "changes where modules come from"),
    ("import sys\nsys.path = []", "it changes `sys.path`"),
    ("import sys\nsys.modules['a'] = 1", "it changes `sys.modules`"),
    ("import torch\ntorch.load('a.pt')", "no model for `torch.load`"),
    ("list(map(__import__, ['a']))", "no model for `__import__`"),
    ("import os\nos.environ['HOME'] = '/x'", "it sets `HOME` for itself"),
    ("import urllib.request as u\nu.urlopen('file:///app/x')", "may read a file"),
    ("import urllib.request as u, os\nu.urlopen(os.environ['U'])", "may read a file"),
    ("import os\nos.umask(0)", "changes the modes"),
    ("import os\nos.makedirs('a', mode=0o700)", "with `mode` sets a mode of its own"),
    ("import os\nos.makedirs('/a/' + os.environ['U'])", "the folder that `os.makedirs` makes"),
    ("import os\nos.makedirs(*x)", "hidden behind `*`"),
    (
        "from transformers import AutoModel as A\nA.from_pretrained('a', trust_remote_code=True)",
        "runs code from the model's repository",
    ),
    ("from transformers import AutoModel as A\nA.from_pretrained(x)", "the path `x` is not known"),
    (
        "from transformers import AutoModel as A\nA.from_pretrained('a', frob='b')",
        "no model for the argument `frob`",
    ),
    (
        "from transformers import AutoModel as A\nA.from_pretrained('a', 'b')",
        "no model for so many arguments",
    ),
    (
        "from transformers import AutoModel as A\nA.from_pretrained('a', cache_dir=x)",
        "the path `x` is not known",
    ),
    (
        "from transformers import AutoModel as A\nm = A.from_pretrained('a')\nm.push_to_hub('b')",
        "`transformers.AutoModel.from_pretrained().push_to_hub`",
    ),
    ("open('~nobody/x')\nimport os\nopen(os.path.expanduser('~nobody/x'))", "the home folder"),
    ("import logging\nlogging.basicConfig(filename='x')", "no model for the argument `filename`"),
    ("import zipfile\nzipfile.ZipFile('a').extractall('b')", "unpacks files"),
]


@pytest.mark.parametrize(("code", "reason"), REFUSED)
def test_what_is_not_known_makes_the_text_opaque(code: str, reason: str) -> None:
    assert reason in (effect(code, env={"U": None}).opaque or "")


def test_an_opaque_text_keeps_the_seconds_that_are_known() -> None:
    assert effect(CLIP + "; x()").seconds == pytest.approx(750, rel=0.01)
    assert effect("x()").seconds == 2.1


def copy(path: str) -> Footprint:
    return Footprint("path", "/app", Access.WRITE, Extent.LISTED, (path,))


def conflicts(found: Effect, other: Footprint) -> bool:
    return any(conflict(footprint, other) for footprint in found.footprints)


# What the COPY brings, and whether the download must stay behind it.
COPIES = [
    ("/app/open_clip.py", True),
    ("/app/open_clip/__init__.py", True),
    ("/app/os.py", True),
    ("/app/torch.py", True),
    ("/app/numpy.cpython-311-x86_64-linux-gnu.so", True),
    ("/app/requests/__init__.py", True),
    ("/app/json.py", True),
    ("/app/sitecustomize.py", True),
    ("/app/laion2b_s34b_b79k", True),
    ("/app/ViT-B-32-quickgelu/config.json", True),
    ("/app/open_clip-2.0.dist-info/METADATA", True),
    ("/app/matplotlibrc", True),
    ("/models/clip/x", True),
    ("/root/.cache/huggingface/token", True),
    ("/etc/ssl/certs/own.pem", True),
    ("/usr/local/lib/python3.11/site-packages/x.pth", True),
    ("/app/worker.py", False),
    ("/app/embed.py", False),
    ("/app/sub/torch.py", False),
    ("/app/README.md", False),
    ("/srv/torch.py", False),
]


@pytest.mark.parametrize(("path", "stays"), COPIES)
def test_the_download_depends_on_copied_files_only_by_the_names_of_modules(
    path: str, stays: bool
) -> None:
    found = effect(CLIP, env={"OPENCLIP_CACHE_DIR": "/models/clip"})
    assert (found.opaque, conflicts(found, copy(path))) == (None, stays)


def test_the_download_looks_at_its_own_variables_and_at_no_version_of_the_project() -> None:
    found = effect(CLIP, env={"OPENCLIP_CACHE_DIR": "/models/clip"})
    names = variables(found)
    seen = {"OPENCLIP_CACHE_DIR", "HF_HOME", "HTTPS_PROXY", "PYTHONPATH", "OMP_NUM_THREADS"}
    own = {"GIT_SHA", "BUILD_DATE", "APP_VERSION", "COMMIT", "RELEASE", "VERSION", "PORT"}
    assert all(any(fnmatchcase(name, pattern) for pattern in names) for name in seen)
    assert not [name for name in own if any(fnmatchcase(name, pattern) for pattern in names)]


def test_the_download_of_a_clip_model_takes_twelve_minutes() -> None:
    assert effect(CLIP, env={"OPENCLIP_CACHE_DIR": "/m"}).seconds == pytest.approx(750, rel=0.01)


def test_a_cache_folder_that_is_not_known_may_be_anywhere() -> None:
    found = effect(CLIP, env={"OPENCLIP_CACHE_DIR": None})
    assert paths(found, Access.WRITE)["?OPENCLIP_CACHE_DIR"] is Extent.TREE
    assert conflicts(found, copy("/app/worker.py"))


def test_modules_may_come_from_any_folder_when_the_search_path_is_not_known() -> None:
    found = effect("import json", env={"PYTHONPATH": None})
    assert conflicts(found, copy("/srv/json.py"))
    assert not conflicts(found, copy("/srv/worker.py"))


def test_modules_come_from_the_folders_of_the_search_path() -> None:
    found = effect("import json", env={"PYTHONPATH": "/srv:lib"})
    assert conflicts(found, copy("/srv/json.py"))
    assert conflicts(found, copy("/app/lib/json.py"))
    assert not conflicts(found, copy("/opt/json.py"))


P, T = Extent.POINT, Extent.TREE
# code, reads, writes
FILES: list[tuple[str, dict[str, Extent], dict[str, Extent]]] = [
    ("open('a')", {"/app/a": P}, {}),
    ("open('/b/../a', 'rb').read()", {"/a": P}, {}),
    ("open('a', 'w').write('x')", {}, {"/app/a": P}),
    ("import json\njson.dump({}, open('a', 'a'))", {}, {"/app/a": P}),
    ("open('a', m)", {}, {"/app/a": P}),
    ("import os\nopen(os.environ['X'] + '/a')", {"/x/a": P}, {}),
    ("import os\nopen(os.environ.get('NO', '/d') + '/a')", {"/d/a": P}, {}),
    ("import os\nopen(os.environ['U'] + '/a')", {"?U/a": P}, {}),
    ("import os\nopen('/o/a-' + os.environ['U'] + '/b')", {"/o": T}, {}),
    ("import os\nopen(os.path.join('/o', os.environ['U'], 'b'))", {"?U/b": P}, {}),
    ("import os\nopen(os.environ['U'] + '/../b')", {"?U": T}, {}),
    ("import os\nopen(os.path.expanduser('~/a'))", {"/root/a": P}, {}),
    ("import os\nos.environ['X'] = '/y'\nopen(os.environ['X'])", {"/y": P, "/x": P}, {}),
    ("from pathlib import Path as P\n(P('a') / 'b').write_text('x')", {}, {"/app/a/b": T}),
    ("from pathlib import Path as P\nP('a').read_text().strip()", {"/app/a": T}, {}),
    ("from pathlib import Path as P\nP(__file__).parent.joinpath('d').exists()", {"/app/d": T}, {}),
    ("import os\nif os.path.exists('a'): os.remove('a')", {"/app/a": T}, {"/app/a": T}),
    ("import os\nos.listdir()", {"/app": T}, {}),
    ("import shutil\nshutil.copy('a', 'b')", {"/app/a": T}, {"/app/b": T}),
    ("import shutil\nshutil.rmtree('/x', ignore_errors=True)", {}, {"/x": T}),
    ("import urllib.request as u\nu.urlretrieve('http://h/x', 'f')", {}, {"/app/f": T}),
    ("import torch\ntorch.save({}, 'w.pt')", {}, {"/app/w.pt": T}),
    ("print('x')", {}, {}),
]


@pytest.mark.parametrize(("code", "reads", "writes"), FILES)
def test_files_are_read_and_written_where_the_text_says(
    code: str, reads: dict[str, Extent], writes: dict[str, Extent]
) -> None:
    found = effect(code, env={"X": "/x", "U": None})
    assert found.opaque is None
    imports = "\n".join(line for line in code.split("\n") if line.startswith(("import", "from")))
    background = effect(imports, env={"X": "/x", "U": None})
    assert _without(found, background, Access.READ) == reads
    assert _without(found, background, Access.WRITE) == writes


def _without(found: Effect, background: Effect, access: Access) -> dict[str, Extent]:
    known = paths(background, access)
    return {name: how for name, how in paths(found, access).items() if name not in known}


def test_folders_are_made_with_their_parents() -> None:
    found = effect("import os\nos.makedirs('/srv/a/b', exist_ok=True)")
    made = [(f.name, f.owner) for f in found.footprints if f.access is Access.ENSURE]
    assert made == [("/srv/a", "0:0:0755"), ("/srv/a/b", "0:0:0755")]


HUB = {"/root/.cache/huggingface": T}
# code, variables, where the downloads go
DOWNLOADS: list[tuple[str, dict[str, str | None], dict[str, Extent]]] = [
    ("from transformers import AutoModel\nAutoModel.from_pretrained('a/b')", {}, HUB),
    (
        "from transformers import AutoModel\nAutoModel.from_pretrained('a/b', cache_dir='/m')",
        {},
        {"/m": T, **HUB},
    ),
    (
        "from transformers import AutoModel\nAutoModel.from_pretrained('a/b')",
        {"HF_HUB_CACHE": "/h"},
        {"/h": T, **HUB},
    ),
    (
        "from transformers import AutoTokenizer as A\nA.from_pretrained('a').save_pretrained('o')",
        {},
        {"/app/o": T, **HUB},
    ),
    (
        "from transformers import AutoModel as M, pipeline as p\np('ner', M.from_pretrained('a'))",
        {},
        HUB,
    ),
    ("from transformers import pipeline\npipeline('ner', model='a/b')('text')", {}, HUB),
    (
        "from huggingface_hub import snapshot_download as d\nd('a/b', local_dir='/m')",
        {},
        {"/m": T, **HUB},
    ),
    ("from huggingface_hub import snapshot_download as d\nfor n in ('a/b', 'c/d'): d(n)", {}, HUB),
    (
        "from huggingface_hub import hf_hub_download as d\nd('a/b', 'x', local_dir='./m')",
        {},
        {"/app/m": T, **HUB},
    ),
    (
        "from sentence_transformers import SentenceTransformer as S\nS('a').save('/m')",
        {},
        {"/m": T, "/root/.cache/torch": T, **HUB},
    ),
    (
        "from sentence_transformers import SentenceTransformer as S\nS('a')",
        {"SENTENCE_TRANSFORMERS_HOME": "/s"},
        {"/s": T, "/root/.cache/torch": T, **HUB},
    ),
    ("import nltk\nnltk.download('punkt', download_dir='/n')", {}, {"/n": T}),
    (
        "import nltk\nfor n in ['punkt', 'stopwords']: nltk.download(n, '/n', quiet=True)",
        {},
        {"/n": T},
    ),
    ("import whisper\nwhisper.load_model('base')", {}, {"/root/.cache/whisper": T}),
    (
        "import torchvision.models as m\nm.resnet50(weights=m.ResNet50_Weights.DEFAULT).eval()",
        {},
        {"/root/.cache/torch": T},
    ),
    (
        "import tiktoken\ntiktoken.get_encoding('cl100k_base')",
        {"TIKTOKEN_CACHE_DIR": "/t"},
        {"/t": T},
    ),
    ("import easyocr\neasyocr.Reader(['en'], gpu=False)", {}, {"/root/.EasyOCR": T}),
    (
        "from rembg import new_session\nnew_session('u2net')",
        {"U2NET_HOME": "/u"},
        {"/u": T, "/root/.u2net": T},
    ),
]


@pytest.mark.parametrize(("code", "env", "places"), DOWNLOADS)
def test_downloads_go_where_arguments_and_variables_say(
    code: str, env: dict[str, str | None], places: dict[str, Extent]
) -> None:
    found = effect(code, env=env)
    assert found.opaque is None
    assert places.items() <= paths(found, Access.WRITE).items()
    assert found.seconds > 0
    assert not conflicts(found, copy("/app/worker.py"))


def test_a_cache_folder_replaces_the_default_one() -> None:
    whisper = "import whisper\nwhisper.load_model('base', download_root='/w')"
    assert "/root/.cache/whisper" not in paths(effect(whisper), Access.WRITE)


def test_the_name_of_a_model_may_be_a_folder_of_the_project() -> None:
    found = effect("from transformers import AutoModel\nAutoModel.from_pretrained('models/own')")
    assert conflicts(found, copy("/app/models/own/config.json"))


def test_larger_models_take_longer() -> None:
    base = effect("import whisper\nwhisper.load_model('base')").seconds
    large = effect("import whisper\nwhisper.load_model('large-v3')").seconds
    assert base < large


def test_the_home_folder_is_unknown_when_the_user_is() -> None:
    found = effect("import whisper\nwhisper.load_model('base')", home=None)
    assert "?home/.cache/whisper" in paths(found, Access.WRITE)
    opened = effect("import os\nopen(os.path.expanduser('~/a'))", home=None)
    assert "?home/a" in paths(opened, Access.READ)


# The project's own modules.
def test_modules_of_the_project_are_followed() -> None:
    context = {"/app/helper.py": "import whisper\ndef get(): whisper.load_model('base')"}
    found = effect("import helper\nhelper.get()", context=context)
    assert found.opaque is None
    assert paths(found, Access.READ)["/app/helper.py"] is P
    assert "/root/.cache/whisper" in paths(found, Access.WRITE)
    assert conflicts(found, copy("/app/whisper.py"))


def test_modules_of_packages_are_followed() -> None:
    context = {
        "/app/pkg/__init__.py": "from .a import f",
        "/app/pkg/a.py": "from . import b\ndef f(): open('x')",
        "/app/pkg/b.py": "open('y')",
    }
    found = effect("from pkg.a import f\nf()", context=context)
    assert found.opaque is None
    read = {"/app/pkg/__init__.py", "/app/pkg/a.py", "/app/pkg/b.py", "/app/x", "/app/y"}
    assert read <= set(paths(found, Access.READ))


OWN_REFUSED = [
    (
        "import helper",
        {"/app/helper.py": "exec('x')"},
        (),
        "runs text as code with `exec` (line 1) in",
    ),
    ("import helper", {}, ("/app/helper.py",), "no model for the Python module `helper`"),
    (
        "import pkg.a",
        {"/app/pkg/__init__.py": ""},
        ("/app/pkg/a.py",),
        "`/app/pkg/a.py` is imported",
    ),
    (
        "import helper\nhelper.torch.hub.load('a', 'b')",
        {"/app/helper.py": "import torch"},
        (),
        "no model for `helper.torch.hub.load`",
    ),
    ("import helper\nhelper.f().g()", {"/app/helper.py": "def f(): pass"}, (), "`helper.f().g`"),
    (
        "import helper\nhelper.f(1)",
        {"/app/helper.py": "from torch import load as f"},
        (),
        "no model for `helper.f`",
    ),
    (
        "import helper\nhelper.f('x')",
        {"/app/helper.py": "def f(p): open(p)"},
        (),
        "path `p` is not known",
    ),
    (
        "import torch\ntorch.zeros(1)",
        {"/app/torch.py": "import os\nzeros = os.remove"},
        (),
        "no model for `torch.zeros`",
    ),
    (
        "import torch\nprint([torch.float16])",
        {"/app/torch.py": "import os\nfloat16 = os.remove"},
        (),
        "no model for `torch.float16`, which is handed on",
    ),
    ("import torch", {"/app/numpy.py": ""}, (), "takes the place of the module `numpy`"),
    ("import torch", {"/app/types/__init__.py": ""}, (), "takes the place of the module `types`"),
    (
        "import m0",
        {f"/app/m{n}.py": f"import m{n + 1}" for n in range(30)},
        (),
        "too many to follow",
    ),
]


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize(("code", "context", "maybe", "reason"), OWN_REFUSED)
def test_modules_of_the_project_that_cannot_be_followed_make_it_opaque(
    code: str, context: dict[str, str], maybe: tuple[str, ...], reason: str, listed: bool
) -> None:
    found = effect(code, context=context, maybe=maybe, listed=listed)
    assert reason in (found.opaque or "")


def test_a_folder_without_an_init_file_takes_no_place() -> None:
    context = {"/app/numpy/data.csv": "", "/app/types.txt": ""}
    assert effect("import torch", context=context).opaque is None


def test_a_script_imports_from_its_own_folder() -> None:
    context = {"/app/tools/helper.py": "open('x')"}
    assert effect("import helper", context=context).opaque is not None
    found = effect("import helper", context=context, path0="/app/tools")
    assert {"/app/tools/helper.py", "/app/x"} <= set(paths(found, Access.READ))
    assert conflicts(found, copy("/app/tools/json.py"))
    assert not conflicts(found, copy("/app/json.py"))


def test_each_module_knows_its_own_folder() -> None:
    helper = "from pathlib import Path\nopen(Path(__file__).parent / 'x')"
    context = {"/app/pkg/__init__.py": "", "/app/pkg/a.py": helper}
    assert "/app/pkg/x" in paths(effect("import pkg.a", context=context), Access.READ)


def test_a_string_that_names_a_file_of_the_project_counts_as_a_read() -> None:
    found = effect("print('data/list.txt')", context={"/app/data/list.txt": ""})
    assert paths(found, Access.READ) == {"/app/data/list.txt": P}


def test_printing_all_variables_looks_at_all_of_them() -> None:
    assert "*" in variables(effect("import os\nprint(os.environ)"))


def test_a_library_whose_variables_are_not_known_may_look_at_any() -> None:
    assert "*" in variables(effect("import ultralytics"))


def run_module(module: str, *args: str | None) -> Effect | None:
    return module_effect(
        module,
        args,
        cwd="/app",
        lookup=lambda name: PATH.get(name, ""),
        home="/root",
        read_file=lambda path: None,
        exists=lambda path: False,
        libraries=LIBRARIES,
    )


MODULES: list[tuple[str, tuple[str | None, ...], str | None]] = [
    ("nonesuch", (), None),
    ("spacy", ("train",), None),
    ("spacy", ("download", "--frob", "en"), None),
    ("spacy", ("download", None), None),
    ("nltk.downloader", ("-d",), None),
    ("nltk.downloader", ("-d", None), None),
    ("spacy", ("download", "en_core_web_sm"), "/usr/local/lib"),
    ("nltk.downloader", ("-q", "-d", "/n", "punkt"), "/n"),
    ("nltk.downloader", ("punkt",), "/root/nltk_data"),
]


@pytest.mark.parametrize(("module", "args", "place"), MODULES)
def test_modules_that_are_run_write_where_their_words_say(
    module: str, args: tuple[str | None, ...], place: str | None
) -> None:
    found = run_module(module, *args)
    if place is None:
        assert found is None
    else:
        assert found is not None and found.opaque is None
        assert place in {f.name for f in found.footprints if f.access is Access.WRITE}


# Laws.
NAMES = st.sampled_from(["a", "b.txt", "d/e", "/x/y", "../z", "~/h", "", "."])


@settings(max_examples=60, deadline=None)
@given(st.lists(NAMES, max_size=4), st.sampled_from(["r", "w"]))
def test_more_text_never_touches_less(names: list[str], mode: str) -> None:
    lines = [f"open({name!r}, {mode!r})" for name in names]
    all_of_it = set(effect("\n".join(lines)).footprints)
    assert all(set(effect(line).footprints) <= all_of_it for line in lines)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=30), st.text(max_size=10))
def test_no_text_raises(code: str, name: str) -> None:
    effect(code)
    effect(f"open({name!r})")


# The data.
DATA = {
    path.name: tomllib.loads(path.read_text("utf-8"))
    for path in (files("reorder") / "tools" / "libraries").iterdir()
    if path.name.endswith(".toml")
}


@pytest.mark.parametrize("name", sorted(DATA))
def test_each_file_says_where_its_facts_are_from(name: str) -> None:
    assert DATA[name]["family"] and DATA[name]["source"]


def test_every_store_that_a_call_names_exists_and_is_used() -> None:
    used = {
        store
        for library in LIBRARIES.libraries.values()
        for call in library.calls
        for store in (*call.stores, *call.also)
    }
    assert used == set(LIBRARIES.stores), used ^ set(LIBRARIES.stores)


def test_every_call_that_a_module_stands_for_has_a_model() -> None:
    assert [m.name for m in LIBRARIES.modules if LIBRARIES.call(m.call) is None] == []


def test_every_download_has_a_size() -> None:
    for library in LIBRARIES.libraries.values():
        for call in library.calls:
            assert call.opaque or call.megabytes > 0 or not call.network, call.pattern


def test_five_hundred_well_known_names_are_possible_shadows() -> None:
    assert len(DATA["names.toml"]["names"]) > 500
    assert all(name.isidentifier() for name in LIBRARIES.names)
