# make demo    the whole thing on this machine, with no account and at no cost
# make test    everything that CI runs
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MINORS := 1.37 1.33
CHART := charts/modelselection-operator

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

.PHONY: demo
demo: tools control-plane ## run the published frontier on this machine and show the front
	@echo "building (about 6 minutes the first time on 2 cores, without a word; seconds later)"
	@cargo build --quiet --bin modelselection-operator --bin sagemaker-emulator --bin demo
	@target/debug/demo

# The integration tests mostly wait for real programs: more of them at a time than there are cores.
.PHONY: test
test: tools lint generated control-plane helm promtool ## everything that CI runs
	RUST_TEST_THREADS=8 cargo test --all-targets --no-fail-fast
	@for minor in $(filter-out 1.37,$(MINORS)); do \
	  echo "the tests that depend on the API server, once more on Kubernetes $$minor"; \
	  tests/control-plane/get.sh $$minor >/dev/null; \
	  MODELSELECTION_KUBERNETES_MINOR=$$minor RUST_TEST_THREADS=8 cargo test --no-fail-fast --test api admission::; \
	  MODELSELECTION_KUBERNETES_MINOR=$$minor RUST_TEST_THREADS=8 cargo test --no-fail-fast --test selection lifecycle::; \
	  MODELSELECTION_KUBERNETES_MINOR=$$minor cargo test --test install chart::server::; \
	done

.PHONY: lint
lint: ## formatting and clippy
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings

.PHONY: generate
generate: ## write what is generated: the CRD, its schema, the policies, the references, the chart's copies
	cargo run --quiet --bin xtask
	cp deploy/components/monitoring/alerts.yaml deploy/components/monitoring/dashboard.json $(CHART)/files/
	cp examples/minimal.yaml $(CHART)/files/sample.yaml
	awk -f charts/reference.awk $(CHART)/values.yaml > docs/reference/values.md.new && mv docs/reference/values.md.new docs/reference/values.md
	{ cat charts/readme.md; grep '^|' docs/reference/values.md; } > $(CHART)/README.md
	awk -f charts/describe.awk docs/reference/values.md $(CHART)/values.schema.json > values.schema.new && mv values.schema.new $(CHART)/values.schema.json

.PHONY: generated
generated: generate ## fail when something generated is not what is checked in
	@git diff --exit-code -- crds deploy/crds deploy/iam docs/reference $(CHART)/files $(CHART)/README.md $(CHART)/values.schema.json || { echo "run 'make generate' and commit the result" >&2; exit 1; }

.PHONY: control-plane
control-plane: ## get kube-apiserver, kube-controller-manager and etcd (5 minutes the first time, from Go modules; then from the cache)
	@tests/control-plane/get.sh 1.37 >/dev/null

.PHONY: helm
helm: ## get Helm 4 and 3 (2 minutes each the first time, from Go modules; then from the cache)
	@tests/tools/get.sh helm-4 >/dev/null
	@tests/tools/get.sh helm-3 >/dev/null

.PHONY: promtool
promtool: ## get Prometheus' own tool (4 minutes the first time, from Go modules; then from the cache)
	@tests/tools/get.sh promtool >/dev/null

.PHONY: alerts
alerts: tools promtool ## when the alerts fire
	cargo test --test install chart::alerts

.PHONY: test-gitops
test-gitops: tools ## Flux's and Argo CD's own programs with the guides in docs/gitops (15 minutes the first time)
	@for tool in kustomize-controller flux-kinds argo-cd redis helm-4; do tests/tools/get.sh $$tool >/dev/null; done
	@tests/control-plane/get.sh 1.37 >/dev/null
	cargo test --test gitops -- --include-ignored

.PHONY: image
image: ## the image without a container engine, with its SBOM, in dist/ (as root; hack/image.sh says what it needs)
	hack/image.sh

.PHONY: bench
bench: ## what we promise about speed, measured
	cargo bench --bench pareto
	cargo bench --bench figures

.PHONY: tools
tools:
	@for tool in cargo go kubectl; do command -v $$tool >/dev/null || { echo "$$tool is not on the PATH; see 'What you need' in README.md" >&2; exit 1; }; done
