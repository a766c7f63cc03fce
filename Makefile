# The commands for developers. `make demo` and `make test` do all their own set-up; they need only Rust and Node 20.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

CARGO_TARGET := $(or $(CARGO_TARGET_DIR),target)
DEBUG := $(CARGO_TARGET)/debug/stepcast
RELEASE := $(CARGO_TARGET)/release/stepcast
WEB_SOURCES := $(shell git ls-files web)

.PHONY: help demo up programs test test-rust test-web test-browser test-aws chaos fuzz check check-rust check-web check-infra check-asyncapi types bench bench-peers \
	package deploy destroy dist test-dist \
	test-integrations ci-tools check-release release-files publish-github publish-npm docs test-docs

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 18

# Not the release build: it takes three times as long to compile, and the demo is fast enough with both.
demo: $(DEBUG) ## Build, start the stack with the example site, run an example suite and stay up
	examples/demo.sh $(DEBUG)

up: $(RELEASE) ## Build for use and start the stack on this machine
	$(RELEASE) up

test: test-rust test-web test-browser test-integrations test-docs test-aws ## Run all tests, including those in a browser and on an emulated AWS

check: check-rust check-web check-infra check-asyncapi ## Formatting, lints, documentation, dependency rules, types, template

# --- Rust

# The tests run the programs, so those are built first. They are built together with the tests, because the features of
# dependencies depend on what is built; separately, dependencies would be built twice.
programs: web/dist/index.html
	cargo build --workspace --all-features --bins --tests

test-rust: programs
	scripts/python-environment tests/requirements/client.txt
	scripts/python-environment tests/requirements/differential.txt
	scripts/cargo-test --workspace --all-features

check-rust:
	cargo fmt --all --check
	cargo clippy --workspace --all-features --all-targets -- -D warnings
	cargo clippy --workspace --all-features --test aws -- -D warnings
	RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" cargo doc --workspace --no-deps --document-private-items
	cargo test --quiet --workspace --all-features --test workspace

chaos: programs ## Kill servers at random moments of 200 runs (RUNS and SEED choose others) and check the results
	STEPCAST_CHAOS_RUNS=$(or $(RUNS),200) STEPCAST_CHAOS_SEED=$(or $(SEED),$(shell date +%s)) \
		cargo test --quiet --workspace --all-features --test chaos -- --nocapture

# Bash counts seconds in a variable of this name, so the tests get the value under another name.
fuzz: ## Feed generated input to every parser of untrusted text, for SECONDS=60
	STEPCAST_FUZZ_SECONDS=$(or $(SECONDS),60) cargo test --quiet --workspace --all-features --lib --bins --test fuzz \
		fuzz_ -- --test-threads=1 --nocapture

types: ## Generate the wire types for the dashboard and the JSON Schema of suites
	cargo run --quiet -p stepcast-protocol --features typescript --example typescript > web/src/client/protocol.ts
	cargo run --quiet -p stepcast-suite --example suite_schema > docs/suite.schema.json

$(RELEASE): web/dist/index.html FORCE
	cargo build --release -p stepcast

$(DEBUG): web/dist/index.html FORCE
	cargo build --workspace --bins

# --- AWS

test-aws: programs package ## Run the contract suites on other implementations, and the end-to-end tests on an emulated AWS
	scripts/test-contracts
	scripts/test-deployed

check-infra:
	scripts/check-infra

package: ## Build the functions for AWS
	scripts/package

deploy: package web/dist/index.html ## Deploy to AWS; asks the first time
	scripts/deploy

destroy: ## Delete the deployment
	scripts/destroy

# --- Dashboard

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	scripts/need npm "the dashboard"
	cd web && npm ci --no-audit --no-fund
	touch $@

web/dist/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES) docs/suite.schema.json
	cd web && npm run build
	touch $@

test-web: web/node_modules/.package-lock.json
	cd web && npm test

check-web: web/node_modules/.package-lock.json
	cd web && npm run check

test-browser: programs web/node_modules/.package-lock.json
	scripts/need-chromium
	scripts/browser-test $(DEBUG)

# --- Packages

dist: web/dist/index.html ## Build the packages of a release in target/packages (TARGET=aarch64-unknown-linux-gnu for another platform)
	scripts/need node "packing"
	scripts/dist $(TARGET)

# Nothing here is built: the packages are tried as they are.
test-dist: ## Try the packages in empty environments
	scripts/need node "trying the packages"
	command -v systemd-analyze >/dev/null || scripts/need-package systemd "judging the service of the Debian package"
	node --test packaging/tests/*.test.mjs

# --- Steps of the workflows, which a maintainer can run by hand

ci-tools: ## Install what a bare Debian lacks to build and test
	scripts/ci-tools

check-release: ## Check that the tag TAG names the version
	scripts/release check

release-files: ## Put the packages of all platforms together
	scripts/release files

publish-github: ## Make the release of TAG
	scripts/release github

publish-npm: ## Publish the npm packages
	scripts/release npm

test-integrations: programs web/node_modules/.package-lock.json ## Test the GitHub Action and the GitLab template on made-up runners
	for tool in curl jq; do command -v $$tool >/dev/null || scripts/need-package $$tool "the GitHub Action"; done
	STEPCAST=$(abspath $(DEBUG)) node --test integrations/tests/*.test.mjs

# --- Documents

check-asyncapi:
	scripts/check-asyncapi

test-docs: programs ## Try the examples of the guide
	command -v openssl >/dev/null || scripts/need-package openssl "the example with certificates"
	node --test --test-reporter=dot docs/book/*.test.mjs
	STEPCAST=$(abspath $(DEBUG)) node docs/book/examples.mjs

docs: $(DEBUG) ## Build the documentation as a site in target/docs-site, and check its links
	scripts/docs
	scripts/docs-check $(DEBUG)

# --- Benchmarks

bench: $(RELEASE) ## Time the engine alone, 2,000 watchers of one job, and a suite over a documentation tree
	bench/engine.sh $(RELEASE)
	bench/watchers.sh $(RELEASE)
	bench/documentation.sh $(RELEASE)

# STEPCAST=PROGRAM measures another program than the release build.
bench-peers: $(if $(STEPCAST),,$(RELEASE)) ## Compare with what a Node team would build, half an hour (REPEAT=3)
	STEPCAST=$(or $(STEPCAST),$(RELEASE)) bench/peers/run.py all --repeat $(or $(REPEAT),3)

FORCE:
