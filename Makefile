# Everything a developer does. `make demo` and `make test` do all their own set-up; Rust and Node 20 are all they need.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

CARGO_TARGET := $(or $(CARGO_TARGET_DIR),target)
DEBUG := $(CARGO_TARGET)/debug/stepcast
RELEASE := $(CARGO_TARGET)/release/stepcast
PYTHON_ENVIRONMENT := target/python
WEB_SOURCES := $(shell git ls-files web)

.PHONY: help demo up test test-rust test-web test-browser check check-rust check-web types bench

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 18

# Not the release build: it takes three times as long to compile, and a demo is quick with either.
demo: $(DEBUG) ## Build, start the stack with the example site, run an example suite and stay up
	examples/demo.sh $(DEBUG)

up: $(RELEASE) ## Build for use and start the stack on this machine
	$(RELEASE) up

test: test-rust test-web test-browser ## Run all tests, the browser one included

check: check-rust check-web ## Formatting, lints, documentation, dependency rules, types

# --- Rust

# The tests run the programs as they are shipped, so those are built first.
test-rust: $(DEBUG) $(PYTHON_ENVIRONMENT)/ready
	scripts/cargo-test

check-rust:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --all-features -- -D warnings
	RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" cargo doc --workspace --no-deps --document-private-items
	cargo test --quiet -p stepcast-tests --test workspace

types: ## Write the wire types for the dashboard
	cargo run --quiet -p stepcast-protocol --features typescript --example typescript > web/src/client/protocol.ts

$(RELEASE): web/dist/index.html FORCE
	cargo build --release -p stepcast

$(DEBUG): web/dist/index.html FORCE
	cargo build --workspace --bins

# The Python program of the README is run as a test.
$(PYTHON_ENVIRONMENT)/ready:
	scripts/need python3 "the test of the README's Python client"
	python3 -m venv $(PYTHON_ENVIRONMENT)
	$(PYTHON_ENVIRONMENT)/bin/pip install --quiet --disable-pip-version-check websockets==15.0.1
	touch $@

# --- Dashboard

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	scripts/need npm "the dashboard"
	cd web && npm ci --no-audit --no-fund
	touch $@

web/dist/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES)
	cd web && npm run build
	touch $@

test-web: web/node_modules/.package-lock.json
	cd web && npm test

check-web: web/node_modules/.package-lock.json
	cd web && npm run check

test-browser: $(DEBUG) web/node_modules/.package-lock.json
	scripts/need-chromium
	scripts/browser-test $(DEBUG)

# --- Benchmarks

bench: $(RELEASE) ## Time a suite over a documentation tree
	bench/documentation.sh $(RELEASE)

FORCE:
