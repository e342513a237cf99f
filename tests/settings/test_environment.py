"""What production gives a service in its environment, as the deployment files of a repository say it."""

import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from hardencheck.collect.extract._environment_files import pairs_of
from hardencheck.collect.extract._environment_text import Expanded, interpolated
from hardencheck.collect.extract._environment_words import shell_commands
from hardencheck.collect.extract.deployment_names import SettingsModuleNames
from hardencheck.collect.extract.environment import DeploymentEnvironments, environment_of
from hardencheck.collect.extraction import extract_file, wanting
from hardencheck.collect.resolve._environment import MAX_OTHERS, Environment, Given, environment
from hardencheck.model.facts import Fact
from hardencheck.model.facts.settings import (
    DeployedService,
    EnvironmentVariable,
    FrameworkSetting,
    ProductionDefault,
    SettingsClassName,
    SettingsModuleName,
)
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location
from tests.settings.test_evaluate import facts_of as scanned

EXTRACTORS = (DeploymentEnvironments(), SettingsModuleNames())


def facts_of(files: Mapping[str, str | bytes]) -> FactSet:
    """All facts and gaps of these files, as a scan extracts them."""
    found: list[Fact | Gap] = []
    for path, text in files.items():
        data = text if isinstance(text, bytes) else text.encode()
        found.extend(extract_file(tuple(wanting(EXTRACTORS, path, 0o644, len(data))), path, 0o644, data))
    return FactSet().plus(found)


def variables(path: str, text: str | bytes) -> dict[str, object]:
    """name -> value; None for a reference, its measures for a secret, the value in a tuple where it is a default."""
    shown: dict[str, object] = {}
    for fact in facts_of({path: text}).facts:
        if isinstance(fact, EnvironmentVariable):
            held: object = {"text": fact.value, "secret": (fact.length, fact.distinct), "reference": None}[fact.what]
            shown[fact.name] = (held,) if fact.default and fact.what == "text" else held
    return shown


def of(files: Mapping[str, str | bytes], near: str = "") -> Environment:
    return environment(facts_of(files), near)


def values(files: Mapping[str, str | bytes], near: str = "") -> dict[str, str | None]:
    return {name: given.value for name, given in of(files, near).items()}


COMPOSE = "services:\n  web:\n    image: shop/app\n    command: gunicorn shop.wsgi\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("environment:\n      DEBUG: 'False'", {"DEBUG": "False"}),
        ("environment:\n      DEBUG: False", {"DEBUG": "false"}),
        ("environment:\n      DEBUG: no", {"DEBUG": "no"}),
        ("environment:\n      N: 1.50\n      M: '1.50'", {"N": "1.5", "M": "1.50"}),
        ("environment: {A: 0o17, B: 0x1F, C: 1e3, D: -7, E: +5, F: .5, G: 1.0, H: 0.0, I: !!str 1.0}",
         {"A": "15", "B": "31", "C": "1000", "D": "-7", "E": "5", "F": "0.5", "G": "1", "H": "0", "I": "1.0"}),
        ("environment: {A: 017, B: 1_000, C: 0b1, D: .inf, E: 1e30, F: 2024-01-31, G: 2024-01-31 10:00:00, H: -0.0}",
         dict.fromkeys("ABCDEFGH")),
        ("environment: {A: yes, B: Off, C: y, D: '017', E: 1:30, F: 10.0.0.1, G: 1e, H: '2024-01-31', I: 5m}",
         {"A": "yes", "B": "Off", "C": "y", "D": "017", "E": "1:30", "F": "10.0.0.1", "G": "1e", "H": "2024-01-31",
          "I": "5m"}),
        ("environment:\n      DEBUG: ''", {"DEBUG": ""}),
        ("environment:\n      DEBUG:", {"DEBUG": None}),
        ("environment:\n      - DEBUG=a=b", {"DEBUG": "a=b"}),
        ("environment:\n      - DEBUG", {"DEBUG": None}),
        ("environment: ['DEBUG=1']", {"DEBUG": "1"}),
        ("environment:\n      DEBUG: ${DEBUG:-False}", {"DEBUG": ("False",)}),
        ("environment:\n      DEBUG: ${DEBUG-}", {"DEBUG": ("",)}),
        ("environment:\n      DEBUG: ${DEBUG:-${D:-x}}", {"DEBUG": ("x",)}),
        ("environment:\n      DEBUG: ${DEBUG}", {"DEBUG": None}),
        ("environment:\n      DEBUG: ${DEBUG:?must be set}", {"DEBUG": None}),
        ("environment:\n      URL: https://${HOST:-h}/$$x", {"URL": ("https://h/$x",)}),
        ("environment:\n      URL: https://${HOST}/", {"URL": None}),
        ("environment:\n      SECRET_KEY: abcabc", {"SECRET_KEY": (6, 3)}),
        ("environment:\n      DATABASE_URL: postgres://u:p4ss@db/x", {"DATABASE_URL": (22, 15)}),
        ("environment:\n      DATABASE_URL: postgres://u:${PW}@db/x", {"DATABASE_URL": None}),
        ("environment:\n      PASSWORD_RESET_TIMEOUT: 60", {"PASSWORD_RESET_TIMEOUT": "60"}),
        ("environment:\n      TOKEN_AUTH: 'true'", {"TOKEN_AUTH": "true"}),
        ("environment:\n      A: [1]\n      B: &b {c: *b}", {"A": None, "B": None}),
    ],
)  # fmt: skip
def test_compose(text: str, expected: dict[str, object]) -> None:
    assert variables("docker-compose.yml", f"{COMPOSE}    {text}\n") == expected


def test_compose_merges_and_tells_services_apart() -> None:
    text = (
        "x-env: &env\n  A: '1'\n  B: '1'\nservices:\n  web:\n    build: .\n    command: gunicorn x\n"
        "    environment:\n      <<: *env\n      B: '2'\n  db:\n    image: postgres\n    environment:\n      C: '3'\n"
    )
    facts = facts_of({"docker-compose.yml": text}).facts
    held = {(f.service, f.name): (f.value, f.location.line) for f in facts if isinstance(f, EnvironmentVariable)}
    assert held == {("web", "A"): ("1", 2), ("web", "B"): ("2", 10), ("db", "C"): ("3", 14)}
    assert values({"docker-compose.yml": text}) == {"A": "1", "B": "2"}


@pytest.mark.parametrize(
    "part",
    [
        "command: python manage.py runserver",
        "command: uvicorn a:b --reload",
        "environment: {DJANGO_SETTINGS_MODULE: shop.settings.dev, DEBUG: '1'}",
        "environment: ['DJANGO_CONFIGURATION=Local', 'DEBUG=1']",
        "build: .\n    volumes: ['.:/code']",
        "build:\n      context: ./\n      target: dev",
        "build: .\n    volumes:\n      - {type: bind, source: ./, target: /code}",
    ],
)
def test_a_compose_file_to_work_with_decides_nothing(part: str) -> None:
    more = "" if part.startswith("environment") else "    environment: {DEBUG: '1'}\n"
    text = f"services:\n  web:\n    {part}\n{more}"
    found = of({"docker-compose.yml": text})
    assert found == {}
    facts = facts_of({"docker-compose.yml": text}).facts
    assert {fact.role for fact in facts if isinstance(fact, EnvironmentVariable)} == {"development"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM a\nENV A=1 B=\"x y\" C='$A'\n", {"A": ("1",), "B": ("x y",), "C": ("$A",)}),
        ("FROM a\nENV A some text\n", {"A": ("some text",)}),
        ("FROM a\nARG V=1\nENV A \"some  $V\" 'and $V'\n", {"A": ("some  1 and $V",)}),
        ("FROM a\nARG V=1\nENV A=$V B=${V:-2}\n", {"A": ("1",), "B": ("1",)}),
        ("FROM a\nARG V\nENV A=$V\n", {"A": None}),
        ("FROM a\nARG V W=1\nENV A=$V B=$W\n", {"A": None, "B": ("1",)}),
        ("ARG V=1\nFROM a\nARG V\nENV A=$V\n", {"A": ("1",)}),
        ("ARG V=1\nFROM a\nENV A=$V\n", {"A": None}),
        ("FROM a AS base\nENV A=1 B=1\nFROM b AS other\nENV C=1\nFROM base\nENV B=2\n", {"A": ("1",), "B": ("2",)}),
        ("FROM a AS b\nENV A=1\nFROM b AS live\nENV B=1\nFROM b AS dev\nENV A=2\n", {"A": ("1",), "B": ("1",)}),
        ("FROM a\nENV A=1 \\\n    # comment\n    B=2\n", {"A": ("1",), "B": ("2",)}),
        ("FROM a\nENV A=a;b&c(d)\n", {"A": ("a;b&c(d)",)}),
        ("FROM a\nENV A=$A$A$A\n", {"A": None}),
        ("FROM a\nENV SECRET_KEY=build\n", {"SECRET_KEY": (5, 5)}),
        ("FROM a\nCMD DEBUG=0 gunicorn a:b\n", {"DEBUG": "0"}),
        ('FROM a\nCMD ["sh", "-c", "DEBUG=0 exec gunicorn a:b"]\n', {"DEBUG": "0"}),
        ("FROM a\nRUN DEBUG=1 python manage.py collectstatic\n", {}),
        ("not a Dockerfile\nENV A=1\n", {}),
    ],
)  # fmt: skip
def test_dockerfile(text: str, expected: dict[str, object]) -> None:
    assert variables("Dockerfile", text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=1\nexport B = two words # comment\n", {"A": "1", "B": "two words"}),
        ("A='x # y'\nB=\"a\\nb\"\nC='a\\nb'\n", {"A": "x # y", "B": "a\nb", "C": "a\\nb"}),
        ('A="one\ntwo"\nB=2\n', {"A": "one\ntwo", "B": "2"}),
        ("A=\nB\n# C=1\n  D=1\r\n", {"A": "", "D": "1"}),
        ('A="never closed\nB=2\n', {"A": '"never closed', "B": "2"}),
        ("A=1\nB=${A}/x\nC=${NO}\nD='${A}'\nE=a$A\n", {"A": "1", "B": "1/x", "C": None, "D": "${A}", "E": None}),
        ("A=1#2\nB=#3\n", {"A": "1#2", "B": ""}),
        ("DJANGO_SECRET_KEY=not-real\n", {"DJANGO_SECRET_KEY": (8, 8)}),
        ("DJANGO_SECRET_KEY=change-me\n", {"DJANGO_SECRET_KEY": "change-me"}),  # code compares with it
        ("\ufeffA=1\n", {"A": "1"}),
        (b"A=\xff\xfe\nB=2\n", {"A": "\ufffd\ufffd", "B": "2"}),
        ("A={{ value }}\n{% if x %}\nB=1\n{% endif %}\nC=1\n", {"A": None, "B": None, "C": "1"}),
    ],
)
def test_dotenv(text: str | bytes, expected: dict[str, object]) -> None:
    assert variables(".env", text) == expected


@pytest.mark.parametrize(
    ("path", "role"),
    [
        (".env", "production"), (".env.production", "production"), ("prod.env", "production"),
        (".envs/.production/.django", "production"), (".envs/.local/.django", "development"),
        (".env.example", "example"), ("env.sample", "example"), (".env.template", "example"), (".env.dist", "example"),
        (".env.dev", "development"), (".env.local", "development"), (".env.test", "development"),
        (".env.staging", "development"), (".flaskenv", "development"), ("docs/.env", "example"),
    ],
)  # fmt: skip
def test_roles_of_environment_files(path: str, role: str) -> None:
    (fact,) = facts_of({path: "A=1\n"}).facts
    assert isinstance(fact, EnvironmentVariable)
    assert (fact.role, fact.by) == (role, "dotenv")


DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  template:
    spec:
      initContainers: [{name: migrate, env: [{name: NO, value: '1'}]}]
      containers:
        - name: web
          image: shop/app:1
          command: [gunicorn, shop.wsgi]
          envFrom:
            - configMapRef: {name: shop-env}
            - {prefix: S_, secretRef: {name: shop-secret}}
          env:
            - {name: DEBUG, value: "0"}
            - {name: TEMPLATED, value: "{{ .Values.x }}"}
            - name: KEY
              valueFrom: {secretKeyRef: {name: shop-secret, key: key}}
            - name: HOSTS
              valueFrom: {configMapKeyRef: {name: shop-env, key: hosts}}
            - {name: JOINED, value: "$(DEBUG)x"}
"""
CONFIG_MAP = """apiVersion: v1
kind: ConfigMap
metadata: {name: shop-env}
data:
  MODE: live
  hosts: shop.example
---
apiVersion: v1
kind: Secret
metadata: {name: shop-secret}
stringData: {KEY: %s}
"""


def test_kubernetes() -> None:
    files = {"k8s/app.yaml": DEPLOYMENT, "k8s/config.yaml": CONFIG_MAP % ("s3" + "cr3t" * 4)}
    found = of(files)
    assert {name: given.value for name, given in found.items()} == {
        "DEBUG": "0", "TEMPLATED": None, "KEY": None, "HOSTS": "shop.example", "JOINED": None, "MODE": "live",
        "hosts": "shop.example", "S_KEY": None,
    }  # fmt: skip
    assert str(found["HOSTS"].location) == "k8s/config.yaml:6"
    assert str(found["MODE"].location) == "k8s/config.yaml:5"
    assert "cr3t" not in repr(facts_of(files))


def test_a_chart_is_read_as_far_as_it_is_no_template() -> None:
    chart = (
        'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ include "n" . }}\nspec:\n  template:\n    spec:\n'
        "      containers:\n        - name: web\n          image: {{ .Values.image }}\n          env:\n"
        "            - name: A\n              value: plain\n            - name: B\n              value: {{ .x }}\n"
        "            {{- if .Values.c }}\n            - name: C\n              value: c\n            {{- end }}\n"
        '            - name: D\n              value: "{{ if eq .x "y" }}1{{ end }}"\n'
        '            {{- include "more" (list\n                .x\n            ) }}\n'
        "            - name: E\n              value: later\n"
    )
    found = variables("chart/templates/web.yaml", chart)
    assert found == {"A": "plain", "B": None, "C": None, "D": None, "E": "later"}


def test_a_generator_of_kustomize() -> None:
    kustomization = (
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nconfigMapGenerator:\n"
        "  - name: shop-env\n    literals: [MODE=live]\n    envs: [app.env]\n"
    )
    files = {"k8s/kustomization.yaml": kustomization, "k8s/app.env": "FROM_FILE=1\nMODE=x\n", "k8s/d.yaml": DEPLOYMENT}
    found = values(files)
    assert (found["MODE"], found["FROM_FILE"]) == ("live", "1")


def test_systemd() -> None:
    unit = (
        "[Unit]\nEnvironment=NO=1\n[Service]\nEnvironment=GONE=1\nEnvironment=\n"
        "Environment=\"A=one two\" B=2 'C=3'\nEnvironment=D=50%% \\\n  E=5 F=%i\nEnvironmentFile=-/etc/shop\n"
        "ExecStart=/usr/bin/env G=1 /venv/bin/gunicorn shop.wsgi\n"
    )
    assert variables("shop.service", unit) == {
        "A": "one two", "B": "2", "C": "3", "D": "50%", "E": "5", "F": None, "G": "1",
    }  # fmt: skip
    (service,) = (fact for fact in facts_of({"shop.service": unit}).facts if isinstance(fact, DeployedService))
    assert (service.runs, service.files) == (("gunicorn",), ("/etc/shop",))


UNIT = "[Service]\n{}ExecStart=/usr/bin/env COMMAND=own gunicorn shop.wsgi\n"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("Environment=A=1\n", {"A": ("1", ())}),
        ("Environment=A=1\nEnvironmentFile=/etc/shop.env\n", {"A": ("1", ("/etc/shop.env",))}),
        ("EnvironmentFile=-/etc/a\nEnvironmentFile=-/etc/%i\nEnvironment=A=1 COMMAND=2\n",
         {"A": ("1", ("/etc/%i", "/etc/a"))}),
        ("EnvironmentFile=app.env\nEnvironment=A=1\nEnvironment=B=2\n",
         {"A": ("file", ()), "B": ("2", ()), "F": ("1", ())}),
        ("EnvironmentFile=/etc/shop.env\nEnvironmentFile=app.env\n", {"A": ("file", ()), "F": ("1", ())}),
        ("EnvironmentFile=app.env\nEnvironmentFile=/etc/x\n", {"A": ("file", ("/etc/x",)), "F": ("1", ("/etc/x",))}),
        ("Environment=A=1 B=2 COMMAND=3\nUnsetEnvironment=A COMMAND C\n", {"B": ("2", ())}),
        ("EnvironmentFile=app.env\nUnsetEnvironment=A\n", {"F": ("1", ())}),
        ("Environment=A=1 B=2\nUnsetEnvironment=A=1 B=1\n", {"A": (None, ()), "B": ("2", ())}),
        ("Environment=A=1\nUnsetEnvironment=A\nUnsetEnvironment=\n", {"A": ("1", ())}),
        ("PassEnvironment=A B\nEnvironment=A=1\n", {"A": ("1", ()), "B": (None, ())}),
        ("PassEnvironment=A\nPassEnvironment=\n", {}),
    ],
)  # fmt: skip
def test_what_a_unit_is_started_with(lines: str, expected: dict[str, object]) -> None:
    found = of({"shop.service": UNIT.format(lines), "app.env": "A=file\nF=1\n"})
    held = {name: (given.value, given.unless) for name, given in found.items()}
    assert held == {**expected, "COMMAND": ("own", ())}


def test_a_file_that_is_not_here_may_go_before_what_a_unit_says(tmp_path: Path) -> None:
    files = {
        "shop.service": UNIT.format("Environment=HOSTS=a.example\nEnvironmentFile=-/etc/shop.env\n"),
        "shop/settings.py": "import os\nROOT_URLCONF = 'x'\nALLOWED_HOSTS = [os.environ['HOSTS']]\n",
        "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
    }
    rows = [fact for fact in scanned(tmp_path, files).facts if isinstance(fact, ProductionDefault)]
    (hosts,) = (row for row in rows if row.name == "ALLOWED_HOSTS")
    assert (hosts.state, hosts.value) == ("known", "['a.example']")
    assert [(one.name, one.given, one.unless) for one in hosts.depends_on] == [
        ("HOSTS", "a.example", ("/etc/shop.env",))
    ]


def test_a_map_that_is_not_here_may_go_before_another() -> None:
    named = "        - configMapRef: {name: shop}\n        - secretRef: {name: other}\n"
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n    - name: web\n"
        f"      image: shop\n      command: [gunicorn]\n      envFrom:\n{named}      env: [{{name: B, value: '2'}}]\n"
    )
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop}\ndata: {A: '1'}\n"
    found = of({"k8s/pod.yaml": pod, "k8s/config.yaml": config})
    assert {name: (given.value, given.unless) for name, given in found.items()} == {
        "A": ("1", ("secret/other",)), "B": ("2", ()),
    }  # fmt: skip


def test_procfile() -> None:
    text = "web: DEBUG=0 A='x y' gunicorn shop.wsgi\nrelease: B=1 python manage.py migrate\nworker: C=1 celery -A x\n"
    assert variables("Procfile", text) == {"DEBUG": "0", "A": "x y"}
    assert variables("Procfile.dev", text) == {"DEBUG": "0", "A": "x y"}
    assert values({"Procfile.dev": text}) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("export A=1 B='2 3'\n", {"A": "1", "B": "2 3"}),
        ("A=1\nexport A\nB=2\n", {"A": "1"}),
        ("export A=${A:-x} B=$NO C=$(cat f)\n", {"A": ("x",), "B": None, "C": None}),
        (': "${A:=x}"\nexport A\n: ${B:=y}\n', {"A": ("x",)}),
        ("set -a\nA=1\n: ${B:=2}\nset +a\nC=3\n", {"A": "1", "B": ("2",)}),
        ("D=db\nexport URL=redis://$D/${N:-0}\n", {"URL": ("redis://db/0",)}),
        ('if [ -z "$A" ]; then\n  export A=x\nfi\n', {"A": ("x",)}),
        ('[ -z "${A}" ] && export A=x\n', {"A": ("x",)}),
        ("if [ -f f ]; then export A=1; else export A=2; fi\n", {"A": None}),
        ("[ -f f ] && true && export A=1\n", {"A": None}),
        ("case $1 in\n  a) export A=1 ;;\nesac\nexport B=1\n", {"A": None, "B": "1"}),
        ("f() {\n  export A=1\n}\nexport B=1\n", {"A": None, "B": "1"}),
        ("export A=1\nunset A\n", {"A": None}),
        ("[ -f f ] && unset -v A B\nunset -f C\n", {"A": None, "B": None}),
        ("cat <<EOF\nexport A=1\nEOF\nexport B=1\n", {"B": "1"}),
        ("A=1 python manage.py migrate\n", {}),
        ("export A=${A:-'quoted'}\n", {"A": ("quoted",)}),
        ("export SECRET_KEY=${SECRET_KEY:-insecure}\n", {"SECRET_KEY": (8, 7)}),
        ("export A='never closed\n", {"A": "never closed\nDEBUG=0 exec gunicorn shop.wsgi\n"}),
    ],
)
def test_scripts(text: str, expected: dict[str, object]) -> None:
    found = variables("entrypoint.sh", f"#!/bin/sh\n{text}DEBUG=0 exec gunicorn shop.wsgi\n")
    assert found == ({**expected, "DEBUG": "0"} if "closed" not in text else expected)


def test_scripts_that_start_nothing_are_left_alone() -> None:
    assert variables("scripts/build.sh", "export A=1\nmake\n") == {}
    assert variables("start", "export A=1\nexec gunicorn x\n") == {}
    assert variables("start", "#!/bin/bash\nexport A=1\nexec gunicorn x\n") == {"A": "1"}
    assert variables("rootfs/usr/local/bin/entrypoint.sh", 'export A=1\nexec "$@"\n') == {"A": "1"}


def test_other_forms() -> None:
    assert variables("uwsgi.ini", "[uwsgi]\nenv = A=1\nenv=B = 2\nif-env = X\nenv = C=1\nendif =\nenv = D=$(Y)\n") == {
        "A": "1", "B": "2", "C": None, "D": None,
    }  # fmt: skip
    supervisor = (
        "[supervisord]\nenvironment=S=1\n[program:web]\ncommand=gunicorn x\n"
        "environment=A=\"x,y\",B='2',\n    C=3,D=%(ENV_D)s,E=50%%\n"
    )
    assert variables("etc/supervisord.conf", supervisor) == {
        "S": "1", "A": "x,y", "B": "2", "C": "3", "D": None, "E": "50%",
    }  # fmt: skip
    assert variables("app.yaml", "runtime: python39\nenv_variables:\n  A: '1'\n") == {"A": "1"}
    assert variables("app.json", '{"env": {"A": "1", "B": {"value": "2"}, "C": {"generator": "secret"}}}') == {
        "A": ("1",), "B": ("2",), "C": None,
    }  # fmt: skip
    assert variables("fly.toml", 'app = "x"\n[env]\n  A = "1"\n  B = 2\n') == {"A": "1", "B": "2"}
    render = (
        "services:\n  - type: web\n    name: shop\n    startCommand: gunicorn x\n    envVars:\n"
        "      - {key: A, value: '1'}\n      - {key: B, sync: false}\n      - {fromGroup: g}\n"
        "envVarGroups:\n  - name: g\n    envVars: [{key: C, value: '3'}]\n"
    )
    assert variables("render.yaml", render) == {"C": "3", "A": "1", "B": None}
    assert values({"render.yaml": render}) == {"C": "3", "A": "1", "B": None}
    assert variables("heroku.yml", "setup:\n  config:\n    A: '1'\n") == {"A": "1"}
    assert variables("gunicorn.conf.py", "raw_env = ['A=1', f'B={x}', 'C=' + y]\n") == {"A": "1", "B": None, "C": None}
    task = '{"containerDefinitions": [{"name": "web", "environment": [{"name": "A", "value": "1"}]}]}'
    assert variables("task-definition.json", task) == {"A": "1"}


def test_workflows() -> None:
    text = (
        "name: Shop\nenv: {A: '1'}\njobs:\n  deploy:\n    env: {B: '2'}\n    steps:\n"
        "      - env: {C: '${{ secrets.C }}'}\n  test:\n    env: {D: '4'}\n"
        "  later:\n    name: Deploy\n    environment: staging\n    env: {E: '5'}\n"
    )
    facts = [f for f in facts_of({".github/workflows/ci.yml": text}).facts if isinstance(f, EnvironmentVariable)]
    assert {(f.service, f.name): f.role for f in facts if f.name != "A"} == {
        ("deploy", "B"): "production", ("deploy", "C"): "production", ("test", "D"): "development",
        ("later", "E"): "development",
    }  # fmt: skip
    assert values({".github/workflows/ci.yml": text}) == {"A": "1", "B": "2", "C": None}


def compose(environment: str, *, name: str = "web", more: str = "") -> str:
    return f"services:\n  {name}:\n    image: shop/app\n    command: gunicorn x\n{more}    environment: {environment}\n"


def test_what_goes_before_what() -> None:
    script = "#!/bin/sh\nexport A=script B=script\nexport E=${E:-script}\nexport D=${D:-script}\nexec gunicorn x\n"
    files = {
        "deploy/docker-compose.yml": compose("{A: compose}"),
        "entrypoint.sh": script,
        ".env": "A=dotenv\nB=dotenv\nC=dotenv\n",
        "Dockerfile": "FROM python\nENV A=image B=image C=image D=image\n",
        ".env.example": "A=example\nF=example\n",
    }
    found = of(files)
    assert {name: given.value for name, given in found.items()} == {
        "A": "compose", "B": "script", "C": "dotenv", "D": "image", "E": "script",
    }  # fmt: skip
    assert [name for name, given in found.items() if given.default] == ["D", "E"]
    assert str(found["A"].location) == "deploy/docker-compose.yml:5"


STARTED = (
    "services:\n  web:\n    image: shop/app\n    command: {}\n    environment: {{A: compose, B: compose, C: compose}}\n"
)
SCRIPT = "#!/bin/sh\nexport A=script\nexport B=${B:-script}\nexport C=$C\nexec gunicorn x\n"


def test_what_a_script_that_is_started_exports_holds_last() -> None:
    by_compose = {"deploy/docker-compose.yml": STARTED.format("./start.sh"), "start.sh": SCRIPT}
    assert values(by_compose) == {"A": "script", "B": "compose", "C": "compose"}
    built = STARTED.replace("    command: {}\n", "").replace("image: shop/app", "build: ..")
    by_image = {
        "deploy/docker-compose.yml": built.format(),
        "Dockerfile": 'FROM python\nCMD ["/app/start.sh"]\n',
        "start.sh": SCRIPT,
    }
    assert values(by_image) == {"A": "script", "B": "compose", "C": "compose"}
    other = {"deploy/docker-compose.yml": STARTED.format("gunicorn x"), "start.sh": SCRIPT}
    assert values(other)["A"] == "compose"


def test_a_script_that_an_image_may_run_leaves_open_what_it_says_otherwise() -> None:
    files = {
        "deploy/docker-compose.yml": STARTED.format("gunicorn x"),
        "Dockerfile": 'FROM python\nENTRYPOINT ["./start.sh"]\nCMD ["gunicorn", "x"]\n',
        "start.sh": SCRIPT,
    }
    found = of(files)
    assert {name: (given.what, given.value) for name, given in found.items()} == {
        "A": ("reference", None), "B": ("text", "compose"), "C": ("text", "compose"),
    }  # fmt: skip
    agreeing = SCRIPT.replace("A=script", "A=compose")
    assert values({**files, "start.sh": agreeing})["A"] == "compose"


def test_a_script_that_sets_it_under_a_condition_leaves_it_open() -> None:
    script = "#!/bin/sh\nif [ -f f ]; then export A=script; fi\nexec gunicorn x\n"
    files = {"deploy/docker-compose.yml": STARTED.format("./start.sh"), "start.sh": script}
    assert (of(files)["A"].what, str(of(files)["A"].location)) == ("reference", "start.sh:2")


def test_files_that_are_not_tracked_are_the_developers_own() -> None:
    files = {
        "docker-compose.yml": compose("{A: '${A:-x}', B: '1'}"),
        ".env": "A=mine\n",
        "docker-compose.prod.yml": "services:\n  web: {image: shop/app, environment: {B: mine}}\n",
    }
    facts = facts_of(files)
    assert environment(facts)["B"].value == "mine"
    found = environment(facts, "", frozenset({".env", "docker-compose.prod.yml"}))
    assert {name: given.value for name, given in found.items()} == {"A": "x", "B": "1"}


def test_a_file_of_a_platform_and_an_image_that_is_not_built_here_count_beside_a_surer_one() -> None:
    files = {
        "Procfile": "web: A=procfile gunicorn x\n",
        "app.json": '{"env": {"A": "platform", "B": "platform"}}',
        "docker/docker-compose.yml": "services:\n  webserver:\n    image: shop/shop\n    environment: {C: compose}\n",
    }
    assert values(files) == {"A": "procfile", "B": "platform", "C": "compose"}


def test_what_one_of_two_services_is_given_is_not_known_of_both() -> None:
    task = '{{"containerDefinitions": [{{"name": "api", "command": ["gunicorn"], "environment": [{}]}}]}}'
    both, one = '{"name": "A", "value": "1"}', '{"name": "B", "value": "1"}'
    files = {"a-task-def.json": task.format(f"{both}, {one}"), "b-task-def.json": task.format(both)}
    assert {name: (given.what, given.value) for name, given in of(files).items()} == {
        "A": ("text", "1"), "B": ("reference", None),
    }  # fmt: skip
    image = {"Dockerfile": "FROM python\nENV B=1\n"}
    assert values({**files, **image}) == {"A": "1", "B": "1"}
    pair = "services:\n  api: {image: shop, command: gunicorn x, environment: {A: '1', B: '1', SECRET_KEY: not-real}}\n"
    pair += "  site: {image: shop, command: gunicorn y, environment: {A: '1'}}\n"
    found = of({"docker-compose.yml": pair})
    assert {name: given.what for name, given in found.items()} == {
        "A": "text",
        "B": "reference",
        "SECRET_KEY": "secret",
    }


def test_a_secret_that_another_variable_gives_is_measured() -> None:
    given = of({"docker-compose.yml": compose("{DB_PASS: '${X}'}"), ".env": "X=not-real\n"})["DB_PASS"]
    assert (given.what, given.value, given.length, given.distinct) == ("secret", None, 8, 8)


def test_files_that_disagree() -> None:
    files = {"a/docker-compose.yml": compose("{A: '1', B: x}"), "b/docker-compose.yml": compose("{A: '2', B: x}")}
    found = of(files)
    assert found["B"].value == "x"
    given = found["A"]
    assert (given.value, given.what) == (None, "reference")
    assert [(value, str(place)) for value, place in given.others] == [
        ("1", "a/docker-compose.yml:5"), ("2", "b/docker-compose.yml:5"),
    ]  # fmt: skip


def test_a_file_for_production_goes_before_a_plain_one() -> None:
    plain = compose("{A: plain, B: plain}")
    whole = {"docker-compose.yml": plain, "docker-compose.prod.yml": compose("{A: prod}")}
    assert values(whole) == {"A": "prod"}
    adding = {"docker-compose.yml": plain, "docker-compose.prod.yml": "services: {web: {environment: {A: prod}}}\n"}
    assert values(adding) == {"A": "prod", "B": "plain"}
    override = {"docker-compose.yml": plain, "docker-compose.override.yml": compose("{A: mine}")}
    assert values(override) == {"A": "plain", "B": "plain"}


def test_environment_files_count_where_they_are_loaded() -> None:
    more = "    env_file: [a.env, {path: ./b.env}]\n"
    files = {"docker-compose.yml": compose("{A: own}", more=more), "a.env": "A=1\nB=1\nC=1\n", "b.env": "B=2\n"}
    assert values(files) == {"A": "own", "B": "2", "C": "1"}
    assert values({"a.env": "A=1\n"}) == {}
    development = "services:\n  web:\n    command: python manage.py runserver\n    env_file: .env\n"
    assert values({"docker-compose.yml": development, ".env": "A=1\n"}) == {}


def test_compose_takes_variables_from_the_file_beside_it() -> None:
    text = compose("{A: '${A}', B: '${B:-x}', C: '${C:-x}', D: 'x${A}', E: '${E}', K: '${SECRET}'}")
    found = of({"docker-compose.yml": text, ".env": "A=1\nB=2\nSECRET=abc\n"})
    held = {name: (given.value, given.what, given.default) for name, given in found.items() if given.by == "compose"}
    assert held == {
        "A": ("1", "text", False), "B": ("2", "text", False), "C": ("x", "text", True), "D": ("x1", "text", False),
        "E": (None, "reference", False), "K": (None, "secret", False),
    }  # fmt: skip
    assert str(found["A"].location) == ".env:1"


def test_an_environment_file_beside_a_compose_file_only_fills_it_in() -> None:
    assert values({"docker-compose.yml": compose("{A: '1'}"), ".env": "B=2\n"}) == {"A": "1"}
    assert values({"deploy/docker-compose.yml": compose("{A: '1'}"), ".env": "B=2\n"}) == {"A": "1", "B": "2"}


def test_very_many_services_are_sorted_in_time() -> None:
    text = "services:\n" + "".join(f"  s{at}: {{image: x, environment: {{A: '{at}'}}}}\n" for at in range(2_400))
    facts = facts_of({f"{name}/docker-compose.yml": text for name in "abc"})
    begin = time.process_time()
    others = environment(facts)["A"].others
    assert (len(others), {place.path for _, place in others}) == (
        MAX_OTHERS,
        {f"{name}/docker-compose.yml" for name in "abc"},
    )
    assert time.process_time() - begin < 3


def test_other_services_say_nothing() -> None:
    text = (
        "services:\n  db:\n    image: postgres:16\n    environment: {A: db}\n"
        "  ui:\n    build: ./frontend\n    environment: {A: ui}\n"
        "  web:\n    build: ./backend\n    command: gunicorn x\n    environment: {A: web}\n"
        "  worker:\n    build: ./backend\n    command: celery -A x worker\n    environment: {A: worker, W: '1'}\n"
    )
    assert values({"docker-compose.yml": text}, "backend/shop/settings.py") == {"A": "web"}


def test_the_nearest_project_is_meant() -> None:
    files = {
        "one/Dockerfile": "FROM python\nENV A=one\n",
        "two/Dockerfile": "FROM python\nENV A=two\n",
        "two/.env": "B=two\n",
        "deploy/docker-compose.yml": compose("{C: both}"),
    }
    assert values(files, "one/shop/settings.py") == {"A": "one", "C": "both"}
    assert values(files, "two/shop/settings/prod.py") == {"A": "two", "B": "two", "C": "both"}


def test_a_service_that_extends_another() -> None:
    base = "services:\n  base:\n    image: shop/app\n    environment: {A: base, B: base}\n"
    text = compose("{A: web}", more="    extends: {file: common.yml, service: base}\n")
    assert values({"docker-compose.yml": text, "common.yml": base}) == {"A": "web", "B": "base"}
    endless = compose("{A: web}", more="    extends: {file: docker-compose.yml, service: web}\n")
    assert values({"docker-compose.yml": endless}) == {"A": "web"}


def test_what_is_held_elsewhere_is_not_what_lies_below() -> None:
    files = {"docker-compose.yml": compose("{A: '${A}'}"), "Dockerfile": "FROM python\nENV A=image\n"}
    place = Location(path="docker-compose.yml", line=5)
    assert of(files)["A"] == Given("reference", None, place, "compose")


def named(files: Mapping[str, str | bytes]) -> list[tuple[str, str, int | None]]:
    facts = facts_of(files).facts
    found: list[tuple[str, str, int | None]] = [
        (f.module, f.source, f.location.line) for f in facts if isinstance(f, SettingsModuleName)
    ]
    return found + [(f.name, f.source, f.location.line) for f in facts if isinstance(f, SettingsClassName)]


S = "DJANGO_SETTINGS_MODULE"


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("wsgi.py", f"import os\nos.environ.setdefault(\n    '{S}',\n    'a.b',\n)\n", [("a.b", "wsgi", 2)]),
        ("asgi.py", f"from os import environ\nenviron['{S}'] = 'a.b'\n", [("a.b", "wsgi", 2)]),
        ("manage.py", f"M = 'a.b'\nos.environ.setdefault('{S}', M)\n", [("a.b", "manage", 2)]),
        ("manage.py", "os.environ.setdefault('DJANGO_CONFIGURATION', 'Live')\n", [("Live", "manage", 1)]),
        ("manage.py", f"os.environ.setdefault('{S}', 'a.tests.settings')\n", []),
        ("manage.py", f"os.environ.setdefault('{S}', f'a.{{x}}')\n", []),
        ("k8s/a.yaml", DEPLOYMENT.replace("DEBUG, value: \"0\"", f"{S}, value: a.b"), [("a.b", "environment", 16)]),
        ("docker-compose.yml", compose(f"{{{S}: '${{{S}:-a.b}}'}}"), [("a.b", "environment", 5)]),
        ("docker-compose.yml", f"services: {{web: {{command: manage.py runserver, environment: {{{S}: a.b}}}}}}\n", []),
        ("Procfile", f"web: {S}=a.b gunicorn x\n", [("a.b", "environment", 1)]),
        ("Procfile", "web: python manage.py runmodwsgi --settings=a.b\n", [("a.b", "environment", 1)]),
        ("Procfile", f"web: gunicorn x --env {S}=a.b\n", [("a.b", "environment", 1)]),
        ("shop.service", f'[Service]\nEnvironment="{S}=a.b" X=1\nExecStart=gunicorn x\n', [("a.b", "environment", 2)]),
        ("supervisor.conf", f"[program:a]\ncommand=gunicorn x\nenvironment={S}='a.b'\n", [("a.b", "environment", 3)]),
        ("uwsgi.ini", f"[uwsgi]\nenv = {S}=a.b\n", [("a.b", "environment", 2)]),
        ("gunicorn.conf.py", f"raw_env = ['{S}=a.b']\n", [("a.b", "environment", 1)]),
        ("entrypoint.sh", f"export {S}=${{{S}:-a.b}}\nexec gunicorn x\n", [("a.b", "environment", 1)]),
        (
            "package.json",
            f'{{"scripts": {{\n"dev": "{S}=a.dev x",\n"start": "{S}=a.b x"}}}}',
            [("a.b", "environment", 3)],
        ),
        (
            "Dockerfile",
            f"FROM a\nENV {S}=a.b DJANGO_CONFIGURATION=Live\n",
            [("a.b", "environment", 2), ("Live", "environment", 2)],
        ),
        ("Dockerfile", f"FROM a\nRUN {S}=a.build python manage.py collectstatic\n", []),
        (".env.example", f"{S}=a.b\n", []),
        ("pytest.ini", f"[pytest]\n{S} = a.tested\n", []),
        ("tox.ini", f"[testenv]\nsetenv =\n    {S} = a.tested\n", []),
        (
            ".github/workflows/x.yml",
            f"jobs:\n  deploy:\n    env: {{{S}: a.b}}\n  test:\n    env: {{{S}: a.t}}\n",
            [("a.b", "environment", 3)],
        ),
    ],
)  # fmt: skip
def test_the_settings_module_is_named(path: str, text: str, expected: list[object]) -> None:
    assert named({path: text}) == expected


def test_a_scan_has_these_facts(tmp_path: Path) -> None:
    secret = "x9" + "Kq7" * 9
    files = {"docker-compose.yml": compose(f"{{DEBUG: '0', SECRET_KEY: {secret}}}"), "manage.py": "x = 1\n"}
    facts = scanned(tmp_path, files)
    assert environment(facts)["DEBUG"].value == "0"
    assert environment(facts)["SECRET_KEY"].what == "secret"
    assert secret not in repr(facts)


def test_nothing_at_all() -> None:
    assert environment(FactSet()) == {}


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + at)}: &{chr(98 + at)} [{', '.join(['*' + chr(97 + at)] * 9)}]\n" for at in range(20)
)


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("docker-compose.yml", b"services: &s\n  web: {image: x, environment: *s}\n"),
        ("docker-compose.yml", (BOMB + "services: {web: {image: x, environment: *u}}\n").encode()),
        ("docker-compose.yml", b"services:\n  web:\n\t environment: {A: 1}\n"),
        ("docker-compose.yml", b"services: " + b"{a: " * 5000),
        ("docker-compose.yml", b"\xff\xfe\x00services"),
        ("docker-compose.yml", b"services: [1]\n---\nservices: {w: 3, x: {environment: 5, env_file: {}, build: []}}\n"),
        ("k8s.yaml", b"apiVersion: v1\nkind: List\nitems: &i\n  - {kind: List, apiVersion: v1, items: *i}\n"),
        ("k8s.yaml", b"apiVersion: v1\nkind: Pod\nspec: {containers: [1, {env: [2, {name: {}}]}]}\n"),
        ("entrypoint.sh", b"exec gunicorn x\n" + b"${" * 60_000),
        ("entrypoint.sh", b"exec gunicorn x\n" + b"$(" * 60_000),
        ("entrypoint.sh", b"exec gunicorn x\n" + b"'\"`(" * 30_000),
        ("entrypoint.sh", b"exec gunicorn x\nA=xxxxxxxxxx\n" + b"export A=$A$A$A$A$A$A\n" * 5_000),
        ("entrypoint.sh", b"exec gunicorn x\n" + b"if ( { case x in " * 10_000),
        (".env", b"A=\"" + b"\\" * 500_000),
        (".env", b"A=\"\n" * 100_000),
        (".env", b"A=${A}${A}${A}\n" * 20_000),
        (".env", b"=\n==\nA\n \x00\n"),
        ("Dockerfile", b"FROM a\nENV A=xxxxxxxxx\n" + b"ENV A=$A$A$A$A\n" * 4_000),
        ("Dockerfile", b"FROM a\nENV A='\"\nENV\nENV =\nENV ${\n"),
        ("a.service", b"[Service]\nEnvironment=\"\nEnvironment=='\\\n"),
        ("app.json", b"[" * 100_000),
        ("app.json", b'{"env": [1]}'),
        ("fly.toml", b"a = " + b"[" * 50_000),
        ("fly.toml", b"[env]\nA = [1]\n"),
        ("task-definition.json", b'{"containerDefinitions": [1, {"environment": [1, {"name": 2}], "command": 3}]}'),
        ("supervisor.conf", b"[program:x]\nenvironment=" + b"A=1," * 100_000),
        ("uwsgi.ini", b"[uwsgi]\nenv\nenv =\n" + b"env = A" * 50_000),
        ("gunicorn.conf.py", b"raw_env = ["),
        ("Procfile", b"web: " + b"A=$(" * 100_000),
        ("render.yaml", b"services: [1, {envVars: [2, {key: [], value: {}}]}]\n"),
        (".github/workflows/a.yml", b"jobs: {a: 1, b: {env: 3, steps: [1, {env: [x]}]}}\n"),
    ],
)  # fmt: skip
def test_hostile_files_end_in_time_and_never_break_it(path: str, data: bytes) -> None:
    begin = time.process_time()
    found = extract_file(tuple(wanting(EXTRACTORS, path, 0o644, len(data))), path, 0o644, data)
    assert time.process_time() - begin < 8
    assert [item for item in found if isinstance(item, Gap) and item.reason in {Reason.CRASHED, Reason.DEADLINE}] == []
    environment(FactSet().plus(found))


def test_too_large_is_a_gap() -> None:
    big = b"A=1\n" * 400_000
    (gap,) = facts_of({".env": big}).gaps
    assert (gap.reason, gap.kinds) == (Reason.TOO_LARGE, ("deployment.environment", "deployment.service"))
    many = "".join(f"A{number}=1\n" for number in range(6_000))
    facts = facts_of({".env": many})
    assert (len(facts.facts), facts.gaps[0].reason) == (5_000, Reason.BUDGET)


def test_interpolation_is_bounded() -> None:
    assert interpolated("$A$A", {"A": "x" * 15_000}) == Expanded(None)
    assert interpolated("${A:-" * 50 + "x" + "}" * 50, {}).value is None


def test_lines_of_words() -> None:
    (first, second) = shell_commands("a 'b\nc' \\\n d\ne # f\n")
    assert (first.words, first.line, second.words, second.line) == (("a", "b\nc", "d"), 1, ("e",), 4)
    assert [pair.line for pair in pairs_of("A='\n\n'\nB=1\n")] == [1, 4]


def test_a_file_of_another_kind_is_silent() -> None:
    assert environment_of("values.yaml", b"services: {web: {port: 80}}\n") == []
    assert environment_of("env.py", b"A=1\n") == []


WEB = "services:\n  web:\n    build: .\n"
SETTINGS = "import os\nROOT_URLCONF = 'shop.urls'\nDEBUG = os.environ.get('DEBUG', 'no') == 'yes'\n"


def given(root: Path, files: Mapping[str, str | bytes]) -> dict[str, object]:
    """Name -> value after a whole scan, "…" for a secret, None where it is set to what is not known."""
    found = environment(scanned(root, files))
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
        (
            "start.sh",
            "#!/bin/sh\nexport A=x\nexport B=${B:-y}\n: ${C:=z}\nexport C\nE=no\nexec gunicorn x\n",
            {"A": "x", "B": "y", "C": "z"},
        ),
        ("start.sh", "#!/bin/sh\nD=1 exec gunicorn x\n", {"D": "1"}),
        ("start.sh", "#!/bin/sh\nif [ -n \"$X\" ]; then\n  export A=x\nfi\nexec gunicorn x\n", {"A": None}),
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
        ".env.production": "A=file\nB=file\nC=file\n",
        "entrypoint.sh": "#!/bin/sh\nexport A=script\nexport B=script\nexec gunicorn x\n",
        "deploy/compose.yaml": "services:\n  web:\n    build: ..\n    environment: {A: compose}\n",
    }
    assert given(tmp_path, files) == {"A": "compose", "B": "script", "C": "file", "D": "image"}


def test_two_files_that_weigh_the_same_leave_it_open_and_are_named(tmp_path: Path) -> None:
    service = "services:\n  web:\n    build: .\n    environment: {{A: {}}}\n"
    files: dict[str, str | bytes] = {"compose.yaml": service.format("x"), "compose.cluster.yaml": service.format("y")}
    (one,) = environment(scanned(tmp_path, files)).values()
    assert (one.what, one.value) == ("reference", None)
    assert [(value, str(place)) for value, place in one.others] == [
        ("y", "compose.cluster.yaml:4"),
        ("x", "compose.yaml:4"),
    ]
    files["compose.prod.yaml"] = service.format("z")
    assert given(tmp_path / "b", files) == {"A": "z"}


def test_secrets_are_measured(tmp_path: Path) -> None:
    key = "k7Vq" * 10
    facts = scanned(tmp_path, {".env": f"SECRET_KEY={key}\nDATABASE_URL=postgres://me:{key}@db/x\n"})
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
        facts = scanned(tmp_path / str(number), files)
        (debug,) = [
            fact
            for fact in facts.of("framework.setting")
            if isinstance(fact, FrameworkSetting) and fact.name == "DEBUG"
        ]
        assert (debug.value, debug.depends_on) == (expected, ("DEBUG",))


def test_the_class_of_settings_is_named(tmp_path: Path) -> None:
    facts = scanned(tmp_path, {"Dockerfile": "FROM python:3.12\nENV DJANGO_CONFIGURATION=Live\n"})
    assert [fact.name for fact in facts.of("settings.class-name") if isinstance(fact, SettingsClassName)] == ["Live"]


@pytest.mark.parametrize(
    ("path", "data", "reason"),
    [
        ("compose.yaml", b"services: [\n", Reason.UNPARSABLE),
        ("compose.yaml", b"services:\n  {% if x %}\n  web: [{{ x }}\n", Reason.TEMPLATED),
        (
            "compose.yaml",
            b"services: {web: {image: x}}\na: &a [x]\n" + b"".join(b"b%d: [*a, *a]\n" % n for n in range(3_000)),
            Reason.BUDGET,
        ),
        (".env", b"A=1\n" * 400_000, Reason.TOO_LARGE),
        (".env", b"".join(b"A%d=1\n" % n for n in range(6_000)), Reason.BUDGET),
        ("app.json", b'{"env": ', Reason.UNPARSABLE),
        ("app.json", b"[" * 100_000, Reason.UNPARSABLE),
        ("fly.toml", b"[env\n", Reason.UNPARSABLE),
        ("Dockerfile", b"FROM x\nENVV a=1\n", Reason.UNPARSABLE),
    ],
)
def test_what_cannot_be_read_is_a_gap(tmp_path: Path, path: str, data: bytes, reason: Reason) -> None:
    facts = scanned(tmp_path, {path: data})
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
    scanned(tmp_path, {path: b"#!/bin/sh\n" + data})
