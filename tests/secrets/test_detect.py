"""Whole facts of files, and what hostile files come to."""

import time
from collections.abc import Iterable

import pytest

from hardencheck.collect.extract.secrets import MAX_CANDIDATES, TreeSecrets
from hardencheck.collect.extraction import extract_file
from hardencheck.collect.fingerprint_key import fingerprint_key
from hardencheck.collect.secrets.context import made_by_program, minified, role_of
from hardencheck.collect.secrets.ruleset import detection
from hardencheck.model.facts import Fact
from hardencheck.model.facts.secrets import SecretCandidate, SecretsLeftOut, SecretSuppression
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location
from hardencheck.testing import assembled

# Put together here: no file of ours holds a token.
GITHUB = "gh" + "p_" + "kR9vTz2Lq8Wn4Xc7Bm1Yd6Hs3Jf5Pg0Ke2Ua"
AWS = "AK" + "IA" + "Q7MZ4R2XWN5TB8VD"
WORD = "vN7q2" + "LxT9w"
BODY = "MC4CAQAwBQYDK2VwBCIEIBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8w"
PEM = f"-----BEGIN PRI{'VATE'} KEY-----\n{BODY}\n-----END PRI{'VATE'} KEY-----\n"


def scan(path: str, text: str | bytes) -> list[Fact | Gap]:
    data = text if isinstance(text, bytes) else text.encode()
    return list(extract_file([TreeSecrets()], path, 0o100644, data))


RULES = {rule.id: rule for rule in detection().rules}


def candidate(path: str, line: int, column: int | None, rule: str, class_: str, value: str, **more: object) -> Fact:
    """As one of our own rules states it; a token here is made up, so its checksum is wrong."""
    own = RULES[rule]
    unsound = bool(own.checksum)
    fields: dict[str, object] = {"role": "production", "placeholder": False, "unsound": unsound, **more}
    return SecretCandidate(
        location=Location(path=path, line=line, column=column),
        rule=rule,
        what=own.title,
        class_=class_,  # type: ignore[arg-type]
        confidence="medium" if unsound else own.confidence.value,
        length=len(value),
        digest=fingerprint_key().digest(value.encode()),
        rotate=own.rotate,
        **fields,  # type: ignore[arg-type]
    )


def test_a_token_is_whole_although_the_detector_gives_only_its_prefix() -> None:
    assert scan("app/hooks.py", f"import os\n\nTOKEN = '{GITHUB}'\n") == [
        candidate("app/hooks.py", 3, 10, "github-token", "provider-token", GITHUB)
    ]


def test_the_same_value_has_the_same_digest_in_two_files() -> None:
    one, two = scan("a.py", f"x = '{GITHUB}'\n"), scan("b/c.yaml", f"k:\n  - {GITHUB}\n")
    assert [fact.digest for fact in (*one, *two) if isinstance(fact, SecretCandidate)][0:1] * 2 == [
        fact.digest for fact in (*one, *two) if isinstance(fact, SecretCandidate)
    ]


def test_of_several_detectors_the_most_exact_one_speaks() -> None:
    path = "app/settings.py"
    assert scan(path, f'password = "{GITHUB}"; other_password = "{WORD}"\n') == [
        candidate(path, 1, 13, "github-token", "provider-token", GITHUB),
    ] or scan(path, f'secret = "{WORD}"\npassword = "{GITHUB}"\n') == [
        candidate(path, 1, 11, "quoted-assignment", "generic", WORD),
        candidate(path, 2, 13, "github-token", "provider-token", GITHUB),
    ]


def test_unquoted_values_of_env_files_shells_and_images_are_read() -> None:
    for path, before in (
        (".env", "DB_PASSWORD="),
        ("deploy/run.sh", "export DB_PASSWORD="),
        ("Dockerfile", "ENV DB_PASSWORD="),
    ):
        assert scan(path, f"{before}{WORD}  # the usual\n") == [
            candidate(path, 1, len(before) + 1, "plain-assignment", "generic", WORD)
        ]
    assert scan("app.py", f"DB_PASSWORD={WORD}\n") == []  # Python: a name, not a text


def test_the_password_of_a_url_alone_is_the_secret() -> None:
    assert scan(".env", f"A=1\nURL=postgres://shop:{WORD}@db.internal/x\n") == [
        candidate(".env", 2, 21, "url-password", "password-in-url", WORD)
    ]


@pytest.mark.parametrize("form", ["{}", "{}".replace("\n", ""), "key: |\n{}"])
def test_a_key_inside_other_text_and_a_file_that_is_a_key(form: str) -> None:
    inside = form != "{}"
    path = "deploy/values.yaml" if inside else "deploy/server.key"
    found = scan(path, form.format(PEM))
    line = 1 if form.startswith("{}") else 2
    expected = candidate(path, line, 1, "private-key", "private-key", BODY, whole_file=form.startswith("{}"))
    assert found == [expected]


def test_a_key_has_one_digest_however_it_is_written() -> None:
    escaped = PEM.replace("\n", "\\n")
    texts = {"a.json": f'{{"private_key": "{escaped}"}}', "b.py": f"K = '''\n{PEM}'''", "c.pem": PEM}
    digests = {
        fact.digest for path, text in texts.items() for fact in scan(path, text) if isinstance(fact, SecretCandidate)
    }
    assert digests == {fingerprint_key().digest(BODY.encode())}


@pytest.mark.parametrize("rest", ["", "\n...\n-----END", "'\nX = 1\n", "\n" + "A" * 64 + "\n-----END PRIVATE KEY-----"])
def test_a_header_without_a_key_is_a_placeholder(rest: str) -> None:
    header = PEM.partition("\n")[0]
    (fact,) = scan("app/keys.py", f"H = '{header}{rest}")
    assert isinstance(fact, SecretCandidate)
    assert (fact.placeholder, fact.why) == (True, "no key follows the header")


def test_comments_and_files_that_hide_secrets_are_facts_and_hide_nothing() -> None:
    mark = "# pragma: allow" + "list secret"
    path = "app/settings.py"
    assert scan(path, f"PORT = 1\nKEY = '{AWS}'  {mark}\nX = 2  # gitleaks:{'allow'}\n") == [
        SecretSuppression(
            location=Location(path=path, line=2, column=33), tool="detect-secrets", how="comment", role="production"
        ),
        SecretSuppression(
            location=Location(path=path, line=3, column=10), tool="gitleaks", how="comment", role="production"
        ),
        candidate(path, 2, 8, "aws-access-key-id", "cloud-credential", AWS),
    ]
    assert scan("notes.py", f"TEXT = 'write gitleaks:{'allow'} beside it'\n") == []
    assert scan("service/.gitleaksignore", "abc\n") == [
        SecretSuppression(
            location=Location(path="service/.gitleaksignore"), tool="gitleaks", how="file", role="production"
        )
    ]


def test_what_is_left_out_is_counted_and_tokens_are_found_all_the_same() -> None:
    text = f'{{"integrity": "q8Zr3TbN5xKwV1mJ7dHs2LfGc9YpEa4U"}}\n{{"t": "{GITHUB}"}}\n{{"password": "{WORD}"}}\n'
    assert scan("package-lock.json", text) == [
        candidate("package-lock.json", 2, 8, "github-token", "provider-token", GITHUB),
        SecretsLeftOut(location=Location(path="package-lock.json", line=1), lines=3, why="lock file"),
    ]


def test_utf_16_carriage_returns_and_characters_outside_ascii_keep_lines_and_columns() -> None:
    text = f"# größe ✓\r\n# zwei\ré = 1\r\npässwort_key = 'ä'; token = '{GITHUB}'\r\n"
    for encoding in ("utf-8", "utf-16", "utf-8-sig"):
        assert scan("app.py", text.encode(encoding)) == [
            candidate("app.py", 4, 30, "github-token", "provider-token", GITHUB)
        ]


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("app/settings.py", "production"), (".env", "production"), ("docker-compose.yml", "production"),
        ("app/tests/data.py", "test"), ("web/login.spec.ts", "test"), ("cypress/support/user.js", "test"),
        ("docs/setup.txt", "documentation"), ("README.md", "documentation"), (".env.example", "example"),
        ("config/settings.sample.py", "example"), ("templates/mail.html", "production"),
        (".github/workflows/ci.yml", "development"), (".gitlab-ci.yml", "development"),
        ("app/migrations/0001_first.py", "migration"), ("app/alembic/versions/1.py", "migration"),
    ],
)  # fmt: skip
def test_role(path: str, role: str) -> None:
    assert role_of(path) == role


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("uv.lock", "lock file"), ("web/package-lock.json", "lock file"), ("requirements/deploy.txt", "lock file"),
        ("requirements.txt", "lock file"), ("locale/de/django.po", "translations"),
        ("web/i18n/de.json", "translations"),
        ("static/app.min.js", "minified or generated"), ("static/app.css", "minified or generated"),
        ("static/x.min.f1ae4617847c.js.gz", "minified or generated"), ("static/x.min.lib.js", ""),
        ("tests/cassettes/x.yaml", "minified or generated"), ("app/settings.py", ""), ("locale.py", ""),
        ("requirements.py", ""), ("distance/a.py", ""),
    ],
)  # fmt: skip
def test_generated(path: str, why: str) -> None:
    assert made_by_program(path) == why


def test_a_script_of_very_long_lines_is_minified() -> None:
    assert minified("app/bundle.js", b"x" * 6000)
    assert not minified("app/bundle.js", b"x;\n" * 6000)


def _seconds(path: str, data: bytes) -> tuple[float, list[Fact | Gap]]:
    started = time.process_time()
    found = scan(path, data)
    return time.process_time() - started, found


def _tokens(found: Iterable[Fact | Gap]) -> list[tuple[int | None, int | None]]:
    return [
        (fact.location.line, fact.location.column)
        for fact in found
        if isinstance(fact, SecretCandidate) and fact.rule == "github-token"
    ]


@pytest.mark.parametrize(
    ("name", "path", "data", "tokens"),
    [
        ("10 MB on one line", "a.js", b"x" * 5_000_000 + f" '{GITHUB}' ".encode() + b"y" * 5_000_000, [(1, 5_000_003)]),
        ("10 MB of quotes", "a.py", b"'" * 10_000_000, []),
        ("names without end", "a.yaml", b"password: " * 200_000, []),
        ("passwords without end", "a.yaml", b"password=password=" * 200_000, []),
        ("a run of blanks", "a.ini", b"password" + b" " * 100_000 + b"x\n" + f"t = {GITHUB}\n".encode(), [(2, 5)]),
        ("runs of blanks", "a.ini", (b"token" + b" " * 60) * 20_000 + b"\n" + f"t = {GITHUB}".encode(), [(2, 5)]),
        ("a token after blanks", "a.py", b" " * 5000 + f"t = '{GITHUB}'".encode(), [(1, 5006)]),
        ("not UTF-8", "a.py", b"\xff\xfa\x80 = 1\nt = '" + GITHUB.encode() + b"' # \xfe", [(2, 6)]),
        ("NULs late", "a.py", b"x = 1\n" * 2000 + b"\0\0\n" + GITHUB.encode(), [(2002, 1)]),
        ("half a UTF-16 character", "a.py", b"\xff\xfe" + GITHUB.encode("utf-16-le") + b"\0", [(1, 1)]),
        ("lone surrogates in UTF-16", "a.py", b"\xff\xfe\x00\xd8" + f" {GITHUB}".encode("utf-16-le"), [(1, 3)]),
        ("a header without end", "a.py", PEM.partition("\n")[0].encode() * 20_000, []),
        ("only line ends", "a.py", b"\n" * 5_000_000, []),
        ("an empty file", "a.py", b"", []),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_hostile_files_end_in_facts(
    name: str, path: str, data: bytes, tokens: list[tuple[int | None, int | None]]
) -> None:
    seconds, found = _seconds(path, data)
    assert _tokens(found) == tokens
    assert seconds < 10
    assert [gap.reason for gap in found if isinstance(gap, Gap)] in ([], [Reason.BUDGET])


def test_too_many_candidates_are_a_gap_from_there_on() -> None:
    found = scan("dump.txt", "".join(f"{GITHUB[:-4]}{number:04d}\n" for number in range(MAX_CANDIDATES + 10)))
    (gap,) = (item for item in found if isinstance(item, Gap))
    assert (gap.reason, gap.location.line) == (Reason.BUDGET, MAX_CANDIDATES), (
        "the last line of which something is said"
    )
    assert len(_tokens(found)) == MAX_CANDIDATES
    assert len({fact.digest for fact in found if isinstance(fact, SecretCandidate)}) == MAX_CANDIDATES


def _grafana(count: int) -> list[str]:
    """Tokens that our rules know, and detect-secrets does not."""
    return [assembled("glsa_<alnum:32>_<hex:8>", str(number)) for number in range(count)]


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(_grafana(MAX_CANDIDATES + 1)),
        "\n".join(" ".join(_grafana(540)[at : at + 60]) for at in range(0, 540, 60)),
    ],
    ids=["one too many", "all in nine lines"],
)
def test_no_candidate_is_lost_without_a_gap(text: str) -> None:
    found = scan("dump.txt", text)
    told = [fact for fact in found if isinstance(fact, SecretCandidate)]
    assert len(told) == text.count("glsa_") or [gap.reason for gap in found if isinstance(gap, Gap)] == [Reason.BUDGET]


def test_a_later_candidate_of_detect_secrets_does_not_move_the_gap() -> None:
    """Our rules stopped long before it: what they did not look at begins there."""
    lines = [*_grafana(MAX_CANDIDATES + 10), *["x = 1"] * 1000, f"key = '{AWS}'"]
    (gap,) = (item for item in scan("dump.txt", "\n".join(lines)) if isinstance(item, Gap))
    assert gap.location.line in {MAX_CANDIDATES, MAX_CANDIDATES + 1}


def test_no_provider_is_ever_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    from detect_secrets.settings import get_settings

    def asked(*arguments: object, **named: object) -> None:
        raise AssertionError("a request was made")

    monkeypatch.setattr("requests.sessions.Session.request", asked)
    assert "detect_secrets.filters.common.is_ignored_due_to_verification_policies" not in get_settings().filters
    assert (
        len(scan("a.py", f"stripe = 'sk_{'live'}_kR9vTz2Lq8Wn4Xc7Bm1Yd6Hs'\nslack = 'xoxb-{'12345678901-'}abc9def7'\n"))
        == 2
    )


def test_binary_names_are_not_read_and_all_others_are() -> None:
    wants = TreeSecrets().wants
    assert not wants("a/logo.PNG", 0o100644, 10)
    assert not wants("empty.py", 0o100644, 0)
    assert all(wants(path, 0o100644, 1) for path in ("Makefile", "a.lock", "x.min.js", "id_rsa", "a.ipynb", "b.svg"))


def test_a_notebook_is_judged_as_the_code_it_is() -> None:
    assert [role_of(path) for path in ("eda.ipynb", "notebooks/eda.ipynb", "docs/eda.ipynb", "README.md")] == [
        "production", "production", "documentation", "documentation",
    ]  # fmt: skip
    cell = '{"cells": [{"cell_type": "code", "source": ["TOKEN = \'' + GITHUB + '\'\\n"], "outputs": []}]}'
    (found,) = scan("notebooks/eda.ipynb", cell)
    assert isinstance(found, SecretCandidate) and (found.role, found.placeholder) == ("production", False)


@pytest.mark.parametrize("text", ["from reports import APEntryPoint2024\n", "x = 'AP8827361ABXX'\n"])
def test_a_name_that_begins_with_ap_is_no_key_of_artifactory(text: str) -> None:
    found = [item for item in scan("app/a.py", text) if isinstance(item, SecretCandidate)]
    assert [item.why for item in found if not item.placeholder] == []
