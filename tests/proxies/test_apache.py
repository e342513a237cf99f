"""Configurations of Apache httpd: the tokenizer, what holds where, and bad input."""

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardencheck.collect.contract import Unreadable
from hardencheck.collect.extract.apache import directives, words
from hardencheck.collect.resolve._proxies import troubles
from hardencheck.collect.resolve._routes import Route
from tests.proxies.reading import facts_of, routes_of, sent


def site(text: str, **more: str) -> dict[str, Route]:
    return {route.path: route for route in routes_of({"apache2/site.conf": text, **more})}


WSGI = "WSGIScriptAlias / /srv/app/wsgi.py\n"
PROXY = "ProxyPass / http://127.0.0.1:8000/\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("A b  c\td", ["A", "b", "c", "d"]),
        ('A "b c" \'d "e\'', ["A", "b c", 'd "e']),
        (r'A "b \" c"', ["A", 'b " c']),
        (r"A b\c", ["A", r"b\c"]),
        (r"A b\\c", ["A", r"b\c"]),
        (r'A "b\\" c', ["A", "b\\", "c"]),
        ('A "open', ["A", "open"]),
        ("", [""]),
        ('A ""', ["A", ""]),
    ],
)
def test_words(line: str, expected: list[str]) -> None:
    assert words(line) == expected


def test_lines_go_on_after_a_backslash_in_comments_too() -> None:
    found = directives("# no \\\nServerTokens Prod\nTimeout \\\n  30\nTraceEnable off\n")
    assert [(one.name, one.line, one.args) for one in found] == [
        ("timeout", 3, ("30",)),
        ("traceenable", 5, ("off",)),
    ]


@pytest.mark.parametrize(
    "text", ["<Location /", "<Location />\n", "</Location>", "<Location />\n</Directory>", "<Location />\n" * 40]
)
def test_what_is_not_apache_is_said_to_be_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        directives(text)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("<>/ \\\n\r\"'#A{}$%=.\x00é"), max_size=200))
def test_anything_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(Unreadable):
        directives(text)


def test_much_is_read_in_no_time() -> None:
    start = time.process_time()
    directives("Header set A b\n" * 40_000)
    with contextlib.suppress(Unreadable):
        directives("A \\\n" * 40_000)
    with contextlib.suppress(Unreadable):
        directives('A "' + "\\" * 200_000)
    assert time.process_time() - start < 10


def test_fields_of_two_tables() -> None:
    text = (
        "Header set X-Frame-Options DENY\nHeader always set Vary a\nHeader always append Vary b\n"
        "Header unset Link\nHeader always unset Via\nHeader set X-Token abc\n" + PROXY
    )
    route = site(text)["/"]
    assert sent(route) == [
        "set x-frame-options: DENY", "remove link: None", "set x-token: ?", "add vary: a, b",
    ]  # fmt: skip
    assert sent(route, 502, upstream=False) == ["add vary: a, b"]


@pytest.mark.parametrize(
    ("edit", "expected"),
    [("edit Vary a b", "b, a"), ("edit* Vary a b", "b, b"), ("edit Vary ^a b", "?"), ("edit Vary a $1", "?")],
)
def test_a_field_that_is_edited(edit: str, expected: str) -> None:
    text = f'Header always set Vary "a, a"\nHeader always {edit}\n{PROXY}'
    assert sent(site(text)["/"]) == [f"add vary: {expected}"]


def test_files_of_its_own_have_the_first_table_where_they_are_found() -> None:
    route = site("DocumentRoot /srv/www\nHeader set X-Frame-Options DENY\nHeader always set Vary a\n")["/"]
    assert sent(route, 200, upstream=False) == ["set x-frame-options: DENY", "add vary: a"]
    assert sent(route, 404, upstream=False) == ["add vary: a"]
    assert route.serves == "/srv/www" and not route.hands_on


@pytest.mark.parametrize(
    ("engine", "expected"),
    [("on", ["add strict-transport-security: max-age=1"]), ("off", []), ("${X}", ["add strict-transport-security: ?"])],
)
def test_a_condition_on_https_is_known_where_tls_is(engine: str, expected: list[str]) -> None:
    text = (
        f"<VirtualHost *:443>\nServerName a.example\nSSLEngine {engine}\n"
        f'Header always set Strict-Transport-Security "max-age=1" env=HTTPS\n{PROXY}</VirtualHost>\n'
    )
    if engine == "${X}":
        text = text.replace("*:443", "*:${PORT}")
    assert sent(site(text)["/"]) == expected


@pytest.mark.parametrize(
    ("text", "path", "limit"),
    [
        # Not asked of what is proxied, whatever is written.
        (f"LimitRequestBody 1000\n{PROXY}", "/", None),
        (WSGI + "LimitRequestBody 1000\n", "/", 1000),
        (WSGI + "LimitRequestBody 0\n", "/", None),
        ("LimitRequestBody 9\n" + WSGI + "<Directory /srv/app>\nLimitRequestBody 8\n</Directory>\n",
         "/", 8),
        (WSGI + "<Location /up>\nLimitRequestBody 7\n</Location>\n"
         "<Directory /srv/app>\nLimitRequestBody 8\n</Directory>\n", "/up", 7),
        (WSGI + "<Directory /other>\nLimitRequestBody 8\n</Directory>\nLimitRequestBody 6\n",
         "/", 6),
        (WSGI + "<LocationMatch ^/up/.*>\nLimitRequestBody 5\n</LocationMatch>\n", "/up/", 5),
    ],
)  # fmt: skip
def test_limits(text: str, path: str, limit: int | None) -> None:
    route = site(text)[path]
    assert (route.hands_on, route.body.max_bytes, route.body.doubt) == (True, limit, None)


def test_a_limit_nobody_sets_depends_on_the_version() -> None:
    assert site(WSGI)["/"].body.doubt
    assert site(WSGI + "<If true>\nLimitRequestBody 1\n</If>\n")["/"].body.doubt


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PROXY, {"/": ("http://127.0.0.1:8000",)}),
        ("ProxyPass /static !\n" + PROXY, {"/": ("http://127.0.0.1:8000",)}),
        ("<Location /static>\nProxyPass !\n</Location>\n" + PROXY, {"/": ("http://127.0.0.1:8000",)}),
        ("<Location /api>\nProxyPass http://api:1/\n</Location>\n" + PROXY,
         {"/": ("http://127.0.0.1:8000",), "/api": ("http://api:1",)}),
        ("ProxyPass / unix:/run/app.sock|http://localhost/\n", {"/": ("unix:/run/app.sock",)}),
        ("<Proxy balancer://app>\nBalancerMember http://a:1\nBalancerMember http://b:2\n</Proxy>\n"
         "ProxyPass / balancer://app/\n",
         {"/": ("http://a:1", "http://b:2")}),
        ("RewriteEngine On\nRewriteCond %{HTTP:Upgrade} websocket [NC]\nRewriteRule ^/ws/(.*) ws://app:1/$1 [P]\n"
         "RewriteRule ^/(.*)$ http://app:1/$1 [P,L]\n", {"/": ("http://app:1",)}),
        ("ProxyPassMatch ^/api/(.*)$ http://api:1/$1\n", {"/api/": ("http://api:1",)}),
        ("WSGIScriptAlias / /srv/app/wsgi.py process-group=x\n", {"/": ("wsgi:/srv/app/wsgi.py",)}),
        ("<FilesMatch \\.php$>\nSetHandler proxy:fcgi://php:9000\n</FilesMatch>\nDocumentRoot /srv\n",
         {"~ \\.php$": ("fcgi://php:9000",)}),
        ("Define TO http://app:9\nProxyPass / ${TO}/\n", {"/": ("http://app:9",)}),
        ("ProxyPass / ${BACKEND}/\n", {"/": ()}),
        ("<Macro Site $name $port>\nProxyPass /$name http://$name:$port/\n</Macro>\nUse Site shop 81\n",
         {"/shop": ("http://shop:81",)}),
        ("<IfModule mod_proxy.c>\n" + PROXY + "</IfModule>\n", {"/": ("http://127.0.0.1:8000",)}),
        ("<IfModule !mod_proxy.c>\n" + PROXY + "</IfModule>\nDocumentRoot /x\n", {}),
        ("<IfVersion < 2.4>\n" + PROXY + "</IfVersion>\nDocumentRoot /x\n", {}),
    ],
)  # fmt: skip
def test_where_requests_go(text: str, expected: dict[str, tuple[str, ...]]) -> None:
    assert {
        path: route.upstreams for path, route in site(text).items() if route.upstreams or route.hands_on
    } == expected


@pytest.mark.parametrize(
    "text",
    ["Redirect permanent / https://a.example/\n", "Redirect 301 / https://a.example/\n",
     "RewriteEngine on\nRewriteCond %{HTTPS} off\nRewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=301,L]\n",
     "RedirectMatch 301 ^/(.*) https://a.example/$1\n",
     "RewriteEngine On\nRewriteCond %{HTTPS} !=on\nRewriteRule ^/?(.*) https://%{SERVER_NAME}/$1 [R,L]\n"],
)  # fmt: skip
def test_a_redirect_to_https(text: str) -> None:
    [route] = routes_of({"a.conf": f"<VirtualHost *:80>\nServerName a.example\n{text}</VirtualHost>\n"})
    assert route.redirects_to_https and route.hosts == ("a.example",) and route.tls is False


def test_no_redirect_to_https() -> None:
    for text in (
        "Redirect /old https://a.example/\n",
        "RewriteCond %{HTTP_USER_AGENT} x\nRewriteRule ^ https://b/ [R]\n",
    ):
        assert not any(route.redirects_to_https for route in site(text + PROXY).values())


def test_request_fields() -> None:
    text = "ProxyPreserveHost On\nRequestHeader set X-Forwarded-Proto https\nRequestHeader unset X-Real-IP\n" + PROXY
    assert {name: value for name, value, _ in site(text)["/"].request} == {
        "host": "%{HTTP_HOST}", "x-forwarded-for": "appended", "x-forwarded-host": "appended",
        "x-forwarded-server": "appended", "x-forwarded-proto": "https", "x-real-ip": "",
    }  # fmt: skip


def test_timeouts() -> None:
    found = {
        one.setting: one.seconds
        for one in site("Timeout 300\nRequestReadTimeout header=0 body=5-30,MinRate=1\n" + PROXY)["/"].timeouts
    }
    assert found["Timeout"] == 300 and found["RequestReadTimeout header"] is None
    assert found["RequestReadTimeout body"] == 30


def test_includes_of_the_repository() -> None:
    files = {
        "apache/apache2.conf": "ServerTokens Prod\nIncludeOptional sites-enabled/*.conf\nInclude conf/none.conf\n",
        "apache/sites-available/app.conf": f"<VirtualHost *:80>\n{PROXY}</VirtualHost>\n",
    }
    [route] = routes_of(files)
    assert [change.value for change in route.headers if change.name == "server"] == ["Apache"]
    assert route.doubts[0].text == "it may be in conf/none.conf, which is not in the repository"


def test_a_ring_of_includes_ends() -> None:
    files = {"a.conf": f"Include b.conf\n{PROXY}", "b.conf": f"Include a.conf\n{PROXY}"}
    assert routes_of(files)
    assert site("<Macro A>\nUse A\n</Macro>\nUse A\n" + PROXY)


@pytest.mark.parametrize(
    ("path", "text", "wanted"),
    [
        ("nginx.conf", "server {\n}\n", False),
        (".htaccess", "Options -Indexes\n", True),
        ("logrotate.conf", "weekly\ncompress\n", False),
        ("app.conf", "[section]\nkey = value\n", False),
        ("sites-available/x", "<VirtualHost *:80>\n</VirtualHost>\n", True),
    ],
)
def test_the_name_proposes_and_the_content_decides(path: str, text: str, wanted: bool) -> None:
    assert bool(facts_of({path: text}).of("apache.file")) is wanted


def test_arguments_that_may_be_secret_are_not_kept() -> None:
    text = (
        "SetEnv SECRET hunter2\nHeader set X-Auth hunter2\nRequestHeader set Authorization hunter2\n"
        "Define DB_PASSWORD hunter2\n" + PROXY
    )
    assert "hunter2" not in repr(facts_of({"apache.conf": text}).of("apache.file"))


RULE = "RewriteRule ^ https://a.example%{REQUEST_URI} [R=301,L]\n"


@pytest.mark.parametrize(
    ("main", "host", "asked"),
    [
        ("", "RewriteEngine on\n" + RULE, True),
        ("", RULE, False),
        ("", "RewriteEngine off\n" + RULE, False),
        ("RewriteEngine on\n", RULE, True),  # the switch is inherited
        ("RewriteEngine on\n" + RULE, "RewriteEngine on\n", False),  # the rules are not
        ("RewriteEngine on\n" + RULE, "RewriteEngine on\nRewriteOptions Inherit\n", True),
        ("", "Include elsewhere.conf\n" + RULE, True),  # it may be on there
    ],
)
def test_rules_are_asked_where_rewriting_is_on(main: str, host: str, asked: bool) -> None:
    found = site(f"{main}<VirtualHost *:80>\n{host}ProxyPass / http://127.0.0.1:8000/\n</VirtualHost>\n")
    assert found["/"].redirects_to_https is asked
    assert found["/"].hands_on is not asked


def test_redirects_of_a_host_come_before_those_of_the_main_server() -> None:
    found = site("Redirect /a http://main/\n<VirtualHost *:80>\nRedirect 301 /a http://host/\n</VirtualHost>\n")
    assert found["/a"].answers == 301


def test_a_section_for_an_expression_hands_on() -> None:
    text = "<VirtualHost *:80>\n<LocationMatch ^/app[0-9]>\nProxyPassMatch http://app:8000\n</LocationMatch>\n</VirtualHost>\n"
    [route] = routes_of({"a.conf": text})
    assert (route.path, route.upstream, route.hands_on) == ("~ ^/app[0-9]", "http://app:8000", True)


@pytest.mark.parametrize(
    ("pattern", "holds"),
    [("*", True), ("http://app:8000/*", True), ("http://app:8000", True), ("http://other/*", False), ("http", True)],
)
def test_a_proxy_section_is_for_its_addresses(pattern: str, holds: bool) -> None:
    proxied = f"<Proxy {pattern}>\nHeader set X-Frame-Options DENY\n</Proxy>\nProxyPass / http://app:8000/\n"
    [route] = routes_of({"a.conf": f"<VirtualHost *:80>\n{proxied}</VirtualHost>\n"})
    assert ("set x-frame-options: DENY" in sent(route)) is holds


def test_https_may_be_switched_on_in_a_file_that_is_not_here() -> None:
    host = "<VirtualHost *:443>\n{}ProxyPass / http://app:8000/\n</VirtualHost>\n"
    assert site(host.format(""))["/"].tls is False
    assert site(host.format("Include /etc/letsencrypt/options-ssl-apache.conf\n"))["/"].tls is None


def test_a_timeout_that_is_no_number_is_not_known() -> None:
    text = "Timeout ${T}\nProxyTimeout 1h\nKeepAliveTimeout 1500ms\nProxyPass / http://a/\n"
    found = {one.setting: one for one in site(text)["/"].timeouts}
    assert found["Timeout"].doubt is not None
    assert found["Timeout"].doubt.reason.value == "templated"
    assert found["ProxyTimeout"].doubt is not None
    assert (found["KeepAliveTimeout"].seconds, found["KeepAliveTimeout"].doubt) == (1.5, None)


def test_two_backslashes_go_on_as_one_does() -> None:
    assert [one.name for one in directives("# a \\\\\nTimeout 1\nTraceEnable off\n")] == ["traceenable"]


def test_a_condition_without_a_subject_breaks_nothing() -> None:
    found = directives('RewriteCond\nSSLProtocol ""\n')
    assert [one.name for one in found] == ["rewritecond", "sslprotocol"]
    gaps = facts_of(
        {"a.conf": '<VirtualHost *:80>\nSSLProtocol ""\nRewriteCond\nProxyPass / http://a/\n</VirtualHost>\n'}
    ).gaps
    assert not gaps


HTACCESS = "Options -Indexes\nHeader set X-Frame-Options DENY\nLimitRequestBody 1000\n"


def test_what_stands_beside_the_content_is_a_doubt_where_it_may_be_read() -> None:
    host = f"<Directory /srv>\nAllowOverride {{}}\n</Directory>\nLimitRequestBody 5\n{WSGI}{{}}"
    for allowed, more, doubtful in (("All", "", True), ("None", "", False), ("All", PROXY, False)):
        files = {"a.conf": f"<VirtualHost *:80>\n{host.format(allowed, more)}</VirtualHost>\n", ".htaccess": HTACCESS}
        route = routes_of(files)[0]
        assert bool(route.header_doubts) is doubtful
        assert (route.body.doubt is not None) is doubtful
        assert not troubles(facts_of(files))


def test_what_stands_beside_the_content_alone_is_said_not_to_be_known() -> None:
    assert [(gap.location.line, gap.reason.value) for gap in troubles(facts_of({"public/.htaccess": HTACCESS}))] == [
        (2, "not-supported"), (3, "not-supported"),
    ]  # fmt: skip
    assert not troubles(facts_of({"public/.htaccess": "Header set X-Own 1\nOptions -Indexes\n"}))
    assert not troubles(facts_of({"tests/.htaccess": HTACCESS}))
