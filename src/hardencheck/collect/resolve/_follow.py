"""Settings modules of the repository, followed by the interpreter: what each name is worth in production, and why."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple
from weakref import WeakKeyDictionary

import msgspec

from hardencheck.collect.contract import Tree, Unreadable
from hardencheck.collect.extract._expressions import MAX_ITEMS
from hardencheck.collect.extract._python import role, without_credentials
from hardencheck.collect.extract._security_names import GUNICORN, SECRETS
from hardencheck.collect.extract.python_settings import SKIPPED
from hardencheck.collect.interpret.exceptions import Raised
from hardencheck.collect.interpret.frames import OutOfBudget
from hardencheck.collect.interpret.interpreter import Interpreter
from hardencheck.collect.interpret.run import Asked, Source, Version
from hardencheck.collect.interpret.values import (
    Absent,
    Binding,
    Class,
    Const,
    Depends,
    Joined,
    Library,
    Map,
    Namespace,
    Object,
    Seq,
    Unknown,
    Value,
    depending,
    depends_of,
    same,
)
from hardencheck.collect.resolve._environment import Environment, Given
from hardencheck.collect.resolve._rows import Reading, is_secret, measured, place_of, secret_of, shown, unknown_part
from hardencheck.lazily import compiled
from hardencheck.model.facts.settings import Expression, Variable
from hardencheck.model.gap import Reason
from hardencheck.model.location import Location

MAX_BYTES = 1 << 20  # of one file that is followed
_LIFETIMES = frozenset({"PERMANENT_SESSION_LIFETIME", "REMEMBER_COOKIE_DURATION"})  # a timedelta, or seconds
_OFF = frozenset({"DEBUG", "TESTING", "TEMPLATE_DEBUG"})
# What code calls a developer's machine or a test run, where it asks before it changes settings.
_DEVELOPMENT = compiled(
    r"(?:is_|in_|running_|enable_)*(?:dev|develop|development|local|local_?dev|tests?|testing|pytest|debug_toolbar)"
    r"(?:_?(?:mode|env|environment|enabled|server|run|running))?",
    re.IGNORECASE,
)


def is_off(name: str) -> bool:
    """Whether a condition on this name is false in production, where its value is not known."""
    return name in _OFF or _DEVELOPMENT.fullmatch(name) is not None


_REASONS = {
    "python-syntax": Reason.PYTHON_SYNTAX,
    "budget": Reason.BUDGET,
    "import": Reason.DYNAMIC,
    "tainted": Reason.DYNAMIC,
    "loader": Reason.DYNAMIC,
}
_LOST = {reason.value for reason in Reason if reason.trouble}  # of a file that an extractor could not read
_MAX_ENTRY = 64 * 1024  # bytes of the module that a server loads
_VARIABLES = compiled(rb"environ\b|putenv|dotenv|read_env")
_NAMING = compiled(rb"DJANGO_SETTINGS_MODULE|DJANGO_CONFIGURATION|^\s*(?:#|(?:from\s+\w+\s+)?import\b)")
_POLICIES = {"SECURE_CSP", "SECURE_CSP_REPORT_ONLY", "CONTENT_SECURITY_POLICY", "PERMISSIONS_POLICY"}
_NONCES = {"<CSP_NONCE_SENTINEL>": "'nonce-…'"}
_LOWER = SECRETS | GUNICORN | {"logconfig_dict"}
_SENTINEL = "csp.constants.NONCE"


class Bound(NamedTuple):
    """What a name is worth, where it got that (path, line), and what else a list may hold (maybe).

    options: what it is one of, where that is all that is known. depends: variables that may change it. binding: the
    value of the interpreter, with the places of the assignments before.
    """

    expression: Expression
    path: str
    line: int
    maybe: frozenset[str] = frozenset()
    reason: Reason = Reason.NOT_LITERAL
    depends: Depends = frozenset()
    options: tuple[Expression, ...] = ()
    binding: Binding | None = None

    @property
    def known(self) -> bool:
        return self.expression.what != "unknown"

    @property
    def location(self) -> Location:
        return Location(path=self.path, line=self.line or None)


class Followed(NamedTuple):
    """One settings module after it ran, with what the deployment files of the repository set.

    names: every name in capitals, and what gunicorn reads. variables: those of the environment that it asks for.
    files: all that were read. classes: the attributes of the classes that it names, their own and inherited ones;
    configurations: those of them that are classes of django-configurations. calls: what was written down on the way,
    with whether it surely ran.
    """

    names: Mapping[str, Binding]
    rest: Unknown | None
    prefixes: Mapping[str, Unknown]
    unless: Depends
    variables: Mapping[str, Sequence[Reading]]
    files: frozenset[str]
    classes: Mapping[str, frozenset[str]] = {}
    configurations: frozenset[str] = frozenset()
    calls: tuple[tuple[Object, bool], ...] = ()

    def bound(self, name: str) -> Bound | None:
        """None: the name is not set, and has the default of the framework."""
        binding = self.binding(name)
        if binding is None or isinstance(binding.value, Absent):
            return None
        return bound_of(name, binding)

    def binding(self, name: str) -> Binding | None:
        found = self.names.get(name)
        if found is None:
            why = self.rest or next((why for prefix, why in self.prefixes.items() if name.startswith(prefix)), None)
            found = Binding(why, why.path, why.line) if why is not None else None
        return found

    def absent(self, name: str) -> Depends:
        """The variables that may set a name that is not set."""
        binding = self.names.get(name)
        return self.unless | (binding.value.depends if binding is not None else frozenset())


class Files:
    """The text of the files of a repository, for the interpreter: bounded, nothing outside, no link that leaves."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def text(self, path: str) -> bytes | None:
        entry = self._tree.entries.get(path)
        for _ in range(8):
            if entry is None or entry.link is None:
                break
            entry = self._tree.entries.get(_linked(entry.path, entry.link))
        if entry is None or entry.link is not None or entry.size > MAX_BYTES or role(path) in SKIPPED:
            return None
        try:
            data = self._tree.read(entry)
        except Unreadable:
            return None
        return data if len(data) <= MAX_BYTES else None


def _linked(path: str, link: str) -> str:
    """Where a relative link leads, "" where it leaves the tree."""
    parts = path.split("/")[:-1]
    for part in link.split("/"):
        if part == "..":
            if not parts:
                return ""
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    return "" if link.startswith("/") else "/".join(parts)


_Key = tuple[str, str, bool, str]  # path, configuration, with an environment, entry
_memory: "WeakKeyDictionary[Tree, dict[_Key, Followed]]" = WeakKeyDictionary()


_secrets: "WeakKeyDictionary[Tree, dict[str, None]]" = WeakKeyDictionary()
_SHORTEST = 8  # characters of a secret that nobody may see together


def secrets_of(tree: Tree) -> Iterable[str]:
    """The texts that the code of a repository calls secrets: nobody may see them under another name either."""
    return tuple(_secrets.get(tree, ()))


def note_secrets(tree: Tree, interpreter: Interpreter) -> None:
    held = _secrets.setdefault(tree, {})
    for module in interpreter.modules.values():
        for name, binding in module.namespace.names.items():
            for value in _texts(name, binding.value):
                held[value] = None


def _texts(name: str, value: Value) -> Iterator[str]:
    """The texts in a value that a name, its own or of a key above it, calls a secret."""
    stack: list[tuple[str, Value]] = [(name, value)]
    seen: set[tuple[int, bool]] = set()
    while stack:
        called, one = stack.pop()
        secret = is_secret(called)
        if isinstance(one, Const):
            if secret and isinstance(one.value, str) and len(one.value) >= _SHORTEST:
                yield one.value
            continue
        if (id(one), secret) in seen:
            continue
        seen.add((id(one), secret))
        match one:
            case Seq(items=items):
                stack.extend((called, item) for item in items)
            case Map(items=held):
                stack.extend(
                    (key if isinstance(key, str) and not secret else called, item) for key, item in held.items()
                )
            case Joined(options=options):
                stack.extend((called, item) for item in options)


def follow(
    tree: Tree,
    find: Callable[[str, str], str | None],
    ours: Callable[[str, str], bool],
    broken: Callable[[str], tuple[str, str, int] | None],
    versions: Callable[[str], tuple[Version, Version]],
    rewritten: Callable[[str], Mapping[str, Binding]],
    path: str,
    environment: Environment,
    configuration: str = "",
    entry: str = "",
) -> Followed:
    """A settings module of the repository (path), or a class of it that holds the settings (configuration), after the
    module that a server loads (entry)."""
    kept = _memory.setdefault(tree, {})
    key = (path, configuration, bool(environment), entry)
    if key not in kept:
        kept[key] = _follow(tree, find, ours, broken, versions, rewritten, path, environment, configuration, entry)
    return kept[key]


def _follow(
    tree: Tree,
    find: Callable[[str, str], str | None],
    ours: Callable[[str, str], bool],
    broken: Callable[[str], tuple[str, str, int] | None],
    versions: Callable[[str], tuple[Version, Version]],
    rewritten: Callable[[str], Mapping[str, Binding]],
    path: str,
    environment: Environment,
    configuration: str,
    entry: str,
) -> Followed:
    source = Source(Files(tree).text, find, ours, lambda: tree.entries, broken, versions, rewritten)
    entry = entry if _sets_variables(source, entry) else ""
    used = environment
    interpreter, names = _run(source, path, used, configuration, entry)
    otherwise = read_otherwise(interpreter, environment)
    if otherwise:
        used = {name: given for name, given in environment.items() if name not in otherwise}
        interpreter, names = _run(source, path, used, configuration, entry)
    if interpreter.refused:
        # `if SECRET_KEY == "change-me": raise`: what runs has another value than the one that is there to be replaced.
        another = Given("reference", None, Location(), "")
        used = {**used, **{name: used.get(name, another)._replace(what="reference") for name in interpreter.refused}}
        interpreter, names = _run(source, path, used, configuration, entry)
    held = {name: _plain(one) for name, one in names.names.items() if _kept(name, one)}
    classes = {
        name: frozenset(attribute for base in one.value.order for attribute in base.attributes.names)
        for name, one in names.names.items()
        if isinstance(one.value, Class)
    }
    note_secrets(tree, interpreter)
    variables = variables_of(interpreter, environment)
    files = frozenset(interpreter.files)
    found = _configurations(names)
    return Followed(
        held, names.rest, names.prefixes, names.unless, variables, files, classes, found, calls_of(interpreter)
    )


def _kept(name: str, binding: Binding) -> bool:
    """Settings, and what has the form of a logging configuration, whatever it is called."""
    value = binding.value
    return name.isupper() or name in _LOWER or (isinstance(value, Map) and "version" in value.items)


def calls_of(interpreter: Interpreter) -> tuple[tuple[Object, bool], ...]:
    """The calls that were written down, with whether each surely ran."""
    from hardencheck.collect.interpret.models.applications import recorded

    surely, perhaps = recorded(interpreter)
    return (*((one, True) for one in surely), *((one, False) for one in perhaps))


def _sets_variables(source: Source, entry: str) -> bool:
    """Whether the module that a server loads may set variables besides those that name the settings."""
    text = source.read(entry) if entry else None
    lines = text.splitlines() if text is not None and len(text) <= _MAX_ENTRY else ()
    return any(_VARIABLES.search(line) is not None and _NAMING.search(line) is None for line in lines)


def _run(
    source: Source, path: str, environment: Environment, configuration: str, entry: str
) -> tuple[Interpreter, Namespace]:
    given = {name: taken(name, one) for name, one in environment.items()}
    interpreter = Interpreter(source, given, is_off)
    if entry:
        try:
            interpreter.module(entry)
        except (Raised, OutOfBudget, RecursionError, MemoryError):
            interpreter = Interpreter(source, given, is_off)
    try:
        if configuration:
            from hardencheck.collect.interpret.models.configurations import configured

            names = configured(interpreter, path, configuration) or Namespace(
                rest=Unknown("loader", f"{configuration} is no class of {path}", path, 1)
            )
        else:
            names = interpreter.module(path).namespace
    except (RecursionError, MemoryError):
        names = Namespace(rest=Unknown("budget", "it is nested too deeply", path, 1))
    if interpreter.lost is not None:
        names.taint(interpreter.lost)
    return interpreter, names


def read_otherwise(interpreter: Interpreter, environment: Environment) -> set[str]:
    """The variables of a `.env` file that the code reads itself, and in another way than a deployment would: libraries
    do not agree on blanks, comments and quotes."""
    found: set[str] = set()
    for name, given in environment.items():
        read = interpreter.parsed.get(given.location.path or "", {}).get(name)
        if read is None or given.by != "dotenv" or given.what == "secret" or read == given.value:
            continue
        if given.value is None or "$" not in read:  # what is put in for a name is the same everywhere
            found.add(name)
    return found


def _configurations(names: Namespace) -> frozenset[str]:
    held = {name: one.value for name, one in names.names.items() if isinstance(one.value, Class)}
    if not any(base.outside for one in held.values() for base in one.order):
        return frozenset()  # what the model is needed for is seldom there
    from hardencheck.collect.interpret.models.configurations import is_configuration

    return frozenset(name for name, one in held.items() if is_configuration(one))


def _plain(binding: Binding) -> Binding:
    """What comes from a library is not known, only what it is called."""
    value = binding.value
    if isinstance(value, Joined) and all(same(option, value.options[0]) for option in value.options):
        return binding._replace(value=depending(value.options[0], value.depends))
    if not isinstance(value, Library):
        return binding
    why = Unknown("import", value.dotted, binding.path, binding.line, depends=value.depends)
    return binding._replace(value=why)


def taken(name: str, given: Given) -> str | Value:
    """What the interpreter takes for a variable that a file of the repository sets."""
    if given.what == "text" and given.value is not None:
        return given.value
    if given.what == "secret":
        numbers = {"length": Const(given.length), "distinct": Const(given.distinct)}
        return Object(kind="secret", state=dict(numbers))
    place = f", set at {given.location.path}:{given.location.line}" if given.location.path else ""
    return Unknown("env-required", f"{name}{place}")


def variables_of(interpreter: Interpreter, environment: Environment) -> dict[str, list[Reading]]:
    """Every way in which the code asks for a variable, and where."""
    return {
        name: [
            Reading(_variable(name, asked, environment), frozenset(places))
            for places, asked in interpreter.asked.get(name, {((), ()): Asked(Const(None))}).items()
        ]
        for name in sorted(interpreter.reads | interpreter.asked.keys())
    }


def _variable(name: str, asked: Asked, environment: Environment) -> Variable:
    given = environment.get(name)
    return Variable(
        name=name,
        default=(shown(asked.default, name).value or "(computed)") if asked.default is not None else "",
        required=asked.default is None,
        cast=asked.cast,
        given=_given(name, given) if given is not None else None,
        given_at=given.location if given is not None else None,
        unless=given.unless if given is not None else (),
    )


def _given(name: str, given: Given) -> str:
    if given.what == "secret":
        return secret_of(given.length)
    if given.value is None:
        return "(not known)"
    return measured(given.value) if is_secret(name) else without_credentials(given.value)[:200]


def bound_of(name: str, binding: Binding) -> Bound:
    """A value of the interpreter in the words of the facts; secrets are measured."""
    value = binding.value
    depends = depends_of(value)
    stop = unknown_part(value)
    reason = _reason(stop) if stop is not None else Reason.NOT_LITERAL
    bound = Bound(
        Expression(what="unknown"), binding.path, binding.line, reason=reason, depends=depends, binding=binding
    )
    place = place_of(binding.path, binding.line)
    if isinstance(value, Joined):
        return _one_of(name, value, bound, place)
    return bound._replace(expression=expression_of(name, value, place), maybe=_maybe(value))


def _reason(why: Unknown) -> Reason:
    if why.reason in _LOST:
        return Reason(why.reason)
    return _REASONS.get(why.reason, Reason.NOT_LITERAL)


def _one_of(name: str, value: Joined, bound: Bound, place: str) -> Bound:
    options = [option for option in value.options if not isinstance(option, Absent)]
    lists = [option for option in options if isinstance(option, Seq)]
    text = why_of(name, value, place)
    if lists and len(lists) == len(value.options):
        # What is in each of them surely is in it.
        made = [expression_of(name, one, place) for one in lists]
        surely = [item for item in made[0].items if all(item in other.items for other in made[1:])]
        possible = {item for one in made for item in one.items}.union(*(_maybe(one) for one in lists))
        complete = all(one.complete for one in made)
        expression = Expression(what="list", items=tuple(surely), complete=complete, text=text)
        return bound._replace(expression=expression, maybe=frozenset(possible) - set(surely))
    made = [expression_of(name, option, place) for option in options]
    # A list that perhaps has more in it is no value that can be named.
    made = [
        msgspec.structs.replace(one, complete=False) if _maybe(option) else one
        for one, option in zip(made, options, strict=True)
    ]
    if len(options) < len(value.options):
        made.append(Expression(what="unset"))
    return bound._replace(expression=Expression(what="unknown", text=text), options=tuple(made))


def _maybe(value: Value) -> frozenset[str]:
    if not isinstance(value, Seq) or value.exact:
        return frozenset()
    return frozenset(text for item in value.extra if (text := _item(item)) is not None)


def why_of(name: str, value: Value, place: str = "") -> str:
    """Why a value is not known, for people; "" where it is. place: as in `shown`."""
    seen = shown(value, name, place)
    if seen.state == "one-of":
        return f"one of {seen.value}"
    return seen.text


def expression_of(name: str, value: Value, place: str = "") -> Expression:
    text = why_of(name, value, place)
    unknown = Expression(what="unknown", text=text)
    if name in SECRETS:
        return _measured(value, unknown) if isinstance(value, Seq) else _secret(value, unknown)
    if name in _POLICIES:
        header = policy(name, value)
        return Expression(what="scalar", value=header[0]) if header is not None else unknown
    match value:
        case Const(value=inner):
            if inner is None or isinstance(inner, bool | float):
                return Expression(what="scalar", value=inner)
            if isinstance(inner, int):
                return Expression(what="scalar", value=inner) if abs(inner) < 1 << 63 else unknown
            if isinstance(inner, str):
                what = "environment-text" if inner and value.depends and name in _OFF else "scalar"
                return Expression(what=what, value=without_credentials(inner))
            if isinstance(inner, timedelta) and name in _LIFETIMES:
                return Expression(what="scalar", value=int(inner.total_seconds()))
            return unknown
        case Seq(items=items, exact=exact, extra=extra, open=opened, kind=kind):
            texts = [_item(item) for item in items]
            known = [item for item in texts if item is not None][:MAX_ITEMS]
            if kind == "set":
                known.sort()
            # Perhaps there are others, but all of those have names.
            named = exact or (not opened and all(_item(item) is not None for item in extra))
            complete = len(known) == len(texts) and named
            return Expression(what="list", items=tuple(known), complete=complete, text=text or "some of it is computed")
        case Map(exact=True):
            return Expression(what="table", text=shown(value, name).value)
    return unknown


def _item(value: Value) -> str | None:
    if isinstance(value, Map):
        value = value.items.get("NAME", value)
    if isinstance(value, Const) and isinstance(value.value, str):
        return without_credentials(value.value)
    return None


def _secret(value: Value, unknown: Expression) -> Expression:
    match value:
        case Const(value=None) if value.depends:
            return Expression(what="environment", value="optional")
        case Const(value=None | "" | b"" as empty):
            return Expression(what="scalar", value=None if empty is None else "")
        case Const(value=str() | bytes() as given):
            text = given if isinstance(given, str) else given.decode("latin-1")
            return Expression(
                what="secret",
                length=len(text),
                distinct=len(set(text)),
                prefixed=text.startswith("django-insecure-"),
                text="a text in the source",
            )
        case Object(kind="secret", state={"length": Const(value=int() as length), "distinct": Const(value=int() as n)}):
            return Expression(what="secret", length=length, distinct=n, text="a text in a file of the deployment")
        case Unknown(reason="env-required"):
            return Expression(what="environment", text=unknown.text)
        case Unknown(reason="generated"):
            return Expression(what="generated", text=unknown.text)
        case Joined(options=options):
            kinds = [_secret(option, unknown) for option in options if not isinstance(option, Absent)]
            if len(kinds) == len(options) and len({one.what for one in kinds}) == 1 and kinds[0].what != "unknown":
                return min(kinds, key=lambda one: (one.distinct, one.length))  # the weakest of them
    return unknown


def _measured(value: Seq, unknown: Expression) -> Expression:
    """A list of secrets (SECRET_KEY_FALLBACKS): of each its source, length, different characters and whether it has
    Django's prefix, as "secret:50:31:0"; never the text."""
    given = [_secret(item, unknown) for item in value.items]
    items = tuple(f"{one.what}:{one.length}:{one.distinct}:{int(one.prefixed)}" for one in given)
    whole = value.exact and all(one.what != "unknown" for one in given)
    return Expression(what="list", items=items, complete=whole, text="a list of keys")


def policy(name: str, value: Value) -> tuple[str | None] | None:
    """A table of directives as the header it becomes; None when that is not known, (None,) when there is none."""
    if isinstance(value, Const) and value.value is None:
        return (None,)
    if not isinstance(value, Map) or not value.exact or value.maybe:
        return None
    if name == "CONTENT_SECURITY_POLICY":
        inner = value.items.get("DIRECTIVES")
        return policy("SECURE_CSP", inner) if inner is not None and "EXCLUDE_URL_PREFIXES" not in value.items else None
    parts: list[str] = []
    for word, held in value.items.items():
        sources = _sources(held)
        if sources is None or not isinstance(word, str):
            return None
        if name == "PERMISSIONS_POLICY":
            # django-permissions-policy: quoted keywords lose their quotes, origins get them.
            allowed = " ".join(source.strip("'") if source.startswith("'") else source for source in sources)
            parts.append(f"{word}=({allowed})")
        else:
            parts.append(" ".join((word, *sources)))
    return ((", " if name == "PERMISSIONS_POLICY" else "; ").join(parts),)


def _sources(value: Value, depth: int = 0) -> list[str] | None:
    match value:
        case Seq(items=items, exact=True):
            found: list[str] = []
            for item in items:
                inner = _sources(item, depth + 1) if depth < 3 else None
                if inner is None or len(found) > MAX_ITEMS:
                    return None
                found.extend(inner)
            return found
        case Const(value=str() as text):
            return [_NONCES.get(text, text)]
        case Const(value=True):
            return []
        case Library(dotted=dotted) if dotted == _SENTINEL:
            return ["'nonce-…'"]
    return None
