# Everything needs only Python 3.11+, make, git and a package index.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	if $$name -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	then echo $$name; break; fi; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install

PEERS := .venv-peers
RENDER_PEERS := .venv-render-peers
# Tests run in so many processes, each with servers of its own.
SIDE_BY_SIDE ?= 2

.DEFAULT_GOAL := help
.PHONY: help up test chaos bench-inflight bench-lifecycle bench-render bench-wait peers render-peers check format lock clean

help: ## Say what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

up: $(VENV)/.installed ## Set everything up, start it, and keep running
	@$(BIN)/limner up $(ARGS)

test: $(VENV)/.installed-dev ## Set everything up and pass the tests
	@$(BIN)/pytest -n $(SIDE_BY_SIDE) --dist loadfile $(ARGS)

chaos: $(VENV)/.installed-dev ## Kill everything under load, and see what is kept
	@$(BIN)/python -m tests.chaos $(ARGS)

check: $(VENV)/.installed-dev ## Format, lint, types, import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/.installed-dev ## Put the code into its form
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench-inflight: $(VENV)/.installed-dev ## Measure thousands of jobs at a provider at once
	@$(BIN)/python -m tests.benchmarks.inflight $(ARGS)

bench-lifecycle: $(VENV)/.installed-dev peers ## Measure what a job costs, beside the least that it can
	@$(BIN)/python -m tests.benchmarks.lifecycle $(ARGS)

bench-render: $(VENV)/.installed-dev render-peers ## Measure renders beside ffmpeg and MoviePy
	@$(BIN)/python -m tests.benchmarks.rendering $(ARGS)

bench-wait: $(VENV)/.installed-dev ## Measure thousands of connections held by one API process
	@$(BIN)/python -m tests.benchmarks.waits $(ARGS)

# Others that are measured beside us; without them, the rest is measured.
peers: | $(VENV)/bin/python
	@test $(PEERS)/.installed -nt tests/benchmarks/peers.txt || { \
		echo "Installing Dramatiq and Huey into $(PEERS) (once)"; \
		$(VENV)/bin/python -m venv --clear $(PEERS) \
		&& $(PEERS)/bin/python -m pip --disable-pip-version-check --quiet install \
			--requirement tests/benchmarks/peers.txt \
		&& touch $(PEERS)/.installed; } \
	|| echo "They cannot be installed here, and are left out."

# In an environment of their own: MoviePy wants an older Pillow.
render-peers: | $(VENV)/bin/python
	@test $(RENDER_PEERS)/.installed -nt tests/benchmarks/rendering/peers.txt || { \
		echo "Installing ffmpeg and MoviePy into $(RENDER_PEERS) (once)"; \
		$(VENV)/bin/python -m venv --clear $(RENDER_PEERS) \
		&& $(RENDER_PEERS)/bin/python -m pip --disable-pip-version-check --quiet install \
			--requirement tests/benchmarks/rendering/peers.txt \
		&& touch $(RENDER_PEERS)/.installed; } \
	|| echo "They cannot be installed here, and are left out."

lock: $(VENV)/.installed-dev ## Pin every dependency anew, with hashes
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
		--no-emit-index-url --custom-compile-command "make lock" --extra embedded --group build \
		pyproject.toml --output-file requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
		--no-emit-index-url --custom-compile-command "make lock" --extra embedded --group build \
		--group dev --constraint requirements.lock pyproject.toml \
		--output-file requirements-dev.lock

clean: ## Remove what was set up here; data in .limner stay
	@rm -rf $(VENV) $(PEERS) $(RENDER_PEERS) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Limner needs Python 3.11 or newer, with venv." >&2; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing Limner (once; about a minute)"
	@$(PIP) --require-hashes --requirement requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "Installing the tools for tests and checks (once)"
	@$(PIP) --require-hashes --requirement requirements-dev.lock
	@touch $@
