"""What one act (something that is not followed, with all that it leads to) has been at."""

from collections.abc import Callable

from hardencheck.collect.interpret.frames import MAX_BEHIND, OutOfBudget
from hardencheck.collect.interpret.values import Value


class Done:
    """What one act has been at: each function is looked into and each object spoiled once, by whatever way it is
    reached. Objects are kept, so that none takes the place of another."""

    def __init__(self) -> None:
        self._functions: set[int] = set()
        self.reached: dict[tuple[int, str], Value] = {}  # by id and reason
        self._behind: dict[int, Value] = {}
        self._pending: list[Callable[[], None]] = []
        self._busy = False

    def behind(self, value: Value) -> bool:
        """Whether it is the first time that what may be called behind this value is asked for."""
        if id(value) in self._behind:
            return False
        self._behind[id(value)] = value
        return True

    def look_into(self, node: object, look: Callable[[], None]) -> None:
        """Once, when what is looked at now is done: functions that call each other would be a deep stack.

        Raises OutOfBudget.
        """
        if id(node) in self._functions:
            return
        self._functions.add(id(node))
        if len(self._functions) > MAX_BEHIND:
            raise OutOfBudget
        self._pending.append(look)

    def finish(self) -> None:
        """Look into what is left, unless that is being done."""
        if self._busy:
            return
        self._busy = True
        try:
            while self._pending:
                self._pending.pop()()
        finally:
            self._busy = False
