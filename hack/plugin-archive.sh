#!/usr/bin/env bash
# Packs a built kubectl plugin as krew and packages install it: dist/kubectl-modelselection-OS-ARCH.tar.gz, reproducible.
#
#   hack/plugin-archive.sh PROGRAM OS ARCH [FOLDER]      the folder for the archive; default: dist
set -euo pipefail
[[ $# -ge 3 ]] || { sed -n '2,5s/^# *//p' "$0" >&2; exit 2; }
program=$(realpath "$1") os=$2 arch=$3 folder=$(realpath -m "${4:-dist}")
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
install -D -m 755 "$program" "$work/kubectl-modelselection"
install -m 644 LICENSE "$work/LICENSE"
cp -R deploy/kubectl-plugin/. "$work/"
# No link kubectl-msel: krew refuses an archive that has one. The caveats of deploy/krew/modelselection.yaml tell how to make it.

mkdir -p "$folder"
# The commit's time, so that the same commit gives the same archive.
epoch=$(git log -1 --format=%ct)
archive=$folder/kubectl-modelselection-$os-$arch.tar.gz
tar --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner -C "$work" -cf - . | gzip -n > "$archive"
echo "$archive"
