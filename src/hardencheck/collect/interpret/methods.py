"""Methods of texts, lists, tables and of what Python has by name."""

import ast
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import PurePosixPath

from hardencheck.collect.interpret.environment import EVERY, contains, export, get_variable, own_of, variable
from hardencheck.collect.interpret.exceptions import Raised
from hardencheck.collect.interpret.frames import Frame
from hardencheck.collect.interpret.modelling import Call, modelled
from hardencheck.collect.interpret.plainly import depending_copy, plainly, text_of
from hardencheck.collect.interpret.run import Run
from hardencheck.collect.interpret.sizes import has_path, tiny
from hardencheck.collect.interpret.spoiling import spoil, spoil_deep
from hardencheck.collect.interpret.tables import keyword_places, scope_table, table_from, table_of
from hardencheck.collect.interpret.values import (
    ABSENT,
    NOTHING,
    Absent,
    Const,
    Instance,
    Joined,
    Map,
    Module,
    NotKnown,
    Object,
    Seq,
    Unknown,
    Value,
    changing,
    depending,
    depends_of,
    join,
    plain,
    same,
)

_STRING_METHODS = frozenset({
    "strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "casefold", "startswith", "endswith",
    "replace", "split", "rsplit", "splitlines", "join", "partition", "rpartition", "removeprefix", "removesuffix",
    "isdigit", "isalpha", "isalnum", "isnumeric", "isidentifier", "count", "find", "rfind", "index", "encode", "decode",
    "format", "zfill", "swapcase", "isspace", "islower", "isupper", "expandtabs",
})  # fmt: skip


def method(
    run: Run,
    owner: Value,
    name: str,
    arguments: list[Value],
    keywords: dict[str, Value],
    node: ast.AST,
    frame: Frame,
) -> Value | None:
    match owner:
        case Object():
            return _object_method(run, owner, name, arguments, keywords, node, frame)
        case Seq():
            return _seq_method(run, owner, name, arguments, keywords, node, frame)
        case Map():
            return _map_method(run, owner, name, arguments, keywords, node, frame)
        case Const(value=str() | bytes()) if name in _STRING_METHODS:
            given = (*arguments, *keywords.values())
            if name in {"zfill", "expandtabs", "replace", "join", "format"} and not _bounded(owner, given):
                return None
            if name == "format" and not _plain_template(owner.value):
                return None
            return _with_owner(owner, name, arguments, keywords)
        case Const(value=PurePosixPath()) if name in {"exists", "is_file", "is_dir", "read_text", "read_bytes", "open"}:
            return modelled(
                "METHODS", "pathlib.PurePosixPath", Call(run, name, arguments, keywords, node, frame, owner)
            )
        case Const(value=PurePosixPath()) if name in {
            "joinpath",
            "with_name",
            "with_suffix",
            "as_posix",
            "is_absolute",
        }:
            return _with_owner(owner, name, arguments, keywords)
        case Const(value=timedelta()) if name == "total_seconds":
            return _with_owner(owner, name, arguments, keywords)
        case Const(value=int() | float()) if name in {"bit_length", "is_integer"}:
            return _with_owner(owner, name, arguments, keywords)
        case Joined(options=options) if all(isinstance(option, Const) for option in options):
            found = [method(run, option, name, arguments, keywords, node, frame) for option in options]
            return join([item for item in found if item is not None]) if None not in found else None
        case Unknown():
            if owner.reach:
                spoil(run, owner, run.unknown(node, frame))
            for item in (*arguments, *keywords.values()):
                spoil_deep(run, item, owner)
            run.may_raise = True
            return owner
    return None


def _bounded(owner: Const, arguments: Sequence[Value]) -> bool:
    """Whether a method makes a text that is not much longer than those it is made of."""
    size = max(len(owner.value), 1)  # type: ignore[arg-type]
    for item in arguments:
        if isinstance(item, Const) and isinstance(item.value, int) and item.value * size > 1_000_000:
            return False
        if isinstance(item, Const) and isinstance(item.value, str | bytes) and len(item.value) * size > 1_000_000:
            return False
        if isinstance(item, Seq | Map) and (len(item.items) * size > 1_000_000 or not tiny([item])):
            return False
    return True


def _plain_template(text: object) -> bool:
    """ "{} {name}", without attributes, items or widths."""
    return isinstance(text, str) and not re.search(r"\{[^}]*[.\[:!][^}]*\}", text)


def _with_owner(owner: Const, name: str, arguments: list[Value], keywords: dict[str, Value]) -> Value | None:
    if name == "format" and any(has_path(item) for item in arguments if isinstance(item, Seq | Map)):
        return None
    return plainly(lambda first, *rest, **more: getattr(first, name)(*rest, **more), [owner, *arguments], keywords)


def _seq_method(
    run: Run,
    owner: Seq,
    name: str,
    arguments: list[Value],
    keywords: dict[str, Value],
    node: ast.AST,
    frame: Frame,
) -> Value | None:
    if name == "copy":
        return Seq(owner.kind, list(owner.items), list(owner.extra), owner.exact, owner.open, depends=owner.depends)
    if name in {"index", "count"} and owner.exact:
        return plainly(lambda first, *rest: getattr(first, name)(*rest), [owner, *arguments], {}, set_too=True)
    if name in {"union", "difference", "intersection", "issubset", "issuperset"} and owner.kind == "set":
        return plainly(lambda first, *rest: getattr(first, name)(*rest), [owner, *arguments], {}, set_too=True)
    if owner.kind == "tuple" or name not in {
        "append", "extend", "insert", "remove", "add", "discard", "update", "clear", "pop", "reverse", "sort",
    }:  # fmt: skip
        return None
    run.touch(owner)
    if run.perhaps:
        owner.taint()
        return Const(None)
    run.bounded(owner, arguments)
    owner.depends |= run.condition
    match name, arguments:
        case (("append" | "add"), [value]):
            if owner.kind == "set":
                owner.depends |= depends_of(owner) | depends_of(value)  # which of them are the same
                if any(same(value, item) for item in owner.items):
                    return Const(None)
            owner.items.append(value)
        case (("extend" | "update"), [value]):
            items = run.items(value)
            owner.depends |= depends_of(value)
            if items is not None:
                for item in items:
                    if owner.kind != "set" or not any(same(item, known) for known in owner.items):
                        owner.items.append(item)
            elif isinstance(value, Seq):
                owner.items.extend(value.items)
                owner.extra.extend(value.extra)
                owner.exact, owner.open = False, owner.open or value.open
            else:
                owner.exact, owner.open = False, True
        case "insert", [place, value]:
            at = place.value if isinstance(place, Const) and isinstance(place.value, int) else None
            owner.depends |= depends_of(place)
            if at is None:
                owner.items.append(value)
                if owner.exact:
                    # In it for sure; where, nobody knows.
                    owner.exact = False
            else:
                owner.items.insert(at, value)
        case (("remove" | "discard"), [value]):
            return _removed(run, owner, name, value)
        case "clear", []:
            owner.items, owner.extra, owner.exact, owner.open = [], [], True, False
        case "reverse", []:
            owner.items.reverse()
        case "pop", [] | [Const(value=int())] if owner.exact and (
            owner.items if owner.kind == "list" else len(owner.items) == 1
        ):
            at = arguments[0].value if arguments else -1  # type: ignore[attr-defined]
            owner.depends |= arguments[0].depends if arguments else NOTHING
            if isinstance(at, int) and -len(owner.items) <= at < len(owner.items):
                return depending(owner.items.pop(at), owner.depends)
            owner.taint()
        case "sort", [] if not keywords:
            owner.depends |= depends_of(owner)
            try:
                owner.items.sort(key=plain)  # type: ignore[arg-type]
            except (NotKnown, TypeError):
                owner.taint()
        case _:
            owner.taint()
            return run.unknown(node, frame)
    return Const(None)


def _removed(run: Run, owner: Seq, name: str, value: Value) -> Value:
    owner.depends |= depends_of(owner) | depends_of(value)  # which of them it is
    for number, item in enumerate(owner.items):
        equal = isinstance(item, Const) and isinstance(value, Const) and item.value == value.value
        if same(item, value) or equal:
            del owner.items[number]
            return Const(None)
    owner.extra = [item for item in owner.extra if not same(item, value)]
    if owner.exact and isinstance(value, Const) and all(isinstance(item, Const) for item in owner.items):
        error = "KeyError" if owner.kind == "set" else "ValueError"
        run.watched |= depends_of(owner) | value.depends
        if name == "remove" and run.catching(error, "LookupError" if owner.kind == "set" else error):
            raise Raised(error)
        run.may_raise = run.may_raise or name == "remove"
        return Const(None)
    if not isinstance(value, Const):
        owner.taint()
    return Const(None)


def _map_method(
    run: Run,
    owner: Map,
    name: str,
    arguments: list[Value],
    keywords: dict[str, Value],
    node: ast.AST,
    frame: Frame,
) -> Value | None:
    match name, arguments:
        case "copy", []:
            return owner.copied()
        case (("items" | "keys" | "values"), []):
            return Object(kind="view", state={"of": owner, "what": Const(name)}, depends=owner.depends)
        case (("get" | "pop" | "setdefault"), [key, *rest]):
            default = rest[0] if rest else Const(None)
            try:
                wanted = plain(key)
                there = wanted in owner.items
            except (NotKnown, TypeError):
                if name != "get":
                    spoil(run, owner, run.unknown(node, frame))
                elif owner.exact:
                    return depending(join([*owner.items.values(), default]), depends_of(key) | owner.depends)
                why = run.unknown(node, frame, depends=depends_of(key))
                return replace(why, reach=changing([*owner.items.values(), default]))
            by = depends_of(key) | owner.depends
            if name == "get":
                if there and wanted not in owner.maybe:
                    return depending_copy(owner.items[wanted], by) if by else owner.items[wanted]
                if there:
                    return depending(join([owner.items[wanted], default]), by)
                return (depending_copy(default, by) if by else default) if owner.exact else None
            run.touch(owner)
            owner.depends |= run.condition | depends_of(key)
            if run.perhaps or wanted in owner.maybe or (not there and not owner.exact):
                owner.taint()
                return run.unknown(node, frame)
            if name == "pop":
                if not there and not rest:
                    run.watched |= by
                    if run.catching("KeyError", "LookupError"):
                        raise Raised("KeyError")
                    return run.unknown(node, frame, depends=by)
                return depending(owner.items.pop(wanted) if there else default, by)
            if not there:
                owner.places[wanted] = (frame.module.path, getattr(node, "lineno", 0))
            return depending(owner.items.setdefault(wanted, default), by)
        case "update", _:
            run.touch(owner)
            given = arguments[0] if arguments else Map()
            if isinstance(given, Object | Seq):
                given = _pairs(run, given) or given
            if run.perhaps or not isinstance(given, Map) or len(arguments) > 1:
                owner.taint()
                return Const(None)
            owner.lay(given, Unknown("call", "updated with what is not known"))
            for word, item in keywords.items():
                owner.items[word] = item
                owner.maybe.discard(word)
            owner.places.update(keyword_places(keywords, node, frame))
            owner.depends |= run.condition
            return Const(None)
        case "clear", []:
            run.touch(owner)
            owner.depends |= run.condition
            owner.items, owner.maybe, owner.exact = {}, set(), True
            return Const(None)
    return None


def _pairs(run: Run, value: Value) -> Map | None:
    """What `update` takes besides a table: the attributes of an object, pairs."""
    if isinstance(value, Object) and value.kind == "attributes" and isinstance(of := value.state["of"], Instance):
        return table_of(of)
    made = table_from([value], {}, run) if isinstance(value, Seq) else None
    return made if isinstance(made, Map) else None


def _object_method(
    run: Run,
    owner: Object,
    name: str,
    arguments: list[Value],
    keywords: dict[str, Value],
    node: ast.AST,
    frame: Frame,
) -> Value | None:
    if owner.kind == "quiet":
        return owner  # a logger, say, and what its methods give
    if owner.kind == "environ" and name == "copy":
        own = own_of(owner)
        return Object(kind="environ", state={"own": own.copied() if own else Map()})
    if owner.kind == "environ" and (own := own_of(owner)) is not None:
        key = text_of(arguments[0]) if arguments else None
        if name != "get" or key is None or key in own.items or not own.exact:
            if name not in {"get", "items", "keys", "values"}:
                spoil(run, own, run.unknown(node, frame))
            return run.unknown(node, frame)
    if owner.kind == "environ":
        if name == "get":
            return get_variable(run, arguments, keywords, node, frame)
        if name == "setdefault" and len(arguments) == 2:
            key = text_of(arguments[0])
            if key is not None:
                there = contains(run, owner, arguments[0])
                with run.deciding(frozenset({key})):
                    if there is False:
                        export(run, key, arguments[1])
                    elif there is None:
                        export(run, key, Unknown("branch", key, depends=frozenset({key})))
                return variable(run, key, None, node, frame)
        if name == "pop" and arguments and (popped := text_of(arguments[0])) is not None:
            was = variable(run, popped, arguments[1] if len(arguments) > 1 else None, node, frame)
            export(run, popped, Absent())
            return was
        if name == "update" and len(arguments) < 2:
            new = table_from(arguments, keywords, run)
            if isinstance(new, Map) and new.exact and not new.maybe:
                for variable_name, item in new.items.items():
                    export(run, str(variable_name), depending(item, new.depends))
                if new.depends:
                    run.exported.depends |= new.depends
                return Const(None)
        if name in {"items", "keys"} and run.exported.exact and not run.exported.maybe:
            # Those that the repository says are set; where it runs there are others.
            variables: dict[object, Value] = {
                key: variable(run, key, None, node, frame)
                for key in sorted({*run.environment, *map(str, run.exported.items)})
                if contains(run, owner, Const(key)) is not False
            }
            perhaps: set[object] = {key for key in variables if contains(run, owner, Const(str(key))) is None}
            given = Map(variables, perhaps, depends=frozenset({EVERY}) | run.exported.every())
            return _map_method(run, given, name, [], {}, node, frame)
        if name not in {"items", "keys", "values", "copy", "__contains__"}:
            export(run, None, Const(None))
        return run.unknown(node, frame)
    if owner.kind == "attributes" and isinstance(of := owner.state["of"], Instance):
        return _attributes(run, of, name, arguments, keywords, node, frame)
    if owner.kind == "scope" and isinstance(module := owner.state["module"], Module):
        names = module.namespace
        made = (
            table_from(arguments, keywords, run)
            if name == "update" and not run.perhaps and len(arguments) < 2
            else None
        )
        if isinstance(made, Map) and made.exact:
            given = made
            with run.deciding(given.depends):
                for written, item in given.items.items():
                    if isinstance(written, str):
                        held = names.get(written) if written in given.maybe else None
                        both = join([item, held.value]) if held is not None else item
                        both = join([item, ABSENT]) if written in given.maybe and held is None else both
                        run.set_attribute(module, written, both, node, frame)
            bounded, keys = given.within
            for word in sorted(keys) if bounded else ():
                names.mark_name(word, bounded)
            if others := given.depends - bounded:
                names.mark_all(others)
            return Const(None)
        if name == "get" and arguments and (text := text_of(arguments[0])) is not None:
            found = names.get(text)
            default = arguments[1] if len(arguments) > 1 else Const(None)
            absent = names.absent(text)
            if found is None and text.startswith("__"):
                return run.unknown(node, frame)
            if found is not None and isinstance(found.value, Joined):
                options = [option for option in found.value.options if not isinstance(option, Absent)]
                both = depending(join([*options, default]), found.value.depends)
                return both if len(options) < len(found.value.options) else found.value
            return found.value if found is not None else depending_copy(default, absent)
        if name in {"items", "keys", "values", "copy"} and not arguments and (table := scope_table(owner)) is not None:
            return _map_method(run, table, name, [], {}, node, frame)
        if name in {"update", "setdefault", "pop", "clear", "__setitem__"}:
            run.taint(names, run.unknown(node, frame, "tainted"))
        return run.unknown(node, frame, "tainted")
    return None


def _attributes(
    run: Run,
    owner: Instance,
    name: str,
    arguments: list[Value],
    keywords: dict[str, Value],
    node: ast.AST,
    frame: Frame,
) -> Value | None:
    """A method of `vars(x)` or `x.__dict__`: the attributes of the object themselves."""
    why = run.unknown(node, frame)
    given = Map({str(key): item for key, item in keywords.items()})
    if name == "update" and len(arguments) < 2:
        first = arguments[0] if arguments else Map()
        if isinstance(first, Object) and first.kind == "attributes" and isinstance(of := first.state["of"], Instance):
            first = table_of(of) or first
        whole = (
            isinstance(first, Map) and first.exact and not first.maybe and all(isinstance(k, str) for k in first.items)
        )
        if isinstance(first, Map) and whole and not run.perhaps:
            with run.deciding(first.depends):
                for key, item in {**first.items, **given.items}.items():
                    run.bind_in(owner.attributes, str(key), item, frame.module.path, getattr(node, "lineno", 0))
            return Const(None)
    if name in {"update", "setdefault", "pop", "popitem", "clear", "__setitem__", "__delitem__"}:
        spoil(run, owner, why)
        return why
    table = table_of(owner)
    if table is None:
        return why
    return _map_method(run, table, name, arguments, keywords, node, frame)
