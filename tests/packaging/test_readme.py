"""The README against the program: what it shows must be what is there."""

import datetime as dt
import re
import tomllib
from pathlib import Path

import click

from hardencheck.catalogue.detection import parse_rules
from hardencheck.catalogue.load import load_catalogue, parse_check
from hardencheck.cli import cli
from hardencheck.collect.secrets.rules import confirmed
from hardencheck.config.find import parse
from hardencheck.config.load import load
from hardencheck.errors import HardencheckError, InternalError
from hardencheck.judge.settle import Policy
from hardencheck.report import RENDERERS
from hardencheck.testing import assembled, run_example

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = dict.fromkeys(re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL))


def block(language: str, holding: str) -> str:
    [text] = [str(text) for kind, text in BLOCKS if kind == language and holding in text]
    return text


def test_every_command_is_there_and_every_one_there_is_named() -> None:
    named = set(re.findall(r"^\| `hardencheck ([a-z]+)", README, re.MULTILINE))
    assert named == set(cli.list_commands(click.Context(cli)))


def test_options_of_the_text_exist() -> None:
    context = click.Context(cli)
    known: set[str] = set()
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        known |= {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    used = set(re.findall(r"`[^`\n]*?(--[a-z][a-z-]+)", README)) - {"--require-hashes"}
    assert used <= known


def test_formats() -> None:
    assert all(f"`{name}`" in README for name in RENDERERS)


def test_exit_codes_are_those_of_the_errors() -> None:
    shown = {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    raised = {cls.exit_code for cls in HardencheckError.__subclasses__()} | {InternalError.exit_code}
    assert shown == {0, 1, 129, 130, 143} | raised


def test_the_configuration_is_accepted() -> None:
    text = block("toml", "fail-on").replace("2027-02-01", "2026-12-01")
    loaded = load(parse("hardencheck.toml", text.encode()), today=dt.date(2026, 11, 1))
    assert set(loaded.config.checks) <= set(load_catalogue().checks)
    assert {"schema", "fail-on", "waiver", "target", "checks"} <= set(tomllib.loads(text))


def test_the_detection_rule_works() -> None:
    (rule,) = parse_rules(block("toml", "no_match"), where="README.md")
    assert [len(list(confirmed(rule, assembled(text, rule.id).encode()))) for text in rule.match] == [1]
    assert [len(list(confirmed(rule, assembled(text, rule.id).encode()))) for text in rule.no_match] == [0]


def test_the_check_works() -> None:
    check = parse_check("uploads.sample", block("toml", "every.max_bytes"), where="README.md")
    [example] = check.examples
    assert run_example(check, example, Policy(today=dt.date(2026, 11, 1))).verdict == example.verdict


def test_the_collector_works() -> None:
    names: dict[str, type] = {}
    exec(compile(block("python", "class Banners"), "README.md", "exec"), names)
    collector = names["Banners"]()
    [fact] = collector.extract("a.banner", 0o100644, b"hello")
    assert (fact.kind(), fact.text, collector.wants("a.banner", 0, 0)) == ("acme.banner", "hello", True)
