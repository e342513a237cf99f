"""Files beside the one that is followed. Where the service is installed is not known, so the text of a place is not
known either (reason "location"); but a place inside the repository can be read as data.

A place is an `Object` of kind "place": `path`, seen from the root of the repository and not normalised, and `form`, a
"text" or a "path" (of pathlib). What lies outside the tree is never read. A file that the tree does not have may be
there where the service runs: whether it exists is not known.
Source: the Python documentation, os.path and pathlib.
"""

import posixpath
from pathlib import PurePosixPath

from hardencheck.collect.interpret.modelling import Call, find
from hardencheck.collect.interpret.models._common import computed, failing, text, unknown
from hardencheck.collect.interpret.spoiling import spoil_deep
from hardencheck.collect.interpret.values import NOTHING, Const, Depends, Object, Seq, Unknown, Value, depends_of

FILE = "the file "  # before a path in `depends`
MAX_PATH = 1_000
MAX_BYTES = 1 << 20


def made(path: str, form: str, depends: Depends = NOTHING) -> Object:
    return Object(kind="place", state={"path": Const(path), "form": Const(form)}, depends=depends)


def path_of(value: Value | None) -> str | None:
    """The path of a place as it was put together; None for anything else."""
    return text(value.state["path"]) if isinstance(value, Object) and value.kind == "place" else None


def form_of(value: Object) -> str:
    return text(value.state["form"]) or "text"


def inside(value: Value | None) -> str | None:
    """The normalised path of a place in the tree; None when it lies outside, or is none."""
    path = path_of(value)
    if path is None or "\0" in path or len(path) > MAX_PATH:
        return None
    normal = posixpath.normpath(path) if path else "."
    return None if normal == ".." or normal.startswith(("../", "/")) else normal


def tracked(call: Call, value: Value | None) -> bool:
    """Whether the repository has this file, readable or not."""
    path = inside(value)
    if path is None:
        return False
    paths = call.interpreter.source.paths
    return path in paths() if paths is not None else call.interpreter.source.read(path) is not None


def folder(call: Call, path: str) -> bool:
    paths = call.interpreter.source.paths
    prefix = "" if path == "." else path + "/"
    return paths is not None and any(item.startswith(prefix) for item in paths())


def content(call: Call, value: Value | None) -> bytes | None:
    """The bytes of a file of the repository; None when there is none, or it is too large."""
    path = inside(value)
    data = call.interpreter.source.read(path) if path is not None else None
    if data is None or len(data) > MAX_BYTES:
        return None
    call.interpreter.files.add(path or "")
    return data


def decoded(call: Call, value: Value | None) -> str | None:
    """The text of a file of the repository, as Python's text mode gives it."""
    data = content(call, value)
    if data is None:
        return None
    try:
        return data.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        return None


def location(call: Call, depends: Depends = NOTHING) -> Unknown:
    return Unknown(
        "location", "where the file is installed", call.frame.module.path, getattr(call.node, "lineno", 0),
        depends=depends,
    )  # fmt: skip


def beside(call: Call, name: str = "") -> Object:
    """A file in the folder of the code that runs."""
    return made(posixpath.join(posixpath.dirname(call.frame.module.path), name), "text")


def joined(call: Call, base: Value, parts: list[Value], form: str) -> Value | None:
    """os.path.join: the last absolute part counts, and what follows it."""
    depends = depends_of(base)
    path, rooted = path_of(base), True
    if path is None:
        start = _spelled(base)
        if start is None:
            return None
        path, rooted = start, False
    for part in parts:
        depends |= depends_of(part)
        inner = path_of(part)
        if inner is not None:
            path, rooted = inner, True
            continue
        spelled = _spelled(part)
        if spelled is None:
            return location(call, depends) if rooted else None
        if spelled.startswith("/"):
            path, rooted = spelled, False
        else:
            path = posixpath.join(path, spelled) if path else spelled
    if len(path) > MAX_PATH:
        return unknown(call, "budget", "a long path", depends)
    if rooted:
        return made(path, form, depends)
    return Const(PurePosixPath(path) if form == "path" else path, depends=depends)


def _spelled(value: Value) -> str | None:
    if isinstance(value, Const) and isinstance(value.value, str | PurePosixPath):
        return str(value.value)
    return None


def _parent(call: Call, value: Object) -> Value:
    path = path_of(value) or ""
    if form_of(value) == "path":
        path = "" if path in {"", "."} else str(PurePosixPath(path))
    if path in {"", "."}:
        return made("..", form_of(value), value.depends)  # the folder that the repository is in
    if path.rpartition("/")[2] in {"..", "."} or path.startswith(".."):
        return location(call, value.depends)
    return made(posixpath.dirname(path), form_of(value), value.depends)


def _has_place(call: Call) -> bool:
    return any(path_of(item) is not None for item in call.arguments)


def _join(call: Call) -> Value | None:
    if not _has_place(call) or call.keywords:
        return None
    return joined(call, call.arguments[0], call.arguments[1:], "text")


def _path(call: Call) -> Value | None:
    if not _has_place(call) or call.keywords:
        return None
    return joined(call, call.arguments[0], call.arguments[1:], "path")


def _same(call: Call) -> Value | None:
    """abspath, realpath, normpath: the same place, as a text without ".."."""
    if len(call.arguments) != 1 or (path := path_of(call.arguments[0])) is None:
        return None
    normal = posixpath.normpath(path) if path else ""
    return made("" if normal == "." else normal, "text", call.arguments[0].depends)


def _dirname(call: Call) -> Value | None:
    if len(call.arguments) != 1 or not isinstance(call.arguments[0], Object) or not _has_place(call):
        return None
    found = _parent(call, call.arguments[0])
    return made(path_of(found) or "", "text", found.depends) if isinstance(found, Object) else found


def _basename(call: Call) -> Value | None:
    path = path_of(call.arguments[0]) if len(call.arguments) == 1 else None
    if path is None:
        return None
    last = path.rpartition("/")[2]
    return Const(last, depends=call.arguments[0].depends) if last not in {"", ".", ".."} else location(call)


def _exists(call: Call) -> Value | None:
    if len(call.arguments) != 1:
        return None
    return there(call, call.arguments[0], call.name.rpartition(".")[2])


def there(call: Call, value: Value, how: str) -> Value:
    """Whether a file or folder exists: True for one of the repository, False (depending on it) for an operator's."""
    path = inside(value)
    if path is not None:
        if how in {"exists", "isfile", "is_file", "lexists"} and content(call, value) is not None:
            return Const(True, depends=value.depends)
        if how in {"exists", "isdir", "is_dir"} and folder(call, path):
            return Const(True, depends=value.depends)
    spelled = path if path is not None else _spelled(value)
    if spelled is None or spelled in {"", "."} or (spelled.startswith("/") and spelled.count("/") < 2):
        return unknown(call, "branch", f"{how}: whether a file is there", depends_of(value))
    if path is None and not spelled.startswith("/") and _called(call, posixpath.basename(spelled)):
        return unknown(call, "location", "the working directory", depends_of(value))
    if path is not None and tracked(call, value):
        return unknown(call, "branch", f"{how}: of a file that is not read", depends_of(value))
    # An operator may put it there; as far as the repository says, it is not.
    return Const(False, depends=depends_of(value) | {named(spelled)})


def _called(call: Call, name: str) -> bool:
    """Whether a file or folder of the repository has this name."""
    paths = call.interpreter.source.paths
    return paths is None or any(name in path.split("/") for path in paths())


def named(path: str) -> str:
    """What a value depends on, where a file that is not in the repository may say otherwise."""
    return f"{FILE}{path}"


def _beyond(value: Value) -> str | None:
    """The path of a file beside the repository, which is nobody's but the operator's."""
    path = path_of(value)
    normal = posixpath.normpath(path) if path else ""
    return normal if normal.startswith("../") and normal.rpartition("/")[2] != ".." else None


def absent(call: Call, value: Value) -> Value:
    """A file that is not in the repository is opened: that raises, unless an operator has put it there."""
    spelled = inside(value) or _beyond(value) or _spelled(value)
    if spelled is None or (not spelled.startswith("/") and path_of(value) is None) or tracked(call, value):
        return unknown(call, "call", "a file that cannot be read", depends_of(value))
    depends = depends_of(value) | {named(spelled)}
    call.interpreter.watched |= depends
    failing(call, "FileNotFoundError")
    return unknown(call, "call", f"{spelled}, which is not in the repository", depends)


def _of_path(call: Call) -> Value | None:
    """A method of a path whose text is known: no place beside the file that is followed."""
    owner = call.owner
    if owner is None:
        return None
    if call.name in {"exists", "is_file", "is_dir"}:
        return there(call, owner, call.name)
    mode = call.arguments[0] if call.arguments else call.keywords.get("mode", Const("r"))
    reading = call.name != "open" or (isinstance(mode, Const) and mode.value in {"r", "rt", "rb"})
    return absent(call, owner) if reading else None


def _str(call: Call) -> Value | None:
    only = call.arguments[0] if len(call.arguments) == 1 else None
    model = find("TEXTS", only.kind) if isinstance(only, Object) else None
    return model(call) if model is not None else None


def _text(call: Call) -> Value | None:
    only = call.arguments[0]
    return made(path_of(only) or "", "text", only.depends)


def _open(call: Call) -> Value | None:
    where = call.arguments[0] if call.arguments else call.keywords.get("file")
    mode = call.arguments[1] if len(call.arguments) > 1 else call.keywords.get("mode", Const("r"))
    if where is None or not isinstance(mode, Const) or not isinstance(mode.value, str):
        return None
    if path_of(where) is None and not (text(where) or "").startswith("/"):
        return None
    return opened(call, where, mode.value)


def opened(call: Call, where: Value, mode: str) -> Value:
    if mode not in {"r", "rt", "rb"}:
        return unknown(call, "call", "a file is opened for writing")
    data = content(call, where)
    if data is None:
        return absent(call, where)
    if mode == "rb":
        whole = Const(data)
        call.interpreter.contents[id(whole)] = (whole, inside(where) or "")
        return Object(kind="file", state={"data": whole}, depends=where.depends)
    found = decoded(call, where)
    if found is None:
        return unknown(call, "call", "a file of another encoding", where.depends)
    lines: list[Value] = [Const(item) for item in found.splitlines(keepends=True)] if found.count("\n") < 5_000 else []
    whole = Const(found)
    call.interpreter.contents[id(whole)] = (whole, inside(where) or "")
    state: dict[str, Value] = {"data": whole, "used": Seq("list")}
    if lines or not found:
        state["items"] = Seq("list", lines)
    return Object(kind="file", state=state, depends=where.depends)


def _file(call: Call) -> Value | None:
    owner = call.owner
    if not isinstance(owner, Object):
        return None
    data = owner.state["data"]
    if call.name == "close":
        return Const(None)
    if call.name in {"read", "readlines"} and not call.arguments and not call.keywords:
        used = owner.state.get("used")
        if isinstance(used, Seq):
            if used.items or not used.exact or call.interpreter.perhaps:
                return unknown(call, "call", "a file that is read twice")
            call.interpreter.touch(used)
            used.items.append(Const(True))
        if call.name == "read":
            return data
        return owner.state.get("items")
    return None


def _method(call: Call) -> Value | None:
    owner = call.owner
    if not isinstance(owner, Object):
        return None
    path, form = path_of(owner) or "", form_of(owner)
    if form == "text" and call.name == "rstrip" and [text(item) for item in call.arguments] == ["/"]:
        stripped = path.rstrip("/")
        return made(stripped, form, owner.depends) if stripped else location(call, owner.depends)
    if form == "text":
        for item in call.arguments:
            spoil_deep(call.interpreter, item, location(call))
        return location(call, owner.depends)
    match call.name:
        case "resolve":
            normal = posixpath.normpath(path) if path else ""
            return made("" if normal == "." else normal, form, owner.depends)
        case "absolute" | "expanduser":
            return owner
        case "joinpath":
            return joined(call, owner, call.arguments, "path")
        case "exists" | "is_file" | "is_dir":
            return there(call, owner, call.name)
        case "as_posix" | "__str__" | "__fspath__":
            return made(path, "text", owner.depends)
        case "with_name" | "with_suffix" if len(call.arguments) == 1 and path:
            name = call.name
            changed = computed(call, lambda part: str(getattr(PurePosixPath(path), name)(part)), call.arguments[0])
            found = text(changed)
            return made(found, form, owner.depends | changed.depends) if found is not None else changed
        case "read_text":
            whole = decoded(call, owner)
            return Const(whole, depends=owner.depends) if whole is not None else _not_read(call, owner)
        case "read_bytes":
            data = content(call, owner)
            return Const(data, depends=owner.depends) if data is not None else _not_read(call, owner)
        case "open":
            mode = call.arguments[0] if call.arguments else call.keywords.get("mode", Const("r"))
            return opened(call, owner, text(mode) or "")
    return None


def _not_read(call: Call, owner: Value) -> Value:
    return absent(call, owner)


def _attribute(call: Call) -> Value | None:
    owner = call.owner
    if not isinstance(owner, Object) or form_of(owner) != "path":
        return None
    path = path_of(owner) or ""
    if call.name == "parent":
        return _parent(call, owner)
    if call.name == "parents":
        return Object(kind="place.parents", state={"of": owner}, depends=owner.depends)
    if call.name in {"name", "stem", "suffix"}:
        last = PurePosixPath(path)
        known = last.name not in {"", ".", ".."}
        return Const(getattr(last, call.name), depends=owner.depends) if known else location(call, owner.depends)
    return None


def _ancestor(call: Call) -> Value | None:
    owner, index = call.owner, call.arguments[0]
    if not isinstance(owner, Object) or not isinstance(index, Const) or not isinstance(index.value, int):
        return None
    found: Value = owner.state["of"]
    if not 0 <= index.value <= 50:
        return location(call)
    for _ in range(index.value + 1):
        if not isinstance(found, Object):
            return found
        found = _parent(call, found)
    return found


def _operator(call: Call) -> Value | None:
    left, right = call.arguments
    if call.name == "/":
        if isinstance(left, Object) and left.kind == "place" and form_of(left) == "text":
            if not (isinstance(right, Object) and right.kind == "place" and form_of(right) == "path"):
                failing(call, "TypeError")
                return None
        return joined(call, left, [right], "path")
    path, more = path_of(left), text(right)
    if path is None or more is None or call.name not in {"+", "f"}:
        return None
    if call.name == "+" and isinstance(left, Object) and form_of(left) == "path":
        return None
    depends = depends_of(left) | depends_of(right)
    if path in {"", "."}:
        if more and not more.startswith("/"):
            return location(call, depends)
        return made(more.lstrip("/"), "text", depends)
    return made(path + more, "text", depends) if len(path) + len(more) < MAX_PATH else location(call, depends)


CALLS = {
    **dict.fromkeys(("pathlib.Path", "pathlib.PurePath", "pathlib.PurePosixPath", "pathlib.PosixPath"), _path),
    **dict.fromkeys(("os.path.abspath", "os.path.realpath", "os.path.normpath"), _same),
    **dict.fromkeys(("os.path.exists", "os.path.isfile", "os.path.isdir", "os.path.lexists"), _exists),
    "os.path.join": _join, "os.path.dirname": _dirname, "os.path.basename": _basename,
    "os.path.expanduser": _str, "os.fspath": _str, "builtins.str": _str,
    "builtins.open": _open, "io.open": _open, "codecs.open": _open,
}  # fmt: skip
METHODS = {"place": _method, "file": _file, "pathlib.PurePosixPath": _of_path}
ATTRIBUTES = {"place": _attribute}
ITEMS = {"place.parents": _ancestor}
OPERATORS = {"place": _operator}
TEXTS = {"place": _text}
