# The front door. 'make demo' shows the whole; 'make test' runs every check and every test.

PYTHON ?= python3
UV ?= uv
DEMO_SECONDS ?=
BENCH ?= apply --companies 300 --runs 1

BIN := .venv/bin
STAMP := .venv/.installed
PYTEST := $(BIN)/pytest $(PYTEST_ARGS)
TIERS := tests/unit tests/contract tests/integration tests/e2e
HOUSE := $(wildcard tests/test_*.py)

# A virtual environment does not survive a move of the clone: the stamp holds the folder that it was made in.
ifneq ($(shell cat $(STAMP) 2>/dev/null),$(CURDIR))
.PHONY: $(STAMP)
endif

.PHONY: help install demo test test-unit test-containers test-full lint bench docs lock clean
.DEFAULT_GOAL := help

help:
	@echo "make demo [DEMO_SECONDS=60]  install, start everything, run business, prove both sides equal, stop"
	@echo "make test                    install, lint, all tests"
	@echo "make test-unit               the fast tests, no services"
	@echo "make test-containers         the compose file, end to end; needs a Docker engine"
	@echo "make test-full               all tests, with the long ones"
	@echo "make lint                    formatting, rules, types, import contracts"
	@echo "make bench [BENCH=...]       a benchmark at small size (benchmarks/README.md)"
	@echo "make docs                    docs/mapping.md anew from the mapping files, the rules and the DDL"
	@echo "make install                 the virtual environment alone"
	@echo "make lock                    requirements.lock anew from pyproject.toml (needs uv)"
	@echo "make clean                   stop the stack; remove what was installed; data in .selaras stay"

install: $(STAMP)

$(STAMP): requirements.lock pyproject.toml scripts/check-machine.sh
	@sh scripts/check-machine.sh "$(PYTHON)"
	@if [ -f $(STAMP) ] && [ "$$(cat $(STAMP))" != "$(CURDIR)" ]; then rm -rf .venv; fi
	"$(PYTHON)" -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@printf '%s' "$(CURDIR)" > $(STAMP)

demo: install
	@$(BIN)/python scripts/foreground.py $(BIN)/selaras demo $(if $(DEMO_SECONDS),--seconds $(DEMO_SECONDS))

test: install lint
	$(PYTEST) $(HOUSE) $(wildcard $(TIERS))

test-unit: install
	$(PYTEST) -n 2 $(HOUSE) tests/unit

test-containers: install
	$(PYTEST) tests/containers

test-full: install lint
	SELARAS_TEST_FULL=1 $(PYTEST) $(HOUSE) $(wildcard $(TIERS))

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: install
	$(BIN)/python -m benchmarks.runner $(BENCH)

docs: install
	$(BIN)/python -m scripts.mapping_paper

lock:
	@command -v $(UV) >/dev/null || { echo "uv is missing: the Python package uv brings it (pip install uv)." >&2; exit 1; }
	$(UV) pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --universal \
		--extra dev pyproject.toml -o requirements.lock

clean:
	@if [ -x $(BIN)/selaras ]; then $(BIN)/selaras stack down; fi
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
