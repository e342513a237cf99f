"""What following settings costs: one package of 40 files; what resolving adds to a cold collection of a repository; and
`manage.py diffsettings`, which a user would run instead, where a Python with Django is named.

    python benchmarks/settings.py [--runs N] [--django PYTHON] [REPOSITORY ...]

CPU seconds (user and system), medians of N runs (default 5) in turn. The package has 40 modules in a chain of star
imports with helpers, conditions on the environment, loops and list changes.
"""

import argparse
import importlib
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from hardencheck.collect.options import Options
from hardencheck.collect.registry import collectors
from hardencheck.collect.resolving import resolve
from hardencheck.collect.run import collect
from hardencheck.model.target import Target

FILES = 40
SETTINGS = frozenset({"setting.production", "framework.setting"})
MODULE = """\
import os
from datetime import timedelta
{star}

def flag{n}(name, default=False):
    value = os.environ.get(name)
    if value is None:
        return default
    return value.lower() in ("1", "true", "yes")

FEATURES_{n} = [f"feature_{n}_{{i}}" for i in range(20)]
if flag{n}("USE_{n}"):
    SECURE_HSTS_SECONDS = {n}
else:
    SECURE_HSTS_SECONDS = int(timedelta(days={n}).total_seconds())
MIDDLEWARE += ["shop.middleware.Part{n}"]
for host in ("a", "b"):
    ALLOWED_HOSTS.append(f"{{host}}{n}.example")
CACHES = {{**CACHES, "cache{n}": {{"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}}}
"""
FIRST = """\
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware"]
ALLOWED_HOSTS = []
CACHES = {}
SECRET_KEY = os.environ.get("K", "k")
"""


def package(root: Path) -> None:
    settings = root / "shop" / "settings"
    settings.mkdir(parents=True)
    for folder in (root / "shop", settings):
        (folder / "__init__.py").write_text("")
    for number in range(FILES - 2):
        star = f"from .part{number - 1} import *" if number else FIRST
        (settings / f"part{number}.py").write_text(MODULE.format(n=number, star=star))
    last = f"from .part{FILES - 3} import *\nROOT_URLCONF = 'shop.urls'\nDEBUG = False\n"
    (settings / "production.py").write_text(last)
    manage = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.production')\n"
    start = "from django.core.management import execute_from_command_line as run\nimport sys\nrun(sys.argv)\n"
    (root / "manage.py").write_text(manage + start)


def measured(work: Callable[[], object], runs: int) -> float:
    found: list[float] = []
    for _ in range(runs):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return statistics.median(found)


def look(root: Path, kinds: frozenset[str] | None = None) -> None:
    collect(Target(repository=os.fspath(root)), Options(jobs=0, history="none", kinds=kinds))


def resolvers_only(root: Path) -> tuple[float, float]:
    """(CPU of a cold collection of all facts, of that the resolvers' part)."""
    spent = 0.0
    real = resolve

    def counting(*arguments: object) -> object:
        nonlocal spent
        start = time.process_time()
        answer = real(*arguments)  # type: ignore[arg-type]
        spent += time.process_time() - start
        return answer

    run = importlib.import_module("hardencheck.collect.run")
    run.resolve = counting  # type: ignore[attr-defined]
    start = time.process_time()
    try:
        look(root)
    finally:
        run.resolve = real  # type: ignore[attr-defined]
    return time.process_time() - start, spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--django", metavar="PYTHON", help="a Python that can import Django")
    parser.add_argument("repositories", nargs="*", type=Path)
    options = parser.parse_args()
    collectors()  # imported before the clock starts
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        package(root)
        look(root, SETTINGS)
        ours = measured(lambda: look(root, SETTINGS), options.runs)
        print(f"{FILES} files: {ours:.3f} s CPU to collect and follow them")
        if options.django:
            environment = {"PATH": os.environ["PATH"]}
            command = [options.django, "manage.py", "diffsettings"]
            found: list[float] = []
            for _ in range(options.runs):
                before = os.times()
                subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True)
                after = os.times()
                found.append(
                    after.children_user + after.children_system - before.children_user - before.children_system
                )
            theirs = statistics.median(found)
            print(f"manage.py diffsettings: {theirs:.3f} s CPU with its start, ratio {ours / theirs:.2f}")
    for repository in options.repositories:
        rows = [resolvers_only(repository) for _ in range(options.runs)]
        whole, part = (statistics.median(column) for column in zip(*rows, strict=True))
        print(
            f"{repository.name}: cold collection {whole:.2f} s CPU, resolvers {part:.2f} s of it ({part / whole:.1%})"
        )


if __name__ == "__main__":
    main()
