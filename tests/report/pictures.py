"""Exhibits as literals: every mark, several tables, texts that attack each format, a table longer than is shown."""

from hardencheck.model.facts.exhibit import Cell, Exhibit, Table
from hardencheck.model.location import Location
from tests.report.settings import HOSTILE_VALUES


def at(path: str, line: int) -> Location:
    return Location(path=path, line=line)


CHAIN = Exhibit(
    location=Location(),
    id="uploads.chain",
    title="The upload chain",
    about="How large a request may be at every layer that it passes, and which layer answers one that is larger.",
    tables=(
        Table(
            title="shop.settings behind nginx",
            columns=("What is sent", "nginx", "gunicorn", "Django", "Effective limit"),
            rows=(
                (
                    Cell(text="a file of a form"),
                    Cell(text="10m = 10485760 bytes", places=(at("deploy/nginx.conf", 12),)),
                    Cell(text="no limit"),
                    Cell(text="not counted"),
                    Cell(text="10485760 bytes, nginx answers 413", places=(at("deploy/nginx.conf", 12),)),
                ),
                (
                    Cell(text="a raw body"),
                    Cell(text="0: no limit", places=(at("deploy/nginx.conf", 30),), mark="weak"),
                    Cell(),
                    Cell(
                        text="read from $LIMIT",
                        places=tuple(at("shop/settings.py", n) for n in range(5)),
                        mark="unknown",
                    ),
                    Cell(text="", mark="unknown"),
                ),
            ),
            notes=("nginx does not count a chunked body that the application never reads.",),
        ),
        Table(title="nothing here", columns=("One",), rows=()),
    ),
)
HOSTILE = Exhibit(
    location=Location(),
    id="headers.predicted",
    title="Predicted <b>headers</b>",
    about="`a|b` @octocat #1",
    tables=(
        Table(
            title=HOSTILE_VALUES[0],
            columns=("Header", "a|b"),
            rows=tuple((Cell(text=value), Cell(text=value, places=(at(value, 1),))) for value in HOSTILE_VALUES),
            notes=HOSTILE_VALUES,
        ),
    ),
)
LONG = Exhibit(
    location=Location(),
    id="logging.picture",
    title="Long",
    about="More rows than a report shows.",
    tables=(Table(title="long", columns=("Row",), rows=tuple((Cell(text=f"row {n}"),) for n in range(450))),),
)
EXHIBITS = (HOSTILE, CHAIN)
