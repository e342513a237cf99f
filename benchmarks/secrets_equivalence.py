"""Do detectors on marked lines find what they find on all lines? Run on real repositories:

    python benchmarks/secrets_equivalence.py DIRECTORY ... [--engine re] [--limit-bytes N] [--own]

Every detector looks at every line of every text file (slow: about 0.3 MB a second), then only at the lines
marked for it. Prints what only one of the two found; exit 1 if there is anything. Lines longer than `MAX_LINE` are cut
into windows for both, because that is what the extractor looks at. Values are never printed, only their places.

With --own: do the two engines of our own rules, Hyperscan and `re`, find the same in the same files? Whole files, as
in the work tree: sightings, lines left out and where a file was cut.
"""

import argparse
import hashlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from hardencheck.collect.cache import default_directory
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
from hardencheck.collect.secrets.ruleset import detection
from hardencheck.collect.secrets.scan import Scanner
from hardencheck.collect.secrets.sightings import Scan

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


def files(root: Path, limit: int) -> Iterator[tuple[str, bytes]]:
    """(path, content) of what the extractor wants, until `limit` bytes are passed."""
    wants = TreeSecrets().wants
    size = 0
    for file in sorted(root.rglob("*")):
        if file.is_symlink() or ".git" in file.parts or not file.is_file():
            continue
        path = file.relative_to(root).as_posix()
        if wants(path, 0, file.stat().st_size):
            data = file.read_bytes()
            yield path, data
            size += len(data)
            if size > limit:
                print(f"{root.name}: nothing after {path} was looked at (--limit-bytes)")
                return


def detectors_differ(root: Path, using: Engine, limit: int) -> int:
    count = lines = pairs = size = different = same = 0
    fast = slow = 0.0
    for path, data in files(root, limit):
        if is_binary(data):
            continue
        count, size = count + 1, size + len(data)
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
        same += len({(number, name) for number, name, _ in some & whole})
    print(
        f"{root.name}: {count} files, {size / 1e6:.1f} MB, {lines} lines; looked at {pairs} pairs instead of "
        f"{lines * len(using.detectors)}; {same} findings the same; CPU {fast:.1f} s against {slow:.1f} s"
    )
    return different


def engines_differ(root: Path, engines: dict[str, Scanner], limit: int) -> int:
    count = size = different = same = 0
    spent = dict.fromkeys(engines, 0.0)
    for path, data in files(root, limit):
        count, size = count + 1, size + len(data)
        found: dict[str, Scan] = {}
        for name, scanner in engines.items():
            started = time.process_time()
            found[name] = scanner.scan(data, path)
            spent[name] += time.process_time() - started
        (one, some), (other, more) = found.items()
        same += len(set(some.sightings) & set(more.sightings))
        for name, left in (
            (one, set(some.sightings) - set(more.sightings)),
            (other, set(more.sightings) - set(some.sightings)),
        ):
            for sighting in sorted(left, key=lambda left: (left.line or 0, left.column or 0, left.rule)):
                different += 1
                print(f"DIFFERENT {path}:{sighting.line}:{sighting.column} {sighting.rule}: only with {name}")
        for line in sorted(set(some.left_out) ^ set(more.left_out)):
            different += 1
            print(f"DIFFERENT {path}:{line} left out: only with {one if line in some.left_out else other}")
        if (some.cut, some.why_left_out) != (more.cut, more.why_left_out):
            different += 1
            print(f"DIFFERENT {path}: cut or left out for another reason")
    times = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in spent.items())
    print(f"{root.name}: {count} files, {size / 1e6:.1f} MB; {same} sightings the same; CPU {times}")
    return different


def own_engines() -> dict[str, Scanner]:
    """Both, with one key that nobody else has: digests are compared, not kept."""
    key = os.urandom(32)

    def digest(value: bytes) -> str:
        return hashlib.blake2b(value, key=key, digest_size=16).hexdigest()

    made = [Scanner(detection().rules, digest, default_directory(), hyperscan=quick) for quick in (True, False)]
    engines = {scanner.engine: scanner for scanner in made}
    if len(engines) < 2:
        raise SystemExit("hyperscan is not installed: there is nothing to compare")
    return engines


def main() -> int:
    parser = argparse.ArgumentParser(description="marked lines against all lines, or one engine against the other")
    parser.add_argument("directories", nargs="+", type=Path)
    parser.add_argument("--engine", choices=("hyperscan", "re"), default="hyperscan")
    parser.add_argument("--limit-bytes", type=int, default=2_000_000_000, help="of each directory")
    parser.add_argument("--own", action="store_true", help="compare the engines of our own rules instead")
    options = parser.parse_args()
    if options.own:
        engines = own_engines()
        different = sum(engines_differ(root, engines, options.limit_bytes) for root in options.directories)
    else:
        using = engine(options.engine == "hyperscan")
        print(f"engine {using.matcher.engine}")
        different = sum(detectors_differ(root, using, options.limit_bytes) for root in options.directories)
    print(f"{different} different")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
