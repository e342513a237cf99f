"""What a sample of the sweep is: a hardened repository, a change that makes it wrong, and the line that is to blame."""

from collections.abc import Mapping
from typing import NamedTuple

Place = tuple[str, int]


class Base(NamedTuple):
    """A small service that is right in every matter of the catalogue. modes: octal, as `model.check.Example` has it."""

    files: Mapping[str, str]
    links: Mapping[str, str] = {}
    modes: Mapping[str, str] = {}

    def with_files(self, files: Mapping[str, str]) -> "Base":
        return self._replace(files={**self.files, **files})

    def without(self, *paths: str) -> "Base":
        return self._replace(files={path: text for path, text in self.files.items() if path not in paths})

    def edited(self, path: str, old: str, new: str) -> "Base":
        """With one text of one file replaced. Raises ValueError when it is not there exactly once."""
        text = self.files[path]
        if text.count(old) != 1:
            raise ValueError(f"{path}: {old!r} is there {text.count(old)} times")
        return self.with_files({path: text.replace(old, new)})


class Sample(NamedTuple):
    """places: where a finding about the violation may stand; any of them will do."""

    name: str
    clean: Base
    broken: Base
    places: frozenset[Place]

    @property
    def area(self) -> str:
        return self.name.partition("/")[0]


WHOLE = "<the file itself>"
At = str | tuple[str, str] | tuple[str, str, int]


def sample(name: str, clean: Base, path: str, old: str, new: str, at: At | list[At] = "") -> Sample:
    """One text of one file replaced. A file that the clean twin does not have is named with an empty `old`."""
    return changed(name, clean, clean.edited(path, old, new) if old else clean.with_files({path: new}), path, at)


def changed(name: str, clean: Base, broken: Base, path: str, at: At | list[At] = "") -> Sample:
    """A sample from two repositories that are given whole.

    at: texts, each on one line of the broken file, that a finding may stand at; or (path, text), or (path, text, lines
    further down), or WHOLE, which is the file itself (its name, say, is what is wrong). Without: the first line that
    differs.
    """
    if not at:
        line = _first_difference(clean.files.get(path, ""), broken.files[path])
        return Sample(name, clean, broken, frozenset([(path, line)]))
    places = set[Place]()
    for one in at if isinstance(at, list) else [at]:
        if one == WHOLE:
            places |= {(path, 0), (path, 1)}
            continue
        file, text, *further = (path, one) if isinstance(one, str) else one
        places.add((str(file), _line(name, broken.files[str(file)], str(text)) + sum(map(int, further))))
    return Sample(name, clean, broken, frozenset(places))


def _line(name: str, text: str, wanted: str) -> int:
    lines = [number for number, line in enumerate(text.split("\n"), 1) if wanted in line]
    if len(lines) != 1:
        raise ValueError(f"{name}: {wanted!r} is on lines {lines}")
    return lines[0]


def _first_difference(old: str, new: str) -> int:
    before, after = old.split("\n"), new.split("\n")
    for number, line in enumerate(after, 1):
        if number > len(before) or before[number - 1] != line:
            return number
    raise ValueError("nothing differs that a line could be named for")
