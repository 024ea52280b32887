#!/usr/bin/env bash
# Builds the same image as the Dockerfile without a container engine: an OCI archive in dist/ with its SBOM. Then runs the
# programs from the unpacked image.
#
#   hack/image.sh        with the release build
#   hack/image.sh dev    with the debug build, to test a change of this script; the size is not checked
#
# Requirements, on Debian 12, as root (for chroot and file ownership):
#   apt-get install --no-install-recommends umoci jq
#   cargo install --locked cargo-cyclonedx --version 0.5.9
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

NAME=modelselection-operator
# The name that the chart and the overlays pull by default, so that an imported archive needs no settings.
REFERENCE=ghcr.io/modelselection/modelselection-operator
BINARIES=(modelselection-operator sagemaker-emulator kubectl-modelselection)
# The Debian packages of distroless/cc that these programs use. gcc-12-base contains the license of libgcc.
PACKAGES=(libc6 libgcc-s1 gcc-12-base ca-certificates)
MOST_MIB=30
VERSION=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
ARCH=$(dpkg --print-architecture)
# The commit's time, so that the same commit gives the same image.
EPOCH=$(git log -1 --format=%ct)

say() { echo "image: $*" >&2; }
die() { say "$*"; exit 1; }

for tool in umoci jq dpkg-deb cargo-cyclonedx; do
  command -v "$tool" >/dev/null || die "$tool is not on the PATH; the comment at the top of hack/image.sh says how to install it"
done
[[ $EUID == 0 ]] || die "run it as root: the image's files belong to root, and chroot requires it"

work=$(mktemp -d)
# Without `|| true`, `set -e` would end the trap with status 1 when the job has already ended.
trap 'kill %1 2>/dev/null || true; rm -rf "$work"' EXIT
mkdir -p dist

profile=${1:-release}
say "building ($profile)"
cargo build --quiet --profile "$profile" --locked $(printf -- '--bin %s ' "${BINARIES[@]}")
built=target/${profile/dev/debug}

# Base layer: libraries, CA certificates, users and groups from Debian.
base=$work/base
mkdir -p "$base"/{etc/ssl/certs,usr/local/bin,usr/share/doc,tmp,home/nonroot} "$work"/{packages,debian}
(cd "$work/packages" && apt-get download -qq "${PACKAGES[@]}" 2>/dev/null)
for package in "$work"/packages/*.deb; do dpkg-deb --extract "$package" "$work/debian"; done
for package in "${PACKAGES[@]}"; do
  install -D -m 644 "$work/debian/usr/share/doc/$package/copyright" "$base/usr/share/doc/$package/copyright"
done
# The package has one file per certificate; programs read one bundle.
find "$work/debian/usr/share/ca-certificates" -name '*.crt' | LC_ALL=C sort | xargs cat > "$base/etc/ssl/certs/ca-certificates.crt"
library() { (cd "$work/debian" && find lib* usr/lib -name "$1" ! -path '*/gconv/*' | head -1); }
needed=$(for binary in "${BINARIES[@]}"; do objdump -p "$built/$binary" | awk '$1 == "NEEDED" && $2 !~ /^ld-/ {print $2}'; done | sort -u)
for name in $needed; do
  file=$(library "$name")
  [[ -n $file ]] || die "no package of ${PACKAGES[*]} contains $name"
  install -D -m 755 "$work/debian/$file" "$base/$file"
done
# The programs name the absolute path of the dynamic loader.
loader=$(readelf -l "$built/$NAME" | sed -n 's/.*interpreter: \(.*\)\]/\1/p')
install -D -m 755 "$(readlink -f "$work/debian$loader")" "$base$loader"
echo 'root:x:0:0:root:/root:/sbin/nologin
nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin' > "$base/etc/passwd"
echo 'root:x:0:
nonroot:x:65532:' > "$base/etc/group"
echo 'hosts: files dns' > "$base/etc/nsswitch.conf"
chmod 1777 "$base/tmp"
chown 65532:65532 "$base/home/nonroot"

# Program layer: the only layer that changes from release to release.
programs=$work/programs
for binary in "${BINARIES[@]}"; do install -D -m 755 --strip "$built/$binary" "$programs/usr/local/bin/$binary"; done
ln -s kubectl-modelselection "$programs/usr/local/bin/kubectl-msel"

layout=$work/image
umoci init --layout "$layout"
umoci new --image "$layout:$VERSION"
for layer in base programs; do
  # Reproducible: sorted, and without the build time.
  tar --sort=name --mtime="@$EPOCH" --numeric-owner --pax-option=delete=atime,delete=ctime --format=posix \
    -C "$work/$layer" -cf "$work/$layer.tar" .
  umoci raw add-layer --image "$layout:$VERSION" --history.created_by "$layer" \
    --history.created "$(date -u -d "@$EPOCH" +%FT%TZ)" "$work/$layer.tar"
done
umoci config --image "$layout:$VERSION" \
  --os linux --architecture "$ARCH" --created "$(date -u -d "@$EPOCH" +%FT%TZ)" \
  --config.user 65532:65532 --config.workingdir / --config.entrypoint "$NAME" \
  --config.env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  --config.env MALLOC_ARENA_MAX=2 --config.env MALLOC_MMAP_THRESHOLD_=131072 \
  --config.env SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
  --config.label org.opencontainers.image.title="$NAME" \
  --config.label org.opencontainers.image.version="$VERSION" \
  --config.label org.opencontainers.image.revision="$(git rev-parse HEAD)" \
  --config.label org.opencontainers.image.licenses=Apache-2.0 \
  --config.label org.opencontainers.image.source="https://github.com/modelselection/modelselection-operator" \
  --history.created "$(date -u -d "@$EPOCH" +%FT%TZ)"
umoci gc --layout "$layout"
# containerd (`kind load image-archive`, `ctr images import`) takes the image's name from this annotation. Without it, the name is
# `import-<date>:VERSION`.
jq --arg name "$REFERENCE:$VERSION" '.manifests[0].annotations["io.containerd.image.name"] = $name' "$layout/index.json" > "$work/index.json"
mv "$work/index.json" "$layout/index.json"
archive=dist/$NAME-$VERSION-$ARCH.oci.tar
tar --sort=name --mtime="@$EPOCH" --owner=0 --group=0 --numeric-owner -C "$layout" -cf "$archive" .

# SBOM: the crates of the programs and the Debian packages. cargo-cyclonedx writes a file beside the manifest of each package of the
# workspace.
sbom=dist/$NAME-$VERSION-$ARCH.cdx.json
part=$(basename "$work")
cargo cyclonedx --quiet --format json --target "$(rustc -vV | sed -n 's/^host: //p')" --override-filename "$part"
mv "$part.json" "$work/operator.json"
mv "crates/emulator/$part.json" "$work/emulator.json"
mv "crates/cli/$part.json" "$work/plugin.json"
find crates demo xtask -name "$part.json" -delete
for package in "$work"/packages/*.deb; do
  dpkg-deb --show --showformat='${Package}\t${Version}\t${Architecture}\n' "$package"
done | jq -R 'split("\t") | {
    type: "library", name: .[0], version: .[1],
    "bom-ref": "deb:\(.[0])", purl: "pkg:deb/debian/\(.[0])@\(.[1] | @uri)?arch=\(.[2])&distro=debian-12"
  }' | jq -s . > "$work/debian.json"
jq --slurpfile emulator "$work/emulator.json" --slurpfile plugin "$work/plugin.json" --slurpfile debian "$work/debian.json" '
  .components = ([.components[], ($emulator, $plugin)[0].metadata.component, ($emulator, $plugin)[0].components[]] | unique_by(."bom-ref")) + $debian[0]
' "$work/operator.json" > "$sbom"

# Proof: the programs run in the unpacked image alone, as the unprivileged user.
umoci unpack --image "$layout:$VERSION" "$work/bundle"
root=$work/bundle/rootfs
inside() { # inside VARIABLE=VALUE... -- PROGRAM ARGUMENT...
  local environment=(PATH=/usr/local/bin SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt)
  while [[ $1 != -- ]]; do environment+=("$1"); shift; done
  exec env -i "${environment[@]}" "$(command -v chroot)" --userspec=65532:65532 "$root" "/usr/local/bin/$2" "${@:3}"
}
for binary in "${BINARIES[@]}"; do say "runs: $( (inside -- "$binary" --version) )"; done
# Start the operator with an API server and a trace collector that do not exist. Both need TLS; the collector's client fails at once
# without CA certificates.
echo '{"clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
  "contexts": [{"name": "c", "context": {"cluster": "c", "user": ""}}], "current-context": "c"}' > "$root/tmp/kubeconfig"
(inside KUBECONFIG=/tmp/kubeconfig AWS_REGION=us-west-2 AWS_EC2_METADATA_DISABLED=true -- \
  "$NAME" --http-listen 127.0.0.1:0 --otlp-endpoint https://127.0.0.1:1) 2> "$work/log" &
operator=$!
for _ in $(seq 100); do grep -q 'part="kubernetes"' "$work/log" && break; sleep 0.2; done
grep -q 'part="kubernetes"' "$work/log" || die "the operator does not reach the point of calling the API server: $(cat "$work/log")"
kill -TERM "$operator"
wait "$operator" || die "the operator ended with $?: $(cat "$work/log")"
say "runs: starts, calls the API server, exits on SIGTERM"

manifest=$(jq -r '.manifests[0].digest | sub(":"; "/")' "$layout/index.json")
size=$(jq '[.config.size, .layers[].size] | add' "$layout/blobs/$manifest")
say "$archive: $((size / 1024)) KiB compressed ($(jq -c '[.layers[].size]' "$layout/blobs/$manifest") bytes per layer)"
say "$sbom: $(jq '.components | length' "$sbom") components"
[[ $profile != release ]] || ((size < MOST_MIB * 1024 * 1024)) || die "more than $MOST_MIB MiB"
