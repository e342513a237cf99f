"""Writes requirements/*.txt from pyproject.toml: exact versions with the hashes of every file of each release.

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
ADDRESS: Final = re.compile(r"://|^\s*-(?!-hash=)|\bfile:|^\s*--(?!hash=)", re.MULTILINE)


def compile_tier(uv: str, tier: str, *, upgrade: bool, constraints: Path | None) -> None:
    """Raises SystemExit when uv fails or its output names an address."""
    purpose, groups = TIERS.get(tier, ("build and publish: release.yml, make pin", ("build", "release")))
    sources = ["pyproject.toml"] if tier in TIERS else []
    pinned = ROOT / "requirements" / f"{tier}.txt"
    with tempfile.TemporaryDirectory() as scratch:
        output = Path(scratch) / "pins.txt"
        if pinned.exists() and not upgrade:
            shutil.copyfile(pinned, output)  # uv prefers the versions it finds in its output file
        command = [uv, "pip", "compile", *sources, "--universal", "--python-version", OLDEST_PYTHON]
        command += [argument for group in groups for argument in ("--group", group)]
        command += ["--generate-hashes", "--no-annotate", "--no-header", "--quiet", "--no-config"]
        command += ["--output-file", str(output)]
        if constraints is not None:
            command += ["--constraints", str(constraints)]
        done = subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL)
        if done.returncode:
            sys.exit(f"error: uv could not resolve {tier} (exit {done.returncode}); nothing was changed there")
        text = output.read_text(encoding="utf-8")
    if found := ADDRESS.search(text):
        sys.exit(f"error: the pins of {tier} name an address or an option: {found.group()!r}; nothing was changed")
    head = f"# {purpose}. Written by `make pin`; edit pyproject.toml instead.\n"
    pinned.write_text(head + text, encoding="utf-8")
    print(f"requirements/{tier}.txt: {len(re.findall(r'^[a-z0-9]', text, re.MULTILINE))} packages")


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


if __name__ == "__main__":
    main()
