# Two commands matter: `make audit` and `make test`. Both work from nothing (python3 3.11 or newer, make, git)
# and write only into this checkout: .venv, audit-report and the tools' caches.
PYTHON ?= python3
VENV := .venv/bin
REPORT ?= audit-report

.DEFAULT_GOAL := help
.PHONY: help audit test integration pin dist clean new-enough

help:
	@echo 'make audit TARGET=path URL=https://...   audit a repository, a live URL or both'
	@echo 'make audit                               audit the bundled sample service, weak and hardened'
	@echo 'make test                                ruff, mypy, import-linter and the tests'
	@echo 'make integration                         the tests that need nginx, chromium and node (see .ci/run)'
	@echo 'make pin [UPGRADE=1]                     write requirements/*.txt from pyproject.toml'
	@echo 'make dist                                build wheel and sdist in dist/'
	@echo 'make clean                               remove .venv, reports and caches'
	@echo 'Another interpreter: make PYTHON=python3.13 ...'

# Plain enough for any Python to read, so that an old one gets an answer and no SyntaxError.
new-enough:
	@command -v $(PYTHON) >/dev/null || { echo "error: no $(PYTHON) here; hardencheck needs Python 3.11 or newer" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; v = sys.version_info; \
	sys.exit(0 if v >= (3, 11) else "error: hardencheck needs Python 3.11 or newer; %s is %d.%d.%d.\nName another with: make PYTHON=/path/to/python3.12 ..." % (sys.executable, v[0], v[1], v[2]))'

# A variable of that name in the environment is somebody else's: a URL is requested only when this command names it.
define own
$(if $(filter environment%,$(origin $(1))),$(info note: $(1) in the environment is not used; say make audit $(1)=...),$(value $(1)))
endef
audit: target := $(strip $(call own,TARGET))
audit: url := $(strip $(call own,URL))
# They travel through the environment of the script: the shell never reads what is in them.
audit: export HARDENCHECK_MAKE_TARGET = $(value target)
audit: export HARDENCHECK_MAKE_URL = $(value url)
audit: export HARDENCHECK_MAKE_REPORT = $(value REPORT)
audit: new-enough
	@$(PYTHON) scripts/environment.py $(if $(target)$(url),runtime,sample)
	@$(VENV)/python scripts/audit.py

test: new-enough
	@$(PYTHON) scripts/environment.py test
	@status=0; for command in 'ruff check .' 'ruff format --check .' mypy lint-imports \
	"python -m pytest -m 'not integration' $(PYTEST)"; do \
		echo "$(VENV)/$$command"; eval "$(VENV)/$$command" || { status=1; echo "FAILED: $$command" >&2; }; \
	done; exit $$status

integration: new-enough
	@$(PYTHON) scripts/environment.py integration
	$(VENV)/python -m pytest -m integration $(PYTEST)

pin: new-enough
	@$(PYTHON) scripts/environment.py release
	@$(VENV)/python scripts/pin.py $(if $(UPGRADE),--upgrade)

dist: new-enough
	@$(PYTHON) scripts/environment.py release
	rm -rf dist
	$(VENV)/python -m build --no-isolation --outdir dist

clean:
	rm -rf .venv build dist audit-report .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
