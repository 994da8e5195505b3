# Every target makes its own virtual environment; Python 3.11 or newer and make are enough.
PYTHON ?= python3
BIN := .venv/bin
SEEDS ?= 1000
SOURCES := graph resolvers store tests

.PHONY: demo serve test simulate bench check clean

demo: .venv/run  ## The gateway with Klarna's sandbox and a shop's orders: no account, no network
	@$(BIN)/klarna-graph demo

serve: .venv/run  ## The gateway, configured by KLARNA_GRAPH_* variables
	@$(BIN)/klarna-graph serve

test: .venv/dev  ## Every test
	@$(BIN)/python -m pytest --numprocesses auto --dist worksteal

simulate: .venv/dev  ## Many worlds of crashes and a bad network: make simulate SEEDS=10000
	@$(BIN)/python -m tests.simulation --seeds $(SEEDS)

bench: .venv/dev  ## The gateway's speed beside its own floor: make bench WORKLOADS=w1,w4 SECONDS=5
	@$(BIN)/python -m tests.benchmarks run $(if $(WORKLOADS),--workloads $(WORKLOADS)) \
		$(if $(SECONDS),--seconds $(SECONDS)) $(if $(CONNECTIONS),--connections $(CONNECTIONS)) $(ARGS)

check: .venv/dev  ## Format, lint and types
	@$(BIN)/ruff format --check $(SOURCES)
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/mypy $(SOURCES)

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis graph/pages/assets

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "klarna-graph needs Python 3.11 or newer: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/run: .venv/bin/python pyproject.toml
	@echo "Installing klarna-graph into .venv ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/dev: .venv/bin/python pyproject.toml
	@echo "Installing klarna-graph and its tests' tools into .venv ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ .venv/run
