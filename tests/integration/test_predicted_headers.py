"""The response headers that are predicted from the files of a service are those that it sends, run from these files.

Left out of the comparison: Date, Last-Modified, ETag (of the moment), Content-Type, Content-Length, Content-Encoding,
Accept-Ranges (of the page), Set-Cookie and Vary (of what a view does with its request), Connection, Keep-Alive and
Transfer-Encoding (of the connection). A value that the prediction says it does not know is compared by name and count.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from hardencheck.collect.options import Options
from hardencheck.collect.resolve import _predicted
from hardencheck.collect.resolve._sent import Sent
from hardencheck.collect.run import collect
from hardencheck.model.target import Target
from tests.integration.stacks import CASES, PROGRAMS, Case, ask, find, free_ports, started, written

pytestmark = pytest.mark.integration

LEFT_OUT = {
    "date", "last-modified", "etag", "content-type", "content-length", "content-encoding", "accept-ranges",
    "set-cookie", "vary", "connection", "keep-alive", "transfer-encoding", "location",
}  # fmt: skip
PATHS = {200: "/", 404: "/missing", 500: "/broken"}
ANY = "(any)"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_predicted_headers_are_those_that_are_sent(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = find(PROGRAMS[case.front]) if case.front else ""
    if program is None:
        pytest.skip(f"{PROGRAMS[case.front]} is not installed: there is nothing to compare with")
    port, front = free_ports()
    names = {"@PORT@": str(port), "@FRONT@": str(front), "@HERE@": str(tmp_path / "run")}
    repository = tmp_path / "repository"
    written(case, repository, names)
    expected = predictions(repository, monkeypatch)
    with started(case, repository, tmp_path / "run", names, port, front, program) as visited:
        really = {status: ask(visited, path, status) for status, path in PATHS.items()}
    for status, sent in expected.items():
        assert not [doubt for name, doubt in sent.doubts if name not in LEFT_OUT], (status, sent.doubts)
        assert not [field for field in sent.fields if field.perhaps and field.name not in LEFT_OUT], status
        assert compared(sent, really[status]) == (Counter(), Counter()), status


def compared(sent: Sent, really: list[tuple[str, str]]) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
    """(predicted and not sent, sent and not predicted)"""
    unknown = {field.name for field in sent.fields if field.value is None}
    ours = Counter(
        (field.name, ANY if field.name in unknown else alike(field.value or ""))
        for field in sent.fields
        if field.name not in LEFT_OUT
    )
    theirs = Counter((name, ANY if name in unknown else alike(value)) for name, value in really if name not in LEFT_OUT)
    return ours - theirs, theirs - ours


def alike(value: str) -> str:
    """django-csp writes its directives in an order that is another one in each process."""
    return "; ".join(sorted(part.strip() for part in value.split(";"))) if ";" in value else value


def predictions(repository: Path, monkeypatch: pytest.MonkeyPatch) -> dict[int, Sent]:
    seen: list[_predicted.Predicted] = []
    really = _predicted.predicted

    def remembered(*given: Any) -> list[_predicted.Predicted]:
        seen.extend(really(*given))
        return seen

    monkeypatch.setattr(_predicted, "predicted", remembered)
    kinds = frozenset({"header.declared", "exhibit"})
    collect(Target(repository=str(repository)), Options(jobs=0, kinds=kinds))
    [only] = seen
    assert only.application is not None
    found = {
        status: _predicted.answer(only.application, only.server, only.route, status, https=False) for status in PATHS
    }
    if only.route is not None:  # it says by itself that all came by https
        assert found == dict(only.answers) or not only.route.request
    return found
