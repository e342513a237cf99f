"""Code that looks at itself: `typing.Literal` with `get_args`, and the file of the running code.

Source: the Python documentation of typing and inspect.
"""

from hardencheck.collect.interpret.modelling import Call
from hardencheck.collect.interpret.models import _places as places
from hardencheck.collect.interpret.values import Const, Module, Object, Value

LITERAL = "typing.literal"


def _arguments(call: Call) -> Value | None:
    only = call.arguments[0] if len(call.arguments) == 1 and not call.keywords else None
    return only.state["of"] if isinstance(only, Object) and only.kind == LITERAL else None


def _frame(call: Call) -> Value | None:
    if call.arguments or call.keywords:
        return None
    return Object(kind="inspect.frame", state={"path": Const(call.frame.module.path)})


def _file(call: Call) -> Value | None:
    """inspect.getfile(inspect.currentframe()): the file of the code that asks."""
    only = call.arguments[0] if len(call.arguments) == 1 and not call.keywords else None
    if isinstance(only, Module):
        return places.made(only.path, "text")
    if isinstance(only, Object) and only.kind == "inspect.frame":
        return places.made(str(only.state["path"].value), "text")  # type: ignore[attr-defined]
    return None


CALLS = {
    **dict.fromkeys(("typing.get_args", "typing_extensions.get_args"), _arguments),
    "inspect.currentframe": _frame, "inspect.getfile": _file, "inspect.getsourcefile": _file,
}  # fmt: skip
