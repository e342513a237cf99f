"""Secrets that a Dockerfile leaves in an image by their names: variables, and files that are copied."""

import re
from collections.abc import Iterator
from typing import Literal

from hardencheck.collect.extract._dockerfile import Instruction
from hardencheck.collect.extract.credentialfiles import form_of, names_a_secret
from hardencheck.collect.secrets.placeholders import EXAMPLE, NAME, WORDS, Seen, reason
from hardencheck.lazily import compiled

_Value = Literal["none", "variable", "placeholder", "text", "harmless"]

# TOKENIZERS_PARALLELISM and its like speak of other tokens, UWSGI_PASS of where a proxy passes to.
_NOT_SECRET = compiled(
    r"(?:uwsgi|proxy|fastcgi|grpc|scgi)_pass$|tokeniz|token_?limit|max_?tokens|password_?less|secret_?less|_(?:mount|dir|service|name)$",
    re.I,
)
_PAIR = compiled(r"(?P<name>[A-Za-z_][\w.-]*)=(?P<value>\"(?:\\.|[^\"\\])*\"|'[^']*'|(?:\\.|[^\s\\])*)")
_HARMLESS = compiled(
    r"|true|false|yes|no|on|off|none|null|\d{1,6}|[./~][\w./~-]*|(?:https?|file)://[^@\s]*", re.IGNORECASE
)
_PLACEHOLDER = compiled(
    r"(?:please[-_ ]?)?(?:change|replace|set|update)[-_ ]?(?:me|this|it)?.*|(?:django-)?insecure.*"
    r"|.*(?:dummy|placeholder|not[-_ ]?(?:so[-_ ]?|a[-_ ]?)?(?:real|secret|secure|used)|build[-_ ]?(?:only|time)).*"
    r"|.*(?:example|fake|temp(?:orary)?).*|secret(?:[-_ ]?key)?|password\d*|passw0rd|admin|root|test(?:ing)?|build|dev"
    r"|default|unset|foo|bar|baz|x+|todo|key|token|local|postgres",
    re.IGNORECASE,
)
_KEY_FILE = compiled(
    r"(?:.*/)?(?:id_(?:rsa|dsa|ecdsa|ed25519)|[^/]+\.(?:key|p12|pfx|jks|keystore|ppk)|(?:[^/]*[-_.])?priv(?:ate|key)?[^/]*\.pem"
    r"|(?:[^/]*[-_.])?key\.pem)"
)
_PUBLIC = compiled(
    r"(?:.*/)?[^/]*(?:pub(?:lic)?|gpg|apt|archive|signing|repo)[^/]*\.(?:key|pem)|.*/(?:keyrings|trusted\.gpg\.d)/.*"
)
_FOLDERS = {
    ".ssh": "keys of SSH", ".aws": "AWS credentials", ".gnupg": "keys of GnuPG", ".kube": "kubeconfig",
    ".docker": "Docker login", ".git": "history of the repository", ".azure": "Azure credentials",
}  # fmt: skip


def declared(step: Instruction) -> Iterator[tuple[int, str, _Value]]:
    """The secrets that an ARG or ENV names: offset in the instruction, name, what its value is."""
    old_form = re.match(r"([A-Za-z_][\w.-]*)\s+(.*)", step.rest, re.DOTALL) if step.name == "ENV" else None
    if old_form is not None:
        if is_secret_name(old_form[1]):
            yield 0, old_form[1], _kind(old_form[1], old_form[2])
        return
    found = {match.start(): match for match in _PAIR.finditer(step.rest)}
    for match in found.values():
        if is_secret_name(match["name"]):
            yield match.start(), match["name"], _kind(match["name"], match["value"])
    if step.name == "ARG":
        for word in re.finditer(r"(?<!\S)([A-Za-z_]\w*)(?!\S)", step.rest):
            inside = any(match.start() <= word.start() < match.end() for match in found.values())
            if not inside and is_secret_name(word[1]):
                yield word.start(), word[1], "none"


def is_secret_name(name: str) -> bool:
    return names_a_secret(name) and _NOT_SECRET.search(name) is None


def _kind(name: str, value: str) -> _Value:
    plain = value.strip().strip("\"'").strip()
    if _HARMLESS.fullmatch(plain):
        return "harmless"
    if "$" in plain:
        # ${NAME:-text}: the text is said elsewhere.
        return "variable" if re.search(r"\$\{?\w", plain) else "text"
    if _PLACEHOLDER.fullmatch(plain):
        return "placeholder"
    # What the search for secrets takes for words it does not report: here it is what the service runs with.
    seen = Seen(
        plain, "generic", "plain-assignment", name, f"ENV {name}=", "", quoted=False, markup=False, configuration=True
    )
    return "placeholder" if reason(seen) in {EXAMPLE, NAME, WORDS} else "text"


def secret_file(source: str) -> str:
    """What secret a path to copy names; "" for none. `.env*` takes .env along."""
    path = source.rstrip("/").removeprefix("./")
    name = path.rpartition("/")[2]
    if name in _FOLDERS:
        return _FOLDERS[name]
    if re.search(r"[*?\[]", name):
        return ".env" if re.fullmatch(r"\.(?:env|e)\*|\.env\.\*", name) else ""
    if _KEY_FILE.fullmatch(path.lower()) and not _PUBLIC.fullmatch(path.lower()):
        return "private key"
    form = form_of(path)
    return form if form is not None and form != "pip.conf" else ""
