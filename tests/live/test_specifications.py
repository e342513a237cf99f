"""Thousands of generated fields, each judged by the code and by an oracle written from the specification alone."""

import string

from hypothesis import given, settings
from hypothesis import strategies as st

from hardencheck.collect.live import _cookies, _csp, _fields, _mime, _structured
from tests.live import oracles

MANY = settings(max_examples=1500, deadline=None)


def pieces(*texts: str, least: int = 0, most: int = 12) -> st.SearchStrategy[str]:
    """Texts put together of pieces that mean something, now and then of any character."""
    one = st.sampled_from(texts) | st.sampled_from(texts) | st.characters(max_codepoint=0x17F)
    return st.lists(one, min_size=least, max_size=most).map("".join)


HSTS = pieces(
    "max-age",
    "=",
    "31536000",
    "0",
    '"',
    ";",
    "; ",
    " ",
    "\t",
    "includeSubDomains",
    "preload",
    "MAX-AGE=1",
    "future",
    '"31536000"',
    "\\",
    "a",
    ",",
    "max-age=63072000",
    "; INCLUDESUBDOMAINS",
    "000000000000000000031536000",
    "\xa0",
)


@MANY
@given(HSTS)
def test_hsts(field: str) -> None:
    mine, expected = _fields.parse_hsts(field.strip(" \t")), oracles.hsts(field.strip(" \t"))
    if expected is None:
        assert (mine.max_age, bool(mine.fault)) == (None, True)
    else:
        assert (mine.max_age, mine.include_subdomains, mine.fault) == (min(expected[0], 2**53), expected[1], "")


STRUCTURED = pieces(
    "camera",
    "a",
    "=",
    "=(",
    "()",
    ")",
    "(",
    "*",
    "self",
    '"https://a.example"',
    '"',
    "\\",
    '\\"',
    ",",
    ", ",
    " ",
    ";",
    "report-to",
    "?1",
    "?0",
    "1",
    "-1.5",
    "1234567890123456",
    "1.2345",
    "@1",
    "@1.5",
    ":aGk=:",
    ":",
    '%"%c3%a4"',
    '%"%ff"',
    '%"a"',
    "A",
    "same-origin",
    "_",
    "\t",
    "'none'",
    "1.",
    "123456789012.5",
    "1234567890123.5",
    "camera=(),",
    "usb=(self)",
    "geolocation=*",
    'fullscreen=("*")',
    "٣",
)


def plain(value: object) -> object:
    """What both sides say, in one form."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, oracles.Symbol | _structured.Token):
        return ("token", str(value))
    if isinstance(value, tuple):
        return (value[0], str(value[1]) if value[0] == "bytes" else int(value[1]))
    return value


@settings(max_examples=4000, deadline=None)
@given(STRUCTURED)
def test_structured_fields(text: str) -> None:
    text = text.strip(" \t")
    for mine, theirs in (
        (_structured.structured_dictionary, oracles.Fields.whole_dictionary),
        (_structured.structured_item, oracles.Fields.whole_item),
    ):
        try:
            expected: object = plain(theirs(oracles.Fields(text)))
        except oracles.Broken:
            expected = "broken"
        try:
            found: object = plain(mine([text]))
        except _structured.Invalid:
            found = "broken"
        assert found == expected


LISTS = st.lists(
    pieces(
        "nosniff",
        "NOSNIFF",
        ",",
        ", ",
        '"',
        "\\",
        " ",
        "deny",
        "DENY",
        "SAMEORIGIN",
        "allowall",
        "",
        "x",
        "no-referrer",
        "unsafe-url",
        "\t",
    ),
    max_size=3,
)


@MANY
@given(LISTS)
def test_lists(fields: list[str]) -> None:
    fields = [field.strip(" \t") for field in fields]
    values = oracles.decoded_and_split(fields)
    assert _fields.nosniff(fields) is (bool(values) and values[0].lower() == "nosniff")
    assert _fields.x_frame_options(fields) == oracles.x_frame_options(fields)
    known = [value.lower() for value in values if value.lower() in _fields.REFERRER_POLICIES]
    assert _fields.referrer_policy(fields, None) == (known[-1] if known else None)


MEDIA = pieces(
    "text/html",
    "text/plain",
    "application/json",
    ";",
    "; ",
    "charset",
    "=",
    "utf-8",
    '"utf-8"',
    '"',
    "\\",
    ",",
    " ",
    "*/*",
    "text",
    "/",
    "charset=x",
    "boundary=a",
    "=;",
    "TEXT/HTML",
    "\n",
)


@MANY
@given(st.lists(MEDIA, max_size=3))
def test_media_types(fields: list[str]) -> None:
    fields = [field.strip(" \t") for field in fields]
    found = _mime.media_type(fields)
    assert (None if found is None else tuple(found)) == oracles.extracted(fields)


COOKIES = pieces(
    "a",
    "sessionid",
    "__Host-",
    "__host-",
    "__Secure-",
    "__Http-",
    "__Host-Http-",
    "=",
    "1",
    ";",
    "; ",
    "Secure",
    "; Secure",
    "; HttpOnly",
    "; Path=/",
    "; Path=/a",
    "; Domain=",
    "; Domain=shop.example.org",
    "; domain=.example.org",
    "; Domain=org",
    "; Domain=example.com",
    "; Domain=.",
    "; SameSite=Lax",
    "; samesite=none",
    "; SameSite=x",
    "; Max-Age=0",
    "; Max-Age=60",
    "; Max-Age=-",
    "; Max-Age=1x",
    "; Max-Age=-5",
    "\t",
    "\x7f",
    "\x01",
    "é",
    "; path",
)


@MANY
@given(COOKIES)
def test_cookies(field: str) -> None:
    mine, expected = _cookies.parse_cookie(field), oracles.cookie(field, "shop.example.org")
    if mine is None or expected is None:
        assert (mine, expected) == (None, None)
        return
    same = dict(expected)
    age = same.pop("age")
    if any(ord(char) > 255 for char in field):
        same["size"] = mine.size  # of what a server sends every character is an octet
    assert {name: getattr(mine, name) for name in same if name != "scope"} == {
        name: value for name, value in same.items() if name != "scope"
    }
    if not any(ord(char) > 127 for char in mine.domain):
        assert mine.scope("shop.example.org") == same["scope"]
    if isinstance(age, int) and abs(age) < 10**17:
        assert mine.expires(0.0) == float(age)
        assert mine.deletes(1.8e9) is (age <= 0)


@MANY
@given(
    st.integers(1600, 2200),
    st.integers(1, 12),
    st.integers(1, 32),
    st.integers(0, 24),
    st.integers(0, 60),
    st.integers(0, 60),
    st.permutations([0, 1, 2, 3]),
    st.sampled_from([" ", "-", ", ", "/", "\t", "-- "]),
    st.booleans(),
    st.sampled_from(["", "Wed, ", "GMT "]),
)
def test_dates_of_cookies(
    year: int,
    month: int,
    day: int,
    hour: int,
    minute: int,
    second: int,
    order: list[int],
    between: str,
    short: bool,
    word: str,
) -> None:
    names = "Jan Feb Mar Apr May June July AUG Sept oct NOVEMBER Dec".split()
    two = short and 1970 <= year <= 2069
    written = [f"{hour}:{minute:02}:{second:02}", str(day), names[month - 1], f"{year % 100:02}" if two else str(year)]
    if two and order.index(3) < order.index(1):
        return  # the first number of two digits is the day
    expected = oracles.unix(year, month, day, hour, minute, second) if year >= 1601 else None
    assert _cookies.cookie_date(word + between.join(written[index] for index in order)) == expected


SOURCE = st.sampled_from(
    [
        "'self'",
        "'none'",
        "'unsafe-inline'",
        "'UNSAFE-INLINE'",
        "'unsafe-eval'",
        "'strict-dynamic'",
        "*",
        "https:",
        "http:",
        "HTTPS:",
        "data:",
        "https://*",
        "http://*",
        "*:8443",
        "*:*",
        "https://*:443",
        "static.self.example",
        "https://cdn.good.example/lib/",
        "*.good.example",
        "'nonce-q1R8c2VjdXJlTm9uY2U5'",
        "'nonce-$$$'",
        "'nonce-'",
        "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
        "'sha1-AAAA'",
        "self",
        "'unsafe-hashes'",
        "blob:",
    ]
)
DIRECTIVE = st.tuples(
    st.sampled_from(
        [
            "default-src",
            "script-src",
            "Script-Src",
            "script-src-elem",
            "script-src-attr",
            "object-src",
            "img-src",
            "base-uri",
            "frame-ancestors",
            "form-action",
            "upgrade-insecure-requests",
        ]
    ),
    st.lists(SOURCE, max_size=3),
).map(lambda given: " ".join([given[0], *given[1]]))
POLICY = st.lists(DIRECTIVE, max_size=4).map("; ".join)
# Where an attacker's script may be, one for each way in.
STRANGERS = (
    "https://evil.test/x.js",
    "http://evil.test/x.js",
    "https://evil.test:8443/x.js",
    "http://evil.test:8443/x.js",
)


@settings(max_examples=4000, deadline=None)
@given(st.lists(POLICY, max_size=3), st.lists(POLICY, max_size=1), st.sampled_from([", ", None]))
def test_what_a_policy_lets_through(headers: list[str], metas: list[str], joined: str | None) -> None:
    fields = [joined.join(headers)] if joined else headers
    judged = _csp.judge(fields, metas)
    policies = oracles.csp_policies(fields, metas)
    if judged is None:
        assert not policies
        return
    assert judged.policies == len(policies)
    elements = oracles.restricts(policies, oracles.ELEMENT)
    handlers = oracles.restricts(policies, oracles.HANDLER)
    assert judged.script_src is (elements and handlers)
    inline = elements and oracles.runs_inline(policies, oracles.ELEMENT)
    assert ("'unsafe-inline'" in judged.script_holes) is inline
    in_handlers = handlers and oracles.runs_inline(policies, oracles.HANDLER)
    assert ("'unsafe-inline' event handlers" in judged.script_holes) is (in_handlers and not inline)
    evaluates = oracles.restricts(policies, oracles.EVAL) and oracles.runs_eval(policies)
    assert ("'unsafe-eval'" in judged.script_holes) is evaluates
    for holes, names, script in (
        (judged.script_holes, oracles.ELEMENT, True),
        (judged.object_holes, oracles.OBJECT, False),
    ):
        restricted = oracles.restricts(policies, names)
        data = restricted and oracles.loads(policies, names, "data:text/html,x", script=script)
        assert ("data:" in holes) is data
        strangers = restricted and any(oracles.loads(policies, names, url, script=script) for url in STRANGERS)
        assert any(not hole.startswith("'") and hole != "data:" for hole in holes) is strangers
    asked = (
        *STRANGERS,
        "https://self.example/a",
        "https://static.self.example/a",
        "https://cdn.good.example/lib/a",
        "https://self/a",
        "data:text/html,x",
        "blob:x",
    )
    nothing = any(
        all(not oracles.loads([policy], oracles.OBJECT, url) for url in asked)
        for policy in policies
        if oracles.restricts([policy], oracles.OBJECT)
    )
    assert judged.object_none is nothing
    for name, kind in (
        ("base-uri", judged.base_uri),
        ("form-action", judged.form_action),
        ("frame-ancestors", judged.frame_ancestors),
    ):
        _a_target(policies, name, kind, asked)


def _a_target(policies: list[dict[str, list[str]]], name: str, kind: str, asked: tuple[str, ...]) -> None:
    """Of one policy that names it the kind is exact; of several it is the strictest of theirs."""
    kinds = ["none", "self", "hosts", "open"]
    found = []
    for policy in policies:
        if name in policy:
            let = {url for url in asked if oracles.loads([policy], [name], url)}
            found.append("none" if not let else "open" if let & set(STRANGERS) else "hosts")
            if let == {"https://self.example/a"}:
                found[-1] = "self"
    assert kind == (min(found, key=kinds.index) if found else "absent")


def test_the_oracle_itself() -> None:
    """A few answers that the specifications give as examples."""
    assert oracles.hsts("max-age=31536000 ; includeSubDomains") == (31536000, True)
    assert oracles.hsts("includeSubDomains") is None
    assert plain(oracles.Fields("a=?0, b, c; foo=bar").whole_dictionary()) == {"a": False, "b": True, "c": True}
    assert oracles.decoded_and_split(['"nosniff', ""]) == ['"nosniff,']
    assert oracles.decoded_and_split(["nosniff,"]) == ["nosniff", ""]
    assert oracles.extracted(["text/plain;charset=gbk, text/html;x=y"]) == ("text/html", "")
    assert oracles.extracted(["text/html;charset=gbk;a=b, text/html;x=y"]) == ("text/html", "gbk")
    assert set(string.digits) < oracles.TCHAR
