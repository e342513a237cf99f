"""What code and files say about logging, as written: raw material for resolvers, never judged by a rule."""

from typing import ClassVar

import msgspec

from hardencheck.model.facts._base import Fact, Side


class LoggingPlace(Fact, tag="logging.place", frozen=True, kw_only=True):
    """Where Python code sets up logging. Raw material for the resolver, never judged by a rule.

    what: "table" (a dictionary for dictConfig), "dictConfig", "fileConfig", "basicConfig", "structlog", "sentry" (what
    it is given is no literal), "uvicorn" (it is given a log_config), "library" (a function of a library that a project
    starts with, which may set up logging). name: of the variable, or of that function. last: the last line of the
    statement. scope: dotted names of the functions and classes around it. names: texts of the file that end like a
    configuration file.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("what", "name")

    what: str
    name: str
    last: int
    scope: str
    role: str
    names: tuple[str, ...] = ()


class HandlerCall(Fact, tag="logging.handler-call", frozen=True, kw_only=True):
    """A handler that code makes. handler: the last part of its class, "basicConfig", "loguru", or "json" for one that
    is given a formatter of JSON. arguments: "name=text" of those that are literals, "name=?" of others. Raw material
    for the resolver, never judged by a rule."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("handler",)

    handler: str
    arguments: tuple[str, ...]
    role: str


class ConfigurationNode(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A value of a configuration file: one of text (with plain: written without quotes), items, or pairs by key."""

    line: int
    text: str | None = None
    plain: bool = False
    items: "tuple[ConfigurationNode, ...] | None" = None
    pairs: "dict[str, ConfigurationNode] | None" = None


class LoggingFile(Fact, tag="logging.configuration-file", frozen=True, kw_only=True):
    """A file that holds a logging configuration: YAML or JSON for dictConfig, an INI file for fileConfig ("ini",
    brought into the same form). Raw material for the resolver, never judged by a rule; values that may be secrets are
    left out."""

    side: ClassVar[Side] = Side.DECLARED

    format: str
    table: ConfigurationNode
    role: str


class RequestLogged(Fact, tag="logging.request-text", frozen=True, kw_only=True):
    """A call that puts a text of the request into the message of a record. what: "query", "form", "path", "body", "file
    name". Raw material for the resolver, never judged by a rule."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("what", "call")

    what: str
    call: str
    role: str
