"""Django projects of the repository: their production settings module, its values, its middleware."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from hardencheck.collect.contract import Tree
from hardencheck.collect.extract._python import role
from hardencheck.collect.extract._security_names import DJANGO, FLASK
from hardencheck.collect.framework_names import DJANGO_NAMES, reads
from hardencheck.collect.interpret.values import Binding, Const, Depends, Unknown
from hardencheck.collect.resolve._environment import Deployment, Environment
from hardencheck.collect.resolve._follow import Bound, Followed
from hardencheck.collect.resolve._modules import Modules, Namespace
from hardencheck.collect.resolve._setting import Setting, why_unknown, worth
from hardencheck.collect.resolve._versions import Since, Version, default, lowest
from hardencheck.lazily import compiled
from hardencheck.model.facts import Value
from hardencheck.model.facts.hidden import ANY, HiddenSetting
from hardencheck.model.facts.settings import (
    PackageRequirement,
    PythonModule,
    SettingsClassName,
    SettingsModuleName,
)
from hardencheck.model.gap import FactSet, Reason
from hardencheck.model.location import Location

SECURITY = "django.middleware.security.SecurityMiddleware"
OWN_MIDDLEWARE = {
    "security": SECURITY,
    "clickjacking": "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csrf": "django.middleware.csrf.CsrfViewMiddleware",
    "session": "django.contrib.sessions.middleware.SessionMiddleware",
    "csp": "django.middleware.csp.ContentSecurityPolicyMiddleware",
}
OTHER_MIDDLEWARE = {
    "cors": "corsheaders.middleware.CorsMiddleware",
    "django-csp": "csp.middleware.CSPMiddleware",
    "permissions": "django_permissions_policy.PermissionsPolicyMiddleware",
}
_ALWAYS: Version = (0,)
_HASHERS = tuple(
    f"django.contrib.auth.hashers.{name}PasswordHasher"
    for name in ("PBKDF2", "PBKDF2SHA1", "Argon2", "BCryptSHA256", "Scrypt")
)
# name -> its default since each version (release notes of Django 2.1 to 6.1); the oldest first.
DEFAULTS: dict[str, Since] = {
    "DEBUG": [(_ALWAYS, False)],
    "ALLOWED_HOSTS": [(_ALWAYS, ())],
    "MIDDLEWARE": [(_ALWAYS, ())],
    "SECURE_SSL_REDIRECT": [(_ALWAYS, False)],
    "SECURE_HSTS_SECONDS": [(_ALWAYS, 0)],
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": [(_ALWAYS, False)],
    "SECURE_HSTS_PRELOAD": [(_ALWAYS, False)],
    "SECURE_CONTENT_TYPE_NOSNIFF": [(_ALWAYS, False), ((3, 0), True)],
    "SECURE_REFERRER_POLICY": [(_ALWAYS, None), ((3, 1), "same-origin")],
    "SECURE_CROSS_ORIGIN_OPENER_POLICY": [(_ALWAYS, None), ((4, 0), "same-origin")],
    "SECURE_CSP": [(_ALWAYS, "")],
    "SECURE_PROXY_SSL_HEADER": [(_ALWAYS, None)],
    "X_FRAME_OPTIONS": [(_ALWAYS, "SAMEORIGIN"), ((3, 0), "DENY")],
    "USE_X_FORWARDED_HOST": [(_ALWAYS, False)],
    "SESSION_COOKIE_NAME": [(_ALWAYS, "sessionid")],
    "SESSION_COOKIE_SECURE": [(_ALWAYS, False)],
    "SESSION_COOKIE_HTTPONLY": [(_ALWAYS, True)],
    "SESSION_COOKIE_SAMESITE": [(_ALWAYS, None), ((2, 1), "Lax")],
    "SESSION_SERIALIZER": [(_ALWAYS, "django.contrib.sessions.serializers.JSONSerializer")],
    "CSRF_COOKIE_NAME": [(_ALWAYS, "csrftoken")],
    "CSRF_COOKIE_SECURE": [(_ALWAYS, False)],
    "CSRF_COOKIE_HTTPONLY": [(_ALWAYS, False)],
    "CSRF_COOKIE_SAMESITE": [(_ALWAYS, None), ((2, 1), "Lax")],
    "CSRF_USE_SESSIONS": [(_ALWAYS, False)],
    "CSRF_TRUSTED_ORIGINS": [(_ALWAYS, ())],
    "AUTH_PASSWORD_VALIDATORS": [(_ALWAYS, ())],
    "PASSWORD_HASHERS": [(_ALWAYS, _HASHERS[:4]), ((4, 0), _HASHERS)],
    "SILENCED_SYSTEM_CHECKS": [(_ALWAYS, ())],
    "DEBUG_PROPAGATE_EXCEPTIONS": [(_ALWAYS, False)],
    "DATA_UPLOAD_MAX_MEMORY_SIZE": [(_ALWAYS, 2621440)],
    "DATA_UPLOAD_MAX_NUMBER_FIELDS": [(_ALWAYS, 1000)],
    "DATA_UPLOAD_MAX_NUMBER_FILES": [(_ALWAYS, None), ((3, 2, 18), 100)],
    "FILE_UPLOAD_PERMISSIONS": [(_ALWAYS, None), ((3, 0), 0o644)],
    "FILE_UPLOAD_DIRECTORY_PERMISSIONS": [(_ALWAYS, None)],
}
# The same in every version; of these nobody is told unless they are set.
OTHERS: dict[str, object] = {
    "ADMINS": [], "AUTHENTICATION_BACKENDS": ["django.contrib.auth.backends.ModelBackend"], "CSRF_COOKIE_AGE": 31449600,
    "CSRF_COOKIE_DOMAIN": None, "CSRF_COOKIE_PATH": "/", "CSRF_FAILURE_VIEW": "django.views.csrf.csrf_failure",
    "CSRF_HEADER_NAME": "HTTP_X_CSRFTOKEN", "FILE_UPLOAD_MAX_MEMORY_SIZE": 2621440, "INTERNAL_IPS": [],
    "SECURE_REDIRECT_EXEMPT": [], "SECURE_SSL_HOST": None, "SESSION_CACHE_ALIAS": "default",
    "SESSION_COOKIE_AGE": 1209600, "SESSION_COOKIE_DOMAIN": None, "SESSION_COOKIE_PATH": "/",
    "SESSION_ENGINE": "django.contrib.sessions.backends.db", "SESSION_EXPIRE_AT_BROWSER_CLOSE": False,
    "SESSION_SAVE_EVERY_REQUEST": False, "USE_X_FORWARDED_PORT": False,
}  # fmt: skip
# Of these too a rule has something to say, where they are set; without, the default is no finding.
JUDGED_IF_SET: dict[str, Value] = {
    "SESSION_COOKIE_AGE": 1209600,
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
}
_PRODUCTION_CLASSES = {"production", "prod", "live", "prodsettings", "productionsettings", "productionconfig"}
_NOT_PRODUCTION = {
    "development", "develop", "dev", "devel", "local", "debug", "test", "tests", "testing", "ci", "integration",
    "build", "docs",
}  # fmt: skip
_WORD = compiled(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# Who names a settings module, the weightiest first.
_TIERS = {
    "environment": "the environment of the deployment",
    "wsgi": "the entry point of the server",
    "manage": "manage.py",
}
# No project goes without one of these.
_ESSENTIAL = {"INSTALLED_APPS", "ROOT_URLCONF"}
_ONLY_DJANGO = DJANGO - FLASK
_NAME = compiled(r"(?:.*/)?(?:settings(?:_\w+)?|\w+_settings|settings/\w+|settings/\w+/\w+|conf/\w+)\.py")
_BUILDING = frozenset({"static", "collectstatic", "build", "docs"})  # what an image is built with
_LIVE = ("production.py", "prod.py")
_PREFERRED = ("production", "prod", "live", "deploy", "deployment", "settings", "__init__", "common", "base")


_ANY_VERSION = "not set, and its default depends on the version of Django, which nothing pins"


class Choice(NamedTuple):
    """A settings module that is taken for the one of production. why: reads after "Taken for production: "; places:
    the lines that say so. cls: the one of its classes, where whoever chose the module chose that too."""

    name: str
    why: str
    places: tuple[Location, ...] = ()
    cls: str = ""


class Project(NamedTuple):
    """application: dotted name of the settings module, or its path. version: of Django, the lowest admitted.
    choice: why it is this module, and which of its classes. written: what the settings modules say, also where an app
    changes it at the start (`followed`)."""

    application: str
    path: str
    namespace: Namespace
    version: Version | None
    modules: Modules
    followed: Followed
    environment: Environment
    choice: Choice
    written: Followed

    @property
    def location(self) -> Location:
        return Location(path=self.path)

    def bound(self, name: str) -> Bound | None:
        return self.namespace.get(name)

    def unless(self, name: str) -> Depends:
        """The variables that may change a setting, or set one that is not set."""
        bound = self.bound(name)
        return bound.depends if bound is not None else self.followed.absent(name)


def projects(facts: FactSet, tree: Tree) -> tuple[list[Project], list[str]]:
    """Every project with the settings module that production uses, and what could not be found out about them."""
    modules = Modules(facts, tree)
    chosen, troubles = _chosen(facts, modules, tree.subject.profile)
    at = lowest(facts, "django")
    deployment = Deployment(facts, modules.local())
    found = [_project(facts, modules, deployment.environment(path), path, one, at) for path, one in chosen.items()]
    return found, troubles


def _project(
    facts: FactSet, modules: Modules, given: Environment, path: str, choice: Choice, at: Version | None
) -> Project:
    entry = _entry(facts, modules, path)
    followed = modules.follow(path, given, entry=entry)
    said = _named_classes(facts, modules.local())
    user = Choice(choice.cls, "as the user says") if choice.cls else None
    usable, doubtful = _named(said, followed.classes)
    cls = user or usable or doubtful
    plain = not user and _ESSENTIAL & followed.names.keys() and (cls is None or cls.name not in followed.configurations)
    classes = {} if plain else _settings_classes(modules, path, followed, {fact.name for fact in said})
    cls = None if plain else user or usable or _by_name(classes) or doubtful
    if cls is not None:
        followed = modules.follow(path, given, cls.name, entry)
        why = f"{choice.why}; of its classes it is {cls.name}, {cls.why}"
        choice = Choice(choice.name, why, tuple(dict.fromkeys((*choice.places, *cls.places))))
    elif classes:
        first = min(classes, key=lambda name: (classes[name], name))
        text = f"of the classes with settings ({first} ...) the deployment does not name one alone"
        followed = followed._replace(names={}, rest=Unknown("loader", text, path, classes[first]))
    changed = _changed_at_start(facts, followed, modules, path)
    return Project(choice.name, path, _namespace(changed), at, modules, changed, given, choice, followed)


def _entry(facts: FactSet, modules: Modules, path: str) -> str:
    """The module that a server loads before these settings: the only one that there is, else the one that names them;
    "" where that is not clear. One for WSGI goes before one for ASGI."""
    named = [fact for fact in settings_modules(facts, modules.local()) if fact.source == "wsgi"]
    for name in ("wsgi.py", "asgi.py"):
        found = {fact.location.path or "": fact for fact in named if (fact.location.path or "").endswith(name)}
        if len(found) == 1:
            return next(iter(found))
        own = [near for near, fact in found.items() if modules.find(fact.module, near) == path]
        if found:
            return own[0] if len(own) == 1 else ""
    return ""


def _changed_at_start(facts: FactSet, followed: Followed, modules: Modules, path: str) -> Followed:
    """What an installed app surely sets to something else, in `ready()` or when its modules are imported: the settings
    modules are not the last word then. A row keeps what they say; nothing that is judged by it passes."""
    installed = followed.bound("INSTALLED_APPS")
    apps = {*installed.expression.items, *installed.maybe} if installed is not None else set()
    changed: dict[str, Binding] = {}
    for fact in facts.of("setting.hidden"):
        if not isinstance(fact, HiddenSetting) or fact.role != "production" or fact.name == ANY:
            continue
        cls, _, method = fact.scope.rpartition(".")
        ready = fact.place == "ready" and method == "ready"
        if not (ready or (fact.place == "module" and not fact.scope)) or fact.local or fact.conditional:
            continue
        held, file = followed.names.get(fact.name), fact.location.path or ""
        if held is not None and _says(fact, held):
            continue
        if any(_is_of(app, cls, file, modules, path) for app in apps):
            what = fact.scope or "a module of an installed app"
            why = Unknown("tainted", f"{what}, which runs when the service starts,", file, fact.location.line or 1)
            changed[fact.name] = Binding(why, why.path, why.line)
    return followed._replace(names={**followed.names, **changed}) if changed else followed


def _says(fact: HiddenSetting, binding: Binding) -> bool:
    """Whether a change only repeats what the settings say."""
    value = binding.value
    return fact.how in {"assigned", "set by setattr"} and isinstance(value, Const) and repr(value.value) == fact.value


def _is_of(app: str, cls: str, file: str, modules: Modules, near: str) -> bool:
    """Whether an entry of INSTALLED_APPS is this AppConfig, or the package of this module."""
    module, _, last = app.rpartition(".")
    if cls:
        return (last == cls and modules.find(module, near) == file) or modules.find(f"{app}.apps", near) == file
    package = module.removesuffix(".apps") if last[:1].isupper() else app
    return any(modules.find(f"{package}{end}", near) == file for end in ("", ".apps", ".models"))


def _namespace(followed: Followed) -> Namespace:
    names = followed.names.keys() | (DJANGO if followed.rest is not None or followed.prefixes else set())
    return {name: bound for name in names if (bound := followed.bound(name)) is not None}


def _settings_classes(modules: Modules, path: str, followed: Followed, named: AbstractSet[str]) -> Mapping[str, int]:
    """Classes of a module that hold settings (django-configurations and its like), its own and those that it takes
    over from another; and the line of each."""
    fact = modules.known.get(path)
    own = {one.name: one for one in (fact.classes if fact is not None else ())}
    holding = {name for name, one in own.items() if _ESSENTIAL & set(one.settings)}
    holding |= {name for name, names in followed.classes.items() if _ESSENTIAL & names}
    holding |= followed.configurations & named
    return {name: own[name].line if name in own else 1 for name in holding}


def _named_classes(facts: FactSet, local: AbstractSet[str]) -> Sequence[SettingsClassName]:
    """Where the deployment names a class."""
    said = [fact for fact in facts.of("settings.class-name") if isinstance(fact, SettingsClassName)]
    return [fact for fact in said if not _local(fact, local)]


def _named(said: Sequence[SettingsClassName], classes: Mapping[str, object]) -> tuple[Choice | None, Choice | None]:
    """(the class of a module that the deployment names, one that only what tests or a developer use names): these are
    named for one command, or as what a server overrides. None where nothing names one alone."""
    usable: Choice | None = None
    doubtful: Choice | None = None
    for tier, who in _TIERS.items():
        found = {fact.name for fact in said if fact.source == tier and fact.name in classes}
        for_servers = {name for name in found if _of_production(name)}
        if len(for_servers) == 1 and usable is None:
            name = for_servers.pop()
            usable = Choice(name, f"as {who} says", _places(said, tier, name))
        elif len(found) == 1 and not for_servers and doubtful is None:
            name = found.pop()
            doubtful = Choice(name, f"as {who} says", _places(said, tier, name))
    return usable, doubtful


def _by_name(classes: Iterable[str]) -> Choice | None:
    """The one class that is called as those of production are; None when there is none."""
    called = [name for name in classes if name.lower() in _PRODUCTION_CLASSES]
    return Choice(called[0], "by its name") if len(called) == 1 else None


def _has_class(modules: Modules, path: str, name: str) -> bool:
    fact = modules.known.get(path)
    return fact is not None and any(one.name == name for one in fact.classes)


def _of_production(name: str) -> bool:
    """Whether a class, by its words (`DevelopmentConfig`), may be one that a server uses."""
    return _NOT_PRODUCTION.isdisjoint(word.lower() for word in _WORD.findall(name))


def _places(named: Sequence[SettingsClassName | SettingsModuleName], tier: str, *names: str) -> tuple[Location, ...]:
    places = {
        fact.location
        for fact in named
        if fact.source == tier and (fact.name if isinstance(fact, SettingsClassName) else fact.module) in names
    }
    return tuple(sorted(places, key=lambda place: place.order))


def _chosen(facts: FactSet, modules: Modules, profile: str | None) -> tuple[dict[str, Choice], list[str]]:
    """Path -> each settings module in use."""
    if profile is not None:
        module, _, cls = profile.partition(":")
        path = _path_of(module, modules)
        if path is None:
            return {}, [f"the settings module {module} is not in the repository"]
        if cls and not _has_class(modules, path, cls):
            return {}, [f"the settings module {module} has no class {cls}"]
        why = "named by the user (--profile, or the profile of a target in the configuration)"
        return {path: Choice(module, why, cls=cls)}, []
    troubles: list[str] = []
    named = settings_modules(facts, modules.local())
    doubtful: dict[str, Choice] = {}
    silent: dict[str, Choice] = {}
    for tier, who in _TIERS.items():
        found: dict[str, Choice] = {}
        for fact in named:
            near = fact.location.path or ""
            if fact.source != tier:
                continue
            path = modules.find(fact.module, near) or _only(fact.module, modules) or modules.copied(fact.module)
            if path is None:
                troubles.append(f"{near} names the settings module {fact.module}, which is not in the repository")
            elif path not in modules.known and path not in modules.broken and not _sets_any(modules, path):
                if role(path) == "production" and modules.find(fact.module, near) == path:
                    why = f"{who} names it, and it sets nothing itself, so that Django's defaults hold"
                    silent.setdefault(path, Choice(fact.module, why, _places(named, tier, fact.module)))
                continue  # it sets nothing we know: another one may be meant; if there is none, the defaults hold
            else:
                better = _production_sibling(path, modules)
                places = _places(named, tier, fact.module)
                if better == path:
                    alone = ", and nothing of the deployment names another" if tier == "manage" else ""
                    choice = Choice(fact.module, f"{who} names it{alone}", places)
                else:
                    choice = Choice(better, f"it lies beside {fact.module}, which {who} names", places)
                # What a developer or a test uses is named by mistake, for one command, or as what a server overrides.
                kept = found if role(better) == "production" else doubtful
                if better == path or better not in kept:
                    kept[better] = choice
        if found:
            return dict(sorted(found.items())), []
    said = troubles[0] if troubles else "no file of the repository names a settings module"
    convention = f"by convention: {said}; this one has the name and the content of one"
    by_convention = {path: Choice(path, convention) for path in _by_convention(modules, required(facts))}
    if doubtful:
        folders = {path.rpartition("/")[0] for path in doubtful}
        beside = {path: one for path, one in by_convention.items() if path.rpartition("/")[0] in folders}
        first = next(iter(doubtful.values()))
        why = f"by convention: it lies beside {first.name}, which a developer or a test uses"
        usable = {path: Choice(path, why, first.places) for path in beside if role(path) == "production"}
        return usable or dict(sorted(doubtful.items())), []
    if by_convention or (silent and not troubles):
        return by_convention or dict(sorted(silent.items())), []
    return {}, troubles


def _only(module: str, modules: Modules) -> str | None:
    """The one file that a dotted module can be, wherever it lies: a directory that is started from may hold an
    __init__.py all the same."""
    if "." not in module:
        return None
    tail = module.replace(".", "/")
    found = [path for path in modules.entries if f"/{path}".endswith((f"/{tail}.py", f"/{tail}/__init__.py"))]
    return found[0] if len(found) == 1 else None


def _sets_any(modules: Modules, path: str) -> bool:
    """Whether a module that assigns nothing itself has settings all the same, or may: it includes other files, or
    cannot be read."""
    followed = modules.follow(path, {})
    return bool(_ESSENTIAL & followed.names.keys() or followed.configurations) or followed.rest is not None


def settings_modules(facts: FactSet, local: AbstractSet[str]) -> list[SettingsModuleName]:
    """Where a settings module is named for production. local: files that are a developer's own."""
    named = (fact for fact in facts.of("settings.module-name") if isinstance(fact, SettingsModuleName))
    return sorted((fact for fact in named if not _local(fact, local)), key=lambda fact: fact.location.order)


def _local(fact: SettingsModuleName | SettingsClassName, local: AbstractSet[str]) -> bool:
    """Whether an environment file, say, is one that only its developer has."""
    return fact.source == "environment" and fact.location.path in local


def _path_of(module: str, modules: Modules) -> str | None:
    """The file of a module, which may be named as a file as well."""
    tail = module.removesuffix(".py").replace(".", "/").strip("/")
    ends = (f"{tail}.py", f"{tail}/__init__.py")
    found = [path for path in modules.entries if path in ends or path.endswith(tuple(f"/{end}" for end in ends))]
    return min(found, key=lambda path: (path.count("/"), path), default=None)


def _production_sibling(path: str, modules: Modules) -> str:
    """`settings/local.py` is what manage.py names and not what production runs, when there is a `production.py`. Nor
    is a package that only takes over what a developer uses."""
    folder = path.rpartition("/")[0]
    fact = modules.known.get(path)
    if fact is None or (fact.role == "production" and not _takes_over(path, modules)):
        return path
    for better in _LIVE:
        candidate = f"{folder}/{better}" if folder else better
        if candidate in modules.known:
            return candidate
    return path


def _takes_over(path: str, modules: Modules) -> bool:
    """Whether a package sets nothing itself and takes over what a developer uses: `from .dev import *`."""
    if not path.endswith("/__init__.py"):
        return False
    followed = modules.follow(path, {})
    own = any(binding.path == path for binding in followed.names.values())
    live = any(file.rpartition("/")[2] in _LIVE for file in followed.files)
    return not own and not live and any(role(file) == "development" for file in followed.files)


def required(facts: FactSet) -> bool:
    """Whether Django may be in use: it is required, or nothing says what is."""
    packages = {fact.package for fact in facts.of("package.requirement") if isinstance(fact, PackageRequirement)}
    return not packages or not packages.isdisjoint(("django", "django-csp"))


def looks_like_settings(fact: PythonModule, django: bool) -> bool:
    names = set(fact.settings) & DJANGO
    if _ESSENTIAL <= names:
        return True
    if not django or not _NAME.fullmatch(fact.location.path or ""):
        return False
    return bool(names & _ONLY_DJANGO)


def _by_convention(modules: Modules, django: bool) -> list[str]:
    groups: dict[str, list[str]] = {}
    for path, fact in sorted(modules.known.items()):
        if fact.role in {"production", "development"} and looks_like_settings(fact, django):
            groups.setdefault(path.rpartition("/")[0], []).append(path)
    # One that cannot be read may be the one: all of its settings are unknown then.
    for path in modules.broken if django else ():
        if path is not None and _NAME.fullmatch(path) and role(path) == "production" and path.endswith("settings.py"):
            groups.setdefault(path.rpartition("/")[0], []).append(path)
    chosen: list[str] = []
    for paths in groups.values():

        def rank(path: str) -> tuple[int, str]:
            stem = path.rpartition("/")[2].removesuffix(".py")
            words = [number for number, word in enumerate(_PREFERRED) if word in stem.split("_") or word == stem]
            late = 50 if role(path) != "production" else 0
            return (min(words, default=len(_PREFERRED)) + late, path)

        best = min(paths, key=rank)
        if rank(best)[0] >= _PREFERRED.index("__init__"):
            best = _without_debug(paths, modules) or best
        chosen.append(best)
    # Beside a whole project, a few settings somewhere else under a name of their own are to be put into one.
    whole = any(_ESSENTIAL <= _settings(modules, path) for path in chosen)
    return [path for path in chosen if not (whole and _is_piece(modules, path))]


def _settings(modules: Modules, path: str) -> AbstractSet[str]:
    fact = modules.known.get(path)
    return set(fact.settings) if fact is not None else set()


def _is_piece(modules: Modules, path: str) -> bool:
    """Whether a module has neither the name of a settings module nor what no project goes without."""
    called = path.rpartition("/")[2] == "settings.py" or "/settings/" in f"/{path}"
    return not called and not _ESSENTIAL & _settings(modules, path) and path not in modules.broken


def _without_debug(paths: Sequence[str], modules: Modules) -> str | None:
    """The one module of a folder that takes over the others and says itself that DEBUG is off."""
    found: list[str] = []
    for path in paths:
        words = path.rpartition("/")[2].removesuffix(".py").split("_")
        if role(path) != "production" or not _BUILDING.isdisjoint(words):
            continue
        followed = modules.follow(path, {})
        bound = followed.names.get("DEBUG")
        off = bound is not None and bound.path == path and isinstance(bound.value, Const) and bound.value.value is False
        if off and not followed.files.isdisjoint({*paths} - {path}):
            found.append(path)
    return found[0] if len(found) == 1 else None


def setting(project: Project, name: str) -> Setting:
    """One setting of a project, where it has one value: as assigned, or the default of its version of Django."""
    found = possible(project, name)
    bound = project.bound(name)
    if found.others:
        reason, text = (bound.reason, why_unknown(bound)) if bound is not None else (Reason.NOT_LITERAL, _ANY_VERSION)
        return Setting(False, None, found.source, found.location, reason, text, found.depends)
    return found


def usual(name: str, at: Version | None) -> tuple[bool, Value]:
    """(known, value) of a default; before a version that has the setting, what its absence comes to."""
    history = DEFAULTS.get(name, [(_ALWAYS, None)])
    return default(history[:1] if absent(name, at) else history, at)


def absent(name: str, at: Version | None) -> bool:
    """Whether a version of Django is known not to have a setting yet."""
    return at is not None and name in DJANGO_NAMES and not reads(name, at)


def possible(project: Project, name: str) -> Setting:
    """The same with all the values that it may have, for those who look at the others as well."""
    bound = project.bound(name)
    history = DEFAULTS.get(name, [(_ALWAYS, None)])
    known, value = usual(name, project.version)
    if bound is None:
        first, *rest = [value] if known else dict.fromkeys(one for _, one in history)
        return Setting(True, first, "default", project.location, depends=project.unless(name), others=tuple(rest))
    return worth(bound, known, value)


def middleware(project: Project) -> tuple[tuple[str, ...], frozenset[str], bool, Location]:
    """(surely in MIDDLEWARE, perhaps in it, whether that is all, where it is set)."""
    bound = project.bound("MIDDLEWARE")
    if bound is None:
        return (), frozenset(), True, project.location
    if bound.expression.what != "list":
        return (), frozenset(), False, bound.location
    return bound.expression.items, bound.maybe, bound.expression.complete, bound.location


def has_middleware(project: Project, dotted: str) -> bool | None:
    """Whether a middleware class or a subclass of it in the repository is in MIDDLEWARE; None when not known."""
    surely, maybe, complete, _ = middleware(project)
    if any(item == dotted or _derives(project, item, dotted) for item in surely):
        return True
    if not complete or any(item == dotted or _derives(project, item, dotted) for item in maybe):
        return None
    return None if called_like(project, dotted) else False


def called_like(project: Project, dotted: str) -> str:
    """A middleware of MIDDLEWARE that the repository does not hold and that has the name of Django's: most likely a
    subclass of it. "" for none."""
    surely, maybe, _, _ = middleware(project)
    name = dotted.rpartition(".")[2]
    return next(
        (
            item
            for item in (*surely, *sorted(maybe))
            if item != dotted
            and item.rpartition(".")[2] == name
            and project.modules.find(item.rpartition(".")[0], project.path) is None
        ),
        "",
    )


def _derives(project: Project, item: str, dotted: str, depth: int = 0) -> bool:
    found = project.modules.class_of(item, project.path)
    if found is None or depth > 5:
        return False
    _, cls = found
    for base in cls.bases:
        if base == dotted or base.rpartition(".")[2] == dotted.rpartition(".")[2]:
            return True
        if _derives(project, base if "." in base else f"{item.rpartition('.')[0]}.{base}", dotted, depth + 1):
            return True
    return False
