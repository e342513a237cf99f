"""The production defaults of a Checklist as a document of its own: Checklist -> text, Markdown, JSON or HTML. Pure.

Made to be committed: the same repository and rules give the same bytes, on any machine and at any time. No date, no
version of hardencheck, no commit and no name of a directory is in it.
"""

import re
from importlib import import_module
from typing import Protocol

from hardencheck.errors import UsageError, did_you_mean
from hardencheck.model.checklist import Checklist
from hardencheck.report._options import Options
from hardencheck.report.defaults._rows import TITLE, tally

# A format and what its files end with, the first one preferred.
FORMATS: dict[str, tuple[str, ...]] = {
    "text": (".txt",),
    "json": (".json",),
    "markdown": (".md", ".markdown"),
    "html": (".html", ".htm"),
}
_CONTENT = (
    ("markdown", re.compile(rf"\s*# {TITLE}\s*$", re.MULTILINE)),
    ("json", re.compile(r"\s*\{")),
    ("html", re.compile(r"\s*<!doctype html", re.IGNORECASE)),
    ("text", re.compile(rf"\s*{TITLE}\s*$", re.MULTILINE)),
)


class _Renderer(Protocol):
    def __call__(self, checklist: Checklist, options: Options, /) -> str: ...


def render(fmt: str, checklist: Checklist, options: Options = Options()) -> str:  # noqa: B008 - immutable
    """One document. Raises UsageError for a format nobody defined."""
    if fmt not in FORMATS:
        raise UsageError(f"no format {fmt!r} of the production defaults", hint=did_you_mean(fmt, FORMATS, "format"))
    renderer: _Renderer = import_module(f"hardencheck.report.defaults.{fmt}").render
    return renderer(checklist, options)


def recognised(text: str, name: str) -> str | None:
    """The format of a document, by its content, else by the end of its name; None for neither."""
    for fmt, begins in _CONTENT:
        if begins.match(text[:4_000]):
            return fmt
    return next((fmt for fmt, ends in FORMATS.items() if name.lower().endswith(ends)), None)


def schema() -> dict[str, object]:
    """JSON Schema of the document in JSON."""
    from hardencheck.report.defaults import json

    return json.schema()


__all__ = ["FORMATS", "Options", "recognised", "render", "schema", "tally"]
