"""One line of the checklist, as its TOML file says it."""

from enum import StrEnum

import msgspec

from hardencheck.model.facts import Value


class Severity(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return list(Severity).index(self)


class Confidence(StrEnum):
    """How sure a failing line is: a low-confidence class is shown, ranked and gated apart."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Operator(StrEnum):
    """The closed table; `catalogue.vocabulary` says what each accepts and does."""

    EQUALS = "equals"
    ONE_OF = "one_of"
    MATCHES = "matches"
    CONTAINS = "contains"
    LACKS = "lacks"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    WITHOUT_BITS = "without_bits"


class Quantifier(StrEnum):
    """Over the facts that `where` selects. None selected: every -> not applicable, none -> pass, some -> fail."""

    EVERY = "every"
    NONE = "none"
    SOME = "some"


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison: field, operator, operand. With `predicate` set, that named pure function decides."""

    field: str = ""
    operator: Operator = Operator.EQUALS
    operand: Value = None
    predicate: str = ""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """`quantifier` of the facts of kind `fact` that meet all of `where` must meet all of `conditions`.

    otherwise: what the report says where nothing is judged ("git keeps no such bit: scan the deployed directory").
    """

    fact: str
    quantifier: Quantifier
    where: tuple[Condition, ...] = ()
    conditions: tuple[Condition, ...] = ()
    otherwise: str = ""


class Controls(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """CWE numbers and OWASP ASVS 5.0 requirement ids ("3.4.1")."""

    cwe: tuple[int, ...] = ()
    asvs: tuple[str, ...] = ()


class Parameter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number or text of the rules that a configuration may change. unit: "", "bytes", "seconds" or "days"."""

    default: int | str | tuple[str, ...]
    doc: str
    unit: str = ""


class Lifecycle(StrEnum):
    STABLE = "stable"
    PREVIEW = "preview"
    DEPRECATED = "deprecated"


class Example(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """Input that the real collectors read when the check is tested; `hardencheck explain` prints it.

    files: path -> text; a list of strings is joined, so that a fake secret never stands in a file whole.
    modes: path -> octal digits; "100755" is a git mode, "0666" a mode of a live directory (then no git).
    links: path -> target of a symbolic link. untracked: paths that are not in the git index.
    response / responses: url, status, headers (a value may be a list), body, tls; a saved exchange.
    """

    name: str
    verdict: str
    files: dict[str, str | list[str]] = {}
    modes: dict[str, str] = {}
    links: dict[str, str] = {}
    untracked: tuple[str, ...] = ()
    response: dict[str, object] | None = None
    responses: tuple[dict[str, object], ...] = ()
    parameters: dict[str, int | str] = {}


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the project says about one line, in one place. `id` is the path of its file.

    A check without rules is manual: a person answers it with `hardencheck attest`.
    """

    id: str
    title: str
    area: str
    severity: Severity
    owner: str
    expected: str
    why: str
    fix: str
    rollback: str
    bypass: str
    confidence: Confidence = Confidence.HIGH
    controls: Controls = Controls()
    references: tuple[str, ...] = ()
    parameters: dict[str, Parameter] = {}
    rules: tuple[Rule, ...] = ()
    examples: tuple[Example, ...] = ()
    aliases: tuple[str, ...] = ()
    lifecycle: Lifecycle = Lifecycle.STABLE

    @property
    def manual(self) -> bool:
        return not self.rules
