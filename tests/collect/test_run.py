"""Scheduling, plugins, workers and the cache, with collectors that behave badly."""

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from hardencheck.collect import cache as cache_module
from hardencheck.collect.cache import APPLICATION_ID, Cache
from hardencheck.collect.options import Options
from hardencheck.collect.registry import collectors
from hardencheck.collect.run import POOL_FILES, Collected
from hardencheck.errors import UnknownName, UsageError
from hardencheck.model.gap import Gap, Reason
from tests.collect.plugin import install
from tests.collect.repos import look, repository

PLUGINS = ("words", "bad")


@pytest.fixture(autouse=True)
def plugin(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    root = os.environ.get("HARDENCHECK_TEST_PLUGIN")
    if root is None or not Path(root).exists():
        root = os.fspath(install(tmp_path_factory.mktemp("plugin")))
        os.environ["HARDENCHECK_TEST_PLUGIN"] = root
    monkeypatch.syspath_prepend(root)


def words(found: Collected) -> dict[str, str]:
    return {fact.location.path or "": getattr(fact, "text", "") for fact in found.facts.of("plugin.word")}


def gaps(found: Collected) -> list[Gap]:
    return [gap for gap in found.facts.gaps if gap.collector.startswith("plugin.")]


def test_a_plugin_is_used_only_when_named(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.words": "hello"})
    assert words(look(root)) == {}
    assert words(look(root, options=Options(jobs=0, plugins=("words",)))) == {"a.words": "hello"}


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("wordz", UnknownName, "no collector plugin 'wordz'"),
        ("wrong", UsageError, "not a Collector"),
        ("broken", UsageError, "cannot be imported: AttributeError"),
    ],
)
def test_a_plugin_that_is_none(name: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        collectors((name,))


BAD = {
    "raise": (Reason.CRASHED, "plugin.bad broke: ValueError"),
    "unreadable": (Reason.UNPARSABLE, "not words"),
    "deep": (Reason.UNPARSABLE, "nested too deeply to be read"),
    "loop": (Reason.DEADLINE, "not done after 1 s"),
}


@pytest.mark.parametrize("text", BAD)
def test_trouble_in_one_collector_is_a_gap_and_stops_nothing(tmp_path: Path, text: str) -> None:
    root = repository(tmp_path / "r", {"a.words": text, "b.words": "fine"})
    found = look(root, options=Options(jobs=0, plugins=PLUGINS, seconds=1.0))
    assert words(found) == {"a.words": text, "b.words": "fine"}
    [gap] = gaps(found)
    assert (gap.reason, gap.detail, gap.location.path, gap.kinds) == (*BAD[text], "a.words", ("plugin.word",))
    assert gap.location.line == (3 if text == "unreadable" else None)
    assert "hunter2" not in repr(found)


def test_a_resolver_that_breaks_is_a_gap(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.words": "resolver"})
    found = look(root, options=Options(jobs=0, plugins=("words", "sum")))
    assert [(gap.collector, gap.reason, gap.detail) for gap in gaps(found)] == [
        ("plugin.sum", Reason.CRASHED, "plugin.sum broke: ValueError")
    ]


def many(text: str = "fine") -> dict[str, str | bytes]:
    return {f"{number:03}.words": text for number in range(POOL_FILES + 10)}


def processes(found: Collected) -> set[int]:
    return {getattr(fact, "process", 0) for fact in found.facts.of("plugin.word")}


def test_little_work_is_done_here_and_much_in_workers(tmp_path: Path) -> None:
    few = repository(tmp_path / "few", {"a.words": "one"})
    assert processes(look(few, options=Options(jobs=2, plugins=PLUGINS))) == {os.getpid()}
    lots = repository(tmp_path / "lots", many())
    found = look(lots, options=Options(jobs=2, plugins=PLUGINS))
    assert os.getpid() not in processes(found) and len(processes(found)) <= 2
    assert len(words(found)) == len(many())
    here = look(lots, options=Options(jobs=0, plugins=PLUGINS))
    assert words(here) == words(found) and here.skipped == found.skipped


@pytest.mark.parametrize(
    ("text", "seconds", "reason"),
    [
        ("exit", 20.0, Reason.CRASHED),
        ("loop", 1.0, Reason.DEADLINE),
        ("sleep", 1.0, Reason.DEADLINE),
        ("memory", 20.0, Reason.BUDGET),
    ],
)
def test_a_worker_that_dies_or_hangs_costs_one_gap(tmp_path: Path, text: str, seconds: float, reason: Reason) -> None:
    root = repository(tmp_path / "r", {**many(), "bad.words": text})
    found = look(root, options=Options(jobs=2, plugins=PLUGINS, seconds=seconds))
    assert len(words(found)) == len(many()) + 1
    [gap] = gaps(found)
    assert gap.location.path == "bad.words"
    assert gap.reason is reason


HOSTILE = "import os; open(os.environ['MARK'], 'w').write(__name__); raise SystemExit('taken over')\n"


def test_the_target_cannot_put_its_own_modules_in_our_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("hardencheck", "bandit", "detect_secrets", "msgspec", "ast", "json")
    files: dict[str, str | bytes] = {f"{name}/__init__.py": HOSTILE for name in names}
    root = repository(tmp_path / "r", {**files, "sitecustomize.py": HOSTILE, "usercustomize.py": HOSTILE, **many()})
    mark = tmp_path / "mark"
    monkeypatch.setenv("MARK", os.fspath(mark))
    monkeypatch.chdir(root)
    found = look(root, options=Options(jobs=2, plugins=PLUGINS))
    assert len(words(found)) == len(many())
    assert not mark.exists()


def test_what_is_known_is_not_collected_again(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.words": "one", "b.words": "two"})
    options = Options(jobs=0, plugins=PLUGINS, cache=tmp_path / "cache")
    first = look(root, options=options)
    (root / "a.words").write_text("new")
    script = (
        "import sys; sys.path[:] = {path!r}\n"
        "from pathlib import Path\nfrom tests.collect.repos import look\n"
        "from hardencheck.collect.options import Options\n"
        "found = look(Path({root!r}), options=Options(jobs=0, plugins={plugins!r}, cache=Path({cache!r})))\n"
        "print([(f.text, f.process) for f in found.facts.of('plugin.word')])\n"
    ).format(path=sys.path, root=os.fspath(root), plugins=PLUGINS, cache=os.fspath(tmp_path / "cache"))
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=tmp_path)
    again = dict(eval(done.stdout))
    assert again["two"] == os.getpid() and again["new"] != os.getpid()
    assert words(first) == {"a.words": "one", "b.words": "two"}


def test_a_deadline_is_not_remembered(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.words": "loop"})
    options = Options(jobs=0, plugins=PLUGINS, cache=tmp_path / "cache", seconds=0.5)
    assert len(gaps(look(root, options=options))) == 1
    with sqlite3.connect(tmp_path / "cache" / "facts.sqlite3") as database:
        # Three entries: that no name of a file holds a secret, that the configuration of the clone holds none, and what
        # resolvers say where this file is not known.
        assert database.execute("SELECT count(*) FROM facts").fetchone() == (3,)
    database.close()


def notices(found: Collected) -> list[str]:
    return [note.text for note in found.notes if note.topic == "cache"]


@pytest.mark.parametrize("content", [b"not a database" * 100, b"SQLite format 3\0" + b"\xff" * 4096, b""])
def test_a_corrupt_cache_is_discarded(tmp_path: Path, content: bytes) -> None:
    root = repository(tmp_path / "r", {"a.words": "one"})
    directory = tmp_path / "cache"
    directory.mkdir(mode=0o700)
    (directory / "facts.sqlite3").write_bytes(content)
    options = Options(jobs=0, plugins=PLUGINS, cache=directory)
    found = look(root, options=options)
    assert words(found) == {"a.words": "one"}
    assert bool(notices(found)) == bool(content)
    assert not notices(look(root, options=options))


def test_a_database_of_another_program_is_discarded(tmp_path: Path) -> None:
    directory = tmp_path / "cache"
    directory.mkdir(mode=0o700)
    foreign = sqlite3.connect(directory / "facts.sqlite3")
    foreign.execute("CREATE TABLE facts (key BLOB PRIMARY KEY, payload BLOB NOT NULL)")
    foreign.close()
    found: list[str] = []
    with Cache(directory, found.append) as ours:
        assert ours.enabled and ours.get(b"k") is None
    assert "another program" in found[0]
    again = sqlite3.connect(directory / "facts.sqlite3")
    assert again.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    again.close()


def test_a_payload_that_is_not_ours_is_collected_anew(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.words": "one"})
    options = Options(jobs=0, plugins=PLUGINS, cache=tmp_path / "cache")
    look(root, options=options)
    database = sqlite3.connect(tmp_path / "cache" / "facts.sqlite3")
    with database:
        database.execute("UPDATE facts SET payload = ?", (b"\x00\x93garbage",))
    database.close()
    assert words(look(root, options=options)) == {"a.words": "one"}


def test_a_cache_that_others_can_write_is_not_used(tmp_path: Path) -> None:
    directory = tmp_path / "cache"
    directory.mkdir()
    directory.chmod(0o777)
    found: list[str] = []
    with Cache(directory, found.append) as ours:
        assert not ours.enabled
    assert "written by others" in found[0] and list(directory.iterdir()) == []


def test_a_cache_that_cannot_be_made_costs_a_notice(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found: list[str] = []
    with Cache(tmp_path / "file" / "cache", found.append) as ours:
        ours.put(b"k", b"v")
        assert ours.get(b"k") is None
    assert "cache not used" in found[0]


def test_a_cache_that_goes_away_costs_a_notice(tmp_path: Path) -> None:
    found: list[str] = []
    with Cache(tmp_path / "cache", found.append) as ours:
        database = sqlite3.connect(tmp_path / "cache" / "facts.sqlite3")
        database.execute("DROP TABLE facts")
        database.close()
        assert ours.get(b"k") is None
        assert not ours.enabled
    assert "no longer used" in found[0]


def test_a_large_cache_is_emptied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Cache(tmp_path / "cache") as ours:
        ours.put(b"k", b"v")
    monkeypatch.setattr(cache_module, "MAX_BYTES", 10)
    found: list[str] = []
    with Cache(tmp_path / "cache", found.append) as ours:
        assert ours.get(b"k") is None
    assert found == ["cache emptied: it had grown past 1 GiB"]


def test_the_cache_is_private(tmp_path: Path) -> None:
    with Cache(tmp_path / "new" / "cache") as ours:
        ours.put(b"k", b"v")
        ours.flush()
        assert ours.get(b"k") == b"v"
    assert stat.S_IMODE((tmp_path / "new" / "cache").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "new" / "cache" / "facts.sqlite3").stat().st_mode) == 0o600
