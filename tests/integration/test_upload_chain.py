"""What the chain predicts of a request that is as large as may be, and of one that is a byte larger, beside what really
happens: proxies in front of servers in front of applications, run from the very files that are scanned.

`pytest -s` prints the table.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from hardencheck.collect.options import Options
from hardencheck.collect.run import collect
from hardencheck.model.facts.uploads import BodyBound, Content
from hardencheck.model.gap import FactSet
from hardencheck.model.target import Target
from tests.integration.chains import APPLICATIONS, PROXIES, installed, running, send, write

CONTENTS: tuple[Content, ...] = get_args(Content)
LARGE = 300_000  # more than any limit that is set in these services, but those that have a default of a MiB
TABLE: list[str] = []


@pytest.fixture(scope="module", autouse=True)
def table() -> Iterator[None]:
    yield
    print("\n" + "\n".join(TABLE))


def predicted(facts: FactSet, content: Content) -> BodyBound | None:
    """The limit that the tool works out; None where it knows of none."""
    found = [fact for fact in facts.of("upload.bound") if isinstance(fact, BodyBound) and fact.content == content]
    assert len(found) <= 1
    return found[0] if found and found[0].bounded else None


@pytest.mark.parametrize("proxy", PROXIES)
@pytest.mark.parametrize("application", APPLICATIONS)
def test_prediction_is_reality(tmp_path: Path, application: str, proxy: str) -> None:
    front = PROXIES[proxy]
    if not installed(front):
        pytest.skip(f"{front.program} is not installed")
    root = tmp_path / "service"
    ports = write(root, APPLICATIONS[application], front)
    facts = collect(Target(repository=str(root)), Options(jobs=0)).facts
    wrong = []
    with running(root, front, *ports) as port:
        for content in CONTENTS:
            limit = predicted(facts, content)
            if limit is None or limit.max_bytes is None:
                status, read = send(port, content, "body", LARGE)
                right = status == 200 and (read == 0 if limit is not None else read > 0)
                said = "nothing of it is read" if limit is not None else "no limit"
                seen = f"{LARGE} bytes: {status}, {max(read, 0)} read"
            else:
                # A proxy frames chunks anew, in pieces of its own: then the framing is not known, only that it counts.
                anew = limit.measures == "encoded" and proxy
                measures, less = ("body", 64) if anew else (limit.measures, 0)
                within, read = send(port, content, measures, limit.max_bytes - less)
                beyond, cut = send(port, content, measures, limit.max_bytes + 1)
                right = within == 200 and (read > 0 or content == "chunked")
                right = right and (beyond == limit.status or (limit.or_502 and beyond == 502))
                right = right and (limit.status != 200 or cut == limit.max_bytes)
                said = f"{limit.max_bytes} ({limit.measures}), then {limit.status}"
                seen = f"N: {within}, N + 1: {beyond}"
            row = f"{proxy or '-':18} {application:34} {content:16} {said:32} {seen:34} {'' if right else 'WRONG'}"
            TABLE.append(row)
            if not right:
                wrong.append(row)
    assert not wrong, "\n".join(wrong)
