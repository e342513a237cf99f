"""File fields of Django models and forms, and of WTForms, with what checks them."""

import ast
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Extractor, Found
from hardencheck.collect.extract._python import PythonFile, argument, parse, role, spreads
from hardencheck.model.facts.storage import FileFields
from hardencheck.model.location import Location

_TOKENS = (b"FileField", b"def clean_", b"def validate_")
# An ImageField is opened with Pillow, and its extension compared with those that Pillow knows.
_DJANGO = frozenset({
    "django.db.models.FileField", "django.db.models.fields.files.FileField", "django.forms.FileField",
    "django.forms.fields.FileField", "django.contrib.gis.db.models.FileField", "rest_framework.serializers.FileField",
    "rest_framework.fields.FileField",
})  # fmt: skip
_WTFORMS = frozenset({
    "flask_wtf.file.FileField", "wtforms.FileField", "wtforms.fields.FileField", "wtforms.fields.simple.FileField",
    "flask_wtf.file.MultipleFileField", "wtforms.MultipleFileField", "wtforms.fields.MultipleFileField",
})  # fmt: skip
# Say only that there is a file, or how long its name may be.
_NO_CHECK = frozenset({"FileRequired", "DataRequired", "InputRequired", "Optional", "file_required", "FileSize"})
_SIZES = frozenset({"size", "file", "seek", "tell"})
_CHECKER = ("clean_", "validate_")


class UploadFields(Extractor):
    """Fields that take any file of any size.

    Sources: Django documentation, "Validators" (FileExtensionValidator); Flask-WTF documentation, "File Uploads".
    """

    name = "python.upload-fields"
    version = 2
    emits = (FileFields,)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return path.endswith(".py")

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if not any(word in data for word in _TOKENS):
            return
        file = parse(data)
        checkers = tuple(dict.fromkeys(_checkers(file)))
        if checkers:
            yield FileFields(
                location=Location(path=path), library="", owner="", fields=(), unchecked=(), lines=(),
                checkers=checkers[:200], role=role(path),
            )  # fmt: skip
        if b"FileField" in data:
            for owner in file.classes:
                yield from _fields(path, file, owner)


def _checkers(file: PythonFile) -> Iterator[str]:
    for function in file.functions:
        for prefix in _CHECKER:
            if function.name.startswith(prefix):
                yield function.name.removeprefix(prefix)


def _fields(path: str, file: PythonFile, owner: ast.ClassDef) -> Iterator[FileFields]:
    fields: list[str] = []
    unchecked: list[str] = []
    lines: list[int] = []
    library = ""
    for node in owner.body:
        target = (
            node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1
            else node.target if isinstance(node, ast.AnnAssign) else None
        )  # fmt: skip
        call = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if not isinstance(target, ast.Name) or not isinstance(call, ast.Call):
            continue
        name = file.name(call.func)
        kind = "django" if name in _DJANGO else "wtforms" if name in _WTFORMS else ""
        if not kind or _nobody_sends(call):
            continue
        library = kind
        fields.append(target.id)
        if not _checked(call, kind, file):
            unchecked.append(target.id)
            lines.append(node.lineno)
    if not fields:
        return
    own = {"clean", "full_clean", "validate", "save"} & {
        node.name for node in owner.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    if own - {"save"} or ("save" in own and _asks_about(owner, fields)):
        unchecked = []
    yield FileFields(
        location=Location(path=path, line=owner.lineno),
        library=library,
        owner=owner.name,
        fields=tuple(fields[:50]),
        unchecked=tuple(unchecked[:50]),
        lines=tuple(lines[:50]) if unchecked else (),
        checkers=(),
        role=role(path),
    )


def _nobody_sends(call: ast.Call) -> bool:
    """`editable=False`, `read_only=True`: no form has it."""
    editable, read_only = argument(call, None, "editable"), argument(call, None, "read_only")
    return (isinstance(editable, ast.Constant) and editable.value is False) or (
        isinstance(read_only, ast.Constant) and read_only.value is True
    )


def _checked(call: ast.Call, kind: str, file: PythonFile) -> bool:
    given = argument(call, 1 if kind == "wtforms" else None, "validators")
    if given is None:
        return spreads(call)
    if not isinstance(given, ast.List | ast.Tuple):
        return True  # a name: a list of validators
    return any(not _lets_any_type_in(item, file) for item in given.elts)


def _lets_any_type_in(validator: ast.expr, file: PythonFile) -> bool:
    """Whether a validator says nothing of what a file is: one that comes with the library, or a function or class of
    this file that asks for sizes alone."""
    name = file.name(validator.func if isinstance(validator, ast.Call) else validator)
    last = name.rpartition(".")[2]
    if last in _NO_CHECK:
        return True
    own = [one for one in (*file.functions, *file.classes) if one.name == name]
    return len(own) == 1 and _asks_for_sizes_alone(own[0])


def _asks_for_sizes_alone(checker: ast.AST) -> bool:
    """What is asked of the file is its size, and the file goes nowhere else that may look into it."""
    functions = [part for part in ast.walk(checker) if isinstance(part, ast.FunctionDef)]
    called = next((one for one in functions if one.name == "__call__"), None)
    function = called or (functions[0] if len(functions) == 1 else None)
    if function is None or not function.args.args:
        return False
    given = function.args.args[1 if called is not None else 0 : 3]
    names = {one.arg for one in given}
    asked = False
    inside: set[int] = set()
    for part in ast.walk(function):
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id in names:
            if part.attr not in _SIZES:
                return False
            inside.add(id(part.value))
            asked = True
        elif isinstance(part, ast.Attribute) and isinstance(part.value, ast.Attribute) and part.value.attr == "file":
            if part.attr not in _SIZES:
                return False
    return asked and not any(
        isinstance(part, ast.Name) and part.id in names and id(part) not in inside for part in ast.walk(function)
    )


def _asks_about(owner: ast.ClassDef, fields: list[str]) -> bool:
    for node in owner.body:
        if isinstance(node, ast.FunctionDef) and node.name == "save":
            return any(isinstance(part, ast.Attribute) and part.attr in fields for part in ast.walk(node))
    return False
