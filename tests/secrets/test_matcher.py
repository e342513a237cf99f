"""Marks: every line a detector would say something about is marked for it, by both engines alike."""

import os
import random
import re
import stat
import string
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hardencheck.collect.secrets.detectors import Engine, analysed, detectors, dialect, engine, marked, short_blanks
from hardencheck.collect.secrets.matcher import Matcher, at_least, needed, prepared, widened
from tests.secrets.canaries import plant

PATTERNS = [
    pytest.param(regex, id=f"{detector.name} {number}")
    for detector in detectors()
    for number, regex in enumerate(getattr(detector.plugin, "denylist", []))
]


@pytest.mark.parametrize("regex", PATTERNS)
def test_a_widened_pattern_matches_whatever_the_pattern_matches(regex: re.Pattern[str]) -> None:
    wide = re.compile(widened(regex).encode())

    @settings(max_examples=25, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.from_regex(regex))
    def holds(text: str) -> None:
        for line in prepared(text.encode("utf-8", "replace")).text.split("\n"):
            if regex.search(line):
                assert wide.search(prepared(line.encode()).scanned), line

    holds()


@pytest.mark.parametrize(
    ("pattern", "flags", "wide"),
    [
        (r"ghp_[a-z]{3,}", 0, r"[\x67][\x68][\x70][\x5f][\x61-\x7a]{3,3}"),
        (r"(?i:k)=x", 0, r"[\x4b\x6b][\x3d][\x78]"),
        (r"(['\"])a\1", 0, r"[\x22\x27][\x61][\x22\x27]"),
        (r"(?<=x)(?!y)^a\s*$", 0, r"[\x61]"),
        (r"a|bc*", 0, r"(?:[\x61]|[\x62])"),
        (r"é", re.IGNORECASE, r"[\x80-\xff]"),
        (r"a[^\n]*b", 0, None),
    ],
)
def test_widening(pattern: str, flags: int, wide: str | None) -> None:
    if wide is None:  # everything but a line break, then b: cut to the first character that can follow
        assert re.search(widened(re.compile(pattern, flags)).encode(), b"a\n") is None
    else:
        assert widened(re.compile(pattern, flags)) == wide


@pytest.mark.parametrize("pattern", ["a*", "", "(?:x|y?)", "(?=abc)", "(a)?(?(1)b|c)"])
def test_what_cannot_be_widened_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"widen|everywhere"):
        widened(re.compile(pattern))


@pytest.mark.parametrize(
    ("pattern", "flags", "words"),
    [
        (r"ghp_[a-z]{3}", 0, (b"ghp_",)),
        (r"PassWord\w*=", re.IGNORECASE, (b"password",)),
        (r"(?:secret|api_?key)\s*=x", 0, (b"api", b"secret")),
        (r"(?:secret|apikey)\s*=x", 0, (b"apikey", b"secret")),
        (r"(?:abcd)+x", 0, (b"abcd",)),
        (r"[ab]c|defg", 0, ()),
        (r"é{3}", 0, ()),
    ],
)
def test_words_a_pattern_cannot_do_without(pattern: str, flags: int, words: tuple[bytes, ...]) -> None:
    assert needed(widened(re.compile(pattern, flags))) == words


def test_quoted_runs_shorter_than_the_entropy_needs_are_not_marked() -> None:
    pattern = re.compile(at_least(map(ord, string.hexdigits), 9, "'\"").encode())
    assert pattern.search(b"'123456789'")
    assert not pattern.search(b"'12345678'")
    assert not pattern.search(b"'1234\n56789'")


@pytest.mark.parametrize(
    ("data", "text", "scanned"),
    [
        (b"a\r\nb\rc\n", "a\nb\nc\n", b"a\nb\nc\n"),
        ("naïve €\r\n".encode(), "naïve €\n", b"na\x80ve \x80\n"),
        (b"\xff\xfea\0b\0", "ab", b"ab"),
        (b"\xfe\xff\0a\0\xe4", "aä", b"a\x80"),
        (b"\xef\xbb\xbfa=\xc3\xa4", "a=ä", b"a=\x80"),
        (b"a\xff\xffb", "a\ufffd\ufffdb", b"a\x80\x80b"),
        ("pa\u017fsword \u212aey".encode(), "pa\u017fsword \u212aey", b"password key"),
        (b"\xff\xfea", "\ufffd", b"\x80"),
    ],
)
def test_prepared(data: bytes, text: str, scanned: bytes) -> None:
    assert prepared(data) == (text, scanned)


def _corpus(seed: int, lines: int) -> bytes:
    """Lines as they are in repositories, and as they are not: names, operators, quotes and values in any order."""
    chance = random.Random(seed)
    names = [
        "password", "API_KEY", "db_pass", "secret", "aws_key", "privateKey", "contraseña", "x", "token",
        "ibm_cloud_key", "cloudant_password", "PAſſWORD", "auth-key", "sl_api_key", "cos_hmac_secret_access_key", "ID",
    ]  # fmt: skip
    operators = ["=", ": ", " := ", " == ", " => ", "(", " !== ", '": "', "  =  ", " ", "[0] = @", ".assign("]
    alphabets = [
        string.ascii_letters + string.digits,
        string.hexdigits,
        string.digits,
        "äöü日本" + string.ascii_lowercase,
    ]
    frames = [
        "{}",
        "'{}'",
        '"{}"',
        "`{}`",
        "'{}';",
        '"{}",',
        "{} # why",
        "https://user:{}@host/",
        "xoxb-12-{}",
        "AKC{}",
    ]

    def line() -> str:
        values = "".join(chance.choices(chance.choice(alphabets), k=chance.choice([1, 8, 24, 32, 40, 44, 48, 64, 88])))
        parts = [chance.choice(names), chance.choice(operators), chance.choice(frames).format(values)]
        if chance.random() < 0.2:
            chance.shuffle(parts)
        indent = " " * chance.choice([0, 0, 4, 100])
        return indent + "".join(parts) * chance.choice([1, 1, 2]) + chance.choice(["\n", "\n", "\r\n", "\r"])

    return "".join(line() for _ in range(lines)).encode()


def _findings(using: Engine, data: bytes, path: str) -> set[tuple[int, str, str]]:
    return {
        (line.number, using.detectors[owner].name, value)
        for line, owner in marked(using, prepared(data), path)
        if owner < len(using.detectors)
        for value in analysed(using.detectors[owner], short_blanks(line.text), path)
    }


def _all(using: Engine, data: bytes, path: str) -> set[tuple[int, str, str]]:
    return {
        (number, detector.name, value)
        for number, line in enumerate(prepared(data).text.split("\n"), start=1)
        for detector in using.detectors
        for value in analysed(detector, short_blanks(line.rstrip()), path)
    }


@pytest.mark.parametrize(
    "path", ["settings.py", "values.yaml", "main.go", "Form.cs", "list.cpp", "notes.txt", "deploy.sh"]
)
def test_marked_lines_give_what_all_lines_give(path: str, tmp_path: Path) -> None:
    plant(tmp_path)
    planted = [
        file.read_bytes() for file in sorted(tmp_path.rglob("*")) if file.is_file() and "bundle" not in file.name
    ]
    using, plain = engine(), engine(hyperscan=False)
    assert (using.matcher.engine, plain.matcher.engine) == ("hyperscan", "re")
    count = 0
    for data in (_corpus(len(path), 600), *planted):
        everything = _all(using, data, dialect(path))
        assert _findings(using, data, dialect(path)) == everything
        assert _findings(plain, data, dialect(path)) == everything
        count += len(everything)
    assert count > 100


def test_both_engines_mark_the_same_lines_for_the_same_patterns() -> None:
    text = prepared(_corpus(7, 2000))

    def lines(using: Engine) -> set[tuple[int, int]]:
        return {(text.scanned.count(b"\n", 0, end), number) for end, number in using.matcher.marked(text.scanned)}

    assert lines(engine()) == lines(engine(hyperscan=False))


def _files(directory: Path) -> dict[str, int]:
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in (directory / "matcher").iterdir()}


def test_the_database_is_kept_in_a_private_directory_and_loaded_again(tmp_path: Path) -> None:
    patterns = ["[a][b]{2,2}", "[x]"]
    assert Matcher(patterns, tmp_path).marked(b"abb x") == [(3, 0), (5, 1)]
    assert stat.S_IMODE((tmp_path / "matcher").stat().st_mode) == 0o700
    (name,) = (name for name in _files(tmp_path) if name.endswith(".hs"))
    assert _files(tmp_path) == {name: 0o600, "lock": 0o600}
    file = tmp_path / "matcher" / name
    before = file.stat().st_mtime_ns
    assert Matcher(patterns, tmp_path).marked(b"abb x") == [(3, 0), (5, 1)]
    assert file.stat().st_mtime_ns == before  # loaded, not made again
    Matcher([*patterns, "[y]"], tmp_path)
    assert len([name for name in _files(tmp_path) if name.endswith(".hs")]) == 2


@pytest.mark.parametrize("damage", ["truncated", "empty", "flipped", "open to others", "link"])
def test_a_database_that_is_not_ours_is_made_again(tmp_path: Path, damage: str) -> None:
    patterns = ["[a][b]{2,2}"]
    Matcher(patterns, tmp_path)
    (file,) = (tmp_path / "matcher").glob("*.hs")
    data = file.read_bytes()
    match damage:
        case "truncated":
            file.write_bytes(data[:-10])
        case "empty":
            file.write_bytes(b"")
        case "flipped":
            file.write_bytes(data[:200] + bytes([data[200] ^ 1]) + data[201:])
        case "open to others":
            file.chmod(0o666)
        case "link":
            file.rename(tmp_path / "elsewhere")
            file.symlink_to(tmp_path / "elsewhere")
    assert Matcher(patterns, tmp_path).marked(b"abb") == [(3, 0)]
    assert file.read_bytes() == data
    assert not file.is_symlink()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("trouble", ["others can enter", "a link", "a file", "nothing can be made"])
def test_without_a_private_directory_nothing_is_loaded_or_kept(tmp_path: Path, trouble: str) -> None:
    place = tmp_path / "matcher"
    match trouble:
        case "others can enter":
            place.mkdir(mode=0o777)
            place.chmod(0o777)
        case "a link":
            (tmp_path / "elsewhere").mkdir(mode=0o700)
            place.symlink_to(tmp_path / "elsewhere")
        case "a file":
            place.write_text("")
        case "nothing can be made":
            tmp_path = tmp_path / "file" / "below"
            tmp_path.parent.write_text("")
    assert Matcher(["[a]"], tmp_path).marked(b"ba") == [(2, 0)]
    assert not [name for folder, _, names in os.walk(tmp_path) for name in names if name.endswith(".hs")]


def test_without_hyperscan_re_does_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "hyperscan", None)
    matcher = Matcher(["[a][b]{2,2}", "[x]"], tmp_path)
    assert (matcher.engine, matcher.marked(b"abb x")) == ("re", [(3, 0), (5, 1)])
    assert matcher.marked(b"") == []
