"""Routes of nginx: what holds at each place, by nginx's own rules."""

import pytest

from hardencheck.collect.resolve._nginx import places, why_absent
from hardencheck.collect.resolve._nginx_values import parse_time
from hardencheck.collect.resolve._routes import Route, echoed
from tests.proxies.reading import facts_of, routes_of

PASS = "proxy_pass http://app:8000;"


def routes(text: str, name: str = "nginx.conf", **more: str) -> list[Route]:
    return routes_of({name: text, **more})


def only(text: str, **more: str) -> Route:
    [route] = [route for route in routes(text, **more) if route.hands_on]
    return route


def sent(route: Route, status: int = 200) -> list[str]:
    """Fields that are added to or set on a response, "name: value"; an unknown value is "?"."""
    return [
        f"{change.name}: {'?' if change.doubt else change.value}"
        for change in route.headers
        if change.does in {"add", "set"} and (change.statuses is None or status in change.statuses)
    ]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("60", 60), ("60s", 60), ("1m", 60), ("1h 30m", 5400), ("1h30m", 5400), ("500ms", 0.5), ("1M", 2592000), ("0", 0)],
)
def test_times(text: str, seconds: float) -> None:
    assert parse_time(text) == seconds


@pytest.mark.parametrize("text", ["", "$x", "m", "1x", "1.5s", "-1"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_time(text)


def test_a_content_length_is_compared_where_the_path_leads_and_a_chunked_body_where_it_is_read() -> None:
    """As measured with nginx 1.22: `try_files` to a named location does not look at the length again."""
    text = f"""server {{
        location / {{ client_max_body_size 1k; try_files $uri @app; }}
        location /b {{ client_max_body_size 3k; try_files $uri @app; }}
        location @app {{ client_max_body_size 2k; {PASS} }}
    }}"""
    found = {route.path: route for route in routes(text) if route.hands_on}
    assert {path: route.body.max_bytes for path, route in found.items()} == {"/": 1024, "/b": 3072}
    assert {route.body_chunked.max_bytes for route in found.values() if route.body_chunked} == {2048}
    assert {route.where.line for route in found.values()} == {4}


def test_a_body_that_nobody_reads_is_not_counted_when_it_is_chunked() -> None:
    [route] = routes("server { return 301 https://x; }")
    assert not route.body.counts_chunked and route.answers == 301 and route.redirects_to_https and not route.hands_on


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("", ["x-frame-options: DENY", "vary: a"]),
        ("add_header Vary b;", ["vary: b"]),
        ('add_header Vary "";', ["vary: "]),
        ("add_header_inherit merge; add_header Vary b;", ["x-frame-options: DENY", "vary: a", "vary: b"]),
        ("add_header_inherit off;", []),
        ("expires 1h;", ["expires: ?", "cache-control: max-age=3600", "x-frame-options: DENY", "vary: a"]),
        ("expires -1;", ["expires: ?", "cache-control: no-cache", "x-frame-options: DENY", "vary: a"]),
        ("more_set_headers 'Vary: c';", ["vary: c", "x-frame-options: DENY", "vary: a"]),
        ("add_header X-Token abc;", ["x-token: ?"]),
        ("add_header Vary $http_x;", ["vary: ?"]),
        ("set $v 1; set $v ${v}2; add_header Vary $v;", ["vary: 12"]),
        ("set $v 1; if ($x) { set $v 2; } add_header Vary $v;", ["vary: ?"]),
        ("add_header Vary $same;", ["vary: one"]),
        ("add_header Vary $several;", ["vary: ?"]),
    ],
)
def test_response_fields(inner: str, expected: list[str]) -> None:
    text = f"""http {{
        map $uri $same {{ default one; }}
        map $uri $several {{ default one; a two; }}
        server {{
            add_header X-Frame-Options DENY always;
            add_header Vary a;
            location / {{ {inner} {PASS} }}
        }}
    }}"""
    assert sent(only(text)) == expected
    assert not any("vary" in one for one in sent(only(text), 404) if "more_set" not in inner)


def test_fields_of_the_upstream_that_are_not_passed_on() -> None:
    text = f"server {{ proxy_hide_header X-Powered-By; proxy_pass_header Server; location / {{ {PASS} }} }}"
    removed = {change.name for change in only(text).headers if change.does == "remove" and not change.own}
    assert {"x-powered-by", "date"} <= removed and "server" not in removed
    text = "server { location / { uwsgi_pass app:3031; } }"
    assert not {"server", "date"} & {change.name for change in only(text).headers if change.does == "remove"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"server {{ proxy_set_header A 1; location / {{ {PASS} proxy_set_header Host $host; }} }}", {"host": "$host"}),
        (f"server {{ proxy_set_header Host $host; location / {{ {PASS} }} }}", {"host": "$host"}),
        (f"server {{ location / {{ {PASS} }} }}", {"host": "$proxy_host"}),
        (f"server {{ location / {{ {PASS} proxy_set_header X-Api-Key abc; }} }}",
         {"host": "$proxy_host", "x-api-key": "…"}),
        ("server { location / { uwsgi_pass a; uwsgi_param HTTP_X_FORWARDED_PROTO $scheme; uwsgi_param UWSGI_X 1; } }",
         {"x-forwarded-proto": "$scheme"}),
        (f"server {{ location / {{ {PASS} include proxy_params; }} }}",
         {"host": "$http_host", "x-real-ip": "$remote_addr", "x-forwarded-for": "$proxy_add_x_forwarded_for",
          "x-forwarded-proto": "$scheme"}),
    ],
)  # fmt: skip
def test_request_fields(text: str, expected: dict[str, str]) -> None:
    assert {name: value for name, value, _ in only(text).request} == expected


def test_a_file_of_parameters_in_the_repository_is_read() -> None:
    route = only(
        f"server {{ location / {{ {PASS} include proxy_params; }} }}", proxy_params="proxy_set_header Host x;\n"
    )
    assert [(name, value, str(where)) for name, value, where in route.request] == [("host", "x", "proxy_params:1")]


@pytest.mark.parametrize(
    ("passes", "expected"),
    [
        ("proxy_pass http://app;", ("http://a:1", "unix:/run/b.sock")),
        ("proxy_pass http://other:80/x/;", ("http://other:80",)),
        ("proxy_pass http://unix:/run/app.sock:/x;", ("unix:/run/app.sock",)),
        ("proxy_pass http://app:8000$request_uri;", ("http://app:8000",)),
        ("set $to http://web:1; proxy_pass $to;", ("http://web:1",)),
        ("proxy_pass http://$host;", ()),
        ("uwsgi_pass app;", ("uwsgi://a:1", "unix:/run/b.sock")),
        ("fastcgi_pass unix:/run/app.sock;", ("unix:/run/app.sock",)),
    ],
)
def test_upstreams(passes: str, expected: tuple[str, ...]) -> None:
    text = f"upstream app {{ server a:1; server unix:/run/b.sock; }} server {{ location / {{ {passes} }} }}"
    assert only(text).upstreams == expected


@pytest.mark.parametrize(
    ("listen", "tls"),
    [("", False), ("listen 80;", False), ("listen 443 ssl;", True), ("listen 80; listen 443 ssl;", None),
     ("listen 443; ssl on;", True), ("listen ${PORT};", None)],
)  # fmt: skip
def test_tls(listen: str, tls: bool | None) -> None:
    assert only(f"server {{ {listen} location / {{ {PASS} }} }}").tls is tls


def test_a_scheme_that_is_asked_for_redirects() -> None:
    text = f"server {{ if ($http_x_forwarded_proto = http) {{ return 301 https://$host; }} location / {{ {PASS} }} }}"
    assert only(text).redirects_to_https
    assert not only(text.replace("$http_x_forwarded_proto", "$uri")).redirects_to_https


def test_timeouts() -> None:
    text = f"server {{ client_body_timeout 1h; location / {{ {PASS} proxy_read_timeout $x; }} }}"
    found = {one.setting: one for one in only(text).timeouts}
    assert (found["client_body_timeout"].seconds, found["client_body_timeout"].default) == (3600, False)
    assert found["proxy_read_timeout"].doubt and found["keepalive_timeout"].seconds == 75


@pytest.mark.parametrize(
    ("text", "known"),
    [
        # The same directive beside it would be an error of nginx; one further in would hold.
        (f"server {{ client_max_body_size 1m; include x.conf; location / {{ {PASS} }} }}", True),
        (f"server {{ client_max_body_size 1m; location / {{ include x.conf; {PASS} }} }}", False),
        (f"server {{ include x.conf; location / {{ {PASS} }} }}", False),
        (f"server {{ include mime.types; location / {{ {PASS} }} }}", True),
        (f"server {{ location / {{ {PASS} {{{{ more }}}}\n }} }}", False),
        (f"server {{ location / {{ {PASS}\n {{{{ more }}}}\n }} }}", False),
        (f"server {{\n{{% if big %}}\nclient_max_body_size 0;\n{{% endif %}}\nlocation / {{ {PASS} }} }}", False),
        (f"server {{\n{{{{- if .big }}}}\nclient_max_body_size 0;\n{{{{- end }}}}\nlocation / {{ {PASS} }} }}", False),
        (f"server {{\n<% if @big %>\nclient_max_body_size 0;\n<% end %>\nlocation / {{ {PASS} }} }}", False),
        (f"server {{\n{{% if x %}}\n{{% endif %}}\nclient_max_body_size 2m;\nlocation / {{ {PASS} }} }}", True),
        (f"server {{ client_max_body_size ${{MAX}}; location / {{ {PASS} }} }}", False),
    ],
)
def test_what_may_hold_instead(text: str, known: bool) -> None:
    assert (only(text).body.doubt is None) is known


def test_a_template_that_another_includes_is_read_there() -> None:
    files = {
        "nginx/site.conf.j2": f"server {{\n{{% include 'limits.conf.j2' %}}\nlocation / {{ {PASS} }} }}",
        "nginx/limits.conf.j2": "client_max_body_size 3m;\n",
    }
    [route] = routes_of(files)
    assert (route.body.max_bytes, str(route.body.where)) == (3 << 20, "nginx/limits.conf.j2:1")


def test_what_a_map_is_keyed_by_is_not_kept() -> None:
    text = (
        "map $http_x_api_key $allowed { default 0; hunter2hunter2 1; }\nserver { location / { return 200 hunter2; } }"
    )
    assert "hunter2" not in repr(facts_of({"nginx.conf": text}).of("nginx.file"))


def test_two_branches_that_together_are_no_configuration() -> None:
    text = f"server {{\n{{% if x %}}\nlocation / {{\n{{% else %}}\nlocation /x {{\n{{% endif %}}\n{PASS} }} }}"
    [route] = routes(text)
    assert (route.path, route.where.line) == ("/", 3)


def test_another_format_with_braces_is_not_a_broken_nginx() -> None:
    facts = facts_of({"logstash.conf": "output {\n  http {\n    url => 'x'\n  }\n}\n"})
    assert not facts.of("nginx.file") and not facts.gaps
    assert facts_of({"conf/nginx.conf": "http {\n    server {\n"}).gaps


def test_one_path_that_leads_elsewhere_is_no_redirect_of_the_site() -> None:
    assert not any(route.redirects_to_https for route in routes("server { location /a { return 301 https://b; } }"))
    assert not any(route.redirects_to_https for route in routes("server { listen 443 ssl; return 301 https://b; }"))
    assert any(route.redirects_to_https for route in routes("server { rewrite ^ https://b permanent; }"))


@pytest.mark.parametrize(
    ("value", "field"),
    [("$http_origin", "origin"), ("${http_x_a}", "x-a"), ("{http.request.header.Origin}", "origin"),
     ("%{Origin}i", "origin"),
     ("{header.Origin}", "origin"), ("x$http_origin", ""), ("*", ""), ("%{HTTP_HOST}", "")],
)  # fmt: skip
def test_what_is_sent_back(value: str, field: str) -> None:
    assert echoed(value) == field


def test_a_return_of_the_server_comes_before_its_locations() -> None:
    text = "server { listen 80; return 301 https://$host; location / { proxy_pass http://a; } "
    text += "location @b { proxy_pass http://b; } }"
    found = routes_of({"nginx.conf": text})
    assert [(route.name, route.hands_on) for route in found] == [("server", False), ("server, location @b", True)]


def test_a_return_comes_before_the_address_beside_it() -> None:
    [route] = [one for one in routes_of({"nginx.conf": "server { location / { return 204; proxy_pass http://a; } }"})]
    assert (route.hands_on, route.answers) == (False, 204)


def test_an_include_that_goes_round_is_not_said_to_be_absent() -> None:
    ring = {
        "conf/a.conf": "client_max_body_size 1m; include conf/b.conf;",
        "conf/b.conf": "client_body_timeout 9s; include conf/a.conf;",
    }
    text = f"http {{ include conf/a.conf; server {{ location / {{ {PASS} }} }} }}"
    facts = facts_of({"nginx.conf": text, **ring})
    [doubt] = {why_absent(held) for place in places(facts) for held in place.missing}
    assert doubt.text == "it may be in conf/a.conf: it includes itself, which nginx refuses"


def test_a_pattern_of_a_folder_takes_no_other_folder() -> None:
    text = "http { server { include limits/*.conf; location / { proxy_pass http://a; } } }"
    other = "client_max_body_size 9m;\nadd_header X-Frame-Options DENY;\n"
    [route] = [one for one in routes_of({"nginx.conf": text, "other/x.conf": other}) if one.path == "/"]
    assert route.body.doubt is not None
    [route] = [one for one in routes_of({"nginx.conf": text, "etc/limits/x.conf": other}) if one.path == "/"]
    assert route.body.max_bytes == 9 << 20
