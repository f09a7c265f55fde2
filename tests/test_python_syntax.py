from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reorder.syntax.python import read_python
from reorder.syntax.python_facts import (
    Call,
    Concat,
    Home,
    Items,
    Join,
    OneOf,
    Other,
    Parent,
    Place,
    Plain,
    Script,
    Text,
    Variable,
)

REFUSED = [
    ("print 'python 2'", "parse"),
    ("exec 'python 2'", "parse"),
    ("raise ValueError, 'python 2'", "parse"),
    ("def f(:", "parse"),
    ("if 1:\n\tx\n        y\n", "parse"),
    ("\0", "parse"),
    ("'\\N{no such letter}'", "parse"),
    ("exec('x = 1')", "with `exec` (line 1)"),
    ("import os\neval(os.environ['X'])", "with `eval` (line 2)"),
    ("compile('1', '', 'eval')", "with `compile`"),
    ("__import__(name)", "imports what is not named"),
    ("import importlib\nimportlib.import_module('a' + x)", "imports what is not named"),
    ("import importlib\nimportlib.import_module('.a', 'b')", "imports what is not named"),
    ("import subprocess\nsubprocess.run(['ls', '-l'])", "`ls -l`: put it into the RUN"),
    ("from subprocess import check_call as c\nc('make', shell=True)", "runs `make`"),
    ("import os\nos.system('make')", "runs `make`: put it into the RUN itself (line 2)"),
    ("import os\nos.system(x)", "a command with `os.system`"),
    ("import os\nos.chdir('/tmp')", "use WORKDIR"),
    ("globals()['x']()", "names things by text"),
    ("vars()['x']()", "names things by text"),
    ("import a\ngetattr(a, n)()", "names things by text"),
    ("import a\nsetattr(a, 'b', 1)", "changes things by name"),
    ("from a import *\nb()", "imports `*`"),
    ("class A: pass", "defines a class"),
    ("@d\ndef f(): pass", "uses a decorator"),
    ("async def f(): pass", "uses async code"),
    ("def f():\n  global x\n  x = 1\nf()", "changes global names"),
    ("def f():\n  def g():\n    nonlocal x\n  g()\nf()", "changes outer names"),
    ("unknown('x')", "calls `unknown`, which is not followed"),
    ("for f in fs:\n  f()", "calls `f`"),
    ("def g(f): f()\ng(print)\ng(h)", "calls `f`"),
    ("f = lambda g: g()\nf(1)", "calls `g`"),
    ("def f(): return g\nf()()", "calls `f()`"),
    ("x = [print]\nx.append(1)\nx[0].y.z()\ny = (lambda: q)()\ny()", "calls `y`"),
    ("import os\nos.environ.update(x)", "variables that are not named"),
    ("import os\nos.environ[x] = '1'", "a variable that is not named"),
    ("open('a', opener=x)", "opens files in a way of its own"),
    ("x.y = 1", "changes `x.y`"),
    ("with x: pass", "uses `with` on what is not followed"),
    ("x = 1\n" * 200_000, "too long"),
    ("(" * 5000 + "1" + ")" * 5000, "nested too deeply"),
    ("-" * 20_000 + "1", "nested too deeply"),
    ("f'{" + "(" * 3000 + "1" + ")" * 3000 + "}'", "nested too deeply"),
    ("if a: pass\n" + "elif b: pass\n" * 5000, "nested too deeply"),
    ("x = " + "lambda:" * 8000 + "1", "nested too deeply"),
    (
        "x0 = 'a'\n" + "".join(f"x{n + 1} = x{n} + x{n}\n" for n in range(40)) + "open(x40)",
        "involved",
    ),
    ("".join(f"def f{n}():\n  f{n + 1}()\n  f{n + 1}()\n" for n in range(40)) + "f0()", "involved"),
]


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_what_cannot_be_followed_is_refused_with_a_reason(text: str, reason: str) -> None:
    assert reason in (read_python(text).opaque or "")


IMPORTS = [
    ("import a", ("a",)),
    ("import a.b as c, d", ("a.b", "d")),
    ("from a import b, c as d", ("a.b", "a.c")),
    ("from . import a\nfrom ..b.c import d", (".a", "..b.c.d")),
    ("try:\n  import a\nexcept ImportError:\n  a = None", ("a",)),
    ("def f():\n  import a\nf()", ("a",)),
    ("import importlib\nimportlib.import_module('a.b')", ("importlib", "a.b")),
    ("if __name__ == '__main__':\n  import a", ("a",)),
]


@pytest.mark.parametrize(("text", "imports"), IMPORTS)
def test_imports_are_named_in_full(text: str, imports: tuple[str, ...]) -> None:
    assert read_python(text).imports == imports


# text, names, any
ENVIRONMENT: list[tuple[str, set[str], bool]] = [
    ("import os\nos.environ['A']", {"A"}, False),
    ("import os\nprint(os.environ.get('A', 'x'), os.getenv('B'))", {"A", "B"}, False),
    ("from os import environ as e, getenv as g\ne['A'], g('B')", {"A", "B"}, False),
    ("import os as o\ne = o.environ\nprint(f'{e[\"A\"]}')", {"A"}, False),
    ("import os\ng = os.environ.get\ng('A')", {"A"}, False),
    ("import os\n'A' in os.environ", {"A"}, False),
    ("import os\nfor n in ('A', 'B'): os.environ[n]", {"A", "B"}, False),
    ("import os\nos.environ.setdefault('A', '1')", {"A"}, False),
    ("import os\nos.environ['A'] = '1'", set(), False),
    ("import os\nprint(os.environ)", set(), True),
    ("import os\nfor n in os.environ: pass", set(), True),
    ("import os\nos.environ[x]", set(), True),
    ("import os\ndict(os.environ.items())", set(), True),
    ("import os\nx = {**os.environ}", set(), True),
    ("import os\nlist(map(os.getenv, x))", set(), True),
    ("import os\nprint(os.environb)", set(), True),
    ("import os\nx = os.environ.copy()", set(), True),
]


@pytest.mark.parametrize(("text", "names", "all_of_them"), ENVIRONMENT)
def test_variables_that_are_looked_at_are_named(
    text: str, names: set[str], all_of_them: bool
) -> None:
    facts = read_python(text)
    assert (set(facts.env), facts.env_any, facts.opaque) == (names, all_of_them, None)


def test_variables_that_are_set_keep_their_values() -> None:
    text = "import os\nos.environ['A'] = '/a'\nos.environ.update(B='/b')\ndel os.environ['C']"
    written = (("A", Text("/a")), ("B", Text("/b")), ("C", Other("...")))
    assert read_python(text).env_written == written


# text, the value of the path that is opened
VALUES = [
    ("open('a')", Text("a")),
    ("open('a' 'b')", Concat((Text("a"), Text("b")))),
    ("import os\nopen(os.environ['X'] + '/a')", Concat((Variable("X"), Text("/a")))),
    ("import os\nopen(f\"{os.environ['X']}/a\")", Concat((Variable("X"), Text("/a")))),
    ("import os\nopen(os.getenv('X', '/d'))", Variable("X", Text("/d"))),
    (
        "import os\nopen(os.path.join(os.getenv('X'), 'a'))",
        Join((Variable("X", Plain("None")), Text("a"))),
    ),
    ("from os.path import join as j\nopen(j('a', 'b'))", Join((Text("a"), Text("b")))),
    ("from pathlib import Path\nopen(Path('a') / 'b')", Place(Join((Text("a"), Text("b"))))),
    (
        "from pathlib import Path\n(Path.home() / 'b').open()",
        Place(Join((Home(Text("~")), Text("b")))),
    ),
    ("from pathlib import Path\nopen(str(Path(__file__).parent))", Parent(Script())),
    ("d = '/a'\ndef f(p=d): open(p)\nf()", Text("/a")),
    ("def f(p): open(p)\nf('/a')", Text("/a")),
    ("def f(*, p): open(p)\nf(p='/a')", Text("/a")),
    ("def f(*a, p='/a'): open(p)\nf('/b', '/c')", Text("/a")),
    ("def f(): return '/a'\nopen(f())", OneOf((Plain("None"), Text("/a")))),
    ("open((lambda p: p)('/a'))", Text("/a")),
    ("a, (b, c) = 'x', ('y', 'z')\nopen(c)", Text("z")),
    ("open(x := '/a')", Text("/a")),
    ("for p in ['a', 'b']: open(p)", OneOf((Text("a"), Text("b")))),
    ("[open(p) for p in ('a', 'b')]", OneOf((Text("a"), Text("b")))),
    ("p = 'a'\np = 'b'\nopen(p)", OneOf((Text("a"), Text("b")))),
    ("if x: p = 'a'\nelse: p = 'b'\nopen(p)", OneOf((Text("a"), Text("b")))),
    ("for k, v in {'a': 'b'}.items(): open(v)", Text("b")),
    ("d = {'a': 'b', 'c': 'd'}\nopen(d['a'])", Text("b")),
    ("d = {'a': 'b', 'c': 'd'}\nopen(d[x])", OneOf((Text("b"), Text("d")))),
    ("d = {'a': 'b'}\nfor k in d: open(k)", Text("a")),
    ("d = {'a': 'b'}\nd['a'] = x\nopen(d['a'])", Other("...")),
    ("open('a' if x else 'b')", OneOf((Text("a"), Text("b")))),
    # Not followed, so not known.
    ("open(p)", Other("p")),
    ("p = 'a'\np += 'b'\nopen(p)", OneOf((Text("a"), Other("p")))),
    ("for p in ['a']: open(p)\nxs = []\nxs.append('b')", Other("...")),
    ("p = p + 'a'\nopen(p)", Concat((Other("..."), Text("a")))),
    ("open(*x)", Other("open(*...)")),
    ("import sys\nopen(sys.argv[1])", Other("...")),
    ("p = 'a'\ndef f():\n  q = [p for p in xs]\n  open(p)\nf()", OneOf((Other("..."), Text("a")))),
]


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_paths_are_followed_through_names_and_functions(text: str, value: object) -> None:
    found = read_python(text).opens[0].path
    if value == Other("..."):
        assert type(found).__name__ in ("Other", "Ref")
    else:
        assert found == value


MODES = [
    ("open('a')", "r"),
    ("open('a', 'wb')", "wb"),
    ("open('a', mode='a')", "a"),
    ("open('a', m)", None),
]


@pytest.mark.parametrize(("text", "mode"), MODES)
def test_the_mode_of_an_open_is_told(text: str, mode: str | None) -> None:
    assert read_python(text).opens[0].mode == mode


CALLS = [
    ("import a.b as c\nc.d('x', k=1)", [Call("a.b.d", (Text("x"),), (("k", Plain("1")),), line=2)]),
    ("from a import b\nb().c()", [Call("a.b", line=2), Call("a.b().c", line=2)]),
    ("from a import b\nx, y = b()\ny.c()", [Call("a.b", line=2), Call("a.b()[].c", line=3)]),
    ("import a\na.b()()", [Call("a.b", line=2), Call("a.b().__call__", line=2)]),
    (
        "import a\nwith a.b() as c: c.d()",
        [Call("a.b", line=2), Call("a.b().__enter__", line=2), Call("a.b().d", line=2)],
    ),
    ("import a\ndef f(): a.b()\n", []),
    ("import a\ndef f(): a.b()\nf()", [Call("a.b", line=2)]),
    (
        "import a\ndef f(): a.b()\na.c(f)",
        [Call("a.c", (Other("a function"),), line=3), Call("a.b", line=2)],
    ),
    (
        "import a\na.c(lambda: a.b())",
        [Call("a.c", (Other("a function"),), line=2), Call("a.b", line=2)],
    ),
    (
        "import a\ndef f(): return a.b()\nf().c()",
        [Call("a.b", line=2), Call("a.b().c", line=3)],
    ),
    ("import a\na.b(*x)", [Call("a.b", spread=True, line=2)]),
    ("import a\nf = a.b if x else a.c\nf()", [Call("a.b", line=3), Call("a.c", line=3)]),
    (
        "import a\nfor n in ['x', 'y']: a.b(n)",
        [Call("a.b", (OneOf((Text("x"), Text("y"))),), line=2)],
    ),
    ("import a\na.b(['x'])", [Call("a.b", (Items((Text("x"),)),), line=2)]),
    (
        "def f(n):\n  import a\n  a.b(n)\n  f(n)\nf(1)",
        [Call("a.b", (Plain("1"),), line=3), Call("a.b", (Other("n"),), line=3)],
    ),
    ("x: int = print(1)", [Call("builtins.print", (Plain("1"),), line=1)]),
    ("','.join(x)", [Call("builtins.str().join", (Other("x"),), receiver=Text(","), line=1)]),
]


@pytest.mark.parametrize(("text", "calls"), CALLS)
def test_calls_are_named_by_what_was_imported(text: str, calls: list[Call]) -> None:
    facts = read_python(text)
    assert (list(facts.calls), facts.opaque) == (calls, None)


HANDED = [
    ("import os\nlist(map(os.remove, x))", ("os.remove",)),
    ("import os\nx = [os.remove]", ("os.remove",)),
    ("import os\nx = {'a': os.remove}", ("os.remove",)),
    ("import os\nr = os.remove\nsorted([], key=r)", ("os.remove",)),
    ("import a\nx = a.b()\nx.map(x.save)", ("a.b().save",)),
    ("import a\nprint(a.version)", ()),
    ("import a\nx = a.version", ()),
]


@pytest.mark.parametrize(("text", "handed"), HANDED)
def test_what_others_may_call_is_noted(text: str, handed: tuple[str, ...]) -> None:
    assert read_python(text).handed == handed


def test_attributes_that_are_assigned_are_noted() -> None:
    text = "import a\na.b.c = 1\nx = a.f()\nx.d = 2\na.e['k'] = 3\nx['k'] = 4"
    assert read_python(text).changes == ("a.b.c", "a.e", "a.f().d")


def test_a_closure_is_walked_for_each_of_its_scopes() -> None:
    text = "import a\ndef m(p):\n  def g(): open(p)\n  a.b(g)\nm('x')\nm('y')"
    assert {one.path for one in read_python(text).opens} == {Text("x"), Text("y")}


def test_the_functions_of_an_imported_module_all_run_but_not_its_main() -> None:
    text = "import a\ndef f(): a.b()\nif __name__ == '__main__': a.c()"
    assert [call.name for call in read_python(text, imported=True).calls] == ["a.b"]
    assert [call.name for call in read_python(text).calls] == ["a.c"]


def test_names_of_functions_and_constants_are_told_from_others() -> None:
    facts = read_python(
        "import a\nN = 'x'\nT = ('y',)\nM = a.b\ndef f(): pass\ndef g(): pass\ng = a.b"
    )
    assert (set(facts.functions), set(facts.plain)) == ({"f"}, {"N", "T"})


def test_every_string_is_listed() -> None:
    facts = read_python("x = 'a'\ndef f(): return ['b', f'c{x}', \"d\" \"e\"]\nf()")
    assert facts.strings == {"a", "b", "c", "d", "e"}


def test_the_texts_of_commands_are_given() -> None:
    assert read_python("import os\nos.system('a b')").commands == ("a b",)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_no_text_raises(text: str) -> None:
    read_python(text)


_WORDS = """
import os a b . , ( ) [ ] { } : = == + / * ** lambda def class f for in if else while with as
try except return yield 'x' f'{a}' 1 None @ -> := async await match case del global - not and or
os.environ open exec from __file__
"""
WORDS = st.sampled_from([*_WORDS.split(), "\n", "\n\t"])


@settings(max_examples=500, deadline=None)
@given(st.lists(WORDS, max_size=25))
def test_no_text_of_python_words_raises(words: list[str]) -> None:
    read_python(" ".join(words))


# Real runs: whatever Python really imports, opens and looks at is in the facts.
RUNS = [
    "import json, os\nopen('one').read()\nprint(os.environ['A'])",
    "from os import environ as e\nfor n in ('A', 'B'):\n  print(e.get(n))",
    "import os\nopen(os.path.join('d', 'two'))",
    "from pathlib import Path as P\nbase = P('d')\n(base / 'two').open()\nopen(base / 'two')",
    "def f(p, q='one'):\n  with open(q) as h: h.read()\n  return p\nopen(f('d') + '/two')",
    "import os\nos.environ['C'] = 'one'\nopen(os.environ['C'])",
    "x = 'one'\ndef f():\n  open(x)\nx = 'd/two'\nf()\nx = 'none'",
    "files = ['one']\nfor f in files: open(f)",
    "a, (b, *c) = 'one', ('d/two', 1)\nopen(a)\nopen(b)",
    "open('one' if len('x') > 1 else 'd/two')",
    "import functools\nlist(map(lambda p: open(p), ['one']))",
    "try:\n  import nonesuch\nexcept ImportError:\n  import string as nonesuch\nnonesuch.digits",
    "match 'one':\n  case p: open(p)",
    "print([open(p) for p in ['one', 'd/two'] if p])",
    "import os\nprint('A' in os.environ, os.getenv('B', 'x'))",
    "import os\nprint(sorted(os.environ))",
]
HARNESS = """
import collections.abc, json, os, sys
seen = {"opens": [], "env": [], "imports": []}
class Env(collections.abc.MutableMapping):
    def __init__(self, data): self.data = data
    def __getitem__(self, key): seen["env"].append(key); return self.data[key]
    def __setitem__(self, key, value): self.data[key] = value
    def __delitem__(self, key): del self.data[key]
    def __iter__(self): seen["env"].append("*"); return iter(self.data)
    def __len__(self): return len(self.data)
code = compile(sys.stdin.read(), "<text>", "exec")
os.environ = Env({"A": "1", "B": "2"})
def hook(event, args):
    if event == "open":
        frame = sys._getframe(1).f_code
        if frame.co_filename == "<text>" or frame.co_name == "open":
            seen["opens"].append(str(args[0]))
import builtins
original = builtins.__import__
def importer(name, globals=None, locals=None, fromlist=(), level=0):
    if globals and globals.get("__name__") == "text": seen["imports"].append(name)
    return original(name, globals, locals, fromlist, level)
builtins.__import__ = importer
sys.addaudithook(hook)
try:
    exec(code, {"__name__": "text"})
except (OSError, KeyError): pass
sys.__stderr__.write(json.dumps(seen))
"""


@pytest.mark.parametrize("text", RUNS)
def test_all_that_a_real_run_does_is_in_the_facts(text: str, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    for name in ("one", "d/two"):
        (tmp_path / name).write_text("")
    run = subprocess.run(
        [sys.executable, "-I", "-c", HARNESS],
        input=text,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    )
    seen = json.loads(run.stderr)
    facts = read_python(text)
    assert facts.opaque is None
    opened = {path for one in facts.opens for path in _plain_paths(one.path, facts.env_written)}
    assert None in opened or set(seen["opens"]) <= opened
    assert facts.env_any or set(seen["env"]) <= facts.env
    assert set(seen["imports"]) <= {name.split(".")[0] for name in facts.imports}


def _plain_paths(value: object, written: tuple[tuple[str, object], ...]) -> set[str | None]:
    """The paths that a value may be; None stands for any path."""
    match value:
        case Text():
            return {value.text}
        case Place():
            return _plain_paths(value.path, written)
        case OneOf():
            return {path for each in value.values for path in _plain_paths(each, written)}
        case Join():
            return {"/".join(part.text for part in value.parts if isinstance(part, Text))}
        case Concat():
            first, second = (_plain_paths(part, written) for part in value.parts)
            return {f"{a}{b}" for a in first for b in second}
        case Variable():
            return {p for n, v in written if n == value.name for p in _plain_paths(v, written)}
    return {None}
