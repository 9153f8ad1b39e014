# Everything that this checkout can do; `make` or `make help` lists it.
SHELL := bash
.DEFAULT_GOAL := help
BIN := .venv/bin
JARS := $(or $(PENSTOCK_JARS),infra/java/jars)
PYTEST := $(BIN)/pytest -q
COMPILE := PATH="$$PWD/.uv/bin:$$PATH" uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
IMAGE_EXTRAS := pipeline broker aws
# Tests that share nothing run two at a time (JOBS=n: as many as you have cores).
PARALLEL := -n $(or $(JOBS),2) --dist worksteal
# Those with processes of their own share them within a file; files come in the order of tests/conftest.py.
BY_FILE := -n $(or $(JOBS),2) --dist loadfile --no-loadscope-reorder
# Targets of which one mostly waits (for downloads, for AWS's delays); what each says comes in one piece, when it ends.
BESIDE := $(MAKE) --no-print-directory --jobs 2 --output-sync=target

# Where it is set, as in many images, each of the tests' hundreds of processes compiles every module anew: 2 s of CPU.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup setup-python setup-jars jars run try test test-core test-system terraform check rtl rtl-long rtl-coverage \
	rtl-mutants rtl-system rtl-timing bench soak chaos alerts image train cluster lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "%-14s%s\n", $$1, $$2}' Makefile

setup: ## what a fresh clone needs: the Python environment, and the jars where Java can be had
	@$(BESIDE) setup-python setup-jars

setup-jars:
	@infra/setup/java.sh --optional $(JARS)

setup-python: .venv/.stamp ## the Python environment alone: enough for `make try`

.venv/.stamp: requirements.lock pyproject.toml infra/setup/python.sh
	@infra/setup/python.sh
	@$(BIN)/penstock warm

jars: ## broker and connector jars by Maven; Java and Maven by apt-get where that is allowed
	@infra/setup/java.sh $(JARS)

run: setup-python jars ## the whole pipeline on the committed capture (FRESH=1: a new run; ARGS=...)
	@$(BIN)/penstock run $(if $(FRESH),--fresh) $(ARGS)

try: setup-python ## the decision path alone, without Java: summary and HTML report (ARGS=...)
	@$(BIN)/penstock try $(ARGS)

test: setup ## check, core tests, Terraform, system tests
	@$(MAKE) --no-print-directory check
	@$(BESIDE) test-core terraform
	@$(MAKE) --no-print-directory test-system

test-core: setup-python ## tests that need no Java; those of rtl/ are skipped without a simulator unless RTL_REQUIRED=1
	@infra/setup/rtl.sh
	@infra/setup/prometheus.sh
	$(PYTEST) $(PARALLEL) -m "not system" --ignore tests/terraform tests

terraform: setup-python ## Terraform: format, plans, and apply to destroy against a double of AWS (skipped without terraform unless TF_REQUIRED=1)
	@infra/setup/checkov.sh
	$(PYTEST) $(PARALLEL) tests/terraform

test-system: setup ## tests with a real broker and a real Flink; skipped without Java unless SYSTEM_REQUIRED=1
	@if infra/setup/java.sh --check $(JARS); then \
		echo '$(PYTEST) $(BY_FILE) -m system tests'; $(PYTEST) $(BY_FILE) -m system tests; \
	elif [ "$(SYSTEM_REQUIRED)" = 1 ]; then \
		echo "FAILED: system tests are required, but Java or the jars are missing (make jars)" >&2; exit 1; \
	else \
		echo "SKIP: system tests need Java 17 to 21 and the jars (make jars)"; \
	fi

check: setup-python ## format, lint, types, layers, doctests
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST) $(PARALLEL) schemas models udfs jobs

rtl: setup-python ## the offload block: lint, simulation against the kernels, proofs (RTL_REQUIRED=1: a skip fails; SIM=verilator)
	@infra/setup/rtl.sh $(if $(filter verilator,$(SIM)),--verilator)
	@infra/setup/prometheus.sh
	$(PYTEST) $(PARALLEL) tests/rtl
	@$(BIN)/python -m tests.rtl.coverage

rtl-long: setup-python ## the block against the models over 100,000 messages and ticks, by Verilator where it can be had (MESSAGES= TICKS= SIM=)
	@infra/setup/rtl.sh
	if infra/setup/rtl.sh --verilator; then export SIM=$(or $(SIM),verilator); fi; \
		MESSAGES=$(or $(MESSAGES),100000) TICKS=$(or $(TICKS),100000) RTL_TIMEOUT_S=7200 \
		$(PYTEST) tests/rtl/test_packets.py tests/rtl/test_preprocess.py

rtl-coverage: setup-python ## which lines, branches and bits of the block its tests reach, counted by Verilator
	@infra/setup/rtl.sh --verilator
	@rm -rf .penstock/rtl/verilator-coverage
	SIM=verilator RTL_COVERAGE=1 $(PYTEST) tests/rtl/test_mold_rx.py tests/rtl/test_packets.py tests/rtl/test_preprocess.py
	@$(BIN)/python -m tests.rtl.code_coverage

rtl-mutants: setup-python ## do the block's tests notice a small fault? (BLOCK=preprocess_pipe COUNT=30 SEED=1)
	@infra/setup/rtl.sh
	@$(BIN)/python -m tests.rtl.mutants $(or $(BLOCK),preprocess_pipe) --count $(or $(COUNT),30) --seed $(or $(SEED),1)

rtl-system: setup-python ## packets through the simulated block and through Python, each through broker and Flink: N records, 0 differ (MESSAGES=)
	@infra/setup/rtl.sh
	@MESSAGES=$(or $(MESSAGES),10000) $(BIN)/python -m tests.rtl.system

rtl-timing: ## area and Fmax on a Lattice ECP5 (BLOCK=preprocess SPEED=8 SEEDS="1 2 3")
	@infra/setup/rtl.sh --timing
	@SEEDS="$(or $(SEEDS),1 2 3)" rtl/timing.sh $(or $(BLOCK),preprocess) $(or $(SPEED),8)

bench: setup-python jars ## throughput and latency beside a bare loop; writes .penstock/bench.json (ARGS=...)
	@$(BIN)/penstock bench $(ARGS)

soak: setup-python jars ## a steady load for MINUTES=5: does memory grow, does anything fall behind (ARGS=...)
	@$(BIN)/penstock soak --minutes $(or $(MINUTES),5) $(ARGS)

chaos: setup-python jars ## kill and freeze processes of real runs (KILLS=10 SEED=1 ARGS=...); goes on where it stopped
	@$(BIN)/penstock chaos --kills $(or $(KILLS),10) --seed $(or $(SEED),1) $(ARGS)

alerts: setup-python jars ## a real Prometheus over a real gateway: one alert fires and ends (rules: infra/prometheus)
	@infra/setup/prometheus.sh --required
	@$(BIN)/penstock demo alerts $(ARGS)

image: ## the image, built and started once: over PYTHON_IMAGE and MAVEN_IMAGE by digest, or as root over Debian's packages
	@infra/image/build.sh

train: setup-python ## the model from the earlier part of the capture, judged on the later part (ARGS=...)
	@$(BIN)/penstock train $(ARGS)

cluster: setup-python jars ## a local standalone Flink cluster; ends with `.venv/bin/penstock cluster down`
	@$(BIN)/penstock cluster up $(ARGS)

lock: setup-python ## recompile the locks after a change of pyproject.toml (ARGS=--upgrade: newer versions)
	@$(COMPILE) --all-extras pyproject.toml -o requirements.lock $(ARGS)
	@$(COMPILE) $(IMAGE_EXTRAS:%=--extra %) -c requirements.lock pyproject.toml -o infra/image/requirements.lock
	@$(COMPILE) infra/image/build.in -o infra/image/build.lock

clean: ## remove what can be made again: environment, jars, caches (runs in .penstock stay)
	rm -rf .venv .uv .checkov infra/java/jars dist .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
