"""Cookies that code sets with attributes which a setting decides on: `set_cookie(..., secure=COOKIE_SECURE)`."""

import ast
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.interpret.exceptions import Raised
from hardencheck.collect.interpret.frames import Frame, OutOfBudget
from hardencheck.collect.interpret.values import truth
from hardencheck.collect.resolve._built import built
from hardencheck.collect.resolve._django import projects, setting
from hardencheck.lazily import compiled
from hardencheck.model.facts import Scalar
from hardencheck.model.facts.headers import CookieCall, SetCookie
from hardencheck.model.gap import FactSet, Gap, Reason

# What a setting for the session cookie is worth has a line of its own.
_JUDGED = ("SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "CSRF_COOKIE_SECURE", "CSRF_COOKIE_HTTPONLY")
_SETTING = compiled(r"(not )?settings\.([A-Z][A-Z0-9_]*)")


class CookiesInCode(Resolver):
    """The attributes as production has them."""

    name = "cookies.in-code"
    emits = (SetCookie,)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        for fact in facts.of("cookie.call"):
            if isinstance(fact, CookieCall):
                yield from self._cookie(fact, facts, tree)

    def _cookie(self, fact: CookieCall, facts: FactSet, tree: Tree) -> Iterator[Found]:
        secure = self._worth(fact.secure, fact, facts, tree)
        http_only = self._worth(fact.http_only, fact, facts, tree)
        yield SetCookie(
            location=fact.location, name=fact.name, scope=fact.scope, secure=secure, http_only=http_only
        )  # fmt: skip
        for flag, known, given in (("secure", secure, fact.secure), ("httponly", http_only, fact.http_only)):
            if known is None and not str(given).endswith(_JUDGED):
                what = str(given).removeprefix("…")
                text = f"{flag} of the cookie {fact.name} " + (f"is {what}" if what else "may be in **")
                about: dict[str, Scalar] = {"name": fact.name, "scope": fact.scope}
                # What is known of the other one stands.
                about |= {"secure": secure} if flag == "httponly" and secure is not None else {}
                about |= {"http_only": http_only} if flag == "secure" and http_only is not None else {}
                yield Gap(
                    kinds=self.kinds(), collector=self.name, reason=Reason.NOT_LITERAL, detail=text,
                    location=fact.location, about=about,
                )  # fmt: skip

    def _worth(self, given: bool | str, fact: CookieCall, facts: FactSet, tree: Tree) -> bool | None:
        if isinstance(given, bool):
            return given
        if not given or given.startswith("…"):
            return None
        if (named := _SETTING.fullmatch(given)) is not None:
            found, _ = projects(facts, tree)
            if found:
                worth = setting(found[0], named[2])
                return bool(worth.value) is not bool(named[1]) if len(found) == 1 and worth.known else None
        seen, path = built(facts, tree), fact.location.path or ""
        if seen.interpreter is None or path not in seen.files:
            return None
        try:
            module = seen.interpreter.module(path)
            value = seen.interpreter.value(ast.parse(given, mode="eval").body, Frame(module.namespace, module))
        except (Raised, OutOfBudget, SyntaxError, RecursionError, MemoryError):
            return None
        return truth(value)
