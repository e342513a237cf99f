"""The environment that deployment files give: each kind of file, and which one wins."""

from pathlib import Path

import pytest

from hardencheck.collect.resolve._environment import environment
from hardencheck.model.facts.settings import EnvironmentVariable, FrameworkSetting, SettingsClassName
from hardencheck.model.gap import Reason
from tests.settings.test_evaluate import facts_of

WEB = "services:\n  web:\n    build: .\n"
SETTINGS = "import os\nROOT_URLCONF = 'shop.urls'\nDEBUG = os.environ.get('DEBUG', 'no') == 'yes'\n"


def given(root: Path, files: dict[str, str | bytes]) -> dict[str, object]:
    """Name -> value, "…" for a secret, None where it is set to what is not known."""
    found = environment(facts_of(root, files))
    return {
        name: one.value if one.what == "text" else "…" if one.what == "secret" else None for name, one in found.items()
    }


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("compose.yaml", WEB + "    environment:\n      A: 'x'\n      B:\n", {"A": "x", "B": None}),
        ("compose.yaml", WEB + "    environment: [A=x, B]\n", {"A": "x", "B": None}),
        ("compose.yaml", WEB + "    environment: {A: '${X:-y}', B: '${X}'}\n", {"A": "y", "B": None}),
        ("compose.yaml", "services:\n  db:\n    image: postgres:16\n    environment: {A: x}\n", {}),
        (
            "compose.yaml",
            "x-env: &e\n  A: x\nservices:\n  web:\n    build: .\n    environment:\n      <<: *e\n      B: z\n",
            {"A": "x", "B": "z"},
        ),
        ("Dockerfile", "FROM python:3.12\nENV A=x B='y z'\nENV C d e\n", {"A": "x", "B": "y z", "C": "d e"}),
        ("Dockerfile", "FROM python:3.12 AS a\nENV A=x\nFROM a\nENV B=$A/y\n", {"A": "x", "B": "x/y"}),
        ("Dockerfile", "FROM python:3.12 AS a\nENV A=x\nFROM python:3.12\nENV B=y\n", {"B": "y"}),
        (".env", "A=x\nexport B='y z' # c\nC=\n# D=1\n", {"A": "x", "B": "y z", "C": ""}),
        ("web.service", "[Service]\nEnvironment=A=x 'B=y z'\nEnvironment=C=1\n", {"A": "x", "B": "y z", "C": "1"}),
        ("Procfile", "web: A=x gunicorn shop.wsgi\nrelease: B=y ./migrate\n", {"A": "x"}),
        ("start.sh", "#!/bin/sh\nexport A=x\nexport B=${B:-y}\n: ${C:=z}\nE=no\n", {"A": "x", "B": "y", "C": "z"}),
        ("start.sh", "#!/bin/sh\nD=1 exec gunicorn x\n", {"D": "1"}),
        ("start.sh", "#!/bin/sh\nif [ -n \"$X\" ]; then\n  export A=x\nfi\n", {"A": None}),
        ("supervisord.conf", "[program:web]\ncommand=x\nenvironment=A=\"x\",B=y\n", {"A": "x", "B": "y"}),
        ("uwsgi.ini", "[uwsgi]\nenv = A=x\nmodule = shop.wsgi\n", {"A": "x"}),
        ("fly.toml", "[env]\nA = 'x'\n", {"A": "x"}),
        ("app.yaml", "runtime: python312\nenv_variables:\n  A: 'x'\n", {"A": "x"}),
        ("app.json", '{"env": {"A": {"value": "x"}, "B": {"generator": "secret"}}}', {"A": "x", "B": None}),
        (
            "k8s/web.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {A: x}\n---\n"
            "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n"
            "      containers:\n      - name: web\n        image: shop\n"
            "        envFrom: [{configMapRef: {name: c}}]\n        env:\n        - {name: B, value: 'y'}\n"
            "        - name: C\n          valueFrom: {secretKeyRef: {name: s, key: k}}\n",
            {"A": "x", "B": "y", "C": None},
        ),
        (
            ".github/workflows/deploy.yml",
            "jobs:\n  deploy:\n    env: {A: x, B: '${{ secrets.B }}'}\n    steps: [{run: x, env: {C: y}}]\n",
            {"A": "x", "B": None, "C": "y"},
        ),
        (".github/workflows/ci.yml", "jobs:\n  test:\n    env: {A: x}\n    steps: []\n", {}),
        (".env.example", "A=x\n", {}),
        (".env.dev", "A=x\n", {}),
        ("docker-compose.dev.yml", "services:\n  web:\n    build: .\n    environment: {A: x}\n", {}),
        (
            "compose.yaml",
            "services:\n  web:\n    build: .\n    command: python manage.py runserver\n    environment: {A: x}\n",
            {},
        ),
        ("compose.yaml", "services:\n  web:\n    build: .\n    volumes: ['.:/app']\n    environment: {A: x}\n", {}),
    ],
)  # fmt: skip
def test_every_kind_of_file(tmp_path: Path, path: str, text: str, expected: dict[str, object]) -> None:
    assert given(tmp_path, {path: text}) == expected


def test_what_starts_the_service_wins_over_what_the_image_was_built_with(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "Dockerfile": "FROM python:3.12\nENV A=image B=image C=image D=image\n",
        ".env": "A=file\nB=file\nC=file\n",
        "entrypoint.sh": "#!/bin/sh\nexport A=script\nexport B=script\nexec gunicorn x\n",
        "compose.yaml": "services:\n  web:\n    build: .\n    environment: {A: compose}\n",
    }
    assert given(tmp_path, files) == {"A": "compose", "B": "script", "C": "file", "D": "image"}


def test_two_files_that_weigh_the_same_leave_it_open_and_are_named(tmp_path: Path) -> None:
    service = "services:\n  web:\n    build: .\n    environment: {{A: {}}}\n"
    files: dict[str, str | bytes] = {"compose.yaml": service.format("x"), "compose.cluster.yaml": service.format("y")}
    (one,) = environment(facts_of(tmp_path, files)).values()
    assert (one.what, one.value) == ("reference", None)
    assert [str(other.location) for other in one.others] == ["compose.yaml:4"]
    files["compose.prod.yaml"] = service.format("z")
    assert given(tmp_path / "b", files) == {"A": "z"}


def test_secrets_are_measured(tmp_path: Path) -> None:
    key = "k7Vq" * 10
    facts = facts_of(tmp_path, {".env": f"SECRET_KEY={key}\nDATABASE_URL=postgres://me:{key}@db/x\n"})
    found = {fact.name: fact for fact in facts.of("deployment.environment") if isinstance(fact, EnvironmentVariable)}
    assert (found["SECRET_KEY"].what, found["SECRET_KEY"].value, found["SECRET_KEY"].length) == ("secret", "", 40)
    assert found["DATABASE_URL"].what == "secret"
    assert key not in repr(facts)


def test_a_setting_is_what_the_deployment_makes_of_it(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "shop/settings.py": SETTINGS,
        "compose.yaml": "services:\n  web:\n    build: .\n    environment: {DEBUG: 'yes'}\n",
    }
    for number, (compose, expected) in enumerate((("'yes'", True), ("'no'", False))):
        files["compose.yaml"] = f"services:\n  web:\n    build: .\n    environment: {{DEBUG: {compose}}}\n"
        facts = facts_of(tmp_path / str(number), files)
        (debug,) = [
            fact
            for fact in facts.of("framework.setting")
            if isinstance(fact, FrameworkSetting) and fact.name == "DEBUG"
        ]
        assert (debug.value, debug.depends_on) == (expected, ("DEBUG",))


def test_the_class_of_settings_is_named(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, {"Dockerfile": "FROM python:3.12\nENV DJANGO_CONFIGURATION=Live\n"})
    assert [fact.name for fact in facts.of("settings.class-name") if isinstance(fact, SettingsClassName)] == ["Live"]


@pytest.mark.parametrize(
    ("path", "data", "reason"),
    [
        ("compose.yaml", b"services: [\n", Reason.UNPARSABLE),
        ("compose.yaml", b"services:\n  {% if x %}\n  web: {{ x }}\n", Reason.TEMPLATED),
        ("compose.yaml", b"a: &a [x]\n" + b"".join(b"b%d: [*a, *a]\n" % n for n in range(3_000)), Reason.BUDGET),
        (".env", b"A=1\n" * 400_000, Reason.TOO_LARGE),
        (".env", b"".join(b"A%d=1\n" % n for n in range(3_000)), Reason.BUDGET),
        ("app.json", b'{"env": ', Reason.UNPARSABLE),
        ("app.json", b"[" * 100_000, Reason.UNPARSABLE),
        ("fly.toml", b"[env\n", Reason.UNPARSABLE),
        ("Dockerfile", b"FROM x\nENVV a=1\n", Reason.UNPARSABLE),
    ],
)
def test_what_cannot_be_read_is_a_gap(tmp_path: Path, path: str, data: bytes, reason: Reason) -> None:
    facts = facts_of(tmp_path, {path: data})
    assert reason in {gap.reason for gap in facts.gaps if "deployment.environment" in gap.kinds}


@pytest.mark.parametrize(
    "data",
    [
        b"A='\n" * 2_000,
        b"\xff\xfe A=1",
        b"export " * 20_000,
        b"A=$A$A$A$A\n" * 50,
        b"((((" * 5_000,
        b"A=`" * 2_000,
        b"\0",
    ],
)
@pytest.mark.parametrize("path", [".env", "start.sh", "web.service", "Procfile", "uwsgi.ini", "supervisord.conf"])
def test_hostile_text_ends(tmp_path: Path, path: str, data: bytes) -> None:
    facts_of(tmp_path, {path: b"#!/bin/sh\n" + data})
