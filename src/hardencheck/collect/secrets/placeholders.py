"""Which candidates open nothing, and how that shows. Pure: a value, what stands around it, and what its file is."""

import base64
import math
import re
from collections import Counter
from typing import NamedTuple

from hardencheck.collect.secrets.letters import bits
from hardencheck.lazily import compiled

EXAMPLE, NAME, WORDS = "a word of examples and defaults", "reads like a name", "words for people"


class Seen(NamedTuple):
    """A candidate in its line. key: the name it is assigned to, "" when there is none. before, after: the rest of
    the line around the value. quoted: whether it stands in quotes. markup, configuration: what kind of file it is, by
    its name. named: the rule goes by the provider's name beside the value."""

    value: str
    class_: str
    rule: str
    key: str
    before: str
    after: str
    quoted: bool
    markup: bool
    configuration: bool
    named: bool = False


# A template names what is put in its place: "a${e]n" and "{{h}o" are only odd passwords.
_TEMPLATE = compiled(
    r"\$\{\{?\s*[A-Za-z_!][\w.]*(?:\}|\s*[:\-+?=|\[(/#%^,@&!'\" ][^{}]*\})|\$\(\s*[A-Za-z_/.][^)]*\)|"
    r"\{\{[-~#/^&>!]{0,3}\s*[A-Za-z_$.\"'@(][^{}]*\}\}|\{%[^%]*[A-Za-z][^%]*%\}|<%[^%]*[A-Za-z][^%]*%>|"
    r"#\{\s*[A-Za-z_@$][^{}]*\}|@@\w+@@|%\(\w+\)[sdr]|"
    r"(?<![{$])\{(?:[A-Za-z_][\w.]*(?:\[[^\]{}]*\]|\([^(){}]*\))*|\d{0,2})(?:![rsa])?(?::[^{}]*)?\}(?!\})|"
    r"^%[sdr]$|^%\w+%$|^\$[A-Za-z_]\w*$|^\$\$?\{\s*[A-Za-z_!{]|^<[^>]*>$|^\[[^\]]*\]$|^\{[^}]*\}$|^\([^)]*\)$|^&lt;.*&gt;$|^__\w+__$"
)
_EXAMPLE_WORDS = (
    r"examples?|samples?|dummy|fake\w*|mock\w*|placeholder|redacted|masked|hidden|removed|"
    r"change[-_ ]?(?:me|this|it)\w*|replace[-_ ]?(?:me|this|with|by)?|foobar|testing|testpass\w*|xxx+|undefined|"
    r"required|optional|default|not[-_ ]?(?:a[-_ ]?)?(?:real|secret|secure|used)|invalid|unused|"
    r"insecure[-_ ]?(?:key|secret|password|only|dev)\w*|some[-_ ]?(?:key|secret|token|password|value)|"
    r"random[-_ ]?(?:string|key|secret)|development|localhost|passwd|passwort|supersecret|"
    r"password\d{0,4}|secret|string|your"
)
_SHORT_WORDS = (
    r"you|my|todo|tbd|foo|bar|baz|tests?|demo|insert|none|null|nil|true|false|dev|local|ci|"
    r"(?:any|a)[-_ ](?:key|secret|token|password|value|string)|pass|pwd|pw|token|apikey|api[-_ ]?key|"
    r"secret[-_ ]?key|key|value"
)
_LONG = compiled(rf"(?i)(?:^|[^a-z])(?:{_EXAMPLE_WORDS})(?:[^a-z]|$)")
_ANY = compiled(rf"(?i)(?:^|[^a-z])(?:{_EXAMPLE_WORDS}|{_SHORT_WORDS})(?:[^a-z]|$)")
# In a token of a fixed format the random part may hold any short word by chance.
_TOKEN_WORDS = compiled(
    r"(?i:example|sample|placeholder|redacted|changeme|replace_?me|deadbeef|xxxxxx)|"
    r"(?:fake|Fake|FAKE|dummy|Dummy|DUMMY|your|Your|YOUR)|(?<![A-Za-z0-9])(?i:test|xxxx)(?=[-_])|(?<=[-_])(?i:test)(?![A-Za-z0-9])"
)
# Keys of the documentation that open nothing, by how they begin: Azurite's account, reCAPTCHA's and Stripe's test keys.
_PUBLISHED = compiled(r"Eby8vdM02xNOcqFl|6LeIxAcTAAAAA|[sp]k_test_(?:4eC39HqLyjW|TYooMQauvdE)")
_UUID = compiled(r"(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_INTEGRITY = compiled(r"^(?:sha\d{1,3}|md5)[-:=_]")
_DIGEST_SIZES = {32, 40, 56, 64, 96, 128}
_PATH = compiled(
    r"^(?:\.{0,2}/|~/|[a-zA-Z]:\\|arn:aws|[a-z][a-z0-9+.-]*://)|^[\w.@%+#-]+(?:/[\w.@%+#-]+)+/?$|"
    r"^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|net|org|io|dev|app|cloud|local|internal|co|eu|de|uk)$"
)
_NAME = compiled(r"^[A-Za-z_$@][A-Za-z_]*(?:[-_.:/ ][A-Za-z_]+)*[:.,;!?]?$")
_CALL = compiled(
    r"^[A-Za-z_][\w.\->:]*\s*[(\[].*|^[\w.]+\(.*\)?[,;]?$|^(?:await|new|return|lambda|function|self\.|this\.|props\.)\b.*"
)
_DOTTED = compiled(r"^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$")
# Formats that a long run of base64 or digits contains by chance.
_LOOSE = {"aws-access-key", "twilio-api-key", "mailchimp-access-key", "discord-bot-token", "telegram-bot-token"}
# A name that says that its value is no secret, whatever else it says: PASSWORD_RESET_TIMEOUT, public_key, key_id.
_OTHER_NAME = compiled(
    r"(?i)hash(?:es|er|ed)?|digest|checksum|sha\d*|md5|sri|integrity|etag|fingerprint|algorithm|"
    r"uuid|guid|revision|commit|fields?|names?|labels?|title|text|help|message|msg|placeholder|hint|description|ur[il]s?|"
    r"paths?|file(?:name)?s?|dir|headers?|prefix|suffix|pattern|regex|class(?:es|name)?|selector|columns?|types?|kind|"
    r"param(?:eter)?s?|env|variables?|var|polic(?:y|ies)|validat\w+|length|len|min|max|expir\w*|ttl|timeout|lifetime|"
    r"age|form|view|template|errors?|count|size|link|icon|input|button|element|reset|change|forgot\w*|strength|"
    r"confirm\w*|required|enabled?|disabled?|refs?|store|manager|provider|backend|scopes?|grant|locale|translation|"
    r"schema|version|src|href|alt|ids?|target|status|event|signature|statement|timestamp|cert(?:ificate)?|nonce|keyids?|"
    r"tokeni[sz]\w*"
)
# Rules of places in which nothing but a password stands: there a word is a bad password, not a name.
_CERTAIN = frozenset({
    "netrc", "netrc-lines", "pgpass", "curl-user", "command-line-password", "powershell-password", "sql-password",
    "bundle-config", "docker-env",
})  # fmt: skip
_NEAR_ARTIFACTORY = compiled(r"(?i)artifactory|jfrog|x-jfrog|_auth|api[-_]?key|passw|token")
# What stands there to be looked at: the grey text of an empty input.
_SHOWN = compiled(r"(?i)placeholder|example|sample|hint")
_PUBLIC_NAME = compiled(r"(?i)public|pub[-_]?key|site[-_]?key|(?:^|_)(?:tests?|example|sample|dummy|fake)_")
_HASHED = compiled(r"^(?:pbkdf2_|bcrypt|argon2|scrypt|\$2[aby]\$|\$argon2|\$pbkdf2|\$[156]\$|\{SSHA)")
_LOCAL = compiled(
    r"^(?:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[?::1\]?|[a-z][a-z0-9_-]*|.*\.(?:example|test|invalid|local|localhost)|.*example\.(?:com|org|net))(?::|/|$|[\"'\s`)\],;?])",
    re.I,
)
_PASSWORD_NAME = compiled(r"(?i)(?:^|[^a-z]|[a-z_])(?:passw(?:or)?d|pwd|pass)$")
# What an issuer calls a credential, also one that is written as a UUID.
_KEY_NAME = compiled(r"(?i)(?:secret|token|api_?key|access_?key|auth_?key|passw(?:or)?d)$")
# Of the passwords tried first everywhere, those that nobody writes to mean "put yours here".
_WEAK = frozenset({
    "letmein", "qwerty", "qwerty123", "abc123", "hunter2", "p4ssw0rd", "p@ssw0rd", "passw0rd", "iloveyou", "welcome1",
    "admin123", "root123", "toor", "trustno1", "123456", "12345678", "123456789",
})  # fmt: skip
_KEYBOARD = frozenset({"asdf", "asdfgh", "asdfasdf", "qwer", "qwert", "zxcv"})
# How pictures and documents begin in base64: SVG, XML, PNG, JPEG, GIF, ICO, PDF, ZIP, WOFF.
_DATA = compiled(r"PHN2Zy|PD94bWw|iVBORw0KGgo|/9j/4|R0lGOD|AAABAA|JVBERi|UEsDB|d09GM|d09GR")
_VERDICT_WORDS = frozenset({
    "", "yes", "no", "on", "off", "null", "none", "true", "false", "base64", "utf8", "utf-8", "ascii", "latin1", "hex",
    "sha1", "sha256", "sha512", "hs256", "hs512", "rs256", "es256",
})  # fmt: skip


def reason(seen: Seen) -> str:
    """Why the candidate is taken for no secret; "" when nothing says so."""
    match seen.class_:
        case "private-key":
            return ""
        case "provider-token" | "cloud-credential":
            return _token(seen)
        case "password-in-url":
            return _in_url(seen)
        case "jwt":
            return _common(seen.value) or _web_token(seen)
        case "generic" | "login":
            return _keyword(seen)
        case _:
            return _entropy(seen)


def _says_example(value: str) -> bool:
    """Long random text holds a word of two or three letters by chance; one of five it does not."""
    mixed = len(value) >= 10 and all(re.search(kind, value) for kind in ("[a-z]", "[A-Z]", r"\d"))
    words = _LONG if mixed or (len(value) >= 20 and re.search(r"\d", value)) else _ANY
    return words.search(value) is not None


def _common(value: str) -> str:
    if _TEMPLATE.search(value):
        return "a template"
    if len(set(value)) <= 3 or _repeats(value):
        return "repeats"
    if _sequence(value):
        return "a sequence of letters or digits"
    return ""


def _web_token(seen: Seen) -> str:
    """Its header begins as a JSON object does, and no word stands where the signature should."""
    following = re.match(r"[\w.-]*", seen.after)  # a detector may have left the signature out
    header, _, rest = (seen.value + (following[0] if following else "")).partition(".")
    head = base64.urlsafe_b64decode(header[: min(len(header), 80) // 4 * 4])
    if not re.match(rb'\{\s*"[\w.:/#-]{1,60}(?:"\s*:|$)', head):
        return "no token: its header is no JSON"
    return "no signature" if re.fullmatch(r"[a-z_-]{1,24}", rest.rpartition(".")[2]) else ""


def _token(seen: Seen) -> str:
    value = seen.value
    if _TEMPLATE.search(value):
        return "a template"
    # sk_test_ is how a real one begins.
    if any(match.start() > 12 or "test" not in match[0].lower() for match in _TOKEN_WORDS.finditer(value)):
        return EXAMPLE
    if _SHOWN.fullmatch(_last_word(seen.key)):
        return "its name says that it is an example"
    tail = re.sub(r"^[A-Za-z]{2,7}[-_.]", "", value)
    if _repeats(value) or len(set(tail)) <= 4:
        return "repeats"
    if _PUBLISHED.match(value):
        return "published by its maker for tests"
    if _sequence(value):
        return "a sequence of letters or digits"
    before, after = seen.before[-1:], seen.after[:1]
    if seen.rule in _LOOSE and (
        (after.isascii() and after.isalnum())
        or (before.isdigit() if seen.rule == "telegram-bot-token" else before.isascii() and before.isalnum())
    ):
        return "a part of a longer run of characters"
    if seen.rule == "twilio-api-key" and value.startswith("AC"):
        return "an account identifier, not a secret"
    if seen.rule == "twilio-api-key" and not re.fullmatch(r"SK[0-9a-f]{32}", value):
        return "not the format of a key: its digits are hexadecimal"
    if seen.rule in {"telegram-bot-token", "slack-token"}:
        tail = value.rpartition(":" if ":" in value else "-")[2]  # what stands before it is a number
        if len(tail) < 8:
            return "too short to be one"
    if seen.named and _in_words(value):
        return NAME
    lettered = (len(tail) >= 30 and _entropy_of(tail) >= 4) or _jumbled(tail) or bits(tail) <= 0
    if not (lettered or any(map(str.isdigit, tail))):
        return NAME
    if (
        seen.rule == "artifactory-credentials"
        and len(value) < 32
        and not _NEAR_ARTIFACTORY.search(seen.before + seen.after)
    ):
        return "too short to be one"  # every name that begins with AP has this form
    return ""


def _in_words(value: str) -> bool:
    """Whether an identifier is put together of words (VpnTerminationSerializer): those of random text are short."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", value)
    letters = sum(map(len, words))
    return bool(words) and letters >= 0.85 * len(value) and letters / len(words) >= 4


def _in_url(seen: Seen) -> str:
    value = seen.value
    user = re.search(r"://([^\s:/@]*):$", seen.before)
    host = seen.after.lstrip("@")
    if _TEMPLATE.search(value):
        return "a template"
    if user and _TEMPLATE.search(user[1]) and bits(value) > 0 and not re.search(r"\d", value):
        return "a template"  # {user}:password@{host}
    if value in {"*", "**"} or len(set(value)) <= 2:
        return "repeats"
    if _says_example(value) or _sequence(value):
        return EXAMPLE
    if value.lower() in _KEYBOARD and _LOCAL.match(host):
        return "neighbours on the keyboard, for a host on the same network"
    if user and value.lower() == user[1].lower() and _LOCAL.match(host):
        return "the user's name, for a database on the same host or network"
    if re.match(r"(?i)(?:[\w.-]*\.)?(?:example\.(?:com|org|net)|(?:example|test|invalid))(?![\w.-])", host):
        return "a host that is reserved for examples"
    if not re.search(r"\w", value):
        return "no letters or digits"
    return ""


_CALLED = compiled(r"\(\s*[\"'`]$")
_TELLING = compiled(r"(?i)passw|pwd|pass$|secret|token|key|credential|auth")


def _keyword(seen: Seen) -> str:
    value = re.sub(r"(?i)^(?:bearer|token)\s+(?=\S{12,}$)", "", seen.value.strip())
    name = seen.key
    if value.lower() in _VERDICT_WORDS or len(value) < 4:
        return "too short to be one"
    if value.lower() in _WEAK and _PASSWORD_NAME.search(name):
        return ""
    if seen.before[:80].lstrip().startswith(">>> "):
        return "an example in a docstring"
    if value.startswith("?") and re.search(r"\$\{\w+:$", seen.before):
        return "a template"  # ${NAME:?what to say when it is not set}
    if (why := _common(value)) != "":
        return why
    if _HASHED.match(value):
        return "a salted hash"
    if value.startswith("***") or value.endswith("***"):
        return "masked"
    if _CALLED.search(seen.before) and "." in name and not _TELLING.search(name.rpartition(".")[2]):
        return "an argument of a call"  # passwordForm.querySelectorAll("..."): what is called is no secret
    if _CALL.match(value) and (not seen.quoted or seen.markup) and not _mismatched(value):
        return "read from elsewhere"
    if not seen.quoted and (
        re.match(r"\\*\$[A-Za-z_{(]", value)
        or (_DOTTED.match(value) and not _random_piece(value))
        or (value[:1] in "[{(|>&*!" and seen.rule != "env-assignment" and not _mismatched(value))
    ):
        return "read from elsewhere"
    if _says_example(value):
        return EXAMPLE
    if _says_other(name):
        return "its name says that it is something else"
    if re.fullmatch(r"\d{1,6} ?[a-z]{1,12}", value):
        return "a duration or amount"
    if re.search(r"\s", value) and not re.search(r"\d", value):
        return WORDS
    if len(re.findall(r"\s+", value)) >= 2:
        return WORDS
    if _PATH.match(value) and not _random(value):
        return "a path or address"
    if _UUID.fullmatch(value) and seen.class_ != "login" and not _KEY_NAME.search(name):
        return "an identifier (UUID)"
    if _INTEGRITY.match(value):
        return "a digest"
    if re.fullmatch(r"0x[0-9a-fA-F]{1,16}", value):
        return "a number"
    if not re.search(r"[A-Za-z]", value):
        return "no letters" if len(value) < 8 or re.fullmatch(r"[\d.,:/-]*[.,:/-][\d.,:/-]*", value) else ""
    if not re.search(r"\w{3}", value) and len(set(value)) < 8:
        return "no value"
    if re.fullmatch(r"(?:\\+[uU][0-9a-fA-F]{4,8})+", value):
        return "a character"
    if not seen.configuration and (
        re.fullmatch(r"[A-Za-z]{2,8}[-_]", value)  # how keys of a kind begin
        or (re.fullmatch(r"[.#][A-Za-z]+(?:[-_][A-Za-z]+)*|[A-Za-z]+[-_:]", value) and bits(value) > 0)
    ):
        return "reads like a name"
    human = bool(_PASSWORD_NAME.search(name)) and seen.configuration
    if (
        _NAME.match(value)
        and not (
            seen.rule in _CERTAIN and (seen.quoted or seen.rule != "sql-password")
        )  # "identified by name" is prose
        and (not human or value.lower() == name.lower() or re.search(r"[-_.:/ ]", value))
        and bits(value) > 0
    ):
        return NAME
    if re.search(r"[<>{}^|`]|\\[A-Za-z]", value) and not re.search(r"\d", value) and not _mismatched(value):
        return "code"
    if re.search(r"\(\?[:=!<P]|\[[^\]]*(?:0-9|a-z|A-Z)", value):
        return "a regular expression"
    return ""


def _entropy(seen: Seen) -> str:
    value = seen.value
    if (why := _common(value)) != "":
        return why
    if _UUID.search(value):
        return "an identifier (UUID)"
    if _INTEGRITY.match(value):
        return "a digest"
    if len(value) > 512 or _DATA.match(value):
        return "data in text form"
    if not seen.key:
        return "not assigned to a name"
    if _says_other(seen.key):
        return "its name says that it is something else"
    if _says_example(value):
        return EXAMPLE
    if re.fullmatch(r"[0-9a-fA-F]+", value):
        if len(value) in _DIGEST_SIZES and not re.search(r"(?i)secret|key|token|pass|auth|cred|salt", seen.key):
            return "the length of a digest or revision"
        if len(value) < 16:
            return "too short to be one"
        return ""
    if _PATH.match(value) and not re.search(r"\d{2}", value) and not _random(value):
        return "a path or address"
    pieces = [piece for piece in re.split(r"[-_/=+.]", value) if piece]
    if pieces and all(
        re.fullmatch(r"[A-Za-z]?[a-z]+|[A-Z]+|(?:[A-Z]?[a-z]+)+(?:[A-Z][a-z]+)*|\d{1,4}|v\d+", piece)
        for piece in pieces
    ):
        return NAME
    return ""


def _mismatched(value: str) -> bool:
    """A bracket is closed that was not the last one opened: no code, not even the beginning of some."""
    opened: list[str] = []
    for character in value:
        if character in "([{":
            opened.append(character)
        elif character in ")]}" and (not opened or opened.pop() + character not in {"()", "[]", "{}"}):
            return True
    return False


def _random_piece(value: str) -> bool:
    """One part between its dots is long and has many digits, as no name of an attribute has."""
    return any(len(part) >= 16 and len(re.findall(r"\d", part)) >= 3 for part in value.split("."))


def _jumbled(value: str) -> bool:
    """Capitals and small letters change too often for words: wjXKCFzOW, not getUserName."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", value)
    return len(value) >= 12 and len(words) * 3 > len(value)


def _random(value: str) -> bool:
    """Long, mixed and without words: base64 has slashes, too."""
    return len(value) >= 32 and len(re.findall(r"\d", value)) >= 3 and _entropy_of(value) >= 4.2


def _says_other(name: str) -> bool:
    return bool(_OTHER_NAME.fullmatch(_last_word(name)) or _PUBLIC_NAME.search(name))


def _last_word(name: str) -> str:
    """The word that says what a name is: "timeout" of PASSWORD_RESET_TIMEOUT, "id" of keyId."""
    words = re.findall(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*", name)
    return words[-1] if words else ""


def _repeats(value: str) -> bool:
    return sum(len(run[0]) for run in re.finditer(r"(\w)\1{3,}", value)) * 2 > len(value)


def _sequence(value: str) -> bool:
    """Neighbours (12345678, abcdefgh, or downwards) and repeats make up most of it, not only a part of random text."""
    text = re.sub(r"[^0-9a-z]", "", value.lower())
    longest, covered = _runs(text)
    return longest >= 8 and covered * 3 > len(text) * 2


def _runs(text: str) -> tuple[int, int]:
    """(length of the longest run of neighbours, characters in runs of four or more, repeats among them)."""
    longest = covered = 0
    begin, step = 0, None
    for at in range(1, len(text) + 1):
        now = _step(text[at - 1], text[at]) if at < len(text) else None
        if now is not None and (now == step or at - begin == 1):
            step = now
            continue
        if at - begin >= 4:
            covered += at - begin
            longest = max(longest, at - begin if step else 0)
        begin, step = (at - 1, now) if now is not None and at - begin < 4 else (at, None)
    return longest, covered


def _step(left: str, right: str) -> int | None:
    """1 for neighbours (and 9 before 0), -1 downwards, 0 for the same twice."""
    if left + right in {"90", "09"}:
        return 1 if left == "9" else -1
    step = ord(right) - ord(left)
    return step if abs(step) <= 1 and left.isdigit() == right.isdigit() else None


def _entropy_of(value: str) -> float:
    """Bits a character (Shannon)."""
    total = len(value) or 1
    return -sum(count / total * math.log2(count / total) for count in Counter(value).values())
