"""Real servers on loopback, and the http side of an https origin."""

import asyncio
import contextlib
import functools
import http.server
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route
from werkzeug.debug import DebuggedApplication
from werkzeug.serving import make_server

import hardencheck
from hardencheck.collect.live.exposure import FILES
from hardencheck.collect.live.run import Observed, observe
from hardencheck.collect.options import Options
from hardencheck.model.facts.http_content import Cors
from hardencheck.model.gap import Reason
from hardencheck.model.target import Target
from tests.live.servers import Authority, closed_port, response, says, served
from tests.live.test_hostile import PAGE, look


@contextlib.contextmanager
def in_thread(server: Any) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@contextlib.contextmanager
def asgi(app: Any) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
        thread.start()
        try:
            yield f"http://localhost:{listener.getsockname()[1]}/"
        finally:
            server.should_exit = True
            thread.join(10)


def exposed(result: Observed, kind: str = "") -> dict[str, bool]:
    """What is exposed, by URL."""
    return {
        str(fact.location): fact.exposed
        for fact in result.facts
        if fact.kind().startswith(f"exposure.{kind}") and hasattr(fact, "exposed")
    }


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def test_a_checkout_behind_the_file_server(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / ".env").write_text("DATABASE_HOST=db\nDEBUG=1\n")
    (tmp_path / "media").mkdir()
    (tmp_path / "media/photo.txt").write_text("x")
    handler = functools.partial(Quiet, directory=str(tmp_path))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    with in_thread(server):
        base = f"http://localhost:{server.server_port}"
        result = observe(Target(urls=(base,)), Options(probe=True))
    listings = exposed(result, "listing")
    assert listings == {f"{base}/": True, f"{base}/static/": False, f"{base}/media/": True, f"{base}/uploads/": False}
    files = exposed(result, "file")
    assert {path for path, shown in files.items() if shown} == {
        f"{base}{path}" for path in ("/.git/HEAD", "/.git/config", "/.env")
    }
    assert set(files) == {f"{base}{path}" for path in FILES}
    assert not result.gaps


def test_the_debugger_of_werkzeug() -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/":
            start_response("200 OK", [("Content-Type", "text/html")])
            return [b"<p>fine"]
        raise LookupError("no such page")

    server = make_server("127.0.0.1", 0, DebuggedApplication(app, evalex=True, pin_security=False), threaded=True)
    server.log = lambda *_: None  # type: ignore[method-assign]
    with in_thread(server), contextlib.redirect_stderr(None):
        base = f"http://localhost:{server.server_port}"
        result = observe(Target(urls=(base,)), Options(probe=True))
    pages = [fact for fact in result.facts if fact.kind() == "exposure.debug-page"]
    assert [(fact.exposed, fact.framework) for fact in pages] == [(True, "werkzeug")] * 2  # type: ignore[attr-defined]


def test_an_api_on_uvicorn() -> None:
    async def items(request: Request) -> JSONResponse:
        return JSONResponse({"items": []}, headers={"X-Content-Type-Options": "nosniff"})

    with asgi(Starlette(routes=[Route("/", items)])) as url:
        result = observe(Target(urls=(url,)), Options(probe=True))
    contents = {fact.content for fact in result.facts if fact.kind() == "http.csp" and str(fact.location) == url}  # type: ignore[attr-defined]
    assert contents == {"api"}
    assert not any(exposed(result).values())
    assert not result.gaps


def test_the_debug_mode_of_starlette() -> None:
    async def home(request: Request) -> HTMLResponse:
        raise LookupError("broken")

    app = Starlette(debug=True, routes=[Route("/{path:path}", home)])
    with asgi(app) as url:
        result = observe(Target(urls=(url,)), Options(probe=True))
    assert any(fact.framework == "starlette" for fact in result.facts if fact.kind() == "exposure.debug-page")  # type: ignore[attr-defined]


def test_an_application_that_answers_every_path() -> None:
    async def home(request: Request) -> HTMLResponse:
        return HTMLResponse("ref: refs/heads/main\n")

    with asgi(Starlette(routes=[Route("/{path:path}", home)])) as url:
        result = observe(Target(urls=(url,)), Options(probe=True))
    assert not any(exposed(result).values()), "what a path that cannot exist gets as well proves nothing"


def test_one_hop_to_https_on_the_usual_ports(trust: Authority) -> None:
    with (
        served(says(PAGE), context=trust.context()) as secure,
        served(says(response(301, Location="https://localhost/"))) as clear,
    ):
        where = {("localhost", 443): ("127.0.0.1", secure.port), ("localhost", 80): ("127.0.0.1", clear.port)}
        facts, gaps = look("https://localhost/", ca_file=trust.ca_file, connect_to=where)
    (fact,) = [fact for fact in facts if fact.kind() == "http.redirect"]
    assert (fact.outcome, str(fact.location)) == ("https", "http://localhost/")  # type: ignore[attr-defined]
    assert {gap.reason for gap in gaps} == {Reason.NEEDS_PROBE}


def test_nothing_on_port_80(trust: Authority) -> None:
    with served(says(PAGE), context=trust.context()) as secure:
        where = {("localhost", 443): ("127.0.0.1", secure.port), ("localhost", 80): ("127.0.0.1", closed_port())}
        facts, _ = look("https://localhost/", ca_file=trust.ca_file, connect_to=where)
    (fact,) = [fact for fact in facts if fact.kind() == "http.redirect"]
    assert fact.outcome == "closed"  # type: ignore[attr-defined]


def test_the_http_side_of_another_port_is_not_guessed(trust: Authority) -> None:
    with served(says(PAGE), context=trust.context()) as secure:
        _, gaps = look(secure.https, ca_file=trust.ca_file)
    (gap,) = [gap for gap in gaps if gap.kinds == ("http.redirect",)]
    assert gap.reason is Reason.NOT_SUPPORTED
    assert "name its URL with --url too" in gap.detail


def test_http_and_https_named_together(trust: Authority) -> None:
    with (
        served(says(PAGE), context=trust.context()) as secure,
        served(says(response(301, Location=secure.https))) as clear,
    ):
        result = observe(Target(urls=(secure.https, clear.url)), Options(ca_file=trust.ca_file))
    (fact,) = [fact for fact in result.facts if fact.kind() == "http.redirect"]
    assert (fact.outcome, str(fact.location)) == ("https", clear.url)  # type: ignore[attr-defined]
    assert {gap.collector for gap in result.gaps} == {"exposure.probe", "cors.probe"}
    assert sum(fact.kind() == "tls.certificate" for fact in result.facts) == 1


@pytest.mark.parametrize("fresh", [True, False])
def test_a_nonce_is_asked_for_twice(fresh: bool) -> None:
    count = 0

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        nonce = f"{count if fresh else 0:022d}"
        policy = f"script-src 'nonce-{nonce}'"
        writer.write(response(200, b"<p>x", Content_Type="text/html", Content_Security_Policy=policy))

    with served(handler) as server:
        facts, _ = look(server.url)
    (fact,) = [fact for fact in facts if fact.kind() == "http.csp"]
    assert (count, fact.nonce_reused) == (2, not fresh)  # type: ignore[attr-defined]


def test_a_certificate_about_to_expire(trust: Authority) -> None:
    with served(says(PAGE), context=trust.context(days=3, age=80)) as server:
        result = observe(Target(urls=(server.https,)), Options(ca_file=trust.ca_file))
    (fact,) = [fact for fact in result.facts if fact.kind() == "tls.certificate"]
    assert (fact.verified, fact.short_lived) == (True, False)  # type: ignore[attr-defined]
    assert fact.days_left in {2, 3}  # type: ignore[attr-defined]
    assert fact.names == ("localhost", "127.0.0.1")  # type: ignore[attr-defined]


def test_a_scan_without_url_does_not_import_the_client(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("x = 1\n")
    code = (
        "import sys; from hardencheck.collect.options import Options; from hardencheck.collect.run import collect;"
        "from hardencheck.model.target import Target;"
        "collect(Target(repository=sys.argv[1]), Options(jobs=0));"
        "heavy = {'httpx', 'httpcore', 'h11', 'anyio', 'asyncio', 'cryptography'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(hardencheck.__file__).parents[1])}
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


def test_an_api_that_reflects_the_origin() -> None:
    async def items(request: Request) -> JSONResponse:
        return JSONResponse({"items": []})

    loose = CORSMiddleware(
        Starlette(routes=[Route("/", items)]),
        allow_origin_regex=r"https?://.*",
        allow_credentials=True,
        allow_methods=["*"],
    )
    with asgi(loose) as url:
        result = observe(Target(urls=(url,)), Options(probe=True))
    found = {fact.asked: (fact.reads, fact.credentials, fact.varies) for fact in result.facts if isinstance(fact, Cors)}
    refused = (False, False, True)
    assert found == {
        "stranger": (True, True, True),
        "null": refused,
        "begins-like": (True, True, True),
        "ends-like": (True, True, True),
        "preflight": (True, True, True),
    }


def test_an_api_for_named_origins() -> None:
    async def items(request: Request) -> JSONResponse:
        return JSONResponse({"items": []})

    app = Starlette(routes=[Route("/", items)])
    with asgi(CORSMiddleware(app, allow_origins=["https://shop.example"], allow_credentials=True)) as url:
        result = observe(Target(urls=(url,)), Options(probe=True))
    assert {fact.reads for fact in result.facts if isinstance(fact, Cors)} == {False}
    assert not result.gaps


def test_the_documentation_that_fastapi_serves_unasked() -> None:
    with asgi(FastAPI()) as url:
        result = observe(Target(urls=(url,)), Options(probe=True))
    shown = {path.removeprefix(url) for path, is_exposed in exposed(result, "interface").items() if is_exposed}
    assert shown == {"docs", "redoc", "openapi.json"}
