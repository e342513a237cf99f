"""Texts of requests in messages of records, and what is none."""

import textwrap

import pytest

from hardencheck.collect.extract.logging_requests import LoggedRequests
from hardencheck.collect.extraction import extract_file
from hardencheck.model.facts.logging_written import RequestLogged
from hardencheck.model.gap import Gap


def whats(source: str) -> list[str]:
    found = extract_file([LoggedRequests()], "shop/views.py", 0o100644, textwrap.dedent(source).encode())
    assert not [item for item in found if isinstance(item, Gap)]
    return [item.what for item in found if isinstance(item, RequestLogged)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("log.info('%s', request.GET['q'])", ["query"]),
        ("log.info('x %(q)s' % {'q': 1}, request.args.get('q'))", ["query"]),
        ("log.info('q ' + request.args.get('q', ''))", ["query"]),
        ("log.info('q {}'.format(request.values['q'].strip()))", ["form"]),
        ("log.log(20, f'{request.POST[\"a\"]}')", ["form"]),
        ("log.info('%d %s', 3, self.request.path)", ["path"]),
        ("async def f(request):\n    data = await request.json()\n    log.info('%s', data['name'])", ["body"]),
        ("async def f(request):\n    log.info('%s', (await request.json())['name'])", ["body"]),
        ("data = request.get_json()\nname = data.get('name')\nlog.info(f'new {name}')", ["body"]),
        ("import json\ndata = json.loads(request.body)\nlog.info('%s', data['x'])", ["body"]),
        ("f = request.files['f']\nlog.info('got %s', f.filename)", ["file name"]),
        ("log.info('got %s', request.FILES.get('f').filename)", ["file name"]),
        ("@app.route('/u/<name>')\ndef u(name):\n    log.info('u %s', name)", ["path"]),
        ("@router.get('/u')\ndef u(q: str | None = None):\n    log.info(f'u {q}')", ["query"]),
        ("@app.get('/f/{p:path}')\ndef u(p):\n    log.info(f'u {p}')", ["path"]),
        ("class H:\n    def get(self):\n        log.info('%s', self.get_argument('q'))", ["query"]),
    ],
)
def test_texts(source: str, expected: list[str]) -> None:
    assert whats(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "log.info('%r', request.GET['q'])",
        "log.info(f'{request.GET[\"q\"]!r}')",
        "log.info('%d', request.GET['page'])",
        "log.info('%s', int(request.GET['page']))",
        "q = clean(request.GET['q'])\nlog.info('%s', q)",
        "q = request.GET['q'].replace('\\n', ' ')\nlog.info('%s', q)",
        "log.info('%s', request.headers['User-Agent'])",
        "log.info('%s', request.method, extra={'q': request.GET['q']})",
        "log.info('sign-in', q=request.GET['q'])",
        "@app.route('/u/<int:n>')\ndef u(n):\n    log.info('u %s', n)",
        "@router.get('/u/{n}')\ndef u(n: int, item: Item):\n    log.info(f'u {n} {item}')",
        "def u(name):\n    log.info('u %s', name)",
        "log.info('%s', response.json()['name'])",
        "log.info('%s', data['name'], path.path)",
        "log.info(*request.GET)",
        "q = request.GET['q']\nq = 3\nlog.info('%s', q)",
        "print(request.GET['q'])",
    ],
)
def test_none(source: str) -> None:
    assert whats(source) == []
