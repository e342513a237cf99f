"""Makes a virtual environment with this package, or brings it up to date; does nothing when it is.

    python3 scripts/environment.py TIER                        # .venv in the checkout, the package editable
    python3 scripts/environment.py runtime --venv DIR --plain  # elsewhere, the package built and copied (action.yml)

TIER names a file of requirements/. Everything is installed from it with --require-hashes, then the package itself.
Standard library only: it runs before anything is installed. Nothing outside the environment is written, except
pip's own download cache.
"""

from __future__ import annotations  # an older Python must get as far as the message that says so

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
STATE: Final = "hardencheck-tiers.json"
OLDEST: Final = (3, 11)
INSTALL_SECONDS: Final = 1200
ANOTHER: Final = (
    "Name another: make PYTHON=/path/to/python3.12 ...; in a workflow, actions/setup-python before this step."
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make .venv in the checkout, or bring it up to date.")
    tiers = sorted(path.stem for path in (ROOT / "requirements").glob("*.txt"))
    parser.add_argument("tier", choices=tiers, help="which requirements/*.txt to install")
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv", help="where; default: .venv in the checkout")
    parser.add_argument("--plain", action="store_true", help="copy the package instead of pointing at the checkout")
    arguments = parser.parse_args()
    prepare(arguments.tier, arguments.venv, editable=not arguments.plain)


def prepare(tier: str, venv: Path, *, editable: bool) -> None:
    """venv holds the tier. Raises SystemExit with what failed and what to do."""
    if sys.version_info < OLDEST:
        found = ".".join(map(str, sys.version_info[:3]))
        sys.exit(f"error: hardencheck needs Python 3.11 or newer; {sys.executable} is {found}. {ANOTHER}")
    pins = ROOT / "requirements" / f"{tier}.txt"
    wanted = digest(pins, ROOT / "pyproject.toml")
    state = read_state(venv)
    if state.get("python") == interpreter() and state.get(tier) == wanted and python(venv).exists():
        return
    if state.get("python") != interpreter() or not python(venv).exists():
        state = {}
        create(venv)
    print(f"installing requirements/{tier}.txt into {venv.name} (a minute or two the first time)", flush=True)
    state = {"python": interpreter()} | {name: known for name, known in state.items() if name != tier}
    write_state(venv, state)  # half an installation is none
    pip(venv, "--require-hashes", "--requirement", str(pins))
    if tier != "release":
        pip(venv, "--no-deps", "--no-build-isolation", *(["--editable"] if editable else []), str(ROOT))
    write_state(venv, state | {name: digest(file, ROOT / "pyproject.toml") for name, file in contained(pins).items()})


def contained(pins: Path) -> dict[str, Path]:
    """The tiers that a tier holds whole, itself among them: the same versions, for every platform they are for."""
    held = versions(pins)
    everywhere = {line.partition(" ;")[0] for line in held if " ;" not in line}
    return {
        file.stem: file
        for file in pins.parent.glob("*.txt")
        if all(line in held or line.partition(" ;")[0] in everywhere for line in versions(file))
    }


def versions(pins: Path) -> set[str]:
    lines = pins.read_text(encoding="utf-8").splitlines()
    return {line.rstrip(" \\") for line in lines if "==" in line and not line.startswith((" ", "#"))}


def create(venv: Path) -> None:
    if venv.exists():
        if any(venv.iterdir()) and not (venv / "pyvenv.cfg").is_file():
            sys.exit(f"error: {venv} is not a virtual environment, and is not removed; name another place with --venv")
        print(f"making {venv.name} anew: it belongs to another Python, or is incomplete", flush=True)
        shutil.rmtree(venv)
    done = subprocess.run(
        [sys.executable, "-m", "venv", str(venv)], check=False, capture_output=True, text=True, timeout=INSTALL_SECONDS
    )
    if done.returncode:
        shutil.rmtree(venv, ignore_errors=True)
        sys.exit(
            f"error: {sys.executable} cannot make a virtual environment\n{done.stdout}{done.stderr}\n"
            f"On Debian and Ubuntu: apt-get install python3-venv. {ANOTHER}"
        )


def pip(venv: Path, *arguments: str) -> None:
    command = [str(python(venv)), "-I", "-m", "pip", "--disable-pip-version-check", "install", "--quiet", *arguments]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    try:
        done = subprocess.run(
            command, check=False, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=INSTALL_SECONDS
        )
    except subprocess.TimeoutExpired:
        sys.exit(f"error: pip did not end within {INSTALL_SECONDS} s. Another try is safe.")
    if done.returncode:
        sys.exit(
            f"{done.stdout}{done.stderr}\nerror: pip failed (exit {done.returncode}); its messages are above. "
            "Another try is safe: what was installed is kept, and the rest follows."
        )


def python(venv: Path) -> Path:
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def interpreter() -> str:
    return f"{os.path.realpath(sys.executable)} {sys.version} in {ROOT}"


def digest(*files: Path) -> str:
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()


def read_state(venv: Path) -> dict[str, str]:
    """What it holds; empty when it is absent or its note is unreadable."""
    try:
        state = json.loads((venv / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def write_state(venv: Path, state: dict[str, str]) -> None:
    (venv / STATE).write_text(json.dumps(state, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
