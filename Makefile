# make run, from a fresh clone, ends with a registered model. Everything is installed into .venv, nothing beside it.
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DOCS := .venv-docs
# the first of these that is 3.11 or newer
PYTHON ?= $(shell for each in python3.11 python3.12 python3.13 python3; do \
	$$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$each && break; done)
# errors alone: a new pip shows setuptools' warnings about editable installations
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet
# three files of tests at a time (tests/conftest.py says which)
PYTEST := $(BIN)/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder
# the hundreds of processes of a test run compile our modules once, not each for itself
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run setup browser test unit check lint format bench torture schema docs clean
.DEFAULT_GOAL := run

run: setup                 ## set up, then bring every stage up to date and register the model
	$(BIN)/finetrace run

setup: $(STAMP) .git       ## create .venv and install everything

test: setup browser        ## all tests
	$(PYTEST) tests

browser:                   ## a headless Chromium, for the tests that look at pages
	@command -v chromium >/dev/null || { test "$$(id -u)" = 0 && apt-get -qq update \
		&& apt-get -qq install --yes --no-install-recommends chromium >/dev/null; } \
		|| echo "no chromium here: install it, or the tests of pages will fail" >&2

unit: setup browser        ## the tests that take seconds
	$(PYTEST) tests/unit tests/test_house.py

check: lint unit           ## format, lint, types, import contracts, unit tests

lint: setup                ## all of that but the tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup              ## put the code in form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup               ## throughput against Hugging Face Trainer, and our own slower paths
	$(BIN)/python -m tests.bench

torture: setup             ## faults, bad input, attacks; prints held/total
	$(BIN)/python -m tests.torture

schema: setup              ## write infra/params.schema.json and the reference pages of the documentation anew
	$(BIN)/python -m flows.written.schema > infra/params.schema.json
	$(BIN)/python -m flows.written.settings_table
	$(BIN)/python -m flows.written.reference

docs: $(DOCS)/.installed   ## build the documentation into build/docs; needs no network once its packages are installed
	NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs build --config-file infra/mkdocs.yml
	! grep -rlE '<(script|img|iframe|link rel="(stylesheet|preload|preconnect)")[^>]*(src|href)="(https?:)?//' build/docs --include='*.html'
	@echo "build/docs/index.html"

clean:                     ## remove what was installed; data, models and runs stay
	rm -rf $(VENV) $(DOCS) build finetrace.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

# torch comes first and alone, so that nothing else can ask for another build of it. pip is renewed since the one that
# Python brings takes twice as long; it compiles on one core and all there is, so that is done here. What cannot be
# compiled (templates that only look like Python) does not matter.
$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or make PYTHON=/path/to/python" >&2; exit 7; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade pip
	$(PIP) install --no-compile --constraint constraints.txt torch
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["dev"], sep="\n")' \
		> $(VENV)/dev.txt
	$(PIP) install --no-compile --constraint constraints.txt --requirement $(VENV)/dev.txt --editable .
	$(BIN)/python -m compileall -q -j 0 -x '/(tests?|testing)/|/transformers/models/' $(VENV)/lib >/dev/null || true
	$(BIN)/python -m pip check
	$(BIN)/python -m flows.written.plots_page
	touch $(STAMP)

# The builder of the documentation has packages and a lock of its own: what is in .venv is recorded with each version, and
# constraints.txt is an input of every stage.
$(DOCS)/.installed: infra/docs-constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or make PYTHON=/path/to/python" >&2; exit 7; }
	test -x $(DOCS)/bin/python || $(PYTHON) -m venv $(DOCS)
	$(DOCS)/bin/python -m pip --disable-pip-version-check --quiet --quiet install --requirement infra/docs-constraints.txt
	touch $@

# DVC keeps its place by git; a folder unpacked from an archive has none
.git:
	git init --quiet
