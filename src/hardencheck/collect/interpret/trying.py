"""What is raised and who takes it: `try`, `raise`, `with`."""

import ast
from collections.abc import Callable, Sequence

from hardencheck.collect.interpret import exceptions
from hardencheck.collect.interpret.assigning import assign
from hardencheck.collect.interpret.exceptions import Raised
from hardencheck.collect.interpret.foreign import not_followed
from hardencheck.collect.interpret.forking import fork, instead
from hardencheck.collect.interpret.frames import Frame
from hardencheck.collect.interpret.modelling import Call, modelled
from hardencheck.collect.interpret.run import Journal, Run, spelling
from hardencheck.collect.interpret.signals import LEFT
from hardencheck.collect.interpret.values import (
    NOTHING,
    WORK,
    Class,
    Depends,
    Instance,
    Library,
    Map,
    Module,
    Object,
    Seq,
    Unknown,
    Value,
    join,
)
from hardencheck.collect.interpret.written import mark_written

# They do not keep an exception from getting out.
_LETTING_THROUGH = frozenset({
    "open", "urlopen", "closing", "Lock", "RLock", "catch_warnings", "TemporaryDirectory", "NamedTemporaryFile",
    "TemporaryFile", "ZipFile", "nullcontext", "redirect_stdout", "redirect_stderr", "files", "as_file", "path",
    "open_text", "open_binary", "localcontext", "chdir", "fdopen", "scandir",
})  # fmt: skip


def try_statement(run: Run, node: ast.Try | ast.TryStar, frame: Frame) -> None:
    caught = frozenset(name for handler in node.handlers for name in _handles(handler.type))
    outer_may, outer_watched, outer_again = run.may_raise, run.watched, run.again
    run.may_raise, run.watched, run.again = False, NOTHING, set()
    why = Unknown("branch", "try", frame.module.path, node.lineno)
    run.journals.append({})
    signal: Exception | None = None
    may, in_else = False, False
    try:
        run.handled.append(caught)
        try:
            run.block(node.body, frame)
        except LEFT as left:
            signal = left
        finally:
            run.handled.pop()
        may = run.may_raise
        if signal is None and node.orelse:
            in_else = True
            try:
                run.block(node.orelse, frame)
            except LEFT as left:
                signal = left
    finally:
        journal = run.journals.pop()
        again, run.again = run.again, outer_again | run.again
    watched, run.watched = run.watched, outer_watched | run.watched
    kinds = [list(exceptions.kinds(handler.type, _looking(run, frame))) for handler in node.handlers]
    every = any(kind in {"BaseException", "Exception"} for row in kinds for kind in row if isinstance(kind, str))
    run.may_raise = outer_may or (may and not every) or (in_else and run.may_raise)
    try:
        if isinstance(signal, Raised) and not in_else:
            takers = _takers(node.handlers, kinds, signal)
            mark_written(run, [*node.body, *node.orelse], frame, watched)
            if len(takers) == 1 and not may:
                run.keep(journal)
                if takers[0] is None:
                    raise signal
                with run.deciding(watched):
                    try:
                        _handler(run, takers[0], frame, signal)
                    except LEFT:
                        run.left |= watched
                        raise
            else:
                _taken(run, node, frame, journal, again, signal, takers, may, why, watched)
        elif may and node.handlers:
            _taken(run, node, frame, journal, again, signal, [], True, why, watched)
        else:
            run.keep(journal)
            if watched and node.handlers:
                # In another environment it may have stopped anywhere.
                for thing, state in journal.values():
                    run.touch(thing)
                    thing.mark(state, thing.save(), watched)
                for one in node.handlers:
                    instead(run,
                        lambda one=one: _handler(run, one, frame, Raised("")),  # type: ignore[misc]
                        watched, [one], frame,
                    )  # fmt: skip
            if signal is not None:
                raise signal
    except LEFT:
        _at_last(run, node, frame)
        raise
    _at_last(run, node, frame)


def _at_last(run: Run, node: ast.Try | ast.TryStar, frame: Frame) -> None:
    """`finally`: all of it runs, whether the function has perhaps been left or not."""
    partly, run.partly = run.partly, False
    try:
        run.block(node.finalbody, frame)
    finally:
        run.partly = partly or run.partly


def _taken(
    run: Run,
    node: ast.Try | ast.TryStar,
    frame: Frame,
    journal: Journal,
    again: set[int],
    signal: Exception | None,
    takers: Sequence[ast.ExceptHandler | None],
    may: bool,
    why: Unknown,
    watched: Depends,
) -> None:
    """It may have stopped anywhere: as it ended, or a handler from any state on the way. takers: the handlers that
    what was raised in the end may go to, None: to one around."""
    after = {key: (thing, thing.save()) for key, (thing, _) in journal.items()}
    for thing, state in journal.values():
        thing.load(state)
    often = _bound_often(node.body)

    def ended() -> None:
        for thing, state in after.values():
            run.touch(thing)
            thing.load(state)

    def whole() -> None:
        ended()
        if signal is not None:
            raise signal

    def at_end(handler: ast.ExceptHandler | None) -> Callable[[], None]:
        def go() -> None:
            ended()
            if handler is None:
                raise signal or Raised("")
            _handler(run, handler, frame, signal if isinstance(signal, Raised) else Raised(""))

        return go

    def half(handler: ast.ExceptHandler) -> Callable[[], None]:
        def go() -> None:
            for key, (thing, state) in after.items():
                run.touch(thing)
                thing.merge([journal[key][1], state], why)
                if isinstance(thing, Seq | Map) and key in again:
                    thing.taint()
            for name in often:
                held = frame.names.names.get(name)
                if held is not None and id(frame.names) in after:
                    frame.names.names[name] = held._replace(value=join([held.value, why]))
            _handler(run, handler, frame, Raised(""))

        return go

    arms = [at_end(one) for one in takers] if takers else [whole]
    fork(run, [*arms, *(half(handler) for handler in node.handlers if may)], why, watched)


def _looking(run: Run, frame: Frame) -> Callable[[ast.expr], Value | None]:
    """What a name of an exception stands for."""

    def look(node: ast.expr) -> Value | None:
        if isinstance(node, ast.Name):
            found = run.lookup(frame, node.id)
            return found.value if found is not None else None
        owner = look(node.value) if isinstance(node, ast.Attribute) else None
        if not isinstance(node, ast.Attribute) or not isinstance(owner, Module | Library | Class):
            return None
        kept = run.may_raise
        found_at = run.attribute(owner, node.attr, node, frame)
        run.may_raise = kept
        return found_at

    return look


def raising(run: Run, error: ast.expr | None, frame: Frame) -> Raised:
    """What `raise` raises."""
    if error is None:
        return run.caught[-1] if run.caught else Raised("RuntimeError")
    if isinstance(error, ast.Call):
        kept = run.may_raise
        run.value(error, frame)
        run.may_raise = kept
        error = error.func
    match list(exceptions.kinds(error, _looking(run, frame))):
        case [Class() as cls]:
            return Raised(cls.name, cls)
        case [str() as name]:
            return Raised(name.rpartition(".")[2])
    return Raised("")


def _handler(run: Run, handler: ast.ExceptHandler, frame: Frame, taken: Raised) -> None:
    if handler.name:
        run.bind(
            frame, handler.name, Unknown("call", "an exception", frame.module.path, handler.lineno), handler.lineno
        )
    run.caught.append(taken)
    try:
        run.block(handler.body, frame)
    finally:
        run.caught.pop()
        if handler.name:
            names = run.names_of(frame, handler.name)
            run.touch(names)
            names.names.pop(handler.name, None)


def with_statement(
    run: Run, node: ast.With, items: Sequence[ast.withitem], body: Sequence[ast.stmt], frame: Frame
) -> None:
    why = Unknown("call", "a with statement", frame.module.path, node.lineno)
    swallows: list[ast.ExceptHandler] = []
    entered: list[Object] = []
    for item in items:
        called = item.context_expr.func if isinstance(item.context_expr, ast.Call) else None
        manager = run.value(item.context_expr, frame)
        if isinstance(manager, Object):
            call = Call(run, "__enter__", [], {}, node, frame, manager)
            manager = modelled("MANAGERS", manager.kind, call) or manager
            entered.append(call.owner)  # type: ignore[arg-type]
        else:
            run.may_raise = True
            if isinstance(manager, Instance):
                not_followed(run, node, frame, [manager])
        spelled = spelling(called).rpartition(".")[2] if called is not None else ""
        if spelled == "suppress" and isinstance(item.context_expr, ast.Call):
            swallows += [_silently(kind) for kind in item.context_expr.args]
        elif not isinstance(manager, Object) and spelled not in _LETTING_THROUGH:
            swallows.append(_silently(ast.Constant(None)))  # nobody knows
        if item.optional_vars is not None:
            assign(run, item.optional_vars, why if not isinstance(manager, Object) else manager, frame)
    try:
        if swallows:
            whole = ast.Try(list(body), swallows, [], [])
            try_statement(run, ast.copy_location(whole, node), frame)
        else:
            run.block(body, frame)
    finally:
        for one in reversed(entered):
            modelled("MANAGERS", one.kind, Call(run, "__exit__", [], {}, node, frame, one))


def _handles(kind: ast.expr | None) -> list[str]:
    if kind is None:
        return [""]
    parts = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return [spelling(part).rpartition(".")[2] for part in parts]


def _silently(kind: ast.expr) -> ast.ExceptHandler:
    """`except kind: pass`."""
    return ast.copy_location(ast.ExceptHandler(kind, None, [ast.copy_location(ast.Pass(), kind)]), kind)


def _takers(
    handlers: Sequence[ast.ExceptHandler], kinds: Sequence[Sequence[exceptions.Kind]], raised: Raised
) -> list[ast.ExceptHandler | None]:
    """The handlers that may take what is raised; None among them: perhaps none does."""
    found: list[ast.ExceptHandler | None] = []
    for handler, row in zip(handlers, kinds, strict=True):
        answers = [exceptions.takes(kind, raised) for kind in row]
        if True in answers:
            return [*found, handler]
        if None in answers:
            found.append(handler)
    return [*found, None]


def _bound_often(body: Sequence[ast.stmt]) -> set[str]:
    """Names that these statements bind more than once."""
    seen: set[str] = set()
    often: set[str] = set()
    for node in body:
        for part in ast.walk(node):
            WORK.done += 1
            if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
                (often if part.id in seen else seen).add(part.id)
    return often
