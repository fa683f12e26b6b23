# `make` alone lists the targets. Everything runs inside .venv, which `make setup` builds from the hashed lock file.
# PYTHON=/path/to/python names one; else the first on PATH that is new enough is taken (scripts/find_python.sh).
PYTHON ?=
BIN := .venv/bin
PORT ?= 8000
DEMO = env DEBUG=true PORT=$(PORT) $(BIN)/python manage.py
# Three processes for two cores, as those of a browser wait; a test that waits to be taken goes to whichever is idle.
PARALLEL := --numprocesses $(shell expr '(' $$(getconf _NPROCESSORS_ONLN) '*' 3 + 1 ')' / 2) --dist worksteal
# A newline at the end of _pieces.html would be one of the text that it shows.
TEMPLATES := "templates/*.html" ":!templates/admin/_pieces.html"
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra postgres --extra redis --extra s3 --extra sentry --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" pyproject.toml

# Hundreds of processes begin in a run of the tests: each would compile the project anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup run serve test test-fast audit fuzz faults sync-long bench relevance handbook walk image lock lint format coverage clean

help: ## Show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: .venv/installed ## Build the environment (Python 3.11 or newer, every package checked against its hash)

.venv/installed: requirements-dev.txt
	$(call install,requirements-dev.txt)

# What production runs, and nothing that only tests need.
.venv/serving: requirements.txt
	$(call install,requirements.txt)

define install
	@if [ -n "$(PYTHON)" ] || ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		python="$(PYTHON)"; [ -n "$$python" ] || python=$$(sh scripts/find_python.sh) || exit 1; \
		"$$python" -m venv .venv || exit 1; \
	fi
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(1)
	@touch $@
endef

run: ## Serve the sample articles at http://127.0.0.1:8000 (PORT=8001 for another port), with an admin account to log in with
	@python="$(PYTHON)"; [ -n "$$python" ] || python=$$(sh scripts/find_python.sh) || exit 1; "$$python" scripts/free_port.py $(PORT)
	@$(MAKE) --no-print-directory setup
	$(DEMO) migrate --verbosity 0
	$(DEMO) import_articles fixtures/articles --verbosity 0
	@$(DEMO) demo_admin
	$(DEMO) run_change_sets --every 2 --beside $$$$ & exec $(DEMO) runserver 127.0.0.1:$(PORT)

serve: .venv/serving ## Serve as in production, with the variables of the README: database, static files, checks, the server
	$(BIN)/python manage.py init_site --ask-nothing
	$(BIN)/python manage.py check --deploy --database default
	$(BIN)/python manage.py run_change_sets --every 5 --beside $$$$ & exec $(BIN)/python -m quicktakes.server

test: setup ## Run every test: on SQLite with a browser, then on PostgreSQL
	$(BIN)/python tests/machine.py
	$(BIN)/python -m pytest $(PARALLEL)
	$(BIN)/python tests/postgresql.py $(BIN)/python -m pytest -m "not browser" $(PARALLEL) || { [ $$? -eq 69 ] && [ "$$CI" != true ]; }

test-fast: setup ## Run the tests that need no browser, no server and little time, on SQLite
	DATABASE_URL=sqlite:///var/db.sqlite3 $(BIN)/python -m pytest -q -m "not browser and not corpus and not slow" $(PARALLEL)

coverage: setup ## Run the tests without a browser, and print how much of each module they run
	$(BIN)/coverage erase
	DATABASE_URL=sqlite:///var/db.sqlite3 $(BIN)/coverage run -m pytest -q -m "not browser" $(PARALLEL)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage json --quiet -o .coverage.json
	$(BIN)/python scripts/coverage_report.py

fuzz: setup ## Throw made-up input at rendering, files, archives and requests, FUZZ_SECONDS (600) for each
	$(BIN)/python -m tests.attacks.fuzz --seconds $(or $(FUZZ_SECONDS),600)

faults: setup ## Kill, lock, fill and reload for an hour: what CI does once; FAULT_LIBRARY names a whole library
	FAULT_KILLS=20 FAULT_RELOADS=100 $(BIN)/python -m pytest -s tests/faults tests/importing/test_interrupted.py \
		tests/changesets/test_killed.py tests/db/test_stopped_migrations.py

sync-long: setup ## Let writers and editors do what they like, 40 runs of 60 steps on 300 articles: a quarter of an hour
	SYNC_RUNS=40,60,300 $(BIN)/python -m pytest tests/sync/test_machine.py -q

bench: setup ## Measure import, serving and cost against size, beside Hugo, a bare view and nginx
	$(BIN)/python -m bench

relevance: setup ## Measure the search on a library with judged queries: make relevance LIBRARY=... QUERIES=...
	$(BIN)/python -m bench.relevance --library "$(LIBRARY)" --queries "$(QUERIES)"

handbook: setup ## Take the pictures of docs/editing.md anew, from a site of its own
	$(BIN)/python scripts/make_handbook.py

walk: setup ## Walk docs/deploying.md in an empty Debian: back up, restore, upgrade from the first release and back (root, debootstrap; minutes)
	$(BIN)/python scripts/walk_production.py

image: setup ## Build deploy/Dockerfile from a Debian made here, and see its containers serve (root, debootstrap, buildah; minutes)
	$(BIN)/python scripts/build_image.py

lock: setup ## Resolve pyproject.toml anew into the two lock files
	$(COMPILE) --output-file requirements.txt
	$(COMPILE) --group dev --output-file requirements-dev.txt

lint: setup ## Check style, types and templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	git ls-files $(TEMPLATES) | xargs $(BIN)/djade --check --target-version 5.2

audit: setup ## Say whether anything public is known against a version that the lock files pin
	$(BIN)/python scripts/audit.py

format: setup ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	git ls-files $(TEMPLATES) | xargs $(BIN)/djade --target-version 5.2

clean: ## Remove the environment and everything generated
	rm -rf .venv var staticfiles .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage*
