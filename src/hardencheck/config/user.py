"""What the person at this machine decides: environment variables, and config.toml in the platform's directory."""

import os
from collections.abc import Mapping
from pathlib import Path

from hardencheck.config.find import parse, read_file
from hardencheck.config.load import load_user
from hardencheck.config.model import UserConfig
from hardencheck.errors import ConfigError

CHECKS = "HARDENCHECK_CHECKS"
PLUGINS = "HARDENCHECK_PLUGINS"


def user_directory(environment: Mapping[str, str] = os.environ) -> Path:
    """HARDENCHECK_CONFIG_DIR, else the platform's configuration directory for this user."""
    given = environment.get("HARDENCHECK_CONFIG_DIR")
    if given:
        return Path(given)
    from platformdirs import user_config_path

    return user_config_path("hardencheck", appauthor=False)


def user_file(environment: Mapping[str, str] = os.environ) -> Path:
    return user_directory(environment) / "config.toml"


def user_config(environment: Mapping[str, str] = os.environ) -> UserConfig:
    """The user's own configuration. Raises ConfigError as for a target's, and for a relative directory of checks:
    what it means would depend on where hardencheck is started, and that may be in somebody else's repository."""
    file = user_file(environment)
    data = read_file(file, str(file))
    if data is None:
        return UserConfig()
    config = load_user(parse(str(file), data))
    for directory in config.checks:
        if not Path(directory).expanduser().is_absolute():
            raise ConfigError(f"{file}: checks: expected absolute directories", hint="write it from / or from ~")
    return config


def listed(name: str, separator: str, environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """The parts of an environment variable that holds a list."""
    return tuple(part.strip() for part in environment.get(name, "").split(separator) if part.strip())
