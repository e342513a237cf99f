"""django-configurations: classes of settings, with `values.*` that read variables.

Only the class that DJANGO_CONFIGURATION names counts: `configured` gives its settings. A class has all of Django's own
settings, set or not, so of two parents the first one's defaults hide what the second sets.
Source: django-configurations documentation ("Values", "Usage patterns"); measured with 2.5.1.
"""

import ast
import posixpath
from collections.abc import Callable

from hardencheck.collect.framework_names import ALWAYS, SOMETIMES
from hardencheck.collect.interpret.attributes import bound_to
from hardencheck.collect.interpret.exceptions import Raised
from hardencheck.collect.interpret.frames import Frame, OutOfBudget
from hardencheck.collect.interpret.modelling import Call
from hardencheck.collect.interpret.models import _dotenv, dj_urls
from hardencheck.collect.interpret.models import _places as places
from hardencheck.collect.interpret.models._common import (
    Failed,
    asked,
    computed,
    depending,
    each,
    failing,
    flag,
    missing,
    note,
    text,
    unknown,
)
from hardencheck.collect.interpret.models.environ import lines
from hardencheck.collect.interpret.run import Run
from hardencheck.collect.interpret.values import (
    Binding,
    Class,
    Const,
    Function,
    Instance,
    Library,
    Map,
    NotKnown,
    Object,
    Seq,
    Unknown,
    Value,
    depends_of,
    truth,
)
from hardencheck.collect.interpret.values import Namespace as Names

_KIND = "configurations.value"
_BASE = frozenset({"configurations.Configuration", "configurations.base.Configuration", "configurations.Settings"})
_ORDER = ("default", "environ", "environ_name", "environ_prefix", "environ_required")
_TRUE, _FALSE = {"yes", "y", "true", "1"}, {"no", "n", "false", "0", ""}
_URLS = {"DatabaseURLValue": "DATABASE_URL", "CacheURLValue": "CACHE_URL", "SearchURLValue": "SEARCH_URL"}
_NESTED = {"SingleNestedListValue": "list", "SingleNestedTupleValue": "tuple"}
_SEQUENCES = {"ListValue": "list", "BackendsValue": "list", "TupleValue": "tuple", "SetValue": "set", **_NESTED}
_TEXTS = {"Value", "SecretValue", "URLValue", "EmailValue", "IPValue", "RegexValue", "PathValue"}
_KINDS = frozenset({
    *_TEXTS, *_SEQUENCES, *_URLS, "BooleanValue", "IntegerValue", "PositiveIntegerValue", "FloatValue", "DecimalValue",
    "DictValue", "EmailURLValue",
})  # fmt: skip


# A value of a class


def _value(call: Call) -> Value | None:
    kind = call.name.rpartition(".")[2]
    if len(call.arguments) > len(_ORDER):
        return None
    state: dict[str, Value] = {**call.keywords, **dict(zip(_ORDER, call.arguments, strict=False))}
    state["kind"] = Const(kind)
    if kind in _URLS or kind == "EmailURLValue":
        state.setdefault("environ_prefix", Const(None))
        state.setdefault("environ_name", Const(_URLS.get(kind, "EMAIL_URL")))
        state.setdefault("late_binding", Const(True))
    if kind == "SecretValue":
        state["environ"], state["environ_required"] = Const(True), Const(True)
    if kind == "BooleanValue" and not isinstance(state.get("default", Const(None)), Unknown):
        held = state.get("default", Const(None))
        if not isinstance(held, Const) or held.value not in (True, False):
            failing(call, "ValueError")
            return unknown(call, "call", kind)
    inner = state.get("default")
    if isinstance(inner, Object) and inner.kind == _KIND:
        state["default"] = inner.state.get("default", Const(None))
    made = Object(kind=_KIND, state=state)
    late = flag(state.get("late_binding"), False)
    named = state.get("environ_name", Const(None))
    uses = flag(state.get("environ"), True)
    if late is None or uses is None:
        return unknown(call, "call", kind, depends_of(named))
    if not late and ((uses and truth(named) is not False) or (not uses and truth(_default(made)) is not False)):
        return set_up(call, made, text(named) or "")
    return made


def _default(value: Object) -> Value:
    return value.state.get("default", Const(None))


def set_up(call: Call, value: Object, name: str) -> Value:
    """What it is worth, for the setting of this name."""
    kind = text(value.state["kind"]) or ""
    uses = flag(value.state.get("environ"), True)
    required = flag(value.state.get("environ_required"), False)
    given_name = value.state.get("environ_name", Const(None))
    prefix = value.state.get("environ_prefix", Const("DJANGO"))
    if uses is None or required is None or not isinstance(given_name, Const) or not isinstance(prefix, Const):
        return unknown(call, "call", kind, depends_of(given_name) | depends_of(prefix))
    found = _as_default(call, kind, value)
    if uses:
        variable = given_name.value if isinstance(given_name.value, str) and given_name.value else name.upper()
        if isinstance(prefix.value, str) and prefix.value:
            variable = f"{prefix.value.removesuffix('_')}_{variable}"
        note(call, variable, None if required else found, kind.removesuffix("Value").lower())
        raw = asked(call, variable)
        if raw is not None:
            found = depending(_converted(call, kind, value, raw), frozenset({variable}))
        elif required:
            return missing(call, variable, "ValueError")
        else:
            found = depending(found, frozenset({variable}))
    if kind == "SecretValue" and truth(found) is False:
        failing(call, "ValueError")
        return unknown(call, "call", kind, depends_of(found))
    return _as_path(call, found) if kind == "PathValue" else found


def _as_default(call: Call, kind: str, value: Object) -> Value:
    default = _default(value)
    none = isinstance(default, Const) and default.value is None
    if kind in _SEQUENCES:
        made = call.interpreter.call(
            Library(dotted=f"builtins.{_SEQUENCES[kind]}"), [] if none else [default], {}, call.node, call.frame
        )
        return _through(call, value, made)
    if kind == "DictValue":
        table = Library(dotted="builtins.dict")
        found = Map() if none else call.interpreter.call(table, [default], {}, call.node, call.frame)
        return depending(found, depends_of(default))
    if kind in _URLS or kind == "EmailURLValue":
        return Map() if none else _converted(call, kind, value, default)
    return default


def _through(call: Call, value: Object, made: Value) -> Value:
    converter = value.state.get("converter")
    if converter is None or not isinstance(made, Seq):
        return made
    items = call.interpreter.items(made)
    if items is None or (items and text(value.state["kind"]) in _NESTED):
        return unknown(call, "call", "a converter", depends_of(made))
    found = [call.interpreter.call(converter, [item], {}, call.node, call.frame) for item in items]
    return Seq(made.kind, found, depends=depends_of(made))


def _truth(raw: object) -> bool:
    word = str(raw).strip().lower()
    if word not in _TRUE | _FALSE:
        raise Failed("ValueError")
    return word in _TRUE


def _number(raw: object) -> int:
    found = int(raw)  # type: ignore[call-overload]
    if found < 0:
        raise Failed("ValueError")
    return int(found)


def _table(raw: object) -> object:
    if not raw:
        return {}
    if not isinstance(raw, str) or len(raw) > 10_000:
        raise NotKnown(Unknown("budget", "a long literal"))
    found = ast.literal_eval(raw)
    if not isinstance(found, dict):
        raise Failed("ValueError")
    return found


_CASTS: dict[str, Callable[..., object]] = {
    "BooleanValue": _truth, "IntegerValue": int, "PositiveIntegerValue": _number, "FloatValue": float,
    "DictValue": _table,
}  # fmt: skip


def _converted(call: Call, kind: str, value: Object, raw: Value) -> Value:
    """What a text of the environment becomes."""
    if kind in _TEXTS:
        return raw
    if kind in _CASTS:
        return computed(call, _CASTS[kind], raw)
    if kind in _SEQUENCES:
        whole, separator = text(raw), text(value.state.get("separator", Const(",")))
        outer = text(value.state.get("seq_separator", Const(";")))
        if whole is None or not separator or not outer:
            return raw if isinstance(raw, Unknown) else unknown(call, "call", kind, depends_of(raw))
        converter, depends = value.state.get("converter"), depends_of(raw)

        def one(words: str) -> Value:
            found = each(call, converter, _items(words, separator), depends)
            return Seq(_SEQUENCES[kind], found, depends=depends)  # type: ignore[arg-type]

        if kind in _NESTED:
            return Seq(_NESTED[kind], [one(words) for words in _items(whole, outer)], depends=depends)  # type: ignore[arg-type]
        return one(whole)
    if kind == "EmailURLValue":
        return computed(call, dj_urls.email, raw)
    if kind in _URLS:
        alias = value.state.get("alias", Const("default"))
        options = {key: item for key, item in value.state.items() if key in dj_urls._PARAMETERS}
        inner = (
            dj_urls.parsed(call, raw, options)
            if kind == "DatabaseURLValue"
            else unknown(call, "call", kind, depends_of(raw))
        )
        named = text(alias)
        return Map({named: inner}) if named is not None else unknown(call, "call", kind, depends_of(raw))
    return unknown(call, "call", kind, depends_of(raw))


def _items(whole: str, separator: str) -> list[str]:
    return [word for item in whole.strip().split(separator) if (word := item.strip())]


def _as_path(call: Call, found: Value) -> Value:
    if places.path_of(found) is not None:
        return places._same(call._replace(arguments=[found], keywords={})) or found
    whole = text(found)
    if whole is None or not whole.startswith("/"):
        return places.location(call, depends_of(found))
    return computed(call, posixpath.normpath, found)


# The class


def configured(interpreter: Run, path: str, name: str) -> Names | None:
    """The settings of a class of this module after it was set up; None when there is no such class.

    Names that neither the class nor the module sets are not in it: they are what Django's default is.
    """
    module = interpreter.module(path)
    held = module.namespace.get(name)
    if held is None or not isinstance(held.value, Class) or not is_configuration(held.value):
        return None
    cls = held.value
    node = ast.Pass(lineno=cls.line, col_offset=0)
    call = Call(interpreter, cls.name, [], {}, node, Frame(module.namespace, module))
    ready = Class(cls.name, cls.path, cls.line, (), (), Names(_flat(cls), _rest(cls, call)))
    ready.order, ready.line_up = (ready, *cls.order), (ready, *cls.line_up)
    _variables(call, ready)
    _hook(call, ready, "pre_setup", lambda: None)
    _hook(call, ready, "setup", lambda: _set_up_all(call, ready))
    made = Names({key: item for key, item in module.namespace.names.items() if _upper(key) and key not in ALWAYS})
    made.rest = ready.attributes.rest or module.namespace.rest
    instance = Instance(ready)
    for key in sorted(ready.attributes.names):
        binding = ready.attributes.names[key]
        if not _upper(key) or binding.value is _DEFAULT:
            continue
        try:
            found = _result(call, key, binding, ready, instance)
        except (Raised, OutOfBudget) as error:
            reason = "budget" if isinstance(error, OutOfBudget) else "call"
            found = Unknown(reason, f"{key} of {cls.name}", binding.path, binding.line)
        made.names[key] = binding._replace(value=found)
        if isinstance(found, Map) and _is_mail(binding.value):
            for inner, item in found.items.items():
                made.names[str(inner)] = binding._replace(value=item)
    _hook(call, ready, "post_setup", lambda: None)
    return made


_DEFAULT = Unknown("call", "the default of the framework's version")


def _upper(name: str) -> bool:
    return name == name.upper() and not name.startswith("_")


def is_configuration(cls: Class) -> bool:
    return any(set(one.outside) & _BASE for one in cls.order)


def _flat(cls: Class, depth: int = 0) -> dict[str, Binding]:
    """All upper-case names of a class as the library gathers them: of its parents, the last first, then its own."""
    found: dict[str, Binding] = {}
    ours = is_configuration(cls)
    if not ours or depth > 30:
        for one in reversed(cls.order):
            found = _hidden(one, found)
            found.update({name: item for name, item in one.attributes.names.items() if _upper(name)})
        return found
    parents = [base for base in cls.bases if isinstance(base, Class)]
    for parent in reversed(parents):
        inherited = _flat(parent, depth + 1)
        if is_configuration(parent):
            # It has Django's defaults for all that it does not set.
            for name in found.keys() & (ALWAYS | SOMETIMES) - inherited.keys():
                if name in ALWAYS:
                    found[name] = found[name]._replace(value=_DEFAULT)
                else:
                    found[name] = found[name]._replace(value=Unknown("branch", f"{name} in some versions of Django"))
        found.update(inherited)
    found = _hidden(cls, found)
    found.update(cls.attributes.names)
    return found


def _hidden(cls: Class, found: dict[str, Binding]) -> dict[str, Binding]:
    """What a class inherits, when a parent that is not in the repository may set it too."""
    if not set(cls.outside) - _BASE:
        return found
    why = Unknown("import", f"{cls.name} has parents that are not in the repository", cls.path, cls.line)
    return {name: item._replace(value=why) for name, item in found.items()}


def _rest(cls: Class, call: Call) -> Unknown | None:
    """What a name may be worth that no class here sets."""
    for one in cls.order:
        if one.attributes.rest is not None:
            return one.attributes.rest
        if set(one.outside) - _BASE:
            return unknown(call, "import", f"{one.name} has parents that are not in the repository")
    return None


def _hook(call: Call, cls: Class, name: str, library: Callable[[], None]) -> None:
    """pre_setup, setup and post_setup: what the library does, then those of the program from the first class on, as
    long as each begins with `super()`."""
    mine = cls.order[1:]
    # After the last class that derives from the library's comes the library's own, and what that does not call.
    last = max(number for number, one in enumerate(mine) if is_configuration(one))
    found = [one.attributes.names[name].value for one in mine[: last + 1] if name in one.attributes.names]
    chain: list[Function] = []
    for held in found:
        first = _begins_with_super(held, name) if isinstance(held, Function) else None
        if first is None or not isinstance(held, Function):
            cls.attributes.taint(unknown(call, "call", f"{name} of {cls.name}"))
            return
        chain.append(held)
        if not first:
            break
    else:
        library()
    for held in reversed(chain):
        bound = bound_to(call.interpreter, held, None, cls, call.node, call.frame)
        try:
            call.interpreter.call(bound, [], {}, call.node, call.frame)
        except (Raised, OutOfBudget):
            cls.attributes.taint(unknown(call, "budget", f"{name} of {cls.name}"))


def _begins_with_super(held: Function, name: str) -> bool | None:
    """Whether a method starts with `super().name()`; None where it calls that elsewhere."""
    if not isinstance(held.node, ast.FunctionDef):
        return None
    body = held.node.body
    documented = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    first, *rest = body[1:] if documented and len(body) > 1 else body
    begins = False
    match first:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr=attr))):
            begins = attr == name
    others = rest if begins else body
    if any(isinstance(part, ast.Name) and part.id == "super" for one in others for part in ast.walk(one)):
        return None
    return begins


def _variables(call: Call, cls: Class) -> None:
    """The file that the attribute DOTENV names."""
    held = next((one.attributes.names["DOTENV"] for one in cls.order if "DOTENV" in one.attributes.names), None)
    if held is None or truth(held.value) is False:
        return
    hook = next((one.attributes.names["pre_setup"] for one in cls.order if "pre_setup" in one.attributes.names), None)
    node = hook.value.node if hook is not None and isinstance(hook.value, Function) else None
    if hook is None or any(isinstance(part, ast.Name) and part.id == "super" for part in ast.walk(node or ast.Pass())):  # type: ignore[arg-type]
        _dotenv.load(call, held.value, lines, False)


def _set_up_all(call: Call, cls: Class) -> None:
    for name in sorted(cls.attributes.names):
        binding = cls.attributes.names[name]
        if not _upper(name) or not isinstance(binding.value, Object) or binding.value.kind != _KIND:
            continue
        with call.interpreter.standing((binding.path, binding.line)):
            found = set_up(_at(call, binding), binding.value, name)
        cls.attributes.names[name] = binding._replace(value=found)
        if _is_mail(binding.value):
            _spread(cls, binding, found)


def _at(call: Call, binding: Binding) -> Call:
    return call._replace(node=ast.Pass(lineno=binding.line, col_offset=0))


def _is_mail(value: Value) -> bool:
    return isinstance(value, Object) and value.kind == _KIND and text(value.state["kind"]) == "EmailURLValue"


def _spread(cls: Class, binding: Binding, found: Value) -> None:
    """A value of several settings: each is set."""
    if isinstance(found, Map) and found.exact:
        for name, item in found.items.items():
            cls.attributes.names[str(name)] = binding._replace(value=depending(item, found.depends))
    else:
        for name in ALWAYS:
            if name.startswith("EMAIL_"):
                cls.attributes.names[name] = binding._replace(value=Unknown("call", "an address of mail"))


def _result(call: Call, name: str, binding: Binding, cls: Class, instance: Instance) -> Value:
    """An attribute of the object: properties and methods are called."""
    value = binding.value
    at = _at(call, binding)
    if isinstance(value, Function):
        bound = bound_to(call.interpreter, value, instance, cls, at.node, call.frame)
        if value.how != "property":
            bound = call.interpreter.call(bound, [], {}, at.node, call.frame)
        if isinstance(bound, Object) and bound.kind == _KIND and value.how != "property":
            return set_up(at, bound, name)
        return bound
    if isinstance(value, Class | Library) or (isinstance(value, Object) and value.kind == "partial"):
        return unknown(at, "call", "what can be called is called")
    return value


def _as_text(call: Call) -> Value | None:
    """str(value): of its default, as long as it is not set up."""
    only = call.arguments[0]
    held = _default(only) if isinstance(only, Object) else None
    return computed(call, str, held) if held is not None and flag(only.state.get("environ"), True) is False else None  # type: ignore[attr-defined]


def _names(prefix: str) -> dict[str, Callable[[Call], Value | None]]:
    return {f"{prefix}.{kind}": _value for kind in _KINDS}


CALLS = _names("configurations.values")
TEXTS = {_KIND: _as_text}
