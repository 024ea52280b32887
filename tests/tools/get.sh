#!/usr/bin/env bash
# Gets a tool that the tests use, and prints (on stdout) the path of its program.
#
#   get.sh TOOL      a folder beside this script: its go.mod names the program, its go.sum pins everything in it, its
#                    ldflags (if there are any) say what the program's own build puts into it, its crds (likewise) are
#                    the files of its modules that are kept in the folder crds beside the program, and its kinds are
#                    packages of Go types whose definitions the program (controller-gen) writes there
#
# Where from: the cache, ${MODELSELECTION_CACHE:-${XDG_CACHE_HOME:-~/.cache}/modelselection}, keyed by what is pinned; else
# it is built from Go modules, once (about 2 minutes on 2 cores for each Helm, 5 for Argo CD).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tool=${1:-}
say() { echo "tools: $*" >&2; }

if [[ ! -f "$here/$tool/go.mod" ]]; then
  say "there is no tool '$tool'; there are: $(cd "$here" && echo */ | tr -d /)"
  exit 2
fi
pinned=$(cat "$here/$tool/"* | cksum | cut -d ' ' -f 1)
cache=${MODELSELECTION_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/modelselection}
folder="$cache/tools/$tool-$pinned-$(uname -s | tr '[:upper:]' '[:lower:]')-$(uname -m)"
mkdir -p "$folder"

# One builder at a time: `make test` and a single test may be started together.
if command -v flock >/dev/null; then
  exec 9>"$folder/.lock"
  flock 9
fi

# The unfinished file never has the final name, so that a cut-off build is not taken for a whole one.
if [[ ! -x "$folder/$tool" ]]; then
  say "building $tool (once; kept in $folder)"
  start=$SECONDS
  flags="-s -w $(cat "$here/$tool/ldflags" 2>/dev/null || true)"
  cd "$here/$tool"
  # A newer Go than the machine's: the go command gets it as a module.
  toolchain=$(awk '$1 == "toolchain" {print $2}' go.mod)
  export GOTOOLCHAIN=${toolchain:-${GOTOOLCHAIN:-}}
  CGO_ENABLED=0 go build -trimpath -ldflags "$flags" -o "$folder/.$tool.part" tool
  if [[ -f crds ]]; then
    read -r module files <crds
    mkdir -p "$folder/crds"
    # shellcheck disable=SC2086 # it is a pattern
    (cd "$(go list -m -f '{{.Dir}}' "$module")" && install -m 644 $files "$folder/crds")
  fi
  if [[ -f kinds ]]; then
    sed 's/^/paths=/' kinds | xargs "$folder/.$tool.part" crd "output:dir=$folder/crds"
  fi
  mv "$folder/.$tool.part" "$folder/$tool"
  say "built $tool in $((SECONDS - start)) s"
fi
echo "$folder/$tool"
