"""nginx configuration files as directives, with crossplane's lexer."""

import io
import re
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._python import role, without_credentials
from hardencheck.collect.extract.python_settings import HEADERS, TELLING
from hardencheck.lazily import compiled
from hardencheck.model.facts.uploads import Directive, NginxFile
from hardencheck.model.location import Location

# Directives whose arguments are looked at. The others are kept by name alone: an argument may be a secret.
_KEPT = frozenset({
    "add_header", "add_header_inherit", "more_set_headers", "proxy_hide_header", "client_max_body_size",
    "client_body_timeout", "client_header_timeout", "proxy_pass", "uwsgi_pass", "fastcgi_pass", "grpc_pass", "include",
    "location", "server", "http", "listen", "server_name", "return", "if", "limit_except", "ssl_protocols",
    "server_tokens", "autoindex", "root", "alias", "upstream", "large_client_header_buffers", "internal", "error_page",
    "try_files", "ssl_ciphers", "stream", "events", "access_log", "error_log", "log_format",
})  # fmt: skip
_LOOKS = compiled(
    rb"^[ \t]{0,99}(?:server|http|location\b[^{\n]{0,300}|upstream[ \t]{1,9}[^\s{]{1,99})\s{0,99}\{", re.MULTILINE
)
_ALONE = compiled(
    rb"^[ \t]{0,99}(?:add_header|client_max_body_size|proxy_pass)[ \t]{1,99}[^;{}\n]{1,999};", re.MULTILINE
)
_NOT_NGINX = compiled(rb"<VirtualHost|^[ \t]{0,99}\[[\w.:-]{1,99}\][ \t\r]{0,99}$", re.MULTILINE)
_PLACEHOLDER = compiled(rb"\{\{|\{%|<%|\$\{[A-Z_][A-Z0-9_]{0,99}(?::-[^}\n]{0,99})?\}")
_WITHHELD = "…"
_COMPARES = compiled(r"\(?!?\$\w{1,99}\)?|\(?!?-[defx]|!?~\*?|!?=|[()]")
_VARIABLE = compiled(r"\$\{?\w{1,99}\}?")
MAX_BYTES = 1_000_000
MAX_DEPTH = 30
MAX_TOKENS = 200_000


class NginxFiles(Extractor):
    """Files that are named like nginx configuration and read like it."""

    name = "nginx.files"
    version = 2
    emits = (NginxFile,)

    def digest(self) -> str:
        return "crossplane-lexer"

    def wants(self, path: str, mode: int, size: int) -> bool:
        folder, _, name = path.lower().rpartition("/")
        if name.endswith((".conf", ".conf.template", ".nginx", ".vhost")) or name.startswith(
            ("nginx.conf", "default.conf")
        ):
            return True
        if "nginx" in path.lower() and name.endswith((".template", ".j2", ".jinja", ".erb", ".tmpl", ".tpl", ".inc")):
            return True
        return folder.endswith(("sites-available", "sites-enabled")) or ("nginx" in name and "." not in name)

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if _NOT_NGINX.search(data) or not (_LOOKS.search(data) or _ALONE.search(data)):
            return
        if len(data) > MAX_BYTES:
            raise Unreadable(f"{len(data)} bytes: too large for an nginx configuration")
        templated = _PLACEHOLDER.search(data) is not None
        text = data.decode("utf-8", "replace")
        if templated:
            # Placeholders become one word each, so that braces still balance; what they hold stays unknown.
            text = re.sub(r"\{%.{0,500}?%\}|<%.{0,500}?%>|\{#.{0,500}?#\}", _blank, text, flags=re.DOTALL)
            text = re.sub(
                r"\{\{[^}\n]{0,200}\}\}|\$\{[A-Z_][A-Z0-9_]{0,99}(?::-[^}\n]{0,99})?\}", "__templated__", text
            )
        yield NginxFile(
            location=Location(path=path), role=role(path), templated=templated, directives=tuple(directives(text))
        )


def _arguments(words: list[str]) -> tuple[str, ...]:
    """What is kept of a directive. Values that may be credentials are not: those of headers that nobody judges, texts
    that are compared or returned, and what stands before the @ of a URL."""
    name, rest = words[0], words[1:]
    if name not in _KEPT:
        return tuple(rest[:1]) if name == "proxy_set_header" else ()
    match name:
        case "add_header" if rest and rest[0].lower() not in HEADERS | TELLING and "__templated__" not in rest[0]:
            rest = [rest[0], *(_WITHHELD for _ in rest[1:])]
        case "return" if rest and not rest[-1].startswith(("http://", "https://", "$scheme://", "/")):
            rest = [word if word.isdecimal() else _WITHHELD for word in rest]
        case "if":
            rest = [word if _COMPARES.fullmatch(word) else _WITHHELD for word in rest]
        case "log_format":
            rest = [*rest[:1], *_VARIABLE.findall(" ".join(rest[1:]))]
        case "more_set_headers":
            rest = []
    return tuple(without_credentials(word) for word in rest)


def _blank(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")


def directives(text: str) -> list[Directive]:
    """The directives of a configuration, nested.

    Raises Unreadable for braces that do not balance, a directive that does not end, or nesting without reason.
    """
    from crossplane.errors import NgxParserBaseException
    from crossplane.lexer import _balance_braces, _lex_file_object

    def tokens() -> Iterator[tuple[str, int, bool]]:
        count = 0
        for word, line, quoted in _balance_braces(_lex_file_object(io.StringIO(text + "\n"))):
            count += 1
            if count > MAX_TOKENS:
                raise Unreadable(f"more than {MAX_TOKENS} words")
            if quoted or not word.startswith("#"):
                yield word, line, quoted

    stack: list[list[Directive]] = [[]]
    open_: list[tuple[str, int, tuple[str, ...]]] = []
    words: list[str] = []
    start = 1
    try:
        for word, line, quoted in tokens():
            if quoted or word not in {"{", "}", ";"}:
                if not words:
                    start = line
                words.append(word)
                continue
            if word == "}":
                if words:
                    raise Unreadable("a directive does not end before }", line=line)
                name, opened, args = open_.pop()
                block = tuple(stack.pop())
                stack[-1].append(Directive(name=name, line=opened, args=args, block=block))
                continue
            if not words:
                if word == "{":
                    raise Unreadable("a block without a name", line=line)
                continue
            name, args = words[0], _arguments(words)
            words = []
            if word == ";":
                stack[-1].append(Directive(name=name, line=start, args=args))
            else:
                if len(stack) > MAX_DEPTH:
                    raise Unreadable("nested too deeply", line=line)
                open_.append((name, start, args))
                stack.append([])
    except NgxParserBaseException as error:
        raise Unreadable(f"not an nginx configuration: {error.strerror}", line=error.lineno) from None
    if words:
        raise Unreadable("the last directive does not end", line=start)
    return stack[0]
