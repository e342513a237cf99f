"""What a reader may choose about a report; nothing here changes a verdict."""

from typing import NamedTuple


class Options(NamedTuple):
    """verbose: list passes, not-applicable lines and every place. color: ANSI colours (terminal only).

    unicode: whether the stream can show more than ASCII. width: columns to wrap prose at, 0: never (a pipe).
    """

    verbose: bool = False
    color: bool = False
    unicode: bool = True
    width: int = 0
