"""One version of Django in a child process that imports settings for real."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from tests.oracle.install import PYTHON

CHILD = Path(__file__).with_name("child.py")


class Answer(NamedTuple):
    """values: name -> value with its type, None where the import raised (error says what). places: name -> path and
    line of the statement that gave it its value, where that can be seen. checks: ids of Django's own security checks,
    and effective: settings with Django's defaults, None where they could not be asked."""

    values: dict[str, Any] | None
    places: dict[str, tuple[str, int]]
    checks: list[str] | None
    effective: dict[str, Any] | None
    error: str


class World:
    def __init__(self, django: str, folders: Sequence[Path]) -> None:
        self.django = django
        command = [PYTHON, "-I", "-B", str(CHILD), *(str(folder) for folder in folders)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={}
        )
        said = self._read()
        assert said["django"] == django

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the child process has ended"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def imported(
        self,
        folder: Path,
        module: str,
        environment: Mapping[str, str],
        configuration: str = "",
        *,
        checks: bool = False,
    ) -> Answer:
        """What a settings module is worth with this environment and no other variables."""
        request = {
            "folder": str(folder),
            "module": module,
            "environment": dict(environment),
            "configuration": configuration,
            "checks": checks,
        }
        assert self._process.stdin is not None
        print(json.dumps(request), file=self._process.stdin, flush=True)
        said = self._read()
        places = {name: (path, line) for name, (path, line) in said.get("places", {}).items()}
        asked = said.get("checks")
        error = said.get("error", str(asked or ""))
        return Answer(
            said.get("values"), places, asked if isinstance(asked, list) else None, said.get("effective"), error
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()
