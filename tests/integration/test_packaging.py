"""The package as people get it: wheel, sdist, editable and zip, each in a fresh environment outside the checkout.

HARDENCHECK_DIST names a directory with a wheel and an sdist to try instead of building them (release.yml).
"""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from hardencheck.testing import assembled

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 300
PINS = ["--require-hashes", "--requirement", str(ROOT / "requirements" / "runtime.txt")]
PIP = ["-I", "-m", "pip", "--disable-pip-version-check"]


class Built(NamedTuple):
    wheel: Path
    sdist: Path


class Installed(NamedTuple):
    """command: what to put before the arguments. environment: what the program is run with."""

    command: list[str]
    environment: dict[str, str]


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None, code: int = 0) -> str:
    """Standard output. An exit code other than expected fails with all that was printed."""
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=env, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == code, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def outside(home: Path) -> dict[str, str]:
    """The environment of somebody who has never seen the checkout."""
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV", "COVERAGE"))
    }
    return kept | {"HOME": str(home), "HARDENCHECK_CACHE_DIR": str(home / "cache"), "NO_COLOR": "1"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    named = os.environ.get("HARDENCHECK_DIST")
    folder = ROOT / named if named else build(tmp_path_factory.mktemp("dist"))
    [wheel], [sdist] = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return Built(wheel, sdist)


def build(folder: Path) -> Path:
    run(sys.executable, "-I", "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes a virtual environment with the pinned dependencies, then installs what it is told without any others."""

    store = tmp_path_factory.mktemp("store")
    run(sys.executable, *PIP, "download", "--quiet", "--dest", store, *PINS, cwd=store)

    def make(*arguments: str | Path) -> Path:
        folder = tmp_path_factory.mktemp("venv")
        venv.create(folder, with_pip=True)
        pip: list[str | Path] = [folder / "bin" / "python", *PIP, "install", "--quiet", "--no-index"]
        pip += ["--find-links", store]
        run(*pip, *PINS, cwd=folder)
        if arguments:
            run(*pip, "--no-deps", "--no-build-isolation", *arguments, cwd=folder)
        return folder

    return make


def install_wheel(built: Built, environment: Callable[..., Path], home: Path) -> Installed:
    return Installed([str(environment(built.wheel) / "bin" / "hardencheck")], outside(home))


def install_sdist(built: Built, environment: Callable[..., Path], home: Path) -> Installed:
    return Installed([str(environment(built.sdist) / "bin" / "hardencheck")], outside(home))


def install_editable(built: Built, environment: Callable[..., Path], home: Path) -> Installed:
    """From the unpacked sdist, so that it is seen to be whole."""
    unpacked = unpack(built.sdist, home / "unpacked")
    return Installed([str(environment("--editable", unpacked) / "bin" / "hardencheck")], outside(home))


def install_zip(built: Built, environment: Callable[..., Path], home: Path) -> Installed:
    """The wheel on the module search path as the archive it is, never unpacked."""
    archive = home / "hardencheck.zip"
    shutil.copyfile(built.wheel, archive)
    start = "from hardencheck.cli import main; main()"
    python = str(environment() / "bin" / "python")
    return Installed([python, "-P", "-c", start], outside(home) | {"PYTHONPATH": str(archive)})


def unpack(sdist: Path, folder: Path) -> Path:
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    [top] = folder.iterdir()
    return top


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A small repository: a tracked .env, a umask that is wrong, and a token that an earlier commit had."""
    path = tmp_path / "shop"
    (path / "shop").mkdir(parents=True)
    (path / ".env").write_text("".join(["DATABASE_", "PASSWORD=", "correct-", "horse-7\n"]), encoding="utf-8")
    (path / "shop" / "pictures.py").write_text("import os\n\nos.umask(0)\n", encoding="utf-8")
    git = ["git", "-c", "user.name=T", "-c", "user.email=t@example.invalid", "-c", "commit.gpgsign=false"]
    hooks = path / "shop" / "hooks.py"
    token = assembled("TOKEN = 'ghp_<alnum:30><crc32-base62>'", "shop")
    run(*git, "init", "--quiet", cwd=path)
    for text in (f"{token}\n", "TOKEN = None\n"):
        hooks.write_text(text, encoding="utf-8")
        run(*git, "add", "--all", cwd=path)
        run(*git, "commit", "--quiet", "--message=shop", cwd=path)
    return path


@pytest.mark.parametrize("install", [install_wheel, install_sdist, install_editable, install_zip])
def test_installed_it_audits_a_repository(
    install: Callable[[Built, Callable[..., Path], Path], Installed],
    built: Built,
    environment: Callable[..., Path],
    shop: Path,
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    program, env = install(built, environment, home)
    checks = sorted(".".join(path.with_suffix("").parts[-2:]) for path in (ROOT / "checks").glob("*/*.toml"))

    assert run(*program, "--version", cwd=home, env=env).startswith("hardencheck ")
    listed = run(*program, "list", cwd=home, env=env)
    assert [name for name in checks if name not in listed] == []

    formats = ["--format", "json=audit.json", "--format", "html=audit.html", "--format", "sarif=audit.sarif"]
    for _ in ("cold", "warm"):
        terminal = run(*program, "scan", shop, *formats, cwd=home, env=env, code=1)
        assert "GATE FAILED (exit 1" in terminal
        saved = json.loads((home / "audit.json").read_text(encoding="utf-8"))
        verdicts = {item["line"]["id"]: item["verdict"] for item in saved["items"]}
        assert sorted(verdicts) == checks
        failing = ("permissions.env-file-tracked", "permissions.umask", "secrets.provider-token")
        assert [verdicts[name] for name in failing] == ["fail", "fail", "fail"]

    run(*program, "report", "audit.json", "--format", "html=again.html", cwd=home, env=env)
    assert (home / "again.html").read_bytes() == (home / "audit.html").read_bytes()


def test_the_wheel_holds_the_package_and_its_data_and_nothing_else(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    sources = {f"hardencheck/{path.relative_to(ROOT / 'src/hardencheck')}" for path in files("src/hardencheck")}
    checks = {f"hardencheck/_data/checks/{path.relative_to(ROOT / 'checks')}" for path in files("checks")}
    templates = {
        f"hardencheck/_data/templates/{path.relative_to(ROOT / 'reports/templates')}"
        for path in files("reports/templates")
    }
    assert templates
    assert names == sources | checks | templates
    assert "hardencheck/py.typed" in names


def test_the_sdist_can_run_the_two_commands(built: Built, tmp_path: Path) -> None:
    top = unpack(built.sdist, tmp_path / "unpacked")
    wanted = ["Makefile", "scripts/environment.py", "scripts/audit.py", "requirements/test.txt", "LICENSE"]
    wanted += ["tests/conftest.py", "tests/integration/services.py", "examples/storefront/manage.py", "pyproject.toml"]
    assert [name for name in wanted if not (top / name).is_file()] == []


def test_two_builds_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        build(tmp_path / name)
    one, two = ({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "two"))
    assert sorted(one) == sorted(two)
    assert [name for name in one if one[name] != two[name]] == []


def files(folder: str) -> list[Path]:
    """Tracked kinds of file below a folder of the checkout."""
    found = (path for path in (ROOT / folder).rglob("*") if path.is_file())
    return [path for path in found if "__pycache__" not in path.parts and path.suffix != ".pyc"]
