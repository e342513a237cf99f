"""What two versions of a file have in common. Most of a history is the same lines again and again."""

from collections import OrderedDict

MAX_BYTES = 24 << 20  # of all versions remembered
MAX_FILES = 2_000
_STEP = 1 << 15


class Versions:
    """The last version of each of some files, with the marks of its lines."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[bytes, list[tuple[int, int]]]] = OrderedDict()
        self._bytes = 0

    def get(self, path: str) -> tuple[bytes, list[tuple[int, int]]] | None:
        return self._known.get(path)

    def put(self, path: str, data: bytes, marks: list[tuple[int, int]]) -> None:
        old = self._known.pop(path, None)
        if old is not None:
            self._bytes -= len(old[0])
        self._known[path] = (data, marks)
        self._bytes += len(data)
        while self._bytes > MAX_BYTES or len(self._known) > MAX_FILES:
            _, (gone, _marks) = self._known.popitem(last=False)
            self._bytes -= len(gone)


def common_start(one: bytes, other: bytes) -> int:
    """How many bytes at the start are the same. By slices, which are compared at the speed of memory."""
    most = min(len(one), len(other))
    start = 0
    while start < most and one[start : start + _STEP] == other[start : start + _STEP]:
        start += _STEP
    low, high = min(start, most), min(start + _STEP, most)
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def common_end(one: bytes, other: bytes, begin: int) -> int:
    """How many bytes at the end are the same, not counting those before `begin` of either."""
    most = min(len(one), len(other)) - begin
    size = 0
    first, second = len(one), len(other)
    while size < most:
        step = min(_STEP, most - size)
        if one[first - size - step : first - size] != other[second - size - step : second - size]:
            break
        size += step
    low, high = size, min(size + _STEP, most)
    while low < high:
        middle = (low + high + 1) // 2
        if one[first - middle : first - low] == other[second - middle : second - low]:
            low = middle
        else:
            high = middle - 1
    return max(0, low)
