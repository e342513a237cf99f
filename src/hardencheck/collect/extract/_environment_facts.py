"""What every reader of environment variables shares: the role of its file, what is kept of a value, the bounds."""

import posixpath
import re
from collections.abc import Iterable, Mapping

from hardencheck.collect.contract import Found
from hardencheck.collect.extract._environment_text import PLAIN_DOLLAR, depends, interpolated, templated
from hardencheck.collect.extract.credentialfiles import has_credentials, names_a_secret
from hardencheck.collect.extract.dockerfile import purpose
from hardencheck.lazily import compiled
from hardencheck.model.facts.settings import DeployedService, EnvironmentVariable
from hardencheck.model.location import Location

MAX_VARIABLES = 5_000
MAX_VALUE = 4_096
_MAX_RUNS = 12
_NAME = compiled(r"[A-Za-z_][\w.-]{0,252}")
_VARIABLE = compiled(r"\$\{([A-Za-z_]\w*)[^{}]*\}|\$([A-Za-z_]\w*)")
_EXAMPLE = frozenset({"example", "examples", "sample", "samples", "template", "dist", "skeleton", "defaults", "schema"})
PRODUCTION = frozenset({"prod", "production", "live"})
# Neither development nor production: what holds there need not hold where the visitors are.
_STAGING = frozenset({"staging", "stage", "qa", "uat", "preview", "sandbox"})
_PLAIN = compiled(r"(?i)true|false|yes|no|on|off|none|null|[01]|")
_NUMBER = compiled(r"\d{1,7}")
# Says itself that it is none yet; code compares with it and refuses to start.
_TO_CHANGE = compiled(r"(?i)(?:change|replace)[-_ ]?(?:me|this|it)[.!]*")
_SURELY = compiled(r"(?i)passw|passphrase|secret|pwd|private")
_RUNS = compiled(
    r"(?<![\w-])(gunicorn|uvicorn|hypercorn|granian|daphne|waitress-serve|waitress|uwsgi|mod_wsgi-express|pserve|celery|"
    r"python[\d.]*|manage\.py|django-admin|flask|fastapi|runserver(?:_plus)?|rq|rqworker|dramatiq|huey|arq|"
    r"node|npm|yarn|pnpm|next|nginx|caddy|[\w-]{1,60}\.(?:sh|py|ini))(?![\w-])"
)
_DEVELOPMENT_COMMAND = compiled(
    r"\brunserver(?:_plus)?\b|--reload\b|--autoreload\b|\bfastapi\s+dev\b|\bflask\b.{0,80}--debug\b|\bdebugpy\b|"
    r"\bwatchmedo\b|\b(?:npm|yarn|pnpm)\s+(?:run\s+)?dev\b|\bpytest\b|\btox\b"
)
SERVERS = frozenset({
    "gunicorn", "uvicorn", "hypercorn", "granian", "daphne", "waitress-serve", "waitress", "uwsgi", "mod_wsgi-express",
    "pserve", "fastapi", "flask",
})  # fmt: skip

MADE_FOR_PRODUCTION = SERVERS - {"flask", "fastapi"}  # those two may start either kind


class Full(Exception):
    """A file gives more variables than are kept."""


def role_of(path: str) -> str:
    """ "production", "development" (also test and staging) or "example", by the words of a path."""
    words = re.split(r"[^a-z0-9]+", path.rpartition("/")[2].lower())
    if _EXAMPLE & set(words):
        return "example"
    shown = path.lower().replace("usr/local/", "usr/")
    what = purpose(shown)
    if what in {"test", "development"} or _STAGING & set(re.split(r"[^a-z0-9]+", shown)):
        return "development"
    return "example" if what in {"example", "documentation"} else "production"


def for_development(command: str) -> bool:
    """Whether a command starts a server that nobody has in production."""
    return _DEVELOPMENT_COMMAND.search(command[:4000]) is not None


_DEVELOPMENT_SERVER = compiled(
    r"(?<![\w-])(?:(?:manage\.py|django-admin(?:\.py)?|[\w./-]{1,60}manage\.py)\s+(?:-\S+\s+(?:\d+\s+)?)*(runserver(?:_plus)?)|"
    r"(flask|quart)\s+(?:-\S+(?:\s+(?!run\b)[\w.:()/-]{1,100})?\s+){0,6}run|fastapi\s+(dev)|"
    r"(adev)\s+runserver|sanic\s[^|&;]{0,300}(--(?:debug|dev))|pserve\s[^|&;]{0,300}(--reload))(?![\w-])"
)
_DEVELOPMENT_SERVERS = (
    "manage.py runserver", "flask run", "fastapi dev", "adev runserver", "sanic --debug", "pserve --reload",
)  # fmt: skip


def development_server(command: str) -> str:
    """The development server that one command starts, "" for none.

    Sources: Django "django-admin", runserver ("DO NOT USE THIS SERVER IN A PRODUCTION SETTING"); Flask "Development
    Server"; FastAPI CLI; aiohttp-devtools README; Sanic "Development"; Pyramid "pserve".
    """
    match = _DEVELOPMENT_SERVER.search(command[:4000])
    if match is None:
        return ""
    number = next(index for index, found in enumerate(match.groups()) if found)
    return _DEVELOPMENT_SERVERS[number].replace("flask", match[2] or "flask")


def runs_of(command: str) -> tuple[str, ...]:
    """Programs and scripts of a command that tell what it is; nothing else of it is kept."""
    return tuple(dict.fromkeys(_RUNS.findall(command[:4000])))[:_MAX_RUNS]


def beside(path: str, relative: str) -> str | None:
    """A path that is relative to a file, from the root; None when it leaves the tree, "/..." when it is absolute."""
    relative = relative.strip()
    if relative.startswith("/"):
        return relative
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(path), relative))
    return None if joined.startswith("..") else "" if joined == "." else joined


def words_of(path: str) -> set[str]:
    return set(re.split(r"[^a-z0-9]+", path.lower()))


def named_for_production(path: str) -> bool:
    """Whether an environment file is `.env`, or has a name that says production."""
    return path.rpartition("/")[2].lower() == ".env" or bool(PRODUCTION & words_of(path))


class Maker:
    """Makes the facts of one file. by: as in the fact. doubled: `$$` is a dollar there."""

    def __init__(self, path: str, by: str, *, doubled: bool = False, unsure: Iterable[int] = ()) -> None:
        self.path, self.by, self.doubled = path, by, doubled
        self.role = self.placed = role_of(path)
        self.unsure = frozenset(unsure)
        self.found: list[Found] = []
        self.count = 0

    def text(
        self,
        name: str,
        text: str,
        line: int,
        *,
        service: str = "",
        default: bool = False,
        role: str | None = None,
        known: Mapping[str, str] | None = None,
    ) -> None:
        """A variable with a text. known: variables to replace in it; None: there are none in this format."""
        if line in self.unsure:
            self.held(name, "set under a condition of the template", line, service=service, role=role)
            return
        if templated(text):
            self.held(name, "filled in by a template", line, service=service, role=role)
            return
        value: str | None = text.replace(PLAIN_DOLLAR, "$")
        written = ""
        if known is not None and depends(text):
            value, from_default = interpolated(text, known, doubled=self.doubled)
            default = default or from_default
            written = text.replace(PLAIN_DOLLAR, "$$" if self.doubled else "$") if len(text) <= MAX_VALUE else ""
            if value is None:
                names = [first or second for first, second in _VARIABLE.findall(text)]
                shown = ", ".join(dict.fromkeys(names))[:200] or "what a command gives"
                self.held(name, shown, line, service=service, role=role, written=written, default=default)
                return
        assert value is not None
        if len(value) > MAX_VALUE:
            self.held(name, f"a text of {len(value)} characters", line, service=service, role=role)
            return
        if is_secret(name, value):
            self._add(
                EnvironmentVariable(
                    location=Location(path=self.path, line=line),
                    name=name,
                    what="secret",
                    length=len(value),
                    distinct=len(set(value)),
                    by=self.by,
                    service=service,
                    role=role or self.role,
                    default=default,
                    written=_names_only(written),
                )
            )
            return
        self._add(
            EnvironmentVariable(
                location=Location(path=self.path, line=line),
                name=name,
                what="text",
                value=value,
                by=self.by,
                service=service,
                role=role or self.role,
                default=default,
                written=written,
            )
        )

    def held(
        self,
        name: str,
        where: str,
        line: int,
        *,
        service: str = "",
        role: str | None = None,
        written: str = "",
        default: bool = False,
    ) -> None:
        """A variable whose value another place holds."""
        self._add(
            EnvironmentVariable(
                location=Location(path=self.path, line=line),
                name=name,
                what="reference",
                value=where[:300],
                by=self.by,
                service=service,
                role=role or self.role,
                default=default,
                written=_names_only(written) if names_a_secret(name) or "@" in written else written,
            )
        )

    def _add(self, fact: EnvironmentVariable) -> None:
        if _NAME.fullmatch(fact.name) is None:
            return
        self.count += 1
        if self.count > MAX_VARIABLES:
            raise Full
        self.found.append(fact)

    def service(
        self,
        line: int,
        *,
        service: str = "",
        image: str = "",
        context: str | None = None,
        dockerfile: str | None = None,
        command: str = "",
        files: Iterable[str] = (),
        maps: Iterable[str] = (),
        extends: str = "",
        job: bool = False,
        sets: Iterable[str] = (),
        unsets: Iterable[str] = (),
        role: str | None = None,
        server: str | None = None,
        started: int | None = None,
    ) -> None:
        """server: the development server, where the command alone does not tell. started: the line of the command,
        where that is another than `line`."""
        self.count += 1
        if self.count > MAX_VARIABLES:
            raise Full
        self.found.append(
            DeployedService(
                location=Location(path=self.path, line=line),
                by=self.by,
                service=service,
                image=image[:300],
                context=context,
                dockerfile=dockerfile,
                runs=runs_of(command),
                files=tuple(files)[:50],
                maps=tuple(maps)[:50],
                extends=extends,
                job=job,
                sets=tuple(sets)[:100],
                unsets=tuple(unsets)[:100],
                role=role or self.role,
                server=development_server(command) if server is None else server,
                started=started or line,
                placed=self.placed,
            )
        )


def is_secret(name: str, value: str) -> bool:
    """Whether a value must not be kept: by the name of its variable, or as a URL with a password."""
    if has_credentials(value):
        return True
    if not names_a_secret(name) or _PLAIN.fullmatch(value) or _TO_CHANGE.fullmatch(value):
        return False
    return not (_NUMBER.fullmatch(value) and not _SURELY.search(name))


def _names_only(written: str) -> str:
    """The variables that a secret depends on, without defaults; "" when there is more to it than one of them."""
    match = _VARIABLE.fullmatch(written)
    return f"${{{match[1] or match[2]}}}" if match else ""
