"""Functions of the repository: made by `def` and `lambda`, and called."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from hardencheck.collect.interpret.exceptions import Raised
from hardencheck.collect.interpret.foreign import not_followed
from hardencheck.collect.interpret.forking import fork
from hardencheck.collect.interpret.frames import MAX_DEPTH, OPEN, Frame, OutOfBudget
from hardencheck.collect.interpret.modelling import Call, modelled
from hardencheck.collect.interpret.run import Remembered, Run, spelling
from hardencheck.collect.interpret.signals import Broken, Continued, Returned, Unsure
from hardencheck.collect.interpret.spoiling import reached
from hardencheck.collect.interpret.values import (
    NOTHING,
    WORK,
    Binding,
    Const,
    Depends,
    Function,
    Joined,
    Library,
    Map,
    Method,
    Namespace,
    NotKnown,
    Object,
    Seq,
    Unknown,
    Value,
    depending,
    join,
    now,
    plain,
)
from hardencheck.collect.interpret.written import mark_written

_SCOPES = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.ListComp, ast.SetComp, ast.DictComp,
    ast.GeneratorExp,
)  # fmt: skip


def function_of(run: Run, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, frame: Frame) -> Value:
    name = node.name if not isinstance(node, ast.Lambda) else "lambda"
    how = ""
    others: list[ast.expr] = []
    for decorator in [] if isinstance(node, ast.Lambda) else node.decorator_list:
        spelled = spelling(decorator).partition("(")[0].rpartition(".")[2]
        if spelled in {"property", "classproperty", "computed_field"}:
            how = "property" if how in {"", "property", "classmethod"} else "decorated"
        elif spelled == "cached_property":
            how = "cached_property" if not how else "decorated"
        elif spelled in {"staticmethod", "classmethod"}:
            how = spelled if not how else "decorated" if how != "property" else how
        elif spelled in {"lru_cache", "cache"}:
            how = "cached" if not how else "decorated"
        elif spelled not in {"wraps", "override", "overload", "typing.no_type_check"}:
            others.append(decorator)
    if isinstance(node, ast.AsyncFunctionDef):
        node = _awaitable(node)
        how = "async" if not how and not _yields(run, node) else "opaque"
    elif isinstance(node, ast.FunctionDef) and _yields(run, node):
        how = "opaque"
    defaults = tuple(run.value(item, frame) for item in node.args.defaults)
    keyword_defaults = tuple(run.value(item, frame) if item is not None else None for item in node.args.kw_defaults)
    made = Function(node, frame.module.path, frame, name, defaults, keyword_defaults, None, how)
    result: Value = made
    for decorator in reversed(others):
        given = run.value(decorator, frame)
        changed = _property_of(given, made) if result is made else None
        if changed is not None:
            return changed
        if isinstance(given, Object) and result is made:
            modelled("DECORATES", given.kind, Call(run, name, [made], {}, decorator, frame, given))
        if isinstance(given, Library | Unknown | Method | Object):
            # A library's (`@app.route`, `@receiver`): it keeps the function and does not call it here.
            result = run.unknown(decorator, frame, "call", f"@{spelling(decorator)}")
        else:
            result = run.call(given, [result], {}, decorator, frame)
    # Nobody knows what an unknown decorator made of it: when it is called, so perhaps is what it was.
    return replace(made, how="decorated") if isinstance(result, Unknown) else result


def call_function(
    run: Run, function: Function, arguments: Sequence[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    body = function.node
    if function.how == "async" and run.awaits is node:
        run.awaits = None
    elif function.how in {"opaque", "decorated", "async"}:
        owner = [function.owner] if function.owner is not None else []
        return not_followed(run, node, frame, [function, *owner, *arguments, *keywords.values()], function.name)
    if not isinstance(body, ast.FunctionDef | ast.Lambda) or not isinstance(function.frame, Frame):
        return not_followed(run, node, frame, [*arguments, *keywords.values()])
    if run.depth >= MAX_DEPTH:
        raise OutOfBudget
    inner = Frame(Namespace(), function.frame.module, function.frame)
    inner.function = function
    inner.local = _locals(run, body)
    given = [function.owner, *arguments] if function.owner is not None else list(arguments)
    if not _arguments(run, body.args, function, given, dict(keywords), inner):
        return run.unknown(node, frame, "call", f"{function.name} is called with other arguments")
    remembered = _key(function, body, given, keywords) if function.how == "cached" else None
    if remembered is not None and remembered in run.remembered and remembered not in run.unsettled:
        return run.remembered[remembered][1]
    run.depth += 1
    left, run.left = run.left, NOTHING
    since = now()
    try:
        result = _entered(run, function, body, inner, node, frame)
        if run.left and isinstance(body, ast.FunctionDef):
            # It has been left early, or not, as these variables are: the rest of it was perhaps not run.
            mark_written(run, body.body, inner, run.left)
            _mark_given(run, body, inner, run.left)
        result = depending(result, run.left)
        if remembered is not None:
            result = _remembering(run, remembered, body, result)
            run.lasting.append((since, now()))
        elif function.how == "cached":
            result = run.unknown(node, frame, "call", f"{function.name}, which remembers what it gave")
        return result
    except Raised:
        run.watched |= run.left
        raise
    finally:
        run.left = left
        run.depth -= 1


def _mark_given(run: Run, body: ast.FunctionDef, inner: Frame, depends: Depends) -> None:
    """What another environment would give back, or give another name: lists that are changed through that."""
    for part in _own(body):
        if isinstance(part, ast.Return | ast.Assign | ast.AnnAssign) and part.value is not None:
            for name in _passed_on(part.value):
                found = run.lookup(inner, name)
                if found is not None and isinstance(found.value, Seq | Map | Joined):
                    for one in reached(found.value):
                        depending(one, depends)


def _yields(run: Run, node: ast.FunctionDef) -> bool:
    """Whether it is a generator."""
    known = run.generators.get(id(node))
    if known is None or known[0] is not node:
        found = any(isinstance(part, ast.Yield | ast.YieldFrom) for part in _own(node))
        known = run.generators[id(node)] = (node, found)
    return known[1]


def _key(function: Function, body: ast.AST, given: Sequence[Value], keywords: Mapping[str, Value]) -> Remembered | None:
    """Under what lru_cache keeps what a call gives; None: that is not known."""
    try:
        whole = (*(plain(one) for one in given), *((name, plain(one)) for name, one in keywords.items()))
        hash(whole)
    except (NotKnown, TypeError):
        return None
    return id(body), id(function.frame), whole


def _remembering(run: Run, key: Remembered, body: ast.AST, result: Value) -> Value:
    if key in run.unsettled:
        result = join([run.remembered[key][1], result])
    elif len(run.journals) > 1 or run.perhaps:
        run.unsettled.add(key)  # perhaps it is called here for the first time, perhaps later
    run.remembered[key] = (body, result)
    return result


def _locals(run: Run, body: ast.FunctionDef | ast.Lambda) -> frozenset[str]:
    """The names that a function binds somewhere: its own from its first line on."""
    known = run.own_names.get(id(body))
    if known is None or known[0] is not body:
        bound: set[str] = set()
        elsewhere: set[str] = set()
        for part in _own(body) if isinstance(body, ast.FunctionDef) else ():
            WORK.done += 1
            match part:
                case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                    bound.add(name)
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    bound.add(name)
                case ast.alias(name=name, asname=other):
                    bound.add(other or name.partition(".")[0])
                case ast.ExceptHandler(name=str() as name) | ast.MatchAs(name=str() as name):
                    bound.add(name)
                case ast.Global(names=names) | ast.Nonlocal(names=names):
                    elsewhere.update(names)
        known = run.own_names[id(body)] = (body, frozenset(bound - elsewhere))
    return known[1]


def _entered(
    run: Run, function: Function, body: ast.FunctionDef | ast.Lambda, inner: Frame, node: ast.AST, frame: Frame
) -> Value:
    kept, run.perhaps_returned = run.perhaps_returned, []
    partly, run.partly = run.partly, False
    try:
        return _executed(run, function, body, inner, kept, node, frame)
    finally:
        run.partly = partly


def _executed(
    run: Run,
    function: Function,
    body: ast.FunctionDef | ast.Lambda,
    inner: Frame,
    kept: list[Value],
    node: ast.AST,
    frame: Frame,
) -> Value:
    if run.perhaps:
        # Nobody knows whether it runs: what it writes is written, or not.
        return _perhaps_called(run, body, inner, kept, function, frame)
    try:
        if isinstance(body, ast.Lambda):
            return run.value(body.body, inner)
        try:
            run.block(body.body, inner)
            result: Value = Const(None)
        except Returned as left:
            result = left.value
        return join([*run.perhaps_returned, result]) if run.perhaps_returned else result
    except (Broken, Continued, Unsure):
        return run.unknown(node, frame)
    finally:
        run.perhaps_returned = kept


def _perhaps_called(
    run: Run, body: ast.FunctionDef | ast.Lambda, inner: Frame, kept: list[Value], function: Function, frame: Frame
) -> Value:
    found: list[Value] = []
    count, run.perhaps = run.perhaps, 0

    def go() -> None:
        if isinstance(body, ast.Lambda):
            found.append(run.value(body.body, inner))
            return
        try:
            run.block(body.body, inner)
            found.append(Const(None))
        except Returned as left:
            found.append(left.value)
        found.extend(run.perhaps_returned)

    try:
        fork(run, [go, lambda: None], Unknown("branch", function.name, frame.module.path))
    except (Broken, Continued, Unsure, Returned):
        return Unknown("branch", function.name)
    finally:
        run.perhaps = count
        run.perhaps_returned = kept
    return join(found) if found else Unknown("branch", function.name)


def _arguments(
    run: Run, spec: ast.arguments, function: Function, given: list[Value], keywords: dict[str, Value], inner: Frame
) -> bool:
    names = [item.arg for item in (*spec.posonlyargs, *spec.args)]
    path, line = function.path, getattr(function.node, "lineno", 0)

    def put(name: str, value: Value) -> None:
        inner.names.names[name] = Binding(value, path, line)

    if len(given) > len(names) and spec.vararg is None:
        return False
    defaults = dict(zip(names[len(names) - len(function.defaults) :], function.defaults, strict=True))
    for number, name in enumerate(names):
        if number < len(given):
            put(name, given[number])
        elif name in keywords:
            put(name, keywords.pop(name))
        elif name in defaults and defaults[name] is not None:
            put(name, defaults[name])  # type: ignore[arg-type]
        else:
            return False
    if spec.vararg is not None:
        put(spec.vararg.arg, Seq("tuple", given[len(names) :]))
    for item, default in zip(spec.kwonlyargs, function.keyword_defaults, strict=True):
        if item.arg in keywords:
            put(item.arg, keywords.pop(item.arg))
        elif default is not None:
            put(item.arg, default)
        else:
            return False
    if any(item.arg in keywords for item in spec.args):
        return False  # given twice
    if spec.kwarg is not None:
        more = keywords.pop(OPEN, None)
        put(spec.kwarg.arg, Map({name: value for name, value in keywords.items()}, exact=more is None))
        return True
    return not keywords


def _property_of(decorator: Value, function: Function) -> Value | None:
    """`@x.setter`: the property x that this function sets."""
    if not isinstance(decorator, Method) or not isinstance(decorator.owner, Function):
        return None
    held = decorator.owner
    if held.how != "property" or decorator.name not in {"setter", "deleter"}:
        return None
    return replace(held, setter=function) if decorator.name == "setter" else held


def _passed_on(node: ast.expr) -> Iterator[str]:
    """The names whose objects an expression may be itself, or a part of."""
    match node:
        case ast.Name(id=name):
            yield name
        case ast.IfExp(body=body, orelse=orelse):
            yield from _passed_on(body)
            yield from _passed_on(orelse)
        case ast.BoolOp(values=values) | ast.Tuple(elts=values) | ast.List(elts=values):
            for value in values:
                yield from _passed_on(value)
        case ast.Subscript(value=value) | ast.Attribute(value=value) | ast.NamedExpr(value=value):
            yield from _passed_on(value)


def _awaitable(node: ast.AsyncFunctionDef) -> ast.FunctionDef:
    """The same as a function: once it is awaited, it runs like one."""
    made = ast.FunctionDef(node.name, node.args, node.body, node.decorator_list, node.returns)
    setattr(made, "type_params", getattr(node, "type_params", []))  # noqa: B010 - not of Python 3.11
    return ast.copy_location(made, node)


def _own(node: ast.FunctionDef) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions in it."""
    stack: list[ast.AST] = list(node.body)
    while stack:
        part = stack.pop()
        yield part
        if not isinstance(part, _SCOPES):
            stack.extend(ast.iter_child_nodes(part))
