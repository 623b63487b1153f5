# `make demo` and `make test` are all that a newcomer needs; both set up what they need first.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=

.PHONY: help
help:  ## Lists the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

.PHONY: setup
setup: .venv/.stamp  ## Makes .venv with every program in .venv/bin

.venv/.stamp: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: demo
demo: setup  ## Everything on this machine, live, until Ctrl-C; ARGS=--once: a fixed sample, checked
	@$(BIN)/python -m sandbox.demo $(ARGS)

.PHONY: test
test: setup  ## All tests, two files at a time, on services of their own; ARGS=… goes to pytest
	$(BIN)/pytest -n 2 --dist loadfile $(ARGS)

.PHONY: containers
containers: setup  ## The image, compose.yaml and the broker's tests in containers, on an engine of its own where none answers
	$(BIN)/python -m tests.containers $(ARGS)

.PHONY: coverage
coverage: setup  ## All tests, and which lines and branches none of them reached
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

.PHONY: lint
lint: setup  ## Style, types, import contracts, SQL: everything that is checked without running it
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --processes 2 sql/migrations sql/queries

.PHONY: format
format: setup  ## Formats Python and mends what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: golden
golden: setup  ## Writes tests/golden anew; read the difference before you commit it
	$(BIN)/python -m tests.golden

.PHONY: docs
docs: setup  ## Writes docs/types.md anew, from the catalogue
	$(BIN)/audit-consumer catalog --format markdown > docs/types.md

.PHONY: screenshots
screenshots: setup  ## Takes the pictures of docs/reader.md anew; needs a Chromium
	@$(BIN)/python -m sandbox.screenshots

.PHONY: bench
bench: setup  ## Measures speed and writes docs/benchmarks.md; ARGS=--help
	$(BIN)/python -m sandbox.bench $(ARGS)

.PHONY: bench-reader
bench-reader: setup  ## Measures the reader's pages and writes its part of docs/benchmarks.md; needs wrk; ARGS=--help
	$(BIN)/python -m sandbox.bench_reader $(ARGS)

.PHONY: verifier
verifier:  ## Builds dist/audit-verifier.pyz, the single file that auditors run; prints its SHA-256
	@$(PYTHON) deploy/build_verifier.py dist/audit-verifier.pyz

.PHONY: mutants
mutants: setup  ## Breaks the consumer and reader on purpose, fault by fault, and shows that a test notices each
	$(BIN)/python -m tests.mutants $(ARGS)

.PHONY: clean
clean:  ## Removes .venv and all caches of the tools
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.*
