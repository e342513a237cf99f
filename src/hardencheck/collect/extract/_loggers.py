"""Which calls are those of a logger."""

import ast
import re
from functools import lru_cache

from hardencheck.collect.extract._python import PythonFile
from hardencheck.lazily import compiled

METHODS = frozenset({"debug", "info", "warning", "warn", "error", "critical", "exception", "fatal", "log", "trace"})
# What gives a logger values that are in each line from then on.
_BINDS = frozenset({"bind", "new", "contextualize"})
_CONTEXT = frozenset({"bind_contextvars", "bound_contextvars", "bind_threadlocal", "bound_threadlocal"})
_LOGGER = compiled(r"(?:.*_)?(?:log|logger|logging|lgr)", re.IGNORECASE)
_MAKERS = frozenset({"getLogger", "get_logger", "get_task_logger", "LoggerAdapter", "getChild"})
_MAX_CHAIN = 8


def logging_method(file: PythonFile, call: ast.Call) -> str:
    """The method for `log.info(...)`, `self.logger.info(...)`, `structlog.get_logger().info(...)`; "print"; else ""."""
    func = call.func
    if isinstance(func, ast.Name):
        return "print" if func.id == "print" and "print" not in file.aliases else ""
    if not isinstance(func, ast.Attribute) or func.attr not in METHODS:
        return ""
    return func.attr if _is_logger(file, func.value) else ""


def binds(file: PythonFile, call: ast.Call) -> str:
    """The method for `log.bind(...)`, `structlog.contextvars.bind_contextvars(...)`; else ""."""
    func = call.func
    name = file.name(func)
    if name.startswith("structlog.") and name.rpartition(".")[2] in _CONTEXT:
        return name.rpartition(".")[2]
    if isinstance(func, ast.Attribute) and func.attr in _BINDS and _is_logger(file, func.value):
        return func.attr
    return ""


def _is_logger(file: PythonFile, receiver: ast.expr) -> bool:
    for _ in range(_MAX_CHAIN):
        if isinstance(receiver, ast.Call):  # logger.bind(...), logging.getLogger(...)
            if _makes_one(file, receiver):
                return True
            if not isinstance(receiver.func, ast.Attribute):
                return False
            receiver = receiver.func.value
    last = (
        receiver.attr if isinstance(receiver, ast.Attribute) else receiver.id if isinstance(receiver, ast.Name) else ""
    )
    return _LOGGER.fullmatch(last) is not None or last in _loggers(file)


def _makes_one(file: PythonFile, call: ast.Call) -> bool:
    return file.name(call.func).rpartition(".")[2] in _MAKERS


@lru_cache(maxsize=4)
def _loggers(file: PythonFile) -> frozenset[str]:
    """Names and attributes that a file gives a logger: `audit = logging.getLogger("audit")`."""
    found: set[str] = set()
    for node in file.assigns:
        value = node.value
        for _ in range(_MAX_CHAIN):  # get_logger().bind(...)
            if isinstance(value, ast.Call) and not _makes_one(file, value) and isinstance(value.func, ast.Attribute):
                value = value.func.value
        if not isinstance(value, ast.Call) or not _makes_one(file, value):
            continue
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Name | ast.Attribute):
                found.add(target.id if isinstance(target, ast.Name) else target.attr)
    return frozenset(found)
