# The image for amd64 and arm64; the build needs no secrets:
#   docker buildx build --platform linux/amd64,linux/arm64 --tag REPOSITORY:TAG .
# `make image` builds the same image without a container engine. docs/decisions/018-image.md gives the reasons.

# The compiler runs on the architecture of the build machine and cross-compiles: an emulated compiler takes hours.
FROM --platform=$BUILDPLATFORM docker.io/library/rust:1.95.0-bookworm AS build
ARG BUILDARCH
ARG TARGETARCH
# Use the toolchain of the base image. Otherwise rust-toolchain.toml makes rustup download another one, with development tools.
ENV RUSTUP_TOOLCHAIN=1.95.0
# The cryptography library is C code: the other architecture needs a C cross compiler.
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
RUN case "$TARGETARCH" in \
      amd64) rust=x86_64 gcc=x86-64 ;; \
      arm64) rust=aarch64 gcc=aarch64 ;; \
      *) echo "unsupported architecture '$TARGETARCH': use amd64 or arm64" >&2; exit 1 ;; \
    esac; \
    echo "$rust-unknown-linux-gnu" > /triple; \
    rustup target add "$(cat /triple)"; \
    if [ "$TARGETARCH" != "$BUILDARCH" ]; then \
      apt-get update && apt-get install -y --no-install-recommends "gcc-$gcc-linux-gnu" "libc6-dev-$TARGETARCH-cross"; \
    fi
ENV CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
    CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER=x86_64-linux-gnu-gcc
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --locked --release --target "$(cat /triple)" --bin modelselection-operator --bin sagemaker-emulator --bin kubectl-modelselection; \
    mkdir /out; \
    cp "target/$(cat /triple)/release/"{modelselection-operator,sagemaker-emulator,kubectl-modelselection} /out/; \
    ln -s kubectl-modelselection /out/kubectl-msel

# The emulator alone: docker build --target emulator. The last stage below is the default.
FROM gcr.io/distroless/cc-debian12:nonroot AS emulator
COPY --from=build /out/sagemaker-emulator /usr/local/bin/
USER 65532:65532
ENTRYPOINT ["sagemaker-emulator"]
LABEL org.opencontainers.image.title="sagemaker-emulator" \
      org.opencontainers.image.description="SageMaker hyperparameter tuning on a virtual clock, for tests and trials" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/modelselection/modelselection-operator"

# glibc, libgcc, CA certificates and an unprivileged user; no shell, no package manager.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /out/ /usr/local/bin/
# A numeric uid lets Kubernetes verify runAsNonRoot.
USER 65532:65532
# glibc keeps what it frees for each thread, which adds up where responses are large: one arena, and large blocks are returned.
ENV MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=131072
ENTRYPOINT ["modelselection-operator"]
LABEL org.opencontainers.image.title="modelselection-operator" \
      org.opencontainers.image.description="Selects machine-learning models on Kubernetes with SageMaker tuning jobs" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/modelselection/modelselection-operator"
