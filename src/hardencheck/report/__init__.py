"""Reports: Checklist -> text. Pure; one module a format.

Every format is a function of one Checklist, and the JSON holds the Checklist whole: a report rendered from a saved
JSON has the same bytes as one rendered after the scan.
"""

from importlib import import_module
from typing import Protocol

from hardencheck.errors import UsageError, did_you_mean
from hardencheck.model.checklist import Checklist
from hardencheck.report._options import Options


class Renderer(Protocol):
    """The text of a report. The same Checklist and options give the same bytes."""

    def __call__(self, checklist: Checklist, options: Options = ..., /) -> str: ...


def _later(module: str, function: str = "render") -> Renderer:
    """A renderer whose module is imported when it is used: a terminal report needs no template engine."""

    def render(checklist: Checklist, options: Options = Options()) -> str:  # noqa: B008 - immutable
        text: str = getattr(import_module(f"hardencheck.report.{module}"), function)(checklist, options)
        return text

    return render


# A test holds this against the modules that are there.
RENDERERS: dict[str, Renderer] = {
    "github": _later("github"),
    "html": _later("html"),
    "json": _later("json"),
    "markdown": _later("markdown"),
    "sarif": _later("sarif"),
    "sarif-full": _later("sarif", "render_full"),
    "terminal": _later("terminal"),
}


def render(
    fmt: str,
    checklist: Checklist,
    *,
    verbose: bool = False,
    color: bool = False,
    unicode: bool = True,
    width: int = 0,
) -> str:
    """One report. The options are those of `Options`; a format ignores what it has no use for.

    Raises UsageError for a format nobody defined.
    """
    if fmt not in RENDERERS:
        raise UsageError(f"no report format {fmt!r}", hint=did_you_mean(fmt, RENDERERS, "format"))
    return RENDERERS[fmt](checklist, Options(verbose=verbose, color=color, unicode=unicode, width=width))


def read(text: str | bytes) -> Checklist:
    """The Checklist of a saved JSON report; see `hardencheck.report.json.read`."""
    from hardencheck.report import json

    return json.read(text)


def schema() -> dict[str, object]:
    """JSON Schema of the JSON report."""
    from hardencheck.report import json

    return json.schema()


__all__ = ["RENDERERS", "Options", "Renderer", "read", "render", "schema"]
