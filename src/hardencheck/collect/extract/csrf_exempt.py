"""Views that are taken out of the check of CSRF tokens: Django's `csrf_exempt`, `exempt` of Flask-WTF.

Sources: Django 6.0 documentation, "Cross Site Request Forgery protection"; Flask-WTF 1.2, "CSRF Protection".
"""

import ast
from collections.abc import Iterable, Iterator

from hardencheck.collect.contract import Extractor, Found
from hardencheck.collect.extract._python import PythonFile, argument, parse, role
from hardencheck.model.facts.protections import CsrfExempt
from hardencheck.model.location import Location

_DJANGO = "django.views.decorators.csrf.csrf_exempt"
_METHOD = "django.utils.decorators.method_decorator"


class CsrfExemptions(Extractor):
    """`@csrf_exempt`, `@method_decorator(csrf_exempt)`, `csrf_exempt(view)`; `@csrf.exempt`, `csrf.exempt(view)`."""

    name = "csrf.exempt"
    emits = (CsrfExempt,)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return path.endswith(".py")

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if (b"csrf_exempt" not in data and b".exempt" not in data) or role(path) != "production":
            return
        file = parse(data)
        for line, framework, view in _exempted(file):
            yield CsrfExempt(location=Location(path=path, line=line), framework=framework, view=view)


def _exempted(file: PythonFile) -> Iterator[tuple[int, str, str]]:
    decorators: set[int] = set()
    for owner in (*file.functions, *file.classes):
        for one in owner.decorator_list:
            decorators.add(id(one))
            if framework := _framework(file, one):
                yield one.lineno, framework, owner.name
    # What is passed on is no call of its own: `method_decorator(csrf_exempt)` has been met as a decorator.
    for call in file.calls:
        if id(call) not in decorators and call.args and (framework := _framework(file, call.func)):
            yield call.lineno, framework, _called(file, call.args[0])


def _framework(file: PythonFile, node: ast.expr) -> str:
    """Whose exemption a decorator (or what is called) is, "" for none."""
    if isinstance(node, ast.Call) and file.name(node.func) == _METHOD:
        given = argument(node, 0, "decorator")
        several = given.elts if isinstance(given, ast.List | ast.Tuple) else [given]
        return "django" if any(one is not None and file.name(one) == _DJANGO for one in several) else ""
    name = file.name(node)
    if name == _DJANGO:
        return "django"
    owner, _, last = name.rpartition(".")
    return "flask" if last == "exempt" and "csrf" in owner.rpartition(".")[2].lower() else ""


def _called(file: PythonFile, node: ast.expr) -> str:
    """What a view is called: `View.as_view()` is View."""
    name = file.name(node.func if isinstance(node, ast.Call) else node)
    return name.removesuffix(".as_view").rpartition(".")[2] or "a view"
