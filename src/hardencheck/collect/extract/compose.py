"""Services of a compose file: what they may do on the host that runs them."""

import re
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._privileges import CAPABILITIES, capability, is_engine_socket, is_root
from hardencheck.collect.extract._yaml import Mapping, Node, Scalar, Sequence, documents
from hardencheck.collect.extract.dockerfile import purpose
from hardencheck.lazily import compiled
from hardencheck.model.facts.container import ComposeService, ComposeSetting, Setting
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

MAX_BYTES = 2 * 1024 * 1024
_NAME = compiled(r".*compose.*\.ya?ml|docker-stack.*\.ya?ml|(?:[\w.-]+[-_.])?stack\.ya?ml")
_TRUE = frozenset({"true", "yes", "on", "1"})
_UNCONFINED = compiled(r"(seccomp|apparmor|systempaths)[:=]unconfined|label[:=]disable")
# Ports of stores and consoles that trust whoever reaches them: IANA service names and the defaults of their makers.
_STORES = {
    "5432": "PostgreSQL", "3306": "MySQL", "6379": "Redis", "27017": "MongoDB", "9200": "Elasticsearch",
    "11211": "memcached", "5672": "RabbitMQ", "15672": "RabbitMQ", "2375": "Docker",
    "1433": "SQL Server", "9092": "Kafka", "2181": "ZooKeeper", "8086": "InfluxDB", "5984": "CouchDB",
    "6432": "PgBouncer",
    "9042": "Cassandra", "8123": "ClickHouse", "5555": "Flower", "7700": "Meilisearch", "8025": "Mailhog",
}  # fmt: skip
_VARIABLE = compiled(r"\$\{?[A-Za-z_]\w*(?:(?P<operator>:?-)(?P<default>[^{}$]*)|[^}]*)?\}?")


class ComposeFiles(Extractor):
    """compose.yaml, docker-compose.*.yml, stack files; those whose content has `services`."""

    name = "container.compose"
    version = 2
    emits = (ComposeService, ComposeSetting)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return path.endswith((".yml", ".yaml")) and _NAME.fullmatch(path.rpartition("/")[2].lower()) is not None

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if len(data) > MAX_BYTES:
            raise Unreadable(f"{len(data)} bytes, more than a compose file has", reason=Reason.TOO_LARGE)
        for document in documents(data):
            services = document.get("services") if isinstance(document, Mapping) else None
            if not isinstance(services, Mapping):
                continue
            gains: list[str] = []
            first = None
            for name, (line, node) in services.pairs.items():
                if isinstance(node, Mapping):
                    service = _Service(path, name, line, node)
                    yield from service.found()
                    if not service.gains_nothing():
                        gains.append(name)
                        first = first or line
            yield ComposeSetting(
                location=Location(path=path, line=first or services.line),
                service="",
                setting="no-new-privileges",
                weak=bool(gains),
                value=", ".join(gains)[:200],
                role=purpose(path),
            )


class _Service:
    """One service. What depends on a variable without a default is a Gap for that setting alone."""

    def __init__(self, path: str, name: str, line: int, node: Mapping) -> None:
        self.path, self.name, self.line, self.node = path, name, line, node
        self.role = purpose(path)
        self.unknown: list[tuple[str, int]] = []

    def found(self) -> Iterator[Found]:
        build = self.node.get("build")
        context = dockerfile = None
        if isinstance(build, Scalar):
            context = build.text
        elif isinstance(build, Mapping):
            context, dockerfile = _plain(build.get("context")) or ".", _plain(build.get("dockerfile"))
        yield ComposeService(
            location=Location(path=self.path, line=self.line),
            service=self.name,
            image=_plain(self.node.get("image")),
            context=context,
            dockerfile=dockerfile,
            role=self.role,
        )
        yield from self._setting("privileges", self._privileges(), "nothing near to root on the host")
        yield from self._setting("socket", self._sockets(), "no engine socket")
        yield from self._setting("namespaces", self._namespaces(), "namespaces of its own")
        yield from self._setting("ports", self._published(), "no store on all interfaces")
        yield from self._user()
        if "extends" in self.node.pairs:
            yield self._gap(None, "extends another service, which is not followed", self.node.line_of("extends"))

    def _setting(self, setting: Setting, weak: Iterable[tuple[str, int]], otherwise: str) -> Iterator[Found]:
        found = list(weak)
        yield ComposeSetting(
            location=Location(path=self.path, line=found[0][1] if found else self.line),
            service=self.name,
            setting=setting,
            weak=bool(found),
            value=", ".join(dict.fromkeys(what for what, _ in found))[:200] or otherwise,
            role=self.role,
        )
        for detail, line in self.unknown:
            yield self._gap(setting, detail, line)
        self.unknown.clear()

    def _gap(self, setting: Setting | None, detail: str, line: int) -> Gap:
        about: dict[str, str] = {"role": self.role, "service": self.name}
        return Gap(
            kinds=(ComposeSetting.kind(),),
            collector=ComposeFiles.name,
            reason=Reason.TEMPLATED if setting else Reason.NOT_SUPPORTED,
            detail=f"service {self.name}: {detail}",
            location=Location(path=self.path, line=line),
            about={**about, "setting": setting} if setting else {**about},
        )

    def _privileges(self) -> Iterator[tuple[str, int]]:
        for text, line in self._texts("privileged"):
            if text.lower() in _TRUE:
                yield "privileged", line
        for text, line in self._texts("cap_add"):
            if capability(text) in CAPABILITIES:
                yield f"capability {capability(text)}", line
        for text, line in self._texts("security_opt"):
            if _UNCONFINED.fullmatch(text.strip()):
                yield text.strip(), line

    def gains_nothing(self) -> bool:
        options = [text for text, _ in self._texts("security_opt")]
        self.unknown.clear()
        return any(re.fullmatch(r"no-new-privileges(?:[:=]true)?", option.strip()) for option in options)

    def _namespaces(self) -> Iterator[tuple[str, int]]:
        for key in ("network_mode", "pid", "ipc", "userns_mode", "uts", "cgroup"):
            for text, line in self._texts(key):
                if text == "host":
                    yield f"{key}: host", line

    def _sockets(self) -> Iterator[tuple[str, int]]:
        node = self.node.get("volumes")
        for item in node.items if isinstance(node, Sequence) else []:
            paths: list[str] = []
            if isinstance(item, Scalar):
                # A path from a variable is ordinary, and its default says enough.
                paths = _VARIABLE.sub(lambda match: match["default"] or "", item.text).split(":")[:2]
            elif isinstance(item, Mapping):
                paths = [_plain(item.get(key)) or "" for key in ("source", "target")]
            for path in paths:
                if is_engine_socket(path):
                    yield f"mounts {path}", item.line

    def _published(self) -> Iterator[tuple[str, int]]:
        node = self.node.get("ports")
        for item in node.items if isinstance(node, Sequence) else []:
            host = port = ""
            if isinstance(item, Mapping):
                if item.get("published") is None:
                    continue
                host, port = _plain(item.get("host_ip")) or "", _plain(item.get("target")) or ""
            elif isinstance(item, Scalar):
                text = _VARIABLE.sub(lambda match: match["default"] or "", item.text).partition("/")[0]
                before, _, port = text.rpartition(":")
                host = before.rpartition(":")[0]
            if port in _STORES and host in {"", "0.0.0.0", "::", "[::]"}:  # noqa: S104 - what is looked for
                yield f"publishes {port} ({_STORES[port]})", item.line

    def _user(self) -> Iterator[Found]:
        for text, line in self._texts("user"):
            if not self.unknown:
                yield ComposeSetting(
                    location=Location(path=self.path, line=line),
                    service=self.name,
                    setting="user",
                    weak=is_root(text),
                    value=f"runs as {text}",
                    role=self.role,
                )
        for detail, line in self.unknown:
            yield self._gap("user", detail, line)
        self.unknown.clear()

    def _texts(self, key: str) -> list[tuple[str, int]]:
        """The value of a key, or each item of its list, with its line; variables replaced by their defaults."""
        node = self.node.get(key)
        items = node.items if isinstance(node, Sequence) else [node] if isinstance(node, Scalar) and node.text else []
        return [(self._resolved(item, key), item.line) for item in items if isinstance(item, Scalar)]

    def _resolved(self, node: Scalar, key: str) -> str:
        def value(match: re.Match[str]) -> str:
            if match["operator"]:
                return match["default"]
            self.unknown.append((f"{key} is {node.text[:60]}: a variable without a default", node.line))
            return match[0]

        return _VARIABLE.sub(value, node.text.replace("$$", "\0")).replace("\0", "$")


def _plain(node: Node | None) -> str | None:
    return node.text if isinstance(node, Scalar) else None
