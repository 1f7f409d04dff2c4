# Every target sets up .venv from the hash-checked lock first; uv is used where it is present. The lock holds every
# package, so pip need not look for what each one needs; modules are compiled when they are first imported, also
# where the environment forbids to keep that (containers often do): every process would compile pandas anew.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
unexport PYTHONDONTWRITEBYTECODE
READY := $(VENV)/.ready
# One worker a core; they share one build of the tables, and one of them has all tests that read the rendered site. The order is that
# of tests/conftest.py.
PARALLEL := -n logical --dist loadgroup --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help report test test-all test-slow lab refresh status proposal numbers rehearsal dataset docs wheel bench validate messages lint check lock clean

help: ## Say what can be made
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

$(READY): requirements.lock pyproject.toml
	@echo "Setting up .venv from requirements.lock (once; some seconds with uv, a few minutes with pip) ..."
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" $(VENV) && \
	  uv pip sync --quiet --require-hashes --python $(BIN)/python requirements.lock && \
	  uv pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python -e . ; \
	else \
	  $(PYTHON) -m venv $(VENV) && \
	  $(BIN)/python -m pip install --quiet --no-deps --no-compile --require-hashes -r requirements.lock && \
	  $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e . ; \
	fi
	@touch $@

report: $(READY) ## Build the tables, execute the notebooks, render the reports
	@$(BIN)/python -m analysis report

test: $(READY) ## Run the fast tests
	@$(BIN)/python -m pytest -m "not slow" $(PARALLEL)

test-slow: $(READY) ## Run the slow tests (TESTS="file ..." for some): simulations, killed processes, all pages in a browser
	@$(BIN)/python -m pytest -m slow --texts pyarrow $(PARALLEL) $(TESTS)

test-all: test test-slow ## Run every test, the fast ones first

lab: $(READY) ## Build the tables and open the first notebook in JupyterLab
	@$(BIN)/python -m analysis build
	@$(BIN)/jupyter lab notebooks/00_start_here.ipynb

refresh: $(READY) ## Fetch every source from its publisher (needs the network)
	@$(BIN)/python -m analysis fetch

status: $(READY) ## Say what data is here, how old and how complete
	@$(BIN)/python -m analysis status

proposal: $(READY) ## Print what a refresh has changed, as the text of a pull request
	@$(BIN)/python tools/proposal.py --address "$(ADDRESS)"

numbers: $(READY) ## Fail if the numbers behind the figures are not those committed; print which moved
	@$(BIN)/python tools/compare_numbers.py --committed --tolerance 1e-6

rehearsal: $(READY) ## Rehearse the weekly refresh against replayed publishers, in a scratch clone
	@$(BIN)/python -m tests.replay.rehearsal

dataset: $(READY) ## Write a release of the participation register to dist/
	@$(BIN)/python -m analysis build --quiet
	@$(BIN)/python -m analysis register release

docs: $(READY) ## Write the documentation to reports/docs
	@$(BIN)/python -m analysis build --quiet
	@$(BIN)/python -m sphinx -b html -W --keep-going -q docs reports/docs

wheel: $(READY) ## Build the package's wheel in dist/
	@if command -v uv >/dev/null 2>&1; then \
	  uv build --quiet --wheel --no-build-isolation --python $(BIN)/python --out-dir dist . ; \
	else \
	  $(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist . ; \
	fi

bench: $(READY) ## Print speed ratios against peers
	@$(BIN)/python benchmarks/jsonstat.py
	@$(BIN)/python benchmarks/measures.py
	@$(BIN)/python benchmarks/site.py
	@$(BIN)/python benchmarks/first_paint.py

validate: $(READY) ## Check every estimator against simulations with a known truth
	@$(BIN)/python -m tests.slow.validation

messages: $(READY) ## Bring the catalogue of translated messages up to date, say what lacks a translation
	@$(BIN)/python tools/messages.py

lint: $(READY) ## Format and lint check, type check
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

check: $(READY) ## Check data/raw and the register
	@$(BIN)/python -m analysis check

lock: ## Resolve requirements.lock anew (needs uv)
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links pyproject.toml --extra dev -o requirements.lock

clean: ## Remove what can be made again
	rm -rf $(VENV) .cache data/processed/*.parquet data/processed/manifest.json reports/nb reports/en reports/docs reports/index.html docs/generated dist
