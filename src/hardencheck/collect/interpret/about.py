"""What code is about, by its words alone: the environment of the process, the settings of an application."""

import ast

from hardencheck.collect.interpret.values import Function
from hardencheck.lazily import compiled

_ENVIRONMENT_CHANGES = frozenset({"setdefault", "update", "pop", "clear", "popitem", "__setitem__", "__delitem__"})
_ENVIRONMENT_LOADERS = frozenset({"putenv", "unsetenv", "read_env", "load_dotenv"})
_SETTINGS_CHANGES = frozenset({
    "update", "setdefault", "pop", "clear", "popitem", "__setitem__", "from_object", "from_pyfile", "from_mapping",
    "from_envvar", "from_prefixed_env", "from_file", "from_json", "update_config", "load_environment_vars",
})  # fmt: skip
_SETTINGS_OF = frozenset({"config", "secret_key", "debug", "testing", "add_middleware"})
SETTINGS_WORDS = compiled(rb"\.(?:config\b(?!\s+import)|secret_key|debug\s*=|testing\s*=|add_middleware)")


def of_the_environment(node: ast.expr) -> bool:
    """`os.environ` or `environ`."""
    return (isinstance(node, ast.Name) and node.id == "environ") or (
        isinstance(node, ast.Attribute) and node.attr == "environ"
    )


def changes_the_environment(function: ast.expr) -> bool:
    """Whether a call of it may: `os.environ.setdefault`, `load_dotenv`."""
    name = (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )
    if isinstance(function, ast.Attribute) and name in _ENVIRONMENT_CHANGES:
        return of_the_environment(function.value)
    return name in _ENVIRONMENT_LOADERS


def reaches_settings(function: ast.expr) -> bool:
    """`app.config.update`, `app.secret_key`: whether it changes the settings of an application."""
    if isinstance(function, ast.Attribute) and isinstance(function.ctx, ast.Load):
        if function.attr not in _SETTINGS_CHANGES:
            return False
    return any(isinstance(part, ast.Attribute) and part.attr in _SETTINGS_OF for part in ast.walk(function))


def about_settings(function: Function) -> bool:
    """Whether a function speaks of the settings of an application, which it may be given."""
    body = function.node
    if not isinstance(body, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        return True
    return any(isinstance(part, ast.Attribute) and part.attr in _SETTINGS_OF for part in ast.walk(body))
