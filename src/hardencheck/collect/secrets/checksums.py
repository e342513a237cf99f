"""Tokens that carry a checksum: whether the last characters fit the rest. Pure."""

import zlib

_BASE62 = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BASE36 = b"0123456789abcdefghijklmnopqrstuvwxyz"


def fits(algorithm: str, token: bytes) -> bool:
    """Whether a token's checksum is right; True for the algorithm "" (none).

    crc32-base62: the last 6 characters are the CRC-32 of what stands between the prefix and them, in base 62
    (GitHub, "Behind GitHub's new authentication token formats", 2021; npm uses the same).
    gitlab-crc32: the last 7 characters of a routable token are the CRC-32 of all before them in base 36, in 7 digits.
    """
    match algorithm:
        case "crc32-base62" | "npm-crc32-base62":
            body = token.rpartition(b"_")[2]
            return len(body) > 6 and body[-6:] == crc32_base62(body[:-6])
        case "gitlab-crc32":
            return len(token) > 7 and token[-7:] == _digits(zlib.crc32(token[:-7]), _BASE36, 7)
    return True


def crc32_base62(body: bytes) -> bytes:
    return _digits(zlib.crc32(body), _BASE62, 6)


def gitlab_crc32(body: bytes) -> bytes:
    return _digits(zlib.crc32(body), _BASE36, 7)


def _digits(number: int, alphabet: bytes, width: int) -> bytes:
    found = bytearray()
    while number or len(found) < width:
        number, digit = divmod(number, len(alphabet))
        found.append(alphabet[digit])
    return bytes(reversed(found))
