# Every target makes its own .venv, so each works on a fresh clone with Python 3.11, git and make.

PYTHON ?= python3
BIN := .venv/bin
EXTRAS ?= .
STAMP := .venv/.installed
STAMP_DEV := .venv/.installed-dev

.PHONY: help install run test coverage lint bench evaluate soak clean

help:  ## This list
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 15

install: $(STAMP)  ## What it takes to run Molva

run: $(STAMP)  ## The sample world: a site, mails and SMS through the whole pipeline, then the page
	$(BIN)/python -m samples

test: $(STAMP_DEV)  ## All tests but the long ones
	$(BIN)/python -m pytest -m "not soak" $(PYTEST)

coverage: $(STAMP_DEV)  ## How much of the core its tests run, by lines and branches; too little is a failure
	$(BIN)/python -m pytest -m "not soak" tests/schemas tests/streams tests/molva --cov $(PYTEST)

lint: $(STAMP_DEV)  ## Style, types, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP_DEV)  ## Speed and memory beside named alternatives
	$(BIN)/python -m bench

evaluate: $(STAMP_DEV)  ## Accuracy on the public data sets (MOLVA_DATA), written to docs/accuracy.md
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,evaluate,train]'
	$(BIN)/molva evaluate

soak: $(STAMP_DEV)  ## The tests that take minutes to hours
	$(BIN)/python -m pytest -m soak

clean:  ## Away with all that the other targets made here
	rm -rf .venv var .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage*

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(STAMP_DEV): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $(STAMP) $@

# --- real servers for the tests ---
.PHONY: servers servers-stop chaos

servers: $(STAMP_DEV)  ## Kafka, Elasticsearch, Dovecot and an SMTP receiver, fetched once, started, addresses printed
	$(BIN)/python -m tools.servers start

servers-stop:  ## Ends what `make servers` started
	$(BIN)/python -m tools.servers stop

chaos: $(STAMP_DEV)  ## Hits a deployment on the real servers at random, then compares what went in with what came out
	$(BIN)/python -m tools.chaos $(CHAOS)
# --- end of real servers ---
