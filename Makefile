# Few words to remember: make run, make test, make check.
VORONKA := .venv/bin/voronka
export UV_PYTHON_DOWNLOADS := never

.PHONY: setup run dev test check bench format messages

setup: ## Install everything: environment, assets, translations
	@scripts/setup.sh

run: ## Serve Voronka on http://127.0.0.1:8000 (PORT, VORONKA_HOME, DATABASE_URL; EMPTY=1: no demo)
	@scripts/setup.sh
	@exec $(VORONKA) run $(if $(EMPTY),--no-demo)

dev: ## Like run, with debug pages and a restart at every change of the code
	@scripts/setup.sh
	@VORONKA_DEBUG=1 exec $(VORONKA) run --reload

test: ## All tests, the browser ones included
	@scripts/setup.sh --browser
	@.venv/bin/pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

check: ## Style, types, layers, migrations, translations
	@scripts/setup.sh
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports
	VORONKA_TESTING=1 DJANGO_SETTINGS_MODULE=voronka.settings .venv/bin/python -W ignore::RuntimeWarning \
		-m django makemigrations --check --dry-run
	.venv/bin/python scripts/messages.py check

bench: ## Measure speed; the table is kept in docs/benchmarks.md
	@scripts/setup.sh
	@.venv/bin/python -m bench $(ARGS)

format: ## Put imports and spaces in order
	@scripts/setup.sh
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

messages: ## Bring the translation catalogues up to date with the code
	@scripts/setup.sh
	.venv/bin/python scripts/messages.py extract
	.venv/bin/python scripts/messages.py check
