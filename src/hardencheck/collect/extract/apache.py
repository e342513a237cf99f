"""Configuration files of Apache httpd, tokenized as httpd does it: one directive a line, sections in angle brackets.

Source: Apache HTTP Server 2.4 documentation, "Configuration Files" and "Configuration Sections".
"""

import re
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._fields import REQUEST, RESPONSE, WITHHELD
from hardencheck.collect.extract._proxy_text import MAX_DEPTH, Conditional, Format, always
from hardencheck.collect.extract._python import role, without_credentials
from hardencheck.collect.extract._templates import TEMPLATED, of_any_kind, without_ending
from hardencheck.lazily import compiled
from hardencheck.model.facts.proxies import ApacheFile, Directive
from hardencheck.model.location import Location

# Directives whose arguments are looked at. The others are kept by name alone: an argument may be a secret.
_KEPT = frozenset({
    "<virtualhost", "<location", "<locationmatch", "<directory", "<directorymatch", "<files", "<filesmatch", "<if",
    "<elseif", "<else", "<ifmodule", "<ifdefine", "<ifversion", "<iffile", "<ifdirective", "<ifsection", "<proxy",
    "<proxymatch", "<limit", "<limitexcept", "<macro", "include", "includeoptional", "use", "define", "undefine",
    "listen", "servername", "serveralias", "documentroot", "alias", "aliasmatch", "scriptalias", "scriptaliasmatch",
    "wsgiscriptalias", "wsgiscriptaliasmatch", "wsgipassauthorization", "wsgichunkedrequest", "wsgidaemonprocess",
    "wsgiprocessgroup", "proxypass", "proxypassmatch", "proxypassreverse", "proxypreservehost", "proxyaddheaders",
    "proxyrequests", "proxytimeout", "proxyerroroverride", "balancermember", "proxyvia", "sethandler", "addhandler",
    "rewriteengine", "rewriterule", "rewritecond", "redirect", "redirectmatch", "redirectpermanent", "redirecttemp",
    "header", "requestheader", "expiresactive", "expiresdefault", "limitrequestbody", "limitrequestfields",
    "limitrequestfieldsize", "limitrequestline", "limitxmlrequestbody", "timeout", "requestreadtimeout",
    "keepalivetimeout", "keepalive", "servertokens", "serversignature", "traceenable", "options", "allowoverride",
    "allowoverridelist", "sslengine", "sslprotocol", "sslciphersuite", "sslproxyengine", "sslproxyverify",
    "sslhonorcipherorder", "sslcompression", "sslinsecurerenegotiation", "customlog", "errorlog", "loglevel",
    "logformat", "globallog", "transferlog", "require", "order", "deny", "allow", "satisfy", "loadmodule",
    "fileetag", "userdir", "indexoptions", "directoryindex", "serverroot", "errordocument", "remoteipheader",
    "remoteipinternalproxy", "remoteiptrustedproxy", "http2", "protocols", "httpprotocoloptions", "extendedstatus",
    "scriptlog", "forcetype", "substitute", "accessfilename", "serveradmin", "usecanonicalname", "mergeslashes",
    "allowencodedslashes", "xbithack", "dav", "davlockdb", "php_flag", "php_admin_flag", "dumpioinput",
    "dumpiooutput",
})  # fmt: skip
_SECTIONS = (
    rb"^[ \t]{0,99}<(?:VirtualHost|Directory(?:Match)?|Location(?:Match)?|IfModule|Macro|Proxy|Files(?:Match)?)\b"
    rb"[^>\n]{0,400}>"
)
_LINES = (
    rb"^[ \t]{0,99}(?:LoadModule|ProxyPass(?:Match|Reverse)?|ProxyPreserveHost|RewriteEngine|RewriteRule"
    rb"|WSGIScriptAlias|ServerTokens|ServerSignature|TraceEnable|RequestHeader[ \t]{1,9}(?:set|unset)|DocumentRoot"
    rb"|Header[ \t]{1,9}(?:(?:always|onsuccess)[ \t]{1,9})?(?:set|unset|append|merge|add|edit|setifempty)"
    rb"|CustomLog|SSLProtocol|SSLCipherSuite|SSLEngine"
    rb"|Options[ \t]{1,9}[-+]?(?:Indexes|All|FollowSymLinks)|AllowOverride|ServerRoot"
    rb"|WSGIDaemonProcess|RequestReadTimeout|LimitRequestBody|IncludeOptional)[ \t]"
)
_LOOKS_SECTION = compiled(_SECTIONS, re.IGNORECASE | re.MULTILINE)
_LOOKS_LINE = compiled(_LINES, re.IGNORECASE | re.MULTILINE)
_TELLS_SECRETS = compiled(r"(?i)secret|token|passw|_key|apikey|credential")
_VARIABLE = compiled(r"%[<>!0-9,]{0,20}(?:\{[^}]{1,99}\})?\^?[A-Za-z]{1,3}")
_STANDARD = compiled(
    r"(?i)!?-?%\{(?:ENV:)?(?:HTTPS|SERVER_PORT|HTTP_HOST|REQUEST_URI|REQUEST_METHOD|REQUEST_SCHEME|REQUEST_FILENAME"
    r"|HTTP:X-Forwarded-(?:Proto|SSL|Scheme)|HTTP:Upgrade|HTTP:Connection|SERVER_NAME)\}\w?"
)
_URLS = ("http://", "https://", "/", "-", "^")
MAX_LINE = 16_384
MAX_DIRECTIVES = 50_000


class ApacheFiles(Extractor):
    """Files that may be Apache's by their name, and are by what they say."""

    name = "apache.files"
    version = 4
    emits = (ApacheFile,)

    def wants(self, path: str, mode: int, size: int) -> bool:
        folder, _, name = without_ending(path).rpartition("/")
        if name == ".htaccess" or name.endswith((".conf", ".vhost", ".htaccess")) or of_any_kind(path):
            return True
        if name.endswith(".inc"):
            return ".conf" in name or "vhost" in name or any(word in path.lower() for word in ("apache", "httpd"))
        if folder.endswith(("sites-available", "sites-enabled", "conf-available", "conf-enabled", "mods-available")):
            return True
        return ("apache" in name or "httpd" in name or "vhost" in name) and "." not in name

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        named = path.lower().endswith(".htaccess")
        if not named and not (_LOOKS_SECTION.search(data) or _LOOKS_LINE.search(data)):
            return
        found, templated = _FORMAT.read(data)
        yield ApacheFile(location=Location(path=path), role=role(path), templated=templated, directives=found)


def directives(text: str, conditional: Conditional = always) -> list[Directive]:
    """The directives of a configuration, nested. conditional: whether a line may not be there.

    Raises Unreadable for sections that do not end or end another one, and for nesting or length without reason.
    """
    stack: list[list[Directive]] = [[]]
    open_: list[tuple[str, int, tuple[str, ...]]] = []
    count = 0
    for number, line in _lines(text):
        count += 1
        if count > MAX_DIRECTIVES:
            raise Unreadable(f"more than {MAX_DIRECTIVES} directives", line=number)
        if line.startswith("</"):
            name = line[2:].split(">")[0].strip().lower()
            if not open_ or open_[-1][0] != f"<{name}":
                raise Unreadable(f"</{name[:40]}> ends nothing that is open", line=number)
            opened, start, args = open_.pop()
            block = tuple(stack.pop())
            stack[-1].append(Directive(name=opened, line=start, args=args, block=block, conditional=conditional(start)))
        elif line.startswith("<") and not line.startswith("<%"):
            if ">" not in line:
                raise Unreadable("a section does not end its line with >", line=number)
            if len(stack) > MAX_DEPTH:
                raise Unreadable("nested too deeply", line=number)
            inner = words(line[1 : line.rindex(">")])
            name = "<" + (inner[0].lower() if inner else "")
            open_.append((name, number, _arguments(name, inner[1:])))
            stack.append([])
        else:
            given = words(line)
            name = given[0].lower()
            args = _arguments(name, given[1:])
            stack[-1].append(Directive(name=name, line=number, args=args, conditional=conditional(number)))
    if open_:
        raise Unreadable(f"{open_[-1][0]}> does not end", line=open_[-1][1])
    return stack[0]


_FORMAT = Format("a configuration of Apache", directives, include="Include {}")


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Logical lines with the number of their first: a backslash at the end goes on, after another one and in comments
    too (measured with 2.4.71)."""
    pending, start = "", 0
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        start = start or number
        pending += line
        if len(pending) > MAX_LINE:
            raise Unreadable(f"a line of more than {MAX_LINE} characters", line=start)
        if pending.endswith("\\"):
            pending = pending[:-1]
            continue
        said = pending.strip()
        if said and not said.startswith("#"):
            yield start, said
        pending, start = "", 0
    if pending.strip() and not pending.strip().startswith("#"):
        yield start, pending.strip()


def words(line: str) -> list[str]:
    """The words of a directive: quotes of either kind hold one together, a backslash spares a quote in them,
    and itself everywhere."""
    found: list[str] = []
    at, end = 0, len(line)
    while at < end:
        if line[at].isspace():
            at += 1
            continue
        quote = line[at]
        if quote in "\"'":
            at += 1
            word: list[str] = []
            while at < end and line[at] != quote:
                if line[at] == "\\" and at + 1 < end and line[at + 1] in (quote, "\\"):
                    at += 1
                word.append(line[at])
                at += 1
            found.append("".join(word))
            at += 1
        else:
            start = at
            while at < end and not line[at].isspace():
                at += 1
            found.append(line[start:at].replace("\\\\", "\\"))
    return found or [""]


def _arguments(name: str, args: list[str]) -> tuple[str, ...]:
    """What is kept of a directive: no value that may be a credential."""
    if name not in _KEPT:
        return ()
    match name:
        case "header" | "requestheader":
            args = _header(args, RESPONSE if name == "header" else REQUEST | RESPONSE)
        case "define" | "use" if any(_TELLS_SECRETS.search(word) for word in args):
            args = [*args[:1], *(WITHHELD for _ in args[1:])]
        case "rewritecond" if args:
            args = [*(word if _STANDARD.fullmatch(word) else WITHHELD for word in args[:1]), *args[1:]]
            if args[0] == WITHHELD or "REQUEST_URI" in args[0]:
                args = [args[0], *(WITHHELD for _ in args[1:2]), *args[2:]]
        case "rewriterule" if len(args) > 1 and not args[1].startswith(_URLS) and "%{" not in args[1]:
            args = [args[0], WITHHELD, *args[2:]]
        case "logformat" | "customlog" | "globallog" if args:
            kept = " ".join(_VARIABLE.findall(args[0])) if name == "logformat" else args[0]
            more = [" ".join(_VARIABLE.findall(word)) if "%" in word else word for word in args[1:]]
            args = [kept, *more]
        case "<if" | "<elseif":
            args = [word if _STANDARD.search(word) or len(word) < 4 else WITHHELD for word in args]
        case "wsgidaemonprocess":
            args = [word for word in args if word.partition("=")[0] in {"user", "group", "umask"} or "=" not in word]
        case "errordocument" if len(args) > 1 and not args[1].startswith(_URLS):
            args = [args[0], WITHHELD]
    return tuple(without_credentials(word) for word in args)


_ACTIONS = {"set", "append", "merge", "add", "unset", "echo", "edit", "edit*", "setifempty", "note"}


def _header(args: list[str], judged: frozenset[str]) -> list[str]:
    """[condition] action name [value ...] [env=... | expr=... | early], with the value where the field is judged."""
    at = next((number for number, word in enumerate(args[:2]) if word.lower() in _ACTIONS), None)
    if at is None or len(args) < at + 2:
        return args[:2]
    name = args[at + 1].rstrip(":").lower()
    head, rest = args[: at + 2], args[at + 2 :]
    if name in judged or TEMPLATED in name or args[at].lower() == "unset":
        return [*head, *rest]
    return [*head, *(word if number and word.lower().startswith(("env=", "expr=", "early")) else WITHHELD
                     for number, word in enumerate(rest))]  # fmt: skip
