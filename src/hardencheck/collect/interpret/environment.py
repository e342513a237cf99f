"""The environment of the process, and other things of Python that are asked by name: `sys.argv`, `globals()`."""

import ast

from hardencheck.collect.interpret.exceptions import Raised
from hardencheck.collect.interpret.frames import Frame
from hardencheck.collect.interpret.modelling import Call, find
from hardencheck.collect.interpret.plainly import depending_copy, text_of
from hardencheck.collect.interpret.run import Run
from hardencheck.collect.interpret.spoiling import spoil
from hardencheck.collect.interpret.tables import table_of
from hardencheck.collect.interpret.values import (
    NOTHING,
    Absent,
    Const,
    Depends,
    Instance,
    Joined,
    Map,
    Module,
    Object,
    Unknown,
    Value,
    depending,
    depends_of,
    join,
    perhaps_absent,
)

EVERY = "any variable of the environment"
# What a developer or a build runs, and no server: a service is not started with one of these as its argument.
_COMMANDS = frozenset({
    "test", "tests", "pytest", "py.test", "runserver", "runserver_plus", "migrate", "makemigrations", "collectstatic",
    "compress", "shell", "shell_plus", "makemessages", "compilemessages", "jenkins", "harvest", "behave", "testserver",
    "createsuperuser", "loaddata", "flush", "check", "spectacular", "-t", "--test",
})  # fmt: skip


def variable(run: Run, name: str, default: Value | None, node: ast.AST, frame: Frame) -> Value:
    """What a program gets that asks for a variable. None as default: it must be set."""
    run.reads.add(name)
    if not run.was_asked(name) or not (isinstance(default, Const) and default.value is None):
        run.asks(name, default)
    depends = frozenset({name})
    run.watched |= depends
    if run.patched and not run.patched.isdisjoint({"os.environ", "os.environ.*", "os.*"}):
        run.may_raise = True
        return Unknown("tainted", "os.environ, which was replaced", frame.module.path, getattr(node, "lineno", 0))
    exported = run.exported
    depends |= exported.unless(name) if name not in exported.items else NOTHING
    if not exported.exact:
        run.may_raise = True
        return Unknown("tainted", f"{name}, which the code may have set", frame.module.path, getattr(node, "lineno", 0))
    held = exported.items.get(name)
    if perhaps_absent(held):
        run.may_raise = True
        return Unknown("branch", name, frame.module.path, getattr(node, "lineno", 0), depends=depends | held.depends)
    removed = isinstance(held, Absent) and name not in exported.maybe
    if held is not None and removed:
        depends |= held.depends
        held = None
    if held is not None and name not in exported.maybe:
        return depending(held, depends)
    if name in run.environment and not removed and not isinstance(held, Absent):
        outside = run.environment[name]
        outer = Const(outside, depends=depends) if isinstance(outside, str) else depending(outside, depends)
        return join([held, outer]) if held is not None else outer
    if held is not None:
        run.may_raise = True
        return Unknown("branch", name, frame.module.path, getattr(node, "lineno", 0), depends=depends)
    if default is None:
        if run.catching("KeyError", "ImproperlyConfigured", "UndefinedValueError", "EnvError"):
            raise Raised("KeyError")
        return Unknown("env-required", name, frame.module.path, getattr(node, "lineno", 0), depends=depends)
    return depending_copy(default, depends)


def get_variable(
    run: Run, arguments: list[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
) -> Value | None:
    name = text_of(arguments[0]) if arguments else None
    if name is None:
        return None
    default = arguments[1] if len(arguments) > 1 else keywords.get("default", Const(None))
    return variable(run, name, default, node, frame)


def get_item(run: Run, owner: Object, key: Value, node: ast.AST, frame: Frame) -> Value:
    name = text_of(key)
    if owner.kind == "environ" and name is not None:
        own = own_of(owner)
        if own is not None and (name in own.items or not own.exact):
            known = name in own.items and name not in own.maybe and own.exact
            return own.items[name] if known else run.unknown(node, frame, "tainted")
        return variable(run, name, None, node, frame)
    if owner.kind == "scope" and isinstance(module := owner.state["module"], Module) and name is not None:
        return run.attribute(module, name, node, frame)
    if owner.kind == "attributes" and isinstance(of := owner.state["of"], Instance):
        table = table_of(of)
        return table.items[name] if table is not None and name in table.items else run.unknown(node, frame)
    if owner.kind == "range" and isinstance(key, Const) and isinstance(key.value, int):
        items = run.items(owner) or []
        if -len(items) <= key.value < len(items):
            return depending(items[key.value], owner.depends | key.depends)
    if owner.kind == "sys.argv":
        return Object(kind="argument")
    if owner.kind == "sys.modules" and name is not None:
        for module in run.modules.values():
            called = module.namespace.names.get("__name__")
            if called is not None and isinstance(called.value, Const) and called.value.value == name:
                return module
    return run.unknown(node, frame, depends=depends_of(key))


def set_item(run: Run, owner: Object, key: Value, value: Value, node: ast.AST, frame: Frame) -> None:
    name = text_of(key)
    if owner.kind == "scope" and isinstance(module := owner.state["module"], Module):
        if name is not None and not run.perhaps:
            run.set_attribute(module, name, value, node, frame)
        else:
            run.taint(module.namespace, run.unknown(node, frame, "tainted"))
    elif owner.kind == "environ" and (own := own_of(owner)) is not None:
        run.set_item(own, key, value, node, frame)
    elif owner.kind == "environ":
        export(run, name, value)
    elif owner.kind == "attributes" and isinstance(of := owner.state["of"], Instance):
        if name is not None and not run.perhaps:
            run.bind_in(of.attributes, name, value, frame.module.path, getattr(node, "lineno", 0))
        else:
            spoil(run, of, run.unknown(node, frame))
    elif owner.kind == "sys.modules":
        replaced(run, name, node, frame)


def delete_item(run: Run, owner: Object, key: Value, node: ast.AST, frame: Frame) -> None:
    """`del os.environ[x]`, `del globals()[x]`."""
    name = text_of(key)
    why = run.unknown(node, frame, "tainted")
    model = find("DELETES", owner.kind)
    if model is not None:
        model(Call(run, "del", [key], {}, node, frame, owner))
    elif owner.kind == "environ" and own_of(owner) is None and name is not None:
        run.call_method(owner, "pop", [key], {}, node, frame)
    elif owner.kind == "environ" and own_of(owner) is None:
        export(run, None, why)
    elif owner.kind == "scope" and isinstance(module := owner.state["module"], Module):
        if name is None or run.perhaps or run.condition:
            run.taint(module.namespace, why)
        else:
            run.touch(module.namespace)
            module.namespace.names.pop(name, None)
    elif owner.kind == "sys.modules":
        replaced(run, name, node, frame)
    elif owner.kind == "attributes":
        spoil(run, owner.state["of"], why)
    else:
        spoil(run, owner, why)


def own_of(owner: Object) -> Map | None:
    """What a copy of the environment holds besides."""
    own = owner.state.get("own")
    return own if isinstance(own, Map) else None


def export(run: Run, name: str | None, value: Value) -> None:
    """The program sets a variable (None: nobody knows which)."""
    exported = run.exported
    run.touch(exported)
    if name is None:
        exported.taint()
        return
    if run.perhaps:
        perhaps_exported(run, name)
        return
    exported.items[name] = depending_copy(value, run.condition)
    exported.maybe.discard(name)


def perhaps_exported(run: Run, name: str) -> None:
    """The program sets a variable, or does not."""
    run.touch(run.exported)
    run.exported.items[name] = Unknown("branch", name, depends=frozenset({name}) | run.condition)
    run.exported.maybe.add(name)


def contains(run: Run, owner: Object, item: Value) -> bool | None:
    """Whether something is in it; what the answer depends on, `asked` says."""
    name = text_of(item)
    if name is None:
        return None
    if owner.kind == "environ":
        own = own_of(owner)
        if own is not None and (name in own.items or not own.exact):
            return True if own.exact and name not in own.maybe else None
        run.reads.add(name)
        if run.patched and not run.patched.isdisjoint({"os.environ", "os.environ.*", "os.*"}):
            return None
        exported = run.exported
        held = exported.items.get(name)
        if (
            name in exported.maybe
            or not exported.exact
            or isinstance(held, Joined)
            or (isinstance(held, Unknown) and held.reason == "tainted")
        ):
            return None
        return not isinstance(held, Absent) if held is not None else name in run.environment
    if owner.kind in {"sys.argv", "argument"}:
        return False if name in _COMMANDS else None
    if owner.kind == "sys.modules":
        return False if name in {"pytest", "test", "unittest", "IPython", "nose"} else None
    if owner.kind == "scope" and isinstance(module := owner.state["module"], Module):
        bound = module.namespace.get(name)
        if bound is None:
            return False if not name.startswith("__") else None
        perhaps = bound.value.options if isinstance(bound.value, Joined) else ()
        surely = name in module.namespace.names and not any(isinstance(option, Absent) for option in perhaps)
        return True if surely and not isinstance(bound.value, Unknown) else None
    if owner.kind == "attributes" and isinstance(of := owner.state["of"], Instance):
        table = table_of(of)
        return name in table.items if table is not None else None
    return None


def asked(run: Run, owner: Object, item: Value) -> Depends:
    name = text_of(item)
    if owner.kind == "environ" and name is not None:
        put = run.exported.items.get(name)
        return frozenset({name}) | run.exported.unless(name) | (put.depends if put is not None else NOTHING)
    if owner.kind == "scope" and name is not None and isinstance(module := owner.state["module"], Module):
        bound = module.namespace.get(name)
        absent = module.namespace.absent(name) if bound is None else bound.value.depends
        return absent | owner.depends
    return NOTHING


def replaced(run: Run, name: str | None, node: ast.AST, frame: Frame) -> None:
    """`sys.modules[name] = ...`: what is imported under this name is another object from now on."""
    why = run.unknown(node, frame, "tainted", "sys.modules")
    for module in list(run.modules.values()):
        called = module.namespace.names.get("__name__")
        known = called.value.value if called is not None and isinstance(called.value, Const) else None
        if name is None or name == known:
            run.taint(module.namespace, why)
    if name is not None:
        run.patched.add(f"{name}.*")
