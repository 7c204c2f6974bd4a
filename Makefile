# Two commands: `make run` starts Folkmoot, `make test` proves it. Both set up what they need and can be repeated.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

BIN := .venv/bin
UV := .make/uv/bin/uv
DATAPLANE := sfu/dataplane
RUST_SOURCES := $(shell find $(DATAPLANE) -name '*.rs' -not -path '*/target/*') $(shell find $(DATAPLANE) -name 'Cargo.*' -not -path '*/target/*')
WEB_SOURCES := $(shell find web -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*' -not -name package-lock.json)
export UV_PROJECT_ENVIRONMENT := .venv
# the one check-tools looked at
export UV_PYTHON := python3

.PHONY: help run test lint unit fuzz check-tools clean protocol

help: ## What can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

run: .make/python .make/web ## Set up and serve on http://localhost:7880
	exec $(BIN)/folkmoot serve --dev

test: .make/test-tools .make/python-dev .make/web ## Set up and run every check and test
	scripts/test.sh

lint: .make/python-dev .make/web ## Format, lint, types and layers of all three languages
	scripts/lint.sh

unit: .make/python-dev ## The fast tests: Rust, and Python without browsers
	cargo test --quiet --manifest-path $(DATAPLANE)/Cargo.toml -p folkmoot-core
	$(BIN)/python -m pytest -q -m "not browser and not slow"

fuzz: .make/tools ## A minute of coverage-guided fuzzing of every parser and of the whole media plane
	scripts/fuzz.sh 60

protocol: .make/python-dev .make/web ## Regenerate the web client's protocol types from signaling's messages
	scripts/protocol.sh

clean: ## Remove everything that was built
	rm -rf .make .venv web/node_modules web/dist $(DATAPLANE)/target sfu/_dataplane*.so

check-tools:
	@scripts/check-tools.sh

.make/tools: scripts/check-tools.sh
	@scripts/check-tools.sh
	@mkdir -p .make && touch $@

$(UV): | .make/tools
	python3 -m venv .make/uv
	.make/uv/bin/pip install --quiet --disable-pip-version-check uv==0.13.8

# --inexact: the development tools stay when only the run-time set is asked for
.make/python: pyproject.toml uv.lock $(RUST_SOURCES) | $(UV)
	$(UV) sync --frozen --no-dev --inexact
	@touch $@

.make/python-dev: pyproject.toml uv.lock $(RUST_SOURCES) | $(UV)
	$(UV) sync --frozen
	@touch $@ .make/python

.make/node: web/package.json web/package-lock.json | .make/tools
	cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.make/web: .make/node $(WEB_SOURCES)
	cd web && npm run --silent build
	@touch $@

.make/test-tools: scripts/test-tools.sh | .make/tools
	scripts/test-tools.sh
	@touch $@
