"""Header fields as they grow from layer to layer, and whom a server believes."""

import pytest

from hardencheck.collect.resolve._routes import Change, Doubt, Limit, Route
from hardencheck.collect.resolve._sent import Field, Seen, Sent, changed
from hardencheck.collect.resolve._sent_servers import Server, seen
from hardencheck.model.location import Location

HERE = Location(path="app.py", line=1)
WHY = Doubt(HERE, "under a condition")
NAME = "x-frame-options"


def field(value: str | None = "DENY", *, perhaps: bool = False) -> Field:
    return Field(NAME, value, HERE, "flask", WHY if perhaps or value is None else None, perhaps)


def test_what_is_put_takes_the_place_of_all_there_was() -> None:
    before = Sent(200).plus(field("A"), field("B")).unsure(NAME, WHY).unsure("", WHY)
    after = before.put(field())
    assert after.fields == (field(),)
    assert after.doubts == (("", WHY),)  # of this name nothing is open any more


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (Sent(200), (field(),)),
        (Sent(200).plus(field("A")), (field("A"),)),
        (Sent(200).plus(field("A")).unsure(NAME, WHY), (field("A"),)),
        # It is there, but nobody knows with which value.
        (Sent(200).plus(field("A", perhaps=True)), (field(None),)),
        (Sent(200).unsure(NAME, WHY), (field(None),)),
        (Sent(200).unsure("", WHY), (field(None),)),
        (Sent(200).unsure("server", WHY), (field(),)),
    ],
)
def test_a_default_is_sent_where_nothing_else_is(before: Sent, expected: tuple[Field, ...]) -> None:
    assert before.usual(field()).fields == expected


def change(does: str, value: str | None = "DENY", **more: object) -> Change:
    return Change(does, NAME, value, HERE, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("made", "values"),
    [
        (change("add"), ["A", "DENY"]),
        (change("add", ""), ["A"]),
        (change("set"), ["DENY"]),
        (change("default"), ["A"]),
        (change("remove", None), []),
        (change("remove", None, doubt=WHY), ["?A"]),
        (change("edit", None), [None]),
        (change("set", doubt=WHY), ["A", "?DENY"]),
        (change("set", None, doubt=WHY), [None]),
        (change("set", statuses=frozenset({404})), ["A"]),
        (change("set", upstream=False), ["A"]),
    ],
)
def test_changes_of_a_proxy(made: Change, values: list[str | None]) -> None:
    fields = changed(Sent(200).plus(field("A")), [made], "nginx").fields
    assert [f"?{one.value}" if one.perhaps else one.value for one in fields] == values


def test_what_a_proxy_does_to_its_own_answers() -> None:
    only = change("set", own=True, upstream=False)
    assert changed(Sent(404), [only], "nginx", own=True).fields[0].value == "DENY"
    assert changed(Sent(404), [change("set", own=False)], "nginx", own=True).fields == ()


def route(upstream: str, *request: tuple[str, str], tls: bool | None = True) -> Route:
    fields = tuple((name, value, HERE) for name, value in request)
    return Route("nginx", "a", HERE, Limit(None, "", HERE), hands_on=True, upstream=upstream, request=fields, tls=tls)


SCHEME = ("x-forwarded-proto", "$scheme")


@pytest.mark.parametrize(
    ("server", "way", "expected"),
    [
        (Server("gunicorn"), route("http://127.0.0.1:8000", SCHEME), Seen(True, "https")),
        (Server("gunicorn"), route("http://app:8000", SCHEME), Seen(False, "https")),
        (Server("gunicorn", by_variable=True), route("http://app:8000", SCHEME), Seen(None, "https")),
        (Server("gunicorn", options={"forwarded_allow_ips": "10.0.0.1"}), route("http://app:8000", SCHEME),
         Seen(None, "https")),
        (Server("gunicorn", options={"forwarded_allow_ips": "*"}), route("http://app:8000", SCHEME),
         Seen(True, "https")),
        (Server("gunicorn", options={"forwarded_allow_ips": "10.0.0.1"}), route("http://127.0.0.1:8000", SCHEME),
         Seen(None, "https")),
        (Server("uvicorn", options={"no_proxy_headers": ""}), route("http://127.0.0.1:8000", SCHEME),
         Seen(False, "https")),
        (Server("gunicorn", options={"forwarded_allow_ips": "10.0.0.1"}), route("http://unix:/run/app.sock", SCHEME),
         Seen(True, "https")),
        (Server("uvicorn"), route("http://127.0.0.1:8000", SCHEME), Seen(True, "https")),
        (Server("uvicorn"), route("http://unix:/run/app.sock", SCHEME), Seen(False, "https")),
        (Server("uvicorn", options={"forwarded_allow_ips": "*"}), route("unix:/run/app.sock", SCHEME),
         Seen(True, "https")),
        (Server("waitress"), route("http://127.0.0.1:8000", SCHEME), Seen(False, "https")),
        (Server(), route("http://127.0.0.1:8000", SCHEME), Seen(None, "https")),
        (Server("gunicorn"), route("http://127.0.0.1:8000"), Seen(False, "")),
        (Server("gunicorn"), route("http://127.0.0.1:8000", tls=None), Seen(None, None)),
        (Server("gunicorn"), route("http://127.0.0.1:8000", ("x-forwarded-proto", "$custom")), Seen(None, None)),
        (Server("uwsgi"), route("uwsgi://app:3031"), Seen(True, "")),
    ],
)  # fmt: skip
def test_how_a_request_by_https_looks_behind_a_proxy(server: Server, way: Route, expected: Seen) -> None:
    assert seen(server, way) == expected
