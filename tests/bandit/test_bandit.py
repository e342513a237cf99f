"""bandit's tests, run our way: the same findings as bandit itself, and trouble that ends in Gaps."""

import io
import subprocess
import sys
import textwrap
import unicodedata
import warnings
from collections import Counter
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hardencheck.collect.contract import Found
from hardencheck.collect.extract import bandit as ours
from hardencheck.collect.extraction import extract_file
from hardencheck.model.facts.bandit import BanditIssue, Suppression
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location


def extract(source: str | bytes, path: str = "shop/views.py") -> list[Found]:
    data = source if isinstance(source, bytes) else textwrap.dedent(source).encode()
    return extract_file([ours.Bandit()], path, 0o100644, data)


def found(source: str | bytes) -> Counter[tuple[int, str]]:
    items = extract(source)
    return Counter((item.location.line or 0, item.test_id) for item in items if isinstance(item, BanditIssue))


def whole(source: str | bytes) -> Counter[tuple[int, str]]:
    """What bandit's manager finds with the same tests in the same bytes; nothing where it skips the file."""
    ours._library()
    from bandit.core.config import BanditConfig
    from bandit.core.manager import BanditManager

    data = source if isinstance(source, bytes) else textwrap.dedent(source).encode()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        manager = BanditManager(
            BanditConfig(), "file", profile={"include": list(ours.IDS), "exclude": []}, ignore_nosec=True
        )
        manager._parse_file("./module.py", io.BytesIO(data), ["./module.py"])
    return Counter((issue.lineno, issue.test_id) for issue in manager.results)


CORNERS = [
    "from os import chmod as c\nc('x', 0o777)",
    "c('x', 0o777)\nfrom os import chmod as c\nc('x', 0o777)",
    "import os as o\no.chmod('x', 0o777); o.path.lchmod('x', 0o770)",
    "def f():\n    open('x').fchmod(1, 0o777)",
    "import os\nos.chmod('x', mode)\nos.chmod('x', 0o600)\nos.chmod(path='x', mode=0o777)",
    "import os\nos.ｃｈｍｏｄ('x', 0o777)",
    "PassWord = 'x'\nmy_PWD = 'x'\nself.secrete = 'x'\ntokens = 'x'\ntokenizer = 'x'",
    "a = b = password = 'x'",
    "password: str = 'x'",
    "password = b'x'",
    "pass_ = 'x'\n_pass = 'x'\n_pass_ = 'x'",
    "def f():\n    pass\nclass A: pass\nfor passing in 'x': pass",
    "d = {'password': 'x', 'pass': 'x', 'token': None, 'passphrase': 3, **x, 'user': 'password'}",
    "d = {'pass' 'word': 'x'}",
    "d = {'pass'  # a comment\n'word': 'x'}",
    "d = {'pass' r'word': 'x', 'pa' \\\n 'ss': 'x'}",
    "d = {'' 'pass' '': 'x'}",
    "d = {'pa''ss': 'x'}\nd['sec'\"\"\"ret\"\"\"] = 'x'",
    "d = {'\\x70assword': 'x'}",
    "d = {'\\u0070wd': 'x'}",
    "d = {'to\\\nken': 'x'}",
    "d = {'\\N{LATIN SMALL LETTER P}wd': 'x'}",
    "d = {'to\u212aen': 'x', 'paſs': 'x'}",
    "d['password'] = 'x'\nd['a', 'password'] = 'x'\nx = d['password']\nd['password'] += 'x'",
    "if password == 'x' or 'x' == password or self.token != 'x' or token in ('x',): ...",
    "if pwd == user == 'x': ...",
    "f(password='x', user='y')\nf(token=f'x')\nf(user=1,\n  secret='x')\nf(**'x')\nf(pass_='x')",
    "def f(password='x', token=None, user='y'): ...",
    "def f(user, *, password='x'): ...",
    "async def f(password='x'): ...",
    "g = lambda password='x': 1",
    "def f(password: str = 'x', /, secret=S): ...",
    "x = '/tmp/a'\ny = '/var/tmp'\nz = '/dev/shm/x'\nw = ' /tmp'\nv = b'/tmp'\n'/tmp'",
    "x = '/t' 'mp/a'\ny = '\\x2ftmp'\nz = '/dev' \"/shm\"\nw = '/\\\ntmp'",
    "x = f'/tmp/{a}'\ny = f'{a}/tmp'",
    "from flask import Flask\nFlask(__name__).run(debug=True)\napp.run(debug=False)\napp.run(\n  debug=True)",
    "import flask_app\nflask_app.run(debug='True')\nrun(debug=True)",
    "app.run(debug=True)\nimport flask\napp.run(debug=True)",
    "import tarfile\ntarfile.open('x').extractall()\nt.extractall(members=f())\nt.extractall(members=m, filter='tar')",
    "import tarfile\nt.extractall(filter='data')\nt.extractall(members=a.b())",
    "from tarfile import open\nt.extractall()",
    "import tempfile as t\nt.mktemp()\nt.mkstemp()",
    "from tempfile import mktemp\nmktemp()",
    "import importlib\nimportlib.import_module('tempfile.mktemp')\n__import__('tempfile.mktemp')",
    "import importlib as i\ni.import_module('tempfile.' 'mktemp')\ni.import_module(name='tempfile.\\x6dktemp')",
    "import importlib\nimportlib.import_module()\n__import__()",
    "import logging.config\nlogging.config.listen(1)\nlogging.config.listen(1, verify=v)",
    "import logging.config as lc\nlc.listen(1)\nfrom logging import config\nconfig.listen(2)",
    "from logging.config import listen as l\nl(1)",
    "getattr(os, 'chmod')('x', 0o777)",
    "import os\nos.chmod('x', 0o777)  # nosec\npassword = 'x'  # nosec: reviewed",
    "# -*- coding: latin-1 -*-\npassword = 'x'",
    "match x:\n    case {'password': 'x'}: ...",
    "@d(token='x')\ndef f(secret='y'):\n    '''password = '/tmp' '''\n    return '/tmp'",
    "try:\n    pass\nexcept* E as token:\n    token = 'x'",
]


@pytest.mark.parametrize("source", CORNERS)
def test_same_as_bandit(source: str) -> None:
    assert found(source) == whole(source)


def test_corners_cover_every_test() -> None:
    seen = {test_id for source in CORNERS for _, test_id in whole(source)}
    assert seen == set(ours.IDS)


def test_a_codec_that_spells_names_otherwise() -> None:
    source = b"# coding: utf-7\n" + "password = 'x'".encode("utf-7").replace(b"password", b"+AHAAYQBzAHMAdwBvAHIAZA-")
    assert b"pass" not in source
    assert found(source) == whole(source) == Counter({(2, "B105"): 1})


_NAMES = st.sampled_from(
    ["password", "Pass_word", "pwd", "_token", "tokens", "secret_x", "pass_", "os", "o", "chmod", "c", "tempfile", "t",
     "mktemp", "tarfile", "extractall", "flask", "app", "run", "logging", "config", "listen", "x", "debug", "user"]
)  # fmt: skip
_PIECES = st.sampled_from(
    ["pass", "word", "password", "pa", "ss", "_token", "tok", "en", "secret", "/tmp", "/t", "mp/x", "/dev", "/shm", "",
     "x", "\\x70", "\\\n", "tempfile.", "mktemp", "tempfile.mktemp", "\\160", "K"]
)  # fmt: skip


@st.composite
def _string(draw: st.DrawFn) -> str:
    literals = []
    for _ in range(draw(st.integers(1, 3))):
        quote = draw(st.sampled_from(["'", '"', '"""']))
        literals.append(
            draw(st.sampled_from(["", "r", "u"])) + quote + "".join(draw(st.lists(_PIECES, max_size=3))) + quote
        )
    return draw(st.sampled_from(["", " ", "  # note\n "])).join(literals).join(("(", ")"))


@st.composite
def _expression(draw: st.DrawFn, depth: int = 2) -> str:
    if depth == 0:
        return draw(st.one_of(_string(), _NAMES, st.sampled_from(["0o777", "None", "True"])))
    inner = _expression(depth - 1)
    dotted = ".".join(draw(st.lists(_NAMES, min_size=1, max_size=3)))
    match draw(st.integers(0, 6)):
        case 0:
            return f"{dotted}({draw(inner)}, {draw(inner)})"
        case 1:
            return f"{dotted}({draw(_NAMES)}={draw(inner)})"
        case 2:
            return f"{{{draw(_string())}: {draw(inner)}}}"
        case 3:
            return f"({dotted} == {draw(inner)})"
        case 4:
            return f"{dotted}[{draw(inner)}]"
        case 5:
            return f"[{draw(inner)}, {draw(inner)}]"
        case _:
            return draw(_expression(0))


@st.composite
def _statement(draw: st.DrawFn) -> str:
    name, other = draw(_NAMES), draw(_NAMES)
    expression = draw(_expression())
    return draw(
        st.sampled_from(
            [
                f"{name} = {expression}",
                f"self.{name} = {expression}",
                f"d[{draw(_string())}] = {expression}",
                f"import {name} as {other}",
                f"import {name}.{other}",
                f"from {name} import {other}",
                f"from {name}.{draw(_NAMES)} import {other} as {draw(_NAMES)}",
                f"from . import {name}",
                f"def f(a, {name}={expression}):\n    pass",
                f"async def f({name}={expression}):\n    {expression}",
                f"class A({expression}):\n    {name} = {expression}",
                expression,
            ]
        )
    )


@given(st.lists(_statement(), max_size=6))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@example(["{('' 'pass' ''): 'x'}"])
def test_generated_files(statements: list[str]) -> None:
    source = "\n".join(statements)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert found(source) == whole(source)


def test_facts() -> None:
    source = """\
        import logging.config
        PASSWORD_FIELD = "password"
        DEMO_PASSWORD = "letmein"
        thread = logging.config.listen(9030)  # nosec B612, reviewed
        """
    here = Location(path="shop/views.py")
    assert extract(source) == [
        Suppression(location=here.at(4), tool="bandit", tests=("B612", "reviewed"), role="production"),
        BanditIssue(
            location=here.at(2), test_id="B105", name="hardcoded_password_string", severity="LOW", confidence="MEDIUM",
            role="production", plausible=False,
        ),
        BanditIssue(
            location=here.at(3), test_id="B105", name="hardcoded_password_string", severity="LOW", confidence="MEDIUM",
            role="production", plausible=True,
        ),
        BanditIssue(
            location=here.at(4), test_id="B612", name="logging_config_insecure_listen", severity="MEDIUM",
            confidence="HIGH", role="production",
        ),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["letmein", "hunter2", "changeme", "S3cr3t!", "password", "password1", "a8f0b3c4d5"])
def test_plausible(text: str) -> None:
    assert ours.plausible(text)


@pytest.mark.parametrize(
    "text",
    ["", "***", "None", "7", "Enter your password", "/reset/", "{token}", "%s", "reset_password_token", "csrf-token",
     "Bearer", "urn:ietf:params:oauth", "https://x.example/token", "password.html"],
)  # fmt: skip
def test_not_plausible(text: str) -> None:
    assert not ours.plausible(text)


def test_a_number_in_a_table_is_no_password() -> None:
    source = "ERRORS = {'INVALID_PASSWORD': 5020, 'password': 'letmein', 'EXPIRED_TOKEN': '5021'}\n"
    found = [item.plausible for item in extract(source) if isinstance(item, BanditIssue)]
    assert found == [False, True, True]


def test_nothing_of_a_password_is_kept() -> None:
    assert "hunter2" not in repr(extract("password = 'hunter2'\n"))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"password = 'x'\nprint 'x'\n", Reason.PYTHON_SYNTAX),
        (b"password = '\xff\xfe'\n", Reason.PYTHON_SYNTAX),
        (b"# coding: no-such-codec\npassword = 'x'\n", Reason.PYTHON_SYNTAX),
        (b"password = " + b"(" * 5000, Reason.PYTHON_SYNTAX),
        (b"password = " + b"-" * 20000 + b"1", Reason.UNPARSABLE),
        (b"password = 'x'\n" + b"#" * ours.MAX_BYTES, Reason.TOO_LARGE),
    ],
)
def test_trouble_is_a_gap(data: bytes, reason: Reason) -> None:
    found = extract(data, "shop/tests/data.py")
    gaps = [item for item in found if isinstance(item, Gap)]
    assert len(gaps) == len(found)
    assert {(gap.kinds, gap.reason, gap.about["role"]) for gap in gaps} == {(("bandit.issue",), reason, "test")}
    # One for each line of the checklist that may have lost something.
    assert "B105" in {gap.about["test_id"] for gap in gaps}
    assert len(gaps) == (7 if b"coding" in data else 1)


def test_a_long_chain_of_names() -> None:
    source = "import os\nos" + ".chmod" * 3000 + "('x', 0o777)\n"
    assert all(isinstance(item, Gap) for item in extract(source))


def test_a_test_that_breaks_is_a_gap() -> None:
    [gap] = extract("password(**'x')\n")
    assert gap == Gap(
        kinds=("bandit.issue",),
        collector="bandit",
        reason=Reason.NOT_SUPPORTED,
        detail="bandit's test B106 broke on this line",
        location=Location(path="shop/views.py", line=1),
        about={"role": "production", "test_id": "B106"},
    )


def test_a_dictionary_of_many_keys_takes_no_square_time() -> None:
    body = ", ".join(f"'k{number}': 'v'" for number in range(40_000))
    assert extract(f"import os\npassword = 1\nd = {{{body}}}\n") == []


def test_ctrl_c_stays_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    library = ours._library()
    test = ("B105", "x", interrupted, None)
    monkeypatch.setattr(ours, "_library", lambda: library._replace(tests={**library.tests, "B105": ("Str", test)}))
    with pytest.raises(KeyboardInterrupt):
        extract("password = 'x'\n")


def test_plugins_of_others_are_not_loaded_and_bandit_still_works(tmp_path: Path) -> None:
    """A distribution with a `bandit.plugins` entry point is installed; only bandit's own use may import it."""
    (tmp_path / "evil_plugin.py").write_text("print('imported')\n\n\ndef check(context):\n    pass\n", encoding="utf-8")
    meta = tmp_path / "evil-1.0.dist-info"
    meta.mkdir()
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n", encoding="utf-8")
    (meta / "entry_points.txt").write_text("[bandit.plugins]\nevil = evil_plugin:check\n", encoding="utf-8")
    script = """
from hardencheck.collect.extract.bandit import Bandit, _library
facts = list(Bandit().extract("a.py", 0o100644, b"password = 'x'"))
print(len(facts))
from bandit.core import extension_loader
print("B101" in extension_loader.MANAGER.plugins_by_id)
"""
    source = Path(ours.__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": f"{source}:{tmp_path}", "HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line for line in done.stdout.splitlines() if line] == ["1", "imported", "True"]


def test_the_version_is_in_the_cache_key_without_importing_anything_heavy() -> None:
    script = """
import sys
from hardencheck.collect.extract.bandit import Bandit
print(Bandit().digest())
print(sorted({"bandit", "importlib.metadata", "stevedore"} & set(sys.modules)))
"""
    source = Path(ours.__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONPATH": str(source)}, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [f"{version('bandit')} {','.join(ours.IDS)}", "[]"]


def test_the_targets_configuration_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".bandit").write_text("[bandit]\nskips = B105\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert found("password = 'x'\n") == Counter({(1, "B105"): 1})


def test_normalised_text_is_searched() -> None:
    name = "ｐassword"
    assert unicodedata.normalize("NFKC", name) == "password"
    assert found(f"{name} = 'x'\n") == whole(f"{name} = 'x'\n") == Counter({(1, "B105"): 1})
