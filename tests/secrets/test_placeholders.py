"""What opens nothing and what may: one line for each class of noise, one beside it that must not be lost."""

import pytest

from hardencheck.collect.extract.secrets import TreeSecrets
from hardencheck.model.facts.secrets import SecretCandidate

WORD = "vN7q2" + "LxT9w"
HEX40 = "3f786850e387550fdab836ed" + "7e6dc881de23001b"
BASE64 = "q8Zr3TbN5x" + "KwV1mJ7dHs2LfGc9YpEa4U"
GITHUB = "gh" + "p_"
AKIA = "AK" + "IA"


def why(path: str, line: str) -> list[str]:
    found = TreeSecrets().extract(path, 0o100644, line.encode())
    return [fact.why for fact in found if isinstance(fact, SecretCandidate)]


EXAMPLE = "a word of examples and defaults"
OTHER = "its name says that it is something else"


@pytest.mark.parametrize(
    ("path", "line", "reasons"),
    [
        ("s.py", f"PASSWORD = '{WORD}'", [""]),
        ("s.py", "PASSWORD = 'correct-horse-7-battery'", [""]),
        ("s.yaml", "db_password: netbox", [""]),  # a weak password of a configuration is one
        ("s.py", "SECRET_KEY = 'django-insecure-" + "x2$k(b!7q_vm+my-0f&w9z'", [""]),
        ("s.py", "SECRET_KEY = 'a$(b%7" + "q_vm+0f&w9z4k'", [""]),
        ("views.py", "DEMO_PASSWORD = 'letmein'", [""]),
        ("s.py", "PASSWORD = 'changeme'", [EXAMPLE]),
        ("s.py", "PASSWORD = 'your-password-here'", [EXAMPLE]),
        ("s.env", "SECRET_KEY=changethis", [EXAMPLE]),
        ("s.py", "PASSWORD = '${DB_PASSWORD}'", ["a template"]),
        ("s.py", "PASSWORD = 'x{{ password }}'", ["a template"]),
        ("s.sh", "DB_PASSWORD=pre${PGPASS}", ["a template"]),
        ("s.py", "PASSWORD = '{{ password }}'", ["a template"]),
        ("s.py", "PASSWORD = '%(password)s'", ["a template"]),
        ("s.sh", "DB_PASSWORD=$PGPASS", []),
        ("s.yaml", "password: <password>", []),
        ("c.yaml", "- DB_PASSWORD=${DB_PASSWORD:?Variable not set}", ["a template"]),
        ("x.js", "const DATA_API_KEY = '.data-api'", ["reads like a name"]),
        ("x.js", "'close_with_secret':'\\ud83d\\udd10'", ["a character"]),
        ("s.py", "api_key = 'hcw_' + digits", ["reads like a name"]),
        ("s.py", f"    >>> get(auth=('jo', '{WORD}'), password='{WORD}x')", ["an example in a docstring"] * 2),
        ("s.py", "PASSWORD = '********'", ["repeats"]),
        ("s.py", "PASSWORD = 'xxxxxxxx'", ["repeats"]),
        ("s.py", "SECRET = 'abcdefgh12'", ["a sequence of letters or digits"]),
        ("s.py", "SECRET = 'abcdefgh" + "q8Zr3TbN5xKwV1'", [""]),  # a sequence is less than most of it
        ("s.py", "SECRET = 'q8Zr3Tb" + "12345678" + "N5xKwV1mJ7'", [""]),
        ("s.py", "PASSWORD = 'Enter the new one twice'", ["words for people"]),
        ("s.py", "PASSWORD_RESET_TIMEOUT = '86400 sec'", [OTHER]),
        ("s.py", "password_field = 'user_credential9'", [OTHER]),
        ("s.py", "SECRET_FILE = 'run-secrets-db9'", [OTHER]),
        ("s.py", "SECRET = 'run/secrets/db9'", ["a path or address"]),
        # Many services issue UUIDs as keys: beside a name that says secret, key, token or password one counts.
        *(
            ("s.py", f"{name} = '7c9e6679-7425-40de-944b-e07fc1f90ae7'", [""])
            for name in ("SECRET", "API_TOKEN", "api_key", "ACCESS_KEY", "DB_PASSWORD")
        ),
        ("s.py", "CLIENT_SECRET = '7c9e6679-7425-40de-944b-e07fc1f90ae7'", [""]),
        ("s.py", "SECRET_OWNER = '7c9e6679-7425-40de-944b-e07fc1f90ae7'", ["an identifier (UUID)"]),
        ("s.py", "CENSORED_TOKEN = '***CHANGED9***'", ["masked"]),
        ("s.py", "TOKEN_LOCK = '15 minutes'", ["a duration or amount"]),
        ("s.js", "let e = passwordForm.querySelectorAll('.field-errors9')", ["an argument of a call"]),
        ("s.js", "config.setPassword('q7Rk2vN9xT')", [""]),
        ("s.py", "PASSWORD = 'pbkdf2_sha256$260000$x7$abc'", ["a salted hash"]),
        ("s.js", "password: 'user.profile.title'", ["reads like a name"]),
        ("s.yaml", "password: !vault abc12345", []),
        ("s.conf", "password = get_secret('db')", ["read from elsewhere"]),
        ("s.html", "<input [password]=\"pdfPassword()\">", ["read from elsewhere"]),
    ],
)  # fmt: skip
def test_keywords(path: str, line: str, reasons: list[str]) -> None:
    assert why(path, line) == reasons


@pytest.mark.parametrize(
    ("line", "reasons"),
    [
        (f"PEPPER = '{BASE64}'", [""]),
        (f"SIGNING_SALT = '{HEX40}'", [""]),
        (f"REVISION = '{HEX40}'", [OTHER]),
        (f"BUILD = '{HEX40}'", ["the length of a digest or revision"]),
        (f"call('{BASE64}')", [""]),
        (f"['{BASE64}']", ["not assigned to a name"]),
        (f"X = 'sha256-{BASE64}'", ["a digest"]),
        (f"X = 'PHN2ZyB{BASE64}'", ["data in text form"]),
        (f"ETAG = '{BASE64}'", [OTHER]),
        ("X = 'theQuickBrownFoxJumpsOverVeryLazyDogs-OfWizardry'", ["reads like a name"]),
    ],
)
def test_high_entropy(line: str, reasons: list[str]) -> None:
    assert why("app/data.py", line) == reasons


@pytest.mark.parametrize(
    ("line", "reasons"),
    [
        (f"x = '{AKIA}Q7MZ4R2XWN5TB8VD'", [""]),
        (f"x = '{AKIA}IOSFODNN7EXAMPLE'", [EXAMPLE]),
        (f"x = 'abc{AKIA}Q7MZ4R2XWN5TB8VDxyz'", ["a part of a longer run of characters"]),
        (f"x = '{GITHUB}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'", [EXAMPLE]),
        (f"placeholder: '{GITHUB}kR9vTz2Lq8Wn4Xc7Bm1Yd6Hs3Jf5Pg0Ke2Ua'", ["its name says that it is an example"]),
        (f"x = '{GITHUB}kR9vTz2Lq8Wn4Xc7Bm1Yd6Hs3Jf5Pg0Ke2Ua'", [""]),
        (f"x = '{GITHUB}abcdefghijklmnopqrstuvwxyzabcdefghij'", ["a sequence of letters or digits"]),
        ("x = 'AC" + "0123f5a9c7d2e4b8" + "a1b3c5d7e9f02468'", ["an account identifier, not a secret"]),
        ("x = 'SK" + "zz23f5a9c7d2e4b8" + "a1b3c5d7e9f02468'", ["not the format of a key: its digits are hexadecimal"]),
    ],
)
def test_tokens(line: str, reasons: list[str]) -> None:
    assert why("app/data.txt", line) == reasons


@pytest.mark.parametrize(
    ("line", "reasons"),
    [
        (f"redis://app:{WORD}@cache.internal/0", [""]),
        ("postgres://netbox:netbox@db.internal.corp/x", [""]),
        ("postgres://netbox:netbox@localhost/x", ["the user's name, for a database on the same host or network"]),
        ("postgres://pontoon:asdf@postgresql/x", ["neighbours on the keyboard, for a host on the same network"]),
        ("postgres://shop:asdf@db.shop-cloud.com/x", [""]),
        ("postgres://user:password@host/x", [EXAMPLE]),
        ("postgres://user:{PASS}@host/x", ["a template"]),
        (f"https://bob:{WORD}@example.com/", ["a host that is reserved for examples"]),
        ("https://bob:xxxxxx@host/", ["repeats"]),
    ],
)
def test_urls(line: str, reasons: list[str]) -> None:
    assert why("app/data.txt", line) == reasons
