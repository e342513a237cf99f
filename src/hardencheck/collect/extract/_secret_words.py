"""What names say that they hold: passwords, tokens, keys, addresses with a password in them."""

import re

from hardencheck.collect.extract._python import PythonFile

# The last words of a name say what it holds: password_reset_url is a URL, token_count a number.
_SECRET_WORDS = {
    "password": "password", "passwd": "password", "passwort": "password", "passphrase": "passphrase", "pwd": "password",
    "secret": "secret", "secrets": "secrets", "token": "token", "tokens": "tokens", "credentials": "credentials",
    "authorization": "authorization header", "cookie": "cookie", "cookies": "cookies", "jwt": "token",
    "apikey": "API key", "passcode": "password", "passwords": "passwords",
}  # fmt: skip
_SECRET_PAIRS = {
    ("api", "key"): "API key", ("secret", "key"): "secret key", ("private", "key"): "private key",
    ("access", "key"): "access key", ("signing", "key"): "signing key", ("encryption", "key"): "encryption key",
    ("session", "key"): "session key", ("session", "id"): "session key", ("auth", "header"): "authorization header",
    ("authorization", "header"): "authorization header", ("cookie", "header"): "cookie", ("set", "cookie"): "cookie",
}  # fmt: skip
# Addresses that are written with the password in them; only where they come from the settings or the environment.
_ADDRESSES = frozenset({
    ("database", "url"), ("database", "uri"), ("db", "url"), ("broker", "url"), ("connection", "string"), ("dsn",),
})  # fmt: skip
# Words before it that make it something else: a hash, a mask, a flag, a number.
HARMLESS_WORDS = {
    "hashed", "hash", "masked", "redacted", "obfuscated", "encrypted", "sanitized", "sanitised", "safe", "censored",
    "hidden", "has", "is", "no", "num", "n", "count", "len", "max", "min", "total", "uses", "use", "need", "needs",
    "requires", "require", "invalid", "missing", "bad", "unexpected", "unused", "expected", "keyword", "public",
}  # fmt: skip
# The same for tokens and keys: a place in a text, in a listing, in a protocol.
_HARMLESS_FOR_TOKENS = {
    "next", "page", "continuation", "cursor", "sync", "last", "first", "prompt", "completion", "input", "output",
    "stop", "pad", "special", "current", "lookahead", "primary", "foreign", "cache", "dict", "partition", "sort",
    "idempotency", "cancel", "cancellation", "lex", "word", "lock", "orm", "obj", "model", "record", "instance",
}  # fmt: skip
_LEXERS = {"tokenize", "token", "lexer", "ply", "pygments", "lark", "sly", "tiktoken", "transformers", "spacy", "nltk"}


def words_of(name: str) -> list[str]:
    split = re.sub(r"(?<=[a-z\d])(?=[A-Z])", "_", name).lower()
    return [word for word in re.split(r"[^a-z\d]+", split) if word]


def secret_name(file: PythonFile, name: str) -> str | None:
    """What a name holds, if that is secret. "password_reset_url" -> None, "userPassword" -> "password"."""
    words = words_of(name)
    if not words or set(words[:-1]) & HARMLESS_WORDS:
        return None
    what = _SECRET_WORDS.get(words[-1]) or _SECRET_PAIRS.get((words[-2], words[-1]) if len(words) > 1 else ("", ""))
    if what is not None and "pass" not in what and set(words[:-1]) & _HARMLESS_FOR_TOKENS:
        return None
    if what in {"token", "tokens"} and (len(words) == 1 or what == "tokens"):
        if any(name.split(".")[0].lower() in _LEXERS for name in file.aliases.values()):
            return None
        if what == "tokens":
            return None  # nearly always how many words a text model was given
    return what


def is_address(name: str) -> bool:
    words = tuple(words_of(name))
    return words[-2:] in _ADDRESSES or words[-1:] in _ADDRESSES
