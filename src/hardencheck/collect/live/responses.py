"""What the headers of responses say, live or saved."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from hardencheck.collect.contract import Found, Observer
from hardencheck.collect.exchange import Exchange, place, printable
from hardencheck.collect.live import _csp, _fields
from hardencheck.collect.live._answer import Answer, is_address, moment, public, read, shown, unix
from hardencheck.collect.live._answer import blocked as blocked
from hardencheck.collect.live._answer import content_of as content_of
from hardencheck.collect.live._content import clear_site_data, content_type, internal_addresses, markup
from hardencheck.collect.live._cookie_facts import MAX_COOKIES, cookies
from hardencheck.collect.live._cookies import cookie_role, parse_cookie
from hardencheck.collect.live._isolation import ISOLATION
from hardencheck.collect.live._reporting import reports_nowhere
from hardencheck.collect.live._unique import unique
from hardencheck.model.facts import http as seen
from hardencheck.model.facts.http_content import ClearSiteData, ContentType, InternalAddress, Markup
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

FACTS = (
    seen.Hsts, seen.Csp, seen.Nosniff, seen.Framing, seen.ReferrerPolicy, seen.PermissionsPolicy, seen.Coop, seen.Corp,
    seen.Coep, seen.OriginAgentCluster, seen.Cookie, seen.CacheControl, seen.Leak, seen.Deprecated, seen.Duplicate,
    ContentType, ClearSiteData, Markup, InternalAddress,
)  # fmt: skip
# Exchanges that are the service's own answer to an ordinary request; errors are judged like pages.
JUDGED = frozenset({"page", "hop", "missing"})
_A_YEAR = 31_536_000


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
            # What is known of storing stays, and of what is loaded: it is whole but for what follows.
            if isinstance(fact, Gap | seen.CacheControl | Markup) or fact.kind() not in hidden:
                yield fact
        if hidden:
            detail = "the page was not read to its end: a policy, a password field or a script may follow"
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
        if not (answer.html and (exchange.truncated or exchange.method == "HEAD" or not page.whole)):
            return
        yield Markup.kind()
        if not page.password and "no-store" not in _fields.cache_directives(exchange.all("cache-control")):
            yield seen.CacheControl.kind()
        if not page.head:  # meta elements count in the head only
            if not exchange.all("content-security-policy"):
                yield seen.Csp.kind()
            if not exchange.all("referrer-policy"):
                yield seen.ReferrerPolicy.kind()


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
        preloadable=field is not None
        and not field.fault
        and (field.max_age or 0) >= _A_YEAR
        and field.include_subdomains
        and field.preload,
    )


def _csp_fact(answer: Answer, reused: frozenset[str]) -> Iterator[Found]:
    exchange = answer.exchange
    judged = _csp.judge(exchange.all("content-security-policy"), answer.page.csp)
    report_only = bool(exchange.all("content-security-policy-report-only"))
    nowhere = reports_nowhere(exchange)
    if judged is None:
        yield seen.Csp(
            **answer.common, present=False, report_only=report_only, policies=0, script_src=False, object_src=False,
            object_none=False, base_uri="absent", frame_ancestors="absent", form_action="absent", script_holes=(),
            object_holes=(), mistakes=(), nonce_reused=False, reports_nowhere=nowhere,
        )  # fmt: skip
        return
    fields = judged._asdict()
    nonces = fields.pop("nonces")
    del fields["upgrades"]
    yield seen.Csp(
        **answer.common,
        present=True,
        report_only=report_only,
        nonce_reused=bool(nonces & reused),
        reports_nowhere=nowhere,
        **fields,
    )


def _reused_nonces(exchanges: tuple[Exchange, ...]) -> frozenset[str]:
    """Nonces that two responses share. Two saved copies of one response (same start) are not two responses."""
    responses: dict[tuple[str, str, str, bytes], frozenset[str]] = {}
    for exchange in exchanges:
        policies = exchange.all("content-security-policy")
        metas = read(exchange).page.csp if b"'nonce-" in exchange.body else ()
        if any("'nonce-" in policy.lower() for policy in (*policies, *metas)):
            judged = _csp.judge(policies, metas)
            if judged is not None:
                key = (exchange.url, exchange.purpose, exchange.started, exchange.body)
                responses[key] = judged.nonces
    counts = Counter(nonce for nonces in responses.values() for nonce in nonces)
    return frozenset(nonce for nonce, count in counts.items() if count > 1)


def _nosniff(answer: Answer) -> Iterator[Found]:
    fields = answer.exchange.all("x-content-type-options")
    yield seen.Nosniff(**answer.common, nosniff=_fields.nosniff(fields), value=shown(fields))


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
            value=shown((*fields, *(() if meta is None else (f"meta: {meta}",)))),
        )


def _cache(answer: Answer) -> Iterator[Found]:
    fields = answer.exchange.all("cache-control")
    given = _fields.cache_directives(fields)
    now = unix(answer.exchange.started)
    cookies = [
        cookie
        for text in answer.exchange.all("set-cookie")[:MAX_COOKIES]
        if (cookie := parse_cookie(text)) is not None and not cookie.deletes(now)
    ]
    no_store = "no-store" in given
    kept = "public" in given or _lives(given, answer.exchange, now)
    yield seen.CacheControl(
        **answer.common,
        sensitive=answer.page.password or any(cookie_role(cookie.name) == "session" for cookie in cookies),
        sets_cookie=bool(cookies),
        no_store=no_store,
        shared=kept and not no_store and not any(_withheld(given.get(name)) for name in ("private", "no-cache")),
        value=shown(fields),
    )


def _lives(given: Mapping[str, str], exchange: Exchange, now: float | None) -> bool:
    """Whether a shared cache is given a lifetime: s-maxage, else max-age, else Expires (RFC 9111 section 4.2.1)."""
    for name in ("s-maxage", "max-age"):
        if name in given:
            return re.fullmatch(r"0*[1-9][0-9]*", given[name]) is not None
    expires = moment(exchange.first("expires"))
    sent = moment(exchange.first("date"))
    sent = sent if sent is not None else now
    return expires is not None and sent is not None and expires > sent


def _withheld(value: str | None) -> bool:
    """Whether private or no-cache keeps the cookie from others: with field names, it holds for these only."""
    return value is not None and (not value or "set-cookie" in {name.strip().lower() for name in value.split(",")})


# Source: OWASP Secure Headers Project, "headers to remove", those that name software.
_NAMING = frozenset(
    """
    server x-powered-by x-aspnet-version x-aspnetmvc-version x-generator x-powered-cms x-drupal-version x-php-version
    x-powered-by-plesk powered-by liferay-portal product x-cms x-runtime-version x-server x-server-powered-by
    x-backend-server x-python-version x-django-version x-framework x-application-version x-mod-pagespeed x-page-speed
    x-jenkins x-owa-version x-litespeed-version via microsoftsharepointteamservices x-fastapi-version x-redirect-by
    x-generated-by x-content-encoded-by x-turbo-charged-by x-cf-powered-by x-joomla-version x-umbraco-version
    x-cocoon-version x-jitsi-release x-varnish-server oraclecommercecloud-version x-woodpecker-version
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
        yield seen.Leak(**answer.common, name=printable(name, 60), value=public(value, 120), versioned=version)


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
        # ALLOW-FROM, ALLOWALL and what is misspelt frame nobody out.
        dropped = dropped or (lower == "x-frame-options" and _fields.x_frame_options([value]) == "invalid")
        if dropped:
            yield seen.Deprecated(**answer.common, name=printable(name, 60), value=public(text, 120))


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
                values=tuple(public(value, 120) for value in values[:5]),
            )


_STATED: tuple[Callable[[Answer], Iterator[Found]], ...] = (
    _hsts, _nosniff, _framing, _referrer, *ISOLATION, cookies, _cache, _leaks, _deprecated, _duplicates, content_type,
    clear_site_data, markup, internal_addresses,
)  # fmt: skip
