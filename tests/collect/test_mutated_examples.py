"""No file, however broken, takes an extractor or a resolver down: it costs at most a Gap with a reason.

HARDENCHECK_FUZZ_ROUNDS asks for more rounds than a test run has time for; scripts/fuzz.py searches by coverage.
"""

import os
from pathlib import Path

import msgspec
import pytest

from hardencheck.collect.extraction import extract_file, wanting
from hardencheck.collect.options import Options
from hardencheck.collect.registry import collectors
from hardencheck.collect.run import collect
from hardencheck.errors import NothingExamined
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.target import Target
from hardencheck.testing import materialise
from tests.collect.mutations import examples, files, mutated, seeds

ROUNDS = int(os.environ.get("HARDENCHECK_FUZZ_ROUNDS", "600"))
_OURS = {Reason.CRASHED, Reason.DEADLINE}
# bandit and detect-secrets are others' code; how they fail is tested where they are called.
EXTRACTORS = [item for item in collectors().extractors if item.name not in {"bandit", "secrets.detect"}]


@pytest.mark.parametrize("part", range(4))
def test_no_broken_file_takes_an_extractor_down(part: int) -> None:
    known = files()
    for chance in seeds(f"file {part}", ROUNDS // 4):
        path, data = chance.choice(known)
        data = mutated(chance, data)
        wanted = list(wanting(EXTRACTORS, path, 0o100644, len(data)))
        found = extract_file(wanted, path, 0o100644, data, seconds=10)
        broken = [(item.collector, item.detail) for item in found if isinstance(item, Gap) and item.reason in _OURS]
        assert broken == [], (path, data)


def test_no_broken_file_takes_a_resolver_down(tmp_path: Path) -> None:
    known = examples()
    for number, chance in enumerate(seeds("repository", ROUNDS // 10)):
        example = chance.choice(known)
        texts = {path: text if isinstance(text, str) else "".join(text) for path, text in example.files.items()}
        broken = chance.choice(sorted(texts))
        data = mutated(chance, texts[broken].encode())
        root = tmp_path / str(number)
        # A mode of its own makes it a plain directory: no git, which has nothing to do with it.
        materialise(msgspec.structs.replace(example, files=texts, links={}, modes={broken: "644"}, untracked=()), root)
        (root / broken).write_bytes(data)
        try:
            gaps = collect(Target(repository=str(root)), Options(jobs=0)).facts.gaps
        except NothingExamined:
            continue
        assert [(gap.collector, gap.detail) for gap in gaps if gap.reason in _OURS] == [], (broken, data)
