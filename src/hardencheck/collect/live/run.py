"""The observed side of one audit: probes ask, observers state facts."""

import time
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from urllib.parse import urlsplit

import msgspec

from hardencheck.collect.contract import Endpoint, Found, Observer, Probe, Unreadable
from hardencheck.collect.exchange import Exchange, origin, place, printable
from hardencheck.collect.live._unique import unique
from hardencheck.collect.options import Options
from hardencheck.collect.registry import Collectors, collectors
from hardencheck.errors import UsageError
from hardencheck.model.checklist import ACTIVE, PROBED, TRUSTED, Note
from hardencheck.model.facts import Fact
from hardencheck.model.facts.compared import Difference
from hardencheck.model.gap import Gap, Reason, Run
from hardencheck.model.location import Location
from hardencheck.model.target import Target

if TYPE_CHECKING:
    from hardencheck.collect.live._client import LiveClient

T = TypeVar("T")
# The order in which they ask; a plugin's probes come last, by name.
SAVED = "saved exchanges: nothing can be asked for"
MAX_PAGES_SAID = 30
_FIRST = (
    "http.page", "http.counterpart", "tls.handshakes", "exposure.probe",
    "uploads.declared", "uploads.sent", "uploads.held",
)  # fmt: skip
# Of the other deployment nothing is asked for that should not be there, and no body is sent.
_COMPARED = ("http.page", "http.counterpart", "tls.handshakes", "uploads.declared")


class Observed(NamedTuple):
    """name: for a target without repository. exchanges: how many were judged. compared: with which URL."""

    facts: tuple[Fact, ...]
    gaps: tuple[Gap, ...]
    runs: tuple[Run, ...]
    notes: tuple[Note, ...]
    urls: tuple[str, ...]
    name: str
    exchanges: int
    compared: str = ""


class Asked(NamedTuple):
    """What was learnt before any observer looked: exchanges to judge, and what probes said themselves.

    urls, compare: what was asked for, as it may be shown. sent: requests.
    """

    exchanges: list[Exchange]
    found: list[Found]
    runs: list[Run]
    notes: tuple[Note, ...] = ()
    urls: tuple[str, ...] = ()
    compare: str = ""
    sent: int = 0


def state(observers: Sequence[Observer], exchanges: tuple[Exchange, ...]) -> list[Found]:
    """What all observers say; one that breaks is a Gap."""
    found: list[Found] = []
    audited = tuple(exchange for exchange in exchanges if not exchange.compared)
    for observer in observers:
        try:
            found.extend(observer.observe(exchanges if observer.compares else audited))
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
    asked = _saved(target, known) if target.har is not None else ask_all(target, options)
    clock = time.monotonic()
    exchanges = tuple(asked.exchanges)
    found = unique([*asked.found, *state(known.observers, exchanges)])
    seconds = round(time.monotonic() - clock, 3)
    runs = [*asked.runs, Run(collector="http.observers", examined=len(exchanges), seconds=seconds)]
    return Observed(
        facts=tuple(item for item in found if not isinstance(item, Gap)),
        gaps=tuple(item for item in found if isinstance(item, Gap)),
        runs=_together(runs),
        notes=(*asked.notes, *_pages(exchanges)),
        urls=asked.urls,
        name=origin(asked.urls[0]).host if asked.urls else "(no URL)",
        exchanges=sum(not exchange.failed for exchange in exchanges),
        compared=asked.compare,
    )


def ask_all(target: Target, options: Options) -> Asked:
    """Everything that is asked of the URLs of a target, before anything is made of it.

    Raises UsageError for a URL that is none or that nothing can be compared with, and ConfigError as `observe` does.
    """
    urls = tuple(dict.fromkeys(target.urls))
    for url in (*urls, *([target.compare] if target.compare is not None else [])):
        _check(url)
    others = _others(urls, target.compare)
    return _run(_ask(urls, collectors(options.plugins), options, others, target.sitemaps))


def _others(urls: Sequence[str], compare: str | None) -> dict[str, str]:
    """For the URLs of the first one's origin the one of the other deployment: the same path there, unless its URL names
    another page. What has another origin has no counterpart that anybody could know."""
    if compare is None or not urls:
        return {}
    there = urlsplit(compare)
    if there.path not in {"", "/"} or there.query:
        if len(urls) != 1:
            raise UsageError(
                "--compare names one page, and several URLs are audited",
                hint="give the other deployment alone, https://www.example/: it is asked for the same paths",
            )
        return {urls[0]: compare}
    return {url: _counterpart(url, compare) for url in urls if origin(url) == origin(urls[0])}


def _counterpart(url: str, compare: str) -> str:
    there = urlsplit(compare)
    return urlsplit(url)._replace(scheme=there.scheme, netloc=there.netloc).geturl()


def _saved(target: Target, known: Collectors) -> Asked:
    from hardencheck.collect.source.har import read_har

    saved = read_har(target.har or "", urls=target.urls)
    urls = saved.urls or tuple(dict.fromkeys(place(exchange.url) for exchange in saved.exchanges))[:50]
    said = saved.found if saved.recorded else _not_asked(known.probes, SAVED)
    found = [*saved.gaps, *said]
    return Asked(list(saved.exchanges), found, [saved.run], saved.notes, urls, saved.compare)


def _pages(exchanges: Sequence[Exchange]) -> Iterator[Note]:
    """Which answers were judged, where that is not one page that is there."""
    pages = [item for item in exchanges if item.purpose == "page" and not item.failed and not item.compared]
    said = list(dict.fromkeys(f"{place(item.url)}: {item.status}" for item in pages))
    if len(said) > 1 or any(item.status != 200 for item in pages):
        more = f" and {len(said) - MAX_PAGES_SAID} more" if len(said) > MAX_PAGES_SAID else ""
        yield Note(topic="pages", text=", ".join(said[:MAX_PAGES_SAID]) + more)


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


async def _ask(
    urls: Sequence[str], known: Collectors, options: Options, others: Mapping[str, str], sitemaps: Sequence[str]
) -> Asked:
    from hardencheck.collect.live._client import REQUESTS, SECONDS, LiveClient

    tier = "active" if options.active else "probe" if options.probe else "passive"
    client = LiveClient(ca_file=options.ca_file, requests=REQUESTS[tier], seconds=SECONDS[tier])
    return await ask(client, urls, known, options, others=others, sitemaps=sitemaps)


async def ask(
    client: "LiveClient",
    urls: Sequence[str],
    known: Collectors,
    options: Options,
    *,
    others: Mapping[str, str] = {},
    sitemaps: Sequence[str] = (),
) -> Asked:
    """Everything the probes that are allowed learn of the URLs with this client, which is closed in the end.

    others: for a URL, the one of another deployment that is asked for the same, and only compared with. sitemaps: see
    `Target`; their pages are asked for after `urls`.
    """
    from hardencheck.collect.live._sitemap import pages_of

    asked, listed, told = Asked([], [], []), list(urls), list[Note]()
    probes = ordered(known.probes)
    async with client:
        for url in sitemaps:
            found = await pages_of(client, client.begin(url))
            listed.extend(page for page in found.urls if page not in listed)
            told.append(Note(topic="sitemap", text=f"{origin(url)}: {found.words}"))
        for number, url in enumerate(listed):
            options.progress(f"observing {place(url)}", number, len(listed))
            first = len(asked.exchanges)
            bare = client.begin(url, options.endpoints.get(url, Endpoint()))
            for probe in probes:
                if allowed(probe, options, url):
                    await _probe(probe, bare, client, asked)
            other = others.get(url)
            if other is None and url not in urls:  # a page of the sitemap
                other = next((_counterpart(url, to) for us, to in others.items() if origin(us) == origin(url)), None)
            if other is not None:
                await _again(client, asked, first)
                there = options.endpoints.get(url, Endpoint())
                # Secrets never cross origins.
                there = there._replace(url=there.url and _counterpart(there.url, other), secrets=())
                compared = [item for item in probes if item.name in _COMPARED and allowed(item, options, other)]
                await _other(client, client.begin(other, there), compared, asked)
            asked.exchanges[first:] = [
                msgspec.structs.replace(exchange, number=number + 1) for exchange in asked.exchanges[first:]
            ]
        hosts = ", ".join(dict.fromkeys(origin(url).host for url in (*listed, *others.values())))
        urls_asked = len({*listed, *others.values()})
        many = f" for {urls_asked} URLs, at most {client.budget} each" if urls_asked > 1 else ""
        if others and len(others) < len(urls):
            left = ", ".join(place(url) for url in urls if url not in others)
            told.append(
                Note(topic="comparison", text=f"not compared, since their origin is not that of the first: {left}")
            )
        sent = Note(topic="requests", text=f"{client.sent} sent to {hosts}{many}")
    skipped = [probe for probe in probes if not any(allowed(probe, options, url) for url in listed)]
    asked.found.extend(_not_asked(skipped, "not asked for: give --probe"))
    return asked._replace(
        notes=(*told, sent, *_conditions(options)),
        urls=tuple(map(place, urls)),
        compare=place(next(iter(others.values()))) if others else "",
        sent=client.sent,
    )


async def _again(client: "LiveClient", asked: Asked, first: int) -> None:
    """The last answer a second time: what differs then, varies."""
    ours = asked.exchanges[first:]
    if any(exchange.purpose == "again" for exchange in ours):
        return
    last = next((exchange for exchange in reversed(ours) if exchange.purpose in {"hop", "page"}), None)
    if last is not None:
        try:
            asked.exchanges.append(await client.fetch(last.url, purpose="again"))
        except Unreadable:
            pass  # asked once is enough to compare, though more may seem to differ


async def _other(client: "LiveClient", url: str, probes: Sequence[Probe], asked: Asked) -> None:
    """What the deployment that is compared with answers; all that is missing of it is the comparison."""
    theirs = Asked([], [], asked.runs)
    for probe in probes:
        await _probe(probe, url, client, theirs)
    await _again(client, theirs, 0)
    asked.exchanges.extend(msgspec.structs.replace(exchange, compared=True) for exchange in theirs.exchanges)
    for gap in theirs.found:
        if isinstance(gap, Gap):
            asked.found.append(msgspec.structs.replace(gap, kinds=(Difference.kind(),)))


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
