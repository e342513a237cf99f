"""What Flask-Talisman sends, from the arguments it is given. Source: flask_talisman 0.7 to 1.1, `Talisman.init_app`."""

from collections.abc import Mapping

from hardencheck.collect.interpret.models.applications import held
from hardencheck.collect.interpret.values import Const, Map, Namespace, Object, Seq, Unknown, Value, truth
from hardencheck.collect.resolve._routes import Doubt
from hardencheck.collect.resolve._sent import Field, Seen, Sent
from hardencheck.collect.resolve._versions import NEWEST, Since, Version, default, lowest
from hardencheck.model.gap import FactSet, Reason
from hardencheck.model.location import Location

_HSTS_AGE = 31556926
POLICY = "default-src 'self'; object-src 'none'"
# What it sends as Permissions-Policy when nothing is said; before 0.8 it knew no such header.
_PERMISSIONS: Since = (((0,), None), ((0, 8), "interest-cohort=()"), ((1,), None), ((1, 1), "browsing-topics=()"))
# header -> the argument that switches it off.
OPTIONS = {
    "x-frame-options": "frame_options", "content-security-policy": "content_security_policy",
    "strict-transport-security": "strict_transport_security", "x-content-type-options": "x_content_type_options",
    "referrer-policy": "referrer_policy", "permissions-policy": "permissions_policy",
}  # fmt: skip
_XSS: Since = (((0,), True), ((1,), False))


def version_of(facts: FactSet) -> Version:
    return lowest(facts, "flask-talisman") or NEWEST


def talisman(part: Object, where: Location, sent: Sent, seen: Seen, facts: FactSet, layer: str) -> Sent:
    """The response after Talisman; each of its headers replaces what was there."""
    return _Talisman(held(part), where, layer, version_of(facts)).on(sent, seen)


class _Talisman:
    def __init__(self, names: Namespace, where: Location, layer: str, version: Version) -> None:
        self._names, self._where, self._layer, self._version = names, where, layer, version

    def on(self, sent: Sent, seen: Seen) -> Sent:
        sent = self._table(sent, "feature-policy", "feature_policy", None, "; ", " ")
        usual = default(_PERMISSIONS, self._version)[1]
        if self._version >= (0, 8):
            sent = self._table(sent, "permissions-policy", "permissions_policy", usual, ", ", "=")
        sent = self._table(sent, "document-policy", "document_policy", None, ", ", "=")
        sent = self._text(sent, "x-frame-options", "frame_options", "SAMEORIGIN")
        sent = self._switch(
            sent, "x-xss-protection", "x_xss_protection", default(_XSS, self._version)[1], "1; mode=block"
        )
        sent = self._switch(sent, "x-content-type-options", "x_content_type_options", True, "nosniff")
        sent = self._switch(sent, "x-download-options", "force_file_save", False, "noopen")
        sent = self._csp(sent)
        sent = self._hsts(sent, seen)
        return self._text(sent, "referrer-policy", "referrer_policy", "strict-origin-when-cross-origin", always=True)

    def _given(self, option: str, usual: object) -> tuple[Value, Location]:
        binding = self._names.names.get(option)
        if binding is not None:
            return binding.value, Location(path=binding.path, line=binding.line or self._where.line)
        if self._names.rest is not None:
            return self._names.rest, self._where
        return Const(usual), self._where  # type: ignore[arg-type]

    def _lost(self, sent: Sent, name: str, option: str, where: Location, value: Value, *, sure: bool = False) -> Sent:
        why = value.text if isinstance(value, Unknown) and value.text else "computed"
        doubt = Doubt(where, f"{option} is {why}: not a literal", Reason.NOT_LITERAL)
        field = Field(name, None, where, self._layer, doubt, perhaps=not sure)
        return sent.put(field)

    def _text(self, sent: Sent, name: str, option: str, usual: object, *, always: bool = False) -> Sent:
        value, where = self._given(option, usual)
        if not isinstance(value, Const):
            return self._lost(sent, name, option, where, value)
        if not value.value and not always:
            return sent
        return sent.put(Field(name, str(value.value), where, self._layer))

    def _switch(self, sent: Sent, name: str, option: str, usual: object, text: str) -> Sent:
        value, where = self._given(option, usual)
        on = truth(value)
        if on is None:
            return self._lost(sent, name, option, where, value)
        return sent.put(Field(name, text, where, self._layer)) if on else sent

    def _table(self, sent: Sent, name: str, option: str, usual: object, between: str, sign: str) -> Sent:
        value, where = self._given(option, usual)
        on = truth(value)
        if on is False:
            return sent
        text = _policy(value, between, sign)
        if text is None:
            return self._lost(sent, name, option, where, value, sure=on is True)
        return sent.put(Field(name, text, where, self._layer))

    def _csp(self, sent: Sent) -> Sent:
        option = "content_security_policy"
        value, where = self._given(option, POLICY)
        reports, _ = self._given("content_security_policy_report_only", False)
        uri, _ = self._given("content_security_policy_report_uri", None)
        name = "content-security-policy"
        if truth(value) is False:
            return sent
        if truth(reports) is None:
            return self._lost(sent, name, "content_security_policy_report_only", where, reports)
        name += "-report-only" if truth(reports) else ""
        text = _policy(value, "; ", " ")
        if text is None or not isinstance(uri, Const):
            return self._lost(sent, name, option, where, value, sure=truth(value) is True)
        if uri.value and "report-uri" not in text:
            text += f"; report-uri {uri.value!s}"
        nonces, _ = self._given("content_security_policy_nonce_in", None)
        if truth(nonces) is not False:
            doubt = Doubt(where, "it holds a nonce that is another one each time", Reason.NOT_LITERAL)
            return sent.put(Field(name, None, where, self._layer, doubt))
        return sent.put(Field(name, text, where, self._layer))

    def _hsts(self, sent: Sent, seen: Seen) -> Sent:
        name, option = "strict-transport-security", "strict_transport_security"
        on, where = self._given(option, True)
        values = {end: self._given(f"{option}_{end}", usual) for end, usual in _HSTS.items()}
        if truth(on) is False or (seen.secure is False and seen.forwarded != "https" and seen.forwarded is not None):
            return sent
        if truth(on) is None:
            return self._lost(sent, name, option, where, on)
        age, place = values["max_age"]
        if not isinstance(age, Const):
            return self._lost(sent, name, f"{option}_max_age", place, age, sure=True)
        text = f"max-age={age.value!s}"
        for end, word in (("include_subdomains", "includeSubDomains"), ("preload", "preload")):
            value, there = values[end]
            if truth(value) is None:
                return self._lost(sent, name, f"{option}_{end}", there, value, sure=True)
            text += f"; {word}" if truth(value) else ""
            place = there if end == "include_subdomains" and truth(value) is False else place
        return sent.put(Field(name, text, place, self._layer))


_HSTS: Mapping[str, object] = {"max_age": _HSTS_AGE, "include_subdomains": True, "preload": False}


def _policy(value: Value, between: str, sign: str) -> str | None:
    """A table of directives as Talisman writes it; a text is parted and put together again."""
    if isinstance(value, Const) and isinstance(value.value, str):
        if sign == "=":
            return value.value
        parts: dict[str, str] = {}
        for part in value.value.split(";"):
            name, _, rest = part.strip().partition(" ")
            parts[name] = rest
        return between.join(f"{name} {rest}" for name, rest in parts.items())
    if not isinstance(value, Map) or not value.exact or value.maybe:
        return None
    found: list[str] = []
    for key, one in value.items.items():
        if isinstance(one, Seq) and one.exact and one.kind != "set":
            words = [item.value if isinstance(item, Const) else None for item in one.items]
            if None in words:
                return None
            text = " ".join(str(word) for word in words)
        elif isinstance(one, Const) and isinstance(one.value, str):
            text = one.value
        else:
            return None
        found.append(f"{key}{sign}{text}")
    return between.join(found)
