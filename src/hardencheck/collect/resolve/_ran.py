"""Middleware of the repository, run on a response that is made for it: what it does to the header fields."""

import ast
import dataclasses
from collections.abc import Callable
from typing import NamedTuple

from hardencheck.collect.interpret.exceptions import Raised
from hardencheck.collect.interpret.frames import Frame, OutOfBudget
from hardencheck.collect.interpret.interpreter import Interpreter
from hardencheck.collect.interpret.models import middleware, responses
from hardencheck.collect.interpret.values import (
    ABSENT,
    Absent,
    Binding,
    Const,
    Function,
    Instance,
    Joined,
    Map,
    Module,
    Namespace,
    Object,
    Seq,
    Unknown,
    Value,
    join,
    perhaps_absent,
)
from hardencheck.collect.resolve._routes import Doubt
from hardencheck.collect.resolve._sent import Field, Seen, Sent
from hardencheck.model.gap import Reason
from hardencheck.model.location import Location

MAX_VALUE = 4_000
MAX_FILES = 200
MAX_SOURCE = 200_000
# An answer that a framework makes of what nobody caught.
RAISED = {"starlette": {500: "Exception"}, "aiohttp": {404: "HTTPNotFound", 500: "Exception"}}


class Stage(NamedTuple):
    """What a piece of middleware is given. further: what it calls to get the response."""

    response: Object
    further: Object
    request: Object
    frame: Frame


class Outcome(NamedTuple):
    """raised: what came from further in was not caught, and there is no response yet."""

    sent: Sent
    raised: bool = False


def run(
    interpreter: Interpreter,
    sent: Sent,
    seen: Seen,
    layer: str,
    act: Callable[[Stage], Value | None],
    *,
    further: str = responses.NEXT,
    raises: str = "",
    where: Location,
) -> Outcome:
    """The response after `act` has done what a server would do with this middleware. It gives what the middleware
    returns; None: the response that it was given."""
    known: dict[int, Field] = {}
    held: list[Value] = []
    names = _names(sent, known, held)
    store = Object(kind=responses.HEADERS, state={"held": Instance(None, names)})
    store.state["items"] = Seq("list", [store])
    response = Object(kind=responses.RESPONSE, state={"headers": store, "status": Const(sent.status)})
    inner = Object(kind=further, state={"response": response, "raises": Const(raises)})
    request = Object(kind=middleware.REQUEST, state=_request(seen))
    module = Module(where.path or "")
    stage = Stage(response, inner, request, Frame(Namespace(), module))
    interpreter.shared[middleware.SEEN] = request
    taken = interpreter.shared[responses.TAKEN] = Object(kind=responses.TAKEN)
    raised = False
    try:
        given = act(stage)
    except Raised as error:
        if not (raises and error.name == raises):
            text = f"the code raises {error.name or 'something'}"
            return Outcome(sent.unsure("", Doubt(where, text)))
        given, raised = None, True
    except (OutOfBudget, RecursionError, MemoryError):
        return Outcome(sent.unsure("", Doubt(where, "the code is longer than is followed", Reason.BUDGET)))
    finally:
        interpreter.shared.pop(middleware.SEEN, None)
        interpreter.shared.pop(responses.TAKEN, None)
        interpreter.awaits = None
    if raised:
        return Outcome(sent, raised=True)
    find = _Lines(interpreter)
    after = _read(names, known, sent, layer, where, find)
    if raises:
        # It caught what came from further in, and answers itself.
        other = _made(given)
        if other is None:
            return Outcome(sent, raised=True)
        after = _read(responses.fields(other) or Namespace(), {}, Sent(sent.status), layer, where, find)
    elif given is not None and not _is_it(given, response):
        after = after.unsure("", Doubt(where, "what it returns is not followed"))
    gone = {field.name for field in sent.fields if not field.perhaps} - {field.name for field in after.fields}
    places = [(name, _place(taken.state.get(name))) for name in sorted(gone)]
    return Outcome(after._replace(taken=(*after.taken, *((name, one) for name, one in places if one is not None))))


def _place(value: Value | None) -> Location | None:
    match value:
        case Seq(items=[Const(value=str() as path), Const(value=int() as line)]) if line:
            return Location(path=path, line=line)
    return None


def called(interpreter: Interpreter, function: Value, arguments: list[Value], frame: Frame, **named: Value) -> Value:
    """A function, or a coroutine as an event loop runs it."""
    node = ast.Pass(lineno=0)
    if isinstance(function, Function) and function.how in {"decorated", "opaque"}:
        how = "bound" if function.owner is not None else ""
        function = dataclasses.replace(function, how=how)
    interpreter.awaits = node
    try:
        return interpreter.call(function, arguments, named, node, frame)
    finally:
        interpreter.awaits = None


def _request(seen: Seen) -> dict[str, Value]:
    secure: Value = Const(seen.secure) if seen.secure is not None else Unknown("call", "whether it came by https")
    scheme: Value = Const("https" if seen.secure else "http") if seen.secure is not None else secure
    state: dict[str, Value] = {"secure": secure, "scheme": scheme}
    if seen.forwarded is not None:
        state["forwarded"] = Const(seen.forwarded or None)
    return state


def _names(sent: Sent, known: dict[int, Field], held: list[Value]) -> Namespace:
    names = Namespace()
    counts: dict[str, int] = {}
    for field in sent.fields:
        place = (field.where.path or "", field.where.line or 0)
        value: Value = (
            Const(field.value)
            if field.value is not None
            else Unknown("branch", field.doubt.text if field.doubt is not None else "", *place)
        )
        if field.perhaps:
            value = Joined((value, ABSENT))
        held.append(value)
        known[id(value)] = field
        count = counts.get(field.name, 0)
        counts[field.name] = count + 1
        key = f"{field.name}{responses.MORE}{count}" if count else field.name
        names.names[key] = Binding(value, *place)
    why = next((doubt for name, doubt in sent.doubts if not name), None)
    if why is not None:
        names.rest = Unknown("tainted", why.text, why.where.path or "", why.where.line or 0)
    return names


class _Lines:
    """Where a header is written whose name and value come from a table: the line that spells both."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._texts: dict[str, list[str]] = {}

    def better(self, name: str, value: str | None, here: Location) -> Location:
        own = self._lines(here.path or "")
        if here.line is not None and here.line <= len(own) and name in own[here.line - 1].lower():
            return here
        for path in (here.path or "", *sorted(self._interpreter.files)[:MAX_FILES]):
            found = [
                number
                for number, line in enumerate(self._lines(path), start=1)
                if _spells(line, name) and (value is None or value in line)
            ]
            if len(found) == 1:
                return Location(path=path, line=found[0])
        return here

    def _lines(self, path: str) -> list[str]:
        if path not in self._texts:
            data = self._interpreter.source.read(path) or b""
            self._texts[path] = data.decode("utf-8", "replace").splitlines() if len(data) <= MAX_SOURCE else []
        return self._texts[path]


def _spells(line: str, name: str) -> bool:
    low = line.lower()
    return f'"{name}"' in low or f"'{name}'" in low


def _read(names: Namespace, known: dict[int, Field], before: Sent, layer: str, where: Location, find: _Lines) -> Sent:
    """The fields as they are now; those that nobody touched as they were."""
    found: list[Field] = []
    for key, binding in names.names.items():
        value, name = binding.value, key.partition(responses.MORE)[0]
        if isinstance(value, Absent):
            continue
        if id(value) in known:
            found.append(known[id(value)])
            continue
        here = Location(path=binding.path or where.path, line=binding.line or where.line)
        perhaps = perhaps_absent(value)
        inner = join([one for one in value.options if not isinstance(one, Absent)]) if perhaps_absent(value) else value
        old = known.get(id(inner))
        doubt = Doubt(here, f"{name} is set under a condition") if perhaps else None
        if old is not None:
            found.append(old._replace(perhaps=perhaps or old.perhaps, doubt=doubt or old.doubt))
            continue
        text = inner.value if isinstance(inner, Const) and isinstance(inner.value, str) else None
        here = find.better(name, text, here)
        if text is None:
            doubt = Doubt(here, f"{name} is {_why(inner)}", Reason.NOT_LITERAL)
        found.append(Field(name, text[:MAX_VALUE] if text is not None else None, here, layer, doubt, perhaps))
    sent = before._replace(fields=tuple(found))
    if names.rest is not None and not any(not name for name, _ in before.doubts):
        rest = names.rest
        here = Location(path=rest.path or where.path, line=rest.line or where.line)
        sent = sent.unsure("", Doubt(here, f"{rest.text or 'code that is not followed'} may set any header"))
    return sent


def _why(value: Value) -> str:
    if isinstance(value, Joined):
        return "one of several values"
    return f"not known: {value.text}" if isinstance(value, Unknown) and value.text else "computed"


def _is_it(given: Value, response: Object) -> bool:
    """Whether what is returned is the response that was handed in, at least on the way that is looked at."""
    if isinstance(given, Joined):
        return any(_is_it(one, response) for one in given.options)
    return given is response or (isinstance(given, Const) and given.value is None)


def _made(given: Value | None) -> Object | None:
    return given if isinstance(given, Object) and given.kind == responses.RESPONSE else None


def scope(seen: Seen) -> Map:
    """The scope of an ASGI request."""
    state = _request(seen)
    items: dict[object, Value] = {"type": Const("http"), "method": Const("GET"), "scheme": state["scheme"]}
    return Map(items, exact=False)
