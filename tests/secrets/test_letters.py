"""A password of letters alone is no name, and a name is no password."""

import random
import string

import pytest

from hardencheck.collect.secrets.letters import bits
from hardencheck.collect.secrets.ruleset import scanner

FORMS = {
    "a call": ("app/a.py", 'connect(password="{}")'),
    "a setting": ("app/settings.py", "DB_PASSWORD = '{}'"),
    ".env": ("deploy/.env", "DB_PASSWORD={}"),
    ".flaskenv": (".flaskenv", "DB_PASSWORD={}"),
    "Dockerfile": ("Dockerfile", "ENV DB_PASSWORD {}"),
    "YAML": ("deploy/values.yaml", "password: {}"),
    ".netrc": (".netrc", "machine h.internal login d password {}"),
    ".pgpass": (".pgpass", "db.internal:5432:shop:app:{}"),
    ".pypirc": (".pypirc", "password = {}"),
    "curl": ("a.sh", "curl -u app:{} https://api.internal/"),
    "SQL": ("a.sql", "ALTER ROLE shop WITH LOGIN PASSWORD '{}';"),
}
CERTAIN = [".netrc", ".pgpass", "curl", "SQL", ".env", "YAML", ".pypirc", ".flaskenv", "Dockerfile"]
NAMES = ["get_password", "passwordResetToken", "current-user", "RefreshTokenSerializer", "loginForm", "authenticate"]


def counted(form: str, value: str) -> bool:
    path, text = FORMS[form]
    scan = scanner().scan((text.format(value) + "\n").encode(), path)
    return any(not item.why for item in scan.sightings)


@pytest.mark.parametrize("letters", [string.ascii_lowercase, string.ascii_letters])
@pytest.mark.parametrize("form", FORMS)
def test_random_letters_are_found(form: str, letters: str) -> None:
    """Of twelve letters one in a hundred reads like a word by chance."""
    chance = random.Random(f"{form}{letters}")
    values = ["".join(chance.choices(letters, k=12)) for _ in range(100)]
    assert sum(counted(form, value) for value in values) >= 94


@pytest.mark.parametrize("form", CERTAIN)
def test_a_word_is_a_bad_password_where_nothing_else_can_stand(form: str) -> None:
    assert counted(form, "dragonfly")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_code_is_none(name: str) -> None:
    assert bits(name) > 0
    assert not counted("a call", name)


def test_prose_about_sql_is_no_password() -> None:
    text = "# Devices are identified by serial numbers, interfaces identified by name.\n"
    assert not [item for item in scanner().scan(text.encode(), "app/models.py").sightings if not item.why]


@pytest.mark.parametrize("value", ["&", "!", "%", "*"])
def test_a_value_of_an_env_file_may_begin_with_any_sign(value: str) -> None:
    assert counted(".env", f"{value}kX7qLm2Rt9w")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".bundle/config", 'BUNDLE_GEMS__SHOP__INTERNAL: "deploy:{}"'),
        ("app/client.py", "headers = {{'X-Session-Key': '{}'}}"),
        ("docs/example.http", "X-Shop-Key: {}"),
    ],
)
def test_places_without_a_word_for_password(path: str, text: str) -> None:
    value = "kX7qLm2Rt9wBv4ZpNc3H"
    assert [item.why for item in scanner().scan((text.format(value) + "\n").encode(), path).sightings] == [""]


PW = "kX7qLm2Rt9wBv4ZpNc"
PAIRS = {
    "Kubernetes": (
        "k8s/deploy.yaml",
        f"env:\n  - name: DB_PASSWORD\n    value: {PW}\n  - name: PORT\n    value: 8000\n",
    ),
    "quoted": ("k8s/deploy.yaml", f'env:\n  - name: "DB_PASSWORD"\n    value: "{PW}"\n'),
    "the value first": (
        "k8s/deploy.yaml",
        f"env:\n  - value: {PW}\n    name: DB_PASSWORD\n  - name: PORT\n    value: 8000\n",
    ),
    "the value first, in a line": ("k8s/deploy.yaml", f"env: [{{value: {PW}, name: DB_PASSWORD}}, {{name: PORT}}]\n"),
    "the value first in JSON": ("ecs/task.json", f'{{\n  "value": "{PW}",\n  "name": "DB_PASSWORD"\n}}\n'),
    "the value first in XML": ("web.config", f'<add value="{PW}" key="DbPassword"/>\n'),
    "a task definition": ("ecs/task.json", f'{{"environment": [{{"name": "DB_PASSWORD", "value": "{PW}"}}]}}\n'),
    "on lines of its own": ("ecs/task.json", f'{{\n  "name": "DB_PASSWORD",\n  "value": "{PW}"\n}}\n'),
    "Terraform": ("infra/a.tf", f'variable "db_password" {{\n  type = string\n  default = "{PW}"\n}}\n'),
    "appSettings": ("web.config", f'<add key="DbPassword" value="{PW}"/>\n'),
}


@pytest.mark.parametrize("form", PAIRS)
def test_a_name_and_its_value_in_two_fields(form: str) -> None:
    path, text = PAIRS[form]
    found = [item for item in scanner().scan(text.encode(), path).sightings if not item.why]
    (at,) = {(item.line, item.column) for item in found}
    line = next(number for number, line in enumerate(text.split("\n"), 1) if PW in line)
    assert at == (line, text.split("\n")[line - 1].index(PW) + 1)


@pytest.mark.parametrize(
    "text",
    [
        "env:\n  - name: DB_PASSWORD\n    valueFrom:\n      secretKeyRef:\n        name: db\n        key: password\n",
        'variable "db_password" {\n  type = string\n}\nvariable "x" {\n  default = "kX7qLm2Rt9wBv4ZpNc"\n}\n',
        "- name: DB_PASSWORD\n  value: ${DB_PASSWORD}\n",
        "- name: RELEASE\n  value: kX7qLm2Rt9wBv4ZpNc\n- name: DB_PASSWORD\n  valueFrom: {secretKeyRef: {name: db}}\n",
        "env: [{name: RELEASE, value: kX7qLm2Rt9wBv4ZpNc}, {name: DB_PASSWORD, valueFrom: x}]\n",
        "defaultvalue: kX7qLm2Rt9wBv4ZpNc\nname: DB_PASSWORD\n",
    ],
)
def test_a_name_whose_value_is_elsewhere(text: str) -> None:
    assert not [item for item in scanner().scan(text.encode(), "infra/a.yaml").sightings if not item.why]


@pytest.mark.parametrize("url", ["postgresql://{user}:%s@{host}/app", "postgresql://${USER}:%s@${HOST}/app"])
def test_a_password_between_templates_is_one(url: str) -> None:
    def why(password: str) -> list[str]:
        text = f'URL = f"{url % password}"\n'
        return [item.why for item in scanner().scan(text.encode(), "app/a.py").sightings]

    assert why(PW) == [""]
    assert why("password") == ["a template"]


def test_headers_that_a_server_sets() -> None:
    text = f'proxy_set_header Authorization "Bearer {PW}{PW}";\n'
    assert [item.rule for item in scanner().scan(text.encode(), "nginx.conf").sightings] == ["bearer-header"]


def test_a_key_without_digits_is_no_name() -> None:
    """One in thirty has none."""
    (found,) = scanner().scan(b"AWS_ACCESS_KEY_ID=AK" + b"IA" + b"QWRTZXCVBNMLKJHG\n", ".env").sightings
    assert (found.rule, found.why) == ("aws-access-key-id", "")
