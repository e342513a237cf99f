"""What a service logs, what it throws away and who can read it, as the repository says it."""

from typing import ClassVar, Literal

from hardencheck.model.facts._base import Fact, Side
from hardencheck.model.facts.settings import unless

Access = Literal["on", "off", "unset"]


class LoggingConfig(Fact, tag="logging.config", frozen=True, kw_only=True):
    """One logging configuration: a dictionary for dictConfig, or a call of fileConfig.

    framework: "django" (the setting LOGGING), "dictConfig", "fileConfig", "gunicorn". variable: the name it has.
    disable_existing: disable_existing_loggers, True where it is missing (logging.config, "Configuration dictionary
    schema"). keeps_security: it names `django` or `django.security` and does not throw their records away.
    silences: loggers that exist already fall silent, security loggers among them.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("framework", "variable")

    framework: str
    variable: str
    disable_existing: bool
    keeps_security: bool
    silences: bool
    role: str

    def describe(self) -> str:
        if not self.disable_existing:
            return f"{self.framework}: existing loggers stay"
        kept = " and keeps the security loggers" if not self.silences else ""
        return f"{self.framework} disables existing loggers{kept}"


class LoggerSetting(Fact, tag="logging.logger", frozen=True, kw_only=True):
    """One logger as a configuration or a call sets it up. logger: its name, "root" for the root logger.

    level: in capitals, None: not set. scope: "root", "framework" (Django, the servers, SQLAlchemy, asyncio ...) or
    "application". security: records of refused and suspicious requests or sign-ins go through it. sql: statements do.
    discards: nothing below CRITICAL that it gets reaches a handler that writes.
    debug: records of level DEBUG (of SQLAlchemy: INFO) reach a handler that writes, with DEBUG off.
    depends_on: variables of the environment that may change it.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("logger",)

    logger: str
    level: str | None
    scope: str
    security: bool
    sql: bool
    discards: bool
    debug: bool
    role: str
    depends_on: tuple[str, ...] = ()

    def describe(self) -> str:
        what = ["writes nothing"] if self.discards else []
        what += ["writes debug records"] if self.debug else []
        said = f"logger {self.logger}: level {self.level or 'not set'}{', ' if what else ''}{', '.join(what)}"
        return f"{said}{unless(self.depends_on)}"


class LoggingSetup(Fact, tag="logging.setup", frozen=True, kw_only=True):
    """Whether a service sets up logging at all. framework: "django", or what else starts it.

    configured: something says where records go. how: in a few words what does, or what happens without.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("framework", "application")

    framework: str
    application: str
    configured: bool
    how: str

    def describe(self) -> str:
        return self.how


class LogFile(Fact, tag="logging.file", frozen=True, kw_only=True):
    """A file that a service writes its log to. handler: the class, or what else writes it. rotates: it is kept from
    growing for ever. served: it lies where a web server gives files to everybody."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("handler", "path")

    path: str
    handler: str
    rotates: bool
    served: bool
    role: str

    def describe(self) -> str:
        said = f"{self.handler} writes {self.path or 'a file'}"
        if self.served:
            return f"{said}, in a directory that is served"
        return f"{said}, {'which is rotated' if self.rotates else 'which nothing rotates'}"


class LogTransport(Fact, tag="logging.transport", frozen=True, kw_only=True):
    """Records that leave the machine. handler: the class. host: "" where it is not known. clear: without TLS."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("handler", "host")

    handler: str
    host: str
    clear: bool
    role: str

    def describe(self) -> str:
        return f"{self.handler} sends records to {self.host or 'a host'}{' in clear' if self.clear else ' over TLS'}"


class AdminMail(Fact, tag="logging.admin-mail", frozen=True, kw_only=True):
    """Django's AdminEmailHandler. html: the mail holds the debug page, with settings and local variables."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("handler",)

    handler: str
    html: bool
    role: str

    def describe(self) -> str:
        return f"handler {self.handler}: mails {'with the whole debug page' if self.html else 'as text'}"


class SqlEcho(Fact, tag="logging.sql-echo", frozen=True, kw_only=True):
    """Whether SQLAlchemy prints each statement with its parameters. through: "create_engine", "SQLALCHEMY_ECHO"."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("through",)

    through: str
    enabled: bool
    role: str

    def describe(self) -> str:
        return f"{self.through}: statements and parameters are {'logged' if self.enabled else 'not logged'}"


class LoguruCall(Fact, tag="logging.loguru-call", frozen=True, kw_only=True):
    """What a file does with loguru's logger: "import", "remove" (the default handler too), "configure" (replaces all
    handlers), "sink" (adds one that does not say whether it diagnoses). The resolver makes `logging.loguru` of it."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("what",)

    what: str
    role: str


class LoguruSink(Fact, tag="logging.loguru", frozen=True, kw_only=True):
    """One handler of loguru. sink: "default" for the one that is there from the start, "environment" for what
    LOGURU_DIAGNOSE says of all, else "added".

    diagnose: the values of variables are written into tracebacks; True where it is not given (loguru 0.7).
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("sink",)

    sink: str
    diagnose: bool
    role: str

    def describe(self) -> str:
        return f"loguru's {self.sink} handler: diagnose {'on' if self.diagnose else 'off'}"


class Sentry(Fact, tag="logging.sentry", frozen=True, kw_only=True):
    """sentry_sdk.init. send_default_pii: False where it is not given. bodies: max_request_body_size."""

    side: ClassVar[Side] = Side.DECLARED

    send_default_pii: bool
    bodies: str
    role: str

    def describe(self) -> str:
        return f"sentry_sdk.init: send_default_pii {self.send_default_pii}, request bodies {self.bodies}"


class SentryScrubber(Fact, tag="logging.sentry-scrubber", frozen=True, kw_only=True):
    """What Sentry takes out of events by name. replaced: the default list of names is not used (a list without it, or
    data_collection, which drops the scrubber)."""

    side: ClassVar[Side] = Side.DECLARED

    replaced: bool
    role: str

    def describe(self) -> str:
        return f"sentry_sdk.init {'without the' if self.replaced else 'with the'} default list of names to take out"


class SentryVariables(Fact, tag="logging.sentry-variables", frozen=True, kw_only=True):
    """Whether Sentry is sent the local variables of each frame (on by default). cleaned: before_send sees events
    first."""

    side: ClassVar[Side] = Side.DECLARED

    sent: bool
    cleaned: bool
    role: str

    def describe(self) -> str:
        if not self.sent:
            return "sentry_sdk.init: local variables are not sent"
        return f"sentry_sdk.init: local variables are sent{', through before_send' if self.cleaned else ''}"


class StructlogSetup(Fact, tag="logging.structlog", frozen=True, kw_only=True):
    """structlog.configure. console: records are written for people at a terminal. filtered: a processor takes out
    secrets, as far as its name says. variables: tracebacks hold the values of local variables."""

    side: ClassVar[Side] = Side.DECLARED

    console: bool
    filtered: bool
    variables: bool
    role: str

    def describe(self) -> str:
        how = "for a terminal" if self.console else "not for a terminal"
        more = ", with the values of local variables in tracebacks" if self.variables else ""
        return f"structlog writes records {how}{', with a filter' if self.filtered else ', without a filter'}{more}"


class SecretLogged(Fact, tag="logging.secret", frozen=True, kw_only=True):
    """A call that writes something secret to a log. what: "password", "cookies", "request body" ...; call: "print" or
    the method of the logger."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("what", "call")

    what: str
    call: str
    role: str

    def describe(self) -> str:
        return f"{self.what} in a call of {self.call}"


class LogInjection(Fact, tag="logging.injection", frozen=True, kw_only=True):
    """A text of the request in the message of a record. escaped: whatever writes records escapes line breaks (JSON)."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("what", "call")

    what: str
    call: str
    escaped: bool
    role: str

    def describe(self) -> str:
        how = "written as JSON" if self.escaped else "as it is"
        return f"a text of the request ({self.what}) in a call of {self.call}, {how}"


class Swallowed(Fact, tag="logging.swallowed", frozen=True, kw_only=True):
    """A handler that catches all exceptions (caught: "everything" with a bare `except:`, else "Exception") and does
    nothing. security: what it surrounds checks a sign-in, a token, a permission, as far as names say."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("caught",)

    caught: str
    security: bool
    role: str

    def describe(self) -> str:
        around = " around a check of access" if self.security else ""
        return f"{self.caught} is caught and dropped{around}"


class ViewPrint(Fact, tag="logging.print", frozen=True, kw_only=True):
    """A print() in a function that answers requests."""

    side: ClassVar[Side] = Side.DECLARED

    role: str

    def describe(self) -> str:
        return "print() in a function that answers requests"


class TracebackSent(Fact, tag="logging.traceback-sent", frozen=True, kw_only=True):
    """An answer that holds a traceback (what: "traceback"), or the text of any exception ("exception")."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("what",)

    what: str
    role: str

    def describe(self) -> str:
        return f"{'a traceback' if self.what == 'traceback' else 'the text of any exception'} in an answer"


class ServerCommand(Fact, tag="logging.server-command", frozen=True, kw_only=True):
    """A command line that starts an application server, its options as given; `logging.server` is made of it.

    config: path of the configuration file, None: not given. level: "$" when the shell computes it.
    source: "command", or "environment" for options in GUNICORN_CMD_ARGS. limits: what it says of the head of a
    request, as "limit_request_line=4094"; a shell variable with a default is that default, without one "$".
    application: what is served ("shop.wsgi:app", "shop:create_app()", a file), "" where that is not said. options: all
    others, as "bind=0.0.0.0:80", flags as "reload"; values as in limits. placed: the role of the file alone.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("server", "source")

    server: str
    source: str
    config: str | None
    access: Access
    level: str | None
    role: str
    limits: tuple[str, ...] = ()
    application: str = ""
    options: tuple[str, ...] = ()
    placed: str = "production"


class GunicornFile(Fact, tag="logging.gunicorn-file", frozen=True, kw_only=True):
    """The logging settings of one gunicorn configuration file; line numbers of those that are set. flags: as the
    options of `ServerCommand`, those that surely hold, with their lines; of a format also one that is computed: "$"."""

    side: ClassVar[Side] = Side.DECLARED

    access: Access
    access_line: int | None
    level: str | None
    level_line: int | None
    open_settings: tuple[str, ...]  # "accesslog", "loglevel": set to something that is not a literal
    role: str
    flags: tuple[str, ...] = ()
    flag_lines: tuple[int, ...] = ()


class ServerLog(Fact, tag="logging.server", frozen=True, kw_only=True):
    """An application server as it is started. access_log: requests are logged. kept_by: the place of the log that a
    proxy before it is told to keep of all that it hands on, where the server was told to keep none."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("server",)

    server: str
    access_log: bool
    role: str
    kept_by: str = ""

    def describe(self) -> str:
        kept = f": the proxy keeps one ({self.kept_by})" if self.kept_by else ""
        return f"{self.server} {'with' if self.access_log else 'without'} an access log{kept}"


class ServerFormat(Fact, tag="logging.server-format", frozen=True, kw_only=True):
    """The format of an access log that an application server writes. leaks: what secrets it writes, as in
    `logging.proxy`; query: it writes the query string by itself."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("server",)

    server: str
    leaks: tuple[str, ...]
    query: bool
    role: str

    def describe(self) -> str:
        what = ", ".join((*self.leaks, *(("the query string",) if self.query else ())))
        return f"the access log of {self.server} writes {what or 'no secrets'}"


class ServerErrors(Fact, tag="logging.server-errors", frozen=True, kw_only=True):
    """Where an application server writes what goes wrong in it. kept: not to /dev/null."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("server",)

    server: str
    kept: bool
    role: str

    def describe(self) -> str:
        return f"{self.server} {'keeps' if self.kept else 'throws away'} its error log"


class ServerLevel(Fact, tag="logging.server-level", frozen=True, kw_only=True):
    """The level an application server logs at, in lower case; None: its default (info)."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("server",)

    server: str
    level: str | None
    role: str

    def describe(self) -> str:
        return f"{self.server} at level {self.level or 'info, the default'}"


class ProxyLog(Fact, tag="logging.proxy", frozen=True, kw_only=True):
    """A log of a proxy, in nginx's words. directive: "access_log" (of one site, as it is in force there), "error_log",
    "log_format". product: "nginx", "Apache", "Caddy", "Traefik" or "ingress-nginx".

    place: the site, by its names, or the name of the format. off: nothing is written (`off`, /dev/null, `discard`; an
    error log at a level that only tells of the end; nginx's error_log of `off` is a file of that name). level: of an
    error log, in lower case, "" where none is given. leaks: what secrets a format in use writes: "authorization
    header", "cookies", "request body". query: it names the query string by itself. default: nothing says that it is
    written, or where.
    """

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("directive", "place")

    directive: str
    place: str
    off: bool
    leaks: tuple[str, ...]
    role: str
    query: bool = False
    product: str = "nginx"
    level: str = ""
    default: bool = False

    def describe(self) -> str:
        if self.directive == "log_format":
            what = ", ".join((*self.leaks, *(("the query string",) if self.query else ())))
            return f"log format {self.place} of {self.product} writes {what or 'no secrets'}"
        at = f" at level {self.level}" if self.level else ""
        log = f"{self.directive.replace('_', ' ')} of {self.product}"
        return f"no {log} is kept ({self.place}){at}" if self.off else f"{log} ({self.place}) is kept{at}"


class TrackedLog(Fact, tag="logging.tracked-file", frozen=True, kw_only=True):
    """A log file in the git index."""

    side: ClassVar[Side] = Side.DECLARED

    size: int  # bytes
    role: str

    def describe(self) -> str:
        return f"log file of {self.size} bytes in the repository"


class LogFileMode(Fact, tag="logging.file-mode", frozen=True, kw_only=True):
    """The mode that code or logrotate gives a log file or directory. how: "os.chmod", "logrotate create" ..."""

    side: ClassVar[Side] = Side.DECLARED
    identity: ClassVar[tuple[str, ...]] = ("how",)

    mode: int
    how: str
    role: str

    def describe(self) -> str:
        return f"{self.how} with mode {self.mode:04o}"
