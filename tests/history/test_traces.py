"""What is said of a value in time, from literals: no repository, no clock."""

from typing import Any

import msgspec
import pytest

from hardencheck.collect.history.graph import Event
from hardencheck.collect.history.traces import MAX_PLACES, MAX_REFS, Known, Loose, traces
from hardencheck.collect.secrets.sightings import Scan, Sighting
from hardencheck.model.facts.secrets import SecretTrace
from hardencheck.model.location import Location

DAY = 86_400
TIP, SIDE = "c9", "s1"  # HEAD, and the tip of a branch


def sighting(line: int | None = 1, **more: Any) -> Sighting:
    found = Sighting(
        rule="github-token", what="GitHub token", class_="provider-token", confidence="high", line=line, column=5,
        length=40, digest="d1", rotate="GitHub settings",
    )  # fmt: skip
    return msgspec.structs.replace(found, **more)


def trace(**more: Any) -> SecretTrace:
    """Of that sighting."""
    known = SecretTrace(
        location=Location(), rule="github-token", what="GitHub token", class_="provider-token", confidence="high",
        length=40, digest="d1", placeholder=False, rotate="GitHub settings", reach="at HEAD",
    )  # fmt: skip
    return msgspec.structs.replace(known, **more)


def event(commit: str, new: str, old: str = "", *, path: str = "a.py", source: str = TIP) -> Event:
    """One of a commit "cN" of day N."""
    return Event(commit, DAY * int(commit[1:]), source, path, old, new)


def known(*events: Event, hits: dict[str, Scan] | None = None, **more: Any) -> Known:
    """HEAD reaches every commit "cN", and blob "b1" holds the value in line 1."""
    chosen: dict[str, Any] = {
        "hits": {"b1": Scan((sighting(),))} if hits is None else hits,
        "events": events,
        "head": {},
        "ours": {item.commit for item in events if item.commit.startswith("c")},
        "refs": {SIDE: "refs/heads/side"},
        "texts": {},
        **more,
    }
    return Known(**chosen)


def test_nothing_is_known_of_nothing() -> None:
    assert traces(known(hits={})) == []


def test_a_value_at_head() -> None:
    found = traces(known(event("c2", "b1"), head={"b1": ["a.py", "copy.py"]}))
    assert found == [
        trace(at_head=("a.py:1", "copy.py:1"), introduced="c2", introduced_at="1970-01-03T00:00:00Z", commits=1)
    ]


def test_a_value_that_was_removed() -> None:
    found = traces(known(event("c4", "b2", "b1"), event("c2", "b1")))
    assert found == [
        trace(
            reach="history", past=("a.py:1",), introduced="c2", introduced_at="1970-01-03T00:00:00Z", removed="c4",
            removed_at="1970-01-05T00:00:00Z", commits=1,
        )
    ]  # fmt: skip


def test_lines_are_those_of_the_last_version() -> None:
    hits = {"b1": Scan((sighting(1),)), "b2": Scan((sighting(7), sighting(9)))}
    found = traces(known(event("c5", "", "b2"), event("c4", "b2", "b1"), event("c2", "b1"), hits=hits))
    assert found == [
        trace(
            reach="history", past=("a.py:7", "a.py:9"), introduced="c2", introduced_at="1970-01-03T00:00:00Z",
            removed="c5", removed_at="1970-01-06T00:00:00Z", commits=2,
        )
    ]  # fmt: skip


def test_from_one_file_to_another_is_no_removal() -> None:
    """The last file that lost it decides; a rename is one commit that takes it away and brings it."""
    renamed = (event("c3", "b1", path="new.py"), event("c3", "", "b1"), event("c2", "b1"))
    found = traces(known(event("c5", "", "b1", path="new.py"), *renamed))
    assert [(item.past, item.introduced, item.removed, item.commits) for item in found] == [
        (("new.py:1", "a.py:1"), "c2", "c5", 2)
    ]
    still = traces(known(*renamed, head={"b1": ["new.py"]}))
    assert [(item.reach, item.at_head, item.past, item.removed) for item in still] == [
        ("at HEAD", ("new.py:1",), ("a.py:1",), "")
    ]


def test_a_value_that_came_back_was_not_removed() -> None:
    events = (event("c5", "b1", "b2"), event("c4", "b2", "b1"), event("c2", "b1"))
    found = traces(known(*events, head={"b1": ["a.py"]}))
    assert [(item.reach, item.removed, item.commits) for item in found] == [("at HEAD", "", 2)]


def test_what_only_another_branch_has() -> None:
    found = traces(known(event("s1", "b1", source=SIDE)))
    assert found == [
        trace(
            reach="other branch", past=("a.py:1",), refs=("side",), introduced="s1",
            introduced_at="1970-01-02T00:00:00Z", commits=1,
        )
    ]  # fmt: skip


def test_a_removal_elsewhere_is_no_removal_here() -> None:
    """HEAD has it in its past; that a branch it does not reach took it away says nothing of HEAD."""
    (found,) = traces(known(event("s4", "", "b1", source=SIDE), event("c2", "b1")))
    assert (found.reach, found.removed, found.refs) == ("history", "", ())


@pytest.mark.parametrize(
    ("refs", "reach", "shown"),
    [
        ({SIDE: "refs/stash"}, "stash", ("stash",)),
        ({SIDE: "refs/tags/v1"}, "other branch", ("tags/v1",)),
        ({SIDE: "refs/remotes/origin/x"}, "other branch", ("remotes/origin/x",)),
        ({}, "unreachable", ()),
    ],
)
def test_reach_goes_by_what_reaches_it(refs: dict[str, str], reach: str, shown: tuple[str, ...]) -> None:
    (found,) = traces(known(event("s1", "b1", source=SIDE), refs=refs))
    assert (found.reach, found.refs) == (reach, shown)


def test_a_stash_and_a_branch_together_are_a_branch() -> None:
    refs = {SIDE: "refs/stash", "s2": "refs/heads/other"}
    (found,) = traces(known(event("s2", "b1", source="s2"), event("s1", "b1", source=SIDE), refs=refs))
    assert (found.reach, found.refs, found.introduced) == ("other branch", ("other", "stash"), "s1")


def test_branches_named_are_few() -> None:
    refs = {f"t{number}": f"refs/heads/{number}" for number in range(9)}
    events = [event("s1", "b1", source=tip, path=f"{tip}.py") for tip in refs]
    (found,) = traces(known(*events, refs=refs))
    assert found.refs == tuple("012")[:MAX_REFS]


def test_what_comes_from_beyond_a_shallow_boundary_has_no_beginning() -> None:
    (found,) = traces(known(event("c2", "b1"), head={"b1": ["a.py"]}, boundary=frozenset({"c2"})))
    assert (found.introduced, found.introduced_at, found.at_head) == ("", "", ("a.py:1",))


def test_what_is_only_taken_away_was_brought_by_nothing_looked_at() -> None:
    """With --since: the commits asked for remove what was there before."""
    assert traces(known(event("c4", "b2", "b1"))) == []


def test_what_no_commit_holds() -> None:
    loose = {"b1": Loose("index", "a.py")}
    assert traces(known(loose=loose)) == [trace(reach="index", past=("a.py:1",))]
    named = {"b1": Loose("unreachable", "unreachable blob b1")}
    assert traces(known(loose=named, texts={"b1": "unreachable blob b1"})) == [
        trace(reach="unreachable", past=("unreachable blob b1",))
    ]


def test_the_best_reach_of_commits_and_of_what_no_commit_holds() -> None:
    hits = {"b1": Scan((sighting(),)), "t1": Scan((sighting(6),))}
    given: dict[str, Any] = {
        "hits": hits, "loose": {"t1": Loose("history", "message of tag v1")}, "texts": {"t1": "message of tag v1"},
    }  # fmt: skip
    (found,) = traces(known(event("s1", "b1", source=SIDE), **given))
    assert (found.reach, found.past, found.introduced) == ("history", ("a.py:1", "message of tag v1"), "s1")
    (worse,) = traces(known(event("c1", "b1"), **{**given, "loose": {"t1": Loose("unreachable", "message of tag v1")}}))
    assert (worse.reach, worse.past) == ("history", ("a.py:1", "message of tag v1"))


def test_a_text_is_named_without_a_line() -> None:
    texts = {"c3": "message of commit c3"}
    (found,) = traces(known(Event("c3", 3 * DAY, TIP, "", "", "c3"), hits={"c3": Scan((sighting(5),))}, texts=texts))
    assert (found.reach, found.past, found.introduced) == ("history", ("message of commit c3",), "c3")


def test_a_binary_file_is_named_without_a_line() -> None:
    hits = {"b1": Scan((sighting(None), sighting(None)))}
    (found,) = traces(known(event("c1", "b1", path="a.zip"), hits=hits, head={"b1": ["a.zip"]}))
    assert found.at_head == ("a.zip",)


def test_excluded_paths_are_no_places() -> None:
    events = (event("c3", "b1", path="vendor/b.py"), event("c2", "b1"))
    head = {"b1": ["vendor/b.py"]}

    def excluded(path: str) -> bool:
        return path.startswith("vendor/")

    (found,) = traces(known(*events, head=head), excluded)
    assert (found.reach, found.at_head, found.past, found.commits) == ("history", (), ("a.py:1",), 1)
    assert traces(known(events[0], head=head), excluded) == []


def test_of_several_rules_the_most_exact_one_speaks() -> None:
    vague = sighting(3, rule="plain-assignment", what="password", class_="generic", confidence="low", rotate="change")
    sample = sighting(4, rule="aws-key", class_="cloud-credential", why="says it is a sample")
    hits = {"b0": Scan((vague, sample)), "b1": Scan((sighting(),))}
    (found,) = traces(known(event("c2", "b1"), event("c1", "b0"), hits=hits, head={"b1": ["a.py"], "b0": ["b.py"]}))
    assert (found.rule, found.class_, found.placeholder, found.why, found.rotate) == (
        "github-token", "provider-token", False, "", "GitHub settings",
    )  # fmt: skip
    (only,) = traces(known(event("c1", "b0"), hits={"b0": Scan((sample,))}))
    assert (only.placeholder, only.why) == (True, "says it is a sample")


def test_a_key_file_counts_while_head_has_it() -> None:
    hits = {"b1": Scan((sighting(whole_file=True),))}
    (now,) = traces(known(event("c1", "b1"), hits=hits, head={"b1": ["id_rsa"]}))
    (gone,) = traces(known(event("c2", "", "b1"), event("c1", "b1"), hits=hits))
    assert (now.whole_file, gone.whole_file) == (True, False)


def test_places_are_bounded() -> None:
    paths = [f"f{number}.py" for number in range(MAX_PLACES + 50)]
    (found,) = traces(known(event("c1", "b1"), head={"b1": paths}))
    assert len(found.at_head) == MAX_PLACES
    (past,) = traces(known(*(event("c1", "b1", path=path) for path in paths)))
    assert (len(past.past), past.commits) == (MAX_PLACES, 1)


@pytest.mark.parametrize(
    ("when", "date"),
    [
        (1_700_000_000, "2023-11-14T22:13:20Z"),
        (0, ""),
        (-1, "1969-12-31T23:59:59Z"),
        (1 << 61, ""),
        (-(1 << 61), ""),
    ],
)
def test_a_commit_may_claim_any_date(when: int, date: str) -> None:
    (found,) = traces(known(Event("c1", when, TIP, "a.py", "", "b1")))
    assert (found.introduced, found.introduced_at) == ("c1", date)


def test_each_value_has_one_trace_in_order_of_digest() -> None:
    hits = {"b1": Scan((sighting(1, digest="d2"), sighting(2, digest="d1"))), "b2": Scan((sighting(8, digest="d2"),))}
    found = traces(known(event("c2", "b2", path="b.py"), event("c1", "b1"), hits=hits))
    assert [(item.digest, item.past, item.commits) for item in found] == [
        ("d1", ("a.py:2",), 1), ("d2", ("b.py:8", "a.py:1"), 2),
    ]  # fmt: skip


def test_a_branch_that_still_has_it_is_named_also_when_head_once_had_it() -> None:
    events = (event("c4", "b2", "b1"), event("c2", "b1"))
    (found,) = traces(known(*events, held={"b1": ["refs/heads/side", "refs/remotes/origin/x"]}))
    assert (found.reach, found.refs, found.introduced, found.removed) == (
        "other branch", ("side", "remotes/origin/x"), "c2", "",
    )  # fmt: skip
    (now,) = traces(known(*events, head={"b1": ["b.py"]}, held={"b1": ["refs/heads/side"]}))
    assert (now.reach, now.refs) == ("at HEAD", ())
    (tagged,) = traces(
        known(*events, held={"b1": ["refs/heads/side"]}, loose={"b1": Loose("history", "a.py")}),
    )
    assert (tagged.reach, tagged.refs) == ("other branch", ("side",))


def test_what_another_branch_brought_and_took_away() -> None:
    events = (event("s4", "", "b1", source=SIDE), event("s2", "b1", source=SIDE))
    (found,) = traces(known(*events))
    assert (found.reach, found.refs, found.introduced, found.removed) == ("other branch", ("side",), "s2", "s4")
    (still,) = traces(known(*events, held={"b1": ["refs/heads/side"]}))
    assert (still.reach, still.removed) == ("other branch", "")
    (unknown,) = traces(known(*events, held=None))
    assert (unknown.reach, unknown.removed) == ("other branch", "")
    (stashed,) = traces(known(*events, refs={SIDE: "refs/stash"}))
    assert (stashed.reach, stashed.removed) == ("stash", "")


def test_a_text_says_which_part_of_it_has_the_value() -> None:
    hits = {"c3": Scan((sighting(2), sighting(5)))}
    given: dict[str, Any] = {
        "hits": hits,
        "texts": {"c3": "message of commit c3"},
        "parts": {"c3": ["header", "author"]},
    }
    (found,) = traces(known(Event("c3", 3 * DAY, TIP, "", "", "c3"), **given))
    assert found.past == ("author of commit c3", "message of commit c3")


def test_a_tag_has_the_date_of_its_tagger_and_no_commit() -> None:
    loose = {"b1": Loose("other branch", "t.py", "refs/tags/a-tree", 5 * DAY)}
    (found,) = traces(known(loose=loose))
    assert (found.past, found.refs, found.introduced, found.introduced_at) == (
        ("t.py:1",), ("tags/a-tree",), "", "1970-01-06T00:00:00Z",
    )  # fmt: skip
    (both,) = traces(known(event("c2", "b1"), loose=loose))
    assert (both.introduced, both.introduced_at) == ("c2", "1970-01-03T00:00:00Z")
