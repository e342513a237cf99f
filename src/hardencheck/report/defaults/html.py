"""One self-contained HTML page: no script, nothing fetched, and the same table that the audit's report has."""

from hardencheck.model.checklist import Checklist
from hardencheck.report import _view, html
from hardencheck.report._options import Options
from hardencheck.report.defaults import _rows


def render(checklist: Checklist, options: Options) -> str:
    return html.page(
        "defaults.html.j2",
        title=_rows.TITLE,
        lead=_rows.LEAD,
        legend=_rows.LEGEND,
        default_groups=_rows.groups(checklist),
        anchors={},
        marks=html.MARKS,
        words=_view.WORDS,
    )
