# Everyday commands. Each installs what it needs, and only where it is missing.

VENV := .venv
NODE := tests/clients/node/node_modules
DRIVERS := tests/drivers

# The versions of PostgreSQL that are supported. `make test PG=16` tests on one of them, without PG on the system's.
VERSIONS := 14 15 16 17 18
ON_VERSION := $(if $(PG),tests/versions/with $(PG))

.PHONY: help run build test test-tools test-versions test-apps test-drivers test-regress fuzz lint bench clean

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## Build, then start a private PostgreSQL with the proxy in front of it
	@.ci/packages run
	target/release/pggit dev $(ARGS)

build: ## Build the optimised program, target/release/pggit
	@.ci/packages build
	cargo build --release

test: test-tools ## Run all tests, the fast ones first; PG=16 on that version of PostgreSQL
	$(if $(PG),tests/versions/install)
	cargo test --lib --bins
	$(ON_VERSION) cargo test --test '*'
	cargo test --doc

test-versions: test-tools ## Run the tests that need a server on each version of PostgreSQL, 14 to 18
	tests/versions/install
	for version in $(VERSIONS); do tests/versions/with $$version cargo test --test '*' || exit; done

test-apps: test-tools ## Run real applications' migrations through the proxy; APPS="wagtail pg-boss" only these
	@.ci/packages build
	cargo build
	cd tests/apps && PYTHONPATH=../harness ../../$(VENV)/bin/python -B -m trial $(if $(APPS),$(APPS),--write ../../docs/applications.md)

test-drivers: test-tools $(DRIVERS)/node/node_modules/installed ## Run drivers' scripts through the proxy; ONLY="psycopg pgjdbc" only these
	@.ci/packages drivers
	cargo build
	cargo build --manifest-path $(DRIVERS)/rust/Cargo.toml --target-dir $(DRIVERS)/rust/target
	cd $(DRIVERS) && PYTHONPATH=../harness ../../$(VENV)/bin/python -B -m conformance $(if $(ONLY),$(ONLY),--write ../../docs/compatibility.md)

test-regress: build ## Run PostgreSQL's own regression tests through the proxy; ARGS="--branch" on a branch, too
	@.ci/packages build test regress
	tests/regress/run $(ARGS)

fuzz: ## Fuzz what reads clients' bytes, each target for SECONDS=600; TARGETS="startup frames" only these
	@.ci/packages build
	fuzz/run $(or $(SECONDS),600) $(TARGETS)

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

# Prisma's client is generated without its migration engine, which would be downloaded.
$(DRIVERS)/node/node_modules/installed: $(addprefix $(DRIVERS)/node/,package-lock.json prisma/schema.prisma)
	npm ci --prefix $(DRIVERS)/node --no-audit --no-fund --ignore-scripts
	cd $(DRIVERS)/node && PRISMA_SCHEMA_ENGINE_BINARY=/bin/true node_modules/.bin/prisma generate
	@touch $@

lint: ## Check formatting, and lint with warnings denied
	@.ci/packages build
	cargo fmt --check
	cargo fmt --check --manifest-path fuzz/Cargo.toml
	cargo clippy --all-targets -- -D warnings

bench: build ## Compare with PgBouncer and no proxy, and write docs/performance.md (half an hour); ARGS=--quick only tries it
	@.ci/packages bench
	bench/run $(ARGS)

clean: ## Remove what was built, and the tests' tools
	cargo clean
	rm -rf $(VENV) $(NODE) $(addprefix tests/versions/,installed .venv node_modules) $(wildcard tests/apps/*/.venv tests/apps/*/node_modules) \
		$(addprefix $(DRIVERS)/,node/node_modules node/prisma/generated rust/target) \
		tests/regress/installed $(addprefix fuzz/,target corpus artifacts)
