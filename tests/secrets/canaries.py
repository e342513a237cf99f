"""Secrets to plant and to look for: made when a test runs, so that no file of ours ever holds one.

`plant` writes them into files of many kinds, `leaks` finds any eight characters of them in an output:

    canaries = plant(tmp_path)
    assert leaks(report_text, canaries) == []
"""

import base64
import json
import random
import string
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

LEAK = 8  # characters of a secret that nobody may see together

_DIGITS = string.digits
_LOWER = string.ascii_lowercase + _DIGITS
_UPPER = string.ascii_uppercase + _DIGITS
_MIXED = string.ascii_letters + _DIGITS
_HEX = "0123456789abcdef"


class Canary(NamedTuple):
    """kind: "github" ... secret: the part that is random (no prefix that all tokens of a kind share). path: the file
    that holds it. rule: the detector that finds it there. repr() does not show the secret: pytest prints that."""

    kind: str
    path: str
    rule: str
    secret: str

    def __repr__(self) -> str:
        return f"Canary({self.kind} in {self.path})"


def plant(root: Path, seed: int = 20) -> list[Canary]:
    """Write one file for each kind below `root`; the same seed makes the same tokens (private keys are always new)."""
    chance = random.Random(seed)
    planted: list[Canary] = []

    def pick(alphabet: str, count: int) -> str:
        # A digit and a letter in every eight: what looks like a word may be taken for one.
        return "".join(chance.choice(_DIGITS) if at % 8 == 5 else chance.choice(alphabet) for at in range(count))

    def write(kind: str, path: str, text: str, rule: str, *secrets: str, encoding: str = "utf-8") -> None:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode(encoding))
        planted.extend(Canary(kind, path, rule, secret) for secret in secrets)

    key, secret = pick(_UPPER, 16), pick(_MIXED, 40)
    write(
        "aws",
        "infra/main.tf",
        f'access_key = "AKIA{key}"\naws_secret_key = "{secret}"\n',
        "aws-access-key-id",
        key,
        secret,
    )
    token = pick(_MIXED, 36)
    write("github", "app/hooks.py", f"import os\n\nTOKEN = 'ghp_{token}'\n", "github-token", token)
    token = pick(_LOWER, 24)
    write("slack", "deploy/values.yaml", f"slack:\n  bot: xoxb-{pick(_DIGITS, 12)}-{token}\n", "slack-bot-token", token)
    token = pick(_MIXED, 24)
    write("stripe", "web/billing.js", f'const stripe = Stripe("sk_live_{token}");\n', "stripe-live-key", token)
    token = pick(_HEX, 32)
    write("twilio", "config/sms.json", json.dumps({"sid": f"SK{token}"}), "twilio-api-key", token)
    token = f"{pick(_MIXED, 22)}.{pick(_MIXED, 43)}"
    write("sendgrid", "mail.ini", f"[mail]\r\nkey = SG.{token}\r\n", "sendgrid-api-key", *token.split("."))
    token = pick(_MIXED, 36)
    write("npm", ".npmrc", f"//packages.service.example/:_authToken=npm_{token}\n", "npm-token", token)
    token = pick(_MIXED, 90)
    write(
        "pypi",
        ".pypirc",
        f"[pypi]\nusername = __token__\npassword = pypi-AgEIcHlwaS5vcmc{token}\n",
        "pypi-token",
        token,
    )
    for name, pem in _keys().items():
        path, text = {
            "rsa": ("app/jwt_settings.py", "PRIVATE = '''\n{}'''\n"),
            "ec": ("deploy/tls.yaml", "key: |\n{}"),
            "openssh": ("deploy/id_deploy", "{}"),
        }[name]
        lines = "".join(f"  {line}\n" for line in pem.splitlines()) if name == "ec" else pem
        write(name, path, text.format(lines), "private-key", *_random_lines(pem))
    claims = _base64url(json.dumps({"sub": pick(_LOWER, 20), "iat": 1_700_000_000}).encode())
    signature = pick(_MIXED, 43)
    head = _base64url(b'{"alg":"HS256","typ":"JWT"}')
    write(
        "jwt", "app/client.py", f'BEARER = "{head}.{claims}.{signature}"\n', "json-web-token", claims[10:40], signature
    )
    token = pick(_MIXED, 20)
    write(
        "basic-auth",
        "proxy.conf",
        f"upstream https://robot:{token}@mirror.internal/simple\n",
        "url-password",
        token,
    )
    token = pick(_MIXED, 86)
    write(
        "azure", "app/appsettings.xml",
        f"<add value='DefaultEndpointsProtocol=https;AccountName=shop;AccountKey={token}=='/>\n",
        "azure-account-key", token,
    )  # fmt: skip
    pem = _new_rsa()
    account = {"type": "service_account", "private_key_id": pick(_HEX, 40), "private_key": pem}
    write("gcp", "deploy/gcp.json", json.dumps(account, indent=2), "private-key", *_random_lines(pem))
    token = pick(_LOWER, 32)
    write("mailchimp", "app/news.rb", f"MAILCHIMP = '{token}-us12'\n", "mailchimp-named-key", token)
    token = f"{pick(_MIXED, 23)}.{pick(_MIXED, 6)}.{pick(_MIXED, 27)}"
    write("discord", "bot/Dockerfile", f"FROM scratch\nENV BOT=M{token}\n", "discord-token", token[:23], token[-27:])
    token = f"AA{pick(_MIXED, 33)}"
    write(
        "telegram",
        "bot/run.sh",
        f"curl https://api.telegram.org/bot{pick('123456789', 9)}:{token}/getMe\n",
        "telegram-bot-token",
        token,
    )
    token = pick(_MIXED, 43)
    write("square", "app/shop.php", f"<?php $square = 'sq0csp-{token}';\n", "square-oauth-secret", token)
    token = pick(_MIXED, 18)
    write(
        "password",
        "compose.yaml",
        f"services:\n  db:\n    environment:\n      DB_PASSWORD: {token}\n",
        "plain-assignment",
        token,
    )
    token = pick(_MIXED + "!@#%^&*-_=+", 50)
    write(
        "django",
        "shop/settings.py",
        f"DEBUG = False\nSECRET_KEY = 'django-insecure-{token}'\n",
        "framework-secret-key",
        token,
    )
    token = pick(_MIXED, 24)
    write(
        "database-url",
        ".env",
        f"DATABASE_URL=postgres://shop:{token}@db.internal:5432/shop\n",
        "url-password",
        token,
    )
    token = pick(_MIXED, 28)
    write("utf-16", "legacy/app.cfg", f"[db]\r\npassword = {token}\r\n", "plain-assignment", token, encoding="utf-16")
    token = pick(_MIXED, 36)
    write("long line", "app/bundle.js", f"{'x();' * 3000}t('ghp_{token}');{'y();' * 3000}\n", "github-token", token)
    return planted


def leaks(output: str | bytes, canaries: Iterable[Canary]) -> list[Canary]:
    """The canaries of which any eight characters in a row are in an output: plain, in UTF-16, or base64 of either."""
    text = output if isinstance(output, str) else output.decode("latin-1")
    texts = [text, text.replace("\0", "")]
    pieces = {text[at : at + LEAK] for text in texts for at in range(len(text) - LEAK + 1)}
    return [canary for canary in canaries if any(piece in pieces for piece in _pieces(canary.secret))]


def _pieces(secret: str) -> Sequence[str]:
    plain = [secret[at : at + LEAK] for at in range(len(secret) - LEAK + 1)]
    # In base64 a text looks in three ways, by where it begins; the first and last characters depend on neighbours.
    encoded = [base64.b64encode(b"\0" * shift + secret.encode()).decode()[4:-4] for shift in range(3)]
    return [*plain, *(text[at : at + LEAK + 4] for text in encoded for at in range(len(text) - LEAK - 3))]


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _random_lines(pem: str) -> list[str]:
    """Lines of the body that are not the same in all keys of a kind: the first holds names of algorithms."""
    return [line for line in pem.splitlines() if not line.startswith("-") and len(line) >= 2 * LEAK][1:]


@cache
def _keys() -> dict[str, str]:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    plain = serialization.NoEncryption()
    pem, classic = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
    curve = ec.generate_private_key(ec.SECP384R1())
    ssh = ed25519.Ed25519PrivateKey.generate()
    return {
        "rsa": _new_rsa(traditional=True),
        "ec": curve.private_bytes(pem, classic, plain).decode(),
        "openssh": ssh.private_bytes(pem, serialization.PrivateFormat.OpenSSH, plain).decode(),
    }


@cache
def _new_rsa(*, traditional: bool = False) -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    form = serialization.PrivateFormat.TraditionalOpenSSL if traditional else serialization.PrivateFormat.PKCS8
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()
