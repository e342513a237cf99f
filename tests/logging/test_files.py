"""Logging configurations in files: whatever stands in them, nothing breaks, and INI files are read as Python does."""

import configparser

from hypothesis import given, settings
from hypothesis import strategies as st

from hardencheck.collect.extract._ini import sections
from hardencheck.collect.extract.logging_files import LogDrivers, LoggingFiles
from hardencheck.collect.extraction import extract_file
from hardencheck.model.facts.logging import ServerErrors
from hardencheck.model.facts.logging_written import LoggingFile
from hardencheck.model.gap import Gap, Reason

WORDS = st.text("abcxyz_.-", min_size=1, max_size=8)
VALUES = st.text("abc xyz,()'=:/%;#", max_size=20).map(str.strip)
INI = "[loggers]\nkeys=root\n[handlers]\nkeys=h\n[logger_root]\nhandlers=h\n[handler_h]\nclass=StreamHandler\nargs={}\n"


@given(st.dictionaries(WORDS, st.dictionaries(WORDS, VALUES, max_size=4), max_size=4))
def test_as_python_reads_it(held: dict[str, dict[str, str]]) -> None:
    lines = [line for name, keys in held.items() for line in (f"[{name}]", *(f"{k} = {v}" for k, v in keys.items()))]
    text = "\n".join(lines)
    parser = configparser.RawConfigParser()
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(text)
    found, at = sections(text)
    assert {
        name: {key: one.text for key, one in keys.items()} for name, keys in found.items() if name != "DEFAULT"
    } == {name: dict(parser.items(name)) for name in parser.sections()}
    assert all(lines[line - 1] == f"[{name}]" for name, line in at.items())


@given(st.text(max_size=400))
def test_any_text_is_read(text: str) -> None:
    sections(text)


@settings(deadline=None)
@given(
    st.sampled_from(["x.ini", "x.yaml", "x.json", "compose.yaml"]), st.text("[]{}:,-=\n 'ab1&*!<\t%#\\\r", max_size=200)
)
def test_no_file_breaks_it(path: str, text: str) -> None:
    for head in (
        "",
        "[loggers]\nkeys=a\n[handlers]\nkeys=b\n[logger_a]\nhandlers=b\n[handler_b]\nargs=",
        "version: 1\nhandlers:\n loggers: ",
    ):
        found = extract_file([LoggingFiles(), LogDrivers()], path, 0o100644, f"{head}{text} driver none".encode())
        assert not [one for one in found if isinstance(one, Gap) and one.reason is Reason.CRASHED]


def test_windows_line_ends_and_a_byte_order_mark() -> None:
    data = b"\xef\xbb\xbf" + INI.format("(sys.stdout,)").replace("\n", "\r\n").encode()
    [fact] = extract_file([LoggingFiles()], "logging.ini", 0o100644, data)
    assert isinstance(fact, LoggingFile)
    handlers = (fact.table.pairs or {})["handlers"].pairs or {}
    assert {key: one.text for key, one in (handlers["h"].pairs or {}).items()} == {
        "class": "StreamHandler",
        "stream": "ext://sys.stdout",
    }


def test_deep_and_large_arguments() -> None:
    for args in ("(" * 300 + ")" * 300, "(" + "1," * 10_000 + ")", "((" * 20 + "1" + ",))" * 20):
        found = extract_file([LoggingFiles()], "logging.ini", 0o100644, INI.format(args).encode())
        assert [type(one) for one in found] == [LoggingFile]


def test_secrets_stay_out() -> None:
    text = "version: 1\nhandlers:\n  h: {class: a.B, password: hush-hush, token: [hush-hush],\n"
    text += "      url: 'https://me:hush-hush@x.example'}\n"
    [fact] = extract_file([LoggingFiles()], "logging.yaml", 0o100644, f"{text}root: {{handlers: [h]}}\n".encode())
    assert "hush" not in repr(fact)


def test_aliases_and_documents() -> None:
    text = "version: 1\nhandlers:\n  a: &a {class: logging.StreamHandler}\n  b: *a\nroot: {handlers: [a]}\n---\nx: 1\n"
    [fact] = extract_file([LoggingFiles()], "logging.yaml", 0o100644, text.encode())
    assert isinstance(fact, LoggingFile)
    bomb = "a: &a [x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 8)}]\n" for i in range(9)
    )
    found = extract_file(
        [LoggingFiles()], "logging.yaml", 0o100644, f"{bomb}version: 1\nhandlers: 1\nroot: 1\n".encode()
    )
    assert len(found) <= 1


def test_drivers() -> None:
    text = (
        "services:\n  web:\n    image: a\n    logging:\n      driver: none\n  db:\n    logging: {driver: json-file}\n"
    )
    [fact] = extract_file([LogDrivers()], "compose.yaml", 0o100644, text.encode())
    assert isinstance(fact, ServerErrors)
    assert (fact.location.line, fact.kept) == (5, False)
