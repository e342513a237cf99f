"""Headers that keep a page apart from others: what may open, embed, load or share it, and which features it gives."""

from collections.abc import Callable, Iterator, Set

from hardencheck.collect.contract import Found
from hardencheck.collect.exchange import printable
from hardencheck.collect.live._answer import Answer, shown
from hardencheck.collect.live._structured import (
    Invalid,
    Token,
    structured_dictionary,
    structured_item,
    structured_token,
)
from hardencheck.model.facts import http as seen

# What a source expression of a permissions policy says of every site (Permissions Policy, section 5).
_EVERYBODY = frozenset({"https:", "http:", "https://*", "http://*", "*:*", "https://*:*"})


def _permissions(answer: Answer) -> Iterator[Found]:
    if not answer.html:
        return
    fields = answer.exchange.all("permissions-policy")
    fault = ""
    features: dict[str, object] = {}
    if fields:
        try:
            features = structured_dictionary(fields)
        except Invalid as error:
            fault = printable(str(error), 120)
        if not features and not fault:
            fault = "it is empty"
    yield seen.PermissionsPolicy(
        **answer.common,
        present=bool(fields),
        valid=bool(features),
        open=tuple(
            printable(name, 60)
            for name, allowed in features.items()
            if any(map(_everybody, allowed if isinstance(allowed, list) else [allowed]))
        )[:20],
        fault=fault,
    )


def _coop(answer: Answer) -> Iterator[Found]:
    if answer.html:
        known = {"same-origin", "same-origin-allow-popups", "noopener-allow-popups"}
        policy, value = _policy(answer, "cross-origin-opener-policy", known)
        yield seen.Coop(**answer.common, policy=policy, value=value)


def _policy(answer: Answer, name: str, known: Set[str]) -> tuple[str, str | None]:
    """(the token in effect, "unsafe-none" where there is none that is known; the field as it is shown)."""
    fields = answer.exchange.all(name)
    try:
        policy = structured_token(fields) if fields else "unsafe-none"
    except Invalid:
        policy = "unsafe-none"
    return policy if policy in known else "unsafe-none", shown(fields)


def _everybody(member: object) -> bool:
    """The token *, not the string "*", which is no origin; or a source that any site matches."""
    return member == "*" if isinstance(member, Token) else isinstance(member, str) and member.lower() in _EVERYBODY


def _coep(answer: Answer) -> Iterator[Found]:
    if answer.html:
        policy, value = _policy(answer, "cross-origin-embedder-policy", {"require-corp", "credentialless"})
        yield seen.Coep(**answer.common, policy=policy, value=value)


def _agent_cluster(answer: Answer) -> Iterator[Found]:
    fields = answer.exchange.all("origin-agent-cluster")
    if not answer.html or not fields:
        return
    try:
        on = structured_item(fields) is True
    except Invalid:
        on = False
    yield seen.OriginAgentCluster(**answer.common, on=on, value=shown(fields) or "")


def _corp(answer: Answer) -> Iterator[Found]:
    if answer.common["content"] in {"redirect", "empty"}:
        return
    fields = answer.exchange.all("cross-origin-resource-policy")
    # The Fetch standard compares the whole value, case included; anything else is as if absent.
    value = ", ".join(fields)
    policy = value if value in {"same-origin", "same-site", "cross-origin"} else None
    yield seen.Corp(**answer.common, policy=policy, value=shown(fields))


ISOLATION: tuple[Callable[[Answer], Iterator[Found]], ...] = (_permissions, _coop, _coep, _corp, _agent_cluster)
