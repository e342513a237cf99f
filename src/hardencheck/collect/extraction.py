"""One file through the extractors that want it: here, in a worker process, and in tests, by the same code."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.deadline import DeadlineExceeded, deadline
from hardencheck.collect.meter import measured
from hardencheck.collect.texts import STRAY, Notice, as_utf8, has_mark, noticing
from hardencheck.model.facts import Fact, fact_types
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

SECONDS_PER_FILE = 20.0
NOT_TEXT = "it holds NUL bytes, so it is not the text that its name promises"
# Programs and archives, which may be called "nginx" or "start": ELF, Mach-O, Windows, zip, gzip, Java.
_MAGIC = (
    b"\x7fELF", b"\xfe\xed\xfa", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe", b"MZ", b"PK", b"\x1f\x8b",
    b"\xca\xfe\xba\xbe",
)  # fmt: skip
_UTF8_MARK = b"\xef\xbb\xbf"


def is_binary(data: bytes) -> bool:
    """A NUL in the first 8 KiB, unless a byte order mark says UTF-16: what git calls binary, but for that."""
    return b"\0" in data[:8192] and not data.startswith(_UTF8_MARK) and not has_mark(data)


def misnamed(extractor: Extractor, mode: int, size: int, head: bytes) -> bool:
    """Whether binary data is a loss to an extractor of text: it wanted the file for its name, not as it wants any,
    and the data does not begin as a program or archive does. One NUL must not take a settings.py out of the audit."""
    return not extractor.binary and not head.startswith(_MAGIC) and not extractor.wants("data.bin", mode, size)


def extract_file(
    extractors: Sequence[Extractor], path: str, mode: int, data: bytes, *, seconds: float = SECONDS_PER_FILE
) -> list[Found]:
    """Everything the extractors say about one file, without the secrets that stand in it. Trouble in one of them is a
    Gap and does not touch the others."""
    found: list[Found] = []
    text, replaced, lost = data, False, NOT_TEXT if is_binary(data) else ""
    if not lost:
        try:
            text, replaced = as_utf8(path, data)
        except Unreadable as error:
            lost = error.detail
    for extractor in extractors:
        if extractor.binary:
            found.extend(_guarded(extractor, path, mode, data, seconds))
        elif lost:
            if misnamed(extractor, mode, len(data), data[:8]):
                found.append(extractor.gap(Reason.UNPARSABLE, lost, Location(path=path)))
            elif not is_binary(data):  # whoever wants files of any name knows encodings itself
                found.extend(_guarded(extractor, path, mode, data, seconds))
        else:
            with noticing() as notices:
                said = _guarded(extractor, path, mode, text, seconds)
            found.extend(said)
            if replaced:
                notices.append(Notice(STRAY))
            if any(isinstance(item, Fact) for item in said):
                here = Location(path=path)
                found.extend(extractor.gap(Reason.UNPARSABLE, one.detail, here.at(one.line)) for one in set(notices))
    return _without_secrets(extractors, found, path, data, seconds)


def _without_secrets(
    extractors: Sequence[Extractor], found: list[Found], path: str, data: bytes, seconds: float
) -> list[Found]:
    """What collectors copy out of a file is kept and shown: any literal may be a secret. Here for all of them."""
    if not found:
        return found
    from hardencheck.collect.secrets.names import masked, values_in

    try:
        with measured("secrets taken out of facts"), deadline(seconds):
            return masked(found, values_in(data, found))
    except DeadlineExceeded:
        reason, why = Reason.DEADLINE, f"not looked at for secrets after {seconds:.0f} s, so not kept"
    except Exception as error:
        reason, why = Reason.CRASHED, f"not looked at for secrets, so not kept: {type(error).__name__}"
    return [extractor.gap(reason, why, Location(path=path)) for extractor in extractors]


def _guarded(extractor: Extractor, path: str, mode: int, data: bytes, seconds: float) -> list[Found]:
    here = Location(path=path)
    try:
        with measured(extractor.name), deadline(seconds):
            return list(extractor.extract(path, mode, data))
    except Unreadable as error:
        return [extractor.gap(error.reason, error.detail, here.at(error.line))]
    except DeadlineExceeded:
        return [extractor.gap(Reason.DEADLINE, f"not done after {seconds:.0f} s", here)]
    except RecursionError:
        return [extractor.gap(Reason.UNPARSABLE, "nested too deeply to be read", here)]
    except MemoryError:
        return [extractor.gap(Reason.BUDGET, "needs more memory than there is", here)]
    except Exception as error:
        # The type alone: a message may quote the file, and the file may hold a secret.
        return [extractor.gap(Reason.CRASHED, f"{extractor.name} broke: {type(error).__name__}", here)]


def encode(found: Iterable[Found]) -> bytes:
    return msgspec.msgpack.encode(list(found))


class Decoding:
    """bytes -> facts and gaps, for all fact types known now. Raises msgspec.MsgspecError for anything else."""

    def __init__(self) -> None:
        union: object = Gap
        for fact in fact_types().values():
            union = union | fact
        self._decoder: msgspec.msgpack.Decoder[list[Found]] = msgspec.msgpack.Decoder(list[union])  # type: ignore[valid-type]

    def __call__(self, payload: bytes) -> list[Found]:
        return self._decoder.decode(payload)


def split(found: Iterable[Found]) -> tuple[list[Fact], list[Gap]]:
    facts: list[Fact] = []
    gaps: list[Gap] = []
    for item in found:
        if isinstance(item, Gap):
            gaps.append(item)
        else:
            facts.append(item)
    return facts, gaps


def wanting(extractors: Sequence[Extractor], path: str, mode: int, size: int) -> Iterator[Extractor]:
    """The extractors that want a file; one that breaks on a name does not get it."""
    for extractor in extractors:
        if extractor.wants(path, mode, size):
            yield extractor
