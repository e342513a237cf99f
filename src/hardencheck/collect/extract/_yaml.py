"""YAML as nodes with lines, from parser events: no tag is constructed, no alias is copied, nothing recurses.

What an alias repeats is counted each time that it does: whoever walks the tree walks it as often.
"""

from typing import Any, NamedTuple, TypeAlias

from hardencheck.collect.contract import Unreadable
from hardencheck.collect.texts import notice
from hardencheck.model.gap import Reason

_TEXT = "tag:yaml.org,2002:str"
MAX_DEPTH = 60
MAX_NODES = 200_000
MAX_ALIASES = 2_000
MAX_DOCUMENTS = 200


class Scalar(NamedTuple):
    """text: as written, without quotes. plain: it was written without quotes, and no tag says that it is a text.
    folded: first and last line of a text that goes over several, whose ends are blanks in it; else 0."""

    text: str
    plain: bool
    line: int
    folded: tuple[int, int] = (0, 0)


class Sequence(NamedTuple):
    items: "list[Node]"
    line: int


class Mapping(NamedTuple):
    """pairs: keys in order with their lines; keys that are not scalars are left out. Merge keys are resolved."""

    pairs: "dict[str, tuple[int, Node]]"
    line: int

    def get(self, key: str) -> "Node | None":
        found = self.pairs.get(key)
        return found[1] if found is not None else None

    def line_of(self, key: str) -> int:
        found = self.pairs.get(key)
        return found[0] if found is not None else self.line


Node: TypeAlias = Scalar | Sequence | Mapping


def text_of(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) else ""


_TRUE, _FALSE = frozenset({"true", "yes", "on", "y"}), frozenset({"false", "no", "off", "n"})


def flag_of(text: str) -> bool | None:
    """A switch as Kubernetes and Compose take it (YAML 1.1, "Boolean"); None for what is none."""
    low = text.lower()
    return True if low in _TRUE else False if low in _FALSE else None


def items_of(node: Node | None) -> "list[Node]":
    """The items of a sequence; what is none is the only one of itself."""
    return node.items if isinstance(node, Sequence) else [] if node is None else [node]


def below(node: Node | None, *keys: str) -> Node | None:
    for key in keys:
        if not isinstance(node, Mapping):
            return None
        node = node.get(key)
    return node


def documents(data: bytes, *, unique: bool = False, templated: bool = False) -> list[Node]:
    """The documents of a file. Raises Unreadable for what is not YAML, a template, or beyond the bounds above.

    Of a key that stands twice in a mapping the last one holds, as for PyYAML, Ansible and kubectl, and that is noticed.
    unique: the file is read by a program that refuses it (yaml.v3 of Go: compose, Traefik). templated: conditions were
    taken out, which may have chosen between the two: the first one holds.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: list[Node] = []
    builder = _Builder(found, unique=unique, templated=templated)
    try:
        for event in yaml.parse(data, Loader=loader):
            builder.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line = mark.line + 1 if mark is not None else None
        if b"{{" in data or b"{%" in data:
            raise Unreadable("a template: what it becomes is not known", reason=Reason.TEMPLATED, line=line) from None
        raise Unreadable(f"not YAML: {getattr(error, 'problem', None) or 'unreadable'}", line=line) from None
    except (UnicodeError, ValueError):
        raise Unreadable("not YAML: not text") from None
    return found


class _Open:
    """A collection being filled. key: the one that waits for its value. merges: values of `<<`. before: how many values
    there were when it began."""

    def __init__(self, node: Sequence | Mapping, anchor: str | None, before: int) -> None:
        self.node, self.anchor, self.before = node, anchor, before
        self.key: Node | None = None
        self.merges: list[Node] = []


class _Builder:
    def __init__(self, found: list[Node], *, unique: bool, templated: bool) -> None:
        self.found, self.unique, self.templated = found, unique, templated
        self.open: list[_Open] = []
        self.anchors: dict[str, tuple[Node, int]] = {}  # with the number of values in it
        self.nodes = self.aliases = 0

    def take(self, event: Any) -> None:
        line = event.start_mark.line + 1
        match type(event).__name__:
            case "ScalarEvent":
                plain = event.style in (None, "") and event.tag != _TEXT
                self._add(Scalar(event.value, plain, line, _folded(event)), event.anchor, self.nodes)
            case "AliasEvent":
                self.aliases += 1
                if self.aliases > MAX_ALIASES:
                    raise Unreadable(f"more than {MAX_ALIASES} aliases", reason=Reason.BUDGET, line=line)
                if event.anchor in self.anchors:
                    node, size = self.anchors[event.anchor]
                elif any(event.anchor == one.anchor for one in self.open):
                    node, size = Scalar("", True, line), 1  # what it stands in: nothing can go round in circles
                else:
                    raise Unreadable(f"not YAML: *{event.anchor[:40]} names nothing of its document", line=line)
                self.nodes += size - 1
                self._add(node, None, self.nodes)
            case "SequenceStartEvent":
                self._push(Sequence([], line), event.anchor)
            case "MappingStartEvent":
                self._push(Mapping({}, line), event.anchor)
            case "SequenceEndEvent" | "MappingEndEvent":
                done = self.open.pop()
                if isinstance(done.node, Mapping):
                    _merge(done.node, done.merges)
                self._add(done.node, done.anchor, done.before)
            case "DocumentStartEvent":
                self.anchors = {}
                if len(self.found) >= MAX_DOCUMENTS:
                    raise Unreadable(f"more than {MAX_DOCUMENTS} documents", reason=Reason.BUDGET, line=line)

    def _push(self, node: Sequence | Mapping, anchor: str | None) -> None:
        if len(self.open) >= MAX_DEPTH:
            raise Unreadable(f"nested more than {MAX_DEPTH} deep", reason=Reason.BUDGET, line=node.line)
        self.open.append(_Open(node, anchor, self.nodes))

    def _add(self, node: Node, anchor: str | None, before: int) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise Unreadable(f"more than {MAX_NODES} values", reason=Reason.BUDGET, line=node.line)
        if anchor is not None:
            self.anchors[anchor] = (node, self.nodes - before)
        if not self.open:
            self.found.append(node)
            return
        holder = self.open[-1]
        if isinstance(holder.node, Sequence):
            holder.node.items.append(node)
        elif holder.key is None:
            holder.key = node
        else:
            key, holder.key = holder.key, None
            if not isinstance(key, Scalar):
                return
            if key.text == "<<" and key.plain:
                holder.merges.append(node)
            else:
                self._put(holder.node.pairs, key, node)

    def _put(self, pairs: "dict[str, tuple[int, Node]]", key: Scalar, node: Node) -> None:
        before = pairs.get(key.text)
        if before is not None:
            if self.templated:
                return
            said = f"{key.text[:40]!r} stands in one mapping twice, first at line {before[0]}"
            if self.unique:
                raise Unreadable(f"{said}: such a file is refused", line=key.line)
            if not (isinstance(node, Scalar) and isinstance(before[1], Scalar) and node[:2] == before[1][:2]):
                notice(f"{said}: the last one is read, and other programs refuse the file", key.line)
        pairs[key.text] = (key.line, node)


def _folded(event: Any) -> tuple[int, int]:
    first, end = event.start_mark.line + 1, event.end_mark.line + 1
    if event.style == ">":
        return first + 1, max(first + 1, end - 1)
    return (first, end) if event.style != "|" and end > first else (0, 0)


def _merge(into: Mapping, merges: list[Node]) -> None:
    for merged in merges:
        for part in merged.items if isinstance(merged, Sequence) else [merged]:
            if isinstance(part, Mapping):
                for key, value in part.pairs.items():
                    into.pairs.setdefault(key, value)
