"""--active, and the host that has to be named; what takes uploads, in the configuration of a target."""

from pathlib import Path

import pytest

from hardencheck.cli import run
from tests.live.servers import response, says, served


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["--i-own-this", "a.example"], "--i-own-this is for --active alone", "leave it out, or add --active"),
        (["--active"], "--active acts upon a live URL", "add --url URL"),
        (
            ["--active", "--url", "https://a.example/"],
            "--active sends bodies to a.example and holds a connection there",
            "if it is yours, say so: --i-own-this a.example",
        ),
        (
            ["--active", "--url", "https://a.example/", "--url", "https://b.example/", "--i-own-this", "A.example."],
            "--active sends bodies to b.example and holds a connection there",
            "--i-own-this b.example",
        ),
        (
            ["--active", "--url", "https://a.example/", "--i-own-this", "a.example", "--i-own-this", "c.example"],
            "--i-own-this c.example: no --url has this host",
            "name the host of a URL, without port",
        ),
    ],
)
def test_a_host_is_named_before_it_is_acted_upon(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str, hint: str
) -> None:
    assert run(["scan", str(tmp_path), "--no-cache", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert hint in error


def configured(directory: Path, url: str, upload: str) -> None:
    (directory / "app.py").write_text("x = 1\n")
    (directory / "hardencheck.toml").write_text(
        f'schema = 1\n[[target]]\nname = "staging"\nurl = "{url}"\n[target.upload]\n{upload}\n'
    )


def test_what_takes_uploads_is_configured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    token = "-".join(("tok", "en", "4711", "0815"))
    monkeypatch.setenv("HARDENCHECK_HEADER_TOKEN", f"Bearer {token}")
    upload = 'path = "/api/files"\nmethod = "PUT"\ncontent-type = "image/png"\n'
    upload += 'headers = { Authorization = "HARDENCHECK_HEADER_TOKEN" }'
    with served(says(response(413))) as server:
        configured(tmp_path, server.url, upload)
        run(
            ["scan", str(tmp_path), "--no-cache", "--url", "staging", "--probe", "--select", "uploads.*", "--jobs", "0"]
        )
    asked = [head for head in server.requests if head.startswith(b"PUT ")]
    assert asked[0].startswith(b"PUT /api/files HTTP/1.1\r\n")
    assert b"\r\nContent-Type: image/png\r\n" in asked[0]
    assert f"\r\nAuthorization: Bearer {token}\r\n".encode() in asked[0]
    others = [head for head in server.requests if not head.startswith(b"PUT ")]
    assert others
    assert token.encode() not in b"".join(others)
    shown = capsys.readouterr()
    assert token not in shown.out + shown.err


def test_a_variable_that_is_not_set_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HARDENCHECK_HEADER_TOKEN", raising=False)
    configured(tmp_path, "https://a.example/", 'headers = { X-Key = "HARDENCHECK_HEADER_TOKEN" }')
    assert run(["scan", str(tmp_path), "--no-cache", "--url", "staging", "--probe"]) == 2
    assert "the environment variable HARDENCHECK_HEADER_TOKEN holds no value for X-Key" in capsys.readouterr().err
