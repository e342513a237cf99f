"""From --url and --compare, and the targets of the configuration, to the URLs that are asked."""

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin

if TYPE_CHECKING:
    from hardencheck.config.load import Loaded
    from hardencheck.config.model import TargetConfig


class Live(NamedTuple):
    """urls, compare, sitemaps: as in `model.target.Target`. profile: the settings of production."""

    urls: tuple[str, ...]
    profile: str | None
    sitemaps: tuple[str, ...] = ()
    compare: str | None = None


def live(given: tuple[str, ...], loaded: "Loaded", compare: str | None = None) -> Live:
    """The URLs to observe, and the profile: of the first target named, else of the first that has one.

    A URL of the configuration is taken only when its target is named: no network without --url.
    """
    from hardencheck.cli import _setup

    targets = {target.name: target for target in loaded.config.target}
    urls: list[str] = []
    sitemaps: list[str] = []
    named: list[TargetConfig] = []
    for text in given:
        target = targets.get(text)
        if target is None:
            urls.append(_literal("--url", text, targets))
            continue
        url = _url_of("--url", target, loaded)
        named.append(target)
        urls.extend(urljoin(url, path) for path in target.paths)
        if not target.paths:
            urls.append(url)
        if target.sitemap:
            sitemaps.append(url)
    other = None
    if compare is not None:
        found = targets.get(compare)
        other = _url_of("--compare", found, loaded) if found is not None else _literal("--compare", compare, targets)
    profile = _setup.profile_of((*named, *targets.values()))
    return Live(tuple(dict.fromkeys(urls)), profile, tuple(dict.fromkeys(sitemaps)), other)


def _url_of(flag: str, target: "TargetConfig", loaded: "Loaded") -> str:
    from hardencheck.errors import UsageError

    if target.url is None:
        raise UsageError(f"{flag} {target.name}: this target has no url in {loaded.label}")
    return target.url


def _literal(flag: str, text: str, targets: dict[str, "TargetConfig"]) -> str:
    from hardencheck.config.load import url_trouble
    from hardencheck.errors import UnknownName, UsageError

    if "://" in text:
        if trouble := url_trouble(text):
            raise UsageError(f"{flag}: expected {trouble}")
        return text
    if targets:
        raise UnknownName(flag, "target", text, targets)
    host = text.rpartition("@")[2].partition("?")[0].strip("/")
    raise UsageError(f"{flag} {host}: not a URL", hint=f"expected one such as https://{host}/")
