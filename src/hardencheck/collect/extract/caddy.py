"""Caddyfiles, tokenized as Caddy does it.

Source: Caddy documentation, "Caddyfile Concepts"; compared with `caddy adapt` in the integration tests.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._fields import REQUEST, RESPONSE, WITHHELD
from hardencheck.collect.extract._proxy_text import MAX_DEPTH, Conditional, Format, always
from hardencheck.collect.extract._python import role, without_credentials
from hardencheck.collect.extract._templates import of_any_kind, without_ending
from hardencheck.lazily import compiled
from hardencheck.model.facts.proxies import CaddyFile, Directive
from hardencheck.model.gap import Reason
from hardencheck.model.location import Location

# Directives, and their parts, whose arguments are looked at.
_KEPT = frozenset({
    "{site}", "{snippet}", "import", "reverse_proxy", "php_fastcgi", "file_server", "respond", "redir", "root",
    "route", "handle", "handle_path", "handle_errors", "request_body", "max_size", "tls", "protocols", "ciphers",
    "log", "output", "format", "level", "encode", "rewrite", "uri", "try_files", "forward_auth", "abort", "error",
    "to", "dynamic", "transport", "header_up", "header_down", "auto_https", "admin", "servers", "timeouts",
    "read_body", "read_header", "write", "idle", "max_header_size", "debug", "trusted_proxies", "log_credentials",
    "path", "host", "method", "protocol", "not", "remote_ip", "client_ip", "path_regexp", "trusted_proxies_strict",
    "client_ip_headers", "bind", "default_bind", "http_port", "https_port", "local_certs", "browse", "hide",
    "index", "status", "disable_canonical_uris", "request_buffers", "response_buffers", "buffer_requests",
    "flush_interval", "templates", "metrics", "skip_log", "log_skip", "exclude", "include", "roll_size",
    "roll_keep", "roll_disabled", "mode", "wrap", "fields", "delete", "replace", "filter", "read_timeout",
    "write_timeout", "dial_timeout", "response_header_timeout", "tls_insecure_skip_verify", "persist_config",
    "origins", "enforce_origin", "order", "strict_sni_host", "client_auth", "invoke", "vars", "defer",
    "precompressed", "pass_thru", "on_demand", "acme_ca", "issuer", "sampling", "logger", "tls_server_name",
})  # fmt: skip
_LOOKS = compiled(
    rb"^[ \t]{0,99}(?:reverse_proxy|file_server|handle_path|php_fastcgi|request_body|import|encode|respond|redir|tls)"
    rb"\b",
    re.MULTILINE,
)
_SITE = compiled(
    rb"^(?:[^\s#{}]|\{\{[^{}\n]{1,300}\}\}|\{\$[^{}\n]{1,300}\})[^{}\n]{0,300}\{[ \t\r]{0,9}$"
    rb"|^:\d{1,5}\s|^[\w.-]{3,100}\s*$",
    re.MULTILINE,
)
# What no other format has, and what Caddy's has not: an end of a directive, a section in angle brackets.
_CERTAIN = compiled(
    rb"^[ \t]{0,99}(?:reverse_proxy|file_server|php_fastcgi|handle_path|handle|request_body)\b", re.MULTILINE
)
_ANOTHER = compiled(rb";[ \t\r]{0,9}$|^[ \t]{0,99}</?[A-Z]", re.MULTILINE)
_NAME = compiled(r"caddyfile(?:[.-].{1,60})?|.{0,60}\.caddy(?:file)?(?:\.example)?", re.IGNORECASE)
_APPS = compiled(rb'"apps"\s{0,20}:\s{0,20}\{')
_SERVERS = compiled(rb'"http"\s{0,20}:\s{0,200}\{[^{}]{0,500}"servers"\s{0,20}:\s{0,20}\{')
_HEREDOC = re.compile(r"<<([A-Za-z0-9_-]{1,60})[ \t]*\n")
_PLACEHOLDER = re.compile(r"\{\$[^{}\n]{0,300}\}")
MAX_TOKENS = 100_000


class Token(NamedTuple):
    """row: counts lines as Caddy does: a line that a backslash continues is one with the next."""

    text: str
    line: int
    row: int
    quoted: bool = False


class CaddyJson(Extractor):
    """Caddy's own form of its configuration, of which nothing is read: that it is there is said."""

    name = "caddy.json"
    emits = (CaddyFile,)

    def wants(self, path: str, mode: int, size: int) -> bool:
        name = path.lower().rpartition("/")[2]
        return name.endswith(".json") and ("caddy" in path.lower() or name in {"config.json", "autosave.json"})

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        apps, servers = _APPS.search(data), _SERVERS.search(data)
        if apps is not None and servers is not None:
            line = data.count(b"\n", 0, servers.start()) + 1
            raise Unreadable(
                "Caddy's configuration as JSON is not read (a Caddyfile is, of which `caddy adapt` makes it)",
                reason=Reason.NOT_SUPPORTED,
                line=line,
            )
        return ()


class CaddyFiles(Extractor):
    """Files that are called Caddyfile, or end in .caddy."""

    name = "caddy.files"
    version = 3
    emits = (CaddyFile,)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return _named(path) or of_any_kind(path)

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if not (_LOOKS.search(data) or _SITE.search(data)):
            return
        if not _named(path) and (not (_SITE.search(data) and _CERTAIN.search(data)) or _ANOTHER.search(data)):
            return
        found, templated = _FORMAT.read(data)
        yield CaddyFile(location=Location(path=path), role=role(path), templated=templated, directives=found)


def _named(path: str) -> bool:
    return _NAME.fullmatch(without_ending(path).rpartition("/")[2]) is not None


def tokens(text: str) -> Iterator[Token]:
    """The words of a Caddyfile. Raises Unreadable for quotes that do not end, and for words without number."""
    at, line, row, end = 0, 1, 1, len(text)
    count = 0
    while at < end:
        char = text[at]
        if char == "\n":
            line, row, at = line + 1, row + 1, at + 1
            continue
        if char.isspace():
            at += 1
            continue
        if text.startswith("\\\n", at):
            line, at = line + 1, at + 2
            continue
        if char == "#":
            stop = text.find("\n", at)
            if stop < 0:
                return
            if "\\" in text[at:stop]:  # it escapes the end of the line: the next one belongs to this one (2.6.2)
                line, stop = line + 1, stop + 1
            at = stop
            continue
        count += 1
        if count > MAX_TOKENS:
            raise Unreadable(f"more than {MAX_TOKENS} words", line=line)
        whole = _quoted(text, at, line) if char in '"`' else _heredoc(text, at, line)
        if whole is not None:
            stop, word = whole
            yield Token(word, line, row, quoted=True)
            line += text.count("\n", at, stop)
        else:
            stop = _bare_word(text, at)
            yield Token(text[at:stop], line, row)
        at = stop


def _bare_word(text: str, at: int) -> int:
    """Where a word without quotes ends; a placeholder of the environment may hold spaces in its default."""
    while at < len(text) and not text[at].isspace():
        inner = _PLACEHOLDER.match(text, at) if text[at] == "{" else None
        if inner is not None:
            at = inner.end()
        elif text.startswith("\\\n", at):
            return at  # the line goes on, the word does not
        elif text[at] == "\\" and at + 1 < len(text):
            at += 2
        else:
            at += 1
    return at


def _quoted(text: str, at: int, line: int) -> tuple[int, str]:
    mark = text[at]
    word: list[str] = []
    at += 1
    while at < len(text) and text[at] != mark:
        if text[at] == "\\" and mark == '"' and text[at + 1 : at + 2] == '"':
            at += 1
        word.append(text[at])
        at += 1
    if at >= len(text):
        raise Unreadable("a quote does not end", line=line)
    return at + 1, "".join(word)


def _heredoc(text: str, at: int, line: int) -> tuple[int, str] | None:
    opened = _HEREDOC.match(text, at)
    if opened is None:
        return None
    closed = re.compile(rf"^[ \t]*{re.escape(opened[1])}(?=\s|$)", re.MULTILINE).search(text, opened.end())
    if closed is None:
        raise Unreadable("a text that begins with << does not end", line=line)
    return closed.end(), text[opened.end() : closed.start()]


def directives(text: str, conditional: Conditional = always) -> list[Directive]:
    """The parts of a Caddyfile, nested. conditional: whether a line may not be there.

    Raises Unreadable for braces that do not balance, and for nesting without reason.
    """
    rows = [list(row) for _, row in groupby(tokens(text.replace("\r\n", "\n")), key=lambda token: token.row)]
    return _Parser(rows, conditional).top()


_FORMAT = Format("a Caddyfile", directives, include="import {}")


class _Parser:
    def __init__(self, lines: list[list[Token]], conditional: Conditional) -> None:
        self._lines = lines
        self._at = 0
        self._conditional = conditional

    def top(self) -> list[Directive]:
        found: list[Directive] = []
        while self._at < len(self._lines):
            line = self._lines[self._at]
            self._at += 1
            if _opens(line) and len(line) == 1:
                found.append(self._made("{global}", line[0].line, [], self._block(1)))
                continue
            if line[0].text == "import" and not line[0].quoted and not _opens(line):
                found.append(self._made("import", line[0].line, [token.text for token in line[1:]], None))
                continue
            start = line[0].line
            words = list(line)
            # Addresses go on in the next line after a comma.
            while not _opens(words) and words[-1].text.endswith(",") and self._at < len(self._lines):
                words += self._lines[self._at]
                self._at += 1
            if _opens(words):
                inside = self._block(1)
                words = words[:-1]
            elif any(one.name == "{site}" for one in found):
                raise Unreadable("a site has no block", line=start)
            else:
                inside = self._rest()
            addresses = [part for token in words for part in token.text.split(",") if part]
            first = words[0].text
            if first.startswith("(") and first.endswith(")"):
                found.append(self._made("{snippet}", start, [first[1:-1]], inside))
            elif first.startswith("&("):
                found.append(self._made("{snippet}", start, [first], inside))
            else:
                found.append(self._made("{site}", start, addresses, inside))
        return found

    def _rest(self) -> list[Directive]:
        """A Caddyfile of one site without braces: all that follows is its."""
        found: list[Directive] = []
        while self._at < len(self._lines):
            found.append(self._directive(self._lines[self._at], 1))
        return found

    def _block(self, depth: int) -> list[Directive]:
        if depth > MAX_DEPTH:
            raise Unreadable("nested too deeply", line=self._lines[self._at - 1][0].line)
        found: list[Directive] = []
        opened = self._lines[self._at - 1][0].line
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if line[0].text == "}" and not line[0].quoted:
                if len(line) == 1:
                    self._at += 1
                else:
                    self._lines[self._at] = line[1:]
                return found
            found.append(self._directive(line, depth))
        raise Unreadable("a block does not end", line=opened)

    def _directive(self, line: list[Token], depth: int) -> Directive:
        self._at += 1
        if line[0].text == "}" and not line[0].quoted:
            raise Unreadable("} ends nothing that is open", line=line[0].line)
        if len(line) > 1 and line[-1].text == "}" and not line[-1].quoted:
            if depth == 1:
                raise Unreadable("} does not stand on a line of its own", line=line[-1].line)
            # It closes the block around; the directive ends before it.
            self._at -= 1
            self._lines[self._at] = line[-1:]
            line = line[:-1]
            return self._made(line[0].text, line[0].line, [token.text for token in line[1:]], None)
        inside = self._block(depth + 1) if _opens(line) else None
        words = [token.text for token in (line[:-1] if inside is not None else line)]
        name = words[0] if words else "{"
        return self._made(name, line[0].line, words[1:], inside)

    def _made(self, name: str, line: int, words: list[str], block: list[Directive] | None) -> Directive:
        perhaps = self._conditional(line)
        inner = tuple(block) if block is not None else None
        if name.startswith("@"):
            return Directive(name=name, line=line, args=_matcher(words), block=inner, conditional=perhaps)
        args = _arguments(name, words)
        return Directive(name=name, line=line, args=args, block=inner, conditional=perhaps)


def _opens(line: list[Token]) -> bool:
    return line[-1].text == "{" and not line[-1].quoted


def _bare(name: str) -> str:
    return name.lstrip("+-?>").rstrip(":").lower()


def _values(name: str, values: list[str], judged: frozenset[str]) -> list[str]:
    """Values of a field; those of one that nobody judges may be secret."""
    bare = _bare(name)
    return [value if bare in judged or value.startswith("{") else WITHHELD for value in values]


def _matcher(words: list[str]) -> tuple[str, ...]:
    """What a named matcher asks: paths, methods and hosts; a text that is compared may be a secret."""
    if words and words[0] in {"path", "method", "host", "protocol", "not", "path_regexp", "remote_ip", "client_ip"}:
        return tuple(words)
    return tuple(words[:1])


def _arguments(name: str, words: list[str]) -> tuple[str, ...]:
    if name in {"header", "header_down", "header_up", "request_header"}:
        matcher = words[:1] if words and words[0].startswith(("/", "@", "*")) else []
        rest = words[len(matcher) :]
        judged = REQUEST | RESPONSE if name in {"header_up", "request_header"} else RESPONSE
        return (*matcher, *rest[:1], *_values(rest[0], rest[1:], judged)) if rest else tuple(matcher)
    if _bare(name) in RESPONSE:  # a line in the block of `header`
        return tuple(words)
    if name == "respond":
        return tuple(word for word in words if word.isdecimal() or word.startswith(("/", "@")))
    if name not in _KEPT:
        return tuple(WITHHELD for _ in words[:2])
    return tuple(without_credentials(word) for word in words)
