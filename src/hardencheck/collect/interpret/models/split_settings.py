"""django-split-settings: `include("components/*.py", optional("local.py"))`.

The files run in the scope of the module that includes them, so names they bind are its own, with the place in the
included file. Source: django-split-settings documentation; measured with 1.3.2. The order of the files of one pattern
is that of the file system: where it matters, all that they set in different ways is joined.
"""

import ast
import fnmatch
import posixpath
from collections.abc import Callable, Sequence

from hardencheck.collect.contract import Unreadable
from hardencheck.collect.extract._python import syntax_tree
from hardencheck.collect.interpret.forking import fork
from hardencheck.collect.interpret.frames import Frame
from hardencheck.collect.interpret.mangling import mangle
from hardencheck.collect.interpret.modelling import Call
from hardencheck.collect.interpret.models import _places as places
from hardencheck.collect.interpret.models._common import NONE, failing, text, unknown
from hardencheck.collect.interpret.modules import top
from hardencheck.collect.interpret.values import Binding, Const, Module, Object, Seq, Unknown, Value, join

MAX_FILES = 100
MAX_ORDERS = 6
_ANY_NAME = {"globals", "vars", "locals", "exec", "eval", "setattr", "include"}
_DONE, _CURRENT = "__included_files__", "__included_file__"


def _optional(call: Call) -> Value | None:
    if len(call.arguments) != 1 or call.keywords:
        return None
    return Object(kind="split_settings.optional", state={"of": call.arguments[0]}, depends=call.arguments[0].depends)


def _include(call: Call) -> Value | None:
    if call.keywords.keys() - {"scope"}:
        return None
    scope = call.keywords.get("scope")
    if scope is not None and not (isinstance(scope, Object) and scope.kind == "scope"):
        if not (isinstance(scope, Const) and scope.value is None):
            return None
    if call.interpreter.perhaps:
        _lost(call, unknown(call, "branch", "include"))
        return NONE
    here = _including(call)
    for item in call.arguments:
        wanted = item.state["of"] if isinstance(item, Object) and item.kind == "split_settings.optional" else item
        if wanted is not item and isinstance(wanted, Const) and not wanted.value:
            continue
        pattern = places.joined(call, places.made(posixpath.dirname(here), "text"), [wanted], "text")
        path = places.inside(pattern)
        spelled = text(wanted)
        if path is None and spelled is not None and spelled.startswith("/"):
            # An operator's: without it, as far as the repository says.
            names = call.frame.module.namespace
            call.interpreter.touch(names)
            names.mark_all(wanted.depends | {places.named(spelled)})
            continue
        if path is None:
            # Outside the repository, or one that is not known.
            _lost(call, unknown(call, "call", "a file that is not in the repository"))
            continue
        found = _matching(call, path)
        if found is None or len(found) > MAX_FILES:
            _lost(call, unknown(call, "budget", "files of a pattern"))
        elif found:
            _files(call, found)
        elif wanted is item:
            failing(call, "OSError")
            _lost(call, unknown(call, "import", f"{path}: it is not in the repository"))
    return NONE


def _including(call: Call) -> str:
    """The file that the paths are relative to: of an included file, itself."""
    held = call.frame.module.namespace.names.get(_CURRENT)
    return (text(held.value) if held is not None else None) or _top(call)


def _top(call: Call) -> str:
    held = call.frame.module.namespace.names.get("__file__")
    return (places.inside(held.value) if held is not None else None) or call.frame.module.path


def _lost(call: Call, why: Unknown) -> None:
    call.interpreter.taint(call.frame.module.namespace, why)


def _matching(call: Call, pattern: str) -> list[str] | None:
    """The files of a pattern of glob, sorted; None when the repository cannot be listed."""
    if not any(letter in pattern for letter in "*?["):
        return [pattern] if places.tracked(call, places.made(pattern, "text")) else []
    paths = call.interpreter.source.paths
    if paths is None:
        return None
    parts = pattern.split("/")
    return sorted(path for path in paths() if fits(path.split("/"), parts))


def fits(path: Sequence[str], pattern: Sequence[str]) -> bool:
    return len(path) == len(pattern) and all(
        fnmatch.fnmatchcase(part, wanted) and (not part.startswith(".") or wanted.startswith("."))
        for part, wanted in zip(path, pattern, strict=True)
    )


def _files(call: Call, found: list[str]) -> None:
    done = _done(call)
    left = [path for path in found if not any(text(item) == path for item in done.items)]
    if not done.exact:
        _lost(call, unknown(call, "branch", "which files are included already"))
        return
    trees = {path: _parsed(call, path) for path in left}
    several = _shared([tree for tree in trees.values() if tree is not None])
    if several is not None:
        orders = [left]
    else:
        orders = [[*left[number:], *left[:number]] for number in range(len(left))]
        orders = [*orders, *([*order][::-1] for order in orders)]
    if len(orders) > 2 * MAX_ORDERS:
        _lost(call, unknown(call, "budget", "files whose order is not known"))
        return
    for path in left:
        call.interpreter.touch(done)
        done.items.append(Const(path))

    names = call.frame.module.namespace
    worth: dict[str, list[Value]] = {}

    def in_order(order: Sequence[str]) -> Callable[[], None]:
        def arm() -> None:
            for path in order:
                run(call, path, trees[path])
                for name in several or ():
                    held = names.names.get(name)
                    if held is not None and held.path == path:
                        worth.setdefault(name, []).append(held.value)

        return arm

    if several is None:
        fork(call.interpreter, [in_order(order) for order in orders], unknown(call, "branch", "the order of the files"))
        return
    in_order(left)()
    for name, values in worth.items():
        # Whichever file is the last one.
        if len(values) > 1 and name in names.names:
            call.interpreter.touch(names)
            names.names[name] = names.names[name]._replace(value=join(values))


def _done(call: Call) -> Seq:
    names = call.frame.module.namespace
    held = names.names.get(_DONE)
    if held is not None and isinstance(held.value, Seq):
        return held.value
    made = Seq("list")
    call.interpreter.touch(names)
    names.names[_DONE] = Binding(made, call.frame.module.path, 0)
    return made


def _parsed(call: Call, path: str) -> ast.Module | None:
    data = call.interpreter.source.read(path)
    try:
        return syntax_tree(data) if data is not None else None
    except (Unreadable, RecursionError, MemoryError):
        return None


def _shared(trees: Sequence[ast.Module]) -> set[str] | None:
    """Names that several files bind, where no file needs what another one binds; None: the order matters."""
    bound: list[set[str]] = []
    needed: list[set[str]] = []
    for tree in trees:
        mine, used = set[str](), set[str]()
        for part in ast.walk(tree):
            match part:
                case ast.Name(id=name):
                    (used if isinstance(part.ctx, ast.Load) else mine).add(name)
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AsyncFunctionDef(name=name):
                    mine.add(name)
                case ast.alias(name=name, asname=other):
                    if name == "*":
                        return None
                    mine.add(other or name.partition(".")[0])
                case ast.Call(func=ast.Name(id=name)) if name in _ANY_NAME:
                    return None
        surely = _surely(tree)
        bound.append(mine)
        # What is bound on some way only may be another file's.
        needed.append((used | mine) - surely)
    if any(mine & names for number, mine in enumerate(bound) for other, names in enumerate(needed) if other != number):
        return None
    return {name for number, mine in enumerate(bound) for name in mine if any(name in one for one in bound[:number])}


def _surely(tree: ast.Module) -> set[str]:
    """Names that a file binds itself, before it uses them."""
    found: set[str] = set()
    seen: set[str] = set()
    for node in tree.body:
        made: list[str] = []
        match node:
            case ast.Assign(targets=targets, value=value):
                made = [target.id for target in targets if isinstance(target, ast.Name)]
                seen |= {part.id for part in ast.walk(value) if isinstance(part, ast.Name)}
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                made = [item.asname or item.name.partition(".")[0] for item in names]
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                made = [name]
        found |= set(made) - seen
        seen |= {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
        seen |= set(made)
    return found


def run(call: Call, path: str, tree: ast.Module | None) -> None:
    """The statements of a file, in the names of the module that includes it."""
    interpreter, names = call.interpreter, call.frame.module.namespace
    if tree is None:
        _lost(call, unknown(call, "python-syntax", f"{path} cannot be parsed"))
        return
    interpreter.files.add(path)
    interpreter.late.update(name for part in ast.walk(tree) if isinstance(part, ast.Global) for name in part.names)
    mangle(tree)
    _absolute(tree, _top(call))
    interpreter.touch(names)
    before = names.names.get(_CURRENT)
    names.names[_CURRENT] = Binding(Const(path), path, 0)
    try:
        top(interpreter, tree.body, Frame(names, Module(path, names)))
    finally:
        interpreter.touch(names)
        if before is not None:
            names.names[_CURRENT] = before
        else:
            names.names.pop(_CURRENT, None)


def _absolute(tree: ast.Module, near: str) -> None:
    """Relative imports are those of the package of the module that includes."""
    package = near.split("/")[:-1]
    for part in ast.walk(tree):
        if isinstance(part, ast.ImportFrom) and part.level:
            base = package[: len(package) - (part.level - 1)]
            part.module = ".".join([*base, *([part.module] if part.module else [])]) or None
            part.level = 0 if part.module else 1


CALLS = {
    "split_settings.tools.include": _include, "split_settings.tools.optional": _optional,
}  # fmt: skip
