"""The user's own configuration and environment."""

from pathlib import Path

import pytest

from hardencheck.config.model import UserConfig
from hardencheck.config.user import listed, user_config, user_file
from hardencheck.errors import ConfigError


def test_none_is_every_default(tmp_path: Path) -> None:
    assert user_config({"HARDENCHECK_CONFIG_DIR": str(tmp_path / "none")}) == UserConfig()


def test_the_platforms_directory_without_the_variable() -> None:
    assert user_file({}).parts[-2:] == ("hardencheck", "config.toml")


def test_read_from_the_directory(tmp_path: Path) -> None:
    environment = {"HARDENCHECK_CONFIG_DIR": str(tmp_path)}
    (tmp_path / "config.toml").write_text('checks = ["~/checks", "/srv/checks"]\nca-file = "ca.pem"\n')
    assert user_config(environment) == UserConfig(checks=("~/checks", "/srv/checks"), ca_file="ca.pem")
    (tmp_path / "config.toml").write_text('checks = ["checks"]\n')
    with pytest.raises(ConfigError, match="expected absolute directories"):
        user_config(environment)


def test_lists_in_variables() -> None:
    assert listed("X", ",", {"X": " a, b,,"}) == ("a", "b")
    assert listed("X", ",", {}) == ()
