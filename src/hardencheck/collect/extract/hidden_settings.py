"""Code that changes settings of a framework outside of the settings modules."""

import ast
from collections.abc import Iterable, Iterator
from itertools import islice
from re import Pattern

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._branches import Branches
from hardencheck.collect.extract._hidden_python import Change, Place, changes
from hardencheck.collect.extract._python import PythonFile, parse, role, shorten
from hardencheck.collect.extract._security_names import may_be_relevant, relevant
from hardencheck.collect.extract._settings_objects import DJANGO_SETTINGS, text_of
from hardencheck.lazily import compiled
from hardencheck.model.facts.hidden import ANY, HiddenSetting
from hardencheck.model.facts.hidden import Place as Kind
from hardencheck.model.gap import Gap
from hardencheck.model.location import Location

_MUTATORS = rb"append|insert|extend|remove|pop|clear|update|setdefault|sort|reverse|add|discard"
# What a change of a setting looks like; a file without any of it is not parsed for us. Bounded, and each begins with a
# text that is quick to find or is looked for after it was found, since every Python file of a repository is searched.
_WRITE = compiled(
    rb"\.[A-Z][A-Z0-9_]{2,60}(?:\[[^\n]{0,200}\])?[ \t)\]]{0,9}"
    rb"(?:(?:[-+|*]|//)?=[^=]|:[^\n=]{1,60}=[^=]|\.(?:" + _MUTATORS + rb")\("
    rb"|\.get\([^\n]{0,100}\)(?:\.(?:" + _MUTATORS + rb")\(|\[[^\n]{0,100}\][ \t]{0,9}=[^=]))"
)
_LISTS = (
    b"MIDDLEWARE", b"INSTALLED_APPS", b"ALLOWED_HOSTS", b"AUTHENTICATION_BACKENDS", b"PASSWORD_HASHERS", b"LOGGING",
    b"TEMPLATES", b"REST_FRAMEWORK",
)  # fmt: skip
_CHANGES: tuple[tuple[tuple[bytes, ...], Pattern[bytes]], ...] = (
    (
        _LISTS,
        compiled(
            rb"\b(?:" + b"|".join(_LISTS) + rb")(?:\[[^\n]{0,200}\])?[ \t]{0,9}"
            rb"(?:\+=|=[^=]|\.(?:" + _MUTATORS + rb")\()"
        ),
    ),
    ((b"getattr(",), compiled(rb"\bgetattr\([^()\n]{1,80}\)(?:\.(?:" + _MUTATORS + rb")\(|\[)")),
    ((b"del",), compiled(rb"\bdel[ \t]+[\w.]{1,60}\.[A-Z]")),
    ((b".debug", b".testing", b".secret_key"), compiled(rb"\.(?:debug|testing|secret_key)[ \t]{0,9}=[^=]")),
)
_NEEDED = (b"settings", b"current_app", b"app.", b"DJANGO_SETTINGS_MODULE")
_SPELLINGS = (
    b"setattr(", b"delattr(", b"setattr__(", b"_wrapped", b".configure(", b"__dict__", b"vars(", b"override_settings(",
    b"modify_settings(",
)  # fmt: skip
_CONFIG = compiled(
    rb"\.config(?:\[|\.(?:update|from_\w{1,20}|setdefault|pop)\()|\.(?:debug|testing|secret_key)[ \t]{0,9}=[^=]"
)
_MODULE_NAME = compiled(rb"(?:environ\[[\"']DJANGO_SETTINGS_MODULE[\"']\][ \t]{0,9}=[^=]|environ\.update|putenv\()")
# The settings layer itself, by the names of its files.
LAYER = compiled(
    r"(?:.*/)?(?:settings(?:[._]\w+)*|\w+_settings|(?:settings|configurations?|config/env|conf/env)/(?:[^/]+/)?[\w.]+)"
    r"\.py"
)
_CONFIGURATION = compiled(r"(?:.*/)?(?:\w*conf(?:ig)?\w*(?:/\w+)?|default_settings)\.py")
_ENTRY = compiled(
    r"(?:.*/)?(?:manage|wsgi|asgi|celery|celeryapp|celery_app|setup|fabfile|gunicorn\w*|passenger_wsgi)\.py"
)
_TOOLS = compiled(
    r"(?:.*/)?(?:run_?tests?|quicktest|noxfile|test\w*|\w*testcases?|\w*testrunner|test_?utils?|pytest_\w+|toxfile)\.py"
    r"|(?:.*/)?(?:testutils?|testlib|test_utils|pytest_plugin|testsuite|benchmarks?)/.+"
)
_SCRIPTS = compiled(r"(?:.*/)?(?:(?:scripts?|bin)/.+|(?:tools?|hack|contrib)/[^/]+)\.py|setup\.py")
_TEST_LIBRARIES = ("pytest", "unittest", "nose")
_STARTS = frozenset({
    "django.setup", "django.core.management.execute_from_command_line", "django.core.wsgi.get_wsgi_application",
    "django.core.asgi.get_asgi_application", "celery.Celery", "django.core.management.call_command",
})  # fmt: skip
_PASSING = frozenset({
    "__setattr__", "__delattr__", "__setitem__", "__delitem__", "clear", "pop", "popitem", "update", "setdefault",
})  # fmt: skip
_LOCAL_KINDS = frozenset[Kind]({"command", "script"})
MAX_FACTS = 500


class HiddenSettings(Extractor):
    """Writes to Django's settings, to settings modules and to the configuration of a Flask application that serves."""

    name = "python.hidden-settings"
    emits = (HiddenSetting,)

    def wants(self, path: str, mode: int, size: int) -> bool:
        return path.endswith(".py")

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        if not any(word in data for word in _NEEDED):
            return
        purpose = role(path)
        if purpose in {"test", "documentation", "migration"} or _TOOLS.fullmatch(path.lower()):
            return
        if LAYER.fullmatch(path) or not mentions(data):
            return
        try:
            file = parse(data)
        except Unreadable as error:
            yield Gap(
                kinds=self.kinds(),
                collector=self.name,
                reason=error.reason,
                detail=error.detail,
                location=Location(path=path, line=error.line),
                about={"role": purpose},
            )
            return
        yield from found(file, path, purpose)


def mentions(data: bytes) -> bool:
    """Whether a file can hold a change of a setting: a look at its bytes, before it is parsed."""
    if b"settings" in data and (
        any(word in data for word in _SPELLINGS)
        or _WRITE.search(data)
        or any(any(word in data for word in words) and pattern.search(data) for words, pattern in _CHANGES)
    ):
        return True
    if (b"current_app" in data or b"app." in data) and _CONFIG.search(data):
        return True
    return b"DJANGO_SETTINGS_MODULE" in data and _MODULE_NAME.search(data) is not None


def found(file: PythonFile, path: str, purpose: str) -> Iterator[HiddenSetting]:
    """The changes of one file, those that put something back taken together with what they put back."""
    tests = any(file.imports(library) for library in _TEST_LIBRARIES)
    seen = list(islice((change for change in changes(file, path) if _counts(change, file, path)), 2 * MAX_FACTS))
    if not seen:
        return
    branches = Branches(file)
    restoring = [change for change in seen if change.restores]
    told: set[tuple[str, str, int]] = set()
    for change in sorted(seen, key=lambda change: (change.line, change.setting.name)):
        place = change.place
        others = [one for one in restoring if one is not change and _same(one, change)]
        if change.restores and any(_same(one, change) for one in seen if not one.restores):
            continue  # the other half of a change that is told already
        restored = change.how == "overridden" or bool(others)
        kind = _kind(place, file, path)
        what = branches.role(change.statement, purpose)
        if tests or place.test:
            what = "test"
        key = (change.setting.target, change.setting.name, change.line)
        if key in told:  # two halves of one statement
            continue
        if len(told) >= MAX_FACTS:
            return
        told.add(key)
        yield HiddenSetting(
            location=Location(path=path, line=change.line),
            target=change.setting.target,
            name=change.setting.name,
            how=change.how,
            place=kind,
            scope=place.scope,
            role=what,
            restored=restored,
            local=restored or kind in _LOCAL_KINDS,
            conditional=place.conditional,
            value=_shown(change),
        )


def _same(restoring: Change, change: Change) -> bool:
    """Whether one change puts back what the other one does: the same setting, the same function or class."""
    if restoring.setting.target != change.setting.target:
        return False
    if ANY not in {restoring.setting.name, change.setting.name} and restoring.setting.name != change.setting.name:
        return False
    one, other = restoring.place, change.place
    if one.function is not None and one.function is other.function:
        return True
    # __enter__ and __exit__ of one class
    return one.owner is not None and one.owner is other.owner and one.leaving


def _counts(change: Change, file: PythonFile, path: str) -> bool:
    """Whether a change is one of security, and not the settings layer at work."""
    name, target = change.setting.name, change.setting.target
    if _stands_for(change.place):
        return False  # what is written through it is what matters
    if name == ANY:
        if change.start is not None and not may_be_relevant(change.start):
            return False
    elif name != "DJANGO_SETTINGS_MODULE" and not relevant(name):
        return False
    if target != DJANGO_SETTINGS and _CONFIGURATION.fullmatch(path) and change.place.kind == "module":
        return False
    if change.how == "configured":
        return not (_starts(file, path) or change.place.unconfigured or _is_script(change.place, file, path))
    if name == "DJANGO_SETTINGS_MODULE":
        return not (_starts(file, path) or _is_script(change.place, file, path))
    return True


def _stands_for(place: Place) -> bool:
    """Whether a method is one of an object that stands for the settings: what it is told it passes on."""
    name = place.scope.rpartition(".")[2]
    if place.owner is None or name not in _PASSING:
        return False
    methods = {node.name for node in place.owner.body if isinstance(node, ast.FunctionDef)}
    return name.startswith("__") or "__setitem__" in methods


def _starts(file: PythonFile, path: str) -> bool:
    """Whether a file starts a process of its own, as manage.py does: there the settings may be chosen."""
    return _ENTRY.fullmatch(path) is not None or any(file.name(call.func) in _STARTS for call in file.calls)


def _is_script(place: Place, file: PythonFile, path: str) -> bool:
    return place.main or file.source.startswith("#!") or _SCRIPTS.fullmatch(path) is not None


def _kind(place: Place, file: PythonFile, path: str) -> Kind:
    if place.kind in {"module", "function"} and (
        _is_script(place, file, path) or path.rpartition("/")[2] == "manage.py"
    ):
        return "script"
    return place.kind


def _shown(change: Change) -> str:
    if change.value is None or change.setting.name in {"SECRET_KEY", "SECRET_KEY_FALLBACKS"}:
        return ""
    if text_of(change.value):
        return "a text"
    return shorten(change.value)
