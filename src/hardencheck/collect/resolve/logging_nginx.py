"""nginx's logs: which servers write none, and what their formats write.

Source: nginx manual, ngx_http_log_module (access_log, log_format) and core functionality (error_log).
"""

import re
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Found, Resolver, Tree
from hardencheck.collect.resolve.logging import handed_on
from hardencheck.lazily import compiled
from hardencheck.model.facts.logging import ProxyLog
from hardencheck.model.facts.proxies import Directive, NginxFile
from hardencheck.model.gap import FactSet, Gap, Reason

_LEAKS = (
    (re.compile(r"\$\{?(?:http_authorization|http_proxy_authorization|http_x_(?:api_key|auth_token|access_token))\b"),
     "authorization header"),
    (re.compile(r"\$\{?(?:http_cookie\b|sent_http_set_cookie\b|cookie_\w+)"), "cookies"),
    (re.compile(r"\$\{?request_body\b"), "request body"),
    (re.compile(r"\$\{?remote_passwd\b"), "password"),
    (re.compile(r"\$\{?arg_(?:token|password|secret|api_?key|access_token|code)\b"), "token"),
)  # fmt: skip
_QUERY = compiled(r"\$\{?(?:args|query_string)\b")
_NOWHERE = {"off", "/dev/null"}
_TEMPLATED = "__templated__"


class NginxLogs(Resolver):
    """access_log of each server, every error_log, and the formats that are in use."""

    name = "logging.nginx"
    emits = (ProxyLog,)

    def resolve(self, facts: FactSet, tree: Tree) -> Iterable[Found]:
        yield from handed_on(self, facts, (NginxFile,), self.emits)
        files = [fact for fact in facts.facts if isinstance(fact, NginxFile)]
        used = {log.args[1] for file in files for log in _all(file.directives, "access_log") if len(log.args) > 1}
        for file in files:
            yield from self._file(file, used)

    def _file(self, file: NginxFile, used: set[str]) -> Iterator[Found]:
        for errors in _all(file.directives, "error_log"):
            place = "the whole" if errors in file.directives else "a block"
            yield from self._log(file, errors, errors, place)
        http = next((item for item in file.directives if item.name == "http"), None)
        level = (http.block or ()) if http is not None else file.directives
        above = _last(level, "access_log")
        for server in (item for item in level if item.name == "server" and item.block):
            if not any(item.name in {"location", "root", "proxy_pass", "try_files"} for item in server.block or ()):
                continue  # only redirects or refuses
            inside = server.block or ()
            name = " ".join(_names(inside)) or "the server"
            log = _last(inside, "access_log") or above
            root = next((item for item in inside if item.name == "location" and item.args == ("/",)), None)
            log = (_last(root.block or (), "access_log") if root is not None else None) or log
            yield from self._log(file, log, server, name)
        for kind in _all(file.directives, "log_format"):
            if kind.args and kind.args[0] in used:
                text = " ".join(kind.args[1:])
                leaks = tuple(what for pattern, what in _LEAKS if pattern.search(text))
                yield ProxyLog(
                    location=file.location.at(kind.line),
                    directive="log_format",
                    place=kind.args[0],
                    off=False,
                    leaks=leaks,
                    role=file.role,
                    query=_QUERY.search(text) is not None,
                )

    def _log(self, file: NginxFile, log: Directive | None, otherwise: Directive, place: str) -> Iterator[Found]:
        """One log; without a directive nginx writes logs/access.log."""
        directive = log.name if log is not None else "access_log"
        target = log.args[0] if log is not None and log.args else ""
        here = file.location.at(log.line if log is not None else otherwise.line)
        if _TEMPLATED in target:
            yield Gap(
                kinds=self.kinds(),
                collector=self.name,
                reason=Reason.TEMPLATED,
                detail=f"{directive} is put in by a template",
                location=here,
                about={"role": file.role, "directive": directive},
            )
            return
        off = target in _NOWHERE
        yield ProxyLog(location=here, directive=directive, place=place, off=off, leaks=(), role=file.role)


def _all(directives: Iterable[Directive], name: str) -> Iterator[Directive]:
    for item in directives:
        if item.name == name:
            yield item
        yield from _all(item.block or (), name)


def _last(directives: Iterable[Directive], name: str) -> Directive | None:
    """The one in force on a level. Several access_logs all write, unless one of them is `off`: it cancels them."""
    found = [item for item in directives if item.name == name]
    return next((item for item in found if item.args[:1] == ("off",)), found[-1] if found else None)


def _names(block: Iterable[Directive]) -> tuple[str, ...]:
    return next((item.args for item in block if item.name == "server_name" and item.args != ("_",)), ())
