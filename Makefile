# `make` alone lists the targets. Everything runs inside .venv, which `make setup` builds from the hashed lock file.
PYTHON ?= python3.11
BIN := .venv/bin
# A newline at the end of _pieces.html would be one of the text that it shows.
TEMPLATES := "templates/*.html" ":!templates/admin/_pieces.html"
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra postgres --extra redis --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help setup run serve test bench lock lint format clean

help: ## Show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: .venv/installed ## Build the environment (Python 3.11, every package checked against its hash)

.venv/installed: requirements-dev.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.txt
	@touch $@

run: setup ## Serve the sample articles at http://127.0.0.1:8000, with an admin account to log in with
	DEBUG=true $(BIN)/python manage.py migrate --verbosity 0
	DEBUG=true $(BIN)/python manage.py import_articles fixtures/articles --verbosity 0
	@DEBUG=true $(BIN)/python manage.py demo_admin
	DEBUG=true $(BIN)/python manage.py runserver 127.0.0.1:8000

serve: setup ## Serve as in production, with the variables of the README: database, static files, checks, gunicorn
	$(BIN)/python manage.py migrate --verbosity 1
	$(BIN)/python manage.py collectstatic --no-input --verbosity 0
	$(BIN)/python manage.py check --deploy
	$(BIN)/gunicorn --config python:quicktakes.server quicktakes.wsgi

test: setup ## Run every test: on SQLite with a browser, then on PostgreSQL
	$(BIN)/python tests/machine.py
	$(BIN)/python -m pytest
	$(BIN)/python tests/postgresql.py $(BIN)/python -m pytest -m "not browser" || { [ $$? -eq 69 ] && [ "$$CI" != true ]; }

bench: setup ## Measure import, serving and cost against size, beside Hugo, a bare view and nginx
	$(BIN)/python -m bench

lock: setup ## Resolve pyproject.toml anew into the two lock files
	$(COMPILE) --output-file requirements.txt
	$(COMPILE) --group dev --output-file requirements-dev.txt

lint: setup ## Check style, types and templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	git ls-files $(TEMPLATES) | xargs $(BIN)/djade --check --target-version 5.2

format: setup ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	git ls-files $(TEMPLATES) | xargs $(BIN)/djade --target-version 5.2

clean: ## Remove the environment and everything generated
	rm -rf .venv var staticfiles .pytest_cache .mypy_cache .ruff_cache .hypothesis
