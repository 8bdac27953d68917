# newsactors: set-up and daily work. A fresh machine needs git, make and Python 3.11 with venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed
# -qq also hides warnings of pip that a user can do nothing about, such as an unused index.
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check

export DO_NOT_TRACK = 1

.PHONY: help setup run dev explore test test-install soak lint format eval bench peers lock

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: $(DEV) ## Install what running, testing and linting need into .venv

$(RUNTIME): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; assert (3, 11) <= sys.version_info < (3, 14), "Python 3.11, 3.12 or 3.13 is needed: make PYTHON=python3.11"'
	@test -x $(BIN)/python || { echo 'Creating $(VENV)'; $(PYTHON) -m venv $(VENV); }
	@echo "Installing $$(grep -c == requirements.lock) packages that running needs (about a minute)"
	@$(PIP) -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): $(RUNTIME) requirements-dev.lock
	@echo "Installing $$(grep -c == requirements-dev.lock) packages for tests and linters"
	@$(PIP) -r requirements-dev.lock
	@touch $@

run: $(RUNTIME) ## Ingest the inbox (seeds/articles by default) and print who appeared how often
	@echo 'Ingesting the inbox'
	@$(BIN)/newsactors ingest
	@$(BIN)/newsactors top
	@echo 'Charts and quotes, in your browser: make explore'

dev: $(RUNTIME) ## Open the Dagster UI on 127.0.0.1:3000; schedules and sensors run while it is open
	@$(BIN)/newsactors dev --port $${PORT:-3000}

explore: $(RUNTIME) ## Open the explorer on 127.0.0.1:3001
	@$(BIN)/newsactors explore --port $${PORT:-3001}

test: $(DEV) ## Run the tests
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-install: $(DEV) ## Build the wheel, install it into empty environments and run the main job there
	$(BIN)/python -m pytest -m install tests/install

soak: $(DEV) ## Run the long tests: faults and random histories, by the hundred
	NEWSACTORS_SOAK=1 $(BIN)/python -m pytest -n 2 -m "not install"
	$(BIN)/python -m bench.fuzz_readers --report build/fuzz.json
	$(BIN)/python -m bench.soak

lint: $(DEV) ## Check style, types, imports between packages, SQL and Markdown
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --nocolor sql
	$(BIN)/pymarkdown scan $$(git ls-files '*.md')

format: $(DEV) ## Apply the style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix --nocolor sql

eval: $(DEV) ## Score the extractor on the development corpora ($$NEWSACTORS_CORPORA) into docs/quality.md
	$(BIN)/python -m training.evaluation.evaluate

bench: $(DEV) peers ## Measure extraction beside spaCy and textacy on the corpora; rows go to bench/results.jsonl
	$(BIN)/python -m bench.extraction --peers build/peers/bin/python --keep

peers: build/peers/.installed ## Install the systems that newsactors is compared with, in an environment of their own

build/peers/.installed:
	$(PYTHON) -m venv build/peers
	build/peers/bin/python -m pip install -qq --disable-pip-version-check spacy==3.8.7 textacy==0.13.0 click
	touch $@

lock: ## Pin what a fresh install resolves to: requirements.lock, and the rest in requirements-dev.lock
	rm -rf build/lock && $(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install -qq --disable-pip-version-check -e . hatchling
	build/lock/bin/python -m pip freeze --all --exclude-editable --exclude pip --exclude setuptools > requirements.lock
	build/lock/bin/python -m pip install -qq --disable-pip-version-check --upgrade pip
	build/lock/bin/python -m pip install -qq --disable-pip-version-check -c requirements.lock --group dev
	build/lock/bin/python -m pip freeze --all --exclude-editable --exclude pip --exclude setuptools \
	    | grep -vxFf requirements.lock > requirements-dev.lock
