"""The rules and the scanner of this process."""

import importlib.util
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec

from hardencheck.catalogue.detection import Detection, load_detection
from hardencheck.collect.cache import default_directory
from hardencheck.collect.fingerprint_key import fingerprint_key
from hardencheck.collect.installed import version_of
from hardencheck.collect.secrets.context import SCRIPTS, is_plain, made_by_program
from hardencheck.collect.secrets.looks import MARKUP, is_configuration
from hardencheck.collect.secrets.matcher import Sealed
from hardencheck.collect.secrets.plan import Plan, planned
from hardencheck.collect.secrets.scan import Scanner

VERSION = 6  # raise it when the same rules find something else


@cache
def scanner() -> Scanner:
    """The one of this process, with every rule and the key of this run."""
    directory = default_directory()
    return Scanner(
        detection().rules,
        lambda value: fingerprint_key().digest(value),
        directory,
        plan=_plan(Sealed(directory)),
    )


def _plan(kept: Sealed) -> Plan:
    """From the cache; taking 1,500 expressions apart takes seconds."""
    key = f"plan/{VERSION}/{detection().digest}".encode()
    payload = kept.get(key)
    if payload is None:
        with kept.alone():
            payload = kept.get(key)
            if payload is None:
                plan = planned(detection().rules)
                kept.put(key, msgspec.msgpack.encode(plan))
                return plan
    return msgspec.msgpack.decode(payload, type=Plan)


@cache
def detection() -> Detection:
    """The rules, kept in parsed form beside the compiled ones."""
    return load_detection(_Extra.directories, memo=Sealed(default_directory()))


class _Extra:
    """Directories of checks that the user named; their `secrets/rules` are added. The same for a whole process."""

    directories: tuple[Path, ...] = ()


def use_rules(directories: Sequence[str | Path]) -> None:
    """From now on the rules of these directories, too. Raises CatalogueError for a rule that cannot be used."""
    wanted = tuple(map(Path, directories))
    if wanted != _Extra.directories:
        _Extra.directories = wanted
        for made in (detection, scanner, kind_of, _file_expressions):
            made.cache_clear()
    detection()


def extra_rules() -> tuple[str, ...]:
    """The directories of `use_rules`, for a worker process to use the same."""
    return tuple(map(str, _Extra.directories))


@cache
def kind_of(path: str) -> str:
    """What of a path the sightings depend on: two files of one content and one kind have the same ones."""
    lowered = path.lower()
    wanted = "".join("01"[expression.search(lowered) is not None] for expression in _file_expressions())
    flags = (lowered.endswith(MARKUP), is_configuration(lowered), lowered.endswith(SCRIPTS), is_plain(lowered))
    return f"{wanted}/{flags}/{made_by_program(lowered)}"


@cache
def _file_expressions() -> list[re.Pattern[str]]:
    return [re.compile(text) for text in sorted({rule.files for rule in detection().rules if rule.files})]


@cache
def engine_name() -> str:
    """Without importing it: an audit that finds everything in its cache needs none."""
    return f"hyperscan {version_of('hyperscan')}" if importlib.util.find_spec("hyperscan") else "re"


def scanner_digest() -> str:
    """Everything but the key that what is found depends on. The engine is no part of it: both find the same."""
    return f"{VERSION}/{detection().digest}"
