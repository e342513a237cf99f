"""Secrets that Python code writes to a log, and the modes it gives log files."""

import ast
import re
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._assigned import PIECES, Assigned, one_by_one
from hardencheck.collect.extract._branches import Branches, branches_of
from hardencheck.collect.extract._loggers import METHODS, binds, logging_method
from hardencheck.collect.extract._python import NotLiteral, PythonFile, argument, literal, parse, role, unread
from hardencheck.collect.extract._secret_words import HARMLESS_WORDS, is_address, secret_name, words_of
from hardencheck.lazily import compiled
from hardencheck.model.facts import Fact
from hardencheck.model.facts.logging import LogFileMode, SecretLogged
from hardencheck.model.location import Location

_CALL = compiled(
    rb"\.(?:%b|bind|new|contextualize)\s*\(|\b(?:print|\w+_contextvars|\w+_threadlocal)\s*\("
    % "|".join(sorted(METHODS)).encode()
)
_WORD = compiled(
    rb"pass|pwd|secret|token|cookie|authori[sz]ation|credential|api_?key|private_?key|jwt|headers|META|POST|environ"
    rb"|\bsession\s*[),\]}]|\.values\b|__dict__|dsn|database_ur|broker_url|connection_string"
    rb"|getenv|settings|\.body|\.data\b|\.form\b|\.json\b|get_json|get_data|\.config\b|session_?key|locals|globals|vars",
    re.IGNORECASE,
)
_MODES = compiled(rb"chmod|os\.open|mkdir|makedirs")
_COMMANDS = compiled(
    r"(?:^|/)(?:commands|cli|scripts?|bin|tools?|management|__main__\.py|manage\.py|setup\.py|cli\.py)(?:/|$)"
)

_SETTINGS = frozenset({"settings", "config", "environ", "conf"})
_REQUEST_PARTS = {
    "headers": "request headers", "META": "request headers", "COOKIES": "cookies", "cookies": "cookies",
    "body": "request body", "POST": "request body", "form": "request body", "data": "request body",
    "json": "request body", "get_json": "request body", "get_data": "request body", "stream": "request body",
    "raw_post_data": "request body", "values": "request body", "environ": "request headers",
}  # fmt: skip
_REQUEST_CALLS = {**_REQUEST_PARTS, "text": "request body", "read": "request body", "post": "request body"}
# Last words of names of cookies that hold a choice and open nothing.
_PLAIN_COOKIES = frozenset({
    "lang", "language", "locale", "theme", "timezone", "tz", "consent", "cookieconsent", "currency", "color", "mode",
    "debug", "seen", "banner", "method", "provider", "tab", "view", "layout", "sort", "next", "referrer", "source",
    "campaign", "variant", "experiment", "country", "region", "tour", "dismissed", "accepted", "visited",
})  # fmt: skip
# Whole tables: to go through one gives its keys.
_TABLES = frozenset({
    "request headers", "request body", "cookies", "environment", "all settings", "local variables", "session",
    "response headers", "attributes",
})  # fmt: skip
_WITH_VALUES = frozenset({"items", "values", "lists", "multi_items"})
_KEYS = frozenset({"list", "tuple", "set", "sorted", "frozenset", "enumerate"})
_REQUESTS = {"request", "req", "http_request", "django_request", "_request"}
# Calls that hand on what they are given.
_THROUGH = {
    "str", "repr", "dict", *_KEYS, "json.dumps", "pprint.pformat", "pformat", "vars", "bytes",
    "ascii", "format", "copy.copy", "copy.deepcopy", "ujson.dumps", "orjson.dumps",
}  # fmt: skip
_THROUGH_METHODS = {
    "strip", "decode", "encode", "lower", "upper", "format", "join", "copy", "items", "values", "read", "replace",
    "title", "as_string", "dict", "model_dump", "to_dict", "get_secret_value", "lists",
    "multi_items", "split", "rsplit", "splitlines", "partition", "rpartition",
}  # fmt: skip
_DUMPS = frozenset({"dict", "model_dump", "to_dict"})
# What a value is, by the last word of its own name, whatever key it stands under.
_PLAIN_VALUES = frozenset(
    {"id", "ids", "pk", "uuid", "count", "url", "uri", "type", "name", "kind", "status", "length"}
)
# What texts and tables have: a name with other attributes holds an object, and nobody here knows what its text shows.
_PARTS = frozenset(name for kind in (str, bytes, dict, list) for name in dir(kind) if not name.startswith("_")) | {
    "value", "key", "secret", "token", "access_token", "get_secret_value", "output", "OutputString",
}  # fmt: skip
_REDACTED = compiled(r"(?i)[\W_]*(?:redacted|hidden|masked|removed|filtered|censored|secret|xxx+)?[\W_]*|[*•x.#-]+")
_COMMAND_BASES = compiled(r".*(?:Command|Application)")
_COMMAND_METHODS = frozenset({"handle", "start", "run", "main", "execute", "call"})
_COMMAND_DECORATORS = frozenset({"command", "callback", "task"})
_LOGGED = compiled(r"(?:^|_)logs?(?:_?(?:file|path|dir|directory|name|folder))?(?:$|_)|logfile|logdir", re.IGNORECASE)
_LOG_PATH = compiled(r"(?:.*/)?(?:[^/]*\.log(?:\.\d+)?|logs?/.*|logs?)|.*/logs?/.*")
# Words of functions after which a secret is none any more.
_VEILS = frozenset({
    "mask", "masked", "redact", "redacted", "censor", "obfuscate", "obscure", "hide", "anonymize", "anonymise", "scrub",
    "sanitize", "sanitise", "hash", "hashed", "hexdigest", "digest", "fingerprint", "sha256", "sha1", "md5", "len",
    "bool", "type", "truncate",
})  # fmt: skip
_MAX_DEPTH_OF_VEILS = 20
MAX_DEPTH = 40
_MAX_STEPS = 35  # a name that stands for another one counts ten


class LogCalls(Extractor):
    """Calls of loggers and print that are given a secret by its name; os.chmod and its like on log files."""

    name = "logging.calls"
    version = 5
    emits = (SecretLogged, LogFileMode)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return path.endswith(".py")

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        kinds: list[type[Fact]] = []
        if _CALL.search(data) and _WORD.search(data):
            kinds.append(SecretLogged)
        if _MODES.search(data) and b"log" in data.lower():
            kinds.append(LogFileMode)
        if not kinds:
            return
        here, what_for = Location(path=path), role(path)
        try:
            file = parse(data)
        except Unreadable as error:
            yield unread(self, error, path, what_for, kinds)
            return
        branches: Branches | None = None
        assigned: Assigned | None = None
        for call in file.calls:
            method = logging_method(file, call) or binds(file, call)
            if method:
                assigned = assigned or Assigned(file)
                whats = dict.fromkeys(Carried(file, assigned, call).arguments(method))
                if whats and branches is None:
                    branches = branches_of(file)
                for what in whats:
                    yield SecretLogged(
                        location=here.at(call.lineno),
                        what=what,
                        call=method,
                        # What a command prints is for the one who called it.
                        role="command"
                        if method == "print" and (_COMMANDS.search(path) or _of_command(file, call))
                        else branches.role(call, what_for)
                        if branches
                        else what_for,
                    )
            else:
                yield from _mode(file, call, here, what_for)


class Carried:
    """What secrets one call of a logger carries into text. Calls that are not known are taken to keep what they are
    given to themselves."""

    def __init__(self, file: PythonFile, assigned: Assigned, call: ast.Call) -> None:
        self._file, self._assigned, self._call = file, assigned, call
        self._names: dict[str, ast.expr | None] = {}  # of the comprehensions around

    def arguments(self, method: str) -> Iterator[str]:
        for given in self._call.args:
            yield from self.of(given.value if isinstance(given, ast.Starred) else given)
        for keyword in self._call.keywords:
            if keyword.arg in {"exc_info", "stack_info", "stacklevel", "file", "end", "sep", "flush"}:
                continue
            found = list(self.of(keyword.value))
            yield from found
            if not found and method != "print" and keyword.arg is not None:
                yield from self._named(keyword.arg, keyword.value)

    def _named(self, name: str, value: ast.expr) -> Iterator[str]:
        """A value under a name that says what it is: `extra={"token": given}`, `log.info("...", password=given)`."""
        plain = isinstance(value, ast.Name | ast.Attribute | ast.Subscript) and not isinstance(
            getattr(value, "slice", None), ast.Slice
        )
        if plain and (what := secret_name(self._file, name)) is not None:
            words = words_of(value.attr if isinstance(value, ast.Attribute) else getattr(value, "id", ""))
            if not HARMLESS_WORDS & set(words) and not _PLAIN_VALUES & set(words[-1:]):
                yield what

    def of(self, node: ast.expr, depth: int = 0) -> Iterator[str]:
        if depth > MAX_DEPTH:
            return
        file = self._file
        match node:
            case ast.JoinedStr(values=parts):
                for part in parts:
                    if isinstance(part, ast.FormattedValue):
                        yield from self.of(part.value, depth + 1)
            case ast.BinOp(left=left, op=op, right=right):
                yield from self.of(left, depth + 1)
                # `"%(name)s" % locals()` shows what it names.
                if not (isinstance(op, ast.Mod) and _named_places(left) and _all_locals(file, right)):
                    yield from self.of(right, depth + 1)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                for part in parts:
                    yield from self.of(part, depth + 1)
            case ast.Dict(keys=keys, values=parts):
                for key, part in zip(keys, parts, strict=True):
                    found = list(self.of(part, depth + 1))
                    yield from found
                    if not found and isinstance(key, ast.Constant) and isinstance(key.value, str):
                        yield from self._named(key.value, part)
            case ast.IfExp(body=body, orelse=orelse):
                yield from self.of(body, depth + 1)
                yield from self.of(orelse, depth + 1)
            case ast.BoolOp(op=ast.Or(), values=parts):
                for part in parts:
                    yield from self.of(part, depth + 1)
            case ast.Await(value=inner) | ast.Starred(value=inner):
                yield from self.of(inner, depth + 1)
            case ast.Name(id=name):
                yield from self._name(node, name, depth)
            case ast.Attribute(value=value, attr=attr):
                yield from self._attribute(node, value, attr)
            case ast.Subscript(value=value, slice=key):
                yield from self._element(value, key, depth)
            case ast.NamedExpr(value=inner):
                yield from self.of(inner, depth + 1)
            case ast.ListComp(elt=one) | ast.SetComp(elt=one) | ast.GeneratorExp(elt=one):
                yield from self._one_by_one(node.generators, [one], depth)
            case ast.DictComp(key=key, value=one):
                yield from self._one_by_one(node.generators, [key, one], depth)
            case ast.Call():
                yield from self._called(node, depth)

    def _one_by_one(self, generators: list[ast.comprehension], parts: list[ast.expr], depth: int) -> Iterator[str]:
        before = dict(self._names)
        for one in generators:
            chosen = [test for test in one.ifs if not _all_headers(test)]
            # A condition on the key is read as one that leaves out what is secret.
            tests: list[ast.expr] = [ast.IfExp(test, test, test) for test in chosen]
            self._names.update(one_by_one(one.target, one.iter, [*tests, *parts]))
        for part in parts:
            yield from self.of(part, depth + 1)
        self._names = before

    def _name(self, node: ast.Name, name: str, depth: int) -> Iterator[str]:
        file = self._file
        if name in self._names:
            given = self._names[name]
            if given is not None and depth < _MAX_STEPS:
                yield from self.of(given, depth + 10)
        elif file.name(node) == "os.environ":
            yield "environment"
        elif file.name(node) == "flask.session":
            yield "session"
        elif (what := secret_name(file, name)) is not None:
            # A jar of cookies shows what is in it.
            is_object = not what.startswith("cookie") and _is_object(file, self._call, name)
            given = self._assigned.last(name, self._call)
            veiled = given is not None and _veiled(file, given)
            if not veiled and not is_object and not _is_redacted(file, self._call, name):
                yield what
        elif name == "environ" and _is_parameter(file, self._call, name):
            yield "request headers"
        elif name == "settings" and "settings" in file.aliases and not file.name(node).startswith("django.conf"):
            yield "all settings"
        elif not set(words_of(name)) & HARMLESS_WORDS:
            given = self._assigned.last(name, self._call)
            if given is None or depth >= _MAX_STEPS:
                return
            # What is secret in it was taken out by its name.
            taken = any(secret_name(file, key) for key in self._assigned.taken_out(name, self._call))
            yield from (what for what in self.of(given, depth + 10) if not (taken and what in _TABLES))

    def _attribute(self, node: ast.Attribute, value: ast.expr, attr: str) -> Iterator[str]:
        file = self._file
        if file.name(node) == "os.environ":
            yield "environment"
        elif attr in _REQUEST_PARTS and is_request(value):
            yield _REQUEST_PARTS[attr]
        elif attr == "headers" and isinstance(value, ast.Name) and self._own_answer(value.id):
            yield "response headers"
        elif attr == "__dict__":
            yield from self._whole(value)
        elif attr == "config" and isinstance(value, ast.Name) and value.id in {"app", "current_app"}:
            yield "all settings"
        elif (what := secret_name(file, attr)) is not None and not attr.isupper():
            yield what
        elif what is not None and file.name(node).partition(".")[0] in {"settings", "django", "self", "app", "config"}:
            yield what  # settings.SECRET_KEY; but not TokenType.PASSWORD, a member of an enumeration
        elif _is_settings(file, value) and is_address(attr):
            yield "address with a password"

    def _whole(self, node: ast.expr) -> Iterator[str]:
        """All attributes of an object: of the settings, of one whose class gives it a secret."""
        if self._file.name(node).endswith("settings"):
            yield "all settings"
        elif is_request(node):
            yield "request headers"
        elif isinstance(node, ast.Name) and node.id == "self" and self._holds_a_secret():
            yield "attributes"

    def _holds_a_secret(self) -> bool:
        file = self._file
        owner = file.scope(file.scope(self._call))
        for node in file.assigns if isinstance(owner, ast.ClassDef) else ():
            if file.scope(file.scope(node)) is not owner:
                continue
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                match target:
                    case ast.Attribute(value=ast.Name(id="self"), attr=attr) if secret_name(file, attr):
                        return True
        return False

    def _own_answer(self, name: str) -> bool:
        """Whether a name is the answer that this service gives, with its Set-Cookie."""
        scope = self._file.scope(self._call)
        given = self._assigned.last(name, self._call)
        given = given.value if isinstance(given, ast.Await) else given
        if isinstance(given, ast.Call):
            return self._file.name(given.func).rpartition(".")[2] in {"get_response", "call_next", "make_response"}
        if given is not None or not isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
            return False
        hooked = any(isinstance(one, ast.Attribute) and "after_" in one.attr for one in scope.decorator_list)
        return (hooked or scope.name == "process_response") and _is_parameter(self._file, self._call, name)

    def _element(self, value: ast.expr, key: ast.expr, depth: int) -> Iterator[str]:
        file = self._file
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            if (what := secret_name(file, key.value)) is not None:
                yield what
            elif isinstance(value, ast.Attribute) and value.attr in {"cookies", "COOKIES"} and is_request(value.value):
                if not set(words_of(key.value)[-1:]) & _PLAIN_COOKIES:
                    yield "cookie"
            elif _is_settings(file, value) and is_address(key.value):
                yield "address with a password"
        elif isinstance(key, ast.Slice):
            return  # token[:6] shows a part of it on purpose
        elif isinstance(key, ast.Constant | ast.UnaryOp):
            yield from self._piece(value, key, depth)

    def _piece(self, value: ast.expr, key: ast.Constant | ast.UnaryOp, depth: int) -> Iterator[str]:
        """A piece of a header that holds the name of a scheme and what is secret: `header.split()[1]`."""
        if isinstance(value, ast.Name):
            given = self._assigned.last(value.id, self._call)
            if given is None or depth >= _MAX_STEPS:
                return
            value = given
        first = isinstance(key, ast.Constant) and key.value == 0
        if first or not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute):
            return
        if value.func.attr in PIECES:
            whats = self.of(value.func.value, depth + 10)
            yield from (what for what in whats if what in {"authorization header", "cookie", "password"})

    def _called(self, node: ast.Call, depth: int) -> Iterator[str]:
        file = self._file
        name, func = file.name(node.func), node.func
        if name in {"os.getenv", "os.environ.get"}:
            if node.args:
                yield from self._element(func.value if isinstance(func, ast.Attribute) else func, node.args[0], depth)
            return
        if name in {"locals", "globals"} and not node.args:
            yield "local variables" if name == "locals" else "all settings"
            return
        if name in _THROUGH:
            for given in node.args:
                if name == "vars":
                    yield from self._whole(given)
                found = self.of(given, depth + 1)
                yield from found if name not in _KEYS or not _keys_alone(given) else _but_tables(found)
            return
        if not isinstance(func, ast.Attribute):
            return
        if func.attr in {"get", "pop", "getlist"} and node.args:
            yield from self._element(func.value, node.args[0], depth)
        elif func.attr in _REQUEST_CALLS and is_request(func.value):
            yield _REQUEST_CALLS[func.attr]
        elif func.attr in _THROUGH_METHODS:
            if func.attr in _DUMPS:
                if file.name(func.value).rpartition(".")[2] == "settings":
                    yield "all settings"
                # A body is one as a table too; what a token that is an object says of itself is not known.
                yield from (what for what in self.of(func.value, depth + 1) if what in _TABLES)
                return
            yield from self.of(func.value, depth + 1)
            # `"{name}".format(**locals())` shows what it names.
            named = (keyword.value for keyword in node.keywords if keyword.arg is not None)
            for given in (*node.args, *named):
                if func.attr == "format":
                    yield from self.of(given, depth + 1)
                elif func.attr == "join":
                    found = self.of(given, depth + 1)
                    yield from _but_tables(found) if _keys_alone(given) else found


def _keys_alone(node: ast.expr) -> bool:
    """Whether what goes through a value sees no more of a table than its keys; `.items()` and `.values()` give more."""
    return isinstance(node, ast.Name | ast.Attribute) or (
        isinstance(node, ast.Call) and not (isinstance(node.func, ast.Attribute) and node.func.attr in _WITH_VALUES)
    )


def _but_tables(found: Iterator[str]) -> Iterator[str]:
    return (what for what in found if what not in _TABLES)


def _veiled(file: PythonFile, node: ast.expr, depth: int = 0) -> bool:
    """Whether a value shows a part of a secret at most: `token[:4] + "..."`, `"*" * 8`, `mask(token)`."""
    if depth > _MAX_DEPTH_OF_VEILS:
        return False
    match node:
        case ast.Subscript(slice=ast.Slice()) | ast.Compare() | ast.UnaryOp(op=ast.Not()):
            return True
        case ast.Constant(value=str() as text):
            return bool(text) and not any(char.isalnum() for char in text)
        case ast.BinOp(left=left, op=ast.Mult()):
            return _veiled(file, left, depth + 1)
        case ast.BinOp(left=left, right=right):
            return _veiled(file, left, depth + 1) and _veiled(file, right, depth + 1)
        case ast.JoinedStr(values=values):
            parts = [value.value for value in values if isinstance(value, ast.FormattedValue)]
            return bool(parts) and all(_veiled(file, part, depth + 1) for part in parts)
        case ast.IfExp(body=body, orelse=orelse):
            return _veiled(file, body, depth + 1) and _veiled(file, orelse, depth + 1)
        case ast.Call(func=func):
            called = file.name(func) or (func.attr if isinstance(func, ast.Attribute) else "")
            return not _VEILS.isdisjoint(words_of(called.rpartition(".")[2]))
    return False


def _named_places(node: ast.expr) -> bool:
    """Whether a format takes its values by name: "%(name)s"."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and "%(" in node.value


def _all_locals(file: PythonFile, node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and file.name(node.func) in {"locals", "globals", "vars"}


def _is_parameter(file: PythonFile, call: ast.Call, name: str) -> bool:
    scope = file.scope(call)
    if not isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    return any(item.arg == name for item in (*scope.args.posonlyargs, *scope.args.args))


def _is_object(file: PythonFile, call: ast.Call, name: str) -> bool:
    """Whether the function uses what a name holds as an object: `token.expires_at`, and no text has that."""
    return any(
        isinstance(part, ast.Attribute)
        and isinstance(part.value, ast.Name)
        and part.value.id == name
        and part.attr not in _PARTS
        for part in ast.walk(file.scope(call))
    )


def _is_redacted(file: PythonFile, call: ast.Call, name: str) -> bool:
    """Whether the function puts a mask into what a name holds: `shown["access_token"] = "[REDACTED]"`."""
    scope = file.scope(call)
    return any(
        isinstance(target, ast.Subscript)
        and isinstance(target.value, ast.Name)
        and target.value.id == name
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        and _REDACTED.fullmatch(node.value.value) is not None
        for node in file.assigns
        if isinstance(node, ast.Assign) and file.scope(node) is scope
        for target in node.targets
    )


def _of_command(file: PythonFile, call: ast.Call) -> bool:
    """Whether a call is in what a command line starts: `@click.command()`, the start() of an Application."""
    scope = file.scope(call)
    if not isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    for decorator in scope.decorator_list:
        made = decorator.func if isinstance(decorator, ast.Call) else decorator
        if (made.attr if isinstance(made, ast.Attribute) else file.name(made)) in _COMMAND_DECORATORS:
            return True
    owner = file.scope(scope)
    return (
        scope.name in _COMMAND_METHODS
        and isinstance(owner, ast.ClassDef)
        and any(_COMMAND_BASES.fullmatch(file.name(base)) for base in owner.bases)
    )


def _all_headers(test: ast.expr) -> bool:
    """`key.startswith("HTTP_")`: of what WSGI gives, the headers."""
    match test:
        case ast.Call(func=ast.Attribute(attr="startswith"), args=[ast.Constant(value="HTTP_")]):
            return True
    return False


def _is_settings(file: PythonFile, node: ast.expr) -> bool:
    return file.name(node).rpartition(".")[2] in _SETTINGS


def is_request(node: ast.expr) -> bool:
    last = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return last in _REQUESTS


def _mode(file: PythonFile, call: ast.Call, here: Location, what_for: str) -> Iterator[Found]:
    name = file.name(call.func)
    path: ast.expr | None
    match name:
        case "os.chmod" | "os.lchmod" | "os.mkdir" | "os.makedirs" | "os.mkfifo":
            path, mode = argument(call, 0, "path") or argument(call, 0, "name"), argument(call, 1, "mode")
        case "os.open":
            path, mode = argument(call, 0, "path"), argument(call, 2, "mode")
        case _ if isinstance(call.func, ast.Attribute) and call.func.attr in {"chmod", "mkdir", "touch"}:
            path, mode = call.func.value, argument(call, 0, "mode")
            name = f"Path.{call.func.attr}"
        case _:
            return
    if path is None or mode is None or not _is_log(path):
        return
    try:
        value = literal(mode)
    except NotLiteral:
        return  # `permissions.*` reports modes that are not literal
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 0o7777:
        yield LogFileMode(location=here.at(call.lineno), mode=value, how=name, role=what_for)


def _is_log(path: ast.expr) -> bool:
    """Whether a path is that of a log, by its last name or text."""
    for part in ast.walk(path):
        match part:
            case ast.Constant(value=str(text)) if _LOG_PATH.fullmatch(text):
                return True
            case ast.Name(id=name) | ast.Attribute(attr=name) if _LOGGED.search(name):
                return True
    return False
