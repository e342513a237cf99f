"""Settings that are changed where nobody looks for them, that change nothing, or that two files say differently."""

from typing import ClassVar, Literal

from hardencheck.model.facts._base import Fact, Side
from hardencheck.model.location import Location

How = Literal[
    "assigned", "changed in place", "deleted", "set by setattr", "configured", "overridden", "replaced", "by a command"
]
Place = Literal[
    "module", "function", "view", "ready", "middleware", "command", "script", "signal", "task", "template tag",
    "image build", "shell script", "makefile", "workflow", "playbook",
]  # fmt: skip
Why = Literal[
    "unknown-name", "dead", "too-new", "middleware-missing", "package-missing", "prerequisite-off", "overridden"
]
_IN: dict[Place, str] = {
    "module": "when a module is imported", "function": "in a function", "view": "in a view",
    "ready": "when an app is ready",
    "middleware": "in a middleware", "command": "in a management command", "script": "in a script",
    "signal": "in a signal receiver", "task": "in a task", "template tag": "in a template tag",
    "image build": "while the image is built", "shell script": "by a shell script", "makefile": "by a makefile",
    "workflow": "by a workflow", "playbook": "by a playbook",
}  # fmt: skip
ANY = "any"  # the name of the setting is computed
_CONFIGURED = frozenset({"flask", "quart"})  # frameworks whose applications hold their settings
_APPLICATIONS = frozenset({"current_app", "app", "application", "flask_app", "server"})


class RewrittenName(Fact, tag="setting.rewritten", frozen=True, kw_only=True):
    """A name of a settings module that a command writes to, and that is no setting by itself: others follow from it.

    target: the file as the command names it. tool: "sed", "echo" ... role: what the command is for.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("target", "name", "tool")

    target: str
    name: str
    tool: str
    role: str

    def describe(self) -> str:
        return f"{self.name} of {self.target} is changed by a command ({self.tool})"


class HiddenSetting(Fact, tag="setting.hidden", frozen=True, kw_only=True):
    """A setting of a framework that is changed outside of the settings modules.

    target: what is written to: "django.conf.settings", a settings module, "flask.current_app.config", a file. name:
    the setting, "any" where it is computed. place: what kind of code does it; scope: dotted class and function names
    around it. role: what the file is for. restored: put back in a `finally`, an `__exit__` or by override_settings.
    local: it cannot outlast its purpose in a serving process: restored, or in a command or script of its own.
    conditional: inside an if, loop, match or try. value: what it becomes, for people, texts hidden.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("target", "name", "how", "scope")

    target: str
    name: str
    how: How
    place: Place
    scope: str = ""
    role: str
    restored: bool = False
    local: bool = False
    conditional: bool = False
    value: str = ""

    def describe(self) -> str:
        what = "any setting" if self.name == ANY else self.name
        return f"{what} of {self.target} is {self.change()}"

    def change(self) -> str:
        """What happens to the setting, and where: "assigned to False, in a view (report)"."""
        to = f" to {self.value}" if self.value and self.how in {"assigned", "set by setattr"} else ""
        where = f" ({self.scope})" if self.scope else ""
        tail = ", and put back" if self.restored else ""
        how = "changed by a command" if self.how == "by a command" else self.how
        return f"{how}{to}, {_IN[self.place]}{where}{tail}"

    def concerns(self, framework: str) -> bool:
        """Whether the settings of such an application may be meant."""
        application = self.target.removesuffix(".config").rpartition(".")[2] in _APPLICATIONS
        return framework in _CONFIGURED if application else framework == "django"


class SettingNames(Fact, tag="setting.names", frozen=True, kw_only=True):
    """Names of settings in one Python file. Raw material for resolvers, never judged by a rule.

    read: those that look like security settings and that it uses, other than to set them. marks: words of code that
    decide whether a setting has an effect ("csrf_protect", "SecurityMiddleware").
    """

    side: ClassVar[Side] = Side.DECLARED

    read: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()


class IneffectiveSetting(Fact, tag="setting.ineffective", frozen=True, kw_only=True):
    """A security setting that production sets and that changes nothing.

    application: as in `framework.setting`. why: "unknown-name" (needed: the name that was meant), "dead" (needed: the
    version that took it away, or the setting that took its place), "too-new" (needed: the version that brings it),
    "middleware-missing" and "package-missing" (needed: the class or package), "prerequisite-off", "overridden" (needed:
    the other setting).
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("framework", "application", "name")

    framework: str
    application: str
    name: str
    why: Why
    needed: str = ""

    def describe(self) -> str:
        match self.why:
            case "unknown-name":
                return f"{self.name} is no setting, and no code reads it; {self.needed} is one"
            case "dead":
                return f"{self.name} has no effect any more: {self.needed}"
            case "too-new":
                return f"{self.name} has no effect yet: {self.needed}"
            case "middleware-missing":
                return f"{self.name} has no effect: {self.needed} is not in MIDDLEWARE"
            case "package-missing":
                return f"{self.name} has no effect: {self.needed} is not installed in the project"
            case "prerequisite-off":
                return f"{self.name} has no effect: {self.needed} is off"
            case _:
                return f"{self.name} has no effect: {self.needed} says otherwise"


class Contradiction(Fact, tag="setting.contradiction", frozen=True, kw_only=True):
    """One thing that several files set differently, each of which production may use.

    product: "nginx", "gunicorn", "environment", "django". values: what each says, secrets measured, beside `places`.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("product", "name")

    product: str
    name: str
    values: tuple[str, ...]
    places: tuple[Location, ...]

    def describe(self) -> str:
        said = ", ".join(f"{value} at {place}" for value, place in zip(self.values, self.places, strict=True))
        return f"{self.name} is {said}"

    def elsewhere(self) -> tuple[Location, ...]:
        return self.places[1:]
