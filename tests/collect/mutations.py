"""Files gone wrong: what the examples of the checks hold, cut, doubled, nested, torn, and with what does not belong."""

import random
from collections.abc import Iterator

from hardencheck.catalogue.load import load_catalogue
from hardencheck.model.check import Example

_STRANGE = (
    b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\r\n", b"\r", b"\\\n", b"\\", b'"', b"'", b"`", b"{", b"}", b"[", b"]",
    b"(", b")", b"<", b">", b"${", b"{{", b"{%", b"%}", b"}}", b"#", b";", b"=", b":", b"- ", b"  ", b"\t", b"&a ",
    b"*a", b"<<: *a\n", b"!!python/object:os.system ", b"---\n", b"...\n", b"|\n", b">-\n", b"<<EOF\n", b"EOF\n",
    b"include x;", b"import x\n", b"Include x\n", b"0777", b"0o777", b"9" * 400, b"1e999", b"-0", b"\xe2\x80\xae",
    b"\xc3\x28", b"\xed\xa0\x80", b"%n", b"{0.__class__}", b"*", b"**", b"lambda: ", b"yield ", b"async ",
)  # fmt: skip
_OPENERS = (
    b"{", b"[", b"(", b"- ", b"a:\n ", b"<If x>\n", b"location / {\n", b"if (x) {\n", b"not ", b"~", b"a.", b"x[",
)  # fmt: skip


def examples() -> list[Example]:
    """Every example that brings files, with its texts joined."""
    found = (example for check in load_catalogue().checks.values() for example in check.examples)
    return [example for example in found if example.files]


def files() -> list[tuple[str, bytes]]:
    """(path, bytes) of every file of every example, each once."""
    made = {
        (path, (text if isinstance(text, str) else "".join(text)).encode())
        for example in examples()
        for path, text in example.files.items()
    }
    return sorted(made)


def mutated(chance: random.Random, data: bytes) -> bytes:
    """One to four changes of a file."""
    for _ in range(chance.randint(1, 4)):
        data = chance.choice(_CHANGES)(chance, data)
    return data[:400_000]


def _cut(chance: random.Random, data: bytes) -> bytes:
    return data[: chance.randint(0, len(data))]


def _behead(chance: random.Random, data: bytes) -> bytes:
    return data[chance.randint(0, len(data)) :]


def _strange(chance: random.Random, data: bytes) -> bytes:
    at = chance.randint(0, len(data))
    return data[:at] + chance.choice(_STRANGE) * chance.choice((1, 1, 1, 2, 50)) + data[at:]


def _without(chance: random.Random, data: bytes) -> bytes:
    at = chance.randint(0, len(data))
    return data[:at] + data[at + chance.randint(1, 8) :]


def _doubled(chance: random.Random, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    if not lines:
        return data
    at = chance.randrange(len(lines))
    part = lines[at : at + chance.randint(1, 5)]
    return b"".join([*lines[:at], *part * chance.choice((2, 2, 30, 500)), *lines[at:]])


def _shuffled(chance: random.Random, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    chance.shuffle(lines)
    return b"".join(lines)


def _nested(chance: random.Random, data: bytes) -> bytes:
    at = chance.randint(0, len(data))
    return data[:at] + chance.choice(_OPENERS) * chance.choice((5, 200, 5_000)) + data[at:]


def _indented(chance: random.Random, data: bytes) -> bytes:
    return b"".join(b" " * chance.randint(0, 4) + line for line in data.splitlines(keepends=True))


def _flipped(chance: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(min(len(changed), chance.randint(1, 6))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _windows(chance: random.Random, data: bytes) -> bytes:
    return (b"\xef\xbb\xbf" if chance.random() < 0.5 else b"") + data.replace(b"\n", b"\r\n")


_CHANGES = (_cut, _behead, _strange, _strange, _without, _doubled, _shuffled, _nested, _indented, _flipped, _windows)


def seeds(name: str, count: int) -> Iterator[random.Random]:
    """The same changes every time, so that a failure names a seed that shows it again."""
    for number in range(count):
        yield random.Random(f"{name}/{number}")
