"""The observed side of one audit: probes ask, observers state facts."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from hardencheck.collect.contract import Found, Observer, Unreadable
from hardencheck.collect.exchange import Exchange
from hardencheck.collect.registry import collectors
from hardencheck.model.checklist import Note
from hardencheck.model.facts import Fact
from hardencheck.model.gap import Gap, Reason, Run
from hardencheck.model.target import Target

if TYPE_CHECKING:
    from hardencheck.collect.run import Options


class Observed(NamedTuple):
    """name: for a target without repository. exchanges: how many were judged."""

    facts: tuple[Fact, ...]
    gaps: tuple[Gap, ...]
    runs: tuple[Run, ...]
    notes: tuple[Note, ...]
    urls: tuple[str, ...]
    name: str
    exchanges: int


def state(observers: Sequence[Observer], exchanges: tuple[Exchange, ...]) -> list[Found]:
    """What all observers say; one that breaks is a Gap."""
    found: list[Found] = []
    for observer in observers:
        try:
            found.extend(observer.observe(exchanges))
        except Unreadable as error:
            found.append(observer.gap(error.reason, error.detail))
        except Exception as error:
            found.append(observer.gap(Reason.CRASHED, f"{observer.name} broke: {type(error).__name__}"))
    return found


def observe(target: Target, options: "Options") -> Observed:
    """Exchanges from the URLs or the saved file of a target, and what observers say of them."""
    known = collectors(options.plugins)
    raise NotImplementedError(known)
