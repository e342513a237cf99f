"""Words that every message shares."""


def plural(count: int, noun: str, many: str = "") -> str:
    """ "1 line", "3 lines", "1,200 files"."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"
