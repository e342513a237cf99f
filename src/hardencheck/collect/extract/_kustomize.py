"""Patches that stand in a kustomization, and JSON patches of a file of their own, as the parts of objects they make.

Sources: kustomize, "patches", "patchesStrategicMerge", "patchesJson6902"; RFC 6902 (operations), RFC 6901 (pointers).
"""

from collections.abc import Iterator
from typing import NamedTuple

from hardencheck.collect.contract import Unreadable
from hardencheck.collect.extract._kubernetes import POD_PATHS, WORKLOADS, objects
from hardencheck.collect.extract._yaml import Mapping, Node, Scalar, Sequence, below, documents, items_of, text_of
from hardencheck.lazily import compiled

ANY = "*"  # the name of what a patch is for, where it is for several, or another file says for what
NUMBERED = "#"  # a container that a patch knows by its number alone: "#0"
MAX_PATCHES = 500
MAX_POINTER = 40
_REGULAR = compiled(r"[^\w.-]")
# What takes away from a pod may matter, where its pointer has one of these.
_MATTERS = compiled(r"ecurityContext|[sS]erviceAccount|/host(?:Network|PID|IPC)|/volumes|/containers/\d+$")


class Part(NamedTuple):
    """node: of an object, with the kind and the name of what it is put over. open: why it cannot be told what comes of
    it, "" where it can."""

    node: Mapping
    line: int
    open: str = ""


def is_kustomization(path: str, node: Node) -> bool:
    named = path.rpartition("/")[2].lower().startswith("kustomization")
    return isinstance(node, Mapping) and (named or text_of(node.get("kind")) == "Kustomization")


def is_patch(node: Node) -> bool:
    """Whether a document is a JSON patch of an object with a pod."""
    return isinstance(node, Sequence) and any(
        text_of(below(item, "op")) and text_of(below(item, "path")).startswith("/spec") for item in node.items
    )


def parts_of(kustomization: Mapping) -> Iterator[Part]:
    """The patches that stand in it. Those in files are read where they are."""
    entries = [
        item for key in ("patches", "patchesJson6902", "patchesStrategicMerge") for item in _items(kustomization, key)
    ]
    for entry in entries[:MAX_PATCHES]:
        text = entry.get("patch") if isinstance(entry, Mapping) else entry
        target = entry.get("target") if isinstance(entry, Mapping) else None
        if not isinstance(text, Scalar) or (isinstance(entry, Scalar) and "\n" not in text.text):
            continue
        try:
            # Empty lines before it: so each line has the number that it has in the file.
            found = documents(b"\n" * text.line + text.text.encode())
        except Unreadable as error:
            yield Part(Mapping({}, text.line), text.line, f"a patch that cannot be read: {error.detail}")
            continue
        for node in found:
            if isinstance(node, Sequence):
                yield from operations(node, target)
            else:
                yield from (Part(_put_over(item, target), item.line) for item in objects(node))
    if len(entries) > MAX_PATCHES:
        yield Part(Mapping({}, kustomization.line), kustomization.line, f"more than {MAX_PATCHES} patches")


def operations(patch: Sequence, target: Node | None = None) -> Iterator[Part]:
    """Each operation as an object that has nothing but what it adds."""
    for item in patch.items[:MAX_PATCHES]:
        if not isinstance(item, Mapping):
            continue
        operation, pointer = text_of(item.get("op")), text_of(item.get("path"))
        value = item.get("value")
        if operation in {"add", "replace"} and value is not None:
            node = _made(pointer, value, item.line_of("value"))
            if isinstance(node, Mapping):
                yield Part(_put_over(node, target, _kind_of(pointer)), item.line)
        elif operation in {"remove", "move", "copy"} and _MATTERS.search(pointer):
            node = _put_over(Mapping({}, item.line), target, _kind_of(pointer))
            yield Part(node, item.line_of("path"), f"a patch: {operation} {pointer[:120]}")


def _items(document: Mapping, key: str) -> list[Node]:
    node = document.get(key)
    return items_of(node) if isinstance(node, Sequence) else []


def _made(pointer: str, value: Node, line: int) -> Node | None:
    """The value as deep as a JSON pointer puts it."""
    words = [word.replace("~1", "/").replace("~0", "~") for word in pointer.split("/")[1:]]
    if len(words) > MAX_POINTER:
        return None
    node = value
    for position in range(len(words) - 1, -1, -1):
        word = words[position]
        if word != "-" and not word.isdecimal():
            node = Mapping({word: (line, node)}, line)
            continue
        if isinstance(node, Mapping) and position and words[position - 1].lower().endswith("containers"):
            name = (line, Scalar(f"{NUMBERED}{word}", True, line))
            node = Mapping({"name": name, **node.pairs}, node.line)
        node = Sequence([node], line)
    return node


def _kind_of(pointer: str) -> str:
    """A kind whose pod is where the pointer leads, where nothing says which it is."""
    for kind in ("CronJob", "Deployment", "Pod"):
        below_it = "/".join(("", *POD_PATHS.get(kind, ("spec", "template", "spec"))))
        if pointer == below_it or pointer.startswith(f"{below_it}/"):
            return kind
    return "Deployment"


def _put_over(node: Mapping, target: Node | None, kind: str = "") -> Mapping:
    """With the kind and the name of its target, which go before its own."""
    chosen = text_of(below(target, "kind")) or text_of(node.get("kind")) or kind
    named = text_of(below(target, "name")) if target is not None else text_of(below(node, "metadata", "name"))
    name = ANY if not named or _REGULAR.search(named) else named
    if _REGULAR.search(chosen):  # a pattern of several
        chosen = kind if kind in WORKLOADS else "Deployment"
    line = node.line
    says: dict[str, tuple[int, Node]] = {
        "kind": (line, Scalar(chosen, True, line)),
        "metadata": (line, Mapping({"name": (line, Scalar(name, True, line))}, line)),
    }
    return Mapping({**node.pairs, **says}, line)
