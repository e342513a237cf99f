"""What Python calls its own: builtins, modules of the standard library, methods."""

import sys

STANDARD = frozenset(sys.stdlib_module_names)


BUILTINS = frozenset({
    "abs", "all", "any", "bool", "bytes", "callable", "chr", "dict", "enumerate", "filter", "float", "format",
    "frozenset", "getattr", "globals", "hasattr", "hex", "int", "isinstance", "issubclass", "iter", "len", "list",
    "locals", "map", "max", "min", "next", "object", "oct", "open", "ord", "pow", "print", "property", "range", "repr",
    "reversed", "round", "set", "setattr", "sorted", "staticmethod", "classmethod", "str", "sum", "super", "tuple",
    "type", "vars", "zip", "exec", "eval", "compile", "__import__", "delattr", "dir", "id", "hash", "input",
    "Exception", "BaseException", "ImportError", "KeyError", "ValueError", "RuntimeError", "AttributeError",
    "TypeError", "NameError", "OSError", "IndexError", "SystemExit", "NotImplementedError", "NotImplemented",
})  # fmt: skip


# In some versions of Python only, and names that moved elsewhere.
CHANGING = frozenset({
    "distutils", "imp", "asynchat", "asyncore", "smtpd", "cgi", "cgitb", "crypt", "telnetlib", "pipes", "nntplib",
    "msilib", "nis", "ossaudiodev", "spwd", "sndhdr", "uu", "xdrlib", "aifc", "audioop", "chunk", "imghdr", "mailcap",
    "sunau", "lib2to3", "tomllib", "zoneinfo", "graphlib", "typing", "annotationlib", "compression",
})  # fmt: skip


MOVED = frozenset({
    *(("collections", name) for name in (
        "Mapping", "MutableMapping", "Sequence", "MutableSequence", "Set", "MutableSet", "Iterable", "Iterator",
        "Callable", "Hashable", "Sized", "Container",
    )),
    ("fractions", "gcd"), ("inspect", "getargspec"), ("asyncio", "coroutine"), ("enum", "StrEnum"),
    ("datetime", "UTC"), ("functools", "cache"), ("importlib", "resources"), ("importlib", "metadata"),
})  # fmt: skip


# Methods that do nothing where no base of the repository has them: of object, of django-configurations' Configuration.
EMPTY = frozenset({"__init__", "__init_subclass__", "setup", "pre_setup", "post_setup"})


# They look at what they are given and change nothing.
LOOKING = frozenset(f"builtins.{name}" for name in (
    "isinstance", "issubclass", "type", "id", "hash", "repr", "str", "len", "bool", "callable", "hasattr", "int",
    "float", "any", "all", "min", "max", "sum", "sorted", "print", "dir", "format", "abs", "round", "list", "tuple",
    "set", "frozenset", "dict", "enumerate", "zip", "range", "reversed", "iter", "ord", "chr", "hex", "bytes",
))  # fmt: skip


READING = frozenset({"copy", "index", "count", "get", "items", "keys", "values"})  # of lists and tables


# Methods of texts and containers that go through what they are given.
GOING_THROUGH = frozenset({
    "join", "extend", "update", "union", "difference", "intersection", "issubset", "issuperset", "symmetric_difference",
    "intersection_update", "difference_update", "symmetric_difference_update",
})  # fmt: skip
