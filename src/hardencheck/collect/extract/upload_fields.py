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
_NO_CHECK = frozenset({"FileRequired", "DataRequired", "InputRequired", "Optional", "file_required"})
_CHECKER = ("clean_", "validate_")


class UploadFields(Extractor):
    """Fields that take any file of any size.

    Sources: Django documentation, "Validators" (FileExtensionValidator); Flask-WTF documentation, "File Uploads".
    """

    name = "python.upload-fields"
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
    names = [file.name(item.func if isinstance(item, ast.Call) else item).rpartition(".")[2] for item in given.elts]
    return any(name not in _NO_CHECK for name in names)


def _asks_about(owner: ast.ClassDef, fields: list[str]) -> bool:
    for node in owner.body:
        if isinstance(node, ast.FunctionDef) and node.name == "save":
            return any(isinstance(part, ast.Attribute) and part.attr in fields for part in ast.walk(node))
    return False
