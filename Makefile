# Footfall: one place for every command. `make` alone lists them.
# Works with GNU Make 3.81 (macOS) and later.

VENV ?= .venv
ARGS ?=
WORKERS ?= auto
BIN := $(VENV)/bin
KERNELS := $(wildcard $(addprefix processing/footfall_processing/,*.py */*.py */*/*.py)) \
	gateway/footfall_gateway/machine_code.py

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo setup dev test bench test-image servers check check-format check-lint \
	check-types check-imports check-lock check-licences check-secrets check-words audit sbom format docs lock clean

help: ## List these commands
	@echo 'Footfall: open, self-hosted gait monitoring for runners'
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo 'Pass options on with ARGS, for example: make demo ARGS="--speed 10 --no-browser"'

demo: setup ## Watch a recorded run live, with virtual sensors: needs nothing but Python
	@$(BIN)/footfall demo $(ARGS)

setup: $(VENV)/.ready $(VENV)/.warm ## Set up .venv with what users need

dev: $(VENV)/.ready-dev $(VENV)/.warm ## Set up .venv with what contributors need

test: dev servers ## Run the tests, e.g. make test ARGS="tests/gateway -k recording"
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile $(ARGS)

bench: dev ## Measure throughput, live cost, latency and start-up, e.g. make bench ARGS="--json bench.json"
	@$(BIN)/python benchmarks/run_all.py $(ARGS)

test-image: dev ## Build the real image, bring the compose file up, kill parts of it; needs root or Docker
	@$(BIN)/python scripts/image_test.py $(ARGS)

servers:
	@scripts/install-test-servers

# types take longer than all the rest, which goes on beside them
check: $(VENV)/.ready-dev ## Formatting, lint, types, import contracts, words, and what we depend on
	@$(MAKE) --no-print-directory check-types & types=$$!; \
	$(MAKE) --no-print-directory check-format check-lint check-imports check-lock check-licences check-secrets \
		check-words audit; rest=$$?; \
	wait $$types && exit $$rest

check-format: $(VENV)/.ready-dev
	@$(BIN)/ruff format --check .

check-lint: $(VENV)/.ready-dev
	@$(BIN)/ruff check .

check-types: $(VENV)/.ready-dev
	@$(BIN)/mypy

check-imports: $(VENV)/.ready-dev
	@$(BIN)/lint-imports --no-logo

check-lock: $(VENV)/.ready-dev
	@$(BIN)/python scripts/check_lock.py

check-licences: $(VENV)/.ready-dev
	@$(BIN)/python scripts/check_licences.py

check-secrets: $(VENV)/.ready-dev
	@$(BIN)/python scripts/check_secrets.py

check-words: $(VENV)/.ready-dev
	@$(BIN)/python scripts/check_words.py

audit: $(VENV)/.ready-dev ## Look for known weaknesses in what the locks pin
	@$(BIN)/python scripts/audit.py

sbom: $(VENV)/.ready-dev ## Write what Footfall is made of (CycloneDX) to build/sbom.json
	@mkdir -p build
	@$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --of JSON \
		-o build/sbom.json requirements.lock
	@echo 'What Footfall is made of: build/sbom.json'

format: $(VENV)/.ready-dev ## Format the code and mend what ruff can mend
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

docs: $(VENV)/.ready-dev ## Make a site of the documents in build/site; to be read without a network
	@$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --doctree-dir build/doctrees docs build/site
	@echo 'The documents: build/site/index.html'

lock: ## Renew requirements.lock and requirements-dev.lock from pyproject.toml (needs uv)
	@scripts/lock

clean: ## Remove the environment and all caches; recordings and sessions stay
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find processing coaching gateway dashboards tests scripts benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.ready: requirements.lock pyproject.toml scripts/setup
	@if [ -e $(VENV)/.ready-dev ]; then scripts/setup $(VENV) requirements-dev.lock; \
	else scripts/setup $(VENV) requirements.lock; fi
	@touch $@

$(VENV)/.ready-dev: requirements-dev.lock pyproject.toml scripts/setup
	@scripts/setup $(VENV) requirements-dev.lock
	@touch $@ $(VENV)/.ready

# Compiled kernels are kept for each version of their sources: compile now, so that no run need wait.
$(VENV)/.warm: $(KERNELS) requirements.lock | $(VENV)/.ready
	@$(BIN)/python -m footfall_gateway.commands.preparation
	@touch $@
