# make demo    run everything on this machine, without an AWS account and at no cost
# make test    everything that CI runs
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MINORS := 1.37 1.33
CHART := charts/modelselection-operator

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

.PHONY: demo
demo: tools control-plane ## compare the 21 published models on this machine and show the front
	@echo "building (silently; about 5 minutes the first time on 2 cores, then seconds)"
	@cargo build --quiet --bin modelselection-operator --bin sagemaker-emulator --bin demo
	@target/debug/demo

# The integration tests mostly wait for real programs, so run more tests in parallel than there are cores.
.PHONY: test
test: tools lint installable generated control-plane helm promtool moto browser ## everything that CI runs
	RUST_TEST_THREADS=8 cargo test --all-targets --no-fail-fast
	@for minor in $(filter-out 1.37,$(MINORS)); do \
	  echo "the tests that depend on the API server, again on Kubernetes $$minor"; \
	  tests/control-plane/get.sh $$minor >/dev/null; \
	  MODELSELECTION_KUBERNETES_MINOR=$$minor RUST_TEST_THREADS=8 cargo test --no-fail-fast --test api admission::; \
	  MODELSELECTION_KUBERNETES_MINOR=$$minor RUST_TEST_THREADS=8 cargo test --no-fail-fast --test selection lifecycle::; \
	  MODELSELECTION_KUBERNETES_MINOR=$$minor cargo test --test install chart::server::; \
	done

.PHONY: lint
lint: ## check formatting and run clippy
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings

# `cargo install` resolves the features of one package by itself: a feature that only a test enables must not be missing there.
# It resolves as `cargo check -p` does, which needs no code generation.
.PHONY: installable
installable: ## check what `cargo install --locked` compiles: the operator, the emulator and the kubectl plugin
	@for package in modelselection-operator sagemaker-emulator kubectl-modelselection; do \
	  cargo check --quiet --locked --bins --package $$package; \
	done

.PHONY: generate
generate: ## write the generated files: CRD, JSON Schema, IAM policies, references, the chart's copies
	cargo run --quiet --bin xtask
	cp deploy/components/monitoring/alerts.yaml deploy/components/monitoring/dashboard.json $(CHART)/files/
	cp examples/minimal.yaml $(CHART)/files/sample.yaml
	awk -f charts/reference.awk $(CHART)/values.yaml > docs/reference/values.md.new && mv docs/reference/values.md.new docs/reference/values.md
	{ cat charts/readme.md; grep '^|' docs/reference/values.md; } > $(CHART)/README.md
	awk -f charts/describe.awk docs/reference/values.md $(CHART)/values.schema.json > values.schema.new && mv values.schema.new $(CHART)/values.schema.json

.PHONY: generated
generated: generate ## fail if a generated file differs from the one in Git
	@git diff --exit-code -- crds deploy/crds deploy/iam deploy/kubectl-plugin docs/reference $(CHART)/files $(CHART)/README.md $(CHART)/values.schema.json || { echo "run 'make generate' and commit the result" >&2; exit 1; }

.PHONY: control-plane
control-plane: ## build kube-apiserver, kube-controller-manager and etcd from Go modules (5 minutes, once; then cached)
	@tests/control-plane/get.sh 1.37 >/dev/null

.PHONY: helm
helm: ## build Helm 4 and 3 from Go modules (2 minutes each, once; then cached)
	@tests/tools/get.sh helm-4 >/dev/null
	@tests/tools/get.sh helm-3 >/dev/null

.PHONY: promtool
promtool: ## build promtool from Go modules (4 minutes, once; then cached)
	@tests/tools/get.sh promtool >/dev/null

.PHONY: moto
moto: ## get moto, a stand-in for AWS services, and cfn-lint (from PyPI the first time; then from the cache)
	@tests/moto/get.sh >/dev/null

.PHONY: browser
browser: ## get Chromium and what drives it (from Debian's packages and npm the first time; then from the cache)
	@crates/report/tests/browser/get.sh >/dev/null || test $$? = 3

.PHONY: test-browser
test-browser: browser control-plane ## test the report and the operator's pages in Chromium
	cargo test -p modelselection-report --test page browser -- --nocapture
	cargo test --test ui browser -- --nocapture

.PHONY: docs-images
docs-images: browser control-plane ## write the pictures of the report and of the operator's pages in docs/images
	DOCS=$(CURDIR)/docs/images cargo test -p modelselection-report --test page browser
	DOCS=$(CURDIR)/docs/images cargo test --test ui browser

.PHONY: alerts
alerts: tools promtool ## test when the alerts fire, with promtool
	cargo test --test install chart::alerts

.PHONY: crash-matrix
crash-matrix: tools control-plane ## kill the operator at every request of a selection's life, and again while it recovers (10 minutes)
	cargo test --test selection -- crash_matrix fault_matrix --ignored --nocapture --test-threads 3

.PHONY: test-gitops
test-gitops: tools ## test docs/gitops with Flux's and Argo CD's programs (15 minutes more the first time)
	@for tool in kustomize-controller flux-kinds argo-cd redis helm-4; do tests/tools/get.sh $$tool >/dev/null; done
	@tests/control-plane/get.sh 1.37 >/dev/null
	cargo test --test gitops -- --include-ignored

.PHONY: test-clients
test-clients: ## run boto3, the AWS CLI, the SageMaker SDKs and Airflow against the emulator, and write docs/reference/emulator-clients.md (10 minutes the first time, from PyPI)
	@cargo build --quiet --bin sagemaker-emulator
	python3 tests/clients/run.py

FUZZ := expressions manifests statuses events hub_documents answers
SECONDS ?= 60
.PHONY: fuzz
fuzz: ## run each fuzz target for SECONDS=60 (needs a nightly compiler and cargo-fuzz; see docs/trust.md)
	@command -v cargo-fuzz >/dev/null || { echo "run 'rustup toolchain install nightly' and 'cargo install cargo-fuzz --locked'" >&2; exit 1; }
	@for target in $(FUZZ); do echo "== $$target"; fuzz/run.sh $$target $(SECONDS); done

MINUTES ?= 30
.PHONY: soak
soak: control-plane ## run the operator for MINUTES=30 under random faults, and check that memory, descriptors and tasks stay flat
	cargo test --bench soak -- --bench $(MINUTES)

# An exception that nothing needs any more would hide the next case.
UNUSED := unmatched-skip license-not-encountered license-exception-not-encountered
.PHONY: deny
deny: ## check licenses, advisories, duplicates and sources of all dependencies (needs cargo-deny)
	@command -v cargo-deny >/dev/null || { echo "run 'cargo install cargo-deny --locked'" >&2; exit 1; }
	cargo deny --workspace --all-features check $(UNUSED:%=-D %)
	cargo deny --manifest-path fuzz/Cargo.toml --all-features check advisories sources

.PHONY: image
image: ## build the image and its SBOM in dist/ without a container engine (as root; see hack/image.sh)
	hack/image.sh

.PHONY: bench
bench: ## measure the figures of README.md
	cargo bench --bench pareto
	cargo bench -p modelselection-decide --bench largest
	cargo bench --bench figures
	cargo bench --bench load
	cargo test --bench calls -- --bench # the debug build: calls do not depend on it

.PHONY: tools
tools:
	@for tool in cargo go kubectl; do command -v $$tool >/dev/null || { echo "$$tool is not on the PATH; see 'Quick start' in README.md" >&2; exit 1; }; done
