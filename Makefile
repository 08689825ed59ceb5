# Everyday commands. Each installs what it needs, and only where it is missing.

VENV := .venv
NODE := tests/clients/node/node_modules

.PHONY: help run build test test-tools lint bench clean

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## Build, then start a private PostgreSQL with the proxy in front of it
	@.ci/packages run
	target/release/pggit dev $(ARGS)

build: ## Build the optimised program, target/release/pggit
	@.ci/packages build
	cargo build --release

test: test-tools ## Run all tests, the fast ones first
	cargo test --lib --bins
	cargo test --test '*'
	cargo test --doc

test-tools: $(VENV)/installed $(NODE)/installed ## Install what the tests need
	@.ci/packages build test

$(VENV)/installed: tests/clients/python/requirements.txt
	@.ci/packages test
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

$(NODE)/installed: tests/clients/node/package-lock.json
	@.ci/packages test
	npm ci --prefix tests/clients/node --no-audit --no-fund
	@touch $@

lint: ## Check formatting, and lint with warnings denied
	@.ci/packages build
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings

bench: build ## Compare with PgBouncer and a direct connection; takes about half an hour
	@.ci/packages bench
	bench/run $(ARGS)

clean: ## Remove what was built, and the tests' tools
	cargo clean
	rm -rf $(VENV) $(NODE)
