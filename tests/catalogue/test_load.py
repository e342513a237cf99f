"""The loader refuses what it does not understand, and says what it would have understood."""

import re
from pathlib import Path

import pytest

from hardencheck.catalogue.load import load_catalogue, parse_bytes, parse_check
from hardencheck.catalogue.predicates import predicates
from hardencheck.errors import CatalogueError, ConfigError, HardencheckError, UnknownName, WrongType
from hardencheck.model.check import Check, Condition, Operator, Quantifier, Rule

PROSE = "\n".join(f'{key} = "x"' for key in ("title", "owner", "expected", "why", "fix", "rollback", "bypass"))
HEAD = f'schema = 1\nseverity = "low"\n{PROSE}\n'
RULE = '[[rule]]\nfact = "file.mode"\n'


def parse(text: str, **overrides: object) -> Check:
    return parse_check("permissions.sample", text, where="permissions/sample.toml", overrides=overrides)


def test_a_rule_becomes_conditions() -> None:
    check = parse(f'{HEAD}{RULE}where.what = "file"\nevery.permissions.without_bits = 0o022\nevery.data = false')
    assert check.rules == (
        Rule(
            fact="file.mode",
            quantifier=Quantifier.EVERY,
            where=(Condition(field="what", operand="file"),),
            conditions=(
                Condition(field="permissions", operator=Operator.WITHOUT_BITS, operand=0o022),
                Condition(field="data", operand=False),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("text", "error", "message", "hint"),
    [
        ("schema = 1\nschema = 1", CatalogueError, "not TOML", ""),
        (HEAD.replace("schema = 1", "schema = 2"), CatalogueError, "schema must be 1", ""),
        (HEAD + "severty = 1", UnknownName, "no key 'severty'", "did you mean 'severity'?"),
        (HEAD.replace('why = "x"', 'why = " "'), CatalogueError, "why is required", ""),
        (HEAD.replace('why = "x"', ""), CatalogueError, "why is required", ""),
        (HEAD.replace('"low"', '"huge"'), CatalogueError, "severity", ""),
        (HEAD + "controls = { cve = [1] }", CatalogueError, "cve", ""),
        (HEAD + '[[example]]\nname = "n"', CatalogueError, "verdict", ""),
        (HEAD + '[[example]]\nname="n"\nverdict="pass"\nfile={}', CatalogueError, "file", ""),
        (HEAD + "rule = [1]", CatalogueError, "expected a table", ""),
        (HEAD + RULE, CatalogueError, "exactly one of every, none and some", ""),
        (HEAD + RULE + "every = {}\nnone = {}", CatalogueError, "exactly one", ""),
        (HEAD + RULE + "all = {}", UnknownName, "no key 'all'", ""),
        (HEAD + RULE.replace("mode", "mood") + "every={}", UnknownName, "no fact 'file.mood'", "mean 'file.mode'?"),
        (HEAD + RULE + "every = 1", CatalogueError, "expected a table of fields", ""),
        (HEAD + RULE + "every.permission = 1", UnknownName, "no field of file.mode", "mean 'permissions'?"),
        (HEAD + RULE + "every.permissions.atmost = 1", UnknownName, "no operator 'atmost'", "mean 'at_most'?"),
        (HEAD + RULE + "every.data.at_most = 1", WrongType, "at_most does not apply to yes or no", ""),
        (HEAD + RULE + 'every.permissions.at_most = "1"', WrongType, "expected a number or a whole number", ""),
        (HEAD + RULE + "every.permissions = true", WrongType, "it can never be True", ""),
        (HEAD + RULE + 'every.what.matches = "("', WrongType, "not a regular expression", ""),
        (HEAD + RULE + 'every.satisfies = "nobody"', UnknownName, "no predicate 'nobody'", ""),
        (HEAD + RULE + 'every.permissions.at_most = { parameter = "p" }', UnknownName, "no parameter 'p'", ""),
        (HEAD + RULE + "every.permissions.at_most = { a = 1 }", UnknownName, "no parameter", ""),
    ],
)
def test_what_is_not_understood_is_refused(text: str, error: type[HardencheckError], message: str, hint: str) -> None:
    with pytest.raises(error, match=re.escape(message)) as caught:
        parse(text)
    assert "permissions/sample.toml" in str(caught.value)
    assert hint in caught.value.hint


@pytest.mark.parametrize("check_id", ["nowhere.sample", "permissions.Sample", "permissions.a_b", "permissions."])
def test_ids(check_id: str) -> None:
    with pytest.raises(CatalogueError):
        parse_check(check_id, HEAD, where="w")


PARAMETER = (
    f'{HEAD}[parameters.max]\ndefault = "1MiB"\nunit = "bytes"\ndoc = "d"\n'
    f'{RULE}every.permissions.at_most = {{ parameter = "max" }}'
)


def test_parameters() -> None:
    assert parse(PARAMETER).rules[0].conditions[0].operand == 1048576
    changed = parse(PARAMETER, max="2 kB")
    assert changed.rules[0].conditions[0].operand == 2000
    assert changed.expected == "x (The configuration sets max = 2 kB.)"


@pytest.mark.parametrize(("name", "value", "message"), [
    ("mix", "1MiB", "no parameter 'mix'"),
    ("max", "10m", 'expected a size such as "10MiB"'),
    ("max", True, "expected a size"),
    ("max", ["1"], "expected a size such as 10MiB, got a list"),
])  # fmt: skip
def test_parameters_that_do_not_fit(name: str, value: object, message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        parse(PARAMETER, **{name: value})


@pytest.mark.parametrize(("text", "size"), [("512", 512), (7, 7), ("10MiB", 10 << 20), ("10 MB", 10**7)])
def test_parse_bytes(text: str | int, size: int) -> None:
    assert parse_bytes(text) == size


@pytest.mark.parametrize("text", ["", "10m", "-1", "1.5MB", "MiB", True])
def test_parse_bytes_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="expected a size"):
        parse_bytes(text)


def test_a_directory_of_the_user_adds_checks(tmp_path: Path) -> None:
    (tmp_path / "permissions").mkdir()
    (tmp_path / "permissions" / "ours.toml").write_text(f'{HEAD}aliases = ["X001"]')
    (tmp_path / "notes.txt").write_text("not a directory")
    (tmp_path / ".hidden").mkdir()
    catalogue = load_catalogue([tmp_path])
    assert catalogue.checks["permissions.ours"].manual
    assert catalogue.resolve("X001") == "permissions.ours" == catalogue.resolve("permissions.ours")
    assert catalogue.digest != load_catalogue().digest
    with pytest.raises(UnknownName) as caught:
        catalogue.resolve("permissions.our")
    assert caught.value.hint == "did you mean 'permissions.ours'?"
    with pytest.raises(UnknownName) as caught:
        catalogue.resolve("ours")
    assert caught.value.hint == "did you mean 'permissions.ours'?"


def test_a_check_cannot_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "permissions").mkdir()
    (tmp_path / "permissions" / "executable-data.toml").write_text(HEAD)
    with pytest.raises(CatalogueError, match="exists already"):
        load_catalogue([tmp_path])


def test_an_alias_means_one_check(tmp_path: Path) -> None:
    (tmp_path / "permissions").mkdir()
    for name in ("one", "two"):
        (tmp_path / "permissions" / f"{name}.toml").write_text(f'{HEAD}aliases = ["X001"]')
    with pytest.raises(CatalogueError, match="alias 'X001'"):
        load_catalogue([tmp_path])


def test_parameters_of_a_check_nobody_has() -> None:
    with pytest.raises(UnknownName, match="no check 'permissions"):
        load_catalogue(parameters={"permissions.executable-date": {}})


def test_parameters_are_part_of_the_digest(tmp_path: Path) -> None:
    (tmp_path / "permissions").mkdir()
    (tmp_path / "permissions" / "sized.toml").write_text(PARAMETER)
    changed = load_catalogue([tmp_path], {"permissions.sized": {"max": "3MiB"}})
    assert changed.digest != load_catalogue([tmp_path]).digest


CHECKS = load_catalogue().checks


@pytest.mark.parametrize("check", CHECKS.values(), ids=lambda check: check.id)
def test_prose_reads_as_promised(check: Check) -> None:
    assert not check.title.startswith(("Ensure", "Make sure")), "a title is true once ticked"
    assert not check.title.endswith("."), "a title is not a sentence with a period"
    assert len(check.title) <= 120
    assert check.owner in {"application", "platform", "security", "operations"}
    for key in ("expected", "why", "fix", "rollback", "bypass"):
        assert len(getattr(check, key)) >= 15, f"{key} says next to nothing"
    assert check.controls.cwe or check.manual


def test_at_most_a_fifth_of_the_checks_use_predicates() -> None:
    using = [c.id for c in CHECKS.values() if any(t.predicate for r in c.rules for t in (*r.where, *r.conditions))]
    assert len(using) * 5 <= len(CHECKS), using


def test_every_predicate_is_used() -> None:
    used = {t.predicate for c in CHECKS.values() for r in c.rules for t in (*r.where, *r.conditions) if t.predicate}
    assert used == set(predicates())


class Kept(dict[bytes, bytes]):
    """A memo in memory."""

    def put(self, key: bytes, payload: bytes) -> None:
        self[key] = payload


def test_parsed_checks_are_remembered_by_what_they_come_from(tmp_path: Path) -> None:
    (tmp_path / "permissions").mkdir()
    file = tmp_path / "permissions" / "sized.toml"
    file.write_text(PARAMETER)
    memo = Kept()
    fresh = load_catalogue([tmp_path], memo=memo)
    assert load_catalogue([tmp_path], memo=memo) == fresh == load_catalogue([tmp_path])
    assert len(memo) == 1
    load_catalogue([tmp_path], {"permissions.sized": {"max": "3MiB"}}, memo)
    file.write_text(PARAMETER.replace("low", "high"))
    assert load_catalogue([tmp_path], memo=memo).checks["permissions.sized"].severity == "high"
    assert len(memo) == 3
    for key in memo:
        memo[key] = b"broken"
    assert load_catalogue([tmp_path], memo=memo).checks["permissions.sized"].severity == "high"
