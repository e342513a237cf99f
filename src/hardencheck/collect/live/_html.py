"""The few tags of a page that matter to an audit, found in linear time whatever the page holds."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from hardencheck.collect.live._fields import meta_referrer_policy
from hardencheck.lazily import compiled

MAX_TAG = 8192
MAX_TAGS = 5000
MAX_SEARCHES = 50
_WANTED = frozenset("meta input link script img a base form body button iframe frame object embed".split())
# What stands between these and their end tag is text, not tags.
_RAW = ("script", "style", "template", "noscript", "textarea", "title", "xmp", "iframe", "noembed", "noframes")
# With anything else, text too, the body begins (HTML standard, "in head" insertion mode); metadata that comes between
# the end of the head and the body belongs to the head.
_HEAD = frozenset(
    """
    html head base basefont bgsound link meta title noscript noframes style script template
    """.split()
)
_TAG_END = compiled(r"""(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')?)*+>""")
_NAME = compiled(r"</?([a-zA-Z][a-zA-Z0-9-]{0,19})(?=[\s/>])")
_ATTRIBUTE = compiled(
    r"""(?<![^\s"'/])([a-zA-Z][a-zA-Z0-9_:-]*+)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++)))?"""
)


class Tag(NamedTuple):
    """name: lower case. attributes: names in lower case, first of a repeated one, entities resolved."""

    name: str
    attributes: dict[str, str]
    head: bool


def text_of(body: bytes) -> str:
    """A body as text. UTF-8 where it is, else Latin-1: what matters here is ASCII."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("latin-1")


def tags(text: str) -> Iterator[Tag]:
    """Start tags of interest, comments and raw text left out; at most MAX_TAGS of them."""
    lower = text.lower() if len(text.lower()) == len(text) else text
    head = True
    position = last = 1 if text.startswith("\ufeff") else 0
    count = searches = 0
    missing: set[str] = set()  # end tags that do not come any more: not looked for twice
    while count < MAX_TAGS and (position := text.find("<", position)) >= 0:
        head = head and not text[last:position].strip("\t\n\f\r ")
        if text.startswith("<!--", position):
            # "<!-->" is a whole comment (HTML standard, comment start state).
            end = text.find("-->", position + 2)
            if end < 0:
                return
            position = last = end + 3
            continue
        if text.startswith(("<!", "<?"), position):
            end = text.find(">", position)
            if end < 0:
                return
            position = last = end + 1
            continue
        match = _NAME.match(text, position)
        if match is None:
            position += 1
            continue
        name = match[1].lower()
        end = text.find(">", match.end(), match.end() + MAX_TAG)
        if end < 0:
            position = match.end()
            continue
        if searches < MAX_SEARCHES:
            whole = _TAG_END.match(text, match.end(), match.end() + MAX_TAG)
            end = whole.end() - 1 if whole is not None else end
            searches += whole is None
        closing = text.startswith("</", position)
        position = last = end + 1
        if closing:
            head = head and name not in {"body", "html", "br"}
            continue
        head = head and name in _HEAD
        if name in _WANTED:
            count += 1
            yield Tag(name, _attributes(text[match.end() : end]), head)
        if name in _RAW and name not in missing:
            end = lower.find(f"</{name}", position)
            if end < 0:
                missing.add(name)
                return
            position = last = end


def _attributes(text: str) -> dict[str, str]:
    import html

    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(text):
        value = next((group for group in match.groups()[1:] if group is not None), "")
        found.setdefault(match[1].lower(), html.unescape(value))
    return found


class Load(NamedTuple):
    """What an element loads or sends to. url: as written, resolved against the page's base by whoever judges it.

    what: "script", "stylesheet", "frame", "object", "form". integrity: the attribute. crossorigin: it is asked for
    with CORS, without which browsers cannot check the integrity of what is another origin's.
    """

    what: str
    url: str
    integrity: str = ""
    crossorigin: bool = False


class Page(NamedTuple):
    """What an audit wants of a page.

    csp: policies of meta elements in the head. referrer: the last one that is a policy, else the last.
    password: a password field is there.
    links: values of href and src, as written. head: the head of the page is there to its end.
    base: the first base element's href. loads: scripts, style sheets, frames, objects and where forms go.
    whole: not so many tags that the rest was left.
    """

    csp: tuple[str, ...] = ()
    referrer: str | None = None
    password: bool = False
    links: tuple[str, ...] = ()
    head: bool = False
    base: str = ""
    loads: tuple[Load, ...] = ()
    whole: bool = True


def read_page(body: bytes) -> Page:
    csp: list[str] = []
    referrer: str | None = None
    password = False
    links: list[str] = []
    base: str | None = None
    loads: list[Load] = []
    count = 0
    for tag in tags(text_of(body)):
        count += 1
        given = tag.attributes
        if tag.name == "meta":
            content = given.get("content", "")
            equivalent = given.get("http-equiv", "").strip().lower()
            if tag.head and equivalent == "content-security-policy" and content.strip():
                csp.append(content)
            if (
                given.get("name", "").strip().lower() == "referrer"
                and content.strip()
                and (referrer is None or meta_referrer_policy(content) is not None)
            ):
                referrer = content
        elif tag.name == "input" and given.get("type", "").strip().lower() == "password":
            password = True
        elif tag.name == "base" and "href" in given and base is None:
            base = given["href"]
        loads.extend(_loads(tag))
        links.extend(given[name] for name in ("href", "src") if name in given)
    head = re.search(rb"</head\b|<body\b", body, re.IGNORECASE) is not None
    return Page(
        tuple(csp), referrer, password, tuple(links), head, base or "", tuple(dict.fromkeys(loads)), count < MAX_TAGS
    )


_SOURCES = {"script": ("script", "src"), "iframe": ("frame", "src"), "frame": ("frame", "src"),
            "embed": ("object", "src"), "object": ("object", "data"), "form": ("form", "action"),
            "input": ("form", "formaction"), "button": ("form", "formaction")}  # fmt: skip


def _loads(tag: Tag) -> Iterator[Load]:
    given = tag.attributes
    what, attribute = _SOURCES.get(tag.name, ("", ""))
    if tag.name == "link" and "stylesheet" in given.get("rel", "").lower().split():
        what, attribute = "stylesheet", "href"
    if not what or not given.get(attribute, "").strip() or (tag.name == "script" and not _runs(given.get("type", ""))):
        return
    # A module is always asked for with CORS.
    cors = "crossorigin" in given or given.get("type", "").strip().lower() == "module"
    yield Load(what, given[attribute], given.get("integrity", "").strip(), cors)


def _runs(kind: str) -> bool:
    """Whether a script element of this type is a script: a data block is none (HTML standard, prepare the script)."""
    kind = kind.strip().lower()
    return not kind or kind in {"module", "text/javascript", "application/javascript"} or "ecmascript" in kind
