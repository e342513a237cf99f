"""Where names are looked up while a module or a function runs, and how much of it is followed."""

from hardencheck.collect.interpret.values import Function, Module, Namespace

MAX_DEPTH = 40
MAX_BEHIND = 1_000  # functions that something that is not followed may call, and that are looked into
MAX_ITEMS = 10_000  # of a list
MAX_LOOP = 5_000  # rounds
MAX_PATH = 10_000  # characters of a path: more than any system takes
MAX_SIZE = 100_000  # characters of a text, items of a container, bits of a number
MAX_REACHED = 50_000  # objects that something that is not followed may change
OPEN = "**"  # among the keywords of a call: there may be others, of which nothing is known


class OutOfBudget(Exception):
    """More of the code than is followed. place: path and line of the statement that was not followed to its end, once
    one is known."""

    place: tuple[str, int] | None = None


class Frame:
    """Where names are looked up: the module's own, or a function's with those around it."""

    def __init__(
        self, names: Namespace, module: Module, outer: "Frame | None" = None, *, of_class: bool = False
    ) -> None:
        self.names, self.module, self.outer, self.of_class = names, module, outer, of_class
        self.globals: set[str] = set()
        self.nonlocals: set[str] = set()
        self.comprehended = False  # of a comprehension: `:=` binds outside of it
        self.function: Function | None = None  # whose call it is
        self.local: frozenset[str] = frozenset()  # names that are the function's own, set or not

    def of_function(self) -> "Frame | None":
        """That of the function that the code is in; None at the level of a module."""
        at: Frame | None = self
        while at is not None and at.function is None:
            at = at.outer
        return at

    def around(self) -> "Frame":
        """The one in which `:=` binds."""
        at = self
        while at.comprehended and at.outer is not None:
            at = at.outer
        return at
