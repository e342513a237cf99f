"""Rows of production defaults as literals: every state, several judgements, values that attack each format."""

from hardencheck.model.checklist import Application, Default, Judgement, Remark
from hardencheck.model.facts.settings import Variable
from hardencheck.model.finding import Verdict
from hardencheck.model.location import Location

# What a format could take for its own syntax, one a row.
HOSTILE_VALUES = (
    "'<script>alert(1)</script>'",
    "'a|b\\\\|c`d``e'",
    "'\x1b[31mred\x07 \u202egpj\u202c zero\u200bwidth'",
    "'@octocat #1 [x](https://evil.example) www.evil.example *b* _i_'",
    "'{{ 7*7 }} {% raw %} <!-- --> ]]> &amp;'",
    "'line\none\r\ntwo\u2028three'",
    "'wide \u6f22\u5b57 \U0001f512'",
)
LONG = "'" + "x" * 5_000 + "'"


def at(path: str, line: int | None = None) -> Location:
    return Location(path=path, line=line)


def judgement(check: str, verdict: Verdict, observed: str, owner: str = "platform") -> Judgement:
    return Judgement(
        check=check,
        verdict=verdict,
        observed=observed,
        expected=f"What {check} demands, in a full sentence.",
        owner=owner,
        why=f"What goes wrong without {check}, in a long first sentence. And a second one.",
    )


def row(name: str, value: str = "False", **changes: object) -> Default:
    fields: dict[str, object] = {
        "framework": "django",
        "application": "config.settings.production",
        "name": name,
        "state": "known",
        "source": "set",
        "value": value,
        "version": "5.2",
        "location": at("config/settings/production.py", 12),
        **changes,
    }
    return Default(**fields)  # type: ignore[arg-type]


APPLICATIONS = (
    Application(
        framework="django",
        application="config.settings.production",
        version="5.2",
        chosen="the environment of the deployment names it",
        places=(at("Dockerfile", 7), at("compose.yaml", 12)),
    ),
    Application(framework="flask", application="svc/app.py", chosen="the application is made there"),
)
DEFAULTS = (
    row(
        "ALLOWED_HOSTS",
        "('shop.example',)",
        chain=(at("config/settings/base.py", 3), at("config/settings/base.py", 9)),
        default="()",
        verdict=Verdict.PASS,
        judgements=(judgement("settings.allowed-hosts", Verdict.PASS, "named hosts only"),),
        remarks=(
            Remark(
                text="changed outside of the settings: assigned to ['…'], in a view (login)",
                location=at("shop/views.py", 8),
                check="settings.hidden",
            ),
        ),
    ),
    row(
        "DEBUG",
        depends_on=(
            Variable(name="DEBUG", default="False", cast="bool", given="1", given_at=at("compose.yaml", 14)),
            Variable(name="NEEDED", required=True),
        ),
        default="False",
        verdict=Verdict.FAIL,
        judgements=(
            judgement("settings.debug", Verdict.FAIL, "DEBUG is True", owner="application"),
            judgement("settings.other", Verdict.PASS, "fine"),
        ),
    ),
    row("CSRF_COOKIE_NAME", "'csrftoken'", source="default", location=at("config/settings/production.py")),
    row(
        "SECURE_HSTS_SECONDS",
        "0 or 31536000",
        state="one-of",
        verdict=Verdict.UNKNOWN,
        judgements=(judgement("headers.hsts", Verdict.UNKNOWN, "depends on a condition"),),
    ),
    row("SECRET_KEY", "", state="unknown", reason="call", text="vault.read('…')"),
    row("TRUSTED", "['a', …]", state="unknown", reason="call", text="value comes from more()"),
    *(row(f"VALUE_{number}", value, default=value) for number, value in enumerate(HOSTILE_VALUES)),
    row("VALUE_LONG", LONG),
    Default(
        framework="flask",
        application="svc/app.py",
        name="<i>|`NAME`",
        state="known",
        source="set",
        value="True",
        location=at("svc/<b>|`app`.py", 3),
        chain=(at("svc/a|b.py", 1),),
        depends_on=(Variable(name="A|<b>`", default="'|`'", given="<u>|", given_at=at("x|`.yaml", 2)),),
        verdict=Verdict.WAIVED,
        judgements=(judgement("settings.debug", Verdict.WAIVED, "<b>|`"),),
        remarks=(Remark(text="<b>|`x`", location=at("svc/<i>|`.py", 9)),),
    ),
)
