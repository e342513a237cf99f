"""checks/secrets/rules/*.toml -> detection rules. What is not known is refused, as for checks."""

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources.abc import Traversable
from typing import Any, NamedTuple

import msgspec

from hardencheck import __version__
from hardencheck._resources import data_root
from hardencheck.catalogue.load import Memo
from hardencheck.errors import CatalogueError, UnknownName
from hardencheck.model.detection import GAP_CHARACTERS, DetectionRule

# Between the name of a provider and its value: the rest of a name, then something that assigns, passes or introduces,
# then up to three words ("datadog: api key = ...").
_ASSIGNS = r"(?:=>|->|\|\||:{1,3}=|[?.+!=]{1,2}=|[=:,>(|])"
_GAP = (
    r"[\w.\-]{0,40}?[\"'`)\]}>]{0,4}[ \t]{0,12}"
    rf"(?:(?::[ \t]{{0,4}}[\w.\[\], |?]{{1,40}}=|{_ASSIGNS})[ \t]{{0,12}}|[ \t]{{1,12}})(?:-[ \t]{{1,4}})?"
    rf"(?:[A-Za-z]{{2,12}}(?:[ _\-]?[A-Za-z]{{2,12}}){{0,2}}[\"'`]?"
    rf"(?:[ \t]{{0,4}}{_ASSIGNS}[ \t]{{0,4}}|[ \t]{{1,4}}(?:-[ \t]{{1,4}})?))?"
    r"(?:[\w.\-$]{0,24}(?:\[|\()[ \t]{0,4})?\\{0,2}[\"'`(\[{<]{0,4}"
)
_FILE_KEYS = {"schema", "provider", "category", "docs", "rotate", "history", "rule"}
_RULE_KEYS = {
    "id", "title", "class", "pattern", "names", "value", "files", "every_line", "confidence", "entropy", "checksum",
    "match", "no_match",
}  # fmt: skip
_AS_IS = ("names", "value", "files", "every_line", "confidence", "entropy", "checksum", "match", "no_match")
CATEGORIES = (
    "ai", "chat", "ci", "cloud", "commerce", "crm", "database", "developer", "finance", "generic", "identity", "mail",
    "maps", "marketing", "media", "monitoring", "network", "payment", "productivity", "registry", "search", "security",
    "social", "storage", "support", "vcs",
)  # fmt: skip


class Detection(NamedTuple):
    """rules in order of id. digest: SHA-256 (hex) over everything that can change what they find."""

    rules: tuple[DetectionRule, ...]
    digest: str


def load_detection(extra: Iterable[Traversable] = (), memo: Memo | None = None) -> Detection:
    """The rules that ship with hardencheck, then those in `secrets/rules` of the directories the user named.

    memo: parsed rules are kept, keyed by every byte they come from. Raises CatalogueError.
    """
    texts: list[tuple[str, str]] = []
    for root in (data_root("checks"), *extra):
        folder = root / "secrets" / "rules"
        if folder.is_dir():
            texts.extend(
                (f"secrets/rules/{file.name}", file.read_text(encoding="utf-8"))
                for file in sorted(folder.iterdir(), key=lambda item: item.name)
                if file.name.endswith(".toml")
            )
    digest = hashlib.sha256(
        "\0".join((__version__, _GAP, GAP_CHARACTERS, *(part for pair in texts for part in pair))).encode()
    )
    key = b"detection\0" + digest.digest()
    payload = memo.get(key) if memo is not None else None
    if payload is not None:
        try:
            return Detection(msgspec.msgpack.decode(payload, type=tuple[DetectionRule, ...]), digest.hexdigest())
        except msgspec.MsgspecError:
            pass
    rules: dict[str, DetectionRule] = {}
    for where, text in texts:
        for rule in parse_rules(text, where=where):
            if rule.id in rules:
                raise CatalogueError(f"{where}: the rule {rule.id} exists already", hint="choose another id")
            rules[rule.id] = rule
    ordered = tuple(rules[name] for name in sorted(rules))
    if memo is not None:
        memo.put(key, msgspec.msgpack.encode(ordered))
    return Detection(ordered, digest.hexdigest())


def parse_rules(text: str, *, where: str) -> tuple[DetectionRule, ...]:
    """The rules of one file. Raises CatalogueError naming `where`, the rule and the key."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"{where}: not TOML: {error}") from None
    _known(where, table, _FILE_KEYS)
    if table.get("schema") != 1:
        raise CatalogueError(f"{where}: schema must be 1, it is {table.get('schema')!r}")
    for key in ("provider", "category", "rotate"):
        if not isinstance(table.get(key), str) or not table[key].strip():
            raise CatalogueError(f"{where}: {key} is required and must not be empty")
    if table["category"] not in CATEGORIES:
        raise UnknownName(where, "category", table["category"], CATEGORIES)
    rules = table.get("rule", [])
    if not isinstance(rules, list) or not rules:
        raise CatalogueError(f"{where}: expected at least one [[rule]]")
    return tuple(_rule(where, table, item) for item in rules)


def _known(where: str, table: Mapping[str, Any], keys: Iterable[str]) -> None:
    for key in table:
        if key not in keys:
            raise UnknownName(where, "key", key, keys if isinstance(keys, set) else set(keys))


def _rule(where: str, file: Mapping[str, Any], table: Mapping[str, Any]) -> DetectionRule:
    where = f"{where}: {table.get('id', '(rule without id)')}"
    _known(where, table, _RULE_KEYS)
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", str(table.get("id", ""))):
        raise CatalogueError(f"{where}: an id is lower case with dashes, such as github-token")
    if ("pattern" in table) == ("value" in table) or ("names" in table) != ("value" in table):
        raise CatalogueError(f"{where}: give either pattern, or names and value")
    for key in ("match", "no_match"):
        if not table.get(key):
            raise CatalogueError(f"{where}: {key} needs at least one example")
    pattern = table.get("pattern") or _named(where, table["names"], table["value"])
    try:
        rule = msgspec.convert(
            {
                "id": table["id"],
                "provider": file["provider"],
                "class_": table.get("class"),
                "title": table.get("title"),
                "pattern": pattern,
                "rotate": file["rotate"],
                "docs": file.get("docs", ""),
                "history": file.get("history", True),
                **{name: table[name] for name in _AS_IS if name in table},
            },
            DetectionRule,
        )
        groups = rule.expression.groups
        re.compile(rule.files)
    except (msgspec.ValidationError, re.error, UnicodeEncodeError, OverflowError) as error:
        raise CatalogueError(f"{where}: {error}") from None
    if rule.every_line and not rule.files:
        raise CatalogueError(f"{where}: every_line needs files")
    if rule.expression.match(b"") is not None:
        raise CatalogueError(f"{where}: the pattern matches nothing at all, so it matches everywhere")
    if groups > 1 and "secret" not in rule.expression.groupindex:
        raise CatalogueError(f"{where}: several groups, and none is called secret")
    return rule


def _named(where: str, names: object, value: object) -> str:
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
        raise CatalogueError(f"{where}: names is a list of expressions")
    if not isinstance(value, str) or not value:
        raise CatalogueError(f"{where}: value is an expression")
    # A name begins where a word does: DATADOG, my_datadog, myDatadog.
    start = r"(?:(?<![A-Za-z])|(?<=[a-z])(?=[A-Z]))"
    return rf"{start}(?i:{'|'.join(names)}){_GAP}(?P<secret>(?<![\w+/-]){value})(?![\w+/=-])"
