"""secure.py: `Secure` with its builders of headers, and what it does to a response.

Source: secure 2.0 (`Secure`, `Preset`, `headers`); versions before 1 had another interface, and are not followed.
"""

from hardencheck.collect.interpret.modelling import Call, Model
from hardencheck.collect.interpret.models.applications import bind, made, number_of, record, text_of
from hardencheck.collect.interpret.models.responses import fields, put, unknown
from hardencheck.collect.interpret.values import Const, Library, Map, Object, Seq, Unknown, Value

KIND, BUILDER = "secure.Secure", "secure.builder"
_SCRIPT = (
    "default-src 'self'; base-uri 'self'; font-src 'self' https: data:; form-action 'self'; frame-ancestors 'self'; "
    "img-src 'self' data:; object-src 'none'; script-src 'self'; script-src-attr 'none'; "
    "style-src 'self' https: 'unsafe-inline'; upgrade-insecure-requests"
)
_OFF = "geolocation=(), microphone=(), camera=()"
_SAME = {"cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin"}
_YEAR = "max-age=31536000; includeSubDomains"
PRESETS: dict[str, dict[str, str]] = {
    "BASIC": {
        **_SAME, "content-security-policy": _SCRIPT, "strict-transport-security": _YEAR,
        "referrer-policy": "no-referrer", "x-permitted-cross-domain-policies": "none", "x-dns-prefetch-control": "off",
        "x-content-type-options": "nosniff", "x-frame-options": "SAMEORIGIN", "origin-agent-cluster": "?1",
        "x-download-options": "noopen", "x-xss-protection": "0",
    },
    "BALANCED": {
        **_SAME, "content-security-policy": _SCRIPT, "strict-transport-security": _YEAR, "permissions-policy": _OFF,
        "referrer-policy": "strict-origin-when-cross-origin", "server": "", "x-content-type-options": "nosniff",
        "x-frame-options": "SAMEORIGIN",
    },
    "STRICT": {
        "cache-control": "no-store, max-age=0", "cross-origin-embedder-policy": "require-corp",
        "cross-origin-opener-policy": "same-origin",
        "content-security-policy": "default-src 'self'; script-src 'self'; style-src 'self'; object-src 'none'; "
        "base-uri 'none'; frame-ancestors 'none'",
        "strict-transport-security": "max-age=63072000; includeSubDomains", "permissions-policy": _OFF,
        "referrer-policy": "no-referrer", "server": "", "x-content-type-options": "nosniff", "x-frame-options": "DENY",
    },
}  # fmt: skip
# class -> (argument of Secure, header, the value without a word)
_BUILDERS = {
    "CacheControl": ("cache", "cache-control", "no-store, max-age=0"),
    "CrossOriginEmbedderPolicy": ("coep", "cross-origin-embedder-policy", "require-corp"),
    "CrossOriginOpenerPolicy": ("coop", "cross-origin-opener-policy", "same-origin"),
    "CrossOriginResourcePolicy": ("corp", "cross-origin-resource-policy", "same-origin"),
    "ContentSecurityPolicy": (
        "csp", "content-security-policy",
        "default-src 'self'; script-src 'self'; style-src 'self'; object-src 'none'; base-uri 'self'; "
        "frame-ancestors 'self'; form-action 'self'",
    ),
    "StrictTransportSecurity": ("hsts", "strict-transport-security", "max-age=31536000"),
    "PermissionsPolicy": ("permissions", "permissions-policy", _OFF),
    "ReferrerPolicy": ("referrer", "referrer-policy", "strict-origin-when-cross-origin"),
    "XPermittedCrossDomainPolicies": ("xpcdp", "x-permitted-cross-domain-policies", "none"),
    "XDnsPrefetchControl": ("xdfc", "x-dns-prefetch-control", "off"),
    "Server": ("server", "server", ""),
    "XContentTypeOptions": ("xcto", "x-content-type-options", "nosniff"),
    "XFrameOptions": ("xfo", "x-frame-options", "SAMEORIGIN"),
}  # fmt: skip
_ORDER = tuple(argument for argument, *_ in _BUILDERS.values())
_SAME_OBJECT = frozenset({"allowlist_headers", "deduplicate_headers", "validate_and_normalize_headers"})


def _secure(call: Call, values: dict[object, Value]) -> Value:
    found = made(call, KIND, "Secure", {})
    found.state["headers"] = Map(values)
    return record(call, found)


def _old(call: Call) -> bool:
    """Whether the repository asks for a version with the interface of before 1.0."""
    versions = call.interpreter.source.versions
    return versions is not None and versions("secure")[1] < (1,)


def _preset(call: Call) -> Value | None:
    if _old(call):
        return None
    given = call.arguments[0] if call.arguments else call.keywords.get("preset")
    name = "BALANCED" if call.name.endswith("with_default_headers") else ""
    if isinstance(given, Library):
        name = given.dotted.rpartition(".")[2]
    if name not in PRESETS:
        return None
    return _secure(call, {key: Const(text) for key, text in PRESETS[name].items()})


def _built(call: Call) -> Value | None:
    if _old(call):
        return None
    values: dict[object, Value] = {}
    for name in _ORDER:
        given = call.keywords.get(name)
        if given is None or (isinstance(given, Const) and given.value is None):
            continue
        if not isinstance(given, Object) or given.kind != BUILDER:
            values[_header(name)] = unknown(call, f"{name} of Secure")
            continue
        values[text_of(given.state["header"])] = _text(call, given)
    custom = call.keywords.get("custom")
    for one in call.interpreter.items(custom) or [] if custom is not None else []:
        if isinstance(one, Object) and one.kind == BUILDER:
            values[text_of(one.state["header"])] = _text(call, one)
    return _secure(call, values)


def _header(argument: str) -> str:
    return next(header for name, header, _ in _BUILDERS.values() if name == argument)


def _text(call: Call, builder: Object) -> Value:
    """The value of a header as its builder has it now."""
    parts = builder.state["parts"]
    assert isinstance(parts, Seq)
    if not parts.exact:
        return unknown(call, "a header that is built under a condition")
    words = [text_of(one) for one in parts.items]
    if any(isinstance(one, Unknown) for one in parts.items):
        return next(one for one in parts.items if isinstance(one, Unknown))
    if not words:
        return builder.state["usual"]
    header = text_of(builder.state["header"]).removesuffix("-report-only")
    if header == "strict-transport-security":
        age = next((word for word in reversed(words) if word.startswith("max-age=")), "max-age=31536000")
        more = {word for word in words if not word.startswith("max-age=")}
        if "preload" in more:
            more.add("includeSubDomains")
        return Const("; ".join([age, *(word for word in ("includeSubDomains", "preload") if word in more)]))
    if header == "content-security-policy":
        return Const("; ".join(words))
    if header in {"referrer-policy", "permissions-policy", "cache-control"}:
        return Const(", ".join(words))
    return Const(words[-1])


def _builder(name: str) -> Model:
    _, header, usual = _BUILDERS[name]

    def build(call: Call) -> Value:
        state: dict[str, Value] = {"header": Const(header), "usual": Const(usual), "parts": Seq("list")}
        return Object(kind=BUILDER, state=state)

    return build


def _custom(call: Call) -> Value | None:
    given = dict(zip(("header", "value"), call.arguments, strict=False)) | call.keywords
    name = text_of(given.get("header")).lower()
    if not name or "value" not in given:
        return None
    return Object(kind=BUILDER, state={"header": Const(name), "usual": given["value"], "parts": Seq("list")})


def _word(call: Call, builder: Object) -> Value:
    """What one method adds, as it stands in the header."""
    header, name = text_of(builder.state["header"]).removesuffix("-report-only"), call.name.replace("_", "-")
    texts = [one.value if isinstance(one, Const) else None for one in call.arguments]
    if None in texts:
        return next(one for one in call.arguments if not isinstance(one, Const)) or unknown(call, call.name)
    words = [str(text) for text in texts]
    if header == "strict-transport-security":
        known = {"max-age": f"max-age={words[0]}" if words else "", "include-subdomains": "includeSubDomains"}
        return Const(known.get(name, name))
    if header == "content-security-policy":
        name, words = (words[0], words[1:]) if name in {"custom", "custom-directive"} else (name, words)
        return Const(" ".join((name, *words)))
    if header == "permissions-policy":
        allowed = [word.strip("'") if word.strip("'") in {"self", "src", "*"} else f'"{word}"' for word in words]
        return Const(f"{name}=*" if allowed == ["*"] else f"{name}=({' '.join(allowed)})")
    if header == "cache-control" and words:
        return Const(f"{name}={words[0]}")
    return Const(name.upper() if header == "x-frame-options" else name)


def _build(call: Call) -> Value | None:
    builder = call.owner
    if not isinstance(builder, Object):
        return None
    parts = builder.state["parts"]
    assert isinstance(parts, Seq)
    if call.name in {"report_only", "enforce"}:
        header = text_of(builder.state["header"]).removesuffix("-report-only")
        builder.state["header"] = Const(f"{header}-report-only" if call.name == "report_only" else header)
        return builder
    call.interpreter.touch(parts)
    if call.name in {"set", "value", "clear"}:
        parts.items.clear()
        if call.name != "clear":
            builder.state["usual"] = call.arguments[0] if call.arguments else unknown(call, call.name)
        return builder
    parts.items.append(_word(call, builder))
    return builder


def _method(call: Call) -> Value | None:
    secure = call.owner
    if not isinstance(secure, Object):
        return None
    if call.name in _SAME_OBJECT:
        return secure
    if call.name in {"set_headers", "set_headers_async"} and call.arguments:
        if call.interpreter.awaits is call.node:
            call.interpreter.awaits = None
        lay_on(call, secure, call.arguments[0])
        return Const(None)
    return unknown(call, f"{call.name} of Secure")


def lay_on(call: Call, secure: Object, response: Value) -> None:
    """Its headers over those of a response; where they come from is where it was built."""
    names, table = fields(response), secure.state["headers"]
    secure.state["used"] = Const(True)
    if names is None or not isinstance(table, Map):
        return
    path, line = text_of(secure.state["path"]), number_of(secure.state["line"])
    for name, value in table.items.items():
        put(call, names, Const(str(name)), value)
        bind(call, names, str(name), value, line, path)


def _attribute(call: Call) -> Value | None:
    secure = call.owner
    if isinstance(secure, Object) and call.name == "headers":
        secure.state["used"] = Const(True)
        return secure.state["headers"]
    return None


_MODULES = ("secure", "secure.headers", "secure.secure")
CALLS: dict[str, Model] = {
    **{f"{module}.{name}": _builder(name) for module in _MODULES for name in _BUILDERS},
    **{f"{module}.CustomHeader": _custom for module in _MODULES},
    **{f"{module}.Secure": _built for module in _MODULES},
    **{f"{module}.Secure.with_default_headers": _preset for module in _MODULES},
    **{f"{module}.Secure.from_preset": _preset for module in _MODULES},
}
METHODS: dict[str, Model] = {KIND: _method, BUILDER: _build}
ATTRIBUTES: dict[str, Model] = {KIND: _attribute}
SPOILS: dict[str, Model] = {KIND: lambda call: None, BUILDER: lambda call: None}
