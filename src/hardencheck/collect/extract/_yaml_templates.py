"""YAML that may be a template: its documents, and of which lines and documents the template has a say."""

from typing import NamedTuple

from hardencheck.collect.contract import Unreadable
from hardencheck.collect.extract._environment_text import untemplated
from hardencheck.collect.extract._yaml import Node, documents
from hardencheck.lazily import compiled
from hardencheck.model.gap import Reason

# Filled in before anybody reads it: by a template, envsubst, sed.
OPEN = compiled(r"\{\{|<%|\$\{|\$\(|\$[A-Za-z_]|@\w+@|filled-in|^<[^>]*>$")


class Document(NamedTuple):
    """unsure: lines that may be missing where the document is there. templated: a template speaks inside of it."""

    node: Node
    unsure: frozenset[int]
    templated: bool


def read(data: bytes, *, unique: bool = False) -> list[Document]:
    """Raises Unreadable as `documents` does; what does not parse and is a template is said to be that."""
    try:
        template = untemplated(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Unreadable("not YAML: not text") from None
    try:
        nodes = documents(template.text.encode(), unique=unique, templated=bool(template.actions))
    except Unreadable as error:
        if template.actions and error.reason is Reason.UNPARSABLE:
            detail = "a template: what it becomes is not known"
            raise Unreadable(detail, reason=Reason.TEMPLATED, line=error.line) from None
        raise
    if not nodes:
        return []
    # The first line of a document is that of its first key: what stands above it belongs to it or to nobody.
    ends = [*(node.line - 1 for node in nodes[1:]), template.text.count("\n") + 1]
    return [
        Document(node, template.within(node.line), template.between(node.line, last))
        for node, last in zip(nodes, ends, strict=True)
    ]
