"""Which lines of a text may hold a secret: all patterns of all detectors in one pass over the whole text.

A detector's regular expression is widened to one that has the same or more matches *on the same line*, is cut to the
shortest part that tells, and uses nothing that needs backtracking. Hyperscan compiles all of them into one automaton;
without Hyperscan the same widened expressions run under `re`, one by one, and mark exactly the same lines.
The detector itself then decides, and only on a line that was marked for it.
"""

import hashlib
import os
import platform
import re
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, NamedTuple

HIGH = 0x80  # stands for every character that is not ASCII: `prepared` writes them all as this one byte
_NEWLINE = ord("\n")
_ALL = frozenset(range(HIGH + 1)) - {_NEWLINE}
_WORD = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz")
_DIGIT = frozenset(b"0123456789")
_SPACE = frozenset(b" \t\x0b\x0c\r\x1c\x1d\x1e\x1f")
_MAX_REPEAT = 1024
# Under IGNORECASE these four match an ASCII letter, although they are none.
_FOLDED = (("\u0130", "i"), ("\u0131", "i"), ("\u017f", "s"), ("\u212a", "k"))


class Chars(NamedTuple):
    """One character out of a set of ASCII codes and HIGH; never a line break."""

    codes: frozenset[int]


class Repeat(NamedTuple):
    item: "Node"
    low: int
    high: int | None


class Sequence_(NamedTuple):
    items: tuple["Node", ...]


class Choice(NamedTuple):
    items: tuple["Node", ...]


Node = Chars | Repeat | Sequence_ | Choice
_EMPTY = Sequence_(())


class Prepared(NamedTuple):
    """text: as decoded, every line break "\\n". scanned: one byte a character, so offsets mean the same in both."""

    text: str
    scanned: bytes


def prepared(data: bytes) -> Prepared:
    """UTF-16 by its byte order mark, else UTF-8; each byte that is neither becomes U+FFFD."""
    if data.isascii():
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return Prepared(data.decode("ascii"), data)
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = data.decode("utf-16" if utf16 else "utf-8-sig", "replace")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    folded = text
    for special, letter in _FOLDED:
        if special in folded:
            folded = folded.replace(special, letter)
    return Prepared(text, re.sub("[^\x00-\x7f]", "\x80", folded).encode("latin-1"))


def widened(pattern: re.Pattern[str]) -> str:
    """A pattern for bytes as `prepared` makes them: it matches on every line that `pattern` matches, and maybe more.

    Lookarounds, anchors and back-references are dropped or replaced by what they refer to; the end is cut after the
    first character that must follow. Raises ValueError for a construct that cannot be widened, or that leaves nothing.
    """
    from re import _parser  # type: ignore[attr-defined]  # no public parser; a test pins what is used of it

    groups: dict[int, Node] = {}
    node = _trimmed(_node(_parser.parse(pattern.pattern, pattern.flags), pattern.flags, groups))
    if _nullable(node):
        raise ValueError("matches everywhere")
    return _text(node)


def leading(pattern: str) -> tuple[bytes, ...]:
    """The literal texts one of which every match of a pattern begins with.

    Small sets (gh[pousr]_) are spelled out, up to `_MAX_PREFIXES` texts.
    """
    from re import _parser  # type: ignore[attr-defined]

    return tuple(sorted(_begins(_cut_start(_node(_parser.parse(pattern), 0, {})))))


_MAX_PREFIXES = 16


def _begins(node: Node) -> set[bytes]:
    found = {b""}
    for item in node.items if isinstance(node, Sequence_) else (node,):
        if isinstance(item, Chars) and HIGH not in item.codes and len(item.codes) * len(found) <= _MAX_PREFIXES:
            found = {text + bytes([code]) for text in found for code in item.codes}
        elif isinstance(item, Choice):
            branches = set().union(*map(_begins, item.items))
            if len(branches) * len(found) <= _MAX_PREFIXES:
                found = {text + more for text in found for more in branches}
            break
        else:
            break
        if min(map(len, found)) >= 12:
            break
    return found


def at_least(codes: Iterable[int], length: int, quotes: str) -> str:
    """The pattern of a quoted run of `length` or more characters."""
    quote = Chars(frozenset(map(ord, quotes)))
    body = Chars(frozenset(code if code < HIGH else HIGH for code in codes) - {_NEWLINE})
    return _text(Sequence_((quote, Repeat(body, length, None), quote)))


def _node(parsed: Any, flags: int, groups: dict[int, Node]) -> Node:
    return _joined(_one(str(op), argument, flags, groups) for op, argument in parsed)


def _joined(items: Iterable[Node]) -> Node:
    flat: list[Node] = []
    for item in items:
        flat.extend(item.items if isinstance(item, Sequence_) else (item,))
    return flat[0] if len(flat) == 1 else Sequence_(tuple(flat))


def _one(op: str, argument: Any, flags: int, groups: dict[int, Node]) -> Node:
    match op:
        case "LITERAL":
            return Chars(_case(frozenset({min(argument, HIGH)}), flags) - {_NEWLINE})
        case "NOT_LITERAL":
            return Chars(_ALL - ({argument} - {HIGH}) if not flags & re.IGNORECASE else _ALL)
        case "ANY":
            return Chars(_ALL)
        case "IN":
            return Chars(_set(argument, flags))
        case "BRANCH":
            return Choice(tuple(_node(branch, flags, groups) for branch in argument[1]))
        case "SUBPATTERN":
            number, added, removed, inner = argument
            node = _node(inner, (flags | added) & ~removed, groups)
            if number is not None:
                groups[number] = node
            return node
        case "ATOMIC_GROUP":
            return _node(argument, flags, groups)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            low, high, inner = argument
            return Repeat(
                _node(inner, flags, groups),
                min(int(low), _MAX_REPEAT),
                int(high) if int(high) <= _MAX_REPEAT else None,
            )
        case "ASSERT" | "ASSERT_NOT" | "AT":
            return _EMPTY
        case "GROUPREF":
            return groups[argument]
    raise ValueError(f"cannot widen {op}")


def _set(items: Iterable[tuple[Any, Any]], flags: int) -> frozenset[int]:
    codes: set[int] = set()
    negated = False
    for op, argument in items:
        match str(op):
            case "NEGATE":
                negated = True
            case "LITERAL":
                codes.add(min(argument, HIGH))
            case "RANGE":
                codes.update(range(argument[0], min(argument[1], HIGH) + 1))
            case "CATEGORY":
                codes |= _category(str(argument))
            case other:
                raise ValueError(f"cannot widen {other} in a set")
    # A set that is left out of is taken as it is written: another case, another character may still be meant.
    whole = (_ALL - (codes - {HIGH})) if negated else _case(frozenset(codes), flags)
    return frozenset(whole) - {_NEWLINE}


def _category(name: str) -> frozenset[int]:
    for word, codes in (("WORD", _WORD), ("DIGIT", _DIGIT), ("SPACE", _SPACE)):
        if name.endswith(word):
            return (_ALL - codes) if "NOT" in name else codes | {HIGH}
    raise ValueError(f"cannot widen {name}")


def _case(codes: frozenset[int], flags: int) -> frozenset[int]:
    if not flags & re.IGNORECASE:
        return codes
    letters = {code for code in codes if code < HIGH}
    return codes | {ord(chr(code).swapcase()) for code in letters}


def _nullable(node: Node) -> bool:
    match node:
        case Chars():
            return False
        case Repeat(item, low, _):
            return low == 0 or _nullable(item)
        case Sequence_(items):
            return all(map(_nullable, items))
        case Choice(items):
            return any(map(_nullable, items))


def _trimmed(node: Node) -> Node:
    """Without what may be missing at its start, and without what tells nothing more at its end."""
    return _cut_end(_cut_cost(_cut_start(node)))


def _cost(node: Node) -> int:
    """About how many states an automaton needs for it; a repeated set is cheap, a repeated group is not."""
    match node:
        case Chars():
            return 1
        case Repeat(Chars(), low, high):
            return 4 + (high or low) // 16
        case Repeat(item, low, high):
            return _cost(item) * max(1, high or low + 1)
        case Sequence_(items) | Choice(items):
            return sum(map(_cost, items))


def _cut_cost(node: Node) -> Node:
    """Only the beginning of what an automaton would be too large for: it matches wherever the whole does."""
    if not isinstance(node, Sequence_):
        return node
    kept: list[Node] = []
    total = 0
    for item in node.items:
        total += _cost(item)
        if total > _MAX_COST and not _nullable(_joined(kept)):
            low = item.low if isinstance(item, Repeat) else 0
            if isinstance(item, Repeat) and 0 < low and _cost(item.item) * low <= _MAX_COST:
                kept.append(Repeat(item.item, low, low))
            break
        kept.append(item)
    return _joined(kept)


_MAX_COST = 600


def _cut_start(node: Node) -> Node:
    if not isinstance(node, Sequence_):
        return node
    items = list(node.items)
    while items and _nullable(items[0]):
        items.pop(0)
    return _joined(items)


def _cut_end(node: Node) -> Node:
    match node:
        case Repeat(item, low, _) if low > 0:
            return item if low == 1 else Repeat(item, low, low)
        case Choice(items):
            return Choice(tuple(_cut_end(item) for item in items))
        case Sequence_(items):
            rest = list(items)
            while rest and _nullable(rest[-1]):
                rest.pop()
            if len(rest) >= 2 and isinstance(rest[-1], Chars):
                before = rest[-2]
                if isinstance(before, Repeat) and before.low == 0 and isinstance(before.item, Chars):
                    rest[-2:] = [Chars(before.item.codes | rest[-1].codes)]  # x*y begins with x or y
            if rest:
                rest[-1] = _cut_end(rest[-1])
            return _joined(rest)
    return node


def _text(node: Node) -> str:
    match node:
        case Chars(codes):
            return _class(codes)
        case Repeat(item, low, high):
            inner = _text(item) if isinstance(item, Chars) else f"(?:{_text(item)})"
            return f"{inner}{{{low},{'' if high is None else high}}}" if (low, high) != (0, 1) else f"{inner}?"
        case Sequence_(items):
            return "".join(f"(?:{_text(item)})" if isinstance(item, Choice) else _text(item) for item in items)
        case Choice(items):
            return "(?:" + "|".join(_text(item) for item in items) + ")"


def _class(codes: frozenset[int]) -> str:
    if not codes:
        raise ValueError("a set that matches nothing")
    ordered = sorted(codes - {HIGH})
    parts: list[str] = []
    start = last = None
    for code in (*ordered, None):
        if last is not None and code == last + 1:
            last = code
            continue
        if start is not None and last is not None:
            parts.append(f"\\x{start:02x}" if start == last else f"\\x{start:02x}-\\x{last:02x}")
        start = last = code
    if HIGH in codes:
        parts.append("\\x80-\\xff")
    return f"[{''.join(parts)}]"


# A rule's number -> the offset just after each of its matches.
Scan = Callable[[bytes], list[tuple[int, int]]]


class Matcher:
    """All patterns together. engine: "hyperscan" or "re". One for each process; not for threads."""

    def __init__(self, patterns: Sequence[str], directory: Path | None, *, hyperscan: bool = True) -> None:
        self.engine = "re"
        scan: Scan | None = None
        if hyperscan and patterns:
            with suppress(ImportError, OSError):  # no wheel for this machine, or a library that does not load
                scan = _with_hyperscan(patterns, directory)
                self.engine = "hyperscan"
        self._scan = scan or _with_re(patterns)

    def marked(self, scanned: bytes) -> list[tuple[int, int]]:
        """(end offset, number of the pattern) of matches, in order; at least one on each line that has any."""
        found = self._scan(scanned)
        return sorted(set(found)) if found else found


def _with_re(patterns: Sequence[str]) -> Scan:
    compiled = [(re.compile(pattern.encode("ascii")), needed(pattern)) for pattern in patterns]

    def scan(data: bytes) -> list[tuple[int, int]]:
        lowered = data.lower()
        return [
            (match.end(), number)
            for number, (regex, words) in enumerate(compiled)
            if not words or any(word in lowered for word in words)
            for match in regex.finditer(data)
        ]

    return scan


def needed(pattern: str) -> tuple[bytes, ...]:
    """Words in lower case, one of which is in every text that a widened pattern matches; none when it has no such."""
    from re import _parser  # type: ignore[attr-defined]

    return tuple(sorted(_words(_node(_parser.parse(pattern), 0, {}))))


def _words(node: Node) -> set[bytes]:
    """The choice of words of three letters or more whose shortest is longest; the empty set when there is none."""
    options: list[set[bytes]] = []
    run = b""
    for item in (*(node.items if isinstance(node, Sequence_) else (node,)), None):
        letters = {bytes([code]).lower() for code in item.codes} if isinstance(item, Chars) else set()
        if len(letters) == 1 and HIGH not in (item.codes if isinstance(item, Chars) else ()):
            run += letters.pop()
            continue
        if len(run) >= 3:
            options.append({run})
        run = b""
        if isinstance(item, Choice):
            branches = [_words(branch) for branch in item.items]
            if all(branches):
                options.append(set().union(*branches))
        elif isinstance(item, Repeat) and item.low > 0:
            options.append(_words(item.item))
    return max((option for option in options if option), key=lambda option: min(map(len, option)), default=set())


def _with_hyperscan(patterns: Sequence[str], directory: Path | None) -> Scan:
    import hyperscan

    database = _database(hyperscan, patterns, directory)

    def scan(data: bytes) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []

        def on(number: int, start: int, end: int, flags: int, context: object) -> None:
            found.append((end, number))

        if data:
            database.scan(data, match_event_handler=on)
        return found

    return scan


def _database(hyperscan: Any, patterns: Sequence[str], directory: Path | None) -> Any:
    """From the cache directory when it is private and holds one for these patterns, this library and this processor."""
    key = hashlib.sha256("\0".join((hyperscan.__version__, _processor(), *patterns)).encode()).digest()
    kept = Sealed(directory)
    database = _loaded(hyperscan, kept.get(key))
    if database is None:
        with kept.alone():  # workers start together: one compiles, the others load
            database = _loaded(hyperscan, kept.get(key))
            if database is None:
                database = _compiled(hyperscan, patterns)
                kept.put(key, hyperscan.dumpb(database))
    return database


def _compiled(hyperscan: Any, patterns: Sequence[str]) -> Any:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[pattern.encode("ascii") for pattern in patterns],
        ids=list(range(len(patterns))),
        elements=len(patterns),
        flags=[0] * len(patterns),
    )
    return database


def _loaded(hyperscan: Any, payload: bytes | None) -> Any:
    if payload is None:
        return None
    try:
        database = hyperscan.loadb(payload, hyperscan.HS_MODE_BLOCK)
        database.scratch = hyperscan.Scratch(database)
        database.scan(b"\n", match_event_handler=lambda *found: None)
        return database
    except hyperscan.HyperscanError:
        return None


class Sealed:
    """Files of our own in a private directory of the cache, by key; each with a seal over key and content.

    What cannot be read, is open to others or was changed is as if it were not there. Nothing of a target's is looked
    at.
    """

    def __init__(self, directory: Path | None) -> None:
        self._directory = _private(directory)

    def get(self, key: bytes) -> bytes | None:
        if self._directory is None:
            return None
        try:
            flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
            descriptor = os.open(self._path(key), flags)
            with open(descriptor, "rb") as file:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode) or not _own(status):
                    return None
                data = file.read(64 << 20)
        except OSError:
            return None
        return data[32:] if data[:32] == _seal(key, data[32:]) else None

    def put(self, key: bytes, payload: bytes) -> None:
        if self._directory is None:
            return
        path = self._path(key)
        temporary = path.with_name(f"{path.name}.{os.getpid()}")
        with suppress(OSError):
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
            try:
                with open(descriptor, "wb") as file:
                    file.write(_seal(key, payload) + payload)
                os.replace(temporary, path)
            except OSError:
                temporary.unlink(missing_ok=True)

    def alone(self) -> AbstractContextManager[None]:
        return _alone(self._directory) if self._directory is not None else nullcontext()

    def _path(self, key: bytes) -> Path:
        return (self._directory or Path()) / f"{hashlib.sha256(key).hexdigest()[:32]}.hs"


def _seal(key: bytes, payload: bytes) -> bytes:
    return hashlib.sha256(key + payload).digest()


def _own(status: os.stat_result) -> bool:
    return not hasattr(os, "getuid") or (status.st_uid == os.getuid() and not status.st_mode & 0o077)


def _private(directory: Path | None) -> Path | None:
    """A directory of our own in the cache directory that nobody else can enter; None where there is none."""
    if directory is None:
        return None
    place = directory / "matcher"
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = place.lstat()
    except OSError:
        return None
    return place if stat.S_ISDIR(status.st_mode) and _own(status) else None


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """One process at a time, where the system has file locks."""
    try:
        import fcntl

        descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except (ImportError, OSError):
        yield
        return
    try:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _processor() -> str:
    """The kind of processor, with its features where the system tells them: a database is built for these."""
    features = ""
    with suppress(OSError), open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        for line in file:
            if line.lower().startswith(("flags", "features")):
                features = line
                break
    return f"{sys.platform}/{platform.machine()}/{sys.maxsize}/{features}"
