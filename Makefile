# newsactors: set-up and daily work. A fresh machine needs git, make and Python 3.11 with venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

export DAGSTER_HOME ?= $(CURDIR)
export NEWSACTORS_HOME ?= $(CURDIR)/warehouse
export DO_NOT_TRACK = 1

.PHONY: help setup run dev explore test soak lint format eval bench peers lock

help: ## Show what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: $(STAMP) ## Install into .venv

$(STAMP): pyproject.toml requirements.lock
	$(PYTHON) -c 'import sys; assert (3, 11) <= sys.version_info < (3, 13), "Python 3.11 or 3.12 is needed: make PYTHON=python3.11"'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

run: $(STAMP) ## Ingest the inbox (seeds/articles by default) and print who appeared how often
	$(BIN)/newsactors ingest
	$(BIN)/newsactors top
	@echo 'Charts and quotes, in your browser: make explore'

dev: $(STAMP) ## Dagster's UI on 127.0.0.1:3000, with schedules and lasting history
	mkdir -p warehouse/dagster
# Hides the advice to use `dg dev` instead: it needs a package that drags in clients of the cloud.
	PYTHONWARNINGS='ignore:Function `dev_command`' $(BIN)/dagster dev --host 127.0.0.1 --port $${PORT:-3000}

explore: $(STAMP) ## The analyst's app over what is published, on 127.0.0.1:3001
	$(BIN)/newsactors explore --port $${PORT:-3001}

test: $(STAMP) ## Run the tests
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

soak: $(STAMP) ## Run the long tests: faults, and random histories, by the hundred
	$(BIN)/python -m pytest -n 2 -m soak
	$(BIN)/python -m bench.soak

lint: $(STAMP) ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(STAMP) ## Apply the style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

eval: $(STAMP) ## Score the extractor on the development corpora ($$NEWSACTORS_CORPORA) into docs/quality.md
	$(BIN)/python -m training.evaluation.evaluate

bench: $(STAMP) peers ## Measure extraction beside spaCy and textacy on the corpora; rows go to bench/results.jsonl
	$(BIN)/python -m bench.extraction --peers build/peers/bin/python --keep

peers: build/peers/.installed ## Install what newsactors is compared with, apart from it

build/peers/.installed:
	$(PYTHON) -m venv build/peers
	build/peers/bin/python -m pip install --quiet --disable-pip-version-check spacy==3.8.7 textacy==0.13.0 click
	touch $@

lock: ## Pin what a fresh install resolves to, without addresses
	rm -rf build/lock && $(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet --disable-pip-version-check -e '.[dev]' 'setuptools>=77'
	build/lock/bin/python -m pip freeze --all --exclude-editable --exclude pip > requirements.lock
