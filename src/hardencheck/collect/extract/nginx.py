"""nginx configuration files as directives, with crossplane's lexer."""

import io
import re
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._fields import REQUEST, RESPONSE, WITHHELD
from hardencheck.collect.extract._proxy_text import MAX_BYTES, MAX_DEPTH, Conditional, Format, always
from hardencheck.collect.extract._python import role, without_credentials
from hardencheck.collect.extract._templates import TEMPLATED, of_any_kind, without_ending
from hardencheck.lazily import compiled
from hardencheck.model.facts.proxies import Directive, NginxFile
from hardencheck.model.location import Location

# Directives whose arguments are looked at. The others are kept by name alone: an argument may be a secret.
_KEPT = frozenset({
    "add_header_inherit", "proxy_hide_header", "proxy_pass_header", "client_max_body_size", "client_body_timeout",
    "client_header_timeout", "client_body_buffer_size", "client_header_buffer_size", "proxy_pass", "uwsgi_pass",
    "fastcgi_pass", "grpc_pass", "scgi_pass", "include", "location", "server", "http", "listen", "server_name",
    "limit_except", "ssl_protocols", "server_tokens", "autoindex", "root", "alias", "upstream", "if", "return",
    "large_client_header_buffers", "internal", "error_page", "try_files", "ssl_ciphers", "stream", "events",
    "access_log", "error_log", "log_format", "more_set_headers", "more_clear_headers", "add_header", "expires",
    "proxy_read_timeout", "proxy_send_timeout", "proxy_connect_timeout", "send_timeout", "keepalive_timeout",
    "uwsgi_read_timeout", "fastcgi_read_timeout", "grpc_read_timeout", "proxy_request_buffering", "proxy_buffering",
    "uwsgi_request_buffering", "fastcgi_request_buffering", "uwsgi_hide_header", "fastcgi_hide_header",
    "grpc_hide_header", "scgi_hide_header", "uwsgi_pass_header", "fastcgi_pass_header", "grpc_pass_header",
    "scgi_pass_header", "proxy_intercept_errors", "proxy_pass_request_headers", "proxy_pass_request_body",
    "rewrite", "set", "map", "deny", "allow", "satisfy", "ssl", "http2", "proxy_redirect", "proxy_http_version",
    "limit_req", "limit_conn", "limit_rate", "merge_slashes", "underscores_in_headers", "ignore_invalid_headers",
    "default_type", "charset", "etag", "real_ip_header", "set_real_ip_from", "real_ip_recursive", "auth_request",
    "stub_status", "proxy_ssl_verify", "ssl_stapling", "ssl_prefer_server_ciphers", "reset_timedout_connection",
    "client_body_in_file_only", "proxy_set_header", "grpc_set_header", "uwsgi_param", "fastcgi_param", "scgi_param",
    "proxy_ignore_headers", "mirror", "resolver", "more_set_input_headers", "more_clear_input_headers",
})  # fmt: skip
_LOOKS = compiled(
    rb"^[ \t]{0,99}(?:server|http|location\b[^{\n]{0,300}|upstream[ \t]{1,9}[^\s{]{1,99})\s{0,99}\{", re.MULTILINE
)
_ALONE = compiled(
    rb"^[ \t]{0,99}(?:(?:proxy|uwsgi|fastcgi|scgi|grpc)_[a-z_]{2,40}|more_(?:set|clear)_(?:input_)?headers"
    rb"|add_header(?:_inherit)?"
    rb"|client_(?:max_body|body|header)_[a-z_]{2,40}|ssl_(?:protocols|ciphers|prefer_server_ciphers|stapling)"
    rb"|server_(?:tokens|name)"
    rb"|(?:keepalive|send)_timeout|large_client_header_buffers|limit_(?:req|conn|rate)|real_ip_header|set_real_ip_from"
    rb"|(?:access|error)_log|underscores_in_headers)[ \t]{1,99}[^;{}\n]{1,999};",
    re.MULTILINE,
)
# What no other format has that looks like this one (logstash, unbound).
_CERTAIN = compiled(rb"\b(?:server_name|proxy_pass|uwsgi_pass|fastcgi_pass|add_header|client_max_body_size)\b")
_NOT_NGINX = compiled(rb"<VirtualHost|^[ \t]{0,99}\[[\w.:-]{1,99}\][ \t\r]{0,99}$", re.MULTILINE)
_COMPARES = compiled(r"\(?!?\$\w{1,99}\)?|\(?!?-[defx]|!?~\*?|!?=|[()]|https?\)?|on\)?|off\)?|\)")
_VARIABLE = compiled(r"\$\{?\w{1,99}\}?")
_TELLS_SECRETS = compiled(r"secret|token|passw|key|auth|cred|cookie|session|signature", re.IGNORECASE)
# What a file without an ending is called that configurations include.
_PART = compiled(
    r"[^.]*(?:proxy|params|headers|security|limits|ssl|tls|uploads?|locations?|common|gunicorn|vhost|site)[^.]*$"
)
_PARAMS = ("proxy_params", "uwsgi_params", "fastcgi_params", "scgi_params", "proxy.inc")
_KEYS = {"default", "include", "hostnames", "volatile", "http", "https"}  # what a map is keyed by may be a secret
MAX_TOKENS = 200_000


class NginxFiles(Extractor):
    """Files that are named like nginx configuration and read like it."""

    name = "nginx.files"
    version = 4
    emits = (NginxFile,)

    def digest(self) -> str:
        return "crossplane-lexer"

    def wants(self, path: str, mode: int, size: int) -> bool:
        return _named(path) or _may_be(path)

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if _NOT_NGINX.search(data) or not (_LOOKS.search(data) or _ALONE.search(data)):
            return
        if not _named(path) and (data.startswith(b"#!") or not (_CERTAIN.search(data) or _ALONE.search(data))):
            return
        try:
            found, templated = _FORMAT.read(data)
        except Unreadable:
            if len(data) <= MAX_BYTES and not _CERTAIN.search(data) and "nginx" not in path.lower():
                return  # another format that looks like this one
            raise
        yield NginxFile(location=Location(path=path), role=role(path), templated=templated, directives=found)


def _named(path: str) -> bool:
    bare = without_ending(path)
    folder, _, name = bare.rpartition("/")
    if name.endswith((".conf", ".nginx", ".vhost")) or name.startswith(("nginx.conf", "default.conf")):
        return True
    if "nginx" in bare and (name.endswith(".inc") or bare != path.lower()):
        return True
    if name in _PARAMS or folder.endswith(("sites-available", "sites-enabled")):
        return True
    return "nginx" in name and "." not in name


def _may_be(path: str) -> bool:
    """A name that says nothing, or that a part has which another file includes: what is in it decides."""
    bare = without_ending(path)
    name = bare.rpartition("/")[2]
    if of_any_kind(path) or name.endswith((".inc", ".include", ".snippet", ".params", ".headers")):
        return True
    return "." not in name and ("nginx" in bare or _PART.match(name) is not None)


def _arguments(words: list[str], mapped: tuple[str, ...] | None) -> tuple[str, ...]:
    """What is kept of a directive. Values that may be credentials are not: those of fields that nobody judges, texts
    that are compared or returned, and what stands before the @ of a URL. mapped: the arguments of a map around it."""
    name, rest = words[0], words[1:]
    if mapped is not None:
        withheld = _TELLS_SECRETS.search(" ".join((*mapped, *rest))) and not _VARIABLE.fullmatch("".join(rest))
        return (WITHHELD,) if withheld else tuple(rest[:1])
    if name not in _KEPT:
        return ()
    match name:
        case "add_header" if rest and rest[0].lower() not in RESPONSE and TEMPLATED not in rest[0]:
            rest = [rest[0], *(word if word in {"", "always"} else WITHHELD for word in rest[1:])]
        case "proxy_set_header" | "grpc_set_header" | "uwsgi_param" | "fastcgi_param" | "scgi_param" if rest:
            field = rest[0].lower().removeprefix("http_").replace("_", "-")
            rest = [rest[0], *(word if not word or field in REQUEST else WITHHELD for word in rest[1:])]
        case "more_set_headers" | "more_set_input_headers" | "more_clear_headers" | "more_clear_input_headers":
            rest = [_field(word) for word in rest]
        case "return" if rest and not rest[-1].startswith(("http://", "https://", "$scheme://", "/")):
            rest = [word if word.isdecimal() else WITHHELD for word in rest]
        case "set" if len(rest) != 2 or _TELLS_SECRETS.search(rest[0]):
            rest = [*rest[:1], *(WITHHELD for _ in rest[1:])]
        case "if":
            rest = [word if _COMPARES.fullmatch(word) else WITHHELD for word in rest]
        case "log_format":
            rest = [*rest[:1], *_VARIABLE.findall(" ".join(rest[1:]))]
    return tuple(without_credentials(word) for word in rest)


def _field(word: str) -> str:
    """An argument of more_set_headers: "Name: value"."""
    name, colon, value = word.partition(":")
    if not colon or not value.strip() or name.strip().lower() in RESPONSE | REQUEST:
        return word
    return f"{name}:{WITHHELD}"


def directives(text: str, conditional: Conditional = always) -> list[Directive]:
    """The directives of a configuration, nested. conditional: whether a line may not be there.

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
                perhaps = conditional(opened)
                stack[-1].append(Directive(name=name, line=opened, args=args, block=block, conditional=perhaps))
                continue
            if not words:
                if word == "{":
                    raise Unreadable("a block without a name", line=line)
                continue
            mapped = next((given for outer, _, given in open_ if outer == "map"), None)
            args = _arguments(words, mapped)
            name = words[0] if mapped is None or words[0] in _KEYS else WITHHELD
            words = []
            if word == ";":
                stack[-1].append(Directive(name=name, line=start, args=args, conditional=conditional(start)))
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


_FORMAT = Format("an nginx configuration", directives, include="include {};", alone=";", variables=True)
