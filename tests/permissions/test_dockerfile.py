"""Dockerfiles: the user of the final stage, modes, what the context carries in."""

from pathlib import Path

import pytest

from hardencheck.collect.extract._dockerfile import Instruction, instructions
from hardencheck.collect.extract._ignorefiles import Patterns
from hardencheck.collect.extract._shell import ModeChange, commands, mode_bits, mode_changes
from hardencheck.collect.extract.dockerfile import Dockerfiles
from hardencheck.collect.extraction import extract_file
from hardencheck.collect.options import Options
from hardencheck.collect.resolve.container import user_of
from hardencheck.collect.run import collect
from hardencheck.model.facts.container import BuildContext, ContainerMode, ContainerUser, ImageBuild, RemoteAdd
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location
from hardencheck.model.target import Target


def read(text: str, path: str = "Dockerfile") -> list[object]:
    return list(extract_file([Dockerfiles()], path, 0o100644, text.encode()))


def build(text: str) -> ImageBuild:
    (found,) = [fact for fact in read(text) if isinstance(fact, ImageBuild)]
    return found


def test_lines_comments_escape_and_documents() -> None:
    text = (
        "# escape=`\n# a comment\nARG A=1\nFROM python:3 `\n\n  # inside\n  AS build\n"
        "run <<EOF\n# not a comment\nchmod 777 /x\nEOF\n"
        "COPY <<-'ONE' <<TWO /d/\n1\nONE\n2\nTWO\n"
    )
    assert [step[:4] for step in instructions(text)] == [
        Instruction("ARG", "A=1", 3)[:4],
        Instruction("FROM", "python:3    AS build", 4)[:4],
        Instruction("RUN", "<<EOF", 8, ("# not a comment\nchmod 777 /x",))[:4],
        Instruction("COPY", "<<-'ONE' <<TWO /d/", 12, ("1", "2"))[:4],
    ]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Dockerfile", True),
        ("docker/Dockerfile.prod", True),
        ("web.Dockerfile", True),
        ("Containerfile", True),
        ("Dockerfile.md", False),
        ("dockerfile.py", False),
        ("Dockerfile.dockerignore", False),
        ("dockerfiles.txt", False),
        ("a/Dockerfile/b", False),
    ],
)
def test_names(name: str, wanted: bool) -> None:
    assert Dockerfiles().wants(name, 0o100644, 10) is wanted


def test_prose_is_no_dockerfile_but_a_dockerfile_of_prose_is_a_gap() -> None:
    assert read("How to write one\n", "dockerfile-notes") == []
    (gap,) = read("How to write one\n")
    assert isinstance(gap, Gap)
    assert (gap.reason, gap.kinds) == (
        Reason.UNPARSABLE,
        Dockerfiles.kinds(),
    )
    (gap,) = read("FROM python\n{% if x %}\nUSER app\n{% endif %}\n")
    assert isinstance(gap, Gap)
    assert (gap.reason, gap.location.line) == (Reason.TEMPLATED, 2)
    (gap,) = read("FROM python\nRUN <<EOF\nchmod 777 /x\n")
    assert isinstance(gap, Gap)
    assert gap.detail == "here-document 'EOF' does not end"


@pytest.mark.parametrize(
    ("text", "user", "line", "base"),
    [
        ("FROM python:3\n", "", 1, "python:3"),
        ("FROM python:3\nUSER app\nUSER root\n", "root", 3, "python:3"),
        ("FROM python:3 AS a\nUSER app\nFROM a AS b\nFROM python:3 AS c\nFROM b\n", "app", 2, "python:3"),
        ("FROM a:1\nUSER x\nFROM 0\n", "x", 2, "a:1"),
        ("ARG V=3\nFROM python:$V\nARG U=app\nENV W=${U}2\nUSER ${W}\n", "app2", 5, "python:3"),
        ("ARG U=app\nFROM python\nARG U\nUSER $U\n", "app", 4, "python"),
        ("FROM python\nUSER ${UID:-1000}:1000\n", "1000:1000", 2, "python"),
        ('FROM --platform=$BUILDPLATFORM python:3\nUSER "app"\n', "app", 2, "python:3"),
        ("FROM python\nARG U\nUSER $U\n", None, 3, "python"),
        ("FROM ${BASE}\n", "", 1, None),
    ],
)
def test_the_user_of_the_final_stage(text: str, user: str | None, line: int, base: str | None) -> None:
    found = build(text)
    assert (found.user, found.location.line, found.base) == (user, line, base)


@pytest.mark.parametrize(
    ("image", "user"),
    [
        ("python:3.13-slim", "root"),
        ("docker.io/library/python", "root"),
        ("python@sha256:abc", "root"),
        ("scratch", "root"),
        ("localhost:5000/python:3", None),
        ("nginxinc/nginx-unprivileged:1", "101"),
        ("bitnami/python", "1001"),
        ("gcr.io/distroless/python3:nonroot", "nonroot"),
        ("gcr.io/distroless/python3", "root"),
        ("ghcr.io/astral-sh/uv:python3.13", "root"),
        ("team/python", None),
        ("redis", None),
    ],
)
def test_base_images(image: str, user: str | None) -> None:
    assert user_of(image) == user


def mode(command: str, spec: str, line: int, **more: object) -> ContainerMode:
    fields: dict[str, object] = {
        "others_write": False,
        "set_id": False,
        "recursive": False,
        "target": "",
        "role": "production",
    } | more
    return ContainerMode(location=Location(path="Dockerfile", line=line), command=command, mode=spec, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "fact"),
    [
        ("RUN chmod -R 777 /srv /x", mode("RUN chmod", "777", 2, others_write=True, recursive=True, target="/srv /x")),
        ("RUN --mount=type=cache,target=/c chmod a+w /x", mode("RUN chmod", "a+w", 2, others_write=True, target="/x")),
        ('RUN ["chmod", "0666", "/x"]', mode("RUN chmod", "0666", 2, others_write=True, target="/x")),
        ("RUN cd /x && if true; then chmod o+w y; fi", mode("RUN chmod", "o+w", 2, others_write=True, target="y")),
        ("RUN sh -c 'chmod 777 /x'", mode("RUN chmod", "777", 2, others_write=True, target="/x")),
        (
            "RUN find / -name install -exec chmod 777 {} +",
            mode("RUN chmod", "777", 2, others_write=True, target="{} +"),
        ),
        ("RUN ls | xargs -0 chmod 777", mode("RUN chmod", "777", 2, others_write=True)),
        ("RUN install -o a -g b -dm777 /x", mode("RUN install", "777", 2, others_write=True, target="/x")),
        ("RUN mkdir -p -m 1777 /x", mode("RUN mkdir", "1777", 2, target="/x")),
        ("RUN mkdir --mode=u=rwx,go= /x", mode("RUN mkdir", "u=rwx,go=", 2, target="/x")),
        ("RUN chmod u+s /x", mode("RUN chmod", "u+s", 2, set_id=True, target="/x")),
        ("RUN chmod +w /x", mode("RUN chmod", "+w", 2, target="/x")),
        ("RUN chmod o-w /x", mode("RUN chmod", "o-w", 2, target="/x")),
        ("COPY --chown=a --chmod=0777 a b /x/", mode("COPY --chmod", "0777", 2, others_write=True, target="/x/")),
    ],
)
def test_modes(line: str, fact: ContainerMode) -> None:
    assert [item for item in read(f"FROM python\n{line}\n") if isinstance(item, ContainerMode)] == [fact]


@pytest.mark.parametrize(
    "line", ["RUN echo chmod 777 /x", "RUN pip install -m x", "RUN apt-get install -y m", "RUN # chmod 777"]
)
def test_no_modes(line: str) -> None:
    assert [item for item in read(f"FROM python\n{line}\n") if not isinstance(item, ImageBuild)] == []


def test_symbolic_modes() -> None:
    wanted = {
        "777": 0o777,
        "01777": 0o1777,
        "a=rw": 0o666,
        "ugo+rwx": 0o777,
        "=": 0,
        "u=rwx,g=rx,o=": 0o750,
        "+x": 0o111,
        "g=u": 0,
        "a+X": 0o111,
        "o+t": 0o1000,
        "ug+s": 0o6000,
        "a+rw,o-w": 0o664,
        "-w": 0,
        "+rw": 0o644,
    }
    assert {spec: mode_bits(spec) for spec in wanted} == wanted
    assert mode_bits("$MODE") is None
    assert mode_bits("888") is None


def test_words() -> None:
    script = 'a \'b c\' "d\\"e" # no\nf\\\n g;h&&i || (j) | k > l'
    assert list(commands(script)) == [["a", "b c", 'd"e'], ["f", "g"], ["h"], ["i"], ["j"], ["k", ">", "l"]]
    assert list(mode_changes(["FOO=1", "sudo", "-u", "root", "/bin/chmod", "--", "755", "x"], {})) == [
        ModeChange("chmod", "755", 0o755, False, ("x",))
    ]


def test_fetched_files() -> None:
    def fetched(text: str) -> list[tuple[str, bool, bool]]:
        facts = read(f"FROM python\nADD {text} /x\n")
        return [(fact.host, fact.encrypted, fact.verified) for fact in facts if isinstance(fact, RemoteAdd)]

    commit = "0123456789" * 4
    assert fetched("http://user:pass@a.example/x?token=1") == [("a.example", False, False)]
    assert fetched("--checksum=sha256:00 https://a.example/x") == [("a.example", True, True)]
    assert fetched(f"https://a.example/x.git#{commit}") == [("a.example", True, True)]
    assert fetched("git@a.example:b/c.git#main") == [("a.example", True, False)]
    assert fetched("local.tar.gz") == []


def make(root: Path, files: dict[str, str]) -> list[object]:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    found = collect(Target(repository=str(root)), Options(jobs=0)).facts
    return [item for item in (*found.facts, *found.gaps) if isinstance(item, BuildContext | ContainerUser | Gap)]


def contexts(root: Path, files: dict[str, str]) -> list[tuple[int | None, str | None, bool, bool, tuple[str, ...]]]:
    return [
        (fact.location.line, fact.ignore_file, fact.env_enters, fact.git_enters, fact.exposed)
        for fact in make(root, files)
        if isinstance(fact, BuildContext)
    ]


def test_contexts(tmp_path: Path) -> None:
    whole = "FROM python\nCOPY . /srv\nUSER 1\n"
    assert contexts(tmp_path / "a", {"Dockerfile": whole}) == [(2, None, True, True, ())]
    assert contexts(tmp_path / "b", {"Dockerfile": whole, ".dockerignore": ".git\n.env\n"}) == [
        (2, ".dockerignore", False, False, ())
    ]
    # The file of the Dockerfile's own name holds, not the general one.
    own = {"Dockerfile": whole, ".dockerignore": "*\n", "Dockerfile.dockerignore": ".git\n"}
    assert contexts(tmp_path / "c", own) == [(2, "Dockerfile.dockerignore", True, False, ())]
    # compose says what the context is; without it, what is copied tells.
    below = {
        "docker/Dockerfile": whole,
        "docker/compose.yaml": "services:\n  a:\n    build:\n      context: ..\n      dockerfile: docker/Dockerfile\n",
    }
    assert contexts(tmp_path / "d", {**below, ".dockerignore": ".env*\n"}) == [(2, ".dockerignore", False, True, ())]
    part = {
        "web/Dockerfile": "FROM python\nCOPY req.txt .\nCOPY . .\n",
        "web/req.txt": "",
        "web/.dockerignore": ".env\n",
    }
    assert contexts(tmp_path / "e", part) == [(3, "web/.dockerignore", False, False, ())]
    secret = {"Dockerfile": whole, ".dockerignore": ".env\n.git\n", "conf/.env": "DB_PASSWORD=" + "correct-horse\n"}
    assert contexts(tmp_path / "f", secret) == [(2, ".dockerignore", False, False, ("conf/.env",))]


def test_stages_and_what_they_remove(tmp_path: Path) -> None:
    gone = "FROM python AS b\nCOPY . /src/\nRUN rm -rf /src/.git && rm -f /src/.env\n"
    gone += "FROM python\nCOPY --from=b /src/ /srv\n"
    assert contexts(tmp_path / "a", {"Dockerfile": gone}) == [(2, None, False, False, ())]
    # Removed in the final image itself, it is still in a layer below.
    kept = "FROM python\nCOPY . /srv\nRUN rm -rf /srv/.git\n"
    assert contexts(tmp_path / "b", {"Dockerfile": kept}) == [(2, None, True, True, ())]
    part = "FROM python AS b\nCOPY . /src\nFROM python\nCOPY --from=b /src/dist /srv\n"
    assert contexts(tmp_path / "c", {"Dockerfile": part}) == []
    without = "FROM python\nCOPY --exclude=.git --exclude=**/.env* . /srv\n"
    assert contexts(tmp_path / "d", {"Dockerfile": without}) == [(2, None, False, False, ())]


def test_a_start_that_changes_user_is_unknown(tmp_path: Path) -> None:
    files = {
        "docker/Dockerfile": 'FROM python\nCOPY docker/start.sh /\nENTRYPOINT ["/start.sh"]\n',
        "docker/start.sh": "#!/bin/sh\nexec gosu app gunicorn\n",
    }
    (gap,) = make(tmp_path, files)
    assert gap == Gap(
        kinds=("container.user",),
        collector="container.users",
        reason=Reason.DYNAMIC,
        detail="starts as root and may change to another user (gosu in docker/start.sh): only running it tells",
        location=Location(path="docker/Dockerfile", line=1),
        about={"role": "production"},
    )


@pytest.mark.parametrize(
    ("text", "drops"),
    [
        ('FROM a AS b\nCMD ["gosu", "app", "x"]\nFROM b\n', "gosu"),
        ('FROM a AS b\nCMD ["gosu", "app", "x"]\nFROM b\nENTRYPOINT ["/x"]\n', ""),
        ('FROM a\nCMD ["gosu", "app", "x"]\nENTRYPOINT ["tini", "--"]\n', "gosu"),
        ('FROM a\nENTRYPOINT ["tini", "--"]\nCMD ["gosu", "app", "x"]\n', "gosu"),
    ],
)
def test_a_new_entry_point_resets_the_command_of_its_base_alone(text: str, drops: str) -> None:
    (build,) = [
        item for item in extract_file([Dockerfiles()], "Dockerfile", 0, text.encode()) if isinstance(item, ImageBuild)
    ]
    assert build.drops == drops


@pytest.mark.parametrize(
    ("patterns", "path", "excluded"),
    [
        (".env", ".env", True),
        (".env", "a/.env", False),
        ("**/.env", "a/b/.env", True),
        ("**/.env", ".env", True),
        ("/.env", ".env", True),
        ("./.env/", ".env", True),
        (".env*", ".env.local", True),
        ("*", ".git", True),
        ("*\n!app", "app/x", False),
        ("*\n!app\napp/x", "app/x", True),
        ("a/*/c", "a/b/c/d", True),
        ("a/*/c", "a/b/x/c", False),
        ("a?c", "abc", True),
        ("[a-c]x", "bx", True),
        ("[^a-c]x", "bx", False),
        ("# .env", ".env", False),
        ("**", "a", True),
        ("**/*.pem", "a.pem", True),
        ("a/**", "a/b/c", True),
        ("a/**/z", "a/z", True),
        ("\\*", "a", False),
        ("**.pem", "a/b.pem", True),
        ("!.env\n.env", ".env", True),
        ("[", "[", True),
        ("", "a", False),
        (".", "a", False),
    ],
)
def test_ignore_patterns(patterns: str, path: str, excluded: bool) -> None:
    assert Patterns(patterns).excludes(path) is excluded


def test_hostile_patterns_and_files_end(tmp_path: Path) -> None:
    star = Patterns("\n".join(["*a" * 400 + "b", "**/" * 300 + "x", "[" * 900] * 20))
    assert star.excludes("/".join(["a" * 250] * 90)) is False
    for text in (
        "FROM a\n" * 20_000,
        "FROM a AS a\nFROM a AS a\n" * 3_000,
        "FROM a\nRUN " + "\\\n" * 100_000,
        "FROM a\nRUN " + "'" * 100_001,
        "FROM a\nRUN " + "sh -c 'sh -c x' ;" * 10_000,
        "FROM a\nENV " + "A=$A$A " * 5_000,
        "FROM a\n" + "ENV A=x$A$A\n" * 40,
        "FROM a\nCOPY " + "[" * 100_000,
        "FROM a\nRUN chmod " + "u+" * 50_000 + "!",
        "FROM \udcff\0\n".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
    ):
        for item in read(text):
            assert not (isinstance(item, Gap) and item.reason in {Reason.CRASHED, Reason.DEADLINE}), item
