"""What was measured beside what is declared: the same, drift, or nothing to compare with."""

import msgspec
import pytest

from hardencheck.judge.upload_table import with_measured
from hardencheck.model.facts import Fact
from hardencheck.model.facts.exhibit import Exhibit, Table
from hardencheck.model.facts.measured import HeldConnection, MeasuredLimit
from hardencheck.model.facts.storage import ViewLimit
from hardencheck.model.facts.uploads import BodyBound, RequestBuffering, UploadLimit
from hardencheck.model.gap import FactSet, Gap, Reason
from hardencheck.model.location import Location
from hardencheck.model.measured_limits import Comparison, comparisons

MIB = 1 << 20
NGINX = Location(path="deploy/nginx.conf", line=14)
STREAMING = RequestBuffering(location=NGINX, product="nginx", buffers=False)
VIEW = ViewLimit(
    location=Location(path="app.py", line=4), setting="max_content_length", counts="bytes", limit=50 * MIB,
    role="production",
)  # fmt: skip
HERE = Location(url="https://service.example/files")


def measured(accepted: int, refused: int | None = None) -> MeasuredLimit:
    return MeasuredLimit(
        location=HERE, how="declared", method="POST", form="multipart", max_bytes=accepted,
        refused=accepted + 1 if refused is None else refused, exact=refused is None, status=413, requests=8, sent=0,
    )  # fmt: skip


def sent(accepted: int) -> MeasuredLimit:
    return msgspec.structs.replace(measured(accepted), how="uploaded", refused=None, exact=False, status=0)


def limit(max_bytes: int | None, product: str = "nginx") -> UploadLimit:
    return UploadLimit(
        location=NGINX, layer="proxy", product=product, application="deploy/nginx.conf", setting="client_max_body_size",
        max_bytes=max_bytes,
    )  # fmt: skip


def bound(max_bytes: int | None) -> BodyBound:
    return BodyBound(
        location=NGINX, framework="flask", application="app", bounded=max_bytes is not None, max_bytes=max_bytes,
        decided_by="nginx",
    )  # fmt: skip


def early(detail: str = "no early refusal: 1 TiB was declared") -> Gap:
    return Gap(
        kinds=("http.upload-limit",), collector="uploads.measured", reason=Reason.NEEDS_PROBE, detail=detail,
        location=HERE,
    )  # fmt: skip


def compared(*items: Fact | Gap) -> Comparison:
    (found,) = comparisons(FactSet().plus(items))
    return found


@pytest.mark.parametrize(
    ("facts", "agrees", "reason"),
    [
        ((measured(10 * MIB), limit(10 * MIB)), True, ""),
        ((measured(10 * MIB - 1), limit(10 * MIB)), True, ""),
        ((measured(MIB + 1, 100 * MIB), limit(10 * MIB)), True, ""),
        ((measured(MIB), limit(10 * MIB), limit(MIB, "flask")), True, ""),
        ((measured(MIB), limit(10 * MIB)), False, "something in front"),
        ((measured(20 * MIB), limit(10 * MIB)), False, "another server block or host answered"),
        ((measured(20 * MIB), limit(None), limit(10 * MIB)), False, "another server block"),
        ((measured(20 * MIB), limit(None)), None, "none of the declared limits"),
        ((measured(20 * MIB), limit(16 * MIB, "flask")), None, "none of the declared limits"),
        ((measured(MIB), limit(16 * MIB, "flask")), None, "none of the declared limits"),
        ((measured(MIB), limit(10 * MIB), STREAMING), None, "none of the declared limits"),
        ((measured(20 * MIB), limit(10 * MIB), STREAMING), False, "another server block"),
        ((measured(50 * MIB), limit(10 * MIB), VIEW), True, ""),
        ((measured(20 * MIB),), None, ""),
        ((early(), limit(10 * MIB)), False, "nginx would refuse it by its length"),
        ((early(), limit(None)), None, ""),
        ((early(), limit(10 * MIB, "apache")), None, ""),
        ((early("indifferent: POST is answered with 405"), limit(10 * MIB)), None, ""),
        ((sent(16 * MIB), bound(MIB)), False, "another server block"),
        ((sent(16 * MIB), bound(20 * MIB)), None, ""),
        ((sent(16 * MIB), bound(MIB), bound(None)), None, ""),
    ],
)
def test_declared_and_measured(facts: tuple[Fact | Gap, ...], agrees: bool | None, reason: str) -> None:
    found = compared(*facts)
    assert found.agrees is agrees
    assert found.reason.startswith(reason)
    assert bool(found.reason) == bool(reason)


def test_what_is_not_known_is_no_contradiction() -> None:
    gap = Gap(kinds=("upload.limit",), collector="uploads.limits", reason=Reason.TEMPLATED, detail="${SIZE}")
    assert comparisons(FactSet().plus((measured(MIB), limit(10 * MIB), gap)))[0].agrees is None


def test_the_picture_of_the_chain_has_a_table_of_it() -> None:
    chain = Exhibit(
        location=NGINX,
        id="uploads.chain",
        title="Limits",
        about="Layer by layer. Worked out from the files, not measured.",
        tables=(Table(title="app", columns=("Way",), rows=()),),
    )
    held = HeldConnection(location=HERE, method="POST", seconds=60, closed=True, status=408, sent=1, promised=1024)
    (drawn,) = with_measured([chain], FactSet().plus((measured(MIB), limit(10 * MIB), held)))
    assert drawn.about == "Layer by layer. Worked out from the files; below is what was measured."
    assert [table.title for table in drawn.tables] == ["app", "Measured"]
    first, second = drawn.tables[1].rows
    assert [cell.text for cell in first[:3]] == [
        "https://service.example/files",
        "measured: 1,048,576 B exact (413, 8 requests, 0 body bytes)",
        "nginx client_max_body_size: 10,485,760 B",
    ]
    assert first[2].places == (NGINX,)
    assert first[3].text.startswith("drift: something in front")
    assert first[3].mark == "weak"
    assert second[1].text == "a client that stops: closed after 60 s (after 1 of 1,024 body bytes, 408)"


def test_nothing_measured_changes_nothing() -> None:
    assert with_measured((), FactSet().plus((limit(MIB),))) == ()


def test_a_url_alone_has_a_picture_too() -> None:
    (drawn,) = with_measured((), FactSet().plus((measured(MIB),)))
    assert drawn.id == "uploads.chain"
    assert drawn.location == HERE
