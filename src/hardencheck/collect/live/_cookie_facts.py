"""Facts of cookies."""

from collections.abc import Iterator

from hardencheck.collect.contract import Found
from hardencheck.collect.exchange import origin, printable
from hardencheck.collect.live._answer import Answer, moment, unix
from hardencheck.collect.live._cookies import cookie_role, parse_cookie
from hardencheck.model.facts import http as seen
from hardencheck.model.gap import Gap, Reason

MAX_COOKIES = 60


def cookies(answer: Answer) -> Iterator[Found]:
    """One fact for each Set-Cookie field that browsers read; its value is left behind here."""
    exchange = answer.exchange
    now = unix(exchange.started)
    now = now if now is not None else moment(exchange.first("date"))
    try:
        host = origin(exchange.url).host
    except ValueError:
        host = ""
    fields = exchange.all("set-cookie")
    for text in fields[:MAX_COOKIES]:
        cookie = parse_cookie(text)
        if cookie is None:
            continue
        left = cookie.expires(now)
        yield seen.Cookie(
            **answer.common,
            name=printable(cookie.name, 60),
            role=cookie_role(cookie.name),
            secure=cookie.secure,
            http_only=cookie.http_only,
            same_site=cookie.same_site,
            prefixed=cookie.prefixed,
            honoured=cookie.honoured,
            deletion=cookie.deletes(now),
            size=cookie.size,
            scope=cookie.scope(host),
            domain=printable(cookie.domain, 100),
            lifetime=None if left is None else int(left),
        )
    if len(fields) > MAX_COOKIES:
        yield Gap(
            kinds=(seen.Cookie.kind(),),
            collector="http.responses",
            reason=Reason.BUDGET,
            detail=f"{len(fields)} cookies in one response: the first {MAX_COOKIES} were judged",
            location=answer.common["location"],
        )
