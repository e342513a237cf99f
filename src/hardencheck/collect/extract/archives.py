"""Archives that Python code unpacks, and what keeps their members inside the folder."""

import ast
from collections.abc import Iterable, Iterator
from typing import Literal

from hardencheck.collect.contract import Extractor, Found
from hardencheck.collect.extract._constants import Constants
from hardencheck.collect.extract._python import PythonFile, argument, parse, role, shorten, spreads
from hardencheck.collect.extract._upload_objects import handles_uploads
from hardencheck.model.facts.storage import ArchiveExtraction
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

_TOKENS = (b"extractall", b"unpack_archive", b"tarfile")
_TAR = frozenset({
    "tarfile.open", "tarfile.TarFile", "tarfile.TarFile.open", "tarfile.TarFile.gzopen", "tarfile.TarFile.bz2open",
    "tarfile.TarFile.xzopen", "tarfile.TarFile.taropen",
})  # fmt: skip
_ZIP = frozenset({"zipfile.ZipFile", "zipfile.PyZipFile", "pyzipper.AESZipFile", "pyzipper.ZipFile"})
_FILTERS = {"data": "filter", "tar": "filter", "fully_trusted": "fully_trusted"}
_FILTER_NAMES = {"data_filter": "filter", "tar_filter": "filter", "fully_trusted_filter": "fully_trusted"}
_SIZES = frozenset({"file_size", "compress_size", "infolist", "getmembers"})
_Format = Literal["tar", "zip", "any", ""]
_Guard = Literal["filter", "members", "zipfile", "fully_trusted", ""]


class Archives(Extractor):
    """extractall and extract of tarfile and zipfile, shutil.unpack_archive.

    Source: Python documentation, tarfile ("Extraction filters", PEP 706) and zipfile (ZipFile.extract).
    """

    name = "python.archives"
    version = 2
    emits = (ArchiveExtraction,)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return path.endswith(".py")

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if not any(word in data for word in _TOKENS):
            return
        yield from _File(path, parse(data)).found()


class _File:
    def __init__(self, path: str, file: PythonFile) -> None:
        self.path, self.file, self.role = path, file, role(path)
        self.constants = Constants(file)
        # What a name holds, by the calls that open archives, wherever in the file that is.
        self.opened: dict[str, set[_Format]] = {}
        self.sources: dict[str, list[ast.expr | None]] = {}
        for target, value in _given(file):
            form = self._opens(value)
            if form:
                self.opened.setdefault(ast.unparse(target), set()).add(form)
                self.sources.setdefault(ast.unparse(target), []).append(_source(value))
        for function in file.functions:
            for one in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs):
                text = ast.unparse(one.annotation) if one.annotation is not None else ""
                if "TarFile" in text:
                    self.opened.setdefault(one.arg, set()).add("tar")
                elif "ZipFile" in text:
                    self.opened.setdefault(one.arg, set()).add("zip")
        # `tar.extraction_filter = ...` on an archive or on the class.
        self.filtered = {
            ast.unparse(target.value)
            for node in file.assigns
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Attribute) and target.attr == "extraction_filter"
        }

    def _opens(self, node: ast.expr) -> _Format:
        if isinstance(node, ast.Call):
            name = self.file.name(node.func)
            if name in _TAR:
                return "tar"
            if name in _ZIP:
                return "zip"
            if name.endswith("closing") and node.args:
                return self._opens(node.args[0])
        return ""

    def found(self) -> Iterator[Found]:
        for call in self.file.calls:
            function = self.file.name(call.func)
            if function == "shutil.unpack_archive":
                yield from self._extraction(call, function, "any", argument(call, 3, "filter"))
            elif isinstance(call.func, ast.Attribute) and call.func.attr in {"extractall", "extract"}:
                form = self._format(call.func.value, call.func.attr)
                method = call.func.attr
                if form == "zip" and method == "extractall":
                    yield self._made(call, "ZipFile.extractall", "zip", "zipfile")
                elif form == "tar":
                    given = argument(call, None, "filter")
                    yield from self._extraction(call, f"TarFile.{method}", "tar", given)

    def _format(self, receiver: ast.expr, method: str) -> _Format:
        direct = self._opens(receiver)
        if direct:
            return direct
        forms = self.opened.get(ast.unparse(receiver), set())
        if len(forms) == 1:
            return next(iter(forms))
        if not forms and method == "extractall" and self.file.imports("tarfile") and not self.file.imports("zipfile"):
            return "tar"  # as bandit's B202 takes it
        return "tar" if "tar" in forms else ""

    def _extraction(
        self, call: ast.Call, function: str, form: Literal["tar", "any"], given: ast.expr | None
    ) -> Iterator[Found]:
        guard: _Guard = ""
        if given is not None and not (isinstance(given, ast.Constant) and given.value is None):
            held = self.constants.value(given, self.file.scope(call)).node
            if isinstance(held, ast.Constant) and isinstance(held.value, str):
                guard = _FILTERS.get(held.value, "")  # type: ignore[assignment]
            else:
                last = self.file.name(held).rpartition(".")[2]
                guard = _FILTER_NAMES.get(last, "filter")  # type: ignore[assignment]
        elif spreads(call):
            yield Gap(
                kinds=(ArchiveExtraction.kind(),),
                collector=Archives.name,
                reason=Reason.NOT_LITERAL,
                detail=f"{function}: a filter may be among {shorten(call)}",
                location=Location(path=self.path, line=call.lineno),
                about={"role": self.role},
            )
            return
        elif isinstance(call.func, ast.Attribute) and self._is_filtered(call.func.value):
            guard = "filter"
        elif form == "tar" and self._chosen(call):
            guard = "members"
        if form == "any" and not guard and self._asks_for_zip(call):
            yield self._made(call, function, "zip", "zipfile")
            return
        yield self._made(call, function, form, guard)

    def _is_filtered(self, receiver: ast.expr) -> bool:
        return ast.unparse(receiver) in self.filtered or any(name.endswith("TarFile") for name in self.filtered)

    def _chosen(self, call: ast.Call) -> bool:
        """Whether the members are a choice of the code: not all of them, as getmembers() gives."""
        if isinstance(call.func, ast.Attribute) and call.func.attr == "extract":
            return self._looks_at_members(call)
        members = argument(call, 1, "members")
        if members is None or (isinstance(members, ast.Constant) and members.value is None):
            return False
        held = self.constants.value(members, self.file.scope(call)).node
        if isinstance(held, ast.Call) and isinstance(held.func, ast.Attribute) and held.func.attr == "getmembers":
            return False
        # A list of members that the function has looked at, a generator, a call of a function that checks them.
        return True

    def _looks_at_members(self, call: ast.Call) -> bool:
        """Whether `tar.extract(member)` takes one by its name, or asks for the name of each before it does."""
        member = argument(call, 0, "member")
        if not isinstance(member, ast.Name):
            return True
        looped = False
        for node in ast.walk(self.file.scope(call)):
            match node:
                case ast.For(target=ast.Name(id=name)) if name == member.id:
                    looped = True
                case ast.Attribute(value=ast.Name(id=name)) if name == member.id:
                    return True
        return not looped

    def _in_view(self, call: ast.Call) -> bool:
        scope = self.file.scope(call)
        if not isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef) or not handles_uploads(self.file, scope):
            return False
        return not self._of_the_service(call)

    def _of_the_service(self, call: ast.Call) -> bool:
        """Whether the archive is a file that the code names itself."""
        sources: list[ast.expr | None]
        if isinstance(call.func, ast.Attribute) and call.func.attr in {"extractall", "extract"}:
            receiver = call.func.value
            sources = [_source(receiver)] if self._opens(receiver) else self.sources.get(ast.unparse(receiver), [])
        else:
            sources = [argument(call, 0, "filename")]
        return bool(sources) and all(one is not None and self._is_text(one, call) for one in sources)

    def _is_text(self, node: ast.expr, call: ast.Call) -> bool:
        held = self.constants.value(node, self.file.scope(call)).node
        return isinstance(held, ast.Constant) and isinstance(held.value, str)

    def _measured(self, call: ast.Call) -> bool:
        return any(
            (isinstance(node, ast.Attribute) and node.attr in _SIZES)
            or (
                isinstance(node, ast.Compare)
                and any(isinstance(op, ast.Gt | ast.GtE | ast.Lt | ast.LtE) for op in node.ops)
            )
            for node in ast.walk(self.file.scope(call))
        )

    def _asks_for_zip(self, call: ast.Call) -> bool:
        form = argument(call, 2, "format")
        return isinstance(form, ast.Constant) and form.value == "zip"

    def _made(
        self, call: ast.Call, function: str, form: Literal["tar", "zip", "any"], guard: _Guard
    ) -> ArchiveExtraction:
        return ArchiveExtraction(
            location=Location(path=self.path, line=call.lineno, column=call.col_offset + 1),
            function=function,
            format=form,
            guard=guard,
            guarded=guard in {"filter", "members", "zipfile"},
            uploaded=self._in_view(call),
            measured=self._measured(call),
            role=self.role,
        )


def _source(node: ast.expr) -> ast.expr | None:
    """What an archive is opened from; None for an open file, and for what is not seen."""
    if not isinstance(node, ast.Call) or spreads(node) or argument(node, None, "fileobj") is not None:
        return None
    if isinstance(node.func, ast.Name | ast.Attribute) and ast.unparse(node.func).rpartition(".")[2] == "closing":
        return _source(node.args[0]) if node.args else None
    return argument(node, 0, "name") or argument(node, 0, "file")


def _given(file: PythonFile) -> Iterator[tuple[ast.expr, ast.expr]]:
    for node in file.assigns:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield target, node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield node.target, node.value
    for part in ast.walk(file.tree):
        if isinstance(part, ast.withitem) and part.optional_vars is not None:
            yield part.optional_vars, part.context_expr
