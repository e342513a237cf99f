"""Writes requirements/*.txt and those of tests/oracle: exact versions with the hashes of every file of each release.

    make pin              # keeps the versions that are pinned already, adds and drops what pyproject.toml asks for
    make pin UPGRADE=1    # takes the newest versions that pyproject.toml allows

One resolution holds for Python 3.11 and newer on Linux, macOS and Windows. The files name no download address:
where packages come from is the business of whoever installs them, what they contain is settled by the hash.
Needs uv, which `make pin` installs by its own pin in requirements/release.txt.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
OLDEST_PYTHON: Final = "3.11"
EVERYTHING: Final = "integration"
"""Resolved first; the other tiers take its versions, so that they can share one environment."""
TIERS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "integration": ("the package, tests, linters and the integration tier", ("build", "test", "lint", "integration")),
    "test": ("the package, tests and linters: make test", ("build", "test", "lint")),
    "sample": ("the package and the sample service: make audit", ("build", "sample")),
    "runtime": ("the package, and what builds it from a checkout: action.yml", ("build",)),
}
ORACLE: Final = ROOT / "tests" / "oracle" / "requirements"
DJANGOS: Final = {"4.2": "3.11", "5.2": "3.11", "6.1": "3.12"}
"""Versions of Django that settings are really imported with, and the oldest Python that we do it on."""
DJANGO: Final = ("django", "asgiref", "sqlparse", "tzdata")
"""What comes with a Django, and so is not among the libraries beside it."""
ADDRESS: Final = re.compile(r"://|^\s*-(?!-hash=)|\bfile:|^\s*--(?!hash=)", re.MULTILINE)


def compile_tier(uv: str, tier: str, *, upgrade: bool, constraints: Path | None) -> None:
    purpose, groups = TIERS.get(tier, ("build and publish: release.yml, make pin", ("build", "release")))
    asked = ["pyproject.toml"] if tier in TIERS else []
    asked += [argument for group in groups for argument in ("--group", group)]
    if constraints is not None:
        asked += ["--constraints", str(constraints)]
    write(uv, ROOT / "requirements" / f"{tier}.txt", purpose, asked, upgrade=upgrade)


def compile_oracle(uv: str, *, upgrade: bool) -> None:
    """Each Django in a file of its own; the libraries without one, for they are imported beside all of them."""
    without = [argument for name in DJANGO for argument in ("--no-emit-package", name)]
    libraries = ["--group", "oracle", *without]
    write(uv, ORACLE / "libraries.txt", "what generated settings import", libraries, upgrade=upgrade)
    for version, python in DJANGOS.items():
        purpose = f"Django {version}, which generated settings are imported with"
        file = ORACLE / f"django-{version}.txt"
        write(uv, file, purpose, ["-"], upgrade=upgrade, python=python, text=f"django=={version}.*\n")


def write(
    uv: str,
    pinned: Path,
    purpose: str,
    asked: list[str],
    *,
    upgrade: bool,
    python: str = OLDEST_PYTHON,
    text: str | None = None,
) -> None:
    """One file of pins. asked: arguments of `uv pip compile` that say of what. text: requirements, for "-".

    Raises SystemExit when uv fails or its output names an address.
    """
    shown = pinned.relative_to(ROOT)
    with tempfile.TemporaryDirectory() as scratch:
        output = Path(scratch) / "pins.txt"
        if pinned.exists() and not upgrade:
            shutil.copyfile(pinned, output)  # uv prefers the versions it finds in its output file
        command = [uv, "pip", "compile", *asked, "--universal", "--python-version", python]
        command += ["--generate-hashes", "--no-annotate", "--no-header", "--quiet", "--no-config"]
        command += ["--output-file", str(output)]
        done = subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL, input=text, text=True)
        if done.returncode:
            sys.exit(f"error: uv could not resolve {shown} (exit {done.returncode}); nothing was changed there")
        pins = output.read_text(encoding="utf-8")
    # A comment of uv's names what --no-emit-package left out.
    pins = "".join(line for line in pins.splitlines(keepends=True) if not line.startswith("#"))
    if found := ADDRESS.search(pins):
        sys.exit(f"error: the pins of {shown} name an address or an option: {found.group()!r}; nothing was changed")
    source = "pyproject.toml" if text is None else "scripts/pin.py"
    head = f"# {purpose}. Written by `make pin`; edit {source} instead.\n"
    pinned.write_text(head + pins.rstrip("\n") + "\n", encoding="utf-8")
    print(f"{shown}: {len(re.findall(r'^[a-z0-9]', pins, re.MULTILINE))} packages")


def main() -> None:
    parser = argparse.ArgumentParser(description="Write requirements/*.txt from pyproject.toml.")
    parser.add_argument("--upgrade", action="store_true", help="newest allowed versions instead of the pinned ones")
    arguments = parser.parse_args()
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        sys.exit("error: uv was not found; run `make pin`, which installs it")
    everything = ROOT / "requirements" / f"{EVERYTHING}.txt"
    compile_tier(uv, EVERYTHING, upgrade=arguments.upgrade, constraints=None)
    for tier in TIERS:
        if tier != EVERYTHING:
            compile_tier(uv, tier, upgrade=True, constraints=everything)
    compile_tier(uv, "release", upgrade=arguments.upgrade, constraints=None)
    compile_oracle(uv, upgrade=arguments.upgrade)


if __name__ == "__main__":
    main()
