"""Makes .venv in the checkout, or brings it up to date; does nothing when it is: the second run takes 50 ms.

    python3 scripts/environment.py TIER         # TIER names a file of requirements/

Everything is installed with --require-hashes from requirements/TIER.txt, then the package itself, editable.
Standard library only: it runs before anything is installed. Nothing outside the checkout is written, except pip's
own download cache.
"""

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
VENV: Final = ROOT / ".venv"
STATE: Final = "hardencheck-tiers.json"
OLDEST: Final = (3, 11)
INSTALL_SECONDS: Final = 1200


def main() -> None:
    parser = argparse.ArgumentParser(description="Make .venv in the checkout, or bring it up to date.")
    tiers = sorted(path.stem for path in (ROOT / "requirements").glob("*.txt"))
    parser.add_argument("tier", choices=tiers, help="which requirements/*.txt to install")
    prepare(parser.parse_args().tier)


def prepare(tier: str) -> None:
    """.venv holds the tier. Raises SystemExit with what failed and what to do."""
    if sys.version_info < OLDEST:
        found = ".".join(map(str, sys.version_info[:3]))
        sys.exit(f"error: hardencheck needs Python 3.11 or newer; {sys.executable} is {found}\n{try_another()}")
    pins = ROOT / "requirements" / f"{tier}.txt"
    wanted = digest(pins, ROOT / "pyproject.toml")
    state = read_state()
    if state.get("python") == interpreter() and state.get(tier) == wanted and python().exists():
        return
    if state.get("python") != interpreter() or not python().exists():
        state = {}
        create()
    print(f"installing requirements/{tier}.txt into .venv (a minute or two the first time)", flush=True)
    state = {"python": interpreter()} | {name: pins for name, pins in state.items() if name != tier}
    write_state(state)  # half an installation is none
    pip("--require-hashes", "--requirement", str(pins))
    if tier != "release":
        pip("--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    write_state(state | {tier: wanted})


def create() -> None:
    if VENV.exists():
        print("making .venv anew: it belongs to another Python, or is incomplete", flush=True)
        shutil.rmtree(VENV)
    done = subprocess.run(
        [sys.executable, "-m", "venv", str(VENV)], check=False, capture_output=True, text=True, timeout=INSTALL_SECONDS
    )
    if done.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        sys.exit(
            f"error: {sys.executable} cannot make a virtual environment\n{done.stdout}{done.stderr}\n"
            f"On Debian and Ubuntu: apt-get install python3-venv. {try_another()}"
        )


def pip(*arguments: str) -> None:
    command = [str(python()), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", *arguments]
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


def python() -> Path:
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def interpreter() -> str:
    return f"{os.path.realpath(sys.executable)} {sys.version} in {ROOT}"


def digest(*files: Path) -> str:
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()


def read_state() -> dict[str, str]:
    """What .venv holds; empty when it is absent or its note is unreadable."""
    try:
        state = json.loads((VENV / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def write_state(state: dict[str, str]) -> None:
    (VENV / STATE).write_text(json.dumps(state, indent=1), encoding="utf-8")


def try_another() -> str:
    """Names the interpreters on this machine that would do."""
    found = [name for name in ("python3.14", "python3.13", "python3.12", "python3.11") if shutil.which(name)]
    return f"Try: make PYTHON={found[0]} ..." if found else "Name another with: make PYTHON=/path/to/python3.12 ..."


if __name__ == "__main__":
    main()
