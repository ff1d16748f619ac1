# The two commands that matter: `make run` starts Revive, `make test` checks it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# Tests run on all cores, file by file, so that what a file shares is made once; tests/conftest.py says which come first.
# There are two processes more than cores: tests of browsers and servers wait a good part of their time.
PROCESSES := $(shell $(PYTHON) -c "import os; print(min(8, len(os.sched_getaffinity(0)) + 2))")
PARALLEL := -n $(PROCESSES) --dist loadfile --no-loadscope-reorder

.PHONY: run test only-tests coverage lint lock audit clean

run: $(VENV)/.run-installed
	@$(BIN)/python run.py

# Types are checked in one process, in which the tests need not wait.
test: $(VENV)/.dev-installed
	@$(MAKE) --no-print-directory --jobs 2 lint only-tests

only-tests: $(VENV)/.dev-installed
	@$(BIN)/pybabel --quiet compile -f -d translations
	@$(BIN)/python -m pytest $(PARALLEL) $(ARGS)

# Runs the tests, in all their processes, and writes into docs/architecture.md which share of each room they run.
coverage: $(VENV)/.dev-installed
	@$(BIN)/pybabel --quiet compile -f -d translations
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest $(PARALLEL) $(ARGS)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage json --quiet --ignore-errors -o .coverage.json
	@$(BIN)/python docs/coverage_by_room.py .coverage.json

lint: $(VENV)/.dev-installed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/mypy

$(VENV)/.run-installed: requirements.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what Revive needs into $(VENV). PyTorch is large: this takes a few minutes, once."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.dev-installed: requirements-dev.txt $(VENV)/.run-installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

# Needs uv. Versions stay as they are where requirements.txt still allows them; `make lock ARGS=--upgrade` takes the newest.
lock:
	@sed -n '/^#/p' requirements.lock > .lock-head
	@uv pip compile requirements.txt --quiet --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-emit-index-url $(ARGS) -o requirements.lock
	@cat .lock-head requirements.lock > .lock-whole && mv .lock-whole requirements.lock && rm .lock-head

# Asks whether a locked package has a known vulnerability, and fails where one has. Where the data, or pip-audit itself,
# cannot be had, it says that it was skipped. pip-audit has an environment of its own.
audit:
	@test -x .tools/audit/bin/pip-audit || { $(PYTHON) -m venv .tools/audit && \
		.tools/audit/bin/pip install --quiet --disable-pip-version-check --retries 1 'pip-audit>=2.9,<3'; } || \
		{ echo "AUDIT SKIPPED: pip-audit could not be installed."; exit 0; }; \
	said=$$(.tools/audit/bin/pip-audit --requirement requirements.lock --disable-pip --require-hashes --strict \
		--progress-spinner off $(ARGS) 2>&1); status=$$?; echo "$$said"; \
	case "$$status $$said" in 0*) ;; *" known vulnerabilit"*) exit 1 ;; \
		*) echo "AUDIT SKIPPED: the data about vulnerabilities could not be had, see above." ;; esac

clean:
	rm -rf $(VENV)
