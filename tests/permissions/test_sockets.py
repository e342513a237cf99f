"""Modes of sockets and umasks of servers: command lines, code, uWSGI's files in four formats, supervisord."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardencheck.collect.extract.supervisor import Supervisor
from hardencheck.collect.extraction import extract_file
from hardencheck.collect.options import Options
from hardencheck.collect.resolve._uwsgi import options
from hardencheck.collect.run import collect
from hardencheck.model.facts.orchestration import ServerControl, ServerUmask, ServerUser, SocketMode, UnitSetting
from hardencheck.model.gap import Gap
from hardencheck.model.target import Target

KINDS = frozenset({SocketMode.kind(), ServerUmask.kind()})


def found(root: Path, **files: str) -> list[tuple[str, str, str]]:
    """files: "uwsgi_ini" is uwsgi.ini. (place, server, mode or umask), or (place, "gap", what is missing)."""
    for name, text in files.items():
        (root / name.replace("_", ".")).write_text(text)
    facts = collect(Target(repository=str(root)), Options(jobs=0, kinds=KINDS)).facts
    said = [
        (str(fact.location), fact.server, f"{fact.mode:04o}")
        if isinstance(fact, SocketMode)
        else (str(fact.location), fact.server, f"umask {fact.mask:04o}")
        for fact in facts.facts
        if isinstance(fact, SocketMode | ServerUmask)
    ]
    gaps = [(str(gap.location), "gap", gap.kinds[0]) for gap in facts.gaps if KINDS & set(gap.kinds)]
    return sorted(said + gaps)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("waitress-serve --unix-socket=/run/a --unix-socket-perms=777 a:app", [("waitress", "0777")]),
        ("waitress-serve --unix-socket=/run/a a:app", []),
        ("granian --uds /run/a --uds-permissions 660 a:app", [("granian", "0660")]),
        ("uwsgi --socket /run/a.sock -C 666 --module a", [("uwsgi", "0666")]),
        ("uwsgi --http-socket :8000 --chmod-socket=666 --module a", []),
        ("uwsgi --socket /run/a.sock --umask 000 --module a", [("uwsgi", "umask 0000")]),
        ("hypercorn --bind unix:/run/a --umask 7 a:app", [("hypercorn", "0770")]),
        ("hypercorn --bind unix:/run/a --umask 10 a:app", [("hypercorn", "0765")]),
        ("hypercorn --bind 0.0.0.0:80 --umask 0 a:app", []),
        ("gunicorn --bind unix:/run/a --umask 0 a:app", []),
        ("waitress-serve --unix-socket=/run/a --unix-socket-perms=$MODE a:app", [("gap", "socket.mode")]),
    ],
)
def test_command_lines(tmp_path: Path, command: str, said: list[tuple[str, str]]) -> None:
    assert found(tmp_path, Procfile=f"web: {command}\n") == [("Procfile:1", *one) for one in said]


@pytest.mark.parametrize(
    ("argument", "said"), [("'0666'", "0666"), ("'660'", "0660"), ("0o777", "0777"), ("PERMS", "0666")]
)
def test_waitress_in_code(tmp_path: Path, argument: str, said: str) -> None:
    call = f"serve(None, unix_socket='/x',\n      unix_socket_perms={argument})\n"
    text = f"from waitress import serve\nPERMS = '666'\n{call}"
    ((place, server, mode),) = found(tmp_path, run_py=text)
    assert (server, mode) == ("waitress", said)
    assert place in {"run.py:2", "run.py:3", "run.py:4"}


UWSGI = {
    "uwsgi_ini": "[other]\na = b\n[uwsgi]\nsocket = /run/a\n; chmod-socket = 777\nchmod-socket = 666\n",
    "uwsgi_yaml": "other: 1\nuwsgi:\n  socket: /run/a\n  # no\n\n  chmod-socket: 666\n",
    "uwsgi_json": '{\n "uwsgi": {\n\n\n  "socket": "/run/a",\n  "chmod-socket": "666"}}\n',
    "uwsgi_xml": "<?xml?>\n<uwsgi>\n<!-- <chmod-socket>777\n</chmod-socket> -->\n<socket>/run/a</socket>\n"
    "<chmod-socket/></uwsgi>\n",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(UWSGI))
def test_files_of_uwsgi(tmp_path: Path, name: str) -> None:
    assert found(tmp_path, **{name: UWSGI[name]}) == [(f"{name.replace('_', '.')}:6", "uwsgi", "0666")]


def test_what_uwsgi_decides_is_not_known(tmp_path: Path) -> None:
    text = "[uwsgi]\nsocket = /run/a\nif-env = X\nchmod-socket = 666\nendif =\numask = $(UMASK)\n"
    assert found(tmp_path, uwsgi_ini=text) == [
        ("uwsgi.ini:4", "gap", "socket.mode"),
        ("uwsgi.ini:6", "gap", "server.umask"),
    ]


def supervised(text: str, path: str = "deploy/supervisord.conf") -> list[tuple[int | None, str]]:
    return [
        (item.location.line, "gap" if isinstance(item, Gap) else item.describe())
        for item in extract_file([Supervisor()], path, 0o100644, text.encode())
        if isinstance(item, Gap | SocketMode | ServerUmask)
    ]


def test_supervisord() -> None:
    text = (
        "[unix_http_server]\nfile=/run/s.sock\nchmod=0777 ; open\n[supervisord]\numask = 022\n"
        "[program:web]\ncommand=x\numask=0\n[fcgi-program:a]\nsocket_mode=0666\n[other]\numask=0\n"
    )
    assert supervised(text) == [
        (3, "supervisord: a socket of mode 0777"),
        (5, "supervisord: umask 0022"),
        (8, "supervisord: umask 0000"),
        (10, "supervisord: a socket of mode 0666"),
    ]
    assert supervised(text.replace("\n", "\r\n")) == supervised(text)
    assert supervised("[program:web]\numask=%(ENV_UMASK)s\n") == [(2, "gap")]
    assert supervised("[program:web]\numask={{ umask }}\n", "s.conf.j2") == [(2, "gap")]
    assert supervised("[uwsgi]\numask=0\n") == []


def test_who_programs_of_supervisord_run_as_and_where_it_takes_orders(tmp_path: Path) -> None:
    text = (
        "[supervisord]\nuser=root\n[program:web]\ncommand=gunicorn a\n[program:job]\ncommand=x\nuser=shop\n"
        "[program:nginx]\ncommand=/usr/sbin/nginx -g 'daemon off;'\n[inet_http_server]\nport = :9001\npassword=x\n"
        "[program:u]\ncommand=/bin/bash -c 'uwsgi --http :80 uwsgi.ini'\n[program:s]\ncommand=sudo -u a run\n"
    )
    wanted = [
        ("s.conf:11", "control", ":9001"),
        ("s.conf:13", "user", "root"),
        ("s.conf:15", "gap", "s sta"),
        ("s.conf:3", "user", "root"),
        ("s.conf:7", "user", "shop"),
    ]
    assert users(tmp_path, s_conf=text) == wanted
    # uWSGI gives root up by its configuration.
    dropped = users(tmp_path, s_conf=text, uwsgi_ini="[uwsgi]\nuid = www-data\n")
    assert dropped == [wanted[0], ("s.conf:13", "gap", "u sta"), *wanted[2:], ("uwsgi.ini:2", "user", "www-data")]
    filled = users(tmp_path, s_conf=text.replace("user=root", "user=%(ENV_USER)s"))
    assert ("s.conf:3", "gap") in {(place, what) for place, what, _ in filled}
    assert users(tmp_path, s_conf="[program:web]\ncommand=x\n", uwsgi_ini="") == []


def users(root: Path, **files: str) -> list[tuple[str, str, str]]:
    for name, text in files.items():
        (root / name.replace("_", ".")).write_text(text)
    kinds = frozenset({ServerUser.kind(), ServerControl.kind()})
    facts = collect(Target(repository=str(root)), Options(jobs=0, kinds=kinds)).facts
    said = [(str(fact.location), "user", fact.user) for fact in facts.facts if isinstance(fact, ServerUser)]
    said += [(str(fact.location), "control", fact.address) for fact in facts.facts if isinstance(fact, ServerControl)]
    said += [
        (str(gap.location), "gap", gap.detail[8:13] if gap.detail.startswith("program") else gap.detail)
        for gap in facts.gaps
        if kinds & set(gap.kinds)
    ]
    return sorted(said)


def test_a_unit_of_a_server_that_gives_root_up(tmp_path: Path) -> None:
    (tmp_path / "a.service").write_text("[Service]\nExecStart=/srv/a/bin/gunicorn a\n")
    (tmp_path / "gunicorn.conf.py").write_text("user = 'shop'\n")
    kinds = frozenset({UnitSetting.kind()})
    facts = collect(Target(repository=str(tmp_path)), Options(jobs=0, kinds=kinds)).facts
    assert [gap.about["setting"] for gap in facts.gaps] == ["root"]


def test_options_of_broken_files() -> None:
    for path, data in (
        ("uwsgi.yaml", b"uwsgi: ["),
        ("uwsgi.yaml", b"uwsgi: &a [*a]\n"),
        ("uwsgi.json", b"\xff"),
        ("uwsgi.xml", b"<uwsgi><socket>" + b"<" * 10_000),
        ("uwsgi.xml", b"<uwsgi " * 10_000),
        ("uwsgi.ini", b"[uwsgi\nsocket"),
    ):
        assert not options(path, data)[0].get("chmod-socket")


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([".ini", ".yaml", ".json", ".xml"]), st.text('uwsgi<>/-{}[]:="!# \n\t$(%)&*0chmod', max_size=120)
)
def test_no_text_breaks_it(ending: str, text: str) -> None:
    options(f"uwsgi{ending}", f"{text}\n[uwsgi]\n{text}".encode())
    options(f"uwsgi{ending}", f"<uwsgi>{text}</uwsgi>".encode())
    supervised(f"[program:x]\numask={text}")
