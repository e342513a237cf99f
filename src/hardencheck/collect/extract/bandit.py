"""bandit's own tests on the files that can have a finding, in this process, without its manager.

Three things of bandit are not used, on purpose. Its configuration (`.bandit`, pyproject.toml): the audited repository
has no say. Its plugin loading, which imports every `bandit.plugins` entry point that is installed. Its node visitor,
which takes nine tenths of the time: the tests themselves are bandit's, called with bandit's own `Context`, in the same
order over the same tree; `benchmarks/bandit_equivalence.py` compares the findings with those of the whole program.
"""

import ast
import importlib
import importlib.util
import io
import re
import tokenize
import unicodedata
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from hardencheck.collect.contract import Extractor, Found, Unreadable
from hardencheck.collect.extract._python import parse, role
from hardencheck.collect.installed import version_of
from hardencheck.lazily import compiled
from hardencheck.model.facts.bandit import BanditIssue, Suppression
from hardencheck.model.gap import Gap, Reason
from hardencheck.model.location import Location

MAX_BYTES = 1 << 20  # bandit has been seen to take hours over generated data (PyCQA/bandit#162)
MAX_SUPPRESSIONS = 200

# id -> module under bandit.plugins, function. B306 is an entry of bandit's list of calls and has no function.
PLUGINS = {
    "B103": ("general_bad_file_permissions", "set_bad_file_permissions"),
    "B105": ("general_hardcoded_password", "hardcoded_password_string"),
    "B106": ("general_hardcoded_password", "hardcoded_password_funcarg"),
    "B107": ("general_hardcoded_password", "hardcoded_password_default"),
    "B108": ("general_hardcoded_tmp", "hardcoded_tmp_directory"),
    "B201": ("app_debug", "flask_debug_true"),
    "B202": ("tarfile_unsafe_members", "tarfile_unsafe_members"),
    "B612": ("logging_config_insecure_listen", "logging_config_insecure_listen"),
}
CALLS = ("B306",)
IDS = tuple(sorted((*PLUGINS, *CALLS)))
PASSWORDS = ("B105", "B106", "B107")


# What must stand in a file for a test to find anything in it (bandit 1.9).
#
# A name in the tree (of a variable, attribute, keyword, parameter or import) stands in the text letter by letter: an
# identifier knows no escapes; only its Unicode form is normalised (NFKC), so the normalised text is searched as well.
# A string may be spelled with escapes, or in pieces that the parser joins: `_Text` knows both.
#
# B103  "chmod" in the last part of the called name: of an attribute, a name, or the import behind it.
# B105  a name, attribute, or string (key, index) matches RE_CANDIDATES: a password word that is preceded by the start
#       or "_" and followed by the end or "_". In the text the start of a name or string is a character that is not
#       part of a word, or "_". `pass` alone cannot be a name, so then it stands beside a quote or "_".
# B106, B107  the same, for names of keywords and parameters.
# B108  a string starts with /tmp, /var/tmp or /dev/shm.
# B201  "flask" in an import, a called name that ends with ".run" and the keyword debug.
# B202  an import of exactly "tarfile", and "extractall" in the last part of the called name.
# B306  the called name is tempfile.mktemp; or that is the string given to importlib.import_module,
#       importlib.__import__ or __import__.
# B612  the called name is logging.config.listen.
_WORD = r"(?:pas+wo?r?d|passphrase|pwd|token|secrete?)"
_CANDIDATE = compiled(
    rf"(?<![^\W_]){_WORD}(?![^\W_])|[_'\"]pass(?![^\W_])|(?<![^\W_])pass[_'\"]",
    re.IGNORECASE,
)
_NAMES: Mapping[str, tuple[str, ...]] = {
    "B103": ("chmod",),
    "B201": ("flask", "run", "debug"),
    "B202": ("tarfile", "extractall"),
    "B612": ("logging", "config", "listen"),
}
_TEMPORARY = ("/tmp", "/dev/shm")  # noqa: S108 - looked for, not used
# One of these stands, in lower case, in whatever `_CANDIDATE` matches: finding a fixed text is far cheaper.
_PARTS = (
    "pwd", "token", "secret", "asw", "assw", "passphrase", "_pass", "pass_", '"pass', "'pass", 'pass"', "pass'",
)  # fmt: skip

# An escape that can spell any character. A backslash before a line end joins two lines of a string.
_ESCAPE = compiled(r"\\(?:[xuUN]|[0-7])")
_CONTINUED = compiled(r"\\\r?\n|\\\r")
# Two literals with nothing but blanks and comments between them are one string; the quotes and the prefix go.
_JOINT = compiled(r"""['"]+(?:\s|#[^\r\n]*[\r\n])*[a-zA-Z]{0,2}['"]+""")
# Whether a file has such a place at all: blanks between two quotes, or letters right on both sides.
_ADJACENT = compiled(r"""['"](?:(?:\s|#[^\r\n]*[\r\n])+[a-zA-Z]{0,2}['"]|(?<=[\w/].)['"]*[a-zA-Z]{0,2}['"]+[\w/])""")
# An empty literal takes the quote away that would have told a `pass` in quotes from the statement.
_EMPTY_JOINT = compiled(r"""(?<!['"])(?:''|"")(?:\s|#[^\r\n]*[\r\n])+[a-zA-Z]{0,2}['"]|['"]\s+[a-zA-Z]{0,2}(?:''|"")""")
# Encodings that write ASCII as ASCII; in any other a name may be spelled as the codec likes.
_ASCII_LIKE = compiled(
    r"utf-?8.*|latin-?1|iso-?8859-?\d+|cp125\d|ascii|us-ascii|koi8-[ru]|euc-.*|gb.*|big5|shift_jis|cp\d+"
)
_COOKIE = compiled(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.MULTILINE)


def _decode(data: bytes) -> str | None:
    """The text as Python reads it, bad bytes replaced; None when its encoding may spell a name in another way."""
    head = b"\n".join(data[:2048].splitlines()[:2])
    cookie = _COOKIE.search(head)
    name = cookie.group(1).decode("ascii", "replace").lower().replace("_", "-") if cookie else "utf-8"
    if not _ASCII_LIKE.fullmatch(name.replace("shift-jis", "shift_jis")):
        return None
    try:
        return data.decode(name, "replace")
    except LookupError:
        return data.decode("utf-8", "replace")


def ids_for(data: bytes) -> tuple[str, ...]:
    """The wanted tests that can have a finding in a file; all of them where its text does not tell."""
    text = _decode(data)
    if text is None:
        return IDS
    texts = [text]
    if not data.isascii():
        texts.append(unicodedata.normalize("NFKC", text))
    wanted = {test for test, names in _NAMES.items() if any(all(name in each for name in names) for each in texts)}
    anything = any(_ESCAPE.search(each) for each in texts)
    joined = []
    for each in texts:
        whole = _CONTINUED.sub("", each)
        if _ADJACENT.search(whole):
            joined += [whole, _JOINT.sub("", whole)]
        elif len(whole) != len(each):
            joined.append(whole)
    spelled = [*texts, *joined]
    if any("mktemp" in each for each in spelled):
        wanted.add("B306")
    elif anything and any("import_module" in each or "__import__" in each for each in texts):
        wanted.add("B306")
    if anything or any(place in each for place in _TEMPORARY for each in spelled):
        wanted.add("B108")
    if any(_has_candidate(each) for each in texts):
        wanted.update(PASSWORDS)
    elif anything or any(_has_candidate(each) or _EMPTY_JOINT.search(each) for each in joined):
        wanted.add("B105")
    return tuple(sorted(wanted))


def _has_candidate(text: str) -> bool:
    lowered = text.lower()
    return any(part in lowered for part in _PARTS) and _CANDIDATE.search(text) is not None


class Issue(NamedTuple):
    """A finding of bandit's: for the comparison with the whole program too. text may hold a secret: never keep it."""

    line: int
    test_id: str
    name: str
    severity: str
    confidence: str
    text: str
    subject: str  # for B105: the name or key that made bandit look; "== name" for a comparison, "#" before a number


class _Broken(NamedTuple):
    """One of bandit's tests raised an exception at a line; bandit logs that and goes on."""

    line: int
    test_id: str


_Test = tuple[str, str, Callable[..., Any], Any]  # id, name, function, its configuration


class _Library(NamedTuple):
    context: Any  # bandit.core.context.Context
    call_name: Callable[[ast.Call, dict[str, str]], str]
    tests: Mapping[str, tuple[str, _Test]]  # id -> type of node, test
    candidates: re.Pattern[str]


@cache
def _library() -> _Library:
    """The parts of bandit that are used. Raises Unreadable(not-supported) if this bandit does not have them."""
    import stevedore.extension

    # bandit loads every entry point when it is imported, other people's too. Nothing here needs any of them; who does
    # (bandit itself, used in this process for something else) gets them on first use.
    manager = stevedore.extension.ExtensionManager
    listed = manager.list_entry_points
    setattr(manager, "list_entry_points", lambda self: [])  # noqa: B010
    formatting = warnings.formatwarning
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # bandit names node types that Python deprecates
            loader: Any = importlib.import_module("bandit.core.extension_loader")
    finally:
        setattr(manager, "list_entry_points", listed)  # noqa: B010
        warnings.formatwarning = formatting  # bandit puts its own in place
    if not loader.MANAGER.plugins:
        del loader.MANAGER

        def load(name: str) -> Any:
            if name != "MANAGER":
                raise AttributeError(name)
            loader.MANAGER = made = loader.Manager()
            return made

        loader.__getattr__ = load
    from bandit.blacklists.calls import gen_blacklist
    from bandit.core import blacklisting, utils
    from bandit.core.context import Context

    tests: dict[str, tuple[str, _Test]] = {}
    try:
        for test_id, (module_name, function_name) in PLUGINS.items():
            module = importlib.import_module(f"bandit.plugins.{module_name}")
            function = getattr(module, function_name)
            (node,) = function._checks
            if function._test_id != test_id:
                raise LookupError(test_id)
            takes = getattr(function, "_takes_config", None)
            tests[test_id] = (node, (test_id, function_name, function, module.gen_config(takes) if takes else None))
        for entry in gen_blacklist()["Call"]:
            if entry["id"] in CALLS:
                tests[entry["id"]] = ("Call", (entry["id"], entry["name"], blacklisting.blacklist, {"Call": [entry]}))
        if set(tests) != set(IDS):
            raise LookupError(*set(IDS) - set(tests))
        candidates = importlib.import_module("bandit.plugins.general_hardcoded_password").RE_CANDIDATES
    except (ImportError, AttributeError, LookupError, ValueError) as error:
        raise Unreadable(f"this bandit is not 1.9: {error}", reason=Reason.NOT_SUPPORTED) from None
    return _Library(Context, utils.get_call_name, tests, candidates)


def run(tree: ast.Module, wanted: Iterable[str]) -> Iterator[Issue | _Broken]:
    """What the wanted tests find, in the order of bandit's visitor: each node before its children, fields in order.

    bandit's tests see the imports that stand above a node, so the order decides what a name means.
    """
    library = _library()
    by_node: dict[str, list[_Test]] = {"Call": [], "Str": [], "FunctionDef": []}
    for test_id in wanted:
        node_type, test = library.tests[test_id]
        by_node[node_type].append(test)
    imports: set[str] = set()
    aliases: dict[str, str] = {}
    base = {"imports": imports, "import_aliases": aliases, "filename": "module.py", "file_data": None}

    def ask(tests: Iterable[_Test], node: Any, more: dict[str, Any]) -> Iterator[Issue | _Broken]:
        context = library.context({**base, "node": node, "lineno": node.lineno, "col_offset": node.col_offset, **more})
        for test_id, name, function, config in tests:
            try:
                result = function(context) if config is None else function(context, config)
            except Exception:  # bandit: "internal error", logged
                yield _Broken(node.lineno, test_id)
                continue
            if result is not None:
                line = node.lineno if result.lineno is None else result.lineno
                subject = _subject(node) if test_id == "B105" else ""
                yield Issue(line, test_id, name, result.severity, result.confidence, result.text, subject)

    stack: list[ast.AST] = list(reversed(list(ast.iter_child_nodes(tree))))
    for node in stack:
        node._bandit_parent = tree  # type: ignore[attr-defined]
    while stack:
        node = stack.pop()
        match node:
            case ast.Constant(value=value):
                tests = by_node["Str"]
                if tests and isinstance(value, str):
                    parent = node._bandit_parent  # type: ignore[attr-defined]
                    if not isinstance(parent, ast.Expr):  # a docstring
                        for test in tests:
                            if _may_find(test[0], value, parent, library.candidates):
                                yield from ask((test,), node, {"str": value})
                continue  # has no children
            case ast.Call():
                if by_node["Call"]:
                    name = library.call_name(node, aliases)
                    more = {"call": node, "qualname": name, "name": name.split(".")[-1]}
                    yield from ask(by_node["Call"], node, more)
            case ast.FunctionDef():
                if by_node["FunctionDef"]:
                    yield from ask(by_node["FunctionDef"], node, {"function": node, "name": node.name})
            case ast.Import() | ast.ImportFrom():
                _note_imports(node, imports, aliases)
                continue
        children = [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.expr_context)]
        for child in children:
            child._bandit_parent = node  # type: ignore[attr-defined]
        children.reverse()
        stack.extend(children)


def _may_find(test_id: str, value: str, parent: ast.AST, candidates: re.Pattern[str]) -> bool:
    """Whether a test of strings can say anything. bandit's own look at a dictionary of n keys takes n * n steps."""
    if test_id == "B108":
        return value.startswith(("/tmp", "/var/tmp", "/dev/shm"))  # noqa: S108
    if isinstance(parent, ast.Dict | ast.Subscript):
        return candidates.search(value) is not None
    return isinstance(parent, ast.Assign | ast.Compare)


def _subject(node: Any) -> str:
    match node._bandit_parent:
        case ast.Assign(targets=targets):
            names = [getattr(target, "id", None) or getattr(target, "attr", "") for target in targets]
            return next((name for name in names if name), "")
        case ast.Compare(left=left):
            return f"== {getattr(left, 'id', None) or getattr(left, 'attr', '')}".rstrip()
        case ast.Dict(keys=keys, values=values):
            held = next((value for key, value in zip(keys, values, strict=True) if key is node), None)
            return str(node.value) if isinstance(held, ast.Constant) and isinstance(held.value, str) else "#"
        case _:
            return str(node.value)


def _note_imports(node: ast.Import | ast.ImportFrom, imports: set[str], aliases: dict[str, str]) -> None:
    """As bandit's visitor does: `from . import x` counts as `import x`."""
    prefix = f"{node.module}." if isinstance(node, ast.ImportFrom) and node.module is not None else ""
    for name in node.names:
        if name.asname:
            aliases[name.asname] = prefix + name.name
        elif prefix:
            aliases[name.name] = prefix + name.name
        imports.add(prefix + name.name)


_QUOTED = compiled(r".*?'(.*)'", re.DOTALL)
_NO_PASSWORD = compiled(
    r"""
      [\W_]*                                     # nothing, or a mask of stars
    | None | True | False | [-+]?\d{1,3}         # a constant under a key that has "password" in it
    | .*\s.*                                     # prose
    | .*[{}<>%$].*                               # a template, markup, a placeholder
    | [./~].* | [a-z][a-z+.-]*://.* | .*/.*/.*   # a path, an address
    | .*\.(?:py|html?|txt|json|ya?ml|toml|pem|key|js|css)
    | (?:[a-z]+[._:-])*[a-z_.:-]*(?:pas+wo?r?d|passphrase|pwd|token|secret|credential|api_?key)s?[a-z_.:-]*  # a name
    | [a-z]+(?:[._:][a-z]+)+                     # a dotted name or an identifier
    | [a-z_-]+(?:[.:][a-z_-]+)+                  # the same with dashes: a key of a cache
    | bearer | basic | jwt | oauth2? | hmac | sha\d+ | md5 | hash | text | string | str | body | header | query | none
    | null | hidden | redacted | input | required | optional | xxx+ | n/?a | unknown | default | request | response
    | url | success | failed | error | ok | valid | invalid | expired | active | session | cookie | csrf | access
    | refresh | \*.* | <.* | \[.*
    | ldap | oidc | saml | sso | kerberos  # how somebody signs in who has no password here
    | (?:django_)?(?:pbkdf2|bcrypt|scrypt|argon2)[a-z\d_-]{0,20}  # an algorithm
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)


_ABOUT_PASSWORDS = compiled(
    r".*_(?:fields?|title|label|prefix|suffix|type|names?|status|ur[li]|path|file|dir|headers?|param(?:eter)?s?|help|hint"
    r"|message|errors?|template|re|regex|pattern|from|source|origin|format|scheme|kind|length|policy|attr|column|endpoint|view|form|action)",
    re.IGNORECASE,
)


_ABOUT_TOKENS = compiled(r"(?!.*(?:pass|pwd|secret)).*token", re.IGNORECASE | re.DOTALL)


def plausible(text: str, subject: str = "") -> bool:
    """Whether a text in a password's place could be one. A word alone could: "letmein" is.

    subject: what the text is assigned to, if known: PASSWORD_FIELD holds no password. "== name": it is compared with
    that; code that compares with "change-me" is there to refuse it. "#": it is a number in a table, an error code most
    likely.
    """
    if subject == "#" or _ABOUT_PASSWORDS.fullmatch(subject):
        return False
    if not text.isprintable():
        return False
    # token == "select", token = "EOF": a word of some language. A token that signs somebody in is no plain word.
    if _ABOUT_TOKENS.match(subject) and re.fullmatch(r"[A-Za-z_ ]{1,15}", text):
        return False
    if subject.startswith("==") and re.fullmatch(r"change[-_]?(?:me|it|this)|password|secret", text, re.IGNORECASE):
        return False
    if text.lower() in {"password", "secret", "changeme"} or re.fullmatch(r"pas+wo?r?d\d+", text, re.IGNORECASE):
        return True
    return _NO_PASSWORD.fullmatch(text) is None


_SET_UP = compiled(r"(?:[Tt]est|[Tt]esting|[Dd]ev|[Dd]evelopment|[Mm]ock|[Ff]ake|[Dd]ummy|[Ss]tub)(?=[A-Z_\d]|$)")


def _set_up(tree: ast.Module) -> Iterator[ast.ClassDef]:
    """Classes that their name says are for tests or developers: TestingConfig, MockBilling."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and _SET_UP.match(node.name):
            yield node


def _enumerations(tree: ast.Module) -> Iterator[ast.ClassDef]:
    """Kinds of things: the password among the ways to sign in is none."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and any(_ENUMERATION.search(ast.unparse(base)) for base in node.bases):
            yield node


_ENUMERATION = compiled(r"(?:Enum|Choices)$")


def _lines(classes: Iterable[ast.ClassDef]) -> list[tuple[int, int]]:
    return [(node.lineno, node.end_lineno or node.lineno) for node in classes]


def _within(line: int, spans: Iterable[tuple[int, int]]) -> bool:
    return any(first <= line <= last for first, last in spans)


_NOSEC = compiled(r"#\s*nosec:?\s*(?P<tests>[^#]+)?#?")
_NOSEC_TEST = compiled(r"(?:(B\d+|[a-z\d_]+),?)+", re.IGNORECASE)


def suppressions(data: bytes) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Line and named tests of each `# nosec` comment, by bandit's own grammar for it."""
    try:
        for token in tokenize.tokenize(io.BytesIO(data).readline):
            if token.type == tokenize.COMMENT and (found := _NOSEC.search(token.string)):
                named = _NOSEC_TEST.finditer(found.group("tests") or "")
                yield token.start[0], tuple(dict.fromkeys(match.group(1) for match in named))
    except (tokenize.TokenError, SyntaxError, UnicodeDecodeError):
        return  # what cannot be parsed is a Gap already


class Bandit(Extractor):
    """bandit's findings of the wanted tests."""

    name = "bandit"
    emits = (BanditIssue, Suppression)
    apart = True

    def digest(self) -> str:
        return f"{version_of('bandit')} {','.join(IDS)}"

    def wants(self, path: str, mode: int, size: int) -> bool:
        return path.endswith((".py", ".pyw"))

    def extract(self, path: str, mode: int, data: bytes) -> Iterable[Found]:
        here, what_for = Location(path=path), role(path)

        def gap(reason: Reason, detail: str, line: int | None, test_id: str) -> Gap:
            return Gap(
                kinds=(BanditIssue.kind(),),
                collector=self.name,
                reason=reason,
                detail=detail,
                location=here.at(line),
                about={"role": what_for, "test_id": test_id},
            )

        def gaps(reason: Reason, detail: str, line: int | None, tests: Iterable[str]) -> Iterator[Gap]:
            """One for each test that may have found something; the three of passwords are one line of the checklist."""
            for test_id in dict.fromkeys("B105" if test_id in PASSWORDS else test_id for test_id in tests):
                yield gap(reason, detail, line, test_id)

        if len(data) > MAX_BYTES:
            detail = f"{len(data)} bytes of Python; bandit is given {MAX_BYTES} at most"
            yield from gaps(Reason.TOO_LARGE, detail, None, ids_for(data))
            return
        if b"nosec" in data:
            for line, tests in list(suppressions(data))[:MAX_SUPPRESSIONS]:
                yield Suppression(location=here.at(line), tool="bandit", tests=tests, role=what_for)
        wanted = ids_for(data)
        if not wanted:
            return
        try:
            tree = parse(data).tree
            found = list(run(tree, wanted))
        except Unreadable as error:
            yield from gaps(error.reason, error.detail, error.line, wanted)
            return
        except (RecursionError, MemoryError):  # the parser of Python says it with either
            yield from gaps(Reason.UNPARSABLE, "nested too deeply for bandit", None, wanted)
            return
        spans = _lines(_set_up(tree)) if found else []
        members = _lines(_enumerations(tree)) if found else []
        for item in found:
            if isinstance(item, _Broken):
                detail = f"bandit's test {item.test_id} broke on this line"
                yield gap(Reason.NOT_SUPPORTED, detail, item.line, item.test_id)
                continue
            quoted = _QUOTED.fullmatch(item.text) if item.test_id in PASSWORDS else None
            yield BanditIssue(
                location=here.at(item.line),
                test_id=item.test_id,
                name=item.name,
                severity=item.severity,  # type: ignore[arg-type]
                confidence=item.confidence,  # type: ignore[arg-type]
                role="development" if what_for == "production" and _within(item.line, spans) else what_for,
                plausible=plausible(quoted.group(1), item.subject) and not _within(item.line, members)
                if quoted
                else None,
            )
