"""Private keys in binary forms, made here by a real library, under any name, at HEAD and in history."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)

from hardencheck.collect.secrets.ruleset import scanner
from tests.collect.repos import commit, repository
from tests.history.secretive import only, scanned, secrets

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
PASSPHRASE = BestAvailableEncryption(b"a passphrase of the test")


def pgp(body: bytes = b"\4\x60\0\0\0\1" + bytes(range(256)) * 2) -> bytes:
    """A secret key packet of the old format (RFC 4880, 4.2.1 and 5.5.3)."""
    return b"\x95" + len(body).to_bytes(2, "big") + body


KEYS = {
    "PKCS#8": RSA.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
    "PKCS#1": RSA.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
    "EC": EC.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
    "encrypted PKCS#8": RSA.private_bytes(Encoding.DER, PrivateFormat.PKCS8, PASSPHRASE),
    "PKCS#12": pkcs12.serialize_key_and_certificates(b"shop", RSA, None, None, PASSPHRASE),
    "Java": b"\xfe\xed\xfe\xed\0\0\0\2\0\0\0\1\0\0\0\1" + bytes(range(200)),
    "OpenPGP": pgp(),
}


@pytest.mark.parametrize("form", KEYS)
@pytest.mark.parametrize("path", ["deploy/server.key", "deploy/blob", "static/data.bin"])
def test_every_form_under_every_name(form: str, path: str) -> None:
    (found,) = scanner().scan(KEYS[form], path).sightings
    assert (found.rule, found.class_, found.whole_file, found.why) == ("private-key-binary", "private-key", True, "")


@pytest.mark.parametrize(
    "data",
    [
        RSA.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        RSA.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1),
        b"\xfe\xed\xfe\xed\0\0\0\2\0\0\0\1\0\0\0\2" + b"certificate" * 9,
        KEYS["PKCS#8"][:-1],
        KEYS["PKCS#8"] + bytes(50),
        b"\x95\0\0" + bytes(300),
        b"0" + bytes(300),
    ],
)
def test_what_is_no_private_key(data: bytes) -> None:
    assert not scanner().scan(data, "deploy/blob").sightings


def test_a_deleted_key_store(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"certs/blob.bin": KEYS["PKCS#8"], "a.py": "A = 1\n"})
    (root / "certs/blob.bin").unlink()
    removed = commit(root)
    found = only(root)
    assert (found.class_, found.exposure, found.places, found.removed) == (
        "private-key", "history", ("certs/blob.bin",), removed,
    )  # fmt: skip


@pytest.mark.parametrize("valid", [True, False])
def test_a_file_of_its_own_at_head_is_a_secret(tmp_path: Path, valid: bool) -> None:
    """Whether its body is the DER it should be or not: a scanner cannot tell a damaged key from a made-up one."""
    pem = RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    if not valid:
        head, *lines, foot = pem.split(b"\n")[:-1]
        pem = b"\n".join([head, *(line[::-1].replace(b"=", b"A") for line in lines), foot, b""])
    root = repository(tmp_path / "r", {"deploy/server.pem": pem})
    (found,) = secrets(scanned(root))
    assert (found.class_, found.standing, found.exposure, found.role) == (
        "private-key", "secret", "at HEAD", "production",
    )  # fmt: skip
    assert any("nothing but this key" in line for line in found.proof())
    (root / "deploy/server.pem").unlink()
    commit(root)
    assert not any("nothing but this key" in line for line in only(root).proof())
