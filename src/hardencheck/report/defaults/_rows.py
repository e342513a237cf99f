"""What each format says of a row of the production defaults, worked out once; words alone, nothing escaped."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hardencheck.model.checklist import Application, Checklist, Default, Judgement
from hardencheck.model.facts.settings import Variable
from hardencheck.model.finding import Verdict
from hardencheck.model.location import Location
from hardencheck.model.words import plural
from hardencheck.report import _view

MAX_VALUE = 200  # characters of a value that come from the target
MAX_PLACES = 20  # of one chain, or variables of one setting
NOT_JUDGED = "not judged"
TITLE = "Production defaults"
LEAD = (
    "The value every security-relevant setting has in production, as the files of this repository say, read without "
    "running any of it."
)
LEGEND = (
    "Value: what holds when the service starts; 'one of' when a condition that is not known decides; 'in part' or 'not "
    "known' where it could not be had, with the reason.",
    "Set at: the assignment that wins; those that it overrides are named with it or below.",
    "Environment: the variable a value depends on, what the code takes without it, and what the deployment files of "
    "this repository give it.",
    "Verdict: of the check for this application; 'not judged' where no check looks at the setting. "
    "'hardencheck explain ID' says all about a check.",
)
_NAMES = {
    "django": "Django",
    "flask": "Flask",
    "fastapi": "FastAPI",
    "starlette": "Starlette",
    "aiohttp": "aiohttp",
    "litestar": "Litestar",
    "quart": "Quart",
    "sanic": "Sanic",
    "tornado": "Tornado",
    "pyramid": "Pyramid",
    "falcon": "Falcon",
    "bottle": "Bottle",
    "uwsgi": "uWSGI",
}
# What needs somebody first; None: no check judges it.
_ORDER: tuple[Verdict | None, ...] = (*_view.ORDER, None)


class Group(NamedTuple):
    application: Application
    rows: tuple[Default, ...]


def groups(checklist: Checklist) -> tuple[Group, ...]:
    """The rows of each application, in the order of the checklist; an application that is not listed comes last."""
    held: dict[tuple[str, str], list[Default]] = {
        (one.framework, one.application): [] for one in checklist.applications
    }
    for row in checklist.defaults:
        held.setdefault((row.framework, row.application), []).append(row)
    known = {(one.framework, one.application): one for one in checklist.applications}
    return tuple(
        Group(known.get(key) or Application(framework=key[0], application=key[1]), tuple(rows))
        for key, rows in held.items()
        if rows
    )


class Tally(NamedTuple):
    known: int
    environment: int
    unknown: int

    @property
    def words(self) -> str:
        more = [f"{self.environment} {'depends' if self.environment == 1 else 'depend'} on the environment"]
        more += [f"{self.unknown} unknown"]
        return ", ".join([f"{self.known} known", *more])


def tally(rows: Iterable[Default]) -> Tally:
    """known and unknown make up all; environment are those of either that depend on a variable."""
    held = tuple(rows)
    unknown = sum(row.state == "unknown" for row in held)
    return Tally(len(held) - unknown, sum(bool(row.depends_on) for row in held), unknown)


def verdicts(rows: Iterable[Default]) -> tuple[tuple[Verdict | None, int], ...]:
    found = Counter(row.verdict for row in rows)
    return tuple((verdict, found[verdict]) for verdict in _ORDER if found[verdict])


def summary(rows: Sequence[Default]) -> str:
    """41 settings: 39 known, 6 depend on the environment, 2 unknown; 3 fail, 30 pass, 8 not judged."""
    counted = ", ".join(f"{count} {word(verdict)}" for verdict, count in verdicts(rows))
    return f"{plural(len(rows), 'setting')}: {tally(rows).words}; {counted}"


def word(verdict: Verdict | None) -> str:
    return NOT_JUDGED if verdict is None else _view.WORDS[verdict]


# Packages whose arguments are rows of the application beside which they are called.
_BESIDE = {"CORS": "Flask-CORS", "Talisman": "Flask-Talisman", "ProxyFix": "Werkzeug"}


def framework(name: str) -> str:
    return _NAMES.get(name, name)


def product(application: Application) -> str:
    """Django 5.2"""
    return f"{framework(application.framework)} {application.version}".rstrip()


def chosen(application: Application) -> str:
    """Why this one is production: a sentence, and the lines that say so."""
    if not application.places:
        return application.chosen
    return f"{application.chosen}: {places(application.places)}"


def places(given: Sequence[Location]) -> str:
    shown = ", ".join(str(place) for place in given[:MAX_PLACES])
    return f"{shown} and {len(given) - MAX_PLACES} more" if len(given) > MAX_PLACES else shown


def worst(row: Default) -> Judgement | None:
    return row.judgements[0] if row.judgements else None


def certainty(row: Default) -> str:
    """What stands before the value; "not known" stands alone."""
    if row.state == "unknown":
        return "in part" if row.value else "not known"
    return "one of" if row.state == "one-of" else ""


class Said(NamedTuple):
    """A remark in pieces, so that a format can set apart what comes from the target."""

    text: str
    at: str
    check: str

    @property
    def words(self) -> str:
        return f"{self.text}, at {self.at}" + (f" ({self.check})" if self.check else "")


def remarks(row: Default) -> tuple[Said, ...]:
    return tuple(Said(one.text, str(one.location), one.check) for one in row.remarks)


def set_at(row: Default) -> str:
    """The winning assignment; "" where nothing assigns the setting."""
    return str(row.location) if row.source == "set" and row.location != Location() else ""


class Fallback(NamedTuple):
    """What the framework takes where nothing is set. value: "" where not known. of: "Django 5.2"."""

    value: str
    of: str


def framework_default(row: Default) -> Fallback:
    value = row.value if row.source == "default" and row.state == "known" else row.default
    beside = _BESIDE.get(row.name.partition(".")[0]) if "." in row.name else None
    return Fallback(value, beside or f"{framework(row.framework)} {row.version}".rstrip())


class Dependence(NamedTuple):
    """A variable in pieces, so that a format can set apart what comes from the target. without: what holds unset."""

    name: str
    cast: str
    without: str
    required: bool
    given: str | None
    given_at: str
    unless: str = ""  # what is not in the repository and goes before what is given
    other: str = ""  # in place of all that: what holds for something that is no variable of the environment


_OTHERS = {
    "variable": "",
    "setting": "a setting whose value is not known; taken to be off in production",
    "others": "the code looks at all of them; those that nothing in the repository sets are not known",
    "file": "a file that is not in the repository; taken not to be there",
    "module": "what an operator may say, in a module that is not in the repository",
}


def dependence(variable: Variable) -> Dependence:
    return Dependence(
        variable.name,
        variable.cast,
        variable.default,
        variable.required,
        variable.given,
        str(variable.given_at) if variable.given_at is not None else "",
        " or ".join(variable.unless[:MAX_PLACES]),
        _OTHERS[variable.kind],
    )


def unknown_because(row: Default) -> str:
    """Reads after the name of the setting: "vault.read(...) (call)"."""
    if row.text and row.reason and row.reason not in row.text:
        return f"{row.text} ({row.reason})"
    return row.text or row.reason or "no reason was recorded"


def first_sentence(prose: str) -> str:
    """The beginning of a check's why, for a table: up to a full stop that ends a sentence."""
    flat = " ".join(prose.split())
    end = -1
    while (end := flat.find(". ", end + 1)) != -1:
        if flat[end + 2 : end + 3].isupper() and end >= 20:
            return flat[: end + 1]
    return flat
