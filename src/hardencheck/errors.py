"""What can go wrong, as one tree. Each error knows its exit code, a hint, and whether a second try is worth it.

HardencheckError
├── UsageError                  2   the command line cannot be carried out as written
├── ConfigError                 2   hardencheck.toml or [tool.hardencheck]
│   └── WaiverError             2   a waiver that cannot be honoured
├── CatalogueError              2   a file under checks/
│   ├── UnknownName             2   a fact, field, operator, predicate or key nobody defined
│   └── WrongType               2   an operand its field cannot be compared with
├── IncompleteError             3   nothing could be examined, so there is no verdict to give
│   ├── TargetMissing           3   the path does not exist, or git cannot read it
│   │   └── RevisionMissing     2   a revision that was named and is no commit here; a UsageError too
│   └── NothingExamined         3   it exists, and holds nothing to look at
├── OutputError                70   a report could not be written; the old one is still there
└── InternalError              70   our mistake

Exit codes, the same for every format: 0 gate passed; 1 gate failed; 2 usage or configuration; 3 incomplete;
70 internal error; 130 interrupted (129 by SIGHUP, 143 by SIGTERM). When several apply: 70 > 2 > 3 > 1 > 0.
"""

from collections.abc import Collection
from difflib import get_close_matches
from typing import ClassVar


class HardencheckError(Exception):
    """The root. `str(error)` says what failed and what was expected; `hint` says what to do next."""

    exit_code: ClassVar[int] = 70
    retry: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(HardencheckError):
    exit_code: ClassVar[int] = 2


class ConfigError(HardencheckError):
    """Names the file, the line where known, the key, and what was expected."""

    exit_code: ClassVar[int] = 2


class WaiverError(ConfigError):
    pass


class CatalogueError(HardencheckError):
    exit_code: ClassVar[int] = 2


class UnknownName(CatalogueError):
    """Something refers to a name that nobody defined. Found at load, before any scan."""

    def __init__(self, where: str, what: str, name: str, known: Collection[str]) -> None:
        super().__init__(f"{where}: no {what} {name!r}", hint=did_you_mean(name, known, what))


class WrongType(CatalogueError):
    pass


class IncompleteError(HardencheckError):
    exit_code: ClassVar[int] = 3


class TargetMissing(IncompleteError):
    pass


class RevisionMissing(UsageError, TargetMissing):
    """Whoever names a revision can name another: that is a wrong argument, not an audit that is incomplete."""


class NothingExamined(IncompleteError):
    pass


class OutputError(HardencheckError):
    exit_code: ClassVar[int] = 70
    retry: ClassVar[bool] = True


class InternalError(HardencheckError):
    exit_code: ClassVar[int] = 70


def did_you_mean(name: str, known: Collection[str], what: str = "name") -> str:
    """The nearest known name as a hint, or the whole list when nothing is near and the list is short."""
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return f"did you mean {str(near[0])!r}?"
    holding = sorted(str(item) for item in known if len(name) > 2 and name in item)
    if 0 < len(holding) <= 5:
        return f"did you mean {' or '.join(repr(item) for item in holding)}?"
    if len(known) <= 40:
        return f"known: {', '.join(sorted(known))}"
    return f"there are {len(known)} to choose from; none is close to {name!r}"
