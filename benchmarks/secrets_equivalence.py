"""Do detectors on marked lines find what they find on all lines? Run on real repositories:

    python benchmarks/secrets_equivalence.py DIRECTORY ... [--engine re] [--limit-bytes N]

Every detector looks at every line of every text file (slow: about 0.3 MB a second), then only at the lines
marked for it. Prints what only one of the two found; exit 1 if there is anything. Lines longer than `MAX_LINE` are cut
into windows for both, because that is what the extractor looks at. Values are never printed, only their places.
"""

import argparse
import sys
import time
from pathlib import Path

from hardencheck.collect.extract.secrets import TreeSecrets
from hardencheck.collect.extraction import is_binary
from hardencheck.collect.secrets.detectors import (
    MAX_LINE,
    Engine,
    analysed,
    dialect,
    engine,
    marked,
    short_blanks,
)
from hardencheck.collect.secrets.matcher import Prepared, prepared

Found = set[tuple[int, str, str]]


def on_marked(using: Engine, text: Prepared, path: str) -> tuple[Found, int]:
    """((line, detector, value) of marked lines, how many pairs of line and detector were looked at)."""
    found: Found = set()
    pairs = 0
    for line, owner in marked(using, text, path):
        if owner == len(using.detectors) or len(line.text) > MAX_LINE or _long(text, line.start):
            continue
        pairs += 1
        detector = using.detectors[owner]
        found.update((line.number, detector.name, value) for value in analysed(detector, short_blanks(line.text), path))
    return found, pairs


def on_all(using: Engine, text: Prepared, path: str) -> Found:
    return {
        (number, detector.name, value)
        for number, line in enumerate(text.text.split("\n"), start=1)
        if line.strip() and len(line) <= MAX_LINE
        for detector in using.detectors
        for value in analysed(detector, short_blanks(line.rstrip()), path)
    }


def _long(text: Prepared, offset: int) -> bool:
    end = text.text.find("\n", offset)
    start = text.text.rfind("\n", 0, offset) + 1
    return (len(text.text) if end < 0 else end) - start > MAX_LINE


def main() -> int:
    parser = argparse.ArgumentParser(description="marked lines against all lines")
    parser.add_argument("directories", nargs="+", type=Path)
    parser.add_argument("--engine", choices=("hyperscan", "re"), default="hyperscan")
    parser.add_argument("--limit-bytes", type=int, default=2_000_000_000)
    options = parser.parse_args()
    using = engine(options.engine == "hyperscan")
    print(f"engine {using.matcher.engine}")
    different = 0
    for root in options.directories:
        wants = TreeSecrets().wants
        files = lines = pairs = size = 0
        both: set[tuple[str, int, str]] = set()
        fast = slow = 0.0
        for file in sorted(root.rglob("*")):
            path = file.relative_to(root).as_posix()
            if file.is_symlink() or not file.is_file() or ".git" in file.parts or not wants(path, 0, 1):
                continue
            data = file.read_bytes()
            if is_binary(data) or size > options.limit_bytes:
                continue
            files, size = files + 1, size + len(data)
            started = time.process_time()
            text = prepared(data)
            some, looked = on_marked(using, text, dialect(path))
            middle = time.process_time()
            whole = on_all(using, text, dialect(path))
            fast, slow = fast + middle - started, slow + time.process_time() - middle
            pairs += looked
            lines += text.text.count("\n") + 1
            for number, name, value in some ^ whole:
                different += 1
                where = "marked" if (number, name, value) in some else "all"
                print(f"DIFFERENT {path}:{number} {name}: only on {where} lines")
            both.update((path, number, name) for number, name, _ in some & whole)
        print(
            f"{root.name}: {files} files, {size / 1e6:.1f} MB, {lines} lines; looked at {pairs} pairs instead of "
            f"{lines * len(using.detectors)}; {len(both)} findings the same; CPU {fast:.1f} s against {slow:.1f} s"
        )
    print(f"{different} different")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
