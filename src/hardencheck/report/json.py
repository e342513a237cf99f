"""JSON: the record that every other format is a function of."""

import msgspec

from hardencheck.errors import UsageError
from hardencheck.model.checklist import Checklist
from hardencheck.report._options import Options
from hardencheck.report._text import json_safe, without_surrogates

VERSION = 1
MAX_BYTES = 256 * 1024 * 1024
SCHEMA_ID = f"urn:hardencheck:schema:report:{VERSION}"


class _Head(msgspec.Struct, frozen=True):
    version: int


def render(checklist: Checklist, options: Options = Options()) -> str:  # noqa: B008 - immutable
    """Keys sorted, two spaces of indent, a newline at the end; characters that cannot be seen are escaped."""
    return encode(checklist)


def encode(value: object) -> str:
    """Any value as canonical JSON text."""
    try:
        data = msgspec.json.encode(value, order="sorted")
    except UnicodeEncodeError:
        data = msgspec.json.encode(without_surrogates(msgspec.to_builtins(value)), order="sorted")
    return json_safe(msgspec.json.format(data, indent=2).decode()) + "\n"


def read(text: str | bytes) -> Checklist:
    """The Checklist of a saved report.

    Raises UsageError for text that is not one: broken, of a newer version, larger than 256 MiB, nested too deep.
    """
    if len(text) > MAX_BYTES:
        raise UsageError(
            f"the report is larger than {MAX_BYTES // 2**20} MiB",
            hint="expected the file that 'hardencheck scan --format json=FILE' wrote",
        )
    try:
        version = msgspec.json.decode(text, type=_Head).version
        if version > VERSION:
            raise UsageError(
                f"the report has version {version}; this hardencheck reads up to {VERSION}",
                hint="read it with the version that wrote it, or a later one",
            )
        if version < 1:
            raise UsageError(f"the report has version {version}; the first is 1", hint="scan again to get a report")
        return msgspec.json.decode(text, type=Checklist)
    except RecursionError:
        raise UsageError("not a report: nested too deep", hint=_HINT) from None
    except UnicodeError:
        raise UsageError("not a report: not UTF-8", hint=_HINT) from None
    except msgspec.DecodeError as error:
        raise UsageError(f"not a report: {error}", hint=_HINT) from None


_HINT = "expected the file that 'hardencheck scan --format json=FILE' wrote"


def schema() -> dict[str, object]:
    """JSON Schema (2020-12) of the report.

    A field may be added within a version, and a reader ignores what it does not know; other changes raise it.
    """
    return schema_of(Checklist, SCHEMA_ID, f"hardencheck report, version {VERSION}")


def schema_of(cls: type[msgspec.Struct], name: str, title: str) -> dict[str, object]:
    """JSON Schema of a struct, with an id and a title."""
    made: dict[str, object] = msgspec.json.schema(cls)
    _clean(made)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": name,
        "title": title,
        **made,
    }


def _clean(node: object) -> None:
    """Descriptions without the indent of the source: Python 3.13 drops it from docstrings, earlier ones keep it."""
    match node:
        case dict():
            if isinstance(text := node.get("description"), str):
                node["description"] = "\n".join(line.strip() for line in text.strip().splitlines())
            for child in node.values():
                _clean(child)
        case list():
            for child in node:
                _clean(child)
