"""`exec`, `compile` and `glob` over files of the repository: what they run is followed, in the names of the module.

Source: the Python documentation, exec(), compile(), glob. Nothing is executed; text that is not known taints
the module.
"""

import ast
import posixpath

from hardencheck.collect.contract import Unreadable
from hardencheck.collect.extract._python import syntax_tree
from hardencheck.collect.interpret.modelling import Call
from hardencheck.collect.interpret.models import _places as places
from hardencheck.collect.interpret.models._common import given, text, unknown
from hardencheck.collect.interpret.models.split_settings import fits, run
from hardencheck.collect.interpret.models.standard import _import_module
from hardencheck.collect.interpret.values import Const, Map, Module, Object, Seq, Unknown, Value, depends_of, truth


def _compile(call: Call) -> Value | None:
    """Compiling changes nothing; what becomes of it `exec` says."""
    if len(call.arguments) < 2:
        return None
    source = call.arguments[0]
    if not (isinstance(source, Const) and isinstance(source.value, str | bytes)):
        why = source if isinstance(source, Unknown) else Unknown("call", "compile")
        return Unknown(why.reason, why.text, why.path, why.line, depends=depends_of(source))
    return Object(kind="code", state={"source": source, "name": call.arguments[1]}, depends=source.depends)


def _exec(call: Call) -> Value | None:
    """exec(text), exec(code), in the names of the module: `globals()` may be given, and `locals()` at its top."""
    code, *scopes = call.arguments or [Const(None)]
    module = call.frame.module
    if call.keywords or not _of(scopes, module) or (not scopes and call.frame.names is not module.namespace):
        return None
    named = code.state["name"] if isinstance(code, Object) and code.kind == "code" else None
    source = code.state["source"] if named is not None and isinstance(code, Object) else code
    if call.interpreter.perhaps or not (isinstance(source, Const) and isinstance(source.value, str | bytes)):
        return None
    data = source.value.encode() if isinstance(source.value, str) else source.value
    path = call.interpreter.contents.get(id(source), (None, ""))[1] or places.inside(named) or module.path
    try:
        tree = syntax_tree(data) if len(data) <= places.MAX_BYTES else None
    except (Unreadable, RecursionError, MemoryError):
        tree = None
    if path == module.path and tree is not None:
        for node in ast.walk(tree):  # a text of this file: its lines are not those of the file
            if hasattr(node, "lineno"):
                node.lineno = getattr(call.node, "lineno", 1)
    with call.interpreter.deciding(code.depends):
        run(call, path, tree)
    return Const(None)


def _of(scopes: list[Value], module: Module) -> bool:
    return len(scopes) <= 2 and all(
        isinstance(scope, Object) and scope.kind == "scope" and scope.state["module"] is module for scope in scopes
    )


def _glob(call: Call) -> Value | None:
    """The files of a pattern, in an order that nobody knows; none outside the repository, as far as it says."""
    if len(call.arguments) != 1 or call.keywords:
        return None
    pattern = call.arguments[0]
    spelled = text(pattern)
    if spelled is not None and spelled.startswith("/"):
        return Seq("list", depends=pattern.depends | {places.named(spelled)})
    wanted, paths = places.inside(pattern), call.interpreter.source.paths
    if wanted is None or paths is None or "**" in wanted:
        return unknown(call, "location", "files of a pattern", depends_of(pattern))
    parts = wanted.split("/")
    found = sorted(path for path in paths() if fits(path.split("/"), parts))
    made: list[Value] = [places.made(path, "text", pattern.depends) for path in found]
    return Seq("list", made, exact=len(made) < 2, depends=pattern.depends)


def _listed(call: Call) -> Value | None:
    """The names in a folder of the repository, in an order that nobody knows."""
    folder, paths = (
        places.inside(call.arguments[0]) if len(call.arguments) == 1 else None,
        call.interpreter.source.paths,
    )
    if folder is None or paths is None:
        return None
    prefix = "" if folder == "." else folder + "/"
    names = sorted({path.removeprefix(prefix).partition("/")[0] for path in paths() if path.startswith(prefix)})
    if not names:
        return places.absent(call, call.arguments[0])
    depends = call.arguments[0].depends
    return Seq("list", [Const(name, depends=depends) for name in names], exact=len(names) < 2, depends=depends)


def _sorted(call: Call) -> Value | None:
    """Sorting what is known but for its order, and places beside the file by their names."""
    only = call.arguments[0] if len(call.arguments) == 1 and not call.keywords else None
    if not isinstance(only, Seq) or only.open or only.extra:
        return None
    spelled = [places.inside(item) or text(item) for item in only.items]
    kinds = {isinstance(item, Object) for item in only.items}
    if None in spelled or len(kinds) > 1:
        return None
    pairs = sorted(zip(spelled, range(len(spelled)), strict=True))
    if kinds == {True} and len({posixpath.dirname(path or "") for path in spelled}) > 1:
        return None
    return Seq("list", [only.items[number] for _, number in pairs], depends=only.depends)


def _import(call: Call) -> Value | None:
    """`__import__(name)`: like an import statement. With a list of names it gives the module, else its first part."""
    names = ("name", "globals", "locals", "fromlist", "level")
    asked = given(call, names)
    name = text(asked.get("name")) if asked is not None else None
    listed = truth(asked.get("fromlist", Const(None))) if asked is not None else None
    top = name.partition(".")[0] if name is not None and listed is False else name
    if asked is not None and name is not None and listed is not None and truth(asked.get("level", Const(0))) is False:
        found = _import_module(call._replace(arguments=[asked["name"]], keywords={}))
        if top == name or found is None or isinstance(found, Unknown):
            return found
        return _import_module(call._replace(arguments=[Const(top, depends=asked["name"].depends)], keywords={}))
    return unknown(call, "import", "__import__", depends_of(Seq("list", call.arguments)))


def _environment(call: Call) -> Value | None:
    """dict(os.environ): a copy that is asked as the environment is."""
    only = call.arguments[0] if len(call.arguments) == 1 else None
    if not isinstance(only, Object) or only.kind != "environ" or call.keywords:
        return None
    return Object(kind="environ", state={"own": Map()})


CALLS = {
    "builtins.compile": _compile, "builtins.exec": _exec, "builtins.__import__": _import, "glob.glob": _glob,
    "os.listdir": _listed, "builtins.sorted": _sorted,
    "builtins.dict": _environment,
}  # fmt: skip
