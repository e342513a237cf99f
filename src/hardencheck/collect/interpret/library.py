"""Code outside the repository, by its dotted name: the standard library, and readers of the environment.

A model answers with a value, or with None where it knows nothing of these arguments; the call is then one that is not
followed.
"""

import ast
import logging
import math
import posixpath
import stat
import string
from datetime import timedelta
from pathlib import PurePosixPath

from hardencheck.collect.interpret.asking import getmembers
from hardencheck.collect.interpret.builtin_calls import builtin
from hardencheck.collect.interpret.environment import get_variable
from hardencheck.collect.interpret.frames import Frame
from hardencheck.collect.interpret.modelling import Call, find
from hardencheck.collect.interpret.plainly import plainly, text_of
from hardencheck.collect.interpret.run import Run
from hardencheck.collect.interpret.values import (
    NOTHING,
    Const,
    Instance,
    Library,
    Map,
    Object,
    Seq,
    Unknown,
    Value,
    copied,
    depending,
)

_QUIET = ("logging.", "warnings.", "django.utils.translation.", "sentry_sdk.", "mimetypes.", "locale.")
_GIVING_NOTHING = frozenset({
    "logging.basicConfig", "logging.config.dictConfig", "logging.config.fileConfig", "logging.disable",
    "logging.captureWarnings", "logging.addLevelName", "logging.debug", "logging.info", "logging.warning",
    "logging.log", "logging.setLoggerClass", "logging.error", "logging.critical", "logging.exception", "warnings.warn",
    "warnings.filterwarnings", "warnings.simplefilter", "warnings.resetwarnings", "mimetypes.add_type",
    "mimetypes.init", "django.utils.translation.activate", "django.utils.translation.deactivate",
})  # fmt: skip
_GENERATORS = frozenset({
    "secrets.token_hex", "secrets.token_urlsafe", "secrets.token_bytes", "os.urandom", "uuid.uuid4",
    "django.core.management.utils.get_random_secret_key",
})  # fmt: skip
# Django 6.0, django.utils.csp; django-csp 4, csp.constants, whose NONCE is an object.
CSP_CONSTANTS = {
    "SELF": "'self'", "NONE": "'none'", "UNSAFE_INLINE": "'unsafe-inline'", "UNSAFE_EVAL": "'unsafe-eval'",
    "STRICT_DYNAMIC": "'strict-dynamic'", "REPORT_SAMPLE": "'report-sample'", "UNSAFE_HASHES": "'unsafe-hashes'",
    "WASM_UNSAFE_EVAL": "'wasm-unsafe-eval'", "NONCE": "<CSP_NONCE_SENTINEL>",
}  # fmt: skip
_CONSTANTS: dict[str, object] = {
    "os.sep": "/",
    "os.linesep": "\n",
    "os.pathsep": ":",
    "os.name": "posix",
    "sys.platform": "linux",
    **{f"django.utils.csp.CSP.{name}": text for name, text in CSP_CONSTANTS.items()},
    **{f"csp.constants.{name}": text for name, text in CSP_CONSTANTS.items() if name != "NONCE"},
}
_DJANGO_SETTINGS = "django.conf.settings."
# Of the standard library, and the same everywhere: levels, letters, modes, statuses.
_CONSTANT_MODULES = {"logging": logging, "string": string, "stat": stat, "math": math}
_NAMED_CONSTANTS = tuple(f"{name}." for name in _CONSTANT_MODULES)


def attribute(run: Run, name: str, node: ast.AST, frame: Frame) -> Value:
    if run.patched:
        held = run.outside(name, node, frame)
        if isinstance(held, Unknown):
            return held
    if name.startswith(_NAMED_CONSTANTS):
        module, _, word = name.rpartition(".")
        constant = getattr(_CONSTANT_MODULES[module], word, None) if module in _CONSTANT_MODULES else None
        if isinstance(constant, int | str | float) and not isinstance(constant, bool):
            return Const(constant)
    if name in _CONSTANTS:
        return Const(_CONSTANTS[name])  # type: ignore[arg-type]
    if name == "os.environ":
        return Object(kind="environ")
    if name == "sys.version_info":
        return Object(kind="version")
    if name in {"sys.argv", "sys.modules"}:
        return Object(kind=name)
    if name.startswith(_DJANGO_SETTINGS) and (found := django_setting(run, name)) is not None:
        return found
    constant = find("CONSTANTS", name)
    found = constant(Call(run, name, [], {}, node, frame)) if constant is not None else None
    return found if found is not None else Library(dotted=name)


def django_setting(run: Run, dotted: str) -> Value | None:
    """A setting of Django, where somebody who has the settings runs code of the project."""
    held = run.shared.get("django.conf.settings")
    name = dotted.removeprefix(_DJANGO_SETTINGS)
    found = held.attributes.get(name) if isinstance(held, Instance) else None
    return found.value if found is not None else None


def call(
    run: Run, name: str, arguments: list[Value], keywords: dict[str, Value], node: ast.AST, frame: Frame
) -> Value | None:
    if name.startswith("builtins.str.") and arguments and text_of(arguments[0]) is not None:
        return run.call_method(arguments[0], name.rpartition(".")[2], arguments[1:], keywords, node, frame)
    if name.startswith("builtins."):
        found = builtin(run, name.removeprefix("builtins."), arguments, keywords, node, frame)
        by = arguments[0].depends if arguments else NOTHING
        # Which of several objects it was asked about.
        return depending(found, by) if found is not None and by else found
    if name in {"os.getenv", "os.environ.get"}:
        return get_variable(run, arguments, keywords, node, frame)
    if name in _GENERATORS or name.startswith(("random.", "secrets.")):
        return Unknown("generated", name, frame.module.path, getattr(node, "lineno", 0))
    if name.startswith(_QUIET):
        last = name.rpartition(".")[2]
        if last in {"gettext", "gettext_lazy", "gettext_noop"} and arguments:
            return arguments[0]
        if last in {"pgettext", "pgettext_lazy"} and len(arguments) == 2:
            return arguments[1]  # the first one is the context
        # It changes nothing of ours; what it gives is not known, but that these give nothing.
        return Const(None) if name in _GIVING_NOTHING else Object(kind="quiet", state={"name": Const(name)})
    if name == "inspect.getmembers":
        return getmembers(run, arguments, keywords, node, frame)
    if name == "datetime.timedelta":
        return plainly(timedelta, arguments, keywords)
    if name in {"pathlib.Path", "pathlib.PurePath", "pathlib.PurePosixPath"}:
        return plainly(PurePosixPath, arguments, keywords)
    if name.startswith("os.path."):
        return _path(name.removeprefix("os.path."), arguments)
    if name == "copy.deepcopy" and len(arguments) == 1:
        return copied(arguments[0])
    if name == "copy.copy" and len(arguments) == 1 and isinstance(arguments[0], Seq | Map):
        only = arguments[0]
        if isinstance(only, Map):
            return only.copied()
        return Seq(only.kind, list(only.items), list(only.extra), only.exact, only.open, depends=only.depends)
    if name == "copy.copy" and len(arguments) == 1:
        return arguments[0] if isinstance(arguments[0], Const) else None
    return None


def _path(name: str, arguments: list[Value]) -> Value | None:
    if name in {"join", "basename", "dirname", "normpath", "splitext", "split", "isabs"}:
        return plainly(getattr(posixpath, name), arguments, {})
    return None
