"""What Django's own security checks say of each module of tests/settings/deploy_cases.py, for one version of Django.

    python -m venv /tmp/django && /tmp/django/bin/pip install django==5.2.9
    /tmp/django/bin/python scripts/deploy_checks.py

adds (or renews) the answers of that version in tests/settings/deploy_checks.json. Run it once for each version.
"""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parents[1] / "tests" / "settings"
_ASK = """
import sys
import django
from django.conf import settings
from django.core import checks

held = {}
exec(sys.stdin.read(), held)
settings.configure(**{name: value for name, value in held.items() if name.isupper()})
import django.core.checks.security.base, django.core.checks.security.csrf, django.core.checks.security.sessions
found = checks.run_checks(tags=["security"], include_deployment_checks=True)
print(" ".join(sorted({one.id for one in found})))
"""


def main() -> int:
    import django

    spec = importlib.util.spec_from_file_location("deploy_cases", HERE / "deploy_cases.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    file = HERE / "deploy_checks.json"
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    answers: dict[str, list[str]] = {}
    for name, text in module.cases().items():
        asked = subprocess.run([sys.executable, "-c", _ASK], input=text, capture_output=True, text=True, check=True)
        answers[name] = asked.stdout.split()
    known[".".join(map(str, django.VERSION[:3]))] = answers
    file.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{len(answers)} modules, Django {django.get_version()}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
