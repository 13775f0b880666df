# `make report` and `make test` are all that a newcomer needs; `make help` explains the rest.

PROFILE ?= demo
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The demo is the root's; the other profiles have a folder of their own.
FOLDER := $(if $(filter demo,$(PROFILE)),,profiles/$(PROFILE)/)

.DEFAULT_GOAL := help
.PHONY: help install report publish status lab test test-faults test-lowest lint format lock clean

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/installed ## Create .venv with the exact versions of requirements.lock

$(VENV)/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

report: $(VENV)/installed ## Run what has changed, up to the report (PROFILE=demo)
	@PATH="$(CURDIR)/$(BIN):$$PATH" cips doctor --params $(FOLDER)params.yaml
	@PATH="$(CURDIR)/$(BIN):$$PATH" cips repro --params $(FOLDER)params.yaml
	@echo "The report: file://$(CURDIR)/results/$(PROFILE)/report/index.html"

publish: ## Copy a profile's results to published/: claims, tables, numbers, figures, generators, report
	@rm -rf published/$(PROFILE) && mkdir -p published/$(PROFILE)
	@cd results/$(PROFILE) && find claims.json checks.json tables report figures/*/*.png runs -type f \
		-not -path '*/seeds/*' -not -name images.safetensors -not -path '*/grids/*' -not -path '*/log/*' \
		| tar -cf - -T - | tar -xf - -C ../../published/$(PROFILE)
	@du -sh published/$(PROFILE) published/$(PROFILE)/report

status: $(VENV)/installed ## List the stages that would run, and why (PROFILE=demo)
	@PATH="$(CURDIR)/$(BIN):$$PATH" dvc repro --quiet $(FOLDER)dvc.yaml:configure
	@PATH="$(CURDIR)/$(BIN):$$PATH" dvc status $(FOLDER)dvc.yaml

lab: $(VENV)/installed ## Step through the notebooks in JupyterLab (ARGS="--port 8899", say)
	@PATH="$(CURDIR)/$(BIN):$$PATH" jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) notebooks $(ARGS)

test: $(VENV)/installed ## Run the whole test suite
	@PATH="$(CURDIR)/$(BIN):$$PATH" OMP_NUM_THREADS=1 python -m pytest --numprocesses auto --maxprocesses 8 --dist loadfile

test-faults: $(VENV)/installed ## Damage files and kill the pipeline, at random: the counts of docs/reliability.md
	@PATH="$(CURDIR)/$(BIN):$$PATH" OMP_NUM_THREADS=1 EXAMPLES=400 python -m pytest --quiet -k says_a_sentence
	@PATH="$(CURDIR)/$(BIN):$$PATH" python benchmarks/faults.py

test-lowest: ## Run the test suite with the lowest versions that pyproject.toml allows (needs uv)
	uv venv --quiet --clear --python 3.11 $(VENV)/lowest
	VIRTUAL_ENV=$(VENV)/lowest uv pip install --quiet --resolution lowest-direct --editable '.[test,export,data]'
	@PATH="$(CURDIR)/$(VENV)/lowest/bin:$$PATH" OMP_NUM_THREADS=1 python -m pytest --numprocesses auto --maxprocesses 8 --dist loadfile

lint: $(VENV)/installed ## Check style, types and that notebooks hold no outputs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/nbstripout --verify --extra-keys metadata.language_info notebooks/*.ipynb

format: $(VENV)/installed ## Mend style; strip the notebooks
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/nbstripout --extra-keys metadata.language_info notebooks/*.ipynb

lock: ## Resolve requirements.lock anew (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --no-annotate --generate-hashes --extra test --extra export --extra data \
		--custom-compile-command "make lock" pyproject.toml --output-file requirements.lock

clean: ## Remove the environment and everything that the pipeline made
	rm -rf $(VENV) data/prepared results/*/ .dvc/cache .dvc/tmp
