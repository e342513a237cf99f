"""Which handler takes what is raised: by the classes of Python, of the repository, and of libraries that are known.

Source: the Python documentation, "Exception hierarchy", and the libraries' own.
"""

import ast
import builtins
from collections.abc import Callable, Iterator

from hardencheck.collect.interpret.values import Class, Library, Seq, Value

# Of libraries: what they derive from besides Exception.
PARENTS: dict[str, tuple[str, ...]] = {
    "JSONDecodeError": ("ValueError",), "TOMLDecodeError": ("ValueError",), "YAMLError": (), "ImproperlyConfigured": (),
    "UndefinedValueError": (), "EnvError": ("ValueError",), "EnvValidationError": ("EnvError", "ValueError"),
    "ParseError": (), "UnknownSchemeError": ("ValueError",), "ValidationError": ("ValueError",),
    "ConfigParserError": ("Error",), "ParsingError": ("Error",), "MissingSectionHeaderError": ("ParsingError", "Error"),
    "DuplicateOptionError": ("Error",), "DuplicateSectionError": ("Error",), "NoOptionError": ("Error",),
    "NoSectionError": ("Error",), "InterpolationError": ("Error",),
    "InterpolationMissingOptionError": ("InterpolationError", "Error"),
    "InterpolationSyntaxError": ("InterpolationError", "Error"),
}  # fmt: skip
MAX_KINDS = 50  # in one tuple
_ALIASES = {
    "socket.error": "OSError", "os.error": "OSError", "select.error": "OSError", "socket.timeout": "TimeoutError",
    "shutil.Error": "OSError",
}  # fmt: skip
# A class of the repository, the name of a class of Python, or the dotted name of a library's; None: nobody knows.
Kind = Class | str | None


class Raised(Exception):
    """An exception of the target, by the name of its class; "" where that is not known. cls: of the repository."""

    def __init__(self, name: str, cls: Class | None = None) -> None:
        super().__init__(name)
        self.name, self.cls = name, cls


def python(name: str) -> type[BaseException] | None:
    found = getattr(builtins, name, None)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


def above(name: str) -> tuple[str, ...]:
    """The names of the classes that one of Python or of a library derives from."""
    found = python(name)
    if found is None:
        return PARENTS.get(name, ())
    names = tuple(one.__name__ for one in found.__mro__[1:-1])
    return (*names, "IOError", "EnvironmentError") if issubclass(found, OSError) else names


def kinds(node: ast.expr | None, look: Callable[[ast.expr], Value | None]) -> Iterator[Kind]:
    """What an `except` takes. look: the value of a name, None where nothing has this name."""
    if node is None:
        yield "BaseException"
    elif isinstance(node, ast.Tuple) and len(node.elts) <= MAX_KINDS:
        for part in node.elts:
            yield from kinds(part, look)
    else:
        held = look(node) if isinstance(node, ast.Name | ast.Attribute) else None
        if held is None and isinstance(node, ast.Name) and python(node.id) is not None:
            yield node.id
        else:
            yield from _of(held)


def _of(value: Value | None, depth: int = 0) -> Iterator[Kind]:
    match value:
        case Class():
            yield value
        case Library(dotted=dotted):
            name = _ALIASES.get(dotted, dotted.removeprefix("builtins."))
            yield name
        case Seq(kind="tuple", exact=True, items=items) if len(items) <= MAX_KINDS and depth < 2:
            for item in items:
                yield from _of(item, depth + 1)
        case _:
            yield None


def takes(kind: Kind, raised: Raised) -> bool | None:
    """Whether a handler of this kind takes what is raised; None where nobody knows."""
    if kind == "BaseException":
        return True
    if kind is None:
        return None
    if raised.cls is not None:
        return _takes_ours(kind, raised.cls)
    if not raised.name:
        return True if kind == "Exception" else None
    if isinstance(kind, Class):
        return False  # nothing outside the repository derives from it
    if kind == raised.name or kind.rpartition(".")[2] in (raised.name, *above(raised.name)):
        return True
    if python(raised.name) is not None:
        return False  # Python's own derive from Python's own
    if kind == "Exception":
        return True
    return False if raised.name in PARENTS else None


def _takes_ours(kind: Kind, cls: Class) -> bool | None:
    if isinstance(kind, Class):
        if any(one.attributes is kind.attributes for one in cls.order):
            return True
        return False if not _foreign(cls) else None
    outside = [base for one in cls.order for base in one.outside]
    for base in outside:
        name = base.removeprefix("builtins.")
        if kind in (name, *above(name)) or kind == base:
            return True
    if kind == "Exception" and not any(base.removeprefix("builtins.") in _BARE for base in outside):
        return True
    return None if _foreign(cls) else False


_BARE = frozenset({"BaseException", "SystemExit", "KeyboardInterrupt", "GeneratorExit"})


def _foreign(cls: Class) -> bool:
    """Whether it derives from what is not Python's own."""
    return any(python(base.removeprefix("builtins.")) is None for one in cls.order for base in one.outside)
