"""Every way a configuration can be wrong, with the whole message: file, line, key, what was expected."""

import datetime as dt
import json
import tomllib

import jsonschema
import pytest

from hardencheck.config.find import parse
from hardencheck.config.load import DEFAULT, Loaded, attestations, check_ids, load, load_user, shown, waivers
from hardencheck.config.model import schema
from hardencheck.errors import ConfigError, HardencheckError, UnknownName, WaiverError
from hardencheck.model.finding import Attestation, Waiver

TODAY = dt.date(2026, 11, 22)
WAIVER = 'schema = 1\n[[waiver]]\ncheck = "headers.hsts"\nscope = "*"\nreason = "r"\nowner = "o"\n'
ATTESTATION = 'schema = 1\n[[attestation]]\ncheck = "practice.logs-watched"\nby = "b"\nevidence = "e"\n'
TARGET = 'schema = 1\n[[target]]\nname = "staging"\n'


def loaded(text: str) -> Loaded:
    return load(parse("hardencheck.toml", text.encode()), today=TODAY)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "hardencheck.toml: schema: required, and missing", "expected schema = 1"),
        ("schema = 2", "hardencheck.toml:1: schema: expected 1", ""),
        ("schema = true", "hardencheck.toml:1: schema: expected a whole number, got true or false", ""),
        ('schema = 1\n\nfail-onn = "high"', "hardencheck.toml:3: fail-onn: no such key", "did you mean 'fail-on'?"),
        ("schema = 1\nfail_on = 1", "hardencheck.toml:2: fail_on: no such key", "did you mean 'fail-on'?"),
        (
            'schema = 1\nfail-on = "hgih"',
            "hardencheck.toml:2: fail-on: expected low or medium or high or critical or never",
            "did you mean 'high'?",
        ),
        ("schema = 1\nstrict = 1", "hardencheck.toml:2: strict: expected true or false, got a whole number", ""),
        ('schema = 1\nselect = "a"', "hardencheck.toml:2: select: expected a list, got text", ""),
        (
            'schema = 1\nselect = [\n  "a",\n  1,\n]',
            "hardencheck.toml:4: select[2]: expected text, got a whole number",
            "",
        ),
        ('schema = 1\nexclude = [""]', "hardencheck.toml:2: exclude[1]: expected some text", ""),
        (
            f"{TARGET}link = 1",
            "hardencheck.toml:4: target[1].link: no such key",
            "known: name, paths, profile, sitemap, upload, url",
        ),
        (
            f'{TARGET}upload = {{ path = "//evil.example/x" }}',
            'hardencheck.toml:4: target[1].upload.path: expected a path of the target, in ASCII and with its "/" '
            '("/api/files")',
            "",
        ),
        (
            f'{TARGET}upload = {{ method = "GET" }}',
            "hardencheck.toml:4: target[1].upload.method: expected POST or PUT or PATCH",
            "known: PATCH, POST, PUT",
        ),
        (
            f'{TARGET}upload = {{ headers = {{ Host = "HARDENCHECK_HEADER_A" }} }}',
            "hardencheck.toml:4: target[1].upload.headers.Host: expected the name of a header field that is not set by "
            "the probe itself",
            "",
        ),
        (
            f'{TARGET}upload = {{ headers = {{ X-Key = "AWS_SECRET_ACCESS_KEY" }} }}',
            "hardencheck.toml:4: target[1].upload.headers.X-Key: expected the name of an environment variable that "
            "begins with HARDENCHECK_HEADER_",
            "",
        ),
        (
            f'{TARGET}upload = {{ fild = "file" }}',
            "hardencheck.toml:4: target[1].upload.fild: no such key",
            "did you mean 'field'?",
        ),
        (
            f'{TARGET}url = "staging.example"',
            "hardencheck.toml:4: target[1].url: expected a URL such as https://staging.example/: "
            "http or https, and a host",
            "",
        ),
        (
            f'{TARGET}url = "https://me:secret@staging.example/"',
            "hardencheck.toml:4: target[1].url: expected a URL such as https://staging.example/, "
            "without a user name or password",
            "",
        ),
        (
            f'{TARGET}[[target]]\nname = "staging"',
            "hardencheck.toml:5: target[2].name: expected a name that no other target has; 'staging' is taken",
            "",
        ),
        (
            'schema = 1\n[checks]\n"uploads.body-size" = 1',
            'hardencheck.toml:3: checks."uploads.body-size": expected a table of parameters, below '
            '[checks."uploads.body-size"]',
            "",
        ),
        (
            "schema = 1\n[checks.uploads.body-size]\nmax-body = 1",
            "hardencheck.toml:2: checks.uploads.body-size: expected a value; the id of a check needs quotes: "
            '[checks."uploads.body-size"]',
            "",
        ),
        (
            'schema = 1\n[checks."uploads.body-size"]\nmax-body = 1.5',
            'hardencheck.toml:3: checks."uploads.body-size".max-body: expected a whole number, text or a list of texts',
            "",
        ),
        (
            f"{ATTESTATION}on = 2026-11-23\nexpires = 2027-01-01",
            "hardencheck.toml:6: attestation[1].on: expected a day that has come",
            "",
        ),
        (
            f"{ATTESTATION}on = 2026-11-22\nexpires = 2028-01-01",
            "hardencheck.toml:7: attestation[1].expires: expected at most 366 days from today",
            "",
        ),
    ],
)
def test_wrong(text: str, message: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(text)
    assert (str(caught.value), caught.value.hint) == (message, hint)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (WAIVER, "hardencheck.toml:2: waiver[1].expires: required, and missing"),
        (
            WAIVER.replace('reason = "r"\n', "") + "expires = 2027-01-01",
            "hardencheck.toml:2: waiver[1].reason: required, and missing",
        ),
        (
            f"{WAIVER}expires = 2027-05-22",
            "hardencheck.toml:7: waiver[1].expires: expected a date at most 180 days ahead, which is 2027-05-21 today; "
            "2027-05-22 is later",
        ),
        (
            f'{WAIVER}expires = "soon"',
            "hardencheck.toml:7: waiver[1].expires: expected a date such as 2027-02-01",
        ),
        (
            f"{WAIVER}expires = 2027-02-01T00:00:00Z",
            "hardencheck.toml:7: waiver[1].expires: expected a date such as 2027-02-01, got a date with a time",
        ),
        (
            f"{WAIVER}expires = 7",
            "hardencheck.toml:7: waiver[1].expires: expected a date such as 2027-02-01, got a whole number",
        ),
        (
            WAIVER.replace('"r"', '" "') + "expires = 2027-01-01",
            "hardencheck.toml:5: waiver[1].reason: expected some text",
        ),
        (
            WAIVER.replace('"*"', '"/srv/app.py"') + "expires = 2027-01-01",
            'hardencheck.toml:4: waiver[1].scope: expected a path from the top of the target ("svc/app.py"), a pattern '
            '("svc/*"), a URL or "*"',
        ),
        (
            WAIVER.replace('"*"', '"../app.py"') + "expires = 2027-01-01",
            'hardencheck.toml:4: waiver[1].scope: expected a path from the top of the target ("svc/app.py"), a pattern '
            '("svc/*"), a URL or "*"',
        ),
    ],
)  # fmt: skip
def test_a_waiver_that_cannot_be_honoured(text: str, message: str) -> None:
    with pytest.raises(WaiverError) as caught:
        loaded(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "key", ["plugin", "plugins", "collectors", "checks-dir", "check-dirs", "jobs", "ca-file", "probe"]
)
def test_the_target_has_no_say_in_who_audits_it(key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(f'schema = 1\n{key} = ["evil"]')
    assert str(caught.value) == f"hardencheck.toml:2: {key}: cannot stand in the configuration of a target"
    assert caught.value.hint.startswith("the audited repository has no say in who audits it: use ")


def test_directories_of_checks_are_refused_where_parameters_stand() -> None:
    with pytest.raises(ConfigError) as caught:
        loaded('schema = 1\nchecks = ["evil"]')
    assert "directories of checks cannot stand in the configuration of a target" in str(caught.value)
    assert "--checks DIR" in caught.value.hint


def test_a_whole_configuration() -> None:
    text = """
schema = 1
fail-on = "never"
strict = true
select = ["headers.*"]
ignore = ["headers.old"]
exclude = ["vendor/"]

[[target]]
name = "staging"
url = "https://staging.example:8443/app"
profile = "shop.settings"

[checks."uploads.body-size"]
max-body = "10MiB"

[[waiver]]
check = "headers.frame"
scope = "https://staging.example/"
reason = "r"
owner = "o"
approved-by = "a"
expires = 2027-05-21

[[attestation]]
check = "practice.logs-watched"
by = "b"
evidence = "e"
on = 2026-11-22
expires = "2027-01-01"
"""
    made = loaded(text)
    assert (made.config.fail_on, made.config.strict, made.config.exclude) == ("never", True, ("vendor/",))
    assert made.config.checks == {"uploads.body-size": {"max-body": "10MiB"}}
    assert waivers(made, {"headers.frame": "headers.frame-ancestors"}) == (
        Waiver(
            check="headers.frame-ancestors",
            scope="https://staging.example/",
            reason="r",
            owner="o",
            approved_by="a",
            expires="2027-05-21",
            source="hardencheck.toml:17",
        ),
    )
    assert attestations(made, {}) == (
        Attestation(
            check="practice.logs-watched",
            by="b",
            evidence="e",
            on="2026-11-22",
            expires="2027-01-01",
            source="hardencheck.toml:25",
        ),
    )
    jsonschema.validate(json.loads(json.dumps(tomllib.loads(text), default=str)), schema())


def test_an_expired_waiver_is_no_error() -> None:
    assert loaded(f"{WAIVER}expires = 2020-01-01").config.waiver[0].expires == dt.date(2020, 1, 1)


def test_no_configuration_is_every_default() -> None:
    assert load(None, today=TODAY) is DEFAULT
    assert (DEFAULT.label, DEFAULT.digest, DEFAULT.config.fail_on) == ("", "", "high")


def test_the_digest_is_of_the_meaning() -> None:
    one, two = loaded('schema = 1\nfail-on = "low"'), loaded("# why\nfail-on='low'\nschema=1\n")
    assert one.digest == two.digest != loaded("schema = 1").digest


IDS = {"headers.hsts", "headers.csp", "practice.logs-watched"}
ALIASES = {"headers.sts": "headers.hsts"}


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            'schema = 1\nselect = ["headers.*", "header.*"]',
            "hardencheck.toml:2: select[2]: no check 'header.*'",
            "did you mean",
        ),
        ('schema = 1\nignore = ["headers.hs"]', "hardencheck.toml:2: ignore[1]: no check 'headers.hs'", "headers.hsts"),
        (
            WAIVER.replace("headers.hsts", "headers.htst") + "expires = 2027-01-01",
            "hardencheck.toml:3: waiver[1].check: no check 'headers.htst'",
            "did you mean 'headers.hsts'?",
        ),
        (
            'schema = 1\n[checks."headers.hst"]\nmax = 1',
            "hardencheck.toml:2: checks.\"headers.hst\": no check 'headers.hst'",
            "did you mean 'headers.hsts'?",
        ),
    ],
)  # fmt: skip
def test_unknown_checks(text: str, message: str, hint: str) -> None:
    with pytest.raises(UnknownName) as caught:
        check_ids(loaded(text), IDS, ALIASES, {"practice.logs-watched"})
    assert str(caught.value) == message
    assert hint in caught.value.hint


def test_manual_checks_are_attested_and_others_waived() -> None:
    waived = WAIVER.replace("headers.hsts", "practice.logs-watched") + "expires = 2027-01-01"
    attested = ATTESTATION.replace("practice.logs-watched", "headers.sts") + "on = 2026-01-01\nexpires = 2027-01-01"
    for text, words in (
        (waived, "is manual: see 'hardencheck attest'"),
        (attested, "headers.hsts is decided by looking"),
    ):
        with pytest.raises(ConfigError, match=words):
            check_ids(loaded(text), IDS, ALIASES, {"practice.logs-watched"})


def test_aliases_are_known() -> None:
    check_ids(loaded(WAIVER.replace("hsts", "sts") + "expires = 2027-01-01"), IDS, ALIASES, set())


def test_the_users_own_configuration() -> None:
    source = parse("config.toml", b'checks = ["/srv/checks"]\nplugins = ["mine"]\njobs = 2\n')
    made = load_user(source)
    assert (made.checks, made.plugins, made.jobs) == (("/srv/checks",), ("mine",), 2)
    for text in (b'plugin = ["mine"]', b"jobs = -1", b"jobs = true", b'fail-on = "low"'):
        with pytest.raises(HardencheckError, match=r"^config\.toml:1: "):
            load_user(parse("config.toml", text))


def test_paths_as_people_count() -> None:
    assert shown(("waiver", 0, "expires")) == "waiver[1].expires"
    assert shown(("checks", "uploads.body-size", "max-body")) == 'checks."uploads.body-size".max-body'
    assert shown(()) == "the top level"
