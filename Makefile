# `make demo` and `make test` are all that a newcomer needs; both set up what they need first.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
SECONDS ?= 60
SEED ?=

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

.PHONY: unit
unit: setup  ## Tests that need no service, and the guards of the code base: a minute; ARGS=… goes to pytest
	$(BIN)/pytest -p no:schemathesis -n 2 --dist loadfile tests/unit tests/golden $(wildcard tests/test_*.py) $(ARGS)

.PHONY: test
# In the order of tests/order.py, in which what waits runs beside what computes.
test: setup  ## All tests, four files at a time, on services of their own; ARGS=… goes to pytest
	@$(BIN)/python -m tests.tools
	$(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: containers
containers: setup  ## The chart on a Kubernetes API server; the image, compose.yaml and the broker's tests in containers, on an engine of its own where none answers
	$(BIN)/python -m tests.containers $(ARGS)

.PHONY: coverage
coverage: setup  ## All tests, and which lines and branches none of them reached; fails below the floor of pyproject.toml
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
format: setup  ## Formats Python and fixes what ruff can fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: golden
golden: setup  ## Writes the expected entries in tests/golden again; read the difference before you commit it
	$(BIN)/python -m tests.golden

.PHONY: docs
docs: setup  ## Writes docs/types.md and the deployed lists of topics again, from the catalog
	$(BIN)/python -m tests.generated

# Each file is made from pyproject.toml and keeps the versions that it has, unless ARGS asks for others.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

.PHONY: lock
lock: setup  ## Makes requirements/ again; ARGS=--upgrade or ARGS='--upgrade-package NAME' for newer versions
	$(COMPILE) pyproject.toml --group dev --output-file requirements/dev.txt $(ARGS)
	$(COMPILE) pyproject.toml --constraints requirements/dev.txt --output-file requirements/runtime.txt $(ARGS)
	$(COMPILE) --group build --constraints requirements/dev.txt --output-file requirements/build.txt $(ARGS)
	$(COMPILE) --group sbom --output-file requirements/sbom.txt $(ARGS)
	$(COMPILE) --group go --output-file requirements/go.txt $(ARGS)
	$(COMPILE) --group peers --output-file requirements/peers.txt $(ARGS)

.PHONY: release
release: setup  ## Makes a release from a clean tree: version, changelog, commit and tag, and dist/sbom.json; VERSION=1.2.0
	@$(BIN)/python -m sandbox.release $(VERSION)
	@$(MAKE) --no-print-directory sbom

.PHONY: screenshots
screenshots: setup  ## Takes the pictures of docs/reader.md again; needs a Chromium
	@$(BIN)/python -m sandbox.screenshots

.PHONY: bench
bench: setup  ## Measures speed and writes docs/benchmarks.md; ARGS=--help
	$(BIN)/python -m sandbox.bench $(ARGS)

.PHONY: bench-peers
bench-peers: setup  ## Measures the consumer beside other programs and writes its part of docs/benchmarks.md; ARGS=--help
	$(BIN)/python -m sandbox.bench_peers $(ARGS)

.PHONY: bench-reader
bench-reader: setup  ## Measures the reader's pages and writes its part of docs/benchmarks.md; needs wrk; ARGS=--help
	$(BIN)/python -m sandbox.bench_reader $(ARGS)

.PHONY: verifier
verifier:  ## Builds dist/audit-verifier.pyz, the single file that auditors run; prints its SHA-256
	@$(PYTHON) deploy/build_verifier.py dist/audit-verifier.pyz

.PHONY: sbom
sbom:  ## Writes dist/sbom.json (CycloneDX): the packages of the image with their hashes, the same bytes each time
	@mkdir -p dist
	$(PYTHON) -m venv dist/.sbom
	dist/.sbom/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/sbom.txt
	dist/.sbom/bin/cyclonedx-py requirements requirements/runtime.txt --pyproject pyproject.toml --output-reproducible --of JSON \
		--output-file dist/sbom.json 2>/dev/null
	rm -rf dist/.sbom

.PHONY: bench-export
bench-export: setup  ## Measures the verified export and writes its part of docs/benchmarks.md; ARGS=--help
	$(BIN)/python -m sandbox.bench_export $(ARGS)

.PHONY: mutants
mutants: setup  ## Breaks consumer, reader, sealer, export and verifier on purpose, fault by fault, and shows that a test notices each
	$(BIN)/python -m tests.mutants $(ARGS)

.PHONY: fuzz
fuzz: setup  ## Hostile records against a second Avro implementation, and then the C against the pipeline, each for SECONDS=60; SEED=… repeats a finding
	@$(BIN)/python -m tests.fuzz $(SECONDS) $(SEED)

.PHONY: faults
faults: setup  ## Makes each fault for real, under load, and writes docs/faults.md; ARGS='killed frozen' for some of them; PROTOCOL=classic
	@$(BIN)/python -m tests.tools
	@$(BIN)/python -m tests.faults $(ARGS)

.PHONY: soak
soak: MINUTES ?= 30
soak: setup  ## Faults in a random order under load, for MINUTES=30, and its part of docs/faults.md; SEED=… repeats the order; PROTOCOL=classic
	@$(BIN)/python -m tests.tools
	@$(BIN)/python -m tests.faults.soak $(MINUTES) $(SEED)

.PHONY: maintenance
maintenance: MINUTES ?= 60
maintenance: setup  ## An operator's ordinary work under load, for MINUTES=60: no alert may fire; its part of docs/faults.md; SEED=… repeats the order
	@$(BIN)/python -m tests.tools
	@$(BIN)/python -m tests.faults.maintenance $(MINUTES) $(SEED)

.PHONY: clean
clean:  ## Removes .venv and all caches of the tools
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .schemathesis .import_linter_cache .coverage .coverage.* dist
