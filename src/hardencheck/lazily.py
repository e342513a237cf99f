"""Regular expressions compiled when they are first used.

An unchanged repository is judged from the cache; compiling the two hundred patterns of collectors that then have
nothing to do took a sixth of that scan.
"""

import re
from typing import Any, AnyStr, cast


class _Later:
    """A pattern that becomes one at the first look at any of its attributes."""

    def __init__(self, pattern: Any, flags: int) -> None:
        self._source = (pattern, flags)

    def __getattr__(self, name: str) -> Any:
        pattern = re.compile(*self._source)
        for method in ("search", "match", "fullmatch", "finditer", "findall", "split", "sub", "subn"):
            setattr(self, method, getattr(pattern, method))  # found without this detour from now on
        return getattr(pattern, name)


def compiled(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """What re.compile gives, later. A pattern that is wrong is found when it is used: a test compiles them all."""
    return cast("re.Pattern[AnyStr]", _Later(pattern, flags))
