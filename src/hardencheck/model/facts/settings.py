"""What Python files say about the settings of a framework, first as written (`python.module`), then as resolved."""

from typing import ClassVar, Literal

import msgspec

from hardencheck.model.facts._base import Fact, Scalar, Side, Value
from hardencheck.model.location import Location
from hardencheck.model.words import plural

Source = Literal["literal", "environment", "default"]


class Expression(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The right-hand side of an assignment, as far as it can be had without running anything.

    what: "scalar" (value), "list" (items; complete: nothing else is in it), "secret" (a text that is not kept: length,
    distinct characters, prefixed with "django-insecure-"), "environment" (a required variable; of a secret also one
    that may be missing, value "optional"), "environment-text" (a variable with a text that is not empty as its
    default), "generated" (a new random text on every start), "unknown".
    text: the expression for people, string contents hidden.
    """

    what: str
    value: Scalar = None
    items: tuple[str, ...] = ()
    complete: bool = True
    length: int = 0
    distinct: int = 0
    prefixed: bool = False
    text: str = ""


class Class(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A class of the file with its bases (dotted names through imports) and the settings that its body binds."""

    name: str
    line: int
    bases: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()


class Call(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A call that builds or configures an application.

    name: dotted through imports ("flask.Flask"). variable: what the result is assigned to, or what the method is
    called on. first: dotted name of the first argument. arguments: by keyword. spread: takes more from * or **.
    conditional: inside an if, loop or try of its function.
    """

    name: str
    line: int
    variable: str = ""
    first: str = ""
    arguments: dict[str, Expression] = {}
    spread: bool = False
    conditional: bool = False
    scope: str = ""


class Write(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`app.config["NAME"] = value` and its other spellings. name "*": anything may be written (text says how)."""

    variable: str
    name: str
    line: int
    expression: Expression
    conditional: bool = False
    scope: str = ""


class HeaderSet(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Code that sets a response header. scope: dotted class and function names around it. hook: what makes the
    function run for every response ("after_request", "middleware"), as far as a decorator says so. name "*": names from
    a table, which may be any."""

    name: str
    line: int
    expression: Expression
    conditional: bool = False
    scope: str = ""
    hook: str = ""


class PythonModule(Fact, tag="python.module", frozen=True, kw_only=True):
    """Everything one Python file says about settings. Raw material for resolvers, never judged by a rule.

    settings: those that its top level binds or changes, "*" where it may be any of them.
    """

    side: ClassVar[Side] = Side.DECLARED

    role: str
    settings: tuple[str, ...] = ()
    classes: tuple[Class, ...] = ()
    calls: tuple[Call, ...] = ()
    writes: tuple[Write, ...] = ()
    headers: tuple[HeaderSet, ...] = ()


class SettingsModuleName(Fact, tag="settings.module-name", frozen=True, kw_only=True):
    """A file that names the settings module: wsgi.py, manage.py, Dockerfile, compose file ..."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("module",)

    module: str
    source: Literal["environment", "wsgi", "manage"]


class SettingsClassName(Fact, tag="settings.class-name", frozen=True, kw_only=True):
    """A file that names the settings class of django-configurations (DJANGO_CONFIGURATION). source: as above."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("name",)

    name: str
    source: Literal["environment", "wsgi", "manage"]


class SettingsChoice(Fact, tag="settings.choice", frozen=True, kw_only=True):
    """Which settings module is taken for the one that production runs. why: reads after "Taken for production: ";
    places: the lines that say so."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("framework", "application")

    framework: str
    application: str
    why: str
    places: tuple[Location, ...] = ()


class EnvironmentVariable(Fact, tag="deployment.environment", frozen=True, kw_only=True):
    """A variable that a file of the repository gives to a service. Raw material for resolvers, never judged by a rule.

    what: "text" (value), "secret" (not kept: the name says that it is one; length and distinct characters), "reference"
    (set, to what another place holds: a Secret, a variable without a default, a file; value says which, for people).
    by: "compose", "dockerfile", "dotenv", "kubernetes", "systemd", "procfile", "workflow", "script", "uwsgi",
    "supervisor", "package" (scripts of package.json and its like), "app" (app.yaml, app.json, fly.toml and their like).
    service: which one of the file, "" where there is but one. role: "production", "development" or "example"
    (`.env.example`: what somebody is told to set).
    default: it is only what holds where nobody sets the variable (`${NAME:-value}`, Dockerfile ENV).
    written: the text with its `${NAME:-default}`, where it depends on other variables; for a ConfigMap, the key in it.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("name", "by", "service")

    name: str
    what: Literal["text", "secret", "reference"]
    value: str = ""
    length: int = 0
    distinct: int = 0
    by: str
    service: str = ""
    role: str = "production"
    default: bool = False
    written: str = ""


class DeployedService(Fact, tag="deployment.service", frozen=True, kw_only=True):
    """What a deployment file starts, to tell the application from its database. Raw material, never judged by a rule.

    by, service, role: as in `deployment.environment`. image: as written, "" when it is not said. context, dockerfile:
    what it is built from, from the root of the repository; None when it is not built. runs: programs and scripts of its
    command that tell what it is. files: environment files it loads, from the root, later ones win; a path that begins
    with "/" is of the machine. maps: "configmap/name" whose keys all become variables, with a prefix before a colon.
    extends: "file:service" whose settings it takes over. job: it runs once or now and then, and serves nobody.
    sets: variables of its command line, which nothing goes before. unsets: those that it takes away from all that it is
    given, "NAME", or "NAME=value" where only that value goes. server: the development server that its command starts
    ("manage.py runserver", "flask run"), "" where it starts none. started: the line of that command. placed: the role
    of the file alone, whatever its command is.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("by", "service")

    by: str
    service: str = ""
    image: str = ""
    context: str | None = None
    dockerfile: str | None = None
    runs: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    maps: tuple[str, ...] = ()
    extends: str = ""
    job: bool = False
    sets: tuple[str, ...] = ()
    unsets: tuple[str, ...] = ()
    role: str = "production"
    server: str = ""
    started: int = 0
    placed: str = "production"


class StartedServer(Fact, tag="deployment.server", frozen=True, kw_only=True):
    """A command that starts the application in production. server: "gunicorn", "manage.py runserver", "flask run",
    "app.run()" ... development: it is a server that its own documentation keeps from production."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("server",)

    server: str
    development: bool


class Variable(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a setting depends on: an environment variable (kind "variable"); a setting whose value is not known and that
    is off in production ("setting"); a name in a module that an operator writes ("module": "configuration.ADMINS"); a
    file that is not in the repository ("file"); all that may be set besides what the repository sets ("others").

    default: what the code takes where it is not set, as Python writes it ("" where it must be set, `required`); never a
    secret. cast: "bool", "int", "list" ..., "" for the text itself. given: what the deployment files of the repository
    set it to, at given_at; None where they do not. unless: files that are not in the repository and would go before
    that.
    """

    name: str
    default: str = ""
    required: bool = False
    cast: str = ""
    given: str | None = None
    given_at: Location | None = None
    unless: tuple[str, ...] = ()
    kind: Literal["variable", "setting", "module", "file", "others"] = "variable"


class ProductionDefault(Fact, tag="setting.production", frozen=True, kw_only=True):
    """One row of the production defaults: a setting with its effective value and all that explains it.

    application: as in `framework.setting`. value: as Python writes it, secrets as "(a secret of 50 characters)";
    for "one-of" the possible ones. state: "known", "one-of", "unknown" (reason: a word of the interpreter's list, text:
    the expression that stopped it). source: "set" or "default" (of version `version` of the framework, "" where not
    known). location: where the value was given; chain: the places of the assignments before it, the first one first.
    default: what the framework takes where nothing is set, as Python writes it; "" where not known.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("framework", "application", "name")

    framework: str
    application: str
    name: str
    state: Literal["known", "one-of", "unknown"]
    source: Literal["set", "default"]
    value: str = ""
    depends_on: tuple[Variable, ...] = ()
    chain: tuple[Location, ...] = ()
    reason: str = ""
    text: str = ""
    version: str = ""
    default: str = ""

    def describe(self) -> str:
        if self.state == "unknown":
            return f"{self.name} is not known: {self.text or self.reason}"
        given = f"{'one of ' if self.state == 'one-of' else ''}{self.value}"
        return f"{self.name} is {given}" + (" (the default)" if self.source == "default" else "")

    def elsewhere(self) -> tuple[Location, ...]:
        return self.chain


class PackageRequirement(Fact, tag="package.requirement", frozen=True, kw_only=True):
    """A framework this repository depends on. lowest: the lowest version admitted, dotted, None when there is no
    lower bound; exact: pinned, so it is the version. bounded: there is an upper bound."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("package",)

    package: str
    lowest: str | None
    exact: bool
    bounded: bool


class FrameworkSetting(Fact, tag="framework.setting", frozen=True, kw_only=True):
    """The value one setting has when the service starts, as the repository says.

    application: the settings module or the file of the application object, to tell two applications apart.
    value: a list becomes a tuple of its texts (a list of tables: their NAMEs). on: whether Python takes the value
    as true. source: where it comes from; "default" is the framework's own. depends_on: variables of the environment
    that may change it. others: values that it may have as well; the first one stands for nothing but itself.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("framework", "application", "name")

    framework: str
    application: str
    name: str
    value: Value
    on: bool
    source: Source
    depends_on: tuple[str, ...] = ()
    others: tuple[Value, ...] = ()

    def describe(self) -> str:
        shown = " or ".join(dict.fromkeys(_shown(value) for value in (self.value, *self.others)))
        if self.source == "environment":
            shown += " from the environment, and every text that is not empty counts as true"
        shown += " (the default)" if self.source == "default" else ""
        return f"{self.name} is {shown}{unless(self.depends_on)}"

    def alternatives(self) -> "tuple[FrameworkSetting, ...]":
        return tuple(msgspec.structs.replace(self, value=value, on=bool(value), others=()) for value in self.others)


def _shown(value: Value) -> str:
    match value:
        case None:
            return "None"
        case tuple():
            return ", ".join(value) or "an empty list"
        case str():
            return f'"{value}"'
        case _:
            return str(value)


def unless(variables: tuple[str, ...]) -> str:
    """ ", unless A or B is set" """
    if not variables:
        return ""
    named = " or ".join(variables[:3]) + (" or others" if len(variables) > 3 else "")
    return f", unless {named} says otherwise"


class SecretKey(Fact, tag="framework.secret-key", frozen=True, kw_only=True):
    """Where the signing key of a framework comes from; never the key.

    source: "literal" (in the repository), "environment" (from outside, without a default), "generated" (new on every
    start), "missing". length, distinct: characters and different ones of a literal. prefixed: it starts with
    "django-insecure-".
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("framework", "application", "name")

    framework: str
    application: str
    name: str
    source: Literal["literal", "environment", "generated", "missing"]
    length: int | None = None
    distinct: int | None = None
    prefixed: bool = False

    def describe(self) -> str:
        match self.source:
            case "literal":
                more = ', with the prefix "django-insecure-"' if self.prefixed else ""
                return f"{self.name} is in the source, {plural(self.length or 0, 'character')}{more}"
            case "environment":
                return f"{self.name} is taken from the environment, without a default"
            case "generated":
                return f"{self.name} is generated anew on every start"
            case _:
                return f"{self.name} is not set"


class DjangoMiddleware(Fact, tag="django.middleware", frozen=True, kw_only=True):
    """Whether one of Django's own middleware classes (or a subclass in the repository) is in MIDDLEWARE.

    name: "security", "clickjacking", "csrf", "session", "cors", "csp".
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("application", "name")

    application: str
    name: str
    present: bool

    def describe(self) -> str:
        return f"{self.name} middleware {'is' if self.present else 'is not'} in MIDDLEWARE"


class CorsPolicy(Fact, tag="cors.policy", frozen=True, kw_only=True):
    """Which other origins may read responses.

    any_origin: every one; None where that is not known and, without credentials, makes no difference.
    credentials: with the visitor's cookies.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("framework", "application")

    framework: str
    application: str
    any_origin: bool | None
    credentials: bool

    def describe(self) -> str:
        who = {True: "any origin", False: "named origins only", None: "some origins"}[self.any_origin]
        return f"{who}, {'with' if self.credentials else 'without'} credentials"


class DeclaredRedirect(Fact, tag="redirect.declared", frozen=True, kw_only=True):
    """Whether plain http requests of an application are sent to https by the layers of the repository.

    same_as: the id that Django gives; "" where it gives none, since SecurityMiddleware is not there at all.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("application",)

    application: str
    present: bool
    decided_by: str
    same_as: str = ""

    def describe(self) -> str:
        more = f" (Django: {self.same_as})" if self.same_as else ""
        return f"http is {'' if self.present else 'not '}redirected to https: {self.decided_by}{more}"


class ForwardedTrust(Fact, tag="forwarded.trust", frozen=True, kw_only=True):
    """A request header by which Django lets itself be told that a request came over https.

    overwritten: every place of the proxy that reaches the application sets it itself, so that no visitor can.
    mistake: why no request ever has it as Django asks for it, "" where one may.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("application", "header")

    application: str
    header: str
    overwritten: bool
    mistake: str = ""

    def describe(self) -> str:
        if self.mistake:
            return f"Django trusts {self.header}, but {self.mistake}"
        how = "the proxy overwrites it" if self.overwritten else "the proxy passes on what the visitor sent"
        return f"Django trusts {self.header}, and {how}"


class FieldDefault(Fact, tag="settings.field", frozen=True, kw_only=True):
    """What a field of a settings class is where no variable gives it. owner: the class. what: "debug" or "secret".

    on: debug mode is on; a secret has a text that whoever reads the source knows (which is not kept).
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("owner", "name")

    owner: str
    name: str
    what: str
    on: bool

    def describe(self) -> str:
        if self.what == "debug":
            return f"{self.owner}.{self.name} is {self.on} where the environment does not say"
        return f"{self.owner}.{self.name} {'has a text' if self.on else 'has none'} where the environment does not say"


class ForwardedHost(Fact, tag="forwarded.host", frozen=True, kw_only=True):
    """USE_X_FORWARDED_HOST (trusted) together with what ALLOWED_HOSTS lets through (any_host)."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("application",)

    application: str
    trusted: bool
    any_host: bool

    def describe(self) -> str:
        if not self.trusted:
            return "X-Forwarded-Host is not looked at"
        return f"X-Forwarded-Host is trusted, and ALLOWED_HOSTS admits {'any' if self.any_host else 'only named'} hosts"
