"""Which configuration applies, and what is not accepted as one."""

import os
import time
from pathlib import Path

import pytest

from hardencheck.config.find import MAX_BYTES, discover, file_reader, folders, parse, read_file
from hardencheck.errors import ConfigError

OWN, SHARED = "schema = 1\n", "[tool.hardencheck]\nschema = 1\n"


def found(root: Path, top: Path | None) -> str | None:
    above, names = folders(root, top)
    source = discover(names, file_reader(above))
    return None if source is None else source.label


def test_the_nearest_up_to_the_top(tmp_path: Path) -> None:
    (tmp_path / "hardencheck.toml").write_text(OWN)
    top = tmp_path / "repo"
    service = top / "services" / "shop"
    service.mkdir(parents=True)
    assert found(service, top) is None
    (top / "hardencheck.toml").write_text(OWN)
    assert found(service, top) == "hardencheck.toml"
    (top / "services" / "pyproject.toml").write_text("[project]\nname = 'hardencheck-user'\n")
    assert found(service, top) == "hardencheck.toml"
    (top / "services" / "pyproject.toml").write_text(SHARED)
    assert found(service, top) == "services/pyproject.toml"
    (service / "hardencheck.toml").write_text(OWN)
    assert found(service, top) == "services/shop/hardencheck.toml"


def test_without_a_repository_only_the_directory_itself(tmp_path: Path) -> None:
    (tmp_path / "hardencheck.toml").write_text(OWN)
    inner = tmp_path / "inner"
    inner.mkdir()
    assert found(inner, None) is None
    assert found(tmp_path, None) == "hardencheck.toml"


def test_two_at_one_level(tmp_path: Path) -> None:
    (tmp_path / "hardencheck.toml").write_text(OWN)
    (tmp_path / "pyproject.toml").write_text(SHARED)
    with pytest.raises(ConfigError) as caught:
        found(tmp_path, None)
    message = "two configurations at one level: hardencheck.toml and [tool.hardencheck] in pyproject.toml"
    assert str(caught.value) == message


def test_a_broken_pyproject_that_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.other\n")
    assert found(tmp_path, None) is None
    (tmp_path / "pyproject.toml").write_text("[tool.hardencheck\n")
    with pytest.raises(ConfigError, match=r"^pyproject\.toml:1: not TOML"):
        found(tmp_path, None)
    (tmp_path / "pyproject.toml").write_text("[tool]\nhardencheck = 1\n")
    with pytest.raises(ConfigError, match="expected a table"):
        found(tmp_path, None)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"schema = \n", r"^c:1: not TOML: Invalid value \(at line 1, column 10\)$"),
        (b"schema = 1\nschema = 1", r"^c:2: not TOML: Cannot overwrite a value"),
        (b"schema = 1\n# \xff", r"^c:2: not UTF-8"),
        (b"\xef\xbb\xbfschema = 1", r"^c:1: starts with a byte order mark"),
        (b"a\x00 = 1", r"^c:1: not TOML"),
        (b"a = " + b"[" * 100_000, r"nested too deep"),
        (b"a = " + b"{a=" * 100_000, r"nested too deep"),
        (b"a = " + b"9" * 10_000, r"out of range"),
        (b".".join([b"a"] * 150_000) + b" = 1", r"^c:1: a key of more than 100 parts$"),
        (b"[" + b".".join([b'"a"'] * 150_000) + b"]", r"^c:1: a key of more than 100 parts$"),
        (b"x = {" + b" . ".join([b"a"] * 150_000) + b" = 1}", r"^c:1: a key of more than 100 parts$"),
        (b"#" * (MAX_BYTES + 1), rf"^c: {MAX_BYTES + 1} bytes; expected a configuration of at most {MAX_BYTES}$"),
    ],
    ids=lambda value: repr(value[:20]) if isinstance(value, bytes) else "",
)
def test_hostile_text_ends_soon_in_a_message(data: bytes, message: str) -> None:
    started = time.monotonic()
    with pytest.raises(ConfigError, match=message):
        parse("c", data)
    assert time.monotonic() - started < 5


def test_many_dots_in_a_text_are_no_key() -> None:
    source = parse("c", b'schema = 1\nx = "' + b"." * 500 + b'"\n# ' + b". " * 500)
    assert source is not None


def test_not_a_plain_file_inside(tmp_path: Path) -> None:
    top = tmp_path / "repo"
    top.mkdir()
    (tmp_path / "secret.toml").write_text("password = 'correct-horse'\n")
    name = top / "hardencheck.toml"
    name.symlink_to("../secret.toml")
    with pytest.raises(ConfigError, match="a link that leaves the target"):
        found(top, top)
    name.unlink()
    name.symlink_to("gone.toml")
    with pytest.raises(ConfigError, match="a link that points to nothing"):
        found(top, top)
    name.unlink()
    name.symlink_to("hardencheck.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        found(top, top)
    name.unlink()
    name.mkdir()
    with pytest.raises(ConfigError, match="expected a file"):
        found(top, top)
    name.rmdir()
    os.mkfifo(name)
    with pytest.raises(ConfigError, match="expected a file"):
        found(top, top)
    name.unlink()
    (top / "real.toml").write_text(OWN)
    name.symlink_to("real.toml")
    assert found(top, top) == "hardencheck.toml"


def test_a_link_of_a_directory_on_the_way_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "hardencheck.toml").write_text(OWN)
    (tmp_path / "link").symlink_to("real")
    assert found(tmp_path / "link", tmp_path / "link") == "hardencheck.toml"


def test_no_file_is_none(tmp_path: Path) -> None:
    assert read_file(tmp_path / "none" / "x", "x") is None
