"""What the resolver says of generated settings packages is what importing them gives, with several versions of Django.

HARDENCHECK_ORACLE_EXAMPLES: packages of each style and version. HARDENCHECK_ORACLE_SEED: others than every time.
"""

import os
import shutil
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.oracle.comparing import ANYTHING, Resolved
from tests.oracle.packages import STYLES, Package, packages
from tests.oracle.world import World

EXAMPLES = int(os.environ.get("HARDENCHECK_ORACLE_EXAMPLES", "20"))
totals: defaultdict[str, Counter[str]] = defaultdict(Counter)
SEED = os.environ.get("HARDENCHECK_ORACLE_SEED", "")


def drawing(what: str, share: float = 1.0) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """The same examples every time, others for each test."""

    def decorate(test: Callable[[], None]) -> Callable[[], None]:
        chosen = settings(
            max_examples=max(int(EXAMPLES * share), 2),
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
            print_blob=False,
        )
        return seed(zlib.crc32(f"{what} {SEED}".encode()))(chosen(test))

    return decorate


def written(folder: Path, package: Package) -> Path:
    if folder.exists():
        shutil.rmtree(folder)
    for path, text in package.files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder.resolve()


def same_for(depends: frozenset[str], one: dict[str, str], other: dict[str, str]) -> bool:
    """Whether two environments are the same as far as these variables go."""
    return one == other or (ANYTHING not in depends and all(one.get(name) == other.get(name) for name in depends))


def compare(world: World, package: Package, root: Path, counts: Counter[str]) -> None:
    answers = [world.imported(root, package.module, one, package.configuration) for one in package.environments]
    counts["packages"] += 1
    counts["imported"] += answers[0].values is not None
    for environment, answer in zip(package.environments[:2], answers, strict=False):
        resolved = Resolved(root, package.files, package.path, environment, package.configuration)
        names = {*resolved.names(), *(name for one in answers for name in one.values or ())}
        for name in sorted(names):
            said = resolved.says(name)
            if package.configuration and said.binding is None:
                continue  # a class has all of Django's own settings, set or not
            if answer.values is not None and not said.assumed:
                real = answer.values.get(name)
                assert said.agrees(real, str(root)), (name, environment, said.shown(), real)
                known = said.known and real is not None
                counts["known"] += known
                counts["unknown"] += not known and real is not None and real[0] != "other"
                if known and name in answer.places and said.binding is not None:
                    counts["placed"] += 1
                    # One of two statements that give the same value, and nobody knows which of them ran.
                    counts["misplaced"] += (said.binding.path, said.binding.line) != tuple(answer.places[name])
            for moved, other in zip(package.environments, answers, strict=True):
                if other.values is not None and same_for(said.depends, environment, moved) and not said.assumed:
                    real = other.values.get(name)
                    assert said.agrees(real, str(root)), (name, environment, moved, said.depends, said.shown(), real)
                    counts["moved"] += moved != environment


@pytest.mark.parametrize("style", STYLES)
def test_what_it_knows_is_what_an_import_gives(world: World, style: str, tmp_path: Path) -> None:
    counts: Counter[str] = Counter()
    folder = tmp_path / "repository"

    @drawing(f"{style} {world.django}")
    @given(packages(style))
    def run(package: Package) -> None:
        compare(world, package, written(folder, package), counts)

    run()
    totals[world.django].update(counts)
    print(style, world.django, dict(counts))
    assert counts["imported"] >= counts["packages"] * 0.5, counts
    assert counts["misplaced"] <= counts["placed"] * 0.05, counts


def test_most_of_it_is_known(world: World) -> None:
    """Whoever says "unknown" everywhere is never wrong."""
    counts = totals[world.django]
    seen = counts["known"] + counts["unknown"]
    if seen < 500:
        pytest.skip("too few packages were compared")  # a part of the tests was chosen: a share of few says nothing
    print(world.django, dict(counts))
    assert counts["known"] / seen > 0.75, counts
    assert counts["misplaced"] <= counts["placed"] * 0.02, counts
