"""The standard library: texts to values, containers, and functions of functions.

What depends on the machine (names, clocks, random numbers, digests of what is not known) is not known. Source: the
Python documentation of each module.
"""

import ast
import json
import operator
import posixpath
import re
import shlex
import textwrap
import tomllib
from collections.abc import Callable
from decimal import Decimal
from email.utils import getaddresses
from urllib.parse import parse_qs, quote, quote_plus, unquote, unquote_plus, urlencode, urljoin, urlparse, urlsplit

from hardencheck.collect.interpret.imports import import_parents
from hardencheck.collect.interpret.modelling import Call
from hardencheck.collect.interpret.models import _data
from hardencheck.collect.interpret.models._common import (
    MAX_TEXT,
    Failed,
    computed,
    depending,
    failing,
    given,
    text,
    unknown,
)
from hardencheck.collect.interpret.values import (
    Class,
    Const,
    Function,
    Instance,
    Lazy,
    Library,
    Map,
    Module,
    NotKnown,
    Object,
    Seq,
    Unknown,
    Value,
    depends_of,
    lifted,
    plain,
)
from hardencheck.lazily import compiled

_URL_PARTS = ("scheme", "netloc", "path", "params", "query", "fragment", "username", "password", "hostname", "port")
_TRUE, _FALSE = {"y", "yes", "t", "true", "on", "1"}, {"n", "no", "f", "false", "off", "0"}
MAX_BESIDE = 20  # modules that are looked through for one that is named by a variable
_OLDEST = (3, 8)  # no service runs on an older Python


def _pure(function: Callable[..., object], most: int = 2) -> Callable[[Call], Value | None]:
    def model(call: Call) -> Value | None:
        if call.keywords or not 1 <= len(call.arguments) <= most:
            return None
        for item in call.arguments:
            if isinstance(item, Const) and isinstance(item.value, str | bytes) and len(item.value) > MAX_TEXT:
                return unknown(call, "budget", "a long text", depends_of(item))
        return computed(call, function, *call.arguments)

    return model


def truth_of(value: object) -> int:
    """distutils.util.strtobool: 1 or 0."""
    if not isinstance(value, str):
        raise Failed("AttributeError")
    if value.lower() in _TRUE:
        return 1
    if value.lower() in _FALSE:
        return 0
    raise Failed("ValueError")


def _loads(value: object) -> object:
    return _data.checked(json.loads(value))  # type: ignore[arg-type]


def _literal(value: object) -> object:
    if not isinstance(value, str) or len(value) > 10_000:
        raise NotKnown(Unknown("budget", "a long literal"))
    found = ast.literal_eval(value)
    if found is ...:
        raise NotKnown(Unknown("call", "..."))
    return found


def _addresses(value: object) -> object:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise NotKnown(Unknown("call", "addresses"))
    if any(letter in one for one in value for letter in '"()[]\\'):
        raise NotKnown(Unknown("call", "addresses that versions of Python read in different ways"))
    return getaddresses(value)


_SECONDS = {"second": 1, "sec": 1, "s": 1, "minute": 60, "min": 60, "m": 60, "hour": 3600, "h": 3600, "day": 86400,
            "d": 86400, "week": 604800, "w": 604800}  # fmt: skip


def _duration(value: object) -> object:
    """pytimeparse.parse of one number with its unit: seconds."""
    match = re.fullmatch(r"\s*(\d{1,9})\s*([a-z]+?)(?:(?<=[a-z]{2})s)?\s*", str(value))
    if match is None or match[2] not in _SECONDS:
        raise NotKnown(Unknown("call", "a duration in another form"))
    return int(match[1]) * _SECONDS[match[2]]


def _json(call: Call) -> Value | None:
    return None if call.keywords or len(call.arguments) != 1 else _pure(_loads, 1)(call)


def _toml(call: Call) -> Value | None:
    return _pure(_toml_loads, 1)(call)


def _toml_loads(document: object) -> object:
    """Keys of thousands of parts take the square of that."""
    if isinstance(document, str) and any(max(line.count("."), line.count("[")) > 200 for line in document.splitlines()):
        raise NotKnown(Unknown("budget", "a deep document"))
    return _data.checked(tomllib.loads(document))  # type: ignore[arg-type]


def _yaml(call: Call) -> Value | None:
    """As data only: no object of a tag is ever made, and what only `safe_load` refuses is refused."""
    if not call.arguments:
        return None
    loader = call.keywords.get("Loader", call.arguments[1] if len(call.arguments) > 1 else None)
    safe = call.name.endswith("safe_load") or (
        isinstance(loader, Library) and loader.dotted.rpartition(".")[2] in {"SafeLoader", "CSafeLoader"}
    )
    source = _whole(call, call.arguments[0])
    if isinstance(source, Const) and isinstance(source.value, str | bytes) and len(source.value) > _data.MAX_YAML:
        return unknown(call, "budget", "a long document", depends_of(source))
    found = computed(call, _data.yaml, source)
    return found if safe or not isinstance(found, Unknown) else unknown(call, "call", call.name, depends_of(source))


def _whole(call: Call, value: Value) -> Value:
    """The contents of an open file; other values as they are."""
    if isinstance(value, Object) and value.kind == "file":
        return call.interpreter.call_method(value, "read", [], {}, call.node, call.frame)
    return value


def _load(loads: Callable[[Call], Value | None]) -> Callable[[Call], Value | None]:
    def model(call: Call) -> Value | None:
        if len(call.arguments) != 1 or call.keywords:
            return None
        whole = _whole(call, call.arguments[0])
        if isinstance(whole, Const) and isinstance(whole.value, bytes):
            whole = computed(call, lambda one: one.decode(), whole)
        return loads(call._replace(arguments=[whole]))

    return model


# URLs


def _url(call: Call) -> Value | None:
    if call.keywords or len(call.arguments) != 1:
        return None
    address = call.arguments[0]
    whole = text(address)
    if whole is None:
        return address if isinstance(address, Unknown) else unknown(call, "call", call.name, depends_of(address))
    try:
        parts = (urlparse if call.name.endswith("urlparse") else urlsplit)(whole[:MAX_TEXT])
    except ValueError:
        failing(call, "ValueError")
        return unknown(call, "call", call.name, address.depends)
    state: dict[str, Value] = {}
    for name in _URL_PARTS:
        try:
            state[name] = Const(getattr(parts, name), depends=address.depends)
        except AttributeError:
            continue
        except ValueError:
            state[name] = unknown(call, "call", f"{name} of an address", address.depends)
    state["items"] = Seq("tuple", [Const(item, depends=address.depends) for item in parts])
    state["whole"] = Const(parts.geturl(), depends=address.depends)
    return Object(kind="url", state=state, depends=address.depends)


def _url_part(call: Call) -> Value | None:
    return call.owner.state.get(call.name) if isinstance(call.owner, Object) and call.name in _URL_PARTS else None


def _url_item(call: Call) -> Value | None:
    owner, index = call.owner, call.arguments[0]
    items = owner.state["items"] if isinstance(owner, Object) else None
    if isinstance(items, Seq) and isinstance(index, Const) and isinstance(index.value, int):
        return items.items[index.value] if -len(items.items) <= index.value < len(items.items) else None
    return None


def _url_method(call: Call) -> Value | None:
    return call.owner.state["whole"] if isinstance(call.owner, Object) and call.name == "geturl" else None


# Containers


def _default_table(call: Call) -> Value | None:
    """A defaultdict: what is asked for and is not in it is not known."""
    if not call.arguments:
        return Map()
    made = _ordered(call._replace(arguments=call.arguments[1:]))
    if isinstance(made, Map):
        made.exact = False
    return made


def _ordered(call: Call) -> Value | None:
    return call.interpreter.call(Library(dotted="builtins.dict"), call.arguments, call.keywords, call.node, call.frame)


def _chain_map(call: Call) -> Value | None:
    """A ChainMap shows the tables it was given; it is none itself."""
    if call.keywords or not all(isinstance(item, Map) for item in call.arguments):
        return None
    return Object(kind="chain.map", state={"maps": Seq("list", list(call.arguments) or [Map()])})


def _shown(call: Call, owner: Value | None) -> Map | None:
    """All that a ChainMap shows now; None where that is not known."""
    maps = owner.state["maps"] if isinstance(owner, Object) and owner.kind == "chain.map" else None
    if not isinstance(maps, Seq) or not maps.exact:
        return None
    made: dict[object, Value] = {}
    depends: frozenset[str] = frozenset()
    for item in reversed(maps.items):
        if not isinstance(item, Map) or not item.exact or item.maybe:
            return None
        made.update(item.items)
        depends |= item.depends
    return Map(made, depends=depends)


def _chain_map_item(call: Call) -> Value | None:
    shown = _shown(call, call.owner)
    try:
        return shown.items.get(plain(call.arguments[0])) if shown is not None else None
    except (NotKnown, TypeError):
        return None


def _chain_map_method(call: Call) -> Value | None:
    shown = _shown(call, call.owner) if call.name in {"get", "items", "keys", "values"} else None
    if shown is None:
        return None
    return call.interpreter.call_method(shown, call.name, call.arguments, call.keywords, call.node, call.frame)


def _chain_map_store(call: Call) -> Value | None:
    """What is written goes to the first table."""
    maps = call.owner.state["maps"] if isinstance(call.owner, Object) else None
    key, value = call.arguments
    if isinstance(maps, Seq) and maps.items:
        call.interpreter.set_item(maps.items[0], key, value, call.node, call.frame)
    return Const(None)


def _chain(call: Call) -> Value | None:
    """itertools.chain: no list; it asks each when it comes to it."""
    rows, interpreter = call.arguments, call.interpreter
    if call.name.endswith("from_iterable"):
        rows = (interpreter.items(rows[0]) if len(rows) == 1 else None) or []
        if not rows:
            return None

    def make() -> Value:
        made: list[Value] = []
        depends: frozenset[str] = frozenset()
        for one in rows:
            row = interpreter.listed(one)
            items = interpreter.items(row)
            if items is None or len(made) + len(items) > 10_000:
                return unknown(call, "call", call.name, depends_of(row))
            made.extend(items)
            depends |= row.depends
        return Seq("list", made, depends=depends)

    return Lazy(make, tuple(rows), None, call.frame)


def _named_tuple(call: Call) -> Value | None:
    """A class whose instances are made of these fields."""
    found = given(call, ("typename", "field_names", "defaults", "rename", "module"))
    fields = found.get("field_names") if found is not None else None
    if found is None or fields is None or "rename" in found:
        return None
    try:
        names = plain(fields)
        defaults = call.interpreter.items(found.get("defaults", Seq("tuple")))
    except NotKnown:
        return None
    if isinstance(names, str):
        names = names.replace(",", " ").split()
    if defaults is None or not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        return None
    return Object(kind="namedtuple", state={"fields": lifted(list(names)), "defaults": Seq("list", defaults)})


def _derived_tuple(call: Call) -> Value | None:
    """A class of the repository that derives from typing.NamedTuple is called: fields, and no methods that matter."""
    cls = call.owner
    if (
        not isinstance(cls, Class)
        or len(cls.order) > 1
        or not isinstance(cls.node, ast.ClassDef)
        or cls.attributes.rest
    ):
        return None
    state: dict[str, Value] = {}
    fields: list[Value] = []
    body = [part for part in cls.node.body if not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))]
    for part in body:
        if not isinstance(part, ast.AnnAssign) or not isinstance(part.target, ast.Name):
            return None
        fields.append(Const(part.target.id))
        if part.value is not None:
            state[part.target.id] = cls.attributes.names[part.target.id].value
    made = Object(
        kind="namedtuple", state={"fields": Seq("list", fields), "defaults": Seq("list", list(state.values()))}
    )
    return _make_tuple(call._replace(owner=made))


def _make_tuple(call: Call) -> Value | None:
    owner = call.owner
    fields = plain(owner.state["fields"]) if isinstance(owner, Object) else None
    defaults = owner.state["defaults"] if isinstance(owner, Object) else None
    if not isinstance(fields, list) or not isinstance(defaults, Seq):
        return None
    found = given(call, fields)
    if found is None:
        return None
    found = {**dict(zip(fields[len(fields) - len(defaults.items) :], defaults.items, strict=False)), **found}
    if len(found) < len(fields):
        return None
    return Object(
        kind="tuple.named",
        state={**{f".{name}": found[name] for name in fields}, "items": Seq("tuple", [found[name] for name in fields])},
    )


def _tuple_part(call: Call) -> Value | None:
    return call.owner.state.get(f".{call.name}") if isinstance(call.owner, Object) else None


# Functions


def _partial(call: Call) -> Value | None:
    if not call.arguments:
        return None
    first, *rest = call.arguments
    words = Map({name: item for name, item in call.keywords.items()})
    return Object(kind="partial", state={"of": first, "arguments": Seq("tuple", rest), "keywords": words})


def _partial_called(call: Call) -> Value | None:
    owner = call.owner
    if not isinstance(owner, Object):
        return None
    arguments, keywords = owner.state["arguments"], owner.state["keywords"]
    if not isinstance(arguments, Seq) or not isinstance(keywords, Map) or not arguments.exact or not keywords.exact:
        return None
    both = {**{str(key): item for key, item in keywords.items.items()}, **call.keywords}
    return call.interpreter.call(owner.state["of"], [*arguments.items, *call.arguments], both, call.node, call.frame)


def _cached(call: Call) -> Value | None:
    """lru_cache(f), and lru_cache(maxsize=1)(f): f."""
    if len(call.arguments) == 1 and isinstance(call.arguments[0], Function):
        return call.arguments[0]
    return Object(kind="decorator.same")


def _same(call: Call) -> Value | None:
    return call.arguments[0] if len(call.arguments) == 1 and not call.keywords else None


def _second(call: Call) -> Value | None:
    return call.arguments[1] if len(call.arguments) == 2 else None  # typing.cast


def _domain(call: Call) -> Value | None:
    """split_domain_port of a plain host (django/http/request.py); others are not followed."""
    only = call.arguments[0] if len(call.arguments) == 1 and not call.keywords else None
    match = re.fullmatch(r"([a-z0-9][a-z0-9.-]*?)\.?(?::([0-9]{1,5}))?", (text(only) or "").lower())
    if match is None or only is None:
        return unknown(call, "call", call.name, depends_of(only) if only is not None else frozenset())
    return Seq("tuple", [Const(one, depends=only.depends) for one in (match[1], match[2] or "")], depends=only.depends)


def _opaque(call: Call) -> Value | None:
    """A value that is passed on and never looked into."""
    if any(isinstance(item, Seq | Map | Instance | Module | Class | Function) for item in call.arguments):
        return None
    depends: frozenset[str] = frozenset()
    for item in (*call.arguments, *call.keywords.values()):
        depends |= depends_of(item)
    return Object(kind="opaque", depends=depends)


def _machine(call: Call) -> Value | None:
    if any(isinstance(item, Seq | Map | Instance | Module | Class | Function | Object) for item in call.arguments):
        return None
    depends: frozenset[str] = frozenset()
    for item in (*call.arguments, *call.keywords.values()):
        depends |= depends_of(item)
    return unknown(call, "call", call.name, depends)


def _import_module(call: Call) -> Value | None:
    """A module of the repository; another may be anything, and one that should be here raises."""
    found = given(call, ("name", "package"))
    name = text(found.get("name")) if found is not None else None
    if found is None or name is None or len(name) > 500:
        return None
    near = call.frame.module.path
    interpreter = call.interpreter
    if name.startswith("."):
        package = text(found.get("package"))
        if package is None:
            return None
        level = len(name) - len(name.lstrip("."))
        base = package.split(".")
        if level > len(base):
            return None
        name = ".".join([*base[: len(base) - level + 1], *[part for part in [name.lstrip(".")] if part]])
    by = depends_of(found["name"])
    if by and _may_export(call, name):
        interpreter.touch(interpreter.exported)
        interpreter.exported.depends |= by
    path = interpreter.source.find(name, near)
    if path is not None:
        import_parents(interpreter, name, call.frame)
        return depending(interpreter.module(path), depends_of(found["name"]))
    if interpreter.source.ours(name, near):
        failing(call, "ModuleNotFoundError")
        return unknown(call, "import", f"{name}: it is not in the repository")
    interpreter.may_raise = True
    return Library(dotted=name)


_EXPORTS = compiled(r"environ(?:\s*\[[^]\n]{0,80}\]\s*=[^=]|\.(?:setdefault|update|pop)\b)|putenv|load_dotenv|read_env")


def _may_export(call: Call, name: str) -> bool:
    """Whether one of the modules that it might be instead sets variables of the environment."""
    source = call.interpreter.source
    folder = "/".join(name.split(".")[:-1])
    beside = [path for path in (source.paths() if source.paths is not None else ()) if path.endswith(".py")]
    beside = [path for path in beside if f"/{posixpath.dirname(path)}/".endswith(f"/{folder}/")]
    texts = (source.read(path) for path in beside[:MAX_BESIDE])
    return len(beside) > MAX_BESIDE or any(_EXPORTS.search((text or b"").decode("latin-1")) for text in texts)


def _version(call: Call) -> Value | None:
    """sys.version_info >= (3, 8) surely holds; whether it is a newer one is not known."""
    left, right = call.arguments
    if not isinstance(left, Object) or left.kind != "version":
        return None
    try:
        wanted = plain(right)
    except NotKnown:
        return None
    if not isinstance(wanted, tuple) or not wanted or not all(isinstance(item, int) for item in wanted):
        return None
    if wanted <= _OLDEST and call.name in {"GtE", "Lt"}:
        return Const(call.name == "GtE")
    if wanted < _OLDEST and call.name in {"Gt", "LtE"}:
        return Const(call.name == "Gt")
    return None


def _version_part(call: Call) -> Value | None:
    first = call.arguments[0] if call.arguments else None
    if call.name == "major" or (isinstance(first, Const) and first.value == 0):
        return Const(3)
    return None


def _operator(call: Call) -> Value | None:
    """getattr(configuration, "X", default) on a module that the operator writes: the default, if it is not there."""
    owner = call.arguments[0] if call.arguments else None
    if not isinstance(owner, Object) or owner.kind != "operator" or len(call.arguments) < 2:
        return None
    module, name = text(owner.state["name"]), text(call.arguments[1])
    if module is not None and name is not None and call.name.endswith("hasattr"):
        return Const(False, depends=owner.depends | {f"{module}.{name}"})
    if module is None or name is None or len(call.arguments) < 3:
        return unknown(call, "import", f"{name} of the operator's module" if name else "the operator's module")
    return depending(call.arguments[2], owner.depends | {f"{module}.{name}"})


def _operator_part(call: Call) -> Value | None:
    return unknown(call, "import", f"{call.name} of the operator's module")


_PURE: dict[str, Callable[[Call], Value | None]] = {
    "ast.literal_eval": _pure(_literal, 1), "shlex.split": _pure(shlex.split, 1), "shlex.quote": _pure(shlex.quote, 1),
    "textwrap.dedent": _pure(textwrap.dedent, 1), "decimal.Decimal": _pure(Decimal, 1),
    "urllib.parse.quote": _pure(quote), "urllib.parse.quote_plus": _pure(quote_plus),
    **dict.fromkeys(("requests.utils.quote", "requests.compat.quote"), _pure(quote)),
    **dict.fromkeys(("requests.utils.unquote", "requests.compat.unquote"), _pure(unquote, 1)),
    "email.utils.getaddresses": _pure(_addresses, 1), "pytimeparse.parse": _pure(_duration, 1),
    "urllib.parse.unquote": _pure(unquote, 1),
    "urllib.parse.unquote_plus": _pure(unquote_plus, 1), "urllib.parse.urljoin": _pure(urljoin),
    "urllib.parse.urlencode": _pure(urlencode, 1), "urllib.parse.parse_qs": _pure(parse_qs, 1),
    "json.dumps": _pure(json.dumps, 1),
    **dict.fromkeys(("distutils.util.strtobool", "setuptools._distutils.util.strtobool"), _pure(truth_of, 1)),
    **{
        f"operator.{name}": _pure(getattr(operator, name))
        for name in ("eq", "ne", "lt", "le", "gt", "ge", "not_", "truth", "and_", "or_", "xor", "neg", "contains")
    },
}  # fmt: skip
CALLS: dict[str, Callable[[Call], Value | None]] = {
    **_PURE,
    **dict.fromkeys(("json.loads", "simplejson.loads", "ujson.loads"), _json),
    **dict.fromkeys(("json.load", "simplejson.load"), _load(_json)),
    **dict.fromkeys(("tomllib.loads", "tomli.loads", "toml.loads"), _toml),
    **dict.fromkeys(("tomllib.load", "tomli.load", "toml.load"), _load(_toml)),
    **dict.fromkeys(("yaml.safe_load", "yaml.load", "yaml.full_load"), _yaml),
    **dict.fromkeys(("urllib.parse.urlparse", "urllib.parse.urlsplit"), _url),
    "collections.OrderedDict": _ordered, "collections.defaultdict": _default_table, "collections.ChainMap": _chain_map,
    "collections.namedtuple": _named_tuple, "itertools.chain": _chain, "itertools.chain.from_iterable": _chain,
    "functools.partial": _partial, "functools.lru_cache": _cached, "functools.cache": _cached,
    "typing.cast": _second, "re.compile": _opaque, "importlib.import_module": _import_module,
    "django.http.request.split_domain_port": _domain, "builtins.getattr": _operator, "builtins.hasattr": _operator,
    **dict.fromkeys((
        "socket.gethostname", "socket.getfqdn", "socket.gethostbyname", "platform.node", "platform.system",
        "platform.machine", "platform.python_version", "os.getcwd", "os.getpid", "os.getuid", "os.cpu_count",
        "multiprocessing.cpu_count", "time.time", "datetime.datetime.now", "datetime.datetime.utcnow",
        "datetime.date.today", "datetime.datetime.today", "getpass.getuser", "tempfile.gettempdir", "tempfile.mkdtemp",
        "base64.b64encode", "base64.b64decode", "base64.urlsafe_b64encode", "base64.urlsafe_b64decode", "hashlib.md5",
        "hashlib.sha1", "hashlib.sha256", "hashlib.sha512", "shutil.which", "os.path.getmtime", "os.access",
    ), _machine),
}  # fmt: skip


def _tuple_field(call: Call) -> Value | None:
    """A field of a NamedTuple, asked for on the class: an object that gets it from a tuple, not its default."""
    code = any(isinstance(item, Function | Class) for item in call.arguments)
    return None if code or call.name.startswith("_") else unknown(call, "call", call.name)


MEMBERS = {"typing.NamedTuple": _tuple_field}
BASES = {"typing.NamedTuple": _derived_tuple}
OBJECTS = {"partial": _partial_called, "decorator.same": _same, "namedtuple": _make_tuple}
METHODS = {"chain.map": _chain_map_method, "url": _url_method}
ATTRIBUTES = {
    "url": _url_part, "tuple.named": _tuple_part, "version": _version_part, "operator": _operator_part,
}  # fmt: skip
ITEMS = {"chain.map": _chain_map_item, "url": _url_item, "tuple.named": _url_item, "version": _version_part}
STORES = {"chain.map": _chain_map_store}
COMPARE = {"version": _version}
