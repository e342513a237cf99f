"""What one setting is worth where a rule judges it: the value, all the values that it may have, or why not."""

from typing import NamedTuple

from hardencheck.collect.interpret.values import Depends
from hardencheck.collect.resolve._follow import Bound
from hardencheck.collect.resolve._modules import value_of
from hardencheck.model.facts import Value
from hardencheck.model.facts.settings import Source
from hardencheck.model.gap import Reason
from hardencheck.model.location import Location


class Setting(NamedTuple):
    """known: value, source and place hold; else reason and text say why not. depends: variables that may change it.
    others: further values that it may have as well."""

    known: bool
    value: Value
    source: Source
    location: Location
    reason: Reason = Reason.NOT_LITERAL
    text: str = ""
    depends: Depends = frozenset()
    others: tuple[Value, ...] = ()


def worth(bound: Bound, known: bool = False, default: Value = None) -> Setting:
    """What a setting that is assigned is worth. known, default: what holds where it turns out not to be set."""
    if bound.options:
        unset_too = any(one.what == "unset" for one in bound.options)
        values = [default if one.what == "unset" else value_of(one) for one in bound.options]
        whole = all(one.what in {"scalar", "unset"} or (one.what == "list" and one.complete) for one in bound.options)
        if whole and (known or not unset_too):
            first, *others = values
            return Setting(True, first, "literal", bound.location, depends=bound.depends, others=tuple(others))
    if settled(bound):
        return Setting(True, value_of(bound.expression), "literal", bound.location, depends=bound.depends)
    return Setting(False, None, "literal", bound.location, bound.reason, why_unknown(bound))


def settled(bound: Bound) -> bool:
    """Whether all of it is known."""
    expression = bound.expression
    if expression.what == "list":
        return expression.complete and not bound.maybe
    return expression.what in {"scalar", "environment-text"}


def why_unknown(bound: Bound) -> str:
    """Reads after "NAME is "."""
    text = bound.expression.text or "computed"
    if bound.binding is not None:
        return text if text.startswith("one of ") else f"not known: {text}"
    return f"{text}: not a literal" if bound.reason is Reason.NOT_LITERAL else f"not followed: {text}"
