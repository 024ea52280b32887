# The image, for amd64 and arm64, without any secret:
#   docker buildx build --platform linux/amd64,linux/arm64 --tag REPOSITORY:TAG .
# `make image` assembles the same without a container engine. docs/decisions/018-image.md says why it is as it is.

# The compiler runs on the architecture of the machine: emulated, it would take hours.
FROM --platform=$BUILDPLATFORM docker.io/library/rust:1.95.0-bookworm AS build
ARG BUILDARCH
ARG TARGETARCH
# The image's own toolchain; rust-toolchain.toml would have another one downloaded, with tools for developing.
ENV RUSTUP_TOOLCHAIN=1.95.0
# The cryptography is C: the other architecture needs a compiler of its own.
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
RUN case "$TARGETARCH" in \
      amd64) rust=x86_64 gcc=x86-64 ;; \
      arm64) rust=aarch64 gcc=aarch64 ;; \
      *) echo "there is no image for '$TARGETARCH'" >&2; exit 1 ;; \
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
    cargo build --locked --release --target "$(cat /triple)" --bin modelselection-operator --bin sagemaker-emulator; \
    mkdir /out; \
    cp "target/$(cat /triple)/release/modelselection-operator" "target/$(cat /triple)/release/sagemaker-emulator" /out/

# glibc, libgcc, CA certificates, and a user without rights: no shell and no package manager.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /out/ /usr/local/bin/
# By number, so that Kubernetes can see that it is not root.
USER 65532:65532
ENTRYPOINT ["modelselection-operator"]
LABEL org.opencontainers.image.title="modelselection-operator" \
      org.opencontainers.image.description="Chooses machine-learning models on Kubernetes, with SageMaker" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/modelselection/modelselection-operator"
