# The two commands that matter: `make run` starts Revive, `make test` checks it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: run test lint clean

run: $(VENV)/.run-installed
	@$(BIN)/python run.py

test: $(VENV)/.dev-installed lint
	@$(BIN)/pybabel --quiet compile -f -d translations
	@$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/.dev-installed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports

$(VENV)/.run-installed: requirements.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what Revive needs into $(VENV). PyTorch is large: this takes a few minutes, once."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.dev-installed: requirements-dev.txt $(VENV)/.run-installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

clean:
	rm -rf $(VENV)
