"""A configuration, checked: every key known, every value of its type, every waiver one that can be honoured."""

import datetime as dt
import hashlib
import re
import types
import typing
from collections.abc import Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Literal, NamedTuple, TypeVar, get_args, get_origin

import msgspec

from hardencheck.config.find import Source
from hardencheck.config.model import MAX_ATTESTATION_DAYS, MAX_WAIVER_DAYS, Config, UploadConfig, UserConfig
from hardencheck.config.position import Path, line_of, positions
from hardencheck.errors import ConfigError, UnknownName, WaiverError, did_you_mean
from hardencheck.model.finding import Attestation, Waiver

T = TypeVar("T", bound=msgspec.Struct)

# What only the person who runs the audit may name, and how.
_NOT_HERE = {
    "plugin": "--plugin NAME, HARDENCHECK_PLUGINS or the user configuration",
    "plugins": "--plugin NAME, HARDENCHECK_PLUGINS or the user configuration",
    "collectors": "--plugin NAME, HARDENCHECK_PLUGINS or the user configuration",
    "checks-dir": "--checks DIR, HARDENCHECK_CHECKS or the user configuration",
    "check-dirs": "--checks DIR, HARDENCHECK_CHECKS or the user configuration",
    "checks-directories": "--checks DIR, HARDENCHECK_CHECKS or the user configuration",
    "ca-file": "--ca-file FILE or the user configuration",
    "cache-dir": "--cache-dir DIR or the user configuration",
    "jobs": "--jobs N or the user configuration",
    "probe": "--probe",
    "active": "the command line",
    "url": "[[target]] with name and url, requested by --url NAME",
    "urls": "[[target]] with name and url, requested by --url NAME",
    "profile": "[[target]] with name and profile",
}
_NO_SAY = "the audited repository has no say in who audits it: use {}"
_WORDS = {
    "str": "text", "int": "a whole number", "bool": "true or false", "array": "a list", "object": "a table",
    "date": "a date such as 2027-02-01", "float": "a number with a fraction", "datetime": "a date with a time",
    "null": "nothing",
}  # fmt: skip
_MISSING_EXAMPLE = {"expires": "expires = 2027-02-01", "schema": "schema = 1"}


class Loaded(NamedTuple):
    """A configuration and where it came from. source: None when there is none, and every value is the default."""

    config: Config
    source: Source | None = None
    lines: Mapping[Path, int] = {}

    @property
    def label(self) -> str:
        return self.source.label if self.source else ""

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of what it says; comments and the order of keys do not count. "" without one."""
        return digest(self.source.table) if self.source else ""

    def where(self, *path: str | int) -> str:
        """file:line of a key, for messages and for `source` of a waiver."""
        return _where(self.source, self.lines, path) if self.source else "(default)"


def digest(table: Mapping[str, Any]) -> str:
    return hashlib.sha256(msgspec.json.encode(table, order="sorted")).hexdigest()


DEFAULT = Loaded(Config(schema=1))


def load(source: Source | None, *, today: dt.date) -> Loaded:
    """The checked configuration. Raises ConfigError naming file, line, key and what was expected.

    Ids of checks are not looked at: `check_ids` does that once the catalogue is there.
    """
    if source is None:
        return DEFAULT
    config = _convert(source, Config)
    lines = positions(source.text) if config.waiver or config.attestation or config.target else {}
    loaded = Loaded(config, source, lines)
    for number, waiver in enumerate(config.waiver):
        _check_waiver(loaded, number, waiver.scope, waiver.expires, today)
    for number, answer in enumerate(config.attestation):
        if (answer.expires - today).days > MAX_ATTESTATION_DAYS:
            _fail(source, ("attestation", number, "expires"), f"at most {MAX_ATTESTATION_DAYS} days from today")
        if answer.on > today:
            _fail(source, ("attestation", number, "on"), "a day that has come")
    names: set[str] = set()
    for number, target in enumerate(config.target):
        if target.name in names:
            _fail(source, ("target", number, "name"), f"a name that no other target has; {target.name!r} is taken")
        names.add(target.name)
        if target.url is not None and (trouble := url_trouble(target.url)):
            _fail(source, ("target", number, "url"), trouble)
        if target.url is None and (target.paths or target.sitemap):
            _fail(source, ("target", number, "paths" if target.paths else "sitemap"), "a url beside it")
        for place, path in enumerate(target.paths):
            if trouble := path_trouble(path):
                _fail(source, ("target", number, "paths", place), trouble)
        if target.upload is not None:
            for field, trouble in _upload_troubles(target.upload):
                _fail(source, ("target", number, "upload", *field), trouble)
    for key in ("waiver", "attestation"):
        for number, item in enumerate(getattr(config, key)):
            for field in item.__struct_fields__:
                value = getattr(item, field)
                if isinstance(value, str) and field != "approved_by" and not value.strip():
                    _fail(source, (key, number, field), "some text", kind=WaiverError)
    return loaded


def load_user(source: Source | None) -> UserConfig:
    """The user's own configuration. Raises ConfigError as `load` does."""
    return UserConfig() if source is None else _convert(source, UserConfig)


def _check_waiver(loaded: Loaded, number: int, scope: str, expires: dt.date, today: dt.date) -> None:
    source = loaded.source
    if source is None:
        return
    if (expires - today).days > MAX_WAIVER_DAYS:
        latest = today + dt.timedelta(days=MAX_WAIVER_DAYS)
        expected = f"a date at most {MAX_WAIVER_DAYS} days ahead, which is {latest} today; {expires} is later"
        _fail(source, ("waiver", number, "expires"), expected, kind=WaiverError)
    if trouble := scope_trouble(scope):
        _fail(source, ("waiver", number, "scope"), trouble, kind=WaiverError)


def scope_trouble(scope: str) -> str:
    """What is wrong with the scope of a waiver, as what was expected; "" when nothing is."""
    if "://" in scope:
        return url_trouble(scope)
    if scope.startswith(("/", "\\", "./", "../")) or "/../" in scope or re.match(r"[A-Za-z]:", scope):
        return 'a path from the top of the target ("svc/app.py"), a pattern ("svc/*"), a URL or "*"'
    return ""


def url_trouble(url: str) -> str:
    """What is wrong with a URL to observe, as what was expected; "" when nothing is."""
    from urllib.parse import urlsplit

    wanted = "a URL such as https://staging.example/"
    if not url.isprintable() or any(char.isspace() for char in url):
        return f"{wanted}, without spaces or control characters"
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return wanted
    if parts.scheme not in {"http", "https"} or not host:
        return f"{wanted}: http or https, and a host"
    if parts.username is not None or parts.password is not None:
        return f"{wanted}, without a user name or password"
    return ""


def path_trouble(path: str) -> str:
    """What is wrong with a path of a target, as what was expected; "" when nothing is."""
    if not re.fullmatch(r"/(?!/)[!-~]*", path) or "#" in path or "\\" in path:
        return 'a path of the target, in ASCII and with its "/" ("/api/files")'
    return ""


# Only variables made for this: a configuration of the audited repository must not send others to a URL of its own.
VARIABLE = "HARDENCHECK_HEADER_"
_OURS = frozenset({"host", "content-length", "transfer-encoding", "expect", "connection", "content-type", "user-agent"})


def _upload_troubles(upload: UploadConfig) -> Iterator[tuple[Path, str]]:
    """What is wrong with what takes uploads: where, and what was expected."""
    if trouble := path_trouble(upload.path):
        yield ("path",), trouble
    if not re.fullmatch(r"[ -~]{0,200}", upload.content_type):
        yield ("content-type",), "a content type such as application/json"
    if not upload.field.isprintable() or len(upload.field) > 100:
        yield ("field",), "the name of a field"
    for name, variable in upload.headers.items():
        if not re.fullmatch(r"[A-Za-z0-9-]{1,100}", name) or name.lower() in _OURS:
            yield ("headers", name), "the name of a header field that is not set by the probe itself"
        if not re.fullmatch(rf"{VARIABLE}[A-Z0-9_]{{1,60}}", variable):
            yield ("headers", name), f"the name of an environment variable that begins with {VARIABLE}"


def check_ids(loaded: Loaded, ids: Collection[str], aliases: Mapping[str, str], manual: Collection[str]) -> None:
    """Raise UnknownName or ConfigError, with file and line, for a check the catalogue does not have."""
    config = loaded.config
    for key in ("select", "ignore"):
        for number, pattern in enumerate(getattr(config, key)):
            if not matching(pattern, aliases) and not matching(pattern, ids):
                raise UnknownName(loaded_where(loaded, (key, number)), "check", pattern, [*ids, *aliases])
    for key in ("waiver", "attestation"):
        for number, item in enumerate(getattr(config, key)):
            name = aliases.get(item.check, item.check)
            path = (key, number, "check")
            if name not in ids:
                raise UnknownName(loaded_where(loaded, path), "check", item.check, [*ids, *aliases])
            if key == "attestation" and name not in manual:
                _fail_loaded(loaded, path, f"a manual check; {name} is decided by looking, so it can only be waived")
            if key == "waiver" and name in manual:
                _fail_loaded(loaded, path, f"a check that can fail; {name} is manual: see 'hardencheck attest'")
    for name in config.checks:
        if name not in ids:
            near = aliases.get(name)
            raise UnknownName(
                loaded_where(loaded, ("checks", name)), "check", name, [near] if near is not None else [*ids]
            )


def matching(pattern: str, ids: Iterable[str]) -> list[str]:
    """The ids a pattern of --select or --ignore means."""
    return [check for check in ids if fnmatchcase(check, pattern)]


def loaded_where(loaded: Loaded, path: Path) -> str:
    if loaded.source is None:
        return "(default)"
    return f"{_where(loaded.source, positions(loaded.source.text), path)}: {shown(path)}"


def waivers(loaded: Loaded, aliases: Mapping[str, str]) -> tuple[Waiver, ...]:
    return tuple(
        Waiver(
            check=aliases.get(item.check, item.check),
            scope=item.scope,
            reason=item.reason,
            owner=item.owner,
            expires=item.expires.isoformat(),
            approved_by=item.approved_by,
            source=loaded.where("waiver", number),
        )
        for number, item in enumerate(loaded.config.waiver)
    )


def attestations(loaded: Loaded, aliases: Mapping[str, str]) -> tuple[Attestation, ...]:
    return tuple(
        Attestation(
            check=aliases.get(item.check, item.check),
            by=item.by,
            evidence=item.evidence,
            on=item.on.isoformat(),
            expires=item.expires.isoformat(),
            source=loaded.where("attestation", number),
        )
        for number, item in enumerate(loaded.config.attestation)
    )


def _convert(source: Source, wanted: type[T]) -> T:
    _known_keys(source, source.table, wanted, ())
    try:
        return msgspec.convert(source.table, wanted)
    except msgspec.ValidationError as error:
        raise _explained(source, wanted, str(error)) from None


def _known_keys(source: Source, value: object, wanted: Any, path: Path) -> None:
    """Refuse keys nobody defined, with the name that may have been meant, before types are looked at."""
    for item, at, kind in _structs(value, wanted, path):
        names = {field.encode_name for field in msgspec.structs.fields(kind)}
        for key in item:
            if key in names:
                continue
            place = _where(source, positions(source.text), (*at, key))
            where = f"{place}: {shown((*at, key))}"
            if not at and wanted is Config and key in _NOT_HERE:
                raise ConfigError(
                    f"{where}: cannot stand in the configuration of a target", hint=_NO_SAY.format(_NOT_HERE[key])
                )
            raise ConfigError(f"{where}: no such key", hint=did_you_mean(str(key), names))
    if wanted is Config and isinstance(value, dict):
        checks = value.get("checks", {})
        if not isinstance(checks, dict):
            where = f"{_where(source, positions(source.text), ('checks',))}: checks"
            raise ConfigError(
                f'{where}: expected tables of parameters, [checks."uploads.body-size"]; directories of checks '
                "cannot stand in the configuration of a target",
                hint=_NO_SAY.format(_NOT_HERE["checks-dir"]),
            )
        for name, table in checks.items():
            if not isinstance(table, dict):
                _fail(source, ("checks", name), f'a table of parameters, below [checks."{name}"]')
            for key, parameter in table.items():
                if isinstance(parameter, dict):
                    quoted = f'[checks."{name}.{key}"]'
                    _fail(source, ("checks", name, key), f"a value; the id of a check needs quotes: {quoted}")
                if isinstance(parameter, bool) or not isinstance(parameter, int | str | list):
                    _fail(source, ("checks", name, key), "a whole number, text or a list of texts")


def _structs(value: object, wanted: Any, path: Path) -> Iterator[tuple[dict[str, Any], Path, type[msgspec.Struct]]]:
    """Every table that a struct describes, with its path."""
    wanted = _given(wanted)
    if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct):
        if not isinstance(value, dict):
            return
        yield value, path, wanted
        hints = typing.get_type_hints(wanted)
        for field in msgspec.structs.fields(wanted):
            if field.encode_name in value:
                yield from _structs(value[field.encode_name], hints[field.name], (*path, field.encode_name))
    elif get_origin(wanted) is tuple and isinstance(value, list):
        for number, item in enumerate(value):
            yield from _structs(item, get_args(wanted)[0], (*path, number))


def _given(wanted: Any) -> Any:
    """The type of what may be left out."""
    if get_origin(wanted) in (typing.Union, types.UnionType):
        arms = [arm for arm in get_args(wanted) if arm is not types.NoneType]
        return arms[0] if len(arms) == 1 else wanted
    return wanted


def _explained(source: Source, wanted: type[msgspec.Struct], message: str) -> ConfigError:
    """msgspec's message, with the line, in the words of TOML, and without the value."""
    text, _, place = message.partition(" - at `$")
    path: Path = tuple(
        int(number) if number else name for name, number in re.findall(r"\.([^.\[\]`]+)|\[(\d+)\]", place)
    )
    kind: type[ConfigError] = WaiverError if path[:1] == ("waiver",) else ConfigError
    if match := re.search(r"missing required field `(.+?)`", text):
        place = _where(source, positions(source.text), path)
        example = _MISSING_EXAMPLE.get(match[1], f'{match[1]} = "…"')
        return kind(f"{place}: {shown((*path, match[1]))}: required, and missing", hint=f"expected {example}")
    hint = ""
    if match := re.search(r"Expected `(.+?)`, got `(.+?)`", text):
        expected = f"expected {_in_words(match[1])}, got {_in_words(match[2])}"
    elif "enum value" in text and (allowed := _allowed(wanted, path)):
        expected = f"expected {' or '.join(map(str, allowed))}"
        value = _value(source.table, path)
        if isinstance(value, str):
            hint = did_you_mean(value, [str(option) for option in allowed])
    elif match := re.search(r"`array` of length <= (\d+)", text):
        expected = f"expected at most {match[1]} of them"
    elif "length" in text:
        expected = "expected some text"
    elif "date" in text:
        expected = f"expected {_WORDS['date']}"
    else:
        expected = text[:1].lower() + text[1:].replace("`", "")
    return kind(f"{_where(source, positions(source.text), path)}: {shown(path)}: {expected}", hint=hint)


def _in_words(names: str) -> str:
    return " or ".join(_WORDS.get(name, name) for name in names.split(" | ") if name != "null")


def _allowed(wanted: Any, path: Path) -> tuple[object, ...]:
    """The values a Literal at a path allows."""
    for part in path:
        wanted = _given(wanted)
        if isinstance(part, int):
            wanted = get_args(wanted)[0]
        elif isinstance(wanted, type) and issubclass(wanted, msgspec.Struct):
            fields = {field.encode_name: field.name for field in msgspec.structs.fields(wanted)}
            wanted = typing.get_type_hints(wanted)[fields[part]]
    if get_origin(wanted) in (typing.Union, types.UnionType):
        wanted = next((arm for arm in get_args(wanted) if get_origin(arm) is Literal), wanted)
    return get_args(wanted) if get_origin(wanted) is Literal else ()


def _value(table: object, path: Path) -> object:
    for part in path:
        table = table[part] if isinstance(table, dict | list) else None  # type: ignore[index]
    return table


def shown(path: Path) -> str:
    """waiver[1].expires, checks."uploads.body-size".max-body: as a person counts and TOML quotes."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        else:
            bare = re.fullmatch(r"[A-Za-z0-9_-]+", part) is not None
            text += ("." if text else "") + (part if bare else f'"{part}"')
    return text or "the top level"


def _where(source: Source, lines: Mapping[Path, int], path: Path) -> str:
    line = line_of(dict(lines), (*source.prefix, *path))
    return f"{source.label}:{line}" if line else source.label


def _fail(source: Source, path: Path, expected: str, *, kind: type[ConfigError] = ConfigError) -> typing.NoReturn:
    raise kind(f"{_where(source, positions(source.text), path)}: {shown(path)}: expected {expected}")


def _fail_loaded(loaded: Loaded, path: Path, expected: str) -> typing.NoReturn:
    raise ConfigError(f"{loaded_where(loaded, path)}: expected {expected}")
