"""Modes, umask and temporary names in Python code."""

import time

import pytest

from hardencheck.collect.extract.oscalls import OsCalls
from hardencheck.collect.extraction import extract_file
from hardencheck.collect.resolve.oscalls import CodeModes
from hardencheck.model.facts.oscalls import CodeMode, ModeCall, TemporaryName, Umask
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location

HEAD = "import os, stat, tempfile, shutil, subprocess\nfrom pathlib import Path\n"


def read(source: str, path: str = "app/a.py") -> list[object]:
    return list(extract_file([OsCalls()], path, 0o100644, source.encode()))


def modes(source: str) -> list[tuple[int | None, str, int, bool]]:
    return [
        (fact.location.line, fact.function, fact.bits, fact.decimal)
        for fact in read(HEAD + source)
        if isinstance(fact, ModeCall)
    ]


def test_a_whole_fact() -> None:
    assert read("from os import chmod as change\nchange('x', 0o777)\n") == [
        ModeCall(
            location=Location(path="app/a.py", line=2, column=1),
            function="os.chmod",
            bits=0o777,
            masked=False,
            own_umask=None,
            decimal=False,
            role="production",
        )
    ]


@pytest.mark.parametrize(
    ("call", "function", "bits"),
    [
        ("os.chmod('x', 0o666)", "os.chmod", 0o666),
        ("os.chmod('x', mode=0o666)", "os.chmod", 0o666),
        ("os.fchmod(3, 0o602)", "os.fchmod", 0o602),
        ("os.lchmod('x', 0o4755)", "os.lchmod", 0o4755),
        ("Path('x').chmod(0o777)", "Path.chmod", 0o777),
        ("self.path.chmod(mode=0o777)", "Path.chmod", 0o777),
        ("os.mkdir('x', 0o777)", "os.mkdir", 0o777),
        ("os.makedirs('x', mode=0o770, exist_ok=True)", "os.makedirs", 0o770),
        ("os.open('x', os.O_CREAT | os.O_WRONLY, 0o666)", "os.open", 0o666),
        ("os.mkfifo('x', 0o622)", "os.mkfifo", 0o622),
        ("os.mknod('x', stat.S_IFIFO | 0o602)", "os.mknod", 0o602),
        ("Path('x').touch(0o666)", "Path.touch", 0o666),
        ("Path('x').mkdir(mode=0o777, parents=True)", "Path.mkdir", 0o777),
        ("sftp.chmod('x', 0o777)", "Path.chmod", 0o777),
        ("os.chmod('x', stat.S_IRWXU | stat.S_IRWXG | stat.S_IRWXO)", "os.chmod", 0o777),
        ("os.chmod('x', 0o700 + 0o077)", "os.chmod", 0o777),
        ("os.chmod('x', os.stat('x').st_mode | stat.S_IWOTH)", "os.chmod", 0o002),
        ("os.chmod('x', stat.S_IMODE(os.stat('x').st_mode) | 0o111)", "os.chmod", 0o111),
        ("os.chmod('x', 0o777 & ~0o022)", "os.chmod", 0o755),
        ("os.chmod('x', mode & 0o755)", "os.chmod", 0o755),
        ("os.chmod('x', 0o777 if wide else 0o700)", "os.chmod", 0o777),
        ("os.chmod('x', int('777', 8))", "os.chmod", 0o777),
        ("subprocess.run(['chmod', '-R', 'a+w', d])", "subprocess.run chmod", 0o222),
        ("os.system('cd /srv && chmod 777 media')", "os.system chmod", 0o777),
        ("os.system(f'chmod -R 777 {path}')", "os.system chmod", 0o777),
        ("os.system('chmod a+w %s' % path)", "os.system chmod", 0o222),
        ("os.system('chmod a+w {}'.format(path))", "os.system chmod", 0o222),
        ("subprocess.run('chmod 777 ' + path, shell=True)", "subprocess.run chmod", 0o777),
        ("subprocess.check_call(['chmod', '777'] + files)", "subprocess.check_call chmod", 0o777),
        ("subprocess.check_call('chmod 777 x'.split())", "subprocess.check_call chmod", 0o777),
        ("subprocess.run(['install', '-m', '0666', a, b])", "subprocess.run install", 0o666),
        ("subprocess.run(['sudo', 'mkdir', '-m', '0777', a])", "subprocess.run mkdir", 0o777),
        ("os.execvp('chmod', ['chmod', '777', a])", "os.execvp chmod", 0o777),
        ("os.spawnlp(os.P_WAIT, 'chmod', 'chmod', '777', a)", "os.spawnlp chmod", 0o777),
        ("connection.run('chmod 777 /srv/media')", "connection.run chmod", 0o777),
        ("ssh.exec_command('chmod 777 /srv/media')", "ssh.exec_command chmod", 0o777),
    ],
)
def test_what_sets_a_mode(call: str, function: str, bits: int) -> None:
    assert modes(call) == [(3, function, bits, False)]


def test_a_constant_of_the_module_and_one_that_changes() -> None:
    assert modes("MODE = 0o777\ndef f():\n    os.chmod('x', MODE)\n") == [(5, "os.chmod", 0o777, False)]
    (gap,) = read(HEAD + "MODE = 0o777\nif x:\n    MODE = 0o600\nos.chmod('x', MODE)\n")
    assert isinstance(gap, Gap)
    # A parameter of the same name as somebody else's constant is not that constant.
    (gap,) = read(HEAD + "def a():\n    mode = 0o600\ndef b(mode):\n    os.chmod('x', mode)\n")
    assert gap == Gap(
        kinds=("code.mode-call",),
        collector="python.os-calls",
        reason=Reason.NOT_LITERAL,
        detail="os.chmod: its mode is mode: not a literal",
        location=Location(path="app/a.py", line=6, column=5),
        about={"role": "production", "function": "os.chmod", "masked": False},
    )


@pytest.mark.parametrize(
    ("number", "decimal"),
    [
        ("777", True),
        ("755", True),
        ("644", True),
        ("600", True),
        ("1777", True),
        ("420", False),
        ("511", False),
        ("493", False),
        ("0o777", False),
        ("0x1ff", False),
        ("0", False),
        ("7", False),
    ],
)
def test_decimal_numbers(number: str, decimal: bool) -> None:
    (found,) = modes(f"os.chmod('x', {number})")
    assert found[3] is decimal


@pytest.mark.parametrize(
    "source",
    [
        "os.makedirs('x')",
        "queue.touch('job')",
        "client.mkdir('remote')",
        "shutil.copymode('a', 'b')",
        "'chmod 777 is bad'",
        "os.open('x', os.O_RDONLY)",
        "Path('x').mkdir(parents=True)",
    ],
)
def test_nothing_to_say(source: str) -> None:
    assert read(HEAD + source) == []


def test_umask() -> None:
    def found(source: str) -> list[tuple[int, bool, bool, bool]]:
        facts = read(HEAD + source)
        return [(f.mask, f.others_write, f.restored, f.decimal) for f in facts if isinstance(f, Umask)]

    assert found("os.umask(0)") == [(0, True, False, False)]
    assert found("os.umask(0o007)") == [(0o007, False, False, False)]
    assert found("os.umask(22)") == [(22, False, False, True)]
    assert found("old = os.umask(0)\ntry:\n    pass\nfinally:\n    os.umask(old)\n") == [(0, True, True, False)]
    (gap,) = read(HEAD + "os.umask(settings.UMASK)")
    assert isinstance(gap, Gap)
    assert (gap.kinds, gap.location.line) == (("code.umask",), 3)


def test_temporary_names() -> None:
    def found(source: str) -> list[tuple[int | None, str, str, str]]:
        facts = read(HEAD + source)
        return [(f.location.line, f.how, f.function, f.path) for f in facts if isinstance(f, TemporaryName)]

    assert found("tempfile.mktemp()") == [(3, "name without file", "tempfile.mktemp", "")]
    assert found("open('/tmp/a', 'w')") == [(3, "fixed name", "open", "/tmp/a")]
    assert found("Path('/var/tmp/a').write_text('x')") == [(3, "fixed name", "Path.write_text", "/var/tmp/a")]
    assert found("shutil.copy(a, '/dev/shm/b')") == [(3, "fixed name", "shutil.copy", "/dev/shm/b")]
    assert found("P = '/tmp/a'\nopen(P, mode='ab')") == [(4, "fixed name", "open", "/tmp/a")]
    for fine in (
        "open('/tmp/a')",
        "open('/tmp/a', 'x')",
        "open(f'/tmp/{name}', 'w')",
        "tempfile.mkstemp(dir='/tmp')",
        "open('tmp/a', 'w')",
    ):
        assert found(fine) == []


def resolved(*sources: tuple[str, str]) -> list[tuple[str | None, int, int]]:
    items = [item for path, source in sources for item in read(HEAD + source, path)]
    facts = FactSet(
        facts=tuple(item for item in items if isinstance(item, ModeCall | Umask)),
        gaps=tuple(item for item in items if isinstance(item, Gap)),
    )
    return [
        (item.location.path, item.mode, item.effective) if isinstance(item, CodeMode) else (item.location.path, -1, -1)
        for item in CodeModes().resolve(facts, None)  # type: ignore[arg-type]
    ]


def test_the_umask_of_the_code_decides_what_mkdir_makes() -> None:
    make = ("app/b.py", "os.mkdir('x', 0o777)")
    assert resolved(make) == [("app/b.py", 0o777, 0o755)]
    assert resolved(make, ("app/a.py", "os.umask(0)")) == [("app/b.py", 0o777, 0o777)]
    assert resolved(make, ("tests/a.py", "os.umask(0)")) == [("app/b.py", 0o777, 0o755)]
    assert resolved(make, ("app/a.py", "old = os.umask(0)\nos.umask(old)")) == [("app/b.py", 0o777, 0o755)]
    here = "def f():\n    old = os.umask(0)\n    os.mkdir('x', 0o777)\n    os.umask(old)\n"
    assert resolved(("app/a.py", here)) == [("app/a.py", 0o777, 0o777)]


def test_a_computed_mode_of_mkdir_matters_only_without_a_umask() -> None:
    make = ("app/b.py", "os.mkdir('x', mode)")
    assert resolved(make) == []
    assert resolved(make, ("app/a.py", "os.umask(0)")) == [("app/b.py", -1, -1)]


def found_at(source: str) -> list[tuple[int | None, str, int]]:
    """What a rule sees to be loose: others may write, or setuid and setgid."""
    items = read(HEAD + source)
    facts = FactSet(facts=tuple(item for item in items if isinstance(item, ModeCall | Umask)))
    return [
        (item.location.line, item.function, item.effective)
        for item in CodeModes().resolve(facts, None)  # type: ignore[arg-type]
        if isinstance(item, CodeMode) and (item.others_write or item.set_id)
    ]


def test_what_is_made_without_a_mode_while_the_umask_is_cleared() -> None:
    source = (
        "def f(path):\n    old = os.umask(0)\n    try:\n        {}\n    finally:\n        os.umask(old)\n"
        "    os.makedirs(path)\n    open(path, 'w')\n"
    )
    for call, function, mode in [
        ("os.makedirs(path)", "os.makedirs", 0o777),
        ("os.mkfifo(path)", "os.mkfifo", 0o666),
        ("Path(path).mkdir(parents=True)", "Path.mkdir", 0o777),
        ("Path(path).touch()", "Path.touch", 0o666),
        ("os.open(path, os.O_CREAT | os.O_WRONLY)", "os.open", 0o777),
        ("file = open(path, 'wb')", "open", 0o666),
    ]:
        assert found_at(source.format(call)) == [(6, function, mode)], call
    assert found_at(source.format("file = open(path)")) == []
    assert found_at(source.format("file = os.open(path, os.O_RDONLY)")) == []
    # A number that is not known is no number.
    assert found_at("def f(mask):\n    os.umask(mask)\n    os.makedirs('x', 0o777)\n") == []


def test_constants_of_the_module_the_class_and_the_function() -> None:
    assert found_at("class Store:\n    MODE = 0o777\n    def f(self):\n        os.chmod('x', self.MODE)\n")
    assert found_at("class Store:\n    MODE = 0o777\ndef f():\n    os.chmod('x', Store.MODE)\n")
    assert found_at("def a():\n    mode = 0o600\ndef b():\n    mode = 0o666\n    os.chmod('x', mode)\n")
    assert found_at("WIDE = stat.S_IRWXU | stat.S_IWOTH\nMODE = WIDE\nos.chmod('x', MODE)\n")
    assert found_at("MODE = '777'\nos.chmod('x', int(MODE, 8))\nos.system(f'chmod {MODE} x')\n") == [
        (4, "os.chmod", 0o777),
        (5, "os.system chmod", 0o777),
    ]
    for unknown in (
        "class S:\n    MODE = 0o777\n    def f(self):\n        self.MODE = read()\n        os.chmod('x', self.MODE)\n",
        "MODE = 0o777\ndef g():\n    global MODE\n    MODE = read()\ndef f():\n    os.chmod('x', MODE)\n",
        "MODE = 0o777\nf = lambda MODE: os.chmod('x', MODE)\n",
        "MODE = 0o777\nfor MODE in modes:\n    os.chmod('x', MODE)\n",
        "class Store:\n    MODE = 0o777\n    def f(self):\n        os.chmod('x', MODE)\n",
    ):
        assert [item for item in read(HEAD + unknown) if isinstance(item, Gap)], unknown
        assert found_at(unknown) == [], unknown


def test_setgid_is_the_business_of_programs_not_of_directories() -> None:
    assert found_at("os.chmod(program, 0o2755)\n") == [(3, "os.chmod", 0o2755)]
    assert found_at("os.chmod(path, os.stat(path).st_mode | stat.S_ISGID)\n") == [(3, "os.chmod", 0o2000)]
    assert found_at("os.chmod(media_dir, 0o2775)\n") == []
    assert found_at("os.makedirs(path)\nos.chmod(path, 0o2775)\n") == []
    assert found_at("path.mkdir()\npath.chmod(0o2770)\n") == []
    assert found_at("os.mkdir(path, 0o2775)\n") == []
    assert found_at("os.system('chmod g+s /srv/media/')\n") == []
    assert found_at("os.system('chmod g+s /usr/bin/helper')\n") == [(3, "os.system chmod", 0o2000)]


def test_the_copy_of_a_file_takes_its_mode_along() -> None:
    assert found_at("os.chmod(a, 0o666)\nshutil.copymode(a, b)\n") == [
        (3, "os.chmod", 0o666),
        (4, "shutil.copymode", 0o666),
    ]
    assert found_at("shutil.copymode(a, b)\nos.chmod(a, 0o666)\n") == [(4, "os.chmod", 0o666)]
    assert found_at("os.chmod(a, 0o644)\nshutil.copy2(a, b)\n") == []


def test_the_umask_that_another_process_is_given() -> None:
    def found(source: str) -> list[tuple[str, int, bool]]:
        return [(f.function, f.mask, f.others_write) for f in read(HEAD + source) if isinstance(f, Umask)]

    assert found("subprocess.Popen(['worker'], umask=0)") == [("subprocess.Popen", 0, True)]
    assert found("subprocess.run(['worker'], umask=0o027)") == [("subprocess.run", 0o027, False)]
    assert found("subprocess.run(['worker'], umask=-1)") == []
    assert found("import daemon\nwith daemon.DaemonContext():\n    main()\n") == [("daemon.DaemonContext", 0, True)]
    assert found("import daemon\nwith daemon.DaemonContext(umask=0o022):\n    main()\n") == [
        ("daemon.DaemonContext", 0o022, False)
    ]


@pytest.mark.parametrize(
    "source",
    [
        "os.chmod(a, 0o644)\n" * 3_000 + "shutil.copy(a, b)\n" * 3_000,
        "x = os.umask(0)\n" * 3_000 + "os.mkdir(a, 0o777)\n" * 3_000,
    ],
)
def test_many_calls_are_read_in_time(source: str) -> None:
    began = time.process_time()
    assert len(read(f"import os, shutil\n{source}")) >= 3_000
    assert time.process_time() - began < 10


def test_a_file_this_python_cannot_read() -> None:
    (gap,) = read("import os\nos.chmod('x', 0o777\n")
    assert isinstance(gap, Gap)
    assert (gap.reason, gap.kinds) == (
        Reason.PYTHON_SYNTAX,
        ("code.mode-call", "code.umask", "code.temporary-name"),
    )
    # The same mistake without anything of ours in the file hides nothing.
    assert read("print('x'\n") == []


@pytest.mark.parametrize(
    "source",
    [
        "os.chmod('x', " + "(" * 150 + "0o777" + ")" * 150 + ")",
        "os.chmod('x', " + "~" * 500 + "0)",
        "os.chmod('x', " + " | ".join(["0o7"] * 3000) + ")",
        "a = b\nb = a\nos.chmod('x', a)",
        "os.chmod('x', 1 << 10**9)",
        "os.chmod(*args)",
        "os.chmod()",
        "os.umask(*x)",
        "os.chmod('x', -1)",
        "os.chmod('x', 0o777" + "0" * 5000 + ")",
    ],
)
def test_hostile_source_ends(source: str) -> None:
    for item in read(HEAD + source):
        assert not (isinstance(item, Gap) and item.reason is Reason.CRASHED), item
