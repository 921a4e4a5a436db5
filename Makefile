# Each target is one thing a person does here; the README has a line for each.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
WORKERS ?= 2
.DEFAULT_GOAL := help
.PHONY: help demo serve test check format bench soak clean lock

help: ## say what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

$(VENV)/.installed: requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Gridwork needs Python 3.11 or newer; found $$($(PYTHON) --version). Say which with: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(RUN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements-dev.lock
	$(RUN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@touch $@

demo: $(VENV)/.installed ## make a synthetic town, play three weeks of it, close the month, and serve
	$(RUN)/python -m demo

serve: $(VENV)/.installed ## migrate and serve the HTTP API
	$(RUN)/gridwork migrate
	$(RUN)/gridwork serve

test: $(VENV)/.installed ## all tests, on a PostgreSQL of their own
	$(RUN)/python -m pytest -n $(WORKERS) --dist loadfile

check: $(VENV)/.installed ## format, lint, types, imports
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy
	$(RUN)/lint-imports --no-cache

format: $(VENV)/.installed ## put the code into shape
	$(RUN)/ruff format .
	$(RUN)/ruff check --fix .

bench: $(VENV)/.installed ## measure against a floor or a peer, side by side; no assertions
	$(RUN)/python -m bench

soak: $(VENV)/.installed ## kill dispatches at 200 random points and say what was found; no assertions
	$(RUN)/python -m soak

lock: ## resolve the dependencies anew (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra dev pyproject.toml -o requirements-dev.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -c requirements-dev.lock pyproject.toml -o requirements.lock

clean: ## stop the embedded database and remove it, the environment and everything generated
	@if [ -x $(RUN)/gridwork ]; then $(RUN)/gridwork database stop || true; fi
	rm -rf .gridwork $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
