"""How a value looks in its line and its file, for the judge of placeholders."""

from hardencheck.collect.secrets.placeholders import Seen
from hardencheck.lazily import compiled
from hardencheck.model.facts.secrets import SecretClass

MARKUP = (".html", ".vue", ".jsx", ".tsx", ".svelte", ".jinja", ".j2", ".jinja2")
_NAME_BEFORE = compiled(
    r"(?<![\w$])((?!(?:var|let|val|const|final|auto|static|def|set|export|string|String|my|our)\b)[A-Za-z_$][\w$.-]*)"
    r"(?:\[\d*\])?[\"'`\]]{0,3}\s*\)?\s*(?::\s*[\w.\[\], |?]{1,40}=|\s[\w.\[\]*]{2,24}\s{1,4}=|:{1,3}=|=>|[?.+]?={1,3}|"
    r"!==?|:|\(|,|>)\s*(?:[rbfuRBFU]{1,2}|@)?\\?[\"'`]?$"
)
_CONFIGURATION = compiled(
    r"(?:^|/)(?:[^/]*settings[^/]*|[^/]*config[^/]*|\.env[^/]*|[^/]*\.env|\.(?:flaskenv|pypirc|npmrc|netrc|s3cfg|boto)|"
    r"[^/]*(?:compose|dockerfile|containerfile)[^/]*|[^/]*\.(?:ya?ml|ini|cfg|conf|toml|properties|tfvars|tf))$"
)


def is_configuration(path: str) -> bool:
    return _CONFIGURATION.search(path) is not None


def seen_in(rule: str, class_: SecretClass, named: bool, line: str, start: int, stop: int, path: str) -> Seen:
    """A value in its line, for `placeholders.reason`. path: in lower case."""
    kind = (path.endswith(MARKUP), is_configuration(path))
    return seen_as(rule, class_, named, line[:start], line[start:stop], line[stop : stop + 300], *kind)


def seen_as(
    rule: str, class_: SecretClass, named: bool, before: str, value: str, after: str, markup: bool, configuration: bool
) -> Seen:
    found = _NAME_BEFORE.search(before[-200:])
    return Seen(
        value=value,
        class_=class_,
        rule=rule,
        key=found[1] if found else "",
        before=before,
        after=after,
        quoted=before[-1:] != "" and before[-1:] in "\"'`",
        markup=markup,
        configuration=configuration,
        named=named,
    )
