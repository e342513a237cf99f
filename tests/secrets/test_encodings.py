"""One value, written in every way that people write one: base64 of one line or of many, percent-encoding, XML."""

import base64
import random
import textwrap
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from hardencheck.collect.secrets.ruleset import scanner
from hardencheck.collect.secrets.sightings import Scan
from hardencheck.testing import assembled

GITHUB = assembled("ghp_<alnum:30><crc32-base62>", "encodings")
BODY = "\n".join(textwrap.wrap(base64.b64encode(random.Random(5).randbytes(800)).decode(), 64))
HEADER, FOOTER = "-----BEGIN RSA PRI" + "VATE KEY-----", "-----END RSA PRI" + "VATE KEY-----"
KEY = f"{HEADER}\n{BODY}\n{FOOTER}\n"
# Something stands round the token, so that it begins anywhere in its three bytes of base64.
TEXTS = {
    "key": KEY,
    **{f"token {shift}": f"{'#' * shift}\nTOKEN = '{GITHUB}'\n" + "# more\n" * 30 for shift in range(3)},
}
RULES = {"key": "private-key", "token": "github-token"}


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def lines(text: str, width: int, before: str = "", after: str = "") -> str:
    return "\n".join(f"{before}{line}{after}" for line in textwrap.wrap(b64(text), width)) + "\n"


BASE64: dict[str, Callable[[str], str]] = {
    "one line": lambda text: f"x: {b64(text)}\n",
    "76 columns": lambda text: lines(text, 76),
    "a block of YAML": lambda text: "a: 1\ndata: |\n" + lines(text, 64, "    ") + "b: 2\n",
    "strings of Python": lambda text: "X = (\n" + lines(text, 72, "    '", "'") + ")\n",
    "a shell's lines": lambda text: "X=" + lines(text, 76, "", "\\"),
    "the alphabet of URLs": lambda text: f"x: {base64.urlsafe_b64encode(text.encode()).decode()}\n",
    "two bytes a character": lambda text: "powershell -enc " + base64.b64encode(text.encode("utf-16-le")).decode(),
}
PERCENT: dict[str, Callable[[str], str]] = {
    "quoted": lambda text: f"curl -d 'x={quote(text)}' https://api.internal/\n",
    "a form": lambda text: f"x={quote_plus(text)}&y=1\n",
    "every character": lambda text: "x=" + "".join(f"%{byte:02x}" for byte in text.encode()) + "\n",
}


def found(text: str, path: str = "deploy/values.yaml") -> list[tuple[str, str]]:
    scan: Scan = scanner().scan(text.encode(), path)
    return [(item.rule, item.inside) for item in scan.sightings if not item.why]


@pytest.mark.parametrize("what", TEXTS)
@pytest.mark.parametrize("way", BASE64)
def test_base64(what: str, way: str) -> None:
    assert found(BASE64[way](TEXTS[what])) == [(RULES[what.split()[0]], "base64")]


@pytest.mark.parametrize("what", TEXTS)
@pytest.mark.parametrize("way", PERCENT)
def test_percent_encoding(what: str, way: str) -> None:
    assert found(PERCENT[way](TEXTS[what])) == [(RULES[what.split()[0]], "percent-encoding")]


def test_the_same_value_has_the_same_digest_however_it_is_written() -> None:
    ways = [way(TEXTS["token 0"]) for way in (*BASE64.values(), *PERCENT.values())]
    digests = {item.digest for text in ways for item in scanner().scan(text.encode(), "a.txt").sightings}
    plain = {item.digest for item in scanner().scan(GITHUB.encode(), "a.txt").sightings}
    assert digests == plain


@pytest.mark.parametrize("end", ["&#10;", "&#xA;", "&#x0a;", "&#13;&#10;", "\\n", "\\\\n", "\\r\\n"])
def test_line_ends_of_a_key_as_strings_and_documents_write_them(end: str) -> None:
    assert found(f"<key>{KEY.replace(chr(10), end)}</key>\n") == [("private-key", "")]


@pytest.mark.parametrize("after", ["", "'''\nOTHER = 1\n", "...\n"])
def test_a_key_of_which_the_end_is_missing(after: str) -> None:
    assert found(f"K = '''{HEADER}\n{BODY}\n{after}", "app/a.py") == [("private-key", "")]


@pytest.mark.parametrize(
    "text",
    [
        f"HEADER = '{HEADER}'\nFOOTER = '{FOOTER}'\n",
        f"if text.startswith('{HEADER}'):\n    return parse(text)\n",
        f"{HEADER}\n...\n{FOOTER}\n",
        f"{HEADER}\nMIIEpAIBAAKCAQEA...\n",
        f"openssl prints\n{HEADER}\nand then the key follows, on many lines of text\n",
    ],
)
def test_a_header_alone_is_no_key(text: str) -> None:
    assert found(text, "app/a.py") == []


def test_what_only_looks_encoded_costs_little_and_says_nothing() -> None:
    noise = base64.b64encode(random.Random(6).randbytes(200_000)).decode()
    wrapped = "\n".join(textwrap.wrap(noise, 76))
    assert found(f"data: |\n{wrapped}\n") == []
    assert found("x=" + "%41" * 20_000 + "\n") == []
    assert found("A" * 70_000 + "\n" + "B" * 70_000 + "\n") == []


@pytest.mark.parametrize("history", [False, True])
@pytest.mark.parametrize(
    "before", ["\\n", "\\t", "\\r\\n", "\\u0000", "\\x00", "\x1b[32m", "\\u001b[1;31m", "\\x1b[0m"], ids=repr
)
def test_a_token_right_after_an_escape(before: str, history: bool) -> None:
    """Its last letter is no part of the token."""
    text = f'{{"log": "the key:{before}{GITHUB}\\n"}}\n'
    scan = scanner().scan(text.encode(), "logs/ci.json", history=history)
    assert [(item.rule, item.why, item.column) for item in scan.sightings] == [
        ("github-token", "", text.index(GITHUB) + 1)
    ]
