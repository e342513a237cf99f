"""One service of a compose file. Source: the compose specification, "Services top-level element"."""

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hardencheck.collect.contract import Found
from hardencheck.collect.extract._environment_facts import SERVERS, runs_of
from hardencheck.collect.extract._privileges import (
    CAPABILITIES,
    WrittenMode,
    capability,
    is_engine_socket,
    is_root,
    yaml_mode,
)
from hardencheck.collect.extract._yaml import Mapping, Node, Scalar, Sequence, below, flag_of, items_of, text_of
from hardencheck.collect.extract._yaml_templates import OPEN
from hardencheck.lazily import compiled
from hardencheck.model.facts.container import ComposeService, ComposeSetting, Setting
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

MAX_PORTS = 200  # of one range
_OPEN_PART = "?"  # a variable without a default
_UNCONFINED = compiled(r"(seccomp|apparmor|systempaths)[:=]unconfined|label[:=]disable")
# Ports of stores and consoles that trust whoever reaches them: IANA service names and the defaults of their makers.
_STORES = {
    "5432": "PostgreSQL", "3306": "MySQL", "33060": "MySQL", "6379": "Redis", "26379": "Redis Sentinel",
    "27017": "MongoDB", "9200": "Elasticsearch", "9300": "Elasticsearch", "11211": "memcached", "5672": "RabbitMQ",
    "15672": "RabbitMQ", "2375": "Docker", "2379": "etcd", "1433": "SQL Server", "9092": "Kafka", "2181": "ZooKeeper",
    "8086": "InfluxDB", "5984": "CouchDB", "6432": "PgBouncer", "9042": "Cassandra", "8123": "ClickHouse",
    "5555": "Flower", "7700": "Meilisearch", "8025": "Mailhog", "8500": "Consul", "5601": "Kibana", "7687": "Neo4j",
    "8983": "Solr", "6333": "Qdrant", "26257": "CockroachDB", "4222": "NATS",
}  # fmt: skip
# Ports that others use as well: then the image, the name or the command must speak of the product.
_SHARED = frozenset({"5555", "8123", "8500", "7700", "8086", "8025", "9092", "5601", "4222", "6333"})
_VARIABLE = compiled(r"\$\{?[A-Za-z_]\w*(?:(?P<operator>:?-)(?P<default>[^{}$]*)|[^}]*)?\}?")
_PROXY = compiled(
    r"(?:.*/)?(?:nginx|nginx-unprivileged|nginx-proxy|caddy|traefik|httpd|haproxy|envoy|openresty|swag|kong|apisix)"
    r"(?:[:@-].*)?"
)
_WEB = frozenset({"80", "443", "8080", "8443"})
# Directories of the host that are the host, and what holds its engine's socket and data.
_HOST = frozenset({
    "/", "/etc", "/root", "/home", "/proc", "/sys", "/dev", "/boot", "/usr", "/bin", "/sbin", "/lib", "/var",
    "/var/run", "/run", "/var/lib", "/var/lib/docker", "/var/lib/containerd", "/var/lib/kubelet", "/etc/passwd",
    "/etc/shadow", "/etc/sudoers", "/etc/sudoers.d", "/etc/ssh", "/etc/cron.d", "/etc/systemd", "/root/.ssh",
})  # fmt: skip
_RAW_DEVICE = compiled(
    r"/dev/?|/dev/(?:mem|kmem|port|kmsg|sd[a-z]\w*|hd[a-z]\w*|vd[a-z]\w*|xvd[a-z]\w*|nvme\w+|mmcblk\w*|dm-\d+|"
    r"mapper(?:/.*)?|disk(?:/.*)?|loop-control|loop\d+)"
)


class Port(NamedTuple):
    """target: of the container. published: of the host, "" for any. everywhere: on every interface of the host; None
    where a variable says on which. store: what listens there by custom."""

    target: str
    published: str
    everywhere: bool | None
    store: str
    line: int


class Service:
    """One service. What depends on a variable without a default is a Gap for that setting alone."""

    def __init__(
        self, path: str, role: str, name: str, line: int, node: Mapping, *, unsure: frozenset[int], templated: bool
    ) -> None:
        self.path, self.role, self.name, self.line, self.node = path, role, name, line, node
        self.unsure, self.templated = unsure, templated
        self.unknown: list[tuple[str, int]] = []

    @property
    def is_proxy(self) -> bool:
        image = _VARIABLE.sub(_default, text_of(self.node.get("image"))).lower()
        return _PROXY.fullmatch(image) is not None and any(port.target in _WEB for port in self.published())

    @property
    def built(self) -> bool:
        """Whether it is the repository's own: built here, or started as a Python server."""
        if "build" in self.node.pairs:
            return True
        command = " ".join(text_of(item) for item in items_of(self.node.get("command")))
        return bool(SERVERS.intersection(runs_of(command)))

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
            part=not {"image", "build", "extends"} & self.node.pairs.keys(),
            extends=self._extends(),
            no_new_privileges=self._gains_nothing(),
            read_only=self._read_only(),
            drops_all=self._drops_all(),
            publishes=tuple(
                f"{port.published}:{port.line}"
                for port in (self.published() if self.built else ())
                if port.everywhere and not port.store and port.published.isdecimal()
            )[:100],
            templated=self.templated,
            role=self.role,
        )
        yield from self._setting("privileges", self._privileges(), "nothing near to root on the host")
        yield from self._setting("socket", self._sockets(), "no engine socket")
        yield from self._setting("namespaces", self._namespaces(), "namespaces of its own")
        yield from self._setting("ports", self._stores(), "no store on all interfaces")
        yield from self._setting("host-paths", self._host_paths(), "no directory of the host's own")
        yield from self._setting("devices", self._devices(), "no raw device of the host")
        yield from self._setting("modes", self._secret_modes(), "no mode that is too wide")
        yield from self._setting("tmpfs", self._temporary(), "no directory that everybody may write to")
        yield from self._user()
        if self._read_only() is False:
            yield self._fact("read-only", True, "read_only: false", self.node.line_of("read_only"))
        if self._gains_nothing() is False:
            yield self._fact("no-new-privileges", True, "no-new-privileges:false", self.node.line_of("security_opt"))

    def _fact(self, setting: Setting, weak: bool, value: str, line: int) -> ComposeSetting:
        return ComposeSetting(
            location=Location(path=self.path, line=line),
            service=self.name,
            setting=setting,
            weak=weak,
            value=value,
            role=self.role,
        )

    def _setting(self, setting: Setting, weak: Iterable[tuple[str, int]], otherwise: str) -> Iterator[Found]:
        by_line: dict[int, list[str]] = {}
        for what, line in weak:
            by_line.setdefault(line, []).append(what)
        for line, said in by_line.items():
            yield self._fact(setting, True, ", ".join(dict.fromkeys(said))[:200], line)
        if not by_line:
            yield self._fact(setting, False, otherwise, self.line)
        yield from self._gaps(setting)

    def _gaps(self, setting: Setting) -> Iterator[Gap]:
        for detail, line in self.unknown:
            yield Gap(
                kinds=(ComposeSetting.kind(),),
                collector="container.compose",
                reason=Reason.TEMPLATED,
                detail=f"service {self.name}: {detail}",
                location=Location(path=self.path, line=line),
                about={"role": self.role, "service": self.name, "setting": setting},
            )
        self.unknown.clear()

    def _extends(self) -> str:
        """ "path:service" of what it builds upon, "" for nothing, ":" for what cannot be told."""
        node = self.node.get("extends")
        if node is None:
            return ""
        name = text_of(node) if isinstance(node, Scalar) else text_of(below(node, "service"))
        file = text_of(below(node, "file"))
        path = posixpath.normpath(posixpath.join(posixpath.dirname(self.path), file)) if file else self.path
        outside = not name or "$" in file + name or path.startswith(("..", "/")) or OPEN.search(file)
        return ":" if outside else f"{path}:{name}"

    def _privileges(self) -> Iterator[tuple[str, int]]:
        for text, line in self._texts("privileged"):
            if flag_of(text):
                yield "privileged", line
        for text, line in self._texts("cap_add"):
            if capability(text) in CAPABILITIES:
                yield f"capability {capability(text)}", line
        for text, line in self._texts("security_opt"):
            if _UNCONFINED.fullmatch(text.strip()):
                yield text.strip(), line

    def _gains_nothing(self) -> bool | None:
        """Whether no-new-privileges is said; None where nothing is said of it."""
        options = [text.strip() for text, _ in self._texts("security_opt")]
        self.unknown.clear()
        said = [re.fullmatch(r"no-new-privileges(?:[:=](true|false))?", option) for option in options]
        found = [match[1] != "false" for match in said if match is not None]
        return found[-1] if found else None

    def _read_only(self) -> bool | None:
        texts = self._texts("read_only")
        self.unknown.clear()
        return flag_of(texts[0][0]) if texts else None

    def _drops_all(self) -> bool | None:
        dropped = [capability(text) for text, _ in self._texts("cap_drop")]
        self.unknown.clear()
        return True if "ALL" in dropped else None

    def _namespaces(self) -> Iterator[tuple[str, int]]:
        for key in ("network_mode", "pid", "ipc", "userns_mode", "uts", "cgroup"):
            for text, line in self._texts(key):
                if text == "host":
                    yield f"{key}: host", line

    def _mounts(self) -> Iterator[tuple[str, str, int]]:
        """(source, target, line). A path from a variable is ordinary, and its default says enough."""
        for item in items_of(self.node.get("volumes")):
            if isinstance(item, Scalar):
                source, _, target = _VARIABLE.sub(_default, item.text).partition(":")
                yield source, target.partition(":")[0], item.line
            elif isinstance(item, Mapping):
                sure = {key: _VARIABLE.sub(_default, text_of(item.get(key))) for key in ("source", "target")}
                key = "source" if is_engine_socket(sure["source"]) or sure["source"] in _HOST else "target"
                line = item.line if text_of(item.get("type")) in {"", "bind"} else 0
                if line:
                    yield sure["source"], sure["target"], item.line_of(key) if key in item.pairs else line

    def _sockets(self) -> Iterator[tuple[str, int]]:
        for source, target, line in self._mounts():
            for path in (source, target):
                if is_engine_socket(path):
                    yield f"mounts {path}", line

    def _host_paths(self) -> Iterator[tuple[str, int]]:
        for source, target, line in self._mounts():
            path = posixpath.normpath(source) if source.startswith("/") else ""
            if path in _HOST and target and not is_engine_socket(target):
                yield f"mounts {path}", line

    def _devices(self) -> Iterator[tuple[str, int]]:
        for item in items_of(self.node.get("devices")):
            source = text_of(item).partition(":")[0] if isinstance(item, Scalar) else text_of(below(item, "source"))
            if _RAW_DEVICE.fullmatch(_VARIABLE.sub(_default, source)):
                yield f"device {source[:100]}", item.line
        for text, line in self._texts("device_cgroup_rules"):
            if re.match(r"(?:a|b)\s+\*:\*", text):
                yield f"device rule {text[:40]}", line

    def published(self) -> list[Port]:
        found: list[Port] = []
        node = self.node.get("ports")
        for item in node.items if isinstance(node, Sequence) else []:
            host = target = outside = ""
            line = item.line
            if isinstance(item, Mapping):
                if item.get("published") is None or text_of(item.get("protocol")) == "udp":
                    continue
                host, target, outside = (
                    _VARIABLE.sub(_marked, text_of(item.get(key))) for key in ("host_ip", "target", "published")
                )
            elif isinstance(item, Scalar):
                text, _, protocol = _VARIABLE.sub(_marked, item.text).partition("/")
                if protocol == "udp":
                    continue
                before, _, target = text.rpartition(":")
                host, _, outside = before.rpartition(":")
            everywhere = None if _OPEN_PART in host else host in {"", "0.0.0.0", "::", "[::]"}  # noqa: S104
            found.extend(
                Port(port, outside if "-" not in target else port, everywhere, self._store(port), line)
                for port in _range(target)
            )
        return found

    def _store(self, port: str) -> str:
        product = _STORES.get(port, "")
        if product and port in _SHARED:
            said = [self.name, text_of(self.node.get("image"))]
            said += [text_of(item) for item in items_of(self.node.get("command"))]
            if product.lower() not in " ".join((*said, text_of(self.node.get("command")))).lower():
                return ""
        return product

    def _stores(self) -> Iterator[tuple[str, int]]:
        for port in self.published():
            if port.store and port.everywhere is None:
                self.unknown.append((f"a variable says on which interfaces {port.target} ({port.store}) is", port.line))
            elif port.store and port.everywhere:
                yield f"publishes {port.target} ({port.store})", port.line

    def _secret_modes(self) -> Iterator[tuple[str, int]]:
        """`mode` of what is mounted of secrets and configs; the octal digits may stand in quotes, too."""
        for key, guarded in (("secrets", 0o006), ("configs", 0o002)):
            for item in items_of(self.node.get(key)):
                if isinstance(item, Mapping) and "mode" in item.pairs:
                    mode = self._mode(item, key)
                    if mode is not None and mode.bits is not None and (mode.decimal or mode.bits & guarded):
                        source = text_of(item.get("source"))[:60]
                        yield f"{key} {source}: {mode.describe()}", item.line_of("mode")

    def _temporary(self) -> Iterator[tuple[str, int]]:
        """tmpfs: of options the mode is octal; the long form of a volume has a number."""
        for item in items_of(self.node.get("tmpfs")):
            path, _, options = text_of(item).partition(":")
            found = re.search(r"(?:^|,)mode=(0?[0-7]{3,5})(?:,|$)", options)
            if found is not None and _shared(int(found[1], 8)):
                line = self.node.line_of("tmpfs") if isinstance(self.node.get("tmpfs"), Scalar) else item.line
                yield f"tmpfs {path[:60]}: mode {found[1]}", line
        for item in items_of(self.node.get("volumes")):
            options_ = below(item, "tmpfs")
            if isinstance(options_, Mapping) and "mode" in options_.pairs:
                mode = self._mode(options_, "tmpfs")
                if mode is not None and mode.bits is not None and (mode.decimal or _shared(mode.bits)):
                    yield f"tmpfs {text_of(below(item, 'target'))[:60]}: {mode.describe()}", options_.line_of("mode")

    def _mode(self, holder: Mapping, key: str) -> WrittenMode | None:
        node = holder.get("mode")
        if not isinstance(node, Scalar):
            return None
        text = self._resolved(node, key)
        return yaml_mode(text if node.plain or not text.isdecimal() else f"0{text}")

    def _user(self) -> Iterator[Found]:
        for text, line in self._texts("user"):
            if not self.unknown:
                yield self._fact("user", is_root(text), f"runs as {text}", line)
        yield from self._gaps("user")

    def _texts(self, key: str) -> list[tuple[str, int]]:
        """The value of a key, or each item of its list, with its line; variables replaced by their defaults."""
        node = self.node.get(key)
        items = node.items if isinstance(node, Sequence) else [node] if isinstance(node, Scalar) and node.text else []
        own = self.node.line_of(key)
        return [
            (self._resolved(item, key), own if item is node else item.line)
            for item in items
            if isinstance(item, Scalar)
        ]

    def _resolved(self, node: Scalar, key: str) -> str:
        def value(match: re.Match[str]) -> str:
            if match["operator"]:
                return match["default"]
            self.unknown.append((f"{key} is {node.text[:60]}: a variable without a default", node.line))
            return match[0]

        if "{{" in node.text or "<%" in node.text or node.line in self.unsure:
            self.unknown.append((f"{key} is {node.text[:60]}: a template decides", node.line))
            return ""
        return _VARIABLE.sub(value, node.text.replace("$$", "\0")).replace("\0", "$")


def _shared(mode: int) -> bool:
    """Everybody may write, and take away what others wrote."""
    return bool(mode & 0o002) and not mode & 0o1000


def _range(text: str) -> Iterator[str]:
    """The ports of "8000" and of "8000-8010"; of a longer range the first ones and those of stores."""
    first, _, last = text.strip().partition("-")
    if not last.isdecimal() or not first.isdecimal() or len(first + last) > 12:
        yield first
        return
    least, most = int(first), int(last)
    yield from (str(port) for port in range(least, min(most, least + MAX_PORTS) + 1))
    yield from (port for port in _STORES if least + MAX_PORTS < int(port) <= most)


def _default(match: re.Match[str]) -> str:
    return match["default"] or ""


def _marked(match: re.Match[str]) -> str:
    return match["default"] if match["operator"] else _OPEN_PART


def _plain(node: Node | None) -> str | None:
    return node.text if isinstance(node, Scalar) else None
