# The two commands that matter: `make run` starts Revive, `make test` checks it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: run test lint lock audit clean

run: $(VENV)/.run-installed
	@$(BIN)/python run.py

test: $(VENV)/.dev-installed lint
	@$(BIN)/pybabel --quiet compile -f -d translations
	@$(BIN)/python -m pytest $(ARGS)

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

# Needs a network: asks whether a locked package has a known vulnerability. pip-audit has an environment of its own.
audit:
	@test -x .tools/audit/bin/pip-audit || { $(PYTHON) -m venv .tools/audit && \
		.tools/audit/bin/pip install --quiet --disable-pip-version-check --retries 1 'pip-audit>=2.9,<3'; }
	@.tools/audit/bin/pip-audit --requirement requirements.lock --disable-pip --require-hashes --strict \
		--progress-spinner off $(ARGS)

clean:
	rm -rf $(VENV)
