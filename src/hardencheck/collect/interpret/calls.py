"""Calls: of whatever a value is."""

import ast

from hardencheck.collect.interpret import library, methods
from hardencheck.collect.interpret.attributes import bound_to
from hardencheck.collect.interpret.classes import instance_of
from hardencheck.collect.interpret.foreign import not_followed
from hardencheck.collect.interpret.forking import on_each
from hardencheck.collect.interpret.frames import Frame
from hardencheck.collect.interpret.inheritance import class_attribute
from hardencheck.collect.interpret.iterators import gone_through
from hardencheck.collect.interpret.modelling import Call, modelled
from hardencheck.collect.interpret.python_names import GOING_THROUGH, READING
from hardencheck.collect.interpret.run import Run
from hardencheck.collect.interpret.values import (
    NOTHING,
    Class,
    Function,
    Instance,
    Joined,
    Library,
    Map,
    Method,
    Object,
    Seq,
    Unknown,
    Value,
    depending,
    join,
    same,
)


def call_node(run: Run, node: ast.Call, frame: Frame) -> Value:
    function = run.value(node.func, frame)
    arguments: list[Value] = []
    keywords: dict[str, Value] = {}
    whole = True
    decide = NOTHING  # how many arguments there are
    handed: list[Value] = []
    for argument in node.args:
        given = run.value(argument.value if isinstance(argument, ast.Starred) else argument, frame)
        if isinstance(argument, ast.Starred):
            given = run.listed(given)
            decide |= given.depends
            items = run.items(given)
            whole = whole and items is not None
            if items is None:
                handed.append(given)
            arguments.extend(items or ())
        else:
            arguments.append(given)
    for keyword in node.keywords:
        given = run.value(keyword.value, frame)
        if keyword.arg is not None:
            keywords[keyword.arg] = given
        elif (
            isinstance(given, Map)
            and given.exact
            and not given.maybe
            and all(isinstance(key, str) for key in given.items)
        ):
            if keywords.keys() & given.items.keys():
                return not_followed(run, node, frame, [function, *arguments, *keywords.values(), given])  # given twice
            keywords.update({str(key): item for key, item in given.items.items()})
            decide |= given.depends
        else:
            whole = False
            handed.append(given)
    if not whole:
        if isinstance(function, Library) and function.dotted not in run.patched:
            partly = Call(run, function.dotted, arguments, keywords, node, frame)
            known = modelled("PARTLY", function.dotted, partly)
            if known is not None:
                return known
        elif isinstance(function, Object):
            partly = Call(run, function.kind, arguments, keywords, node, frame, function)
            known = modelled("PARTLY", function.kind, partly)
            if known is not None:
                return known
        return not_followed(run, node, frame, [function, *arguments, *keywords.values(), *handed])
    if not decide:
        return run.call(function, arguments, keywords, node, frame)
    with run.deciding(decide):
        return depending(run.call(function, arguments, keywords, node, frame), decide)


def call(
    run: Run, function: Value, arguments: list[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    if not function.depends:
        found = _called(run, function, arguments, keywords, node, frame)
        if isinstance(found, Unknown):
            run.may_raise = True
            return found if found.path else run.stopped(found, node, frame)
        return found
    with run.deciding(function.depends):
        return depending(_called(run, function, arguments, keywords, node, frame), function.depends)


def _called(
    run: Run, function: Value, arguments: list[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    match function:
        case Library(dotted=name) if name not in run.patched:
            arguments = gone_through(run, name, arguments)
            found = modelled("CALLS", name, Call(run, name, arguments, keywords, node, frame))
            found = found or library.call(run, name, arguments, keywords, node, frame)
            return (
                found if found is not None else not_followed(run, node, frame, [*arguments, *keywords.values()], name)
            )
        case Method(owner=owner, name=name):
            return run.call_method(owner, name, arguments, keywords, node, frame)
        case Object(kind=kind):
            found = modelled("OBJECTS", kind, Call(run, kind, arguments, keywords, node, frame, function))
            return found if found is not None else not_followed(run, node, frame, [*arguments, *keywords.values()])
        case Function():
            return run.call_function(function, arguments, keywords, node, frame)
        case Class():
            return instance_of(run, function, arguments, keywords, node, frame)
        case Instance(cls=cls) if cls is not None and isinstance(
            called := class_attribute(run, cls, "__call__"), Function
        ):
            bound = bound_to(run, called, function, cls, node, frame)
            return run.call(bound, arguments, keywords, node, frame)
        case Unknown(reason="generated"):
            not_followed(run, node, frame, [*arguments, *keywords.values()])
            return function  # `SystemRandom().choice(letters)`
        case Joined(options=options) if not run.perhaps:
            with run.perhaps_evaluated():
                return join([run.call(option, arguments, keywords, node, frame) for option in options])
        case _:
            return not_followed(run, node, frame, [function, *arguments, *keywords.values()])


def call_method(
    run: Run, owner: Value, name: str, arguments: list[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    if name in GOING_THROUGH:
        arguments = [run.listed(one) for one in arguments]
    if isinstance(owner, Object):
        call = Call(run, name, arguments, keywords, node, frame, owner)
        answer = modelled("METHODS", owner.kind, call)
        if answer is not None:
            return answer
    if isinstance(owner, Joined) and name in READING:
        if all(same(option, owner.options[0]) for option in owner.options):
            owner = depending(owner.options[0], owner.depends)
    if isinstance(owner, Joined) and all(isinstance(option, Seq | Map) for option in owner.options):
        why = run.unknown(node, frame)
        made = on_each(
            run, owner, lambda one: methods.method(run, one, name, list(arguments), dict(keywords), node, frame), why
        )
        results = [one for one in made if one is not None]
        if len(results) == len(made):
            return join(results)
    found = methods.method(run, owner, name, arguments, keywords, node, frame)
    if found is not None:
        return found
    return not_followed(run, node, frame, [owner, *arguments, *keywords.values()])
