# make demo   a fresh machine to the app with sample data
# make test   a fresh machine to every test passed
# make check  format, lint and types
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PYTEST_ARGS ?=

.PHONY: demo test check bench clean

demo: $(VENV)/.installed
	$(BIN)/review demo demo

# Files in the order of their names: the slow ones come first, so that no worker is left alone with one at the end.
test: $(VENV)/.installed-test
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

check: $(VENV)/.installed-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict review

bench: $(VENV)/.installed-test
	$(BIN)/python tests/benchmarks/run.py

clean:
	rm -rf $(VENV) demo build dist *.egg-info

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is older than 3.11. Name a newer one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	touch $@

# Two installations at a time: each unpacks on one core.
$(VENV)/.installed-test: $(VENV)/.installed tests/install_chromium.sh tests/install_consumers.sh $(wildcard tests/consumers/*.txt)
	@sh tests/install_consumers.sh $(VENV) & consumers=$$!; \
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test,minilm]' && \
	sh tests/install_chromium.sh; own=$$?; \
	wait $$consumers && exit $$own
	touch $@
