#!/usr/bin/env bash
# Gets kube-apiserver, kube-controller-manager and etcd, and prints (on stdout) the folder that holds them.
#
#   get.sh [KUBERNETES_MINOR]      1.37 (default) or 1.33, the oldest that we support
#
# Where from, in this order:
#   1. $KUBEBUILDER_ASSETS, when it is set: taken as it is, whatever its version.
#   2. The cache: ${MODELSELECTION_CACHE:-${XDG_CACHE_HOME:-~/.cache}/modelselection}, keyed by version.
#   3. setup-envtest, where its downloads can be reached (it has no 1-minute patience here: one try, 60 s).
#   4. Go modules, pinned by the go.mod and go.sum beside this script. About 5 minutes on 2 free cores, once.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
minor=${1:-1.37}
say() { echo "control-plane: $*" >&2; }

if [[ -n "${KUBEBUILDER_ASSETS:-}" ]]; then
  echo "$KUBEBUILDER_ASSETS"
  exit
fi

modules="$here/kubernetes-$minor"
if [[ ! -d "$modules" ]]; then
  say "there are no pinned modules for Kubernetes '$minor'; there are: $(cd "$here" && echo kubernetes-* | sed 's/kubernetes-//g')"
  exit 2
fi
version=$(awk '$1 == "require" && $2 == "k8s.io/kubernetes" {print $3} $1 == "k8s.io/kubernetes" {print $2}' "$modules/go.mod" | head -1)
etcd_version=$(awk '$0 ~ /go.etcd.io\/etcd\/server\/v3 / {print $(NF)}' "$here/etcd/go.mod" | head -1)
cache=${MODELSELECTION_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/modelselection}
folder="$cache/control-plane/$version-etcd-$etcd_version-$(uname -s | tr '[:upper:]' '[:lower:]')-$(uname -m)"
mkdir -p "$folder"

complete() { [[ -x "$folder/kube-apiserver" && -x "$folder/kube-controller-manager" && -x "$folder/etcd" ]]; }

# One builder at a time: `make demo` and `make test` may be started together.
if command -v flock >/dev/null; then
  exec 9>"$folder/.lock"
  flock 9
fi

if complete; then
  echo "$folder"
  exit
fi

# setup-envtest has no kube-controller-manager in it, so only etcd and the API server come from there.
if [[ -z "${MODELSELECTION_BUILD_CONTROL_PLANE:-}" && ! -x "$folder/kube-apiserver" ]]; then
  say "asking setup-envtest for Kubernetes $minor (up to 60 s)"
  if assets=$(timeout 60 go run sigs.k8s.io/controller-runtime/tools/setup-envtest@v0.25.1 use "$minor.x" -p path 2>"$folder/setup-envtest.log"); then
    cp "$assets/kube-apiserver" "$assets/etcd" "$folder/"
    say "got kube-apiserver and etcd from setup-envtest"
  else
    say "setup-envtest cannot download here ($(tail -1 "$folder/setup-envtest.log" | cut -c1-120)); building from Go modules"
  fi
fi

# Builds one program; the unfinished file never has the final name, so that a cut-off build is not taken for a whole one.
build() { # name, module folder, package, minutes on 2 cores, linker flags
  [[ -x "$folder/$1" ]] && return
  local start=$SECONDS
  say "building $1 (about $4 on 2 cores, once; kept in $folder)"
  (cd "$2" && CGO_ENABLED=0 go build -trimpath -ldflags "-s -w ${5:-}" -o "$folder/.$1.part" "$3") &
  local pid=$!
  while kill -0 $pid 2>/dev/null; do
    for _ in $(seq 30); do kill -0 $pid 2>/dev/null && sleep 1; done
    kill -0 $pid 2>/dev/null && say "  $1: still building, $((SECONDS - start)) s"
  done
  wait $pid
  mv "$folder/.$1.part" "$folder/$1"
  say "built $1 in $((SECONDS - start)) s"
}

# Without these the server calls itself v0.0.0, and clients that look at its version are led astray.
stamp=
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
  stamp+=" -X $package.gitVersion=$version -X $package.gitMajor=${minor%.*} -X $package.gitMinor=${minor#*.}"
done
build etcd "$here/etcd" . "half a minute"
build kube-apiserver "$modules" k8s.io/kubernetes/cmd/kube-apiserver "5 minutes" "$stamp"
build kube-controller-manager "$modules" k8s.io/kubernetes/cmd/kube-controller-manager "2 minutes" "$stamp"
echo "$folder"
