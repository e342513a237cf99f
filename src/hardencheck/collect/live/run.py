"""The observed side of one audit: probes ask, observers state facts."""

import time
from collections.abc import Coroutine, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec

from hardencheck.collect.contract import Endpoint, Found, Observer, Probe, Unreadable
from hardencheck.collect.exchange import Exchange, origin, place, printable
from hardencheck.collect.live._unique import unique
from hardencheck.collect.options import Options
from hardencheck.collect.registry import Collectors, collectors
from hardencheck.errors import UsageError
from hardencheck.model.checklist import ACTIVE, PROBED, TRUSTED, Note
from hardencheck.model.facts import Fact
from hardencheck.model.gap import Gap, Reason, Run
from hardencheck.model.location import Location
from hardencheck.model.target import Target

if TYPE_CHECKING:
    from hardencheck.collect.live._client import LiveClient

T = TypeVar("T")
# The order in which they ask; a plugin's probes come last, by name.
SAVED = "saved exchanges: nothing can be asked for"
_FIRST = (
    "http.page", "http.counterpart", "tls.handshakes", "exposure.probe",
    "uploads.declared", "uploads.sent", "uploads.held",
)  # fmt: skip


class Observed(NamedTuple):
    """name: for a target without repository. exchanges: how many were judged."""

    facts: tuple[Fact, ...]
    gaps: tuple[Gap, ...]
    runs: tuple[Run, ...]
    notes: tuple[Note, ...]
    urls: tuple[str, ...]
    name: str
    exchanges: int


class Asked(NamedTuple):
    """What was learnt before any observer looked: exchanges to judge, and what probes said themselves."""

    exchanges: list[Exchange]
    found: list[Found]
    runs: list[Run]
    notes: tuple[Note, ...] = ()


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


def observe(target: Target, options: Options) -> Observed:
    """Exchanges from the URLs or the saved file of a target, and what observers say of them.

    Raises UsageError for a URL that is none, ConfigError for a ca_file that cannot be read, TargetMissing and
    NothingExamined for a saved file; every trouble of the network is a Gap.
    """
    known = collectors(options.plugins)
    if target.har is not None:
        from hardencheck.collect.source.har import read_har

        saved = read_har(target.har, urls=target.urls)
        asked = Asked(list(saved.exchanges), [*saved.gaps, *_not_asked(known.probes, SAVED)], [saved.run], saved.notes)
        urls = tuple(dict.fromkeys(place(exchange.url) for exchange in saved.exchanges))[:50]
    else:
        urls = tuple(dict.fromkeys(target.urls))
        for url in urls:
            _check(url)
        asked = _run(_ask(urls, known, options))
        urls = tuple(map(place, urls))
    clock = time.monotonic()
    exchanges = tuple(asked.exchanges)
    found = unique([*asked.found, *state(known.observers, exchanges)])
    seconds = round(time.monotonic() - clock, 3)
    runs = [*asked.runs, Run(collector="http.observers", examined=len(exchanges), seconds=seconds)]
    return Observed(
        facts=tuple(item for item in found if not isinstance(item, Gap)),
        gaps=tuple(item for item in found if isinstance(item, Gap)),
        runs=_together(runs),
        notes=asked.notes,
        urls=urls,
        name=origin(urls[0]).host if urls else "(no URL)",
        exchanges=sum(not exchange.failed for exchange in exchanges),
    )


def _check(url: str) -> None:
    try:
        origin(url)
        if any(not char.isprintable() or char.isspace() for char in url):
            raise ValueError("a URL holds neither blanks nor control characters")
    except ValueError as error:
        shown = place(url)
        raise UsageError(f"--url {shown}: {error}", hint="for example https://staging.example/") from None


def _together(runs: Sequence[Run]) -> tuple[Run, ...]:
    """One run for each collector, over all URLs."""
    found: dict[str, Run] = {}
    for run in runs:
        known = found.get(run.collector)
        if known is not None:
            seconds = round(known.seconds + run.seconds, 3)
            run = msgspec.structs.replace(run, examined=known.examined + run.examined, seconds=seconds)
        found[run.collector] = run
    return tuple(found.values())


def _run(work: Coroutine[None, None, T]) -> T:
    """Run to the end, from plain code as from inside an event loop (then in a thread of its own)."""
    import asyncio  # not above: every scan imports this module, and most have no URL
    import threading

    try:
        asyncio.get_running_loop()
        inside = True
    except RuntimeError:
        inside = False
    if not inside:
        # Not in the except above: its error would become the context of every other, in place of the real cause.
        return asyncio.run(work)
    answer: list[T] = []
    trouble: list[BaseException] = []

    def run() -> None:
        try:
            answer.append(asyncio.run(work))
        except BaseException as error:
            trouble.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if trouble:
        raise trouble[0]
    return answer[0]


async def _ask(urls: Sequence[str], known: Collectors, options: Options) -> Asked:
    from hardencheck.collect.live._client import REQUESTS, SECONDS, LiveClient

    tier = "active" if options.active else "probe" if options.probe else "passive"
    client = LiveClient(ca_file=options.ca_file, requests=REQUESTS[tier], seconds=SECONDS[tier])
    return await ask(client, urls, known, options)


async def ask(client: "LiveClient", urls: Sequence[str], known: Collectors, options: Options) -> Asked:
    """Everything the probes that are allowed learn of the URLs with this client, which is closed in the end."""
    asked = Asked([], [], [])
    async with client:
        for number, url in enumerate(urls):
            options.progress(f"observing {place(url)}", number, len(urls))
            bare = client.begin(url, options.endpoints.get(url, Endpoint()))
            for probe in ordered(known.probes):
                if allowed(probe, options, url):
                    await _probe(probe, bare, client, asked)
        sent = Note(
            topic="requests", text=f"{client.sent} sent to {', '.join(dict.fromkeys(origin(u).host for u in urls))}"
        )
    skipped = [probe for probe in known.probes if not any(allowed(probe, options, url) for url in urls)]
    asked.found.extend(_not_asked(skipped, "not asked for: give --probe"))
    return asked._replace(notes=(sent, *_conditions(options)))


def _conditions(options: "Options") -> Iterator[Note]:
    """What a reader must know to ask the same question again, and to weigh a certificate that was accepted."""
    if options.probe or options.active:
        text = "paths that should not be there were asked for, and large bodies were declared and not sent (--probe)"
        yield Note(topic=PROBED, text=text)
    if options.active:
        text = f"bodies were sent and a connection was held (--active) to {', '.join(options.i_own)}"
        yield Note(topic=ACTIVE, text=text)
    if options.ca_file is not None:
        yield Note(topic=TRUSTED, text="certificates of the authorities in a given file were accepted too (--ca-file)")


def ordered(probes: Sequence[Probe]) -> list[Probe]:
    return sorted(probes, key=lambda probe: _FIRST.index(probe.name) if probe.name in _FIRST else len(_FIRST))


def allowed(probe: Probe, options: Options, url: str) -> bool:
    """Whether a probe may ask a URL; the active tier only hosts that the user named."""
    active = options.active and origin(url).host in options.i_own
    return {"passive": True, "probe": options.probe or options.active, "active": active}[probe.tier]


def _not_asked(probes: Sequence[Probe], why: str) -> list[Gap]:
    """What only a probe can tell, when it may not ask."""
    return [
        probe.gap(Reason.NEEDS_PROBE, why if probe.tier != "active" else why.replace("--probe", "--active"))
        for probe in probes
        if probe.tier != "passive" and probe.emits
    ]


async def _probe(probe: Probe, url: str, client: "LiveClient", asked: Asked) -> None:
    clock, before = time.monotonic(), client.sent
    here = Location(url=place(url))
    try:
        for item in await probe.probe(url, client):
            if isinstance(item, Exchange):
                asked.exchanges.append(item)
            else:
                asked.found.append(item)
    except Unreadable as error:
        asked.found.append(probe.gap(error.reason, error.detail, here))
    except (OSError, EOFError, TimeoutError) as error:
        asked.found.append(probe.gap(Reason.UNREACHABLE, f"{probe.name}: {printable(str(error), 120)}", here))
    except Exception as error:
        asked.found.append(probe.gap(Reason.CRASHED, f"{probe.name} broke: {type(error).__name__}", here))
    seconds = round(time.monotonic() - clock, 3)
    asked.runs.append(Run(collector=probe.name, examined=client.sent - before, seconds=seconds))
