"""What the headers of responses say, live or saved."""

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple, TypedDict

from hardencheck.collect.contract import Found, Observer
from hardencheck.collect.exchange import Exchange, origin, place, printable
from hardencheck.collect.live import _csp, _fields
from hardencheck.collect.live._html import Page, read_page
from hardencheck.collect.live._unique import unique
from hardencheck.lazily import compiled
from hardencheck.model.facts import http as seen
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

FACTS = (
    seen.Hsts, seen.Csp, seen.Nosniff, seen.Framing, seen.ReferrerPolicy, seen.PermissionsPolicy, seen.Coop, seen.Corp,
    seen.Cookie, seen.CacheControl, seen.Leak, seen.Deprecated, seen.Duplicate,
)  # fmt: skip
# Exchanges that are the service's own answer to an ordinary request; errors are judged like pages.
JUDGED = frozenset({"page", "hop", "missing"})
MAX_COOKIES = 60


class Common(TypedDict):
    location: Location
    scheme: seen.Scheme
    status: int
    content: seen.Content


class Answer(NamedTuple):
    """One response with what all its facts share."""

    exchange: Exchange
    page: Page
    common: Common

    @property
    def html(self) -> bool:
        return self.common["content"] == "html"


class Responses(Observer):
    """Facts of the headers of every judged response; a bot wall in front of the service is a Gap, not its headers."""

    name = "http.responses"
    emits = FACTS

    def observe(self, exchanges: tuple[Exchange, ...]) -> Iterable[Found]:
        reused = _reused_nonces(exchanges)
        return unique(
            found
            for exchange in exchanges
            if exchange.purpose in JUDGED and not exchange.failed
            for found in self._facts(exchange, reused)
        )

    def _facts(self, exchange: Exchange, reused: frozenset[str]) -> Iterator[Found]:
        where = Location(url=place(exchange.url))
        if exchange.malformed:
            yield self.gap(Reason.MALFORMED, f"not judged: {exchange.malformed}", where)
            return
        wall = blocked(exchange)
        if wall:
            yield self.gap(Reason.BLOCKED, wall, where)
            return
        answer = read(exchange)
        hidden = tuple(self._hidden(answer))
        for fact in (*(fact for function in _STATED for fact in function(answer)), *_csp_fact(answer, reused)):
            # What is known of storing stays: it is whole but for the password field.
            if isinstance(fact, Gap | seen.CacheControl) or fact.kind() not in hidden:
                yield fact
        if hidden:
            detail = "the page was not read to its end: a policy or a password field may follow"
            yield Gap(
                kinds=hidden,
                collector=self.name,
                reason=Reason.TOO_LARGE,
                detail=detail,
                location=where,
                about={"content": "html", "scheme": answer.common["scheme"], "sets_cookie": False},
            )

    def _hidden(self, answer: Answer) -> Iterator[str]:
        """Kinds of fact that the unread rest of a page could change."""
        exchange, page = answer.exchange, answer.page
        if not (answer.html and (exchange.truncated or exchange.method == "HEAD")):
            return
        if not page.password and "no-store" not in _fields.cache_directives(exchange.all("cache-control")):
            yield seen.CacheControl.kind()
        if not page.head:  # meta elements count in the head only
            if not exchange.all("content-security-policy"):
                yield seen.Csp.kind()
            if not exchange.all("referrer-policy"):
                yield seen.ReferrerPolicy.kind()


def read(exchange: Exchange) -> Answer:
    content = content_of(exchange)
    page = read_page(exchange.body) if content == "html" else Page((), None, False, (), False)
    scheme: seen.Scheme = "https" if exchange.url.lower().startswith("https:") else "http"
    common: Common = {
        "location": Location(url=place(exchange.url)),
        "scheme": scheme,
        "status": exchange.status,
        "content": content,
    }
    return Answer(exchange, page, common)


def content_of(exchange: Exchange) -> seen.Content:
    """The class of a response. Without Content-Type a browser guesses; a body that begins as markup is a page.

    1xx, 204, 205 and 304 have no content (RFC 9110 section 6.4.1): what a 304 does not say stays as it was stored.
    """
    if 100 <= exchange.status < 200 or exchange.status in {204, 205, 304}:
        return "empty"
    if exchange.redirect is not None:
        return "redirect"
    given = (exchange.first("content-type") or "").partition(";")[0].strip().lower()
    if given in {"text/html", "application/xhtml+xml"}:
        return "html"
    if given.endswith(("/json", "+json", "/xml", "+xml")) and not given.startswith("image/"):
        return "api"
    if given in {"application/graphql", "application/msgpack", "application/grpc", "application/x-ndjson"}:
        return "api"
    if not given and re.match(rb"\s*<(?:!doctype|html|head|body|h1|p|div)", exchange.body[:512], re.IGNORECASE):
        return "html"
    return "other"


# A wall in front of the service. Sources: the vendors' documentation of their challenge and block responses.
_WALLS = (
    ("cf-mitigated", "challenge", "Cloudflare's challenge"),
    ("x-datadome", "protected", "DataDome"),
    ("x-amzn-waf-action", "", "AWS WAF"),
    ("x-sucuri-block", "", "Sucuri"),
    ("x-vercel-mitigated", "", "Vercel's challenge"),
)
_WALL_TEXTS = (
    (b"<title>Attention Required! | Cloudflare</title>", "Cloudflare"),
    (b"<title>Just a moment...</title>", "Cloudflare's challenge"),
    (b"_Incapsula_Resource", "Imperva"),
    (b"errors.edgesuite.net", "Akamai"),
    (b"The requested URL was rejected. Please consult with your administrator.", "F5"),
    (b"Sorry, you have been blocked", "Cloudflare"),
    (b"window.awsWafCookieDomainList", "AWS WAF"),
)


def blocked(exchange: Exchange) -> str:
    """What stands between us and the service, in a sentence; "" when this is the service's own answer."""
    if exchange.status == 429:
        return "429: too many requests; expected an answer of the service; try again later"
    if exchange.status == 503:
        return "503: the service is not available; expected its ordinary answer; try again later"
    if exchange.status in {401, 407}:
        scheme = (
            (exchange.first("www-authenticate") or exchange.first("proxy-authenticate") or "").split(" ")[0].lower()
        )
        if scheme in {"basic", "digest", "negotiate", "ntlm"}:
            answer = f"{exchange.status}: a {scheme} login stands in front; expected an answer without it"
            return f"{answer}; audit behind it, or judge saved exchanges with --har"
    for name, word, who in _WALLS:
        value = exchange.first(name)
        if value is not None and word in value.lower() and exchange.status not in {200, 301, 302, 304}:
            return f"{exchange.status} from {who}, not from the service; allow this machine there, or audit behind it"
    if exchange.status in {202, 403, 405, 406, 503}:
        for text, who in _WALL_TEXTS:
            if text in exchange.body[:65536]:
                return (
                    f"{exchange.status} from {who}, not from the service; allow this machine there, or audit behind it"
                )
    return ""


def _hsts(answer: Answer) -> Iterator[Found]:
    if answer.common["scheme"] != "https":
        return
    exchange = answer.exchange
    first = exchange.first("strict-transport-security")
    field = _fields.parse_hsts(first) if first is not None else None
    yield seen.Hsts(
        **answer.common,
        present=field is not None and not field.fault,
        max_age=field.max_age if field else None,
        include_subdomains=field is not None and field.include_subdomains,
        preload=field is not None and field.preload,
        fault=field.fault if field else "",
        named=not is_address(exchange.url),
        trusted=exchange.tls is None or exchange.tls.verified,
    )


def is_address(url: str) -> bool:
    try:
        ipaddress.ip_address(origin(url).host)
    except ValueError:
        return False
    return True


def _csp_fact(answer: Answer, reused: frozenset[str]) -> Iterator[Found]:
    exchange = answer.exchange
    judged = _csp.judge(exchange.all("content-security-policy"), answer.page.csp)
    report_only = bool(exchange.all("content-security-policy-report-only"))
    if judged is None:
        yield seen.Csp(
            **answer.common, present=False, report_only=report_only, policies=0, script_src=False, object_src=False,
            object_none=False, base_uri="absent", frame_ancestors="absent", form_action="absent", script_holes=(),
            object_holes=(), mistakes=(), nonce_reused=False,
        )  # fmt: skip
        return
    fields = judged._asdict()
    nonces = fields.pop("nonces")
    yield seen.Csp(**answer.common, present=True, report_only=report_only, nonce_reused=bool(nonces & reused), **fields)


def _reused_nonces(exchanges: tuple[Exchange, ...]) -> frozenset[str]:
    """Nonces that two responses share. Two saved copies of one response (same start) are not two responses."""
    responses: dict[tuple[str, str, str, bytes], frozenset[str]] = {}
    for exchange in exchanges:
        policies = exchange.all("content-security-policy")
        if any("'nonce-" in policy.lower() for policy in policies):
            judged = _csp.judge(policies)
            if judged is not None:
                key = (exchange.url, exchange.purpose, exchange.started, exchange.body)
                responses[key] = judged.nonces
    counts = Counter(nonce for nonces in responses.values() for nonce in nonces)
    return frozenset(nonce for nonce, count in counts.items() if count > 1)


def _nosniff(answer: Answer) -> Iterator[Found]:
    fields = answer.exchange.all("x-content-type-options")
    yield seen.Nosniff(**answer.common, nosniff=_fields.nosniff(fields), value=_shown(fields))


def _framing(answer: Answer) -> Iterator[Found]:
    if answer.html:
        judged = _csp.judge(answer.exchange.all("content-security-policy"))
        yield seen.Framing(
            **answer.common,
            frame_ancestors=judged.frame_ancestors if judged else "absent",
            x_frame_options=_fields.x_frame_options(answer.exchange.all("x-frame-options")),
        )


def _referrer(answer: Answer) -> Iterator[Found]:
    if answer.html:
        fields = answer.exchange.all("referrer-policy")
        meta = answer.page.referrer
        yield seen.ReferrerPolicy(
            **answer.common,
            policy=_fields.referrer_policy(fields, meta),
            value=_shown((*fields, *(() if meta is None else (f"meta: {meta}",)))),
        )


def _permissions(answer: Answer) -> Iterator[Found]:
    if not answer.html:
        return
    fields = answer.exchange.all("permissions-policy")
    fault = ""
    features: dict[str, object] = {}
    if fields:
        try:
            features = _fields.structured_dictionary(fields)
        except _fields.Invalid as error:
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
            if allowed == "*" or (isinstance(allowed, list) and "*" in allowed)
        )[:20],
        fault=fault,
    )


def _coop(answer: Answer) -> Iterator[Found]:
    if not answer.html:
        return
    fields = answer.exchange.all("cross-origin-opener-policy")
    try:
        policy = _fields.structured_token(fields) if fields else "unsafe-none"
    except _fields.Invalid:
        policy = "unsafe-none"
    known = {"same-origin", "same-origin-allow-popups", "noopener-allow-popups"}
    yield seen.Coop(**answer.common, policy=policy if policy in known else "unsafe-none", value=_shown(fields))


def _corp(answer: Answer) -> Iterator[Found]:
    if answer.common["content"] in {"redirect", "empty"}:
        return
    fields = answer.exchange.all("cross-origin-resource-policy")
    # The Fetch standard compares the whole value, case included; anything else is as if absent.
    value = ", ".join(fields)
    policy = value if value in {"same-origin", "same-site", "cross-origin"} else None
    yield seen.Corp(**answer.common, policy=policy, value=_shown(fields))


def _cookies(answer: Answer) -> Iterator[Found]:
    now = _unix(answer.exchange.started)
    fields = answer.exchange.all("set-cookie")
    for text in fields[:MAX_COOKIES]:
        cookie = _fields.parse_cookie(text)
        if cookie is None:
            continue
        yield seen.Cookie(
            **answer.common,
            name=printable(cookie.name, 60),
            role=_fields.cookie_role(cookie.name),
            secure=cookie.secure,
            http_only=cookie.http_only,
            same_site=cookie.same_site,
            prefixed=cookie.prefixed,
            honoured=cookie.honoured,
            deletion=cookie.deletes(now),
            size=cookie.size,
        )
    if len(fields) > MAX_COOKIES:
        yield Gap(
            kinds=(seen.Cookie.kind(),),
            collector=Responses.name,
            reason=Reason.BUDGET,
            detail=f"{len(fields)} cookies in one response: the first {MAX_COOKIES} were judged",
            location=answer.common["location"],
        )


def _unix(started: str) -> float | None:
    try:
        return datetime.fromisoformat(started).timestamp() if started else None
    except (ValueError, OverflowError, OSError):
        return None


def _cache(answer: Answer) -> Iterator[Found]:
    fields = answer.exchange.all("cache-control")
    given = _fields.cache_directives(fields)
    now = _unix(answer.exchange.started)
    cookies = [
        cookie
        for text in answer.exchange.all("set-cookie")[:MAX_COOKIES]
        if (cookie := _fields.parse_cookie(text)) is not None and not cookie.deletes(now)
    ]
    no_store = "no-store" in given
    kept = "public" in given or _lives(given, answer.exchange, now)
    yield seen.CacheControl(
        **answer.common,
        sensitive=answer.page.password or any(_fields.cookie_role(cookie.name) == "session" for cookie in cookies),
        sets_cookie=bool(cookies),
        no_store=no_store,
        shared=kept and not no_store and not any(_withheld(given.get(name)) for name in ("private", "no-cache")),
        value=_shown(fields),
    )


def _lives(given: Mapping[str, str], exchange: Exchange, now: float | None) -> bool:
    """Whether a shared cache is given a lifetime: s-maxage, else max-age, else Expires (RFC 9111 section 4.2.1)."""
    for name in ("s-maxage", "max-age"):
        if name in given:
            return re.fullmatch(r"0*[1-9][0-9]*", given[name]) is not None
    expires = _moment(exchange.first("expires"))
    sent = _moment(exchange.first("date"))
    sent = sent if sent is not None else now
    return expires is not None and sent is not None and expires > sent


def _withheld(value: str | None) -> bool:
    """Whether private or no-cache keeps the cookie from others: with field names, it holds for these only."""
    return value is not None and (not value or "set-cookie" in {name.strip().lower() for name in value.split(",")})


def _moment(value: str | None) -> float | None:
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(value).timestamp() if value else None
    except (ValueError, TypeError, IndexError, OverflowError, OSError):
        return None


# Source: OWASP Secure Headers Project, "headers to remove", those that name software.
_NAMING = frozenset(
    """
    server x-powered-by x-aspnet-version x-aspnetmvc-version x-generator x-powered-cms x-drupal-version x-php-version
    x-powered-by-plesk powered-by liferay-portal product x-cms x-runtime-version x-server x-server-powered-by
    x-backend-server x-python-version x-django-version x-framework x-application-version x-mod-pagespeed x-page-speed
    x-jenkins x-owa-version x-litespeed-version via microsoftsharepointteamservices x-fastapi-version
    """.split()
)
_NUMBERS_ONLY = frozenset({"x-mod-pagespeed", "x-page-speed", "x-jenkins", "x-owa-version", "x-aspnet-version"})


def _leaks(answer: Answer) -> Iterator[Found]:
    for name, value in answer.exchange.headers:
        lower = name.lower()
        if lower not in _NAMING or not value.strip():
            continue
        if lower == "via":
            # "1.1 varnish" begins with the protocol version of HTTP itself (RFC 9110 section 7.6.3).
            value = re.sub(r"(?:^|(?<=,))\s*(?:[A-Za-z]+/)?\d(?:\.\d)?\s+", " ", value).strip()
        version = _fields.has_version(value) or lower in _NUMBERS_ONLY or lower.endswith("-version")
        yield seen.Leak(**answer.common, name=printable(name, 60), value=_public(value, 120), versioned=version)


_DROPPED = frozenset(
    """
    expect-ct public-key-pins public-key-pins-report-only feature-policy x-content-security-policy x-webkit-csp
    x-webkit-csp-report-only x-content-security-policy-report-only p3p
    """.split()
)


def _deprecated(answer: Answer) -> Iterator[Found]:
    for name, value in answer.exchange.headers:
        lower, text = name.lower(), value.strip()
        given = text.lower()
        dropped = lower in _DROPPED
        # "0" switches the filter off and is what is left to say with this header.
        dropped = dropped or (lower == "x-xss-protection" and given != "0" and not given.startswith("0;"))
        dropped = dropped or (lower == "x-frame-options" and given.startswith("allow-from"))
        if dropped:
            yield seen.Deprecated(**answer.common, name=printable(name, 60), value=_public(text, 120))


# Not Permissions-Policy: a structured dictionary may come in several fields (RFC 9651 section 3.2).
SINGLE = frozenset(
    """
    strict-transport-security x-frame-options x-content-type-options referrer-policy content-type
    cross-origin-opener-policy cross-origin-embedder-policy cross-origin-resource-policy location content-length
    access-control-allow-origin access-control-allow-credentials x-xss-protection
    """.split()
)


def _duplicates(answer: Answer) -> Iterator[Found]:
    fields: dict[str, list[tuple[str, str]]] = {}
    for name, value in answer.exchange.headers:
        if name.lower() in SINGLE:
            fields.setdefault(name.lower(), []).append((name, value.strip()))
    for copies in fields.values():
        if len(copies) > 1:
            values = [value for _, value in copies]
            name = copies[0][0]
            if name.lower() == "location":
                values = [place(value) for value in values]
            yield seen.Duplicate(
                **answer.common,
                name=printable(name, 60),
                differs=len({re.sub(r"\s+", "", value).lower() for value in values}) > 1,
                values=tuple(_public(value, 120) for value in values[:5]),
            )


def _shown(fields: tuple[str, ...]) -> str | None:
    return _public(", ".join(fields), 200) if fields else None


_IN_URL = compiled(r"(?<=://)[^\s/@\"'<>]+@|\?[^\s\"'<>;,]+")


def _public(value: str, limit: int) -> str:
    """A header value for reports, URLs in it without user information and query: keys stand in both."""
    bounded = value[: 10 * limit]
    return printable(_IN_URL.sub(lambda match: "" if match[0].endswith("@") else "?…", bounded), limit)


_STATED: tuple[Callable[[Answer], Iterator[Found]], ...] = (
    _hsts, _nosniff, _framing, _referrer, _permissions, _coop, _corp, _cookies, _cache, _leaks, _deprecated,
    _duplicates,
)  # fmt: skip
