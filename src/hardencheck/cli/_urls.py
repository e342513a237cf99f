"""From --url and --compare, and the targets of the configuration, to the URLs that are asked."""

import os
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin

if TYPE_CHECKING:
    from hardencheck.collect.contract import Endpoint
    from hardencheck.config.load import Loaded
    from hardencheck.config.model import TargetConfig, UploadConfig


class Live(NamedTuple):
    """urls, compare, sitemaps: as in `model.target.Target`. profile: the settings of production.

    owned: hosts of the URLs that --active may act upon. endpoints: what takes uploads, by URL.
    """

    urls: tuple[str, ...]
    profile: str | None
    sitemaps: tuple[str, ...]
    compare: str | None
    owned: tuple[str, ...]
    endpoints: "dict[str, Endpoint]"


def live(
    given: tuple[str, ...], loaded: "Loaded", compare: str | None = None, *, owners: tuple[str, ...] | None = None
) -> Live:
    """The URLs to observe, and the profile: of the first target named, else of the first that has one.

    A URL of the configuration is taken only when its target is named: no network without --url. owners: the hosts that
    the user owns, None where --active was not asked for. Raises UsageError.
    """
    from hardencheck.cli import _setup

    targets = {target.name: target for target in loaded.config.target}
    urls: list[str] = []
    sitemaps: list[str] = []
    named: list[TargetConfig] = []
    endpoints: dict[str, Endpoint] = {}
    for text in given:
        target = targets.get(text)
        if target is None:
            urls.append(_literal("--url", text, targets))
            continue
        url = _url_of("--url", target, loaded)
        named.append(target)
        pages = [urljoin(url, path) for path in target.paths] or [url]
        urls.extend(pages)
        if target.upload is not None:
            endpoints |= dict.fromkeys(pages, _endpoint(text, url, target.upload))
        if target.sitemap:
            sitemaps.append(url)
    other = None
    if compare is not None:
        found = targets.get(compare)
        other = _url_of("--compare", found, loaded) if found is not None else _literal("--compare", compare, targets)
    profile = _setup.profile_of((*named, *targets.values()))
    return Live(
        urls=tuple(dict.fromkeys(urls)),
        profile=profile,
        sitemaps=tuple(dict.fromkeys(sitemaps)),
        compare=other,
        owned=_owned(urls, owners) if owners is not None else (),
        endpoints=endpoints,
    )


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


def _owned(urls: list[str], i_own: tuple[str, ...]) -> tuple[str, ...]:
    """The hosts of the URLs, each of which has to be named: nobody acts upon a host by mistake."""
    from hardencheck.collect.exchange import origin
    from hardencheck.errors import UsageError

    hosts = tuple(dict.fromkeys(origin(url).host for url in urls))
    said = {name.strip().lower().rstrip(".").strip("[]") for name in i_own}
    for host in hosts:
        if host not in said:
            raise UsageError(
                f"--active sends bodies to {host} and holds a connection there",
                hint=f"if it is yours, say so: --i-own-this {host}",
            )
    if left := said - set(hosts):
        raise UsageError(
            f"--i-own-this {min(left)}: no --url has this host", hint="name the host of a URL, without port"
        )
    return hosts


def _endpoint(name: str, url: str, upload: "UploadConfig") -> "Endpoint":
    """What takes uploads of a target, with the values of its header fields from the environment."""
    from hardencheck.collect.contract import Endpoint
    from hardencheck.collect.live.upload_limit import endpoint_url
    from hardencheck.errors import UsageError

    secrets = []
    for field, variable in upload.headers.items():
        value = os.environ.get(variable, "")
        if not value or not value.isascii() or not value.isprintable():
            raise UsageError(
                f"--url {name}: the environment variable {variable} holds no value for {field}",
                hint="expected printable ASCII; the configuration of the target names the variable",
            )
        secrets.append((field, value))
    return Endpoint(
        url=endpoint_url(url, upload.path),
        method=upload.method,
        content_type=upload.content_type,
        field=upload.field,
        secrets=tuple(secrets),
    )
