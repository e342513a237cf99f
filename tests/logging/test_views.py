"""Prints and tracebacks of views, exceptions that are dropped."""

import textwrap

import pytest

from hardencheck.collect.extract.logging_views import LoggingViews
from hardencheck.collect.extract.swallowed import SwallowedExceptions
from hardencheck.collect.extraction import extract_file
from hardencheck.model.facts.logging import Swallowed, TracebackSent, ViewPrint
from hardencheck.model.gap import Gap


def lines(source: str, kind: type[ViewPrint | TracebackSent | Swallowed]) -> list[int | None]:
    extractors = [LoggingViews(), SwallowedExceptions()]
    found = extract_file(extractors, "shop/views.py", 0o100644, textwrap.dedent(source).encode())
    assert not [item for item in found if isinstance(item, Gap)]
    return [item.location.line for item in found if isinstance(item, kind)]


def test_prints() -> None:
    source = """\
        def view(request):
            print(request.user)
            print("x", file=out)
            print(request.COOKIES)

        class View:
            def get(self, request):
                print(1)

        @app.get("/")
        def index():
            print(2)

        def helper(x):
            print(3)

        print(4)
        """
    assert lines(source, ViewPrint) == [2, 8, 12]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import traceback\ndef f(r):\n    return HttpResponse(traceback.format_exc())", [3]),
        ("import traceback\ndef f(r):\n    text = traceback.format_exc()\n    return jsonify(error=text)", [4]),
        ("from traceback import format_exc\n@app.get('/')\ndef f():\n    return {'e': format_exc()}, 500", [4]),
        ("@app.errorhandler(500)\ndef f(e):\n    return f'broken: {e}'", [3]),
        ("@app.exception_handler(Exception)\ndef f(r, exc):\n    return JSONResponse({'e': str(exc)}, 500)", [3]),
        ("import traceback\nlog.error(traceback.format_exc())", []),
        ("@app.errorhandler(404)\ndef f(e):\n    return str(e)", []),
        ("@app.errorhandler(500)\ndef f(e):\n    return 'broken'", []),
        ("import traceback\ndef f():\n    return traceback.format_exc()", []),
    ],
)
def test_tracebacks(source: str, expected: list[int]) -> None:
    assert lines(source, TracebackSent) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("try:\n    charge(order)\nexcept Exception:\n    pass", [3]),
        ("try:\n    charge(order)\nexcept:\n    ...", [3]),
        ("try:\n    charge(order)\nexcept (ValueError, Exception) as e:\n    'no matter'", [3]),
        ("for x in y:\n    try:\n        charge(x)\n    except BaseException:\n        continue", [4]),
        ("import contextlib\nwith contextlib.suppress(Exception):\n    charge(order)", [2]),
        ("try:\n    charge(order)\nexcept ValueError:\n    pass", []),
        ("try:\n    charge(order)\nexcept Exception:\n    failed = True", []),
        ("try:\n    import x\nexcept Exception:\n    pass", []),
        ("try:\n    f.close()\nexcept Exception:\n    pass", []),
        ("try:\n    x = 1\nexcept Exception:\n    pass", []),
        ("import contextlib\nwith contextlib.suppress(KeyError):\n    charge(order)", []),
        ("with suppress(Exception):\n    f.close()", []),
    ],
)
def test_dropped_exceptions(body: str, expected: list[int]) -> None:
    assert lines(body, Swallowed) == expected


def test_around_a_check_of_access() -> None:
    source = (
        b"try:\n    verify_token(x)\nexcept Exception:\n    pass\ntry:\n    charge(x)\nexcept Exception:\n    pass\n"
    )
    found = extract_file([SwallowedExceptions()], "shop/views.py", 0o100644, source)
    assert [one.security for one in found if isinstance(one, Swallowed)] == [True, False]
