"""Scripts, makefiles, workflows, playbooks, logrotate and sudoers; what image builds fetch and keep."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardencheck.collect.extract._image_secrets import declared, secret_file
from hardencheck.collect.extract._script_lines import fetched
from hardencheck.collect.extract._shell import commands, mask_bits, mode_changes, placed, umask_of
from hardencheck.collect.extract.dockerfile import Dockerfiles
from hardencheck.collect.extract.script_modes import ScriptModes
from hardencheck.collect.extraction import extract_file
from hardencheck.model.facts.builds import BuildVariable, CopiedSecret, PasswordlessSudo, PipedShell, ScriptMode
from hardencheck.model.facts.container import ContainerMode, ImageBuild
from hardencheck.model.facts.oscalls import Umask
from hardencheck.model.gap import Gap, Reason


def read(path: str, text: str, mode: int = 0o100644) -> list[object]:
    return list(extract_file([ScriptModes()], path, mode, text.encode()))


def modes(path: str, text: str) -> list[tuple[int | None, str, str, bool]]:
    facts = [fact for fact in read(path, text) if isinstance(fact, ScriptMode)]
    return [(fact.location.line, fact.command, fact.mode, fact.others_write) for fact in facts]


def test_lines_of_a_script() -> None:
    script = (
        "#!/bin/sh\n# chmod 777 no\nset -e\nMODE=777\nchmod \\\n  -R 777 /a\nif true; then\n  chmod o+w /b\nfi\n"
        "cat <<EOF\nchmod 777 text\nEOF\nchmod $MODE /c\nssh host <<'EOF'\ncd /srv\nchmod 666 d\nEOF\nchmod 640 /e\n"
    )
    assert modes("deploy/run.sh", script) == [
        (5, "chmod", "777", True),
        (8, "chmod", "o+w", True),
        (13, "chmod", "$MODE", True),
        (16, "chmod", "666", True),
        (18, "chmod", "640", False),
    ]
    for remote in (
        "ssh host chmod 777 a", "ssh -p 22 me@host 'cd /srv; chmod 777 a'", "docker exec -it app chmod 777 a",
        "docker compose exec web sh -c 'chmod 777 a'", "su app -c 'chmod 777 a'", "kubectl exec p -- chmod 777 a",
    ):  # fmt: skip
        assert modes("deploy/run.sh", f"{remote}\n") == [(1, "chmod", "777", True)], remote
    assert modes("deploy/run.sh", "docker run chmod-image\nssh host\ndocker build .\n") == []
    assert modes("deploy/run.sh", script.replace("\n", "\r\n")) == modes("deploy/run.sh", script)


def test_what_counts_as_a_script() -> None:
    text = "#!/bin/sh\nchmod 777 a\n"
    assert ScriptModes().wants("bin/serve", 0o100755, 30)
    assert modes("bin/serve", text) == [(2, "chmod", "777", True)]
    assert modes("bin/serve", text.replace("/bin/sh", "/usr/bin/python3")) == []
    for path, mode in (("bin/serve", 0o100644), ("a.py", 0o100755), ("docs/x.md", 0o100644)):
        assert not ScriptModes().wants(path, mode, 30)


def test_modes_of_directories_devices_and_programs() -> None:
    script = (
        "chmod 666 /dev/stdout\nchmod 1777 /spool\nchmod 2775 /srv/media\nchmod g+s /usr/local/bin/x\nchmod u+s y\n"
    )
    facts = [fact for fact in read("run.sh", script) if isinstance(fact, ScriptMode)]
    assert [(fact.others_write, fact.set_id) for fact in facts] == [
        (False, False), (False, False), (False, False), (False, True), (False, True),
    ]  # fmt: skip


def test_access_control_lists() -> None:
    def bits(*words: str) -> list[int | None]:
        return [change.bits for change in mode_changes(["setfacl", *words], {})]

    assert bits("-m", "o::rwX", "/a") == [7]
    assert bits("-R", "-m", "u:app:rwx,d:o:rw", "/a") == [6]
    assert bits("-m", "u:app:rwx", "/a") == []
    assert bits("-b", "/a") == []


def test_a_mode_that_is_a_variable() -> None:
    (gap,) = read("run.sh", "MODE=640\nMODE=777\nchmod $MODE /a\n")
    assert isinstance(gap, Gap)
    assert (gap.reason, gap.location.line) == (Reason.NOT_LITERAL, 3)


def test_the_umask_of_scripts() -> None:
    def found(script: str) -> list[tuple[int | None, int, bool, bool]]:
        facts = [fact for fact in read("entrypoint.sh", script) if isinstance(fact, Umask)]
        return [(fact.location.line, fact.mask, fact.others_write, fact.restored) for fact in facts]

    assert found("#!/bin/sh\numask 0\nexec app\n") == [(2, 0, True, False)]
    assert found("umask 027 && exec app\n") == [(1, 0o027, False, False)]
    assert found("umask u=rwx,g=rwx,o=rwx\n") == [(1, 0, True, False)]
    assert found("old=$(umask)\numask 000\nmkdir a\numask $old\n") == [(2, 0, True, True)]
    assert found("umask -S\numask\n") == []
    assert found("ls\nexec /bin/sh -ec 'cd /; umask 0; exec a'\n") == [(2, 0, True, False)]
    assert found("sh -c\nsh umask 0\nsh -c 'sh -c \"umask 0\"'\n") == []
    unit = "[Service]\nExecStart=/bin/sh -c 'umask 0; exec /srv/a'\n"
    (umask,) = [item for item in read("deploy/a.service", unit) if isinstance(item, Umask)]
    assert (umask.location.line, umask.mask) == (2, 0)
    assert mask_bits("u=rwx,g=rx,o=") == 0o027
    assert [mask_bits(spec) for spec in ("u=rwx", "g+w", "o+w", "+w", "a-w", "o=,g-rx")] == [
        0o022, 0o002, 0o020, 0o000, 0o222, 0o077,
    ]  # fmt: skip
    assert mask_bits("g+s") is None
    assert found("umask o+w\nmkdir a\n") == [(1, 0o020, True, False)]
    assert umask_of(["sudo", "umask", "022"], {}) == "022"
    assert umask_of(["echo", "umask", "0"], {}) is None


def test_makefiles_and_workflows() -> None:
    make = "install: app\n\tinstall -m 666 a /etc/a\n\ntest:\n\tchmod 777 build\n"
    facts = [fact for fact in read("Makefile", make) if isinstance(fact, ScriptMode)]
    assert [(fact.location.line, fact.role) for fact in facts] == [(2, "production"), (5, "development")]
    assert modes("Makefile", "deploy:\n\t@rsync a b && \\\n\tchmod 777 b\n") == [(3, "chmod", "777", True)]
    steps = "      - run: chmod 777 a\n      - run: |\n          ls\n          chmod 666 b\n"
    workflow = f"name: {{}}\njobs:\n  one:\n    steps:\n{steps}"
    facts = [
        fact for fact in read(".github/workflows/x.yml", workflow.format("release")) if isinstance(fact, ScriptMode)
    ]
    assert [(fact.location.line, fact.mode, fact.role) for fact in facts] == [
        (5, "777", "production"),
        (8, "666", "production"),
    ]
    facts = [fact for fact in read(".github/workflows/x.yml", workflow.format("lint")) if isinstance(fact, ScriptMode)]
    assert {fact.role for fact in facts} == {"test"}
    for path, role in (
        ("docker-entrypoint.sh", "production"), ("deploy/device.sh", "production"), ("run-dev.sh", "development"),
        ("build_docs.sh", "test"), ("scripts/lint.sh", "test"), (".ci/run.sh", "test"),
    ):  # fmt: skip
        assert [fact.role for fact in read(path, "chmod 777 a\n") if isinstance(fact, ScriptMode)] == [role], path
    assert modes(".gitlab-ci.yml", "deploy:\n  script:\n    - chmod 777 a\n") == [(3, "chmod", "777", True)]


def test_what_a_makefile_fetches_is_a_developers_own() -> None:
    recipe = "curl -fsSL https://x.example/a | sh\n"
    found = read("Makefile", f"setup:\n\t{recipe}\ndeploy:\n\t{recipe}")
    assert [item.location.line for item in found if isinstance(item, PipedShell)] == [5]
    assert read("run.sh", "curl --version | sh\n") == []


@pytest.mark.parametrize(
    ("mode", "loose", "decimal"),
    [
        ("0777", True, False),
        ('"0777"', True, False),
        ("'777'", True, False),
        ("0o777", True, False),
        ("u=rwx,g=rwx,o=rwx", True, False),
        ("a+w", True, False),
        ("511", True, False),
        ("777", False, True),
        ("644", False, True),
        ("0644", False, False),
        ('"0640"', False, False),
        ("420", False, False),
        ("u=rw,g=r,o=", False, False),
        ("1777", False, True),
        ('"1777"', False, False),
    ],
)
def test_modes_of_ansible(mode: str, loose: bool, decimal: bool) -> None:
    copy = f"ansible.builtin.copy:\n        src: a\n        dest: /a\n        mode: {mode}\n"
    text = f"- hosts: all\n  tasks:\n    - name: x\n      {copy}"
    (fact,) = [fact for fact in read("deploy/playbook.yml", text) if isinstance(fact, ScriptMode)]
    assert (fact.location.line, fact.others_write, fact.decimal) == (7, loose, decimal)


def test_other_forms_of_ansible() -> None:
    assert modes("roles/a/tasks/main.yml", "- file: path=/a mode=0777\n- copy: { dest: /b, mode: preserve }\n") == [
        (1, "file: mode", "0777", True)
    ]
    assert modes("roles/a/tasks/main.yml", "- block:\n    - shell: chmod 777 /a\n") == [(2, "chmod", "777", True)]
    (gap,) = read("roles/a/tasks/main.yml", "- file: { path: /a, mode: '{{ mode }}' }\n")
    assert isinstance(gap, Gap)
    assert gap.reason is Reason.TEMPLATED


@pytest.mark.parametrize(
    ("task", "line"),
    [
        ("shell: |\n    cd /srv\n    chmod 777 x\n", 3),
        ("shell: >\n    cd /srv &&\n    chmod 777 x\n", 3),
        ("shell: >-\n    cd /srv &&\n    chmod\n    777 x\n\n- debug: a\n", 3),
        ("shell: >\n    ls\n\n    chmod 777 x\n", 4),
        ("shell: cd /srv &&\n    chmod 777 x\n", 2),
        ("shell: 'cd /srv &&\n    chmod 777 x'\n", 2),
        ("shell:\n    chmod 777 x &&\n    ls\n", 2),
        ("shell: chmod 777 x\n", 1),
        ("shell: >\n    chmod 777 x\n", 2),
    ],
)
def test_lines_of_texts_that_yaml_folds(task: str, line: int) -> None:
    for text in (f"- {task}", f"- {task}".replace("\n", "\r\n")):
        assert [found[0] for found in modes("roles/a/tasks/main.yml", text)] == [line]


def test_logrotate_and_tmpfiles() -> None:
    text = "/var/log/a.log {\n  daily\n  create 0666 app adm\n  createolddir 777 app adm\n}\n"
    assert modes("deploy/logrotate.d/app", text) == [(3, "create", "0666", True), (4, "createolddir", "777", True)]
    assert modes("logrotate.conf", "create\ncreate 0640 a b\n") == [(2, "create", "0640", False)]
    tmpfiles = "# d /no 0777\nd /run/app 0777 app app -\nf+ /run/x 0640 - - -\nd /tmp 1777 root root\n"
    assert modes("deploy/tmpfiles.d/app.conf", tmpfiles) == [
        (2, "d", "0777", True), (3, "f+", "0640", False), (4, "d", "1777", False),
    ]  # fmt: skip
    for kind in ("d=", "d$", "f^", "D!", "d~"):
        assert modes("deploy/tmpfiles.d/app.conf", f"{kind} /run/app 0777 a a -\n") == [(1, kind, "0777", True)]


def test_sudo_without_a_password() -> None:
    def found(path: str, text: str) -> list[tuple[int | None, bool]]:
        facts = [fact for fact in read(path, text) if isinstance(fact, PasswordlessSudo)]
        return [(fact.location.line, fact.everything) for fact in facts]

    assert found("sudoers", "# x NOPASSWD: ALL\nx ALL=(ALL) NOPASSWD: ALL\ny ALL=(root) NOPASSWD:SETENV: /bin/z\n") == [
        (2, True),
        (3, False),
    ]
    assert found("etc/sudoers.d/app", "x ALL = NOPASSWD:ALL\n") == [(1, True)]
    assert found("a.sh", "#!/bin/sh\ncat > /etc/sudoers.d/x <<EOF\nx\nx ALL=(ALL) NOPASSWD:ALL\nEOF\n") == [(4, True)]
    for module, line in (
        ("lineinfile: {path: /etc/sudoers, line: 'x ALL=(ALL) NOPASSWD: ALL'}\n", 1),
        ("copy:\n    dest: /etc/sudoers.d/x\n    content: |\n      # x\n      x ALL=(ALL) NOPASSWD: ALL\n", 5),
        ("ansible.builtin.blockinfile:\n    block: >\n      x ALL=(ALL)\n      NOPASSWD: ALL\n", 4),
    ):
        assert found("roles/a/tasks/main.yml", f"- {module}") == [(line, True)], module


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("curl -sSL https://a.example/x.sh | sh", [("a.example", "sh", True)]),
        ("curl -sSL https://a.example/x.sh | sudo -E bash -", [("a.example", "bash", True)]),
        ("wget -qO- http://a.example/x | A=1 /bin/bash -s -- -y", [("a.example", "bash", False)]),
        ("bash <(curl -s https://a.example/x)", [("a.example", "bash", True)]),
        ('sh -c "$(curl -fsSL https://a.example/x)"', [("a.example", "sh", True)]),
        ('eval "$(curl -s $URL)"', [("?", "eval", True)]),
        ("curl -sSL https://a.example/get-poetry.py | python3 -", [("a.example", "python3", True)]),
        ('curl "https://a.example/?a=1&b=2" | sh', [("a.example", "sh", True)]),
        ("curl -s https://a.example/x | python3 -m json.tool", []),
        ("curl -s https://a.example/x | tar xz", []),
        ("curl -s https://a.example/x | gpg --dearmor -o k && sh x.sh", []),
        ("curl -o x.sh https://a.example/x && sh x.sh", []),
        ("echo x | sh", []),
        ("curl http://[a.example | sh", [("?", "sh", False)]),
    ],
)
def test_fetched_and_run(command: str, expected: list[tuple[str, str, bool]]) -> None:
    assert [(one.host, one.interpreter, one.encrypted) for one in fetched(command)] == expected


def test_lines_of_an_image_build() -> None:
    text = (
        "FROM python:3\nRUN apt-get update && \\\n    # a comment\n    curl -s https://a.example/x | sh && \\\n"
        "    chmod -R 777 /srv && \\\n    echo 'x ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers\n"
        "RUN <<EOF\nset -e\nchmod 666 /a\nEOF\nRUN cat <<EOF > /doc\nchmod 777 /text\nEOF\n"
        "RUN --mount=type=cache,target=/c \\\n  install -m 0777 a b\n"
        "COPY --chown=a \\\n  --chmod=777 a /a\nENV A=1 \\\n  API_TOKEN=$T \\\n  B=2\n"
        "COPY <<EOF /etc/sudoers.d/x\nx ALL=(ALL) NOPASSWD:ALL\nEOF\nCOPY a \\\n  .env /app/\n"
    )
    facts = list(extract_file([Dockerfiles()], "Dockerfile", 0o100644, text.encode()))
    lines = [
        (type(fact).__name__, fact.location.line)
        for fact in facts
        if isinstance(fact, ContainerMode | PipedShell | PasswordlessSudo | BuildVariable | CopiedSecret)
    ]
    assert sorted(lines) == sorted([
        ("ContainerMode", 5), ("PipedShell", 4), ("PasswordlessSudo", 6), ("ContainerMode", 9), ("ContainerMode", 15),
        ("ContainerMode", 17), ("PasswordlessSudo", 22), ("BuildVariable", 19), ("CopiedSecret", 25),
    ])  # fmt: skip


def test_where_a_user_is_missing() -> None:
    text = "FROM python:3 AS base\nRUN a\nFROM base\nRUN b\n"
    (build,) = [
        fact
        for fact in extract_file([Dockerfiles()], "Dockerfile", 0o100644, text.encode())
        if isinstance(fact, ImageBuild)
    ]
    assert (build.base, build.base_line, build.location.line) == ("python:3", 3, 3)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ARG DB_PASSWORD", [("DB_PASSWORD", "none")]),
        ("ARG A=1 API_TOKEN B", [("API_TOKEN", "none")]),
        ("ARG SECRET_KEY=changeme", [("SECRET_KEY", "placeholder")]),
        ("ENV SECRET_KEY=$KEY", [("SECRET_KEY", "variable")]),
        ("ENV SECRET_KEY=${KEY}", [("SECRET_KEY", "variable")]),
        ("ENV SECRET_KEY change-me please", [("SECRET_KEY", "placeholder")]),
        ('ENV A="x y" DB_PASSWORD="correct horse"', [("DB_PASSWORD", "placeholder")]),
        ("ENV SECRET_KEY=correct-horse-battery", [("SECRET_KEY", "placeholder")]),
        ("ARG JWT_SECRET=supersecret", [("JWT_SECRET", "placeholder")]),
        ("ENV DB_PASSWORD=hunter2", [("DB_PASSWORD", "text")]),
        ("ENV DB_PASSWORD=hunter2$", [("DB_PASSWORD", "text")]),
        ("ENV DD_UWSGI_PASS=uwsgi_server", []),
        ("ENV DB_PASSWORD= API_TOKEN='' SECRET_KEY=/run/secrets/k", [
            ("DB_PASSWORD", "harmless"), ("API_TOKEN", "harmless"), ("SECRET_KEY", "harmless"),
        ]),
        ("ENV TOKENIZERS_PARALLELISM=false PASSWORD_FILE=/x TOKEN_URL=https://x.example", []),
        ("ARG PYTHON_VERSION=3.13", []),
    ],
)  # fmt: skip
def test_secrets_by_name(line: str, expected: list[tuple[str, str]]) -> None:
    from hardencheck.collect.extract._dockerfile import instructions

    (step,) = instructions(line)
    assert [(name, value) for _, name, value in declared(step)] == expected


def test_variables_of_the_final_image_alone() -> None:
    text = "ARG A_TOKEN\nFROM a AS one\nENV B_TOKEN=$X\nFROM b AS two\nENV C_TOKEN=$X\nFROM two\nENV D_TOKEN=$X\n"
    facts = extract_file([Dockerfiles()], "Dockerfile", 0o100644, text.encode())
    assert [fact.name for fact in facts if isinstance(fact, BuildVariable)] == ["C_TOKEN", "D_TOKEN"]


def test_the_umask_of_an_image() -> None:
    def found(line: str) -> list[tuple[str, int]]:
        facts = extract_file([Dockerfiles()], "Dockerfile", 0o100644, f"FROM a\n{line}\n".encode())
        return [(fact.function, fact.mask) for fact in facts if isinstance(fact, Umask)]

    assert found("RUN umask 000 && mkdir /data") == [("RUN umask", 0)]
    assert found('ENTRYPOINT ["sh", "-c", "umask 0; exec app"]') == [("ENTRYPOINT umask", 0)]
    assert found("CMD umask 027 && exec app") == [("CMD umask", 0o027)]
    assert found('CMD ["umask", "0"]') == []
    assert found('CMD ["sh", "-c"]') == []


def test_the_lines_of_umasks_of_an_image() -> None:
    text = (
        "FROM a\nRUN set -e && \\\n  umask 0 && mkdir /a\nRUN <<EOF\nset -e\numask 000\nEOF\n"
        'RUN cat > /x <<EOF\numask 0\nEOF\nCMD ["sh", "-c", "umask 0; exec app"]\n'
    )
    facts = extract_file([Dockerfiles()], "Dockerfile", 0o100644, text.encode())
    assert [fact.location.line for fact in facts if isinstance(fact, Umask)] == [3, 6, 11]


@pytest.mark.parametrize(
    ("source", "form"),
    [
        (".env", ".env"), ("./.env", ".env"), ("deploy/.env.production", ".env"), (".env*", ".env"),
        (".env.example", ""),
        ("id_rsa", "private key"), ("certs/server.key", "private key"), ("privkey.pem", "private key"),
        ("certs/ca.pem", ""), ("keys/apt-archive.key", ""), (".ssh", "keys of SSH"), ("home/.aws/", "AWS credentials"),
        (".git", "history of the repository"), (".npmrc", ".npmrc"), ("pip.conf", ""), ("app/", ""), ("*.py", ""),
    ],
)  # fmt: skip
def test_files_of_secrets(source: str, form: str) -> None:
    assert secret_file(source) == form


@given(st.text(alphabet="chmod 7\\\n'\"#;&|()$<{}`EOF-=a", max_size=200))
def test_words_and_their_places_fit_any_text(text: str) -> None:
    found = list(placed(text))
    assert [command.words for command in found] == list(commands(text))
    for command in found:
        assert 0 <= command.offset < len(text)
        assert command.line == text.count("\n", 0, command.offset)
        assert command.words
    for item in read("run.sh", text + "\nchmod 640 a\n"):
        assert not (isinstance(item, Gap) and item.reason is Reason.CRASHED)


@pytest.mark.parametrize(
    "text",
    [
        "curl " * 20_000 + "| sh",
        "curl " + "a" * 200_000,
        "curl x |" * 20_000,
        "NOPASSWD:" * 20_000,
        "chmod " + "777 " * 50_000,
        "\\\n" * 50_000 + "chmod 777 a",
        "umask " * 30_000,
        "A=" + "$A" * 10_000 + "\nchmod $A b",
    ],
)
def test_long_scripts_are_read_in_time(text: str) -> None:
    began = time.monotonic()
    read("run.sh", "#!/bin/sh\n" + text + "\n")
    assert time.monotonic() - began < 10


def test_more_than_a_script_says_is_a_gap() -> None:
    script = "#!/bin/sh\n" + "chmod 755 a\n" * 600 + "chmod 777 b\n"
    assert modes("run.sh", script)[-1] == (602, "chmod", "777", True)
    (gap,) = read("run.sh", script * 10)
    assert isinstance(gap, Gap) and gap.reason is Reason.BUDGET


def test_what_is_no_text() -> None:
    for data in (b"\xff\xfechmod 777", b"\x00chmod 777 a\n", b"\xef\xbb\xbf#!/bin/sh\nchmod 777 a\n"):
        items = list(extract_file([ScriptModes()], "run.sh", 0o100644, data))
        assert not [item for item in items if isinstance(item, Gap) and item.reason is Reason.CRASHED]
