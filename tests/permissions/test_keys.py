"""Private keys: every form that real tools write is found, and nothing that only looks like one."""

import base64
import json

import pytest
from cryptography.hazmat.primitives import serialization as ser
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from hardencheck.collect.contract import Extractor
from hardencheck.collect.extract.keyfiles import KeyStores, PrivateKeys
from hardencheck.collect.extraction import extract_file
from hardencheck.model.facts.files import KeyMaterial
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
DSA = dsa.generate_private_key(2048)
PLAIN = ser.NoEncryption()
PASS = ser.BestAvailableEncryption(b"correct horse")
PKCS8, OLD, OPENSSH = (
    ser.PrivateFormat.PKCS8,
    ser.PrivateFormat.TraditionalOpenSSL,
    ser.PrivateFormat.OpenSSH,
)


def read(data: bytes, path: str = "deploy/a.txt", extractor: Extractor | None = None) -> list[object]:
    return list(extract_file([extractor or PrivateKeys()], path, 0o100644, data))


def fact(
    form: str, encrypted: bool | None, line: int | None = 1, path: str = "deploy/a.txt", embedded: bool = False
) -> KeyMaterial:
    return KeyMaterial(location=Location(path=path, line=line), form=form, encrypted=encrypted, embedded=embedded)


@pytest.mark.parametrize(
    ("data", "form", "encrypted"),
    [
        (RSA.private_bytes(ser.Encoding.PEM, PKCS8, PLAIN), "PRIVATE KEY", False),
        (RSA.private_bytes(ser.Encoding.PEM, PKCS8, PASS), "ENCRYPTED PRIVATE KEY", True),
        (RSA.private_bytes(ser.Encoding.PEM, OLD, PLAIN), "RSA PRIVATE KEY", False),
        (RSA.private_bytes(ser.Encoding.PEM, OLD, PASS), "RSA PRIVATE KEY", True),
        (EC.private_bytes(ser.Encoding.PEM, OLD, PLAIN), "EC PRIVATE KEY", False),
        (DSA.private_bytes(ser.Encoding.PEM, OLD, PLAIN), "DSA PRIVATE KEY", False),
        (ED.private_bytes(ser.Encoding.PEM, PKCS8, PLAIN), "PRIVATE KEY", False),
        (ED.private_bytes(ser.Encoding.PEM, OPENSSH, PLAIN), "OPENSSH PRIVATE KEY", False),
    ],
)
def test_every_pem_form(data: bytes, form: str, encrypted: bool) -> None:
    assert read(data) == [fact(form, encrypted)]
    # The same key where people really put keys: below other text, with CRLF, in JSON, in Python, in UTF-16.
    assert read(b"# key\r\n\r\n" + data.replace(b"\n", b"\r\n")) == [fact(form, encrypted, 3)]
    assert read(json.dumps({"private_key": data.decode()}, indent=1).encode()) == [
        fact(form, encrypted, 2, embedded=True)
    ]
    joined = "KEY = (\n" + "\n".join(f"    {line + chr(10)!r}" for line in data.decode().splitlines()) + "\n)\n"
    assert read(joined.encode()) == [fact(form, encrypted, 2, embedded=True)]
    indented = "key: |\n" + "".join(f"  {line}\n" for line in data.decode().splitlines())
    assert read(indented.encode()) == [fact(form, encrypted, 2, embedded=True)]
    assert read(data.decode().encode("utf-16")) == [fact(form, encrypted)]


def test_an_encrypted_openssh_key() -> None:
    body = base64.b64encode(b"openssh-key-v1\0" + b"\0\0\0\x0aaes256-ctr" + bytes(range(200))).decode()
    data = f"-----BEGIN OPENSSH PRIVATE {'KEY'}-----\n{body}\n-----END OPENSSH PRIVATE {'KEY'}-----\n"
    assert read(data.encode()) == [fact("OPENSSH PRIVATE KEY", True)]


def test_an_openpgp_key() -> None:
    body = base64.b64encode(b"\x95\x01" + bytes(range(200))).decode()
    label = "PGP PRIVATE " + "KEY BLOCK"
    data = f"-----BEGIN {label}-----\nVersion: x\n\n{body}\n=abcd\n-----END {label}-----\n"
    assert read(data.encode()) == [fact("PGP PRIVATE KEY BLOCK", None)]


def test_putty_and_ssh2_and_jwk() -> None:
    putty = "PuTTY-User-Key-File-3: ssh-ed25519\r\nEncryption: none\r\nComment: x\r\n"
    putty += "Public-Lines: 1\r\nAAAA\r\nPrivate-Lines: 1\r\nBBBB\r\n"
    assert read(putty.encode()) == [fact("PuTTY", False)]
    assert read(putty.replace("none", "aes256-cbc").encode()) == [fact("PuTTY", True)]
    assert read(b"---- BEGIN SSH2 ENCRYPTED PRIVATE " + b"KEY ----\nAAAA\n") == [fact("SSH2 PRIVATE KEY", None)]
    assert read(b'SSH2 = b"---- BEGIN SSH2 ENCRYPTED PRIVATE ' + b'KEY ----"\nAAAA\n') == []
    secret = "c2VjcmV0LWQtb2YtYS1qd2stZm9yLXRlc3Rz"
    assert read(json.dumps({"kty": "OKP", "crv": "Ed25519", "d": secret, "x": "y"}).encode()) == [fact("JWK", False)]
    assert read(json.dumps({"kty": "OKP", "crv": "Ed25519", "x": secret}).encode()) == []


def test_several_keys_in_one_file_and_no_more_than_twenty() -> None:
    one = ED.private_bytes(ser.Encoding.PEM, PKCS8, PLAIN)
    assert read(one * 3) == [fact("PRIVATE KEY", False, line) for line in (1, 4, 7)]
    assert len(read(one * 500)) == 20


@pytest.mark.parametrize(
    "text",
    [
        RSA.public_key().public_bytes(ser.Encoding.PEM, ser.PublicFormat.SubjectPublicKeyInfo).decode(),
        ED.public_key().public_bytes(ser.Encoding.OpenSSH, ser.PublicFormat.OpenSSH).decode(),
        "if text.startswith('-----BEGIN RSA PRIVATE " + "KEY-----'):\n    pass\n",
        "-----BEGIN PRIVATE " + "KEY-----\n...\n-----END PRIVATE " + "KEY-----\n",
        "-----BEGIN PRIVATE " + "KEY-----\n" + "A" * 400 + "\n-----END PRIVATE " + "KEY-----\n",
        "-----BEGIN RSA PRIVATE " + "KEY-----\nMIIEpAIBAAKCAQEA...snip...\n-----END RSA PRIVATE " + "KEY-----\n",
        "-----BEGIN PRIVATE " + "KEY-----\nyour key here\n",
    ],
)
def test_what_is_no_key(text: str) -> None:
    assert read(text.encode()) == []


def test_a_key_cut_short_is_no_key() -> None:
    lines = RSA.private_bytes(ser.Encoding.PEM, OLD, PLAIN).splitlines(keepends=True)
    assert read(b"".join([*lines[:6], lines[-1]])) == []


@pytest.mark.parametrize(
    ("path", "data", "form", "encrypted"),
    [
        ("a.p12", pkcs12.serialize_key_and_certificates(b"n", EC, None, None, PASS), "PKCS#12", None),
        ("a.pfx", pkcs12.serialize_key_and_certificates(b"n", RSA, None, None, PLAIN), "PKCS#12", None),
        ("a.der", RSA.private_bytes(ser.Encoding.DER, PKCS8, PLAIN), "DER", False),
        ("a.key", RSA.private_bytes(ser.Encoding.DER, OLD, PLAIN), "DER", False),
        ("a.key", EC.private_bytes(ser.Encoding.DER, OLD, PLAIN), "DER", False),
        ("a.jks", b"\xfe\xed\xfe\xed\0\0\0\2\0\0\0\1\0\0\0\1" + bytes(80), "Java keystore", True),
        ("a.bks", b"\0\0\0\2" + bytes(80), "keystore by its name", None),
    ],
)
def test_binary_stores(path: str, data: bytes, form: str, encrypted: bool | None) -> None:
    assert KeyStores().wants(path, 0o100644, len(data))
    assert read(data, path, KeyStores()) == [fact(form, encrypted, None, path)]


def test_stores_without_a_key() -> None:
    trust = b"\xfe\xed\xfe\xed\0\0\0\2\0\0\0\1\0\0\0\2" + bytes(4) + b"certificate"
    assert read(trust, "cacerts.jks", KeyStores()) == []
    public = RSA.public_key().public_bytes(ser.Encoding.DER, ser.PublicFormat.SubjectPublicKeyInfo)
    assert read(public, "a.der", KeyStores()) == []
    assert read(b"\0GITCRYPT\0" + bytes(200), "a.p12", KeyStores()) == []


def test_a_store_in_git_lfs_is_a_gap() -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    (gap,) = read(pointer, "a.p12", KeyStores())
    assert isinstance(gap, Gap)
    assert (gap.reason, gap.kinds) == (Reason.MISSING_OBJECT, ("file.key-material",))


def test_pictures_are_not_even_read() -> None:
    assert [PrivateKeys().wants(path, 0o100644, 9) for path in ("a/logo.PNG", "a/key", "notes.md")] == [
        False,
        True,
        True,
    ]


def test_hostile_bytes_end() -> None:
    header = b"-----BEGIN PRIVATE " + b"KEY-----"
    for data in (
        header * 20_000,
        header + b"\\n" * 500_000,
        header + b"Proc-Type: 4,ENCRYPTED\n" * 2_000 + b"-----END",
        b'"kty": "RSA" {' * 20_000,
        b"PuTTY-User-Key-File-3: a\n" * 20_000,
        b"\xff\xfe" + bytes(range(256)) * 100,
        header + b'"+"' * 20_000 + b"-----END",
    ):
        assert read(data) == []
