"""All that a check says about itself, as text, Markdown or one self-contained HTML page."""

import json
import textwrap
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hardencheck.catalogue.predicates import predicates
from hardencheck.catalogue.vocabulary import OPERATORS
from hardencheck.judge.evaluate import expectation
from hardencheck.model.check import Check, Condition, Example, Quantifier, Rule
from hardencheck.model.facts import Side, fact_types


class Part(NamedTuple):
    """A heading with prose, a list, or verbatim text below it."""

    title: str
    prose: str = ""
    items: tuple[str, ...] = ()
    code: str = ""


def parts(check: Check) -> Iterator[Part]:
    """Everything in reading order; what a check does not have is left out."""
    yield Part("Expected", check.expected)
    yield Part("Why", check.why)
    yield Part("Fix", check.fix)
    yield Part("Rollback", check.rollback)
    yield Part("When it does not hold, and may", check.bypass)
    if check.manual:
        answer = f'hardencheck attest {check.id} --by NAME --evidence "..." --expires YYYY-MM-DD'
        yield Part("Decided by", "A person; the answer is kept in the configuration.", code=answer)
    else:
        yield Part("Decided by", items=tuple(rule_in_words(rule) for rule in check.rules))
    if check.parameters:
        yield Part(
            "Parameters",
            items=tuple(
                f"{name} = {json.dumps(item.default)}{f' ({item.unit})' if item.unit else ''}: {item.doc}"
                for name, item in check.parameters.items()
            ),
            code=f'[checks."{check.id}"]\n'
            + "\n".join(f"{name} = {json.dumps(item.default)}" for name, item in check.parameters.items()),
        )
    controls = [f"CWE-{number}" for number in check.controls.cwe]
    controls += [f"OWASP ASVS 5.0 requirement {number}" for number in check.controls.asvs]
    if controls:
        yield Part("Controls", items=tuple(controls))
    if check.references:
        yield Part("References", items=check.references)
    if check.aliases:
        yield Part("Also known as", items=check.aliases)
    for example in check.examples:
        yield Part(f"Example, {example.verdict}: {example.name}", code=_example(example))


def headline(check: Check) -> str:
    kind = "manual" if check.manual else f"severity {check.severity}"
    more = [] if check.lifecycle == "stable" else [str(check.lifecycle)]
    if check.confidence != "high":
        more.append(f"{check.confidence} confidence")
    return " · ".join([kind, f"owner {check.owner}", *more])


def rule_in_words(rule: Rule) -> str:
    """Declared, every upload.limit where layer is proxy: max bytes is at most 10485760."""
    side = fact_types()[rule.fact].side
    place = "In the repository" if side is Side.DECLARED else "On the URL"
    amount = {
        Quantifier.EVERY: "every",
        Quantifier.NONE: "no",
        Quantifier.SOME: "at least one",
    }[rule.quantifier]
    where = " and ".join(_condition(test) for test in rule.where)
    demand = expectation(rule)
    for prefix in ("none where ", "one where "):
        demand = demand.removeprefix(prefix)
    subject = f"{place}, {amount} {rule.fact}{f' where {where}' if where else ''}"
    return subject if not rule.conditions else f"{subject}: {demand}"


def _condition(test: Condition) -> str:
    if test.predicate:
        return predicates()[test.predicate].words
    operand = {True: "yes", False: "no"}.get(test.operand) if isinstance(test.operand, bool) else test.operand
    shown = ", ".join(map(str, operand)) if isinstance(operand, tuple) else operand
    return f"{test.field.replace('_', ' ')} {OPERATORS[test.operator].words} {shown}"


def _example(example: Example) -> str:
    """Files and responses as they are written. A fake secret stays in pieces, so that it is none here either."""
    blocks: list[str] = []
    for path, text in example.files.items():
        notes = [f"mode {example.modes[path]}"] if path in example.modes else []
        notes += ["not tracked"] if path in example.untracked else []
        head = f"# {path} ({', '.join(notes)})" if notes else f"# {path}"
        body = text.rstrip("\n") if isinstance(text, str) else " +\n".join(json.dumps(piece) for piece in text)
        blocks.append(f"{head}\n{body}" if body else f"{head}\n(empty)")
    blocks += [f"# {path} -> {target}" for path, target in example.links.items()]
    for response in (*((example.response,) if example.response else ()), *example.responses):
        blocks.append(_response(response))
    return "\n\n".join(blocks)


def _response(table: dict[str, object]) -> str:
    lines = [
        f"{table.get('method', 'GET')} {table.get('url', 'https://service.example/')} -> {table.get('status', 200)}"
    ]
    headers = table.get("headers")
    if isinstance(headers, dict):
        for name, value in headers.items():
            lines += [f"{name}: {item}" for item in (value if isinstance(value, list) else [value])]
    for key, value in table.items():
        if key not in {"method", "url", "status", "headers"}:
            lines.append(f"({key}: {json.dumps(value)})")
    return "\n".join(lines)


def as_text(check: Check, *, width: int = 100) -> str:
    lines = [check.id, check.title, headline(check)]
    for part in parts(check):
        lines += ["", part.title]
        if part.prose:
            lines += _wrapped(part.prose, "  ", width)
        for item in part.items:
            lines += _wrapped(item, "  - ", width)
        lines += [f"    {line}".rstrip() for line in part.code.splitlines()]
    return "\n".join(lines) + "\n"


def _wrapped(text: str, indent: str, width: int) -> list[str]:
    return textwrap.wrap(
        " ".join(text.split()),
        width=width,
        initial_indent=indent,
        subsequent_indent=" " * len(indent),
        break_long_words=False,
        break_on_hyphens=False,
    )


def as_markdown(check: Check) -> str:
    lines = [f"# {_inline(check.title)}", "", f"`{check.id}` · {headline(check)}"]
    for part in parts(check):
        lines += ["", f"## {_inline(part.title)}"]
        if part.prose:
            lines += ["", _inline(" ".join(part.prose.split()))]
        if part.items:
            lines += ["", *(f"- {_inline(item)}" for item in part.items)]
        if part.code:
            fence = "`" * max(3, _longest_run(part.code) + 1)
            lines += ["", f"{fence}text", part.code, fence]
    return "\n".join(lines) + "\n"


def _longest_run(text: str) -> int:
    longest = run = 0
    for char in text:
        run = run + 1 if char == "`" else 0
        longest = max(longest, run)
    return longest


def _inline(text: str) -> str:
    """Prose in Markdown: what would be read as markup is escaped."""
    for char in "\\`*_[]<>#|":
        text = text.replace(char, f"\\{char}")
    return text


def cell(text: str) -> str:
    return _inline(" ".join(text.split()))


_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem;"
    "color:light-dark(#1b1b1f,#e6e6ea);background:light-dark(#fff,#16161a)}"
    "h1{line-height:1.25}h2{font-size:1.1rem;margin:1.6rem 0 .3rem}"
    "pre{overflow-x:auto;padding:.8rem;background:light-dark(#f1f1f4,#232329);border-radius:.3rem}"
    ".meta{color:light-dark(#55555f,#a9a9b4)}article+article{margin-top:4rem;border-top:1px solid}"
)


def as_html(checks: Sequence[Check]) -> str:
    """One page for one or more checks: no script, nothing loaded, a policy that forbids both."""
    import base64
    import hashlib
    from html import escape

    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    title = checks[0].title if len(checks) == 1 else f"{len(checks)} checks"
    body: list[str] = []
    for check in checks:
        body.append(f'<article aria-labelledby="{escape(check.id)}">')
        body.append(f'<h1 id="{escape(check.id)}">{escape(check.title)}</h1>')
        body.append(f'<p class="meta"><code>{escape(check.id)}</code> · {escape(headline(check))}</p>')
        for part in parts(check):
            body.append(f"<h2>{escape(part.title)}</h2>")
            if part.prose:
                body.append(f"<p>{escape(' '.join(part.prose.split()))}</p>")
            if part.items:
                body.append("<ul>" + "".join(f"<li>{escape(item)}</li>" for item in part.items) + "</ul>")
            if part.code:
                label = escape(part.title, quote=True)
                body.append(
                    f'<pre tabindex="0" role="region" aria-label="{label}"><code>{escape(part.code)}</code></pre>'
                )
        body.append("</article>")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(body)
        + "\n</main>\n</body>\n</html>\n"
    )
