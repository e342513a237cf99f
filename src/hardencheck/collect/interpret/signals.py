"""How a statement is left that is not run to its end: the ways of Python, and one of which nobody knows."""

from hardencheck.collect.interpret.exceptions import Raised
from hardencheck.collect.interpret.values import Value


class Returned(Exception):
    def __init__(self, value: Value) -> None:
        super().__init__()
        self.value = value


class Broken(Exception):
    """`break`"""


class Continued(Exception):
    """`continue`"""


class Unsure(Exception):
    """A loop is left, or not: nobody knows after which round."""


LEFT = (Raised, Returned, Broken, Continued, Unsure)
