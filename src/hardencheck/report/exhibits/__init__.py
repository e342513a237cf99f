"""Pictures of the service: their tables as text, as Markdown and for the templates. Pure."""

from collections.abc import Iterator, Sequence

from hardencheck.model.facts.exhibit import Cell, Exhibit, Table
from hardencheck.model.words import plural
from hardencheck.report._options import Options
from hardencheck.report._text import clip, visible
from hardencheck.report.terminal import ASCII, Pen, cells

TITLE = "Layer by layer"
LEAD = (
    "What the files of the repository say that the layers of the service do together, read without running any of it."
)
MAX_TEXT = 300
MAX_PLACES = 3
MAX_ROWS = 400  # of one table; the JSON report holds all
_STYLES = {"weak": "1;31", "unknown": "1;33", "": ""}
_WORDS = {"weak": "weak", "unknown": "not known", "": ""}


def places(cell: Cell) -> str:
    """The lines that say so, the decisive one first."""
    shown = ", ".join(str(place) for place in cell.places[:MAX_PLACES])
    return f"{shown} and {len(cell.places) - MAX_PLACES} more" if len(cell.places) > MAX_PLACES else shown


def words(cell: Cell) -> str:
    """The text with what its mark says, since a colour alone says nothing."""
    said = _WORDS[cell.mark]
    if not cell.text:
        return said or "-"
    return cell.text if not said or cell.text.startswith(said) else f"{said}: {cell.text}"


def size(exhibit: Exhibit) -> str:
    rows = sum(len(table.rows) for table in exhibit.tables)
    return f"{plural(len(exhibit.tables), 'table')}, {plural(rows, 'row')}"


def render(fmt: str, exhibit: Exhibit, options: Options = Options()) -> str:  # noqa: B008 - immutable
    """One picture by itself. fmt: "text", "markdown" or "html"."""
    match fmt:
        case "html":
            from hardencheck.report import html

            return html.page("picture.html.j2", title=exhibit.title, exhibit=exhibit)
        case "markdown":
            from hardencheck.report.markdown import text

            return "\n".join((f"# {text(exhibit.title)}", "", *as_markdown(exhibit, 2))) + "\n"
        case _:
            return as_text(exhibit, options)


def as_text(exhibit: Exhibit, options: Options) -> str:
    """width 0 (a pipe, a file) is 80 columns. A row is a block: tables of many columns fit no terminal."""
    pen = Pen(options._replace(width=max(40, min(options.width or 80, 120))))
    text = "".join(f"{line.rstrip()}\n" for line in _text(exhibit, pen))
    return text if options.unicode else text.translate(ASCII).encode("ascii", "backslashreplace").decode()


def _text(exhibit: Exhibit, pen: Pen) -> Iterator[str]:
    yield pen.style("1", visible(exhibit.title, MAX_TEXT))
    yield from pen.block("", visible(exhibit.about, 1_000), 0)
    for table in exhibit.tables:
        yield ""
        yield from (pen.style("1", line) for line in pen.block("", visible(table.title, MAX_TEXT), 0))
        width = max((cells(visible(column, 40)) for column in table.columns), default=0) + 2
        for row in table.rows[:MAX_ROWS]:
            yield ""
            yield from _row(table, row, pen, width)
        if len(table.rows) > MAX_ROWS:
            yield f"  {len(table.rows) - MAX_ROWS:,} more rows"
        if table.notes:
            yield ""
        for note in table.notes:
            yield from pen.block("note", visible(note, 1_000), 2, 6)


def _row(table: Table, row: Sequence[Cell], pen: Pen, width: int) -> Iterator[str]:
    """The first cell is what the row is about; where it is empty, the same as the row before."""
    for number, (column, cell) in enumerate(zip(table.columns, row, strict=False)):
        if not cell.text and not cell.mark:
            continue
        at = f" ({visible(places(cell), 500)})" if cell.places else ""
        said = f"{visible(words(cell), MAX_TEXT)}{at}"
        if number == 0:
            yield from (pen.style("1", line) for line in pen.block("", said, 2))
            continue
        style = _STYLES[cell.mark]
        for line in pen.block(visible(column, 40), said, 4, width):
            yield pen.style(style, line) if style else line


def as_markdown(exhibit: Exhibit, level: int) -> Iterator[str]:
    """All but the title. level: of the headings of the tables."""
    from hardencheck.report.markdown import code, text

    yield text(exhibit.about)
    for table in exhibit.tables:
        yield ""
        yield f"{'#' * level} {text(clip(table.title, MAX_TEXT))}"
        yield ""
        yield f"| {' | '.join(_prose(column) for column in table.columns)} |"
        yield "|" + "---|" * len(table.columns)
        for row in table.rows[:MAX_ROWS]:
            yield f"| {' | '.join(_cell(cell) for cell in row)} |"
        if len(table.rows) > MAX_ROWS:
            yield ""
            yield f"{len(table.rows) - MAX_ROWS:,} more rows; the JSON report holds all of them."
        if table.notes:
            yield ""
            yield from (f"- {code(note, 1_000)}" for note in table.notes)


def _cell(cell: Cell) -> str:
    """What comes from the target stands in code, where no mention, link, HTML or table syntax is read."""
    from hardencheck.report.defaults.markdown import cell as in_code

    if not cell.text and not cell.mark:
        return ""
    said = _WORDS[cell.mark]
    mark = f"**{said}** " if said and not cell.text.startswith(said) else ""
    text = in_code(cell.text, MAX_TEXT) if cell.text else ""
    return f"{mark}{text}{f'<br>{in_code(places(cell), 500)}' if cell.places else ''}"


def _prose(heading: str) -> str:
    from hardencheck.report.defaults.markdown import prose

    return prose(visible(heading, 100))
