"""Databases in the index, and whether .gitignore keeps .env out."""

import sqlite3
from pathlib import Path

import pytest

from hardencheck.model.facts.files import EnvironmentIgnored, TrackedDatabase
from tests.collect.repos import look, repository

DUMP = "-- PostgreSQL database dump\n"


def test_databases_by_what_is_in_them(tmp_path: Path) -> None:
    made = tmp_path / "made.sqlite3"
    with sqlite3.connect(made) as connection:
        connection.execute("create table a (b)")
    files: dict[str, str | bytes] = {
        "db.sqlite3": made.read_bytes(), "tests/db.sqlite3": made.read_bytes(), "empty.db": b"", "text.db": "a\n",
        "full.sql": DUMP + "COPY a (b) FROM stdin;\n1\n\\.\n", "schema.sql": DUMP + "CREATE TABLE a (b int);\n",
        "none.sql": DUMP + "COPY a (b) FROM stdin;\n\\.\n", "seed.sql": "INSERT INTO a VALUES (1);\n",
        "mine.dump": b"PGDMP\x01\x0e", "cache.rdb": b"REDIS0011", "app.py": "print(1)\n",
    }  # fmt: skip
    facts = [fact for fact in look(repository(tmp_path / "r", files)).facts.facts if isinstance(fact, TrackedDatabase)]
    assert {(fact.location.path, fact.role) for fact in facts} == {
        ("db.sqlite3", "production"), ("tests/db.sqlite3", "test"), ("full.sql", "production"),
        ("mine.dump", "production"), ("cache.rdb", "production"),
    }  # fmt: skip


def test_a_live_directory_may_hold_its_database(tmp_path: Path) -> None:
    (tmp_path / "db.sqlite3").write_bytes(b"SQLite format 3\0" + bytes(100))
    (tmp_path / ".env.example").write_text("A=\n")
    assert look(tmp_path).facts.of("file.database") == ()
    assert look(tmp_path).facts.of("file.env-ignored") == ()


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({".env.example": "A=\n", ".gitignore": ".env\n"}, [(".gitignore", 1, True)]),
        ({".env.example": "A=\n", ".gitignore": "*.pyc\n"}, [(".gitignore", 1, False)]),
        ({".env.example": "A=\n"}, [(".env.example", 1, False)]),
        ({".env.example": "A=\n", ".gitignore": ".env*\n!.env\n"}, [(".gitignore", 1, False)]),
        ({"web/.env.sample": "A=\n", ".gitignore": ".env\n"}, [(".gitignore", 1, True)]),
        ({"web/.env.sample": "A=\n", ".gitignore": "/.env\n"}, [(".gitignore", 1, False)]),
        ({"web/.env.sample": "A=\n", ".gitignore": "a\n", "web/.gitignore": ".env\n"}, [("web/.gitignore", 1, True)]),
        (
            {"web/.env.sample": "A=\n", ".gitignore": ".env\n", "web/.gitignore": "!.env\n"},
            [("web/.gitignore", 1, False)],
        ),
        ({"compose.yaml": "services:\n  a:\n    env_file: .env\n"}, [("compose.yaml", 3, False)]),
        ({".dockerignore": "a\n.env\n", ".gitignore": ".env\n"}, [(".gitignore", 1, True)]),
        ({".env.example": "A=\n", ".env": "A=1\n"}, []),
        ({"tests/.env.example": "A=\n"}, []),
        ({"app.py": "print(1)\n"}, []),
    ],
)
def test_what_keeps_env_out(
    files: dict[str, str | bytes], expected: list[tuple[str, int, bool]], tmp_path: Path
) -> None:
    facts = [fact for fact in look(repository(tmp_path, files)).facts.facts if isinstance(fact, EnvironmentIgnored)]
    assert [(fact.location.path, fact.location.line, fact.ignored) for fact in facts] == expected
