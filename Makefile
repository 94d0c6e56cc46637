# `make help` lists what there is. Everything runs in .venv, which `make setup` makes and every other target asks for.

PYTHON ?= python3
UV ?= uv
VENV := .venv
RUN := PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/python

# `make lab LANGUAGE=ru`. The environment may hold LANGUAGE too (gettext's list of languages, "ru_RU:en"): it means the same.
WANTED := $(or $(if $(filter command line,$(origin LANGUAGE)),$(LANGUAGE)),$(FAULTLAB_LANGUAGE),$(LANGUAGE),$(LC_ALL),$(LC_MESSAGES),$(LANG))
READER := $(if $(filter ru%,$(WANTED)),ru,en)

# What `make test` runs: TESTS=tests/unit, PYTEST="-x -k breaker".
TESTS ?=
PYTEST ?=
GATES ?=

.DEFAULT_GOAL := help
.PHONY: help lab setup test gates bench build lint lock set-repository clean
.DELETE_ON_ERROR:

help: ## List the commands.
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo 'Options: PYTHON=python3.12 (set-up), LANGUAGE=ru|en (lab), TESTS=tests/unit PYTEST="-x" (test).'

lab: setup ## Open the course in JupyterLab, in Russian or English: LANGUAGE=ru|en, else as the locale says.
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" faultlab --language $(READER) lab -- $(LAB)

# The stamp .venv/ready is written last. It holds this folder (a moved environment does not work), then the checksum of the
# lock, then that of what the project's own installation reads. Without a stamp the environment may be half made: it is
# made anew.
setup: ## Make or refresh .venv from the hash-locked requirements.txt; does nothing when it is up to date.
	@lock=$$(cksum < requirements.txt); own=$$(cat pyproject.toml course/faultlab/settings/* | cksum); \
	if $(VENV)/bin/python -c '' 2>/dev/null; then \
	  { read -r place && read -r had_lock && read -r had_own; } 2>/dev/null < $(VENV)/ready || place=; \
	fi; \
	if [ "$$place" = "$(CURDIR)" ] && [ "$$had_lock" = "$$lock" ] && [ "$$had_own" = "$$own" ]; then exit 0; fi; \
	if [ "$$place" != "$(CURDIR)" ]; then \
	  had_lock=; \
	  found=$$($(PYTHON) -c 'import sys; print(*sys.version_info[:2], sep=".")' 2>/dev/null) || \
	    { echo 'Python 3.11 or newer is needed, and "$(PYTHON)" does not start: make PYTHON=<path to one>' >&2; exit 1; }; \
	  $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "Python 3.11 or newer is needed, and \"$(PYTHON)\" is $$found: make PYTHON=<path to a newer one>" >&2; exit 1; }; \
	  $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	    { echo 'Python has no venv module; on Debian and Ubuntu: apt install python3-venv' >&2; exit 1; }; \
	  echo 'Setting up $(VENV); this takes a few minutes, once.'; \
	  $(PYTHON) -m venv --clear $(VENV) || exit 1; \
	fi; \
	rm -f $(VENV)/ready; \
	pip="$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps"; \
	if [ "$$had_lock" != "$$lock" ]; then $$pip --require-hashes -r requirements.txt || exit 1; fi; \
	$$pip --no-build-isolation -e . || exit 1; \
	printf '%s\n' "$(CURDIR)" "$$lock" "$$own" > $(VENV)/ready.new && mv $(VENV)/ready.new $(VENV)/ready

test: setup ## Run the tests; TESTS=tests/unit for some of them.
	@FAULTLAB_CHROMIUM=$$($(RUN) tests/chromium.py); export FAULTLAB_CHROMIUM; \
	if [ -n "$$FAULTLAB_CHROMIUM" ]; then $(RUN) -m pytest $(PYTEST) $(TESTS); \
	elif [ "$$CI" = true ]; then echo 'No Chromium was found and none could be had, so the browser tests cannot run.' >&2; exit 1; \
	else $(RUN) -m pytest -m 'not browser' $(PYTEST) $(TESTS); status=$$?; \
	  echo 'Not tested: the notebooks and panels in a browser, because no Chromium was found and none could be had.'; \
	  exit $$status; fi

gates: setup ## Hold every check to the wrong and right implementations: kill, false-alarm and flake rates.
	@$(RUN) -m autograder.gates $(GATES)

bench: setup ## Measure ratios against peers, each in one run.
	@status=0; for script in tests/bench/bench_*.py; do \
	  [ -e "$$script" ] || { echo 'There is no tests/bench/bench_*.py yet.'; exit 0; }; \
	  echo "== $$script"; FAULTLAB_CHROMIUM=$$($(RUN) tests/chromium.py) $(RUN) "$$script" || status=1; \
	done; exit $$status

build: setup ## Build the notebooks of course/ and exercises/ from course/src and solutions.
	@$(RUN) -m faultlab.build

lint: setup ## Check the style of the code, and that the built notebooks are fresh.
	@$(RUN) -m ruff check --quiet --output-format concise .
	@$(RUN) -m faultlab.build --check

lock: ## Lock the requirements of pyproject.toml with their hashes (needs uv).
	@command -v $(UV) >/dev/null || { echo 'make lock needs uv (https://docs.astral.sh/uv), or UV=<path to it>' >&2; exit 1; }
	@$(UV) pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
	  --no-header --quiet -o requirements.txt

set-repository: setup ## Write the repository's public address into pyproject.toml and the READMEs: URL=https://...
	@$(RUN) -m faultlab.badge "$(URL)"

clean: ## Remove what set-up, builds and tests leave behind; work/ and grading/ stay.
	@rm -rf $(VENV) build .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
