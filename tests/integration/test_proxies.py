"""nginx, Apache and Caddy do with random configurations what their routes say, and read files as our parsers do."""

import contextlib
import http.client
import http.server
import json
import random
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from hardencheck.collect.extract.apache import directives as apache_directives
from hardencheck.collect.extract.caddy import directives as caddy_directives
from hardencheck.collect.extract.caddy import tokens
from hardencheck.collect.resolve._routes import Route
from hardencheck.collect.resolve._routes_caddy import parse_size
from hardencheck.model.facts.proxies import Directive
from tests.integration import chains
from tests.proxies.reading import routes_of

NAMES = ("X-Frame-Options", "Referrer-Policy", "Pragma", "Permissions-Policy")
UPSTREAM = [("X-Frame-Options", "up"), ("Pragma", "up")]
Fields = list[tuple[str, str]]


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program, path="/usr/sbin:/usr/bin:/bin") is None, reason=f"no {program}")


class _Backend(http.server.BaseHTTPRequestHandler):
    """Answers with the status that ends the path, and fields of its own."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(int(self.path.rpartition("/")[2]))
        for name, value in UPSTREAM:
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def backend() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Backend)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture
def readable() -> Iterator[Path]:
    """A directory that servers may read which do not run as who starts them."""
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


def ask(port: int, host: str, path: str, body: int | None = None) -> tuple[int, Fields]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with contextlib.closing(connection):
        method = "GET" if body is None else "POST"
        connection.request(method, path, body=b"x" * (body or 0), headers={"Host": host})
        response = connection.getresponse()
        response.read()
        names = {name.lower() for name in NAMES}
        return response.status, sorted((n.lower(), v) for n, v in response.getheaders() if n.lower() in names)


def predicted(route: Route, status: int, *, upstream: bool) -> Fields:
    """The fields of a response after the changes of a route. An answer of the proxy itself begins without any."""
    fields = [(name.lower(), value) for name, value in UPSTREAM] if upstream else []
    names = {name.lower() for name in NAMES}
    for change in route.headers:
        acts = change.upstream if upstream else change.own
        if not acts or change.name not in names or (change.statuses is not None and status not in change.statuses):
            continue
        there = any(name == change.name for name, _ in fields)
        if change.does in {"set", "remove"}:
            fields = [field for field in fields if field[0] != change.name]
        if change.does in {"set", "add"} or (change.does == "default" and not there):
            assert change.doubt is None, change
            if change.value:
                fields.append((change.name, change.value))
    return sorted(fields)


def routes(path: str, text: str, host: str) -> dict[str, Route]:
    return {route.path: route for route in routes_of({path: text}) if host in route.hosts}


def compared(port: int, found: dict[str, Route], host: str, asked: Sequence[tuple[str, str, bool]]) -> None:
    for path, of, upstream in asked:
        status, fields = ask(port, host, path)
        route = found.get(of) or found["/app/"]  # a section without a line of its own
        assert fields == predicted(route, status, upstream=upstream), (host, path, status)


# nginx


def _nginx_lines(draw: random.Random, level: int) -> str:
    lines = []
    for _ in range(draw.choice((0, 0, 1, 2))):
        value = draw.choice((f"v{level}", f"v{level}", "$set", '""'))
        lines.append(f"add_header {draw.choice(NAMES)} {value}{draw.choice(('', ' always'))};")
    if draw.random() < 0.3:
        lines.append(f"client_max_body_size {draw.choice(('1k', '2K', '3000', '0'))};")
    if draw.random() < 0.2:
        lines.append(f"proxy_hide_header {draw.choice(NAMES)};")
    return " ".join(lines)


def _nginx_site(draw: random.Random, number: int) -> str:
    return f"""
  server {{
    listen 127.0.0.1:PORT; server_name s{number}.example; root DIR/www;
    set $set "one{number}"; set $set "$set two";
    {_nginx_lines(draw, 1)}
    location /app/ {{
      {_nginx_lines(draw, 2)} proxy_pass http://127.0.0.1:BACKEND;
      location /app/in/ {{ {_nginx_lines(draw, 3)} proxy_pass http://127.0.0.1:BACKEND; }}
    }}
    location /by/ {{ {_nginx_lines(draw, 4)} try_files $uri @named; }}
    location @named {{ {_nginx_lines(draw, 5)} proxy_pass http://127.0.0.1:BACKEND; }}
    location /files/ {{ {_nginx_lines(draw, 6)} }}
    location /no/ {{ {_nginx_lines(draw, 7)} return 418; }}
  }}"""


@needs("nginx")
@pytest.mark.parametrize("seed", range(3))
def test_nginx(tmp_path: Path, backend: int, seed: int) -> None:
    draw = random.Random(seed)
    port = chains._free()
    sites = "".join(_nginx_site(draw, number) for number in range(25))
    temporary = "".join(
        f"{kind}_temp_path DIR/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    text = f"""daemon off; pid DIR/pid; error_log DIR/error.log; events {{ }}
http {{ access_log off; {temporary} {_nginx_lines(draw, 0)}{sites}
}}"""
    text = text.replace("PORT", str(port)).replace("BACKEND", str(backend)).replace("DIR", str(tmp_path))
    (tmp_path / "www/files").mkdir(parents=True)
    (tmp_path / "www/files/here").write_text("here")
    config = tmp_path / "nginx.conf"
    config.write_text(text)
    asked = [
        ("/app/200", "/app/", True), ("/app/404", "/app/", True), ("/app/in/500", "/app/in/", True),
        ("/by/201", "/by/", True), ("/files/here", "/files/", False), ("/files/none", "/files/", False),
        ("/no/", "/no/", False),
    ]  # fmt: skip
    with chains._process(["nginx", "-c", str(config)], tmp_path, {}, port, tmp_path / "nginx.log"):
        every = [
            route for route in routes_of({"nginx.conf": text}) if route.hands_on or route.path in {"/files/", "/no/"}
        ]
        for number in range(25):
            host = f"s{number}.example"
            found = {route.path: route for route in every if host in route.hosts}
            compared(port, found, host, asked)
            for path in ("/app/200", "/app/in/200", "/by/200"):
                _boundary(port, host, path, found[path[:-3]].body.max_bytes)


def _boundary(port: int, host: str, path: str, limit: int | None) -> None:
    if limit is None:
        assert ask(port, host, path, 5000)[0] == 200
    else:
        assert ask(port, host, path, limit)[0] == 200, (host, path, limit)
        assert ask(port, host, path, limit + 1)[0] == 413, (host, path, limit)


# Apache


def _apache_lines(draw: random.Random, level: int) -> str:
    lines = []
    for _ in range(draw.choice((0, 1, 2, 3))):
        table = draw.choice(("", "always ", "onsuccess "))
        action = draw.choice(("set", "set", "add", "unset", "setifempty", "append"))
        if table.strip() != "always" and action == "append":
            action = "set"  # what comes out depends on the backend
        value = "" if action == "unset" else f' "v{level}{draw.randrange(9)}"'
        lines.append(f"Header {table}{action} {draw.choice(NAMES)}{value}")
    return "\n".join(lines)


def _apache_site(draw: random.Random, number: int) -> str:
    return f"""
<VirtualHost 127.0.0.1:PORT>
ServerName s{number}.example
DocumentRoot DIR/www
{_apache_lines(draw, 1)}
ProxyPass /app/ http://127.0.0.1:BACKEND/
<Location /app/in/>
{_apache_lines(draw, 2)}
</Location>
<Location /app/>
{_apache_lines(draw, 3)}
</Location>
<Directory DIR/www/files>
{_apache_lines(draw, 4)}
</Directory>
<Directory DIR/www>
{_apache_lines(draw, 5)}
</Directory>
<Location /files>
{_apache_lines(draw, 6)}
</Location>
Alias /files DIR/www/files
Redirect 302 /away http://other.example/
</VirtualHost>
"""


def _apache(tmp_path: Path, port: int, more: str) -> str:
    modules = "".join(
        f"LoadModule {name}_module {chains.MODULES}/mod_{name}.so\n"
        for name in ("mpm_event", "authz_core", "alias", "headers", "proxy", "proxy_http", "rewrite", "info")
    )
    return (
        f"ServerRoot {tmp_path}\nServerName localhost\nPidFile {tmp_path}/pid\nMutex file:{tmp_path}\n"
        f"ErrorLog {tmp_path}/error.log\nUser nobody\nGroup nogroup\nListen 127.0.0.1:{port}\n{modules}{more}"
    )


@needs("apache2")
@pytest.mark.parametrize("seed", range(3))
def test_apache(readable: Path, backend: int, seed: int) -> None:
    tmp_path = readable
    draw = random.Random(seed)
    port = chains._free()
    sites = _apache_lines(draw, 0) + "".join(_apache_site(draw, number) for number in range(25))
    text = _apache(tmp_path, port, sites)
    text = text.replace("PORT", str(port)).replace("BACKEND", str(backend)).replace("DIR", str(tmp_path))
    (tmp_path / "www/files").mkdir(parents=True)
    (tmp_path / "www/files/here").write_text("here")
    config = tmp_path / "httpd.conf"
    config.write_text(text)
    asked = [
        ("/app/200", "/app/", True), ("/app/404", "/app/", True), ("/app/in/500", "/app/in/", True),
        ("/files/here", "/files", False), ("/files/none", "/files", False), ("/away", "/away", False),
    ]  # fmt: skip
    command = ["apache2", "-f", str(config), "-DFOREGROUND"]
    with chains._process(command, tmp_path, {}, port, tmp_path / "apache.log"):
        for number in range(25):
            host = f"s{number}.example"
            compared(port, routes("httpd.conf", text, host), host, asked)


APACHE = r"""
Define NAME shop
<Macro Site $host $port>
  <Location /$host>
    ProxyPass http://127.0.0.1:$port/
    RequestHeader set X-Forwarded-Proto "https" \
      early
  </Location>
</Macro>
# a comment that \
ServerTokens Full
<IfModule mod_headers.c>
  Header always set Vary "a \"b\" c"
</IfModule>
<IfModule !mod_headers.c>
  Header always set Vary none
</IfModule>
<VirtualHost *:80>
  ServerName ${NAME}.example
  Use Site one 1
  <LocationMatch "^/two">
    Options -Indexes
  </LocationMatch>
</VirtualHost>
"""


@needs("apache2")
def test_apache_reads_the_same_directives(tmp_path: Path) -> None:
    """`-D DUMP_CONFIG` prints what is in force, with the line of each directive."""
    text = _apache(tmp_path, 1, f"LoadModule macro_module {chains.MODULES}/mod_macro.so\n" + APACHE)
    config = tmp_path / "httpd.conf"
    config.write_text(text)
    command = ["apache2", "-f", str(config), "-t", "-D", "DUMP_CONFIG"]
    dump = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    theirs = [
        (int(number), line.split()[0].lower())
        for number, line in re.findall(r"# +(\d+):\n *([^\s#<][^\n]*)", dump)
        if not line.startswith("Define")
    ]
    ours = {(one.line, one.name) for one in _flat(apache_directives(text))}
    inside = {name for _, name in theirs} & {"header", "servertokens", "options", "servername", "loadmodule"}
    assert {"header", "options", "servername"} <= inside and "servertokens" not in inside
    for number, name in theirs:
        if name in inside:
            assert (number, name) in ours, (number, name)
    [route] = [route for route in routes_of({"httpd.conf": text}) if route.hands_on]
    assert (route.path, route.upstream, route.hosts) == ("/one", "http://127.0.0.1:1", ("shop.example",))


@needs("apache2")
def test_apache_goes_on_after_two_backslashes(tmp_path: Path) -> None:
    text = _apache(tmp_path, 1, "# a comment \\\\\nServerTokens Full\nTimeout 7\n")
    config = tmp_path / "httpd.conf"
    config.write_text(text)
    command = ["apache2", "-f", str(config), "-t", "-D", "DUMP_CONFIG"]
    dump = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    ours = {one.name for one in apache_directives(text)}
    for name in ("ServerTokens", "Timeout"):
        assert (name in dump) is (name.lower() in ours)
    assert "Timeout" in dump


HOSTS = """
RewriteEngine {engine}
RewriteRule ^/rule$ http://main.example/ [R]
Redirect 302 /redirect http://main.example/
<VirtualHost 127.0.0.1:PORT>
{host}
Redirect 303 /redirect http://host.example/
RewriteRule ^/own$ http://host.example/ [R=307]
<LocationMatch ^/app/[0-9]+>
ProxyPassMatch http://127.0.0.1:BACKEND
</LocationMatch>
</VirtualHost>
"""


@needs("apache2")
@pytest.mark.parametrize(
    ("engine", "host"), [("on", ""), ("off", ""), ("on", "RewriteEngine off"), ("off", "RewriteEngine On")]
)
def test_apache_asks_in_the_same_order(tmp_path: Path, backend: int, engine: str, host: str) -> None:
    port = chains._free()
    text = _apache(tmp_path, port, HOSTS.format(engine=engine, host=host))
    text = text.replace("PORT", str(port)).replace("BACKEND", str(backend))
    config = tmp_path / "httpd.conf"
    config.write_text(text)
    found = {route.path: route for route in routes_of({"httpd.conf": text})}
    with chains._process(["apache2", "-f", str(config), "-DFOREGROUND"], tmp_path, {}, port, tmp_path / "apache.log"):
        for path in ("/redirect", "/own", "/rule"):
            route = found.get(path)
            assert ask(port, "a.example", path)[0] == (route.answers if route is not None else 404), path
        assert found["~ ^/app/[0-9]+"].hands_on
        assert ask(port, "a.example", "/app/200")[0] != 404


def _flat(found: Sequence[Directive]) -> Iterator[Directive]:
    for one in found:
        yield one
        yield from _flat(one.block or ())


# Caddy


def _caddy_lines(draw: random.Random, level: int) -> str:
    lines = []
    for _ in range(draw.choice((0, 1, 2))):
        mark = draw.choice(("", "", "+", "-", "?"))
        value = "" if mark == "-" else f' "v{level}{draw.randrange(9)}"'
        line = f"{mark}{draw.choice(NAMES)}{value}"
        more = f'\n{draw.choice(NAMES)} "w{level}"\n' + draw.choice(("", "defer\n"))
        lines.append(f"header {line}" if draw.random() < 0.6 else f"header {{\n{line}{more}}}")
    if draw.random() < 0.4:
        lines.append(f"request_body {{\nmax_size {draw.choice(('1KB', '2KiB', '3000'))}\n}}")
    return "\n".join(lines)


def _caddy_site(draw: random.Random, number: int) -> str:
    return f"""
http://s{number}.example:PORT {{
{_caddy_lines(draw, 1)}
handle /app/* {{
{_caddy_lines(draw, 2)}
reverse_proxy 127.0.0.1:BACKEND
}}
handle /text {{
{_caddy_lines(draw, 3)}
respond "text"
}}
handle {{
root * DIR/www
{_caddy_lines(draw, 4)}
file_server
}}
}}
"""


@needs("caddy")
@pytest.mark.parametrize("seed", range(3))
def test_caddy(tmp_path: Path, backend: int, seed: int) -> None:
    draw = random.Random(seed)
    port = chains._free()
    sites = "".join(_caddy_site(draw, number) for number in range(25))
    text = "{\nadmin off\nauto_https off\n}\n" + sites
    text = text.replace("PORT", str(port)).replace("BACKEND", str(backend)).replace("DIR", str(tmp_path))
    (tmp_path / "www").mkdir()
    (tmp_path / "www/here").write_text("here")
    config = tmp_path / "Caddyfile"
    config.write_text(text)
    asked = [
        ("/app/200", "/app/*", True), ("/app/404", "/app/*", True), ("/text", "/text", False), ("/here", "/", False),
        ("/none", "/", False),
    ]  # fmt: skip
    command = ["caddy", "run", "--config", str(config), "--adapter", "caddyfile"]
    home = {"XDG_CONFIG_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    with chains._process(command, tmp_path, home, port, tmp_path / "caddy.log"):
        for number in range(25):
            host = f"s{number}.example"
            found = routes("Caddyfile", text, host)
            compared(port, found, host, asked)
            limit = found["/app/*"].body.max_bytes
            assert ask(port, host, "/app/200", 5000 if limit is None else limit)[0] == 200
            if limit is not None:
                assert ask(port, host, "/app/200", limit + 1)[0] in {413, 502}


def _adapted(tmp_path: Path, text: str) -> str | None:
    """What Caddy makes of a Caddyfile; None where it refuses it."""
    config = tmp_path / "Caddyfile"
    config.write_text(text)
    command = ["caddy", "adapt", "--config", str(config), "--adapter", "caddyfile"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout if done.returncode == 0 else None


@needs("caddy")
def test_caddy_reads_the_same_sizes(tmp_path: Path) -> None:
    sizes = ["1KB", "1kb", "10MB", "10m", "10MiB", "10mi", "1.5MB", "5", "1GB", "1 MB", "2Ki", "7b", "3g"]
    for size in sizes:
        out = _adapted(tmp_path, f':80 {{\nrequest_body {{\nmax_size "{size}"\n}}\nrespond x\n}}\n')
        found = re.search(r'"max_size":(\d+)', out or "")
        assert found is not None and int(found[1]) == parse_size(size), size


PIECES = ("word", '"two words"', '"a \\" b"', '`raw "x"`', "a#b", "back\\\\slash", "{http.request.host}", '"#no"', "é")


@needs("caddy")
@pytest.mark.parametrize("seed", range(12))
def test_caddy_reads_the_same_words(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    lines = [
        f"header X-{number} {draw.choice(PIECES)} {draw.choice(('', '# comment', '    '))}" for number in range(20)
    ]
    text = ":80 {\n" + draw.choice(("\n", "\r\n")).join(lines) + "\nrespond x\n}\n"
    out = _adapted(tmp_path, text)
    assert out is not None
    theirs = re.findall(r'"X-(\d+)":\["((?:[^"\\]|\\.)*)"\]', out)
    ours: dict[str, str] = {}
    words = list(tokens(text.replace("\r\n", "\n")))
    for at, token in enumerate(words):
        if token.text.startswith("X-"):
            ours[token.text.removeprefix("X-")] = words[at + 1].text
    assert len(theirs) == 20
    for number, value in theirs:
        assert json.loads(f'"{value}"') == ours[number], (number, ours[number])


@needs("caddy")
def test_caddy_reads_the_same_lines(tmp_path: Path) -> None:
    """A backslash ends no line: not after a word, nor in a comment."""
    text = ":80 {\n reverse_proxy a:1\\\n b:2\n header X-Own one # c:\\dir\n two\n respond x\n}\n"
    out = _adapted(tmp_path, text)
    assert out is not None
    [site] = caddy_directives(text)
    assert [(one.name, len(one.args)) for one in site.block or ()] == [
        ("reverse_proxy", 2), ("header", 3), ("respond", 0),
    ]  # fmt: skip
    assert re.findall(r'"dial":"(\w:\d)"', out) == ["a:1", "b:2"]
    assert '"search_regexp":"one"' in out and '"replace":"two"' in out
