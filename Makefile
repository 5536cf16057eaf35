# Every target sets up what is missing first; `make` alone lists them.

PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo run test lint format lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Make both Python environments, train the dialogue, fetch the speech model
	@exec $(PYTHON) scripts/setup.py

demo: setup ## Place one complete call, print its transcript and the hand-off summary
	@exec $(BIN)/ivr demo

run: setup ## Run the line until Ctrl-C
	@exec $(BIN)/ivr run

test: lint ## Run every check and every test
	@exec $(BIN)/python -m pytest

lint: setup ## Check style, types, the import rule, and the tree for secrets and host names
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/scan_tree.py

format: setup ## Format the code and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: ## Compile the lock files anew; UPGRADE=1 takes the newest versions
	@$(PYTHON) scripts/setup.py tools
	@exec $(PYTHON) scripts/lock.py $(if $(UPGRADE),--upgrade)

clean: ## Remove what the set-up made, and caches; the line's own data in var/ stays
	rm -rf .venv .tools var/setup rasa_project/.venv rasa_project/.rasa rasa_project/models
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage
