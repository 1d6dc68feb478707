# The two commands of the README: `make study` and `make test`; both do all the set-up they need.
# PYTHON picks another interpreter, VENV another environment: make test PYTHON=python3.13 VENV=.venv-3.13

# The first interpreter that really runs, is new enough and can make environments.
usable = $(1) -c "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))" >/dev/null 2>&1
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	if $(call usable,$$python); then echo $$python; break; fi; done)
VENV ?= .venv
BIN := $(VENV)/bin
STUDY_OUT ?= cosmograd-study

.PHONY: study test test-edges test-recorders test-endurance check benchmarks evidence docs-reference claim format clean setup

# The main job: the study that ships inside the package. An interrupted one goes on.
study: $(VENV)/.installed
	$(BIN)/cosmograd study --out $(STUDY_OUT) --resume

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow" tests

# Contracts and what users and files meet, for a second interpreter: the laws are arithmetic of NumPy and XLA.
test-edges: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow" tests/contracts tests/edges

# Recorders in loops of PyTorch, Lightning and Keras, and models and optimisers of PyTorch, which no other test installs.
test-recorders: $(VENV)/.installed-dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[recorders-test]"
	$(BIN)/python -m pytest -m "recorders" tests/edges/test_recorders.py tests/laws/test_optimiser_conventions.py \
		tests/laws/test_forecasts.py

# The rest: what takes minutes of compiling or training, and whole studies that are killed, starved of memory, disk or
# threads, and must end in the same bits.
test-endurance: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile -m slow tests

check: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports

# Statistics of measurements over hundreds of trainings, with declared seeds: evidence/results.json.
evidence: $(VENV)/.installed-dev
	$(BIN)/python -m evidence

benchmarks: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks

# Every key of every kind of file: docs/files.md.
docs-reference: $(VENV)/.installed-dev
	$(BIN)/python docs/file_reference.py

# The README's picture, from the study of `make study`.
claim: study
	$(BIN)/python -c "import cosmograd; cosmograd.load('$(STUDY_OUT)').plot('claim').save('docs/claim.svg')"

format: $(VENV)/.installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

setup: $(VENV)/.installed-dev

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "cosmograd needs Python 3.11 or newer, with venv; none was found." \
		"Install one, or name it: make PYTHON=/path/to/python" >&2; exit 1; }
	@$(call usable,$(PYTHON)) || { echo "'$(PYTHON)' does not run, is older than Python 3.11 or lacks venv;" \
		"name another: make PYTHON=/path/to/python" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev,parquet]"
	touch $(VENV)/.installed $@

clean:
	rm -rf .venv* build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
