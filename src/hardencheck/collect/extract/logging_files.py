"""Logging configurations in files of their own: YAML and JSON for dictConfig, INI files for fileConfig.

Sources: Python library, logging.config, "Configuration dictionary schema" and "Configuration file format".
"""

import ast
from collections.abc import Iterable, Mapping

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract import _yaml
from hardencheck.collect.extract._ini import Entry, sections
from hardencheck.collect.extract._logging_names import PLAIN_ARGUMENTS
from hardencheck.collect.extract._python import role, unread, without_credentials
from hardencheck.lazily import compiled
from hardencheck.model.facts.logging import ServerErrors
from hardencheck.model.facts.logging_written import ConfigurationNode, LoggingFile
from hardencheck.model.gap import Reason
from hardencheck.model.location import Location

MAX_BYTES = 256 * 1024
_MAX_TEXT = 300
_MAX_DEPTH = 12
_ENDS = (".yaml", ".yml", ".json", ".ini", ".cfg", ".conf")
_SECRET = compiled(r"(?i).*(?:password|passwd|secret|token|credential|api_?key|dsn).*")
_INI = compiled(rb"(?m)^\[(?:loggers|handlers)\]")
# A file of a migration tool, which sets up logging for itself alone.
_TOOLS = ("alembic",)


class LoggingFiles(Extractor):
    """Files that hold a logging configuration, told by what is in them."""

    name = "logging.files"
    emits = (LoggingFile,)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return size <= MAX_BYTES and path.lower().endswith(_ENDS)

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        ini = not path.lower().endswith((".yaml", ".yml", ".json"))
        if ini and _INI.search(data) is None:
            return
        if not ini and not (b"version" in data and b"handlers" in data and (b"loggers" in data or b"root" in data)):
            return
        what_for: str = role(path)
        if ini:
            table = _of_ini(data.decode("utf-8-sig", "replace"))
            if table is not None and any(f"[{tool}]".encode() in data for tool in _TOOLS):
                what_for = "migration"
            found = [table] if table is not None else []
        else:
            try:
                found = [node for one in _yaml.documents(data) for node in _tables(one)]
            except Unreadable as error:
                if error.reason is Reason.UNPARSABLE and not _dictionary(data):
                    return  # some other file that is broken
                yield unread(self, error, path, what_for)
                return
        for table in found:
            location = Location(path=path, line=table.line)
            yield LoggingFile(location=location, format="ini" if ini else "dict", table=table, role=what_for)


class LogDrivers(Extractor):
    """Services of compose files whose output is thrown away: `logging: {driver: none}`."""

    name = "logging.drivers"
    emits = (ServerErrors,)

    def wants(self, path: str, mode: int, size: int) -> bool:
        name = path.rpartition("/")[2].lower()
        return size <= MAX_BYTES and "compose" in name and name.endswith((".yaml", ".yml"))

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if b"driver" not in data or b"none" not in data:
            return
        try:
            documents = _yaml.documents(data)
        except Unreadable:
            return  # what compose files cannot be read is said where they are judged
        for document in documents:
            services = document.get("services") if isinstance(document, _yaml.Mapping) else None
            for name, (_, service) in services.pairs.items() if isinstance(services, _yaml.Mapping) else ():
                logging = service.get("logging") if isinstance(service, _yaml.Mapping) else None
                driver = logging.get("driver") if isinstance(logging, _yaml.Mapping) else None
                if isinstance(driver, _yaml.Scalar) and driver.text == "none":
                    where = Location(path=path, line=driver.line)
                    yield ServerErrors(location=where, server=f"service {name}", kept=False, role=role(path))


def _dictionary(data: bytes) -> bool:
    """Whether a file that cannot be read is most likely one of these."""
    return b"disable_existing_loggers" in data or (b"formatters" in data and b"StreamHandler" in data)


def _tables(node: _yaml.Node, depth: int = 0) -> Iterable[ConfigurationNode]:
    """The configuration that a document is, or holds under a key of its own (`logging: {version: 1, ...}`)."""
    if not isinstance(node, _yaml.Mapping) or depth > 2:
        return
    version = node.get("version")
    if isinstance(version, _yaml.Scalar) and version.text == "1":
        parts = [node.get(key) for key in ("handlers", "loggers", "root")]
        if any(isinstance(part, _yaml.Mapping) for part in parts) and _logs(node):
            yield _node(node)
        return
    for _, inner in node.pairs.values():
        yield from _tables(inner, depth + 1)


def _logs(node: _yaml.Mapping) -> bool:
    """Whether its handlers or loggers are such, and not those of something else that has a version."""
    handlers, loggers = node.get("handlers"), node.get("loggers")
    of_handlers = [inner for _, inner in handlers.pairs.values()] if isinstance(handlers, _yaml.Mapping) else []
    if any(isinstance(one, _yaml.Mapping) and ({"class", "()"} & one.pairs.keys()) for one in of_handlers):
        return True
    root = [node.get("root")] if node.get("root") is not None else []
    of_loggers = [inner for _, inner in loggers.pairs.values()] if isinstance(loggers, _yaml.Mapping) else []
    both = [*root, *of_loggers]
    return any(isinstance(one, _yaml.Mapping) and ({"level", "handlers"} & one.pairs.keys()) for one in both)


def _node(node: _yaml.Node, key: str = "", line: int | None = None, depth: int = 0) -> ConfigurationNode:
    at = line or node.line
    match node:
        case _yaml.Scalar(text=text, plain=plain):
            kept = "" if _SECRET.fullmatch(key) else without_credentials(text)[:_MAX_TEXT]
            return ConfigurationNode(line=at, text=kept, plain=plain)
        case _yaml.Sequence(items=items):
            inner = () if depth > _MAX_DEPTH or _SECRET.fullmatch(key) else items
            return ConfigurationNode(line=at, items=tuple(_node(one, key, None, depth + 1) for one in inner))
        case _yaml.Mapping(pairs=pairs):
            kept_pairs = {} if depth > _MAX_DEPTH or _SECRET.fullmatch(key) else pairs
            held = {name: _node(one, name, place, depth + 1) for name, (place, one) in kept_pairs.items()}
            return ConfigurationNode(line=at, pairs=held)


# INI files


def _of_ini(text: str) -> ConfigurationNode | None:
    """The same as a dictionary; None where it is no such file."""
    held, lines = sections(text)
    if not any(name.startswith("logger_") for name in held):
        return None
    loggers: dict[str, ConfigurationNode] = {}
    root: ConfigurationNode | None = None
    for key in _keys(held, "loggers"):
        section = held.get(f"logger_{key}")
        if section is None:
            continue
        made = _logger(section, lines[f"logger_{key}"])
        name = section["qualname"].text if "qualname" in section else key
        if key == "root":
            root = made
        else:
            loggers[name] = made
    handlers = {
        key: _handler(held[f"handler_{key}"], lines[f"handler_{key}"])
        for key in _keys(held, "handlers")
        if f"handler_{key}" in held
    }
    formatters = {
        key: _plain(held[f"formatter_{key}"], lines[f"formatter_{key}"], {"format": "format", "class": "class"})
        for key in _keys(held, "formatters")
        if f"formatter_{key}" in held
    }
    first = min(lines.values())
    pairs = {
        "version": ConfigurationNode(line=first, text="1", plain=True),
        **{
            name: ConfigurationNode(line=lines.get(name, first), pairs=table)
            for name, table in (("handlers", handlers), ("loggers", loggers), ("formatters", formatters))
        },
    }
    if root is not None:
        pairs["root"] = root
    return ConfigurationNode(line=lines.get("loggers", first), pairs=pairs)


def _keys(held: Mapping[str, Mapping[str, Entry]], section: str) -> list[str]:
    listed = held.get(section, {}).get("keys")
    return [key.strip() for key in listed.text.split(",") if key.strip()] if listed is not None else []


def _plain(section: Mapping[str, Entry], line: int, names: Mapping[str, str]) -> ConfigurationNode:
    pairs = {
        new: ConfigurationNode(line=section[old].line, text=section[old].text[:_MAX_TEXT])
        for old, new in names.items()
        if old in section and section[old].text
    }
    return ConfigurationNode(line=line, pairs=pairs)


def _logger(section: Mapping[str, Entry], line: int) -> ConfigurationNode:
    made = dict(_plain(section, line, {"level": "level"}).pairs or {})
    if (handlers := section.get("handlers")) is not None:
        names = [name.strip() for name in handlers.text.split(",") if name.strip()]
        items = tuple(ConfigurationNode(line=handlers.line, text=name) for name in names)
        made["handlers"] = ConfigurationNode(line=handlers.line, items=items)
    if (propagate := section.get("propagate")) is not None:
        text = "false" if propagate.text.strip() == "0" else "true"
        made["propagate"] = ConfigurationNode(line=propagate.line, text=text, plain=True)
    return ConfigurationNode(line=line, pairs=made)


def _handler(section: Mapping[str, Entry], line: int) -> ConfigurationNode:
    """A handler with its arguments by name, where they are literals."""
    made = dict(_plain(section, line, {"class": "class", "level": "level", "formatter": "formatter"}).pairs or {})
    kind = section["class"].text.rpartition(".")[2] if "class" in section else ""
    for key in ("args", "kwargs"):
        given = section.get(key)
        if given is None or len(given.text) > _MAX_TEXT:
            continue
        try:
            node = ast.parse(given.text.strip() or "()", mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        named: list[tuple[str, ast.expr]] = []
        if isinstance(node, ast.Tuple | ast.List):
            named = list(zip(PLAIN_ARGUMENTS.get(kind, ()), node.elts, strict=False))
        elif isinstance(node, ast.Dict):
            named = [
                (str(name.value), value)
                for name, value in zip(node.keys, node.values, strict=True)
                if isinstance(name, ast.Constant)
            ]
        for name, value in named:
            if not _SECRET.fullmatch(name):
                made[name] = _argument(value, given.line)
    return ConfigurationNode(line=line, pairs=made)


def _argument(node: ast.expr, line: int) -> ConfigurationNode:
    match node:
        case ast.Constant(value=bool() | None as value):
            return ConfigurationNode(line=line, text={True: "true", False: "false", None: "null"}[value], plain=True)
        case ast.Constant(value=int() as number):
            return ConfigurationNode(line=line, text=str(number)[:20], plain=True)
        case ast.Constant(value=str() as text):
            return ConfigurationNode(line=line, text=without_credentials(text)[:_MAX_TEXT])
        case ast.Tuple(elts=items) | ast.List(elts=items):
            return ConfigurationNode(line=line, items=tuple(_argument(one, line) for one in items[:4]))
        case ast.Attribute(value=ast.Name(id="sys"), attr=name):
            return ConfigurationNode(line=line, text=f"ext://sys.{name}")
    return ConfigurationNode(line=line, text="${?}")
