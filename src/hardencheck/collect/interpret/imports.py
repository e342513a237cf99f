"""Imports: modules of the repository, of libraries, and those that an operator may add."""

import ast

from hardencheck.collect.interpret import library
from hardencheck.collect.interpret.exceptions import Raised
from hardencheck.collect.interpret.frames import Frame
from hardencheck.collect.interpret.python_names import CHANGING, MOVED, STANDARD
from hardencheck.collect.interpret.run import Run
from hardencheck.collect.interpret.values import (
    ABSENT,
    MAX_CHAIN,
    NOTHING,
    Absent,
    Binding,
    Joined,
    Library,
    Module,
    NotKnown,
    Unknown,
    Value,
    depending,
    depends_of,
    is_code,
    join,
    perhaps_absent,
    plain,
)

_LOCAL = ("local_settings", "settings_local", "local")


def imported(run: Run, node: ast.Import | ast.ImportFrom, frame: Frame) -> None:
    """An import, into a frame of its own. Raises Raised as it does."""
    if isinstance(node, ast.Import):
        for item in node.names:
            _import(run, item.name, item.asname, node, frame)
    else:
        _import_from(run, node, frame)


def _import(run: Run, name: str, alias: str | None, node: ast.stmt, frame: Frame) -> None:
    top, _, rest = name.partition(".")
    path = run.source.find(name, frame.module.path)
    if path is not None:
        import_parents(run, name, frame)
        found = run.module(path)
        if alias or not rest:
            run.bind(frame, alias or top, found, node.lineno)
            return
        top_path = run.source.find(top, frame.module.path)
        value: Value = run.module(top_path) if top_path is not None else Library(dotted=top)
        run.bind(frame, top, value, node.lineno)
        return
    _not_here(run, name, node, frame)
    run.bind(frame, alias or top, Library(dotted=name if alias else top), node.lineno)


def import_parents(run: Run, name: str, frame: Frame) -> None:
    parts = name.split(".")
    for count in range(1, len(parts)):
        path = run.source.find(".".join(parts[:count]), frame.module.path)
        if path is not None:
            run.module(path)


def _not_here(run: Run, name: str, node: ast.stmt, frame: Frame) -> None:
    if name.startswith(".") or name.rpartition(".")[2] in _LOCAL or run.source.ours(name, frame.module.path):
        raise Raised("ModuleNotFoundError")
    top = name.partition(".")[0]
    if top not in STANDARD or top in CHANGING:
        run.may_raise = True  # nobody knows whether it is installed


def _import_from(run: Run, node: ast.ImportFrom, frame: Frame) -> None:
    name = "." * node.level + (node.module or "")
    path = run.source.find(name, frame.module.path)
    line = node.lineno
    if path is None and node.level:
        # from . import local: a package without __init__.py
        for item in node.names:
            inner = _below(run, name, item.name, frame)
            if inner is None:
                # `from .missing import X` misses the module, `from . import missing` a name of the package.
                raise Raised("ModuleNotFoundError" if node.module else "ImportError")
            run.bind(frame, item.asname or item.name, run.module(inner), line)
        return
    if path is None:
        _not_here(run, name, node, frame)
        for item in node.names:
            if item.name == "*":
                why = Unknown("import", f"from {name} import *", frame.module.path, line)
                run.foreign.add((why.path, why.line, why.text))
                if name.partition(".")[0] in STANDARD:
                    continue
                run.taint(frame.names, why)
            else:
                if name == "urllib" and item.name not in {"parse", "request", "error", "response", "robotparser"}:
                    raise Raised("ImportError")  # Python 2 had it there
                if (name, item.name) in MOVED:
                    run.may_raise = True
                found_outside = library.attribute(run, f"{name}.{item.name}", node, frame)
                run.bind(frame, item.asname or item.name, found_outside, line)
        return
    if not node.level:
        import_parents(run, name, frame)
    found = run.module(path)
    for item in node.names:
        if item.name == "*":
            _star(run, found, frame)
            continue
        binding = found.namespace.get(item.name)
        inner = _below(run, name, item.name, frame)
        if binding is not None and (item.name in found.namespace.names or inner is None):
            _bind_as(run, frame, item.asname or item.name, binding, line)
        elif inner is not None:
            run.bind(frame, item.asname or item.name, run.module(inner), line)
        elif path in run.running:
            run.bind(frame, item.asname or item.name, run.unknown(node, frame, "import", "an import cycle"), line)
        elif "__getattr__" in found.namespace.names:
            run.bind(frame, item.asname or item.name, run.unknown(node, frame), line)
        else:
            raise Raised("ImportError")


def _below(run: Run, package: str, name: str, frame: Frame) -> str | None:
    """The path of a module of a package, which may be written with dots alone."""
    return run.source.find(f"{package}{name}" if package.endswith(".") else f"{package}.{name}", frame.module.path)


def _bind_as(run: Run, frame: Frame, name: str, binding: Binding, line: int) -> None:
    """An imported name keeps the place where it was given its value."""
    run.touch(frame.names)
    old = frame.names.names.get(name)
    chain = (*old.chain, (old.path, old.line)) if old is not None and old.path else ()
    rewritten = run.rewritten.get((frame.module.path, name)) if run.rewritten else None
    if rewritten is not None:
        binding = rewritten._replace(chain=(*binding.chain, (binding.path, binding.line)))
    value = depending(binding.value, run.condition)
    frame.names.names[name] = Binding(value, binding.path, binding.line, (*chain, *binding.chain)[-MAX_CHAIN:])


def _star(run: Run, found: Module, frame: Frame) -> None:
    exported = found.namespace.get("__all__")
    names: set[str] | None = None
    perhaps = False
    if exported is not None:
        try:
            given = plain(exported.value)
            names = {item for item in given if isinstance(item, str)} if isinstance(given, list | tuple) else None
        except NotKnown:
            perhaps = True
    elif found.namespace.names.get("__all__") is not None:
        perhaps = True
    for name, binding in list(found.namespace.names.items()):
        if name not in names if names is not None else name.startswith("__" if perhaps else "_"):
            continue
        _star_name(run, frame, name, binding, perhaps)
    for name in sorted((names or set()) - found.namespace.names.keys()):
        inner = run.source.find(f".{name}", found.path) if found.path.endswith("__init__.py") else None
        if inner is not None:
            run.bind(frame, name, run.module(inner), 1)
        elif found.namespace.rest is None and run.catching("AttributeError"):
            raise Raised("AttributeError")
    by = depends_of(exported.value) if exported is not None else NOTHING
    if by:
        run.touch(frame.names)
        for name in found.namespace.names:
            if not name.startswith("__"):
                frame.names.mark_name(name, by)
    if found.namespace.unless:
        run.touch(frame.names)
        frame.names.mark_all(found.namespace.unless)
    if found.namespace.rest is not None:
        run.touch(frame.names)
        rest = found.namespace.rest
        # Names that were set before may have been written over.
        for name, binding in list(frame.names.names.items()):
            if name not in found.namespace.names and not name.startswith("_") and not is_code(binding.value):
                frame.names.names[name] = binding._replace(value=join([binding.value, rest]))
        frame.names.rest = rest
    for prefix, why in found.namespace.prefixes.items():
        run.touch(frame.names)
        for name, binding in list(frame.names.names.items()):
            if name.startswith(prefix) and name not in found.namespace.names and not is_code(binding.value):
                frame.names.names[name] = binding._replace(value=join([binding.value, why]))
        frame.names.prefixes = {**frame.names.prefixes, prefix: why}


def _star_name(run: Run, frame: Frame, name: str, binding: Binding, perhaps: bool) -> None:
    """One name of a star import. perhaps: nobody knows whether it comes along."""
    value = binding.value
    old = frame.names.get(name)
    if isinstance(value, Absent):
        if value.depends:
            # In another environment it is set there, and comes along.
            run.touch(frame.names)
            frame.names.mark_name(name, value.depends)
        return
    if perhaps or perhaps_absent(value):
        options = value.options if isinstance(value, Joined) else (value,)
        before = old.value if old is not None else ABSENT
        options = (*(one for one in options if not isinstance(one, Absent)), before)
        binding = binding._replace(value=depending(join(options), value.depends))
    _bind_as(run, frame, name, binding, binding.line)
