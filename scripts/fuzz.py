"""Search for a file that takes an extractor down, guided by coverage. Needs atheris, as nothing else here does.

    python -m venv /tmp/fuzz && /tmp/fuzz/bin/pip install -e . atheris
    /tmp/fuzz/bin/python scripts/fuzz.py container.dockerfile -max_total_time=300
    /tmp/fuzz/bin/python scripts/fuzz.py                       # the names of the extractors

The seeds are the files of the checks' examples that the extractor wants. A file for which it breaks, or takes more
than SECONDS, is written where libFuzzer puts it (-artifact_prefix) and ends the search; the path it had is printed.
Refusing a file (Unreadable) and running into the bounds of Python's own parser are answers.
"""

import importlib
import pkgutil
import sys
import tempfile
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
SECONDS = 5.0


def main() -> None:
    import atheris

    with atheris.instrument_imports(include=["hardencheck.collect.extract"]):
        package = importlib.import_module("hardencheck.collect.extract")
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    from hardencheck.collect.contract import Unreadable
    from hardencheck.collect.deadline import deadline
    from hardencheck.collect.registry import collectors
    from tests.collect.mutations import files

    known = {item.name: item for item in collectors().extractors}
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in known:
        raise SystemExit(f"{name or 'no extractor'}: expected one of\n  " + "\n  ".join(sorted(known)))
    extractor = known[name]
    seeds = [(path, data) for path, data in files() if extractor.wants(path, 0o100644, len(data))]
    paths = sorted({path for path, _ in seeds})[:256]
    if not paths:
        raise SystemExit(f"{name}: no example of a check has a file that it wants")

    def once(data: bytes) -> None:
        """The first byte says under which of the paths, the rest is the file."""
        if not data:
            return
        path = paths[data[0] % len(paths)]
        try:
            with deadline(SECONDS):
                list(extractor.extract(path, 0o100644, data[1:]))
        except (Unreadable, RecursionError, MemoryError):
            return
        except BaseException:
            print(f"as {path}:", flush=True)
            traceback.print_exc()
            raise

    with tempfile.TemporaryDirectory() as corpus:
        for number, (path, data) in enumerate(seeds):
            if path in paths:
                (Path(corpus) / f"{number:05}").write_bytes(bytes([paths.index(path)]) + data)
        atheris.Setup([sys.argv[0], *sys.argv[2:], corpus], once)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
