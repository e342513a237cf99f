"""Files made to hold credentials: environment files and the dot files of tools, by name; content says what is in."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hardencheck.collect.contract import Extractor, Found
from hardencheck.lazily import compiled
from hardencheck.model.facts.files import CredentialMaterial
from hardencheck.model.location import Location

MAX_BYTES = 4 * 1024 * 1024

# Words of a file name that say "copy me": what is in a template is not in use.
_TEMPLATE = compiled(
    r"(?:^|[._-])(?:example|examples|sample|samples|template|templates|tpl|tmpl|dist|defaults?|schema|j2|jinja2?|erb|"
    r"vault|enc|encrypted|sops|age|gpg|asc|py|js|ts|md|rst|d|sh)(?:$|[._-])"
)
_ENV = compiled(r"\.env(?:rc)?(?:[._-].+)?|.+\.env|env\.(?:prod|production|staging|live)")
_NAMES: dict[str, str] = {
    ".netrc": "netrc", "_netrc": "netrc", ".pypirc": ".pypirc", ".npmrc": ".npmrc", ".yarnrc.yml": ".yarnrc.yml",
    ".pgpass": ".pgpass", ".my.cnf": ".my.cnf", ".htpasswd": ".htpasswd", ".git-credentials": ".git-credentials",
    ".dockercfg": "Docker login", ".dockerconfigjson": "Docker login", ".s3cfg": ".s3cfg", ".boto": ".boto",
    "credentials.json": "credentials.json", "kubeconfig": "kubeconfig", ".vault-token": "Vault token",
    "secrets.yml": "secrets", "secrets.yaml": "secrets", "secrets.json": "secrets", "secrets.toml": "secrets",
    "secrets.ini": "secrets", "terraform.tfstate": "Terraform state", "pip.conf": "pip.conf",
    "application_default_credentials.json": "service account",
}  # fmt: skip
_PATHS = {".aws/credentials": "AWS credentials", ".docker/config.json": "Docker login", ".kube/config": "kubeconfig"}
_PATTERNS = (
    (re.compile(r"client_secret.*\.json"), "OAuth client secret"),
    (re.compile(r"(?:.*[-_.])?service[-_.]?account(?:[-_.].*)?\.json"), "service account"),
    (re.compile(r".+\.kubeconfig"), "kubeconfig"),
    (re.compile(r".+\.(?:auto\.)?tfvars"), "Terraform variables"),
)

_PAIR = compiled(
    r"^[ \t{,-]*(?:export[ \t]+|set[ \t]+)?[\"']?(?P<key>[A-Za-z_][\w.-]*)[\"']?[ \t]*[=:][ \t]*(?P<value>[^\r\n]*)",
    re.MULTILINE,
)
_SECRET_KEY = compiled(
    r"secret|passw|passphrase|(?:^|[_.-])pw(?:d|$|[_.-])|pwd|token|api[_-]?key|private[_-]?key|credential|"
    r"access[_-]?key|signing[_-]?key|encryption[_-]?key|client-key-data|(?:^|[_.:-])_?auth(?:$|[_-]?key)|(?:^|_)salt$|"
    r"sentry_dsn$|webhook_url$|(?:^|[_.-]|db|pg|sql|mail|smtp|user|root|admin)pass$",
    re.IGNORECASE,
)
_NOT_SECRET_KEY = compiled(
    r"(?:_|-|^)(?:file|path|dir|name|id|ttl|expiry|expires?(?:_\w+)?|lifetime|age|minutes|seconds|hours|days|timeout|algorithm|header|"
    r"length|enabled|required|policy|hashers?|validators?|limit|rotation|user(?:name)?|email|type|version|url|uri|endpoint|"
    r"prefix|backend|class|min|max|reset|field)$|^(?:vite|next_public|react_app|nuxt_public|gatsby|public|expo_public)_|"
    r"public_?key|access_key_id$",
    re.IGNORECASE,
)
_USERINFO = compiled(r"\A[a-z][a-z0-9+.-]*://[^/@\s:]*:(?P<password>[^/@\s]+)@", re.IGNORECASE)
_REFERENCE = compiled(
    r"\A\$[A-Za-z_]\w*\Z|\$[{(]|\{\{|\$ANSIBLE_VAULT|!vault|ENC\[|op://|vault:|arn:aws:secretsmanager|ref\+|<[^>]*>|%[({]|@[A-Z_]+@",
)
_PLACEHOLDER = compiled(
    r"(?:your|my|the|some|an?|insert|put|add|enter|replace|fill|set|todo|tbd|fixme)?[-_ .]?"
    r"(?:your|my|here|none|null|true|false|on|off|yes|no|example|placeholder|dummy|fake|redacted|undefined|"
    r"[x*.#?-]+|\d{1,4})(?:[-_ .].*)?",
    re.IGNORECASE,
)
_BARE: dict[str, re.Pattern[str]] = {  # formats that are not "key = value"
    "netrc": re.compile(r"\bpassword[ \t\r\n]+(?P<value>\S+)"),
    ".pgpass": re.compile(r"^[^#\s:][^:\n]*:[^:\n]*:[^:\n]*:[^:\n]*:(?P<value>[^\r\n]+)", re.MULTILINE),
    ".htpasswd": re.compile(r"^[^#\s:][^:\n]*:(?P<value>[$A-Za-z0-9./{][^\s:]{7,})", re.MULTILINE),
    ".git-credentials": re.compile(r"^[a-z]+://[^:\s]+:(?P<value>[^@\s]+)@", re.MULTILINE),
    "Docker login": re.compile(r"\"(?:auth|identitytoken)\"\s*:\s*\"(?P<value>[^\"]{4,})\""),
    "Vault token": re.compile(r"\A\s*(?P<value>\S{8,})"),
    ".npmrc": re.compile(r"(?:^|:)_(?:authToken|auth|password)[ \t]*=[ \t]*(?P<value>\S+)", re.MULTILINE),
    "pip.conf": re.compile(r"://[^:/\s]+:(?P<value>[^@\s/]+)@"),
}
_MEMBER = compiled(r"\"(?P<key>[A-Za-z_][\w.-]*)\"\s*:\s*\"(?P<value>(?:[^\"\\]|\\.){1,8192})\"")


class _Held(NamedTuple):
    line: int
    key: str


class Credentials(Extractor):
    """`.env`, `.netrc`, `.pypirc` ... and how many of their settings look like secrets with a value."""

    name = "files.credentials"
    version = 2
    emits = (CredentialMaterial,)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return form_of(path) is not None

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        form = form_of(path)
        if form is None:
            return
        text = data[:MAX_BYTES].decode("utf-8-sig", "replace")
        if text.startswith("$ANSIBLE_VAULT;"):
            return  # cipher text
        held = list(_held(form, text))
        if form == ".env" and not held and not _PAIR.search(text):
            return  # not an environment file, whatever its name says
        first = held[0] if held else _Held(1, "")
        yield CredentialMaterial(
            location=Location(path=path, line=first.line), form=form, values=len(held), name=first.key
        )


def form_of(path: str) -> str | None:
    """What kind of credentials file a path names; None for any other file and for templates of one."""
    lower = path.lower()
    name = lower.rpartition("/")[2]
    for ending, form in _PATHS.items():
        if lower == ending or lower.endswith(f"/{ending}"):
            return form
    if name in _NAMES:
        return _NAMES[name]
    if _TEMPLATE.search(name):
        return None
    if _ENV.fullmatch(name):
        return ".env"
    return next((form for pattern, form in _PATTERNS if pattern.fullmatch(name)), None)


def _held(form: str, text: str) -> Iterator[_Held]:
    bare = _BARE.get(form)
    if bare is not None:
        for match in bare.finditer(text):
            if _is_value(match["value"]):
                yield _Held(_line(text, match.start("value")), "a password or token")
        if form != "pip.conf":
            return
    json = text.lstrip().startswith("{")
    for match in (_MEMBER if json else _PAIR).finditer(text):
        key, value = match["key"], match["value"]
        if not json:
            value = _unquoted(value)
        userinfo = _USERINFO.match(value)
        if userinfo is not None:
            found = _is_value(userinfo["password"])
        else:
            found = names_a_secret(key) and _is_value(value)
        if found:
            yield _Held(_line(text, match.start()), key)


def names_a_secret(key: str) -> bool:
    """Whether a setting of this name holds a secret: DB_PASSWORD does, PASSWORD_RESET_TIMEOUT does not."""
    return bool(_SECRET_KEY.search(key)) and not _NOT_SECRET_KEY.search(key)


def has_credentials(value: str) -> bool:
    """Whether a value is a URL with a password in it."""
    return _USERINFO.match(value) is not None


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def _unquoted(value: str) -> str:
    value = value.strip()
    if value[:1] in {'"', "'"}:
        end = value.find(value[0], 1)
        return value[1:end] if end > 0 else value[1:]
    return re.split(r"\s+#", value, maxsplit=1)[0].rstrip(" ,")


def _is_value(value: str) -> bool:
    value = value.strip()
    if len(value) < 4 or value.startswith("#"):
        return False
    return _REFERENCE.search(value) is None and _PLACEHOLDER.fullmatch(value) is None
