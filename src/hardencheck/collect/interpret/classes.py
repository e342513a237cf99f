"""Classes of the repository: made by `class`, and their instances."""

import ast
from collections.abc import Sequence

from hardencheck.collect.interpret.attributes import bound_to
from hardencheck.collect.interpret.foreign import not_followed
from hardencheck.collect.interpret.frames import MAX_DEPTH, Frame
from hardencheck.collect.interpret.inheritance import class_attribute, linear
from hardencheck.collect.interpret.modelling import Call, find
from hardencheck.collect.interpret.run import Run, spelling
from hardencheck.collect.interpret.values import Class, Function, Instance, Library, Namespace, Unknown, Value
from hardencheck.collect.interpret.written import taint_written

_METACLASS = " with a metaclass"
_HOOKED = " with hooks of its own making"


def class_of(run: Run, node: ast.ClassDef, frame: Frame) -> Value:
    makers = [run.value(one.value, frame) for one in node.keywords if one.arg in {None, "metaclass"}]
    if any(not (isinstance(one, Library) and one.dotted == "abc.ABCMeta") for one in makers):
        # Making the class calls what is not followed.
        taint_written(run, node.body, Frame(Namespace(), frame.module, frame), run.unknown(node, frame))
        return not_followed(run, node, frame, makers, f"class {node.name}{_METACLASS}")
    bases = [run.value(base, frame) for base in node.bases]
    if any(isinstance(base, Unknown) and base.text.endswith((_METACLASS, _HOOKED)) for base in bases):
        taint_written(run, node.body, Frame(Namespace(), frame.module, frame), run.unknown(node, frame))
        return not_followed(run, node, frame, [], f"class {node.name}{_METACLASS}")
    names = Namespace()
    inner = Frame(names, frame.module, frame, of_class=True)
    run.block(node.body, inner)
    outside = tuple(base.dotted for base in bases if isinstance(base, Library) and base.dotted != "builtins.object")
    if any(not isinstance(base, Class | Library) for base in bases):
        outside = (*outside, "what is not known")
    made = Class(node.name, frame.module.path, node.lineno, (), outside, names, tuple(bases), node, frame)
    if sum(len(base.order) for base in bases if isinstance(base, Class)) > 4 * MAX_DEPTH:
        return run.unknown(node, frame, "budget", f"class {node.name} with many bases")
    after = linear([base if isinstance(base, Class) else _named(base) for base in bases])
    made.line_up = (made, *after)
    made.order = (made, *(one for one in after if isinstance(one, Class)))
    told = [item.value.cls for item in names.names.values() if isinstance(item.value, Instance)]
    hooked = any("__set_name__" in one.attributes.names for cls in told if cls is not None for one in cls.order)
    if hooked or any("__init_subclass__" in one.attributes.names for one in made.order[1:]):
        return not_followed(run, node, frame, [made], f"class {node.name}{_HOOKED}")
    if node.decorator_list and any("dataclass" not in spelling(item) for item in node.decorator_list):
        return run.unknown(node, frame, "call", f"class {node.name} with a decorator")
    if node.decorator_list:
        made.fields = _fields(node, made.order[1:])
    return made


def instance_of(
    run: Run, cls: Class, arguments: list[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    for base in (outside for one in cls.order for outside in one.outside):
        model = find("BASES", base)
        answer = model(Call(run, base, arguments, keywords, node, frame, cls)) if model is not None else None
        if answer is not None:
            return answer
    made = Instance(cls)
    if cls.fields is not None and all(one.fields is not None or not one.outside for one in cls.order):
        return _data_instance(run, made, cls, arguments, keywords, node, frame)
    maker = class_attribute(run, cls, "__init__")
    if class_attribute(run, cls, "__new__") is not None and not isinstance(maker, Unknown):
        return not_followed(run, node, frame, [cls, *arguments, *keywords.values()], cls.name)
    if isinstance(maker, Function) and maker.how == "":
        bound = bound_to(run, maker, made, cls, node, frame)
        if isinstance(bound, Function):
            run.call_function(bound, arguments, keywords, node, frame)
    elif arguments or keywords or maker is not None:
        return not_followed(run, node, frame, [*arguments, *keywords.values()], cls.name)
    return made


def _data_instance(
    run: Run,
    made: Instance,
    cls: Class,
    arguments: list[Value],
    keywords: dict[str, Value],
    node: ast.AST,
    frame: Frame,
) -> Value:
    """An instance of a dataclass: its arguments become attributes (Python documentation, dataclasses)."""
    fields = cls.fields or ()
    given = dict(zip(fields, arguments, strict=False)) | keywords
    special = ("__init__", "__post_init__", "__new__", "__setattr__")
    if (
        len(arguments) > len(fields)
        or set(given) - set(fields)
        or any(class_attribute(run, cls, name) is not None for name in special)
        or any(name not in given and class_attribute(run, cls, name) is None for name in fields)
    ):
        return not_followed(run, node, frame, [*arguments, *keywords.values()], cls.name)
    for name, value in given.items():
        run.bind_in(made.attributes, name, value, frame.module.path, getattr(node, "lineno", 0))
    return made


def _fields(node: ast.ClassDef, bases: Sequence[Class]) -> tuple[str, ...] | None:
    """The fields of a dataclass, in the order of its arguments; None where they are more than names and defaults."""
    for decorator in node.decorator_list:
        words = decorator.keywords if isinstance(decorator, ast.Call) else []
        if any(word.arg not in {"frozen", "slots", "eq", "order", "repr", "unsafe_hash"} for word in words):
            return None
    names: dict[str, None] = {}
    for base in reversed(bases):
        if base.fields is None:
            return None
        names.update(dict.fromkeys(base.fields))
    for part in node.body:
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            spelled = ast.unparse(part.annotation)
            if "ClassVar" in spelled or "InitVar" in spelled or "KW_ONLY" in spelled or _is_field(part.value):
                return None
            names[part.target.id] = None
    return tuple(names)


def _is_field(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Call) and spelling(value.func).rpartition(".")[2] == "field"


def _named(base: Value) -> str:
    return base.dotted if isinstance(base, Library) else "what is not known"
