#!/usr/bin/env bash
# Prints the manifest for krew of a release: version, addresses and checksums of the archives in FOLDER.
#
#   hack/krew.sh VERSION FOLDER
set -euo pipefail
[[ $# == 2 ]] || { sed -n '2,4s/^# *//p' "$0" >&2; exit 2; }
version=$1 folder=$(realpath "$2")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
manifest=$(sed "s|v0\.0\.0|v$version|" deploy/krew/modelselection.yaml)
for archive in "$folder"/kubectl-modelselection-*.tar.gz; do
  name=$(basename "$archive")
  sum=$(sha256sum "$archive" | cut -d' ' -f1)
  # The line after the address of the archive.
  manifest=$(sed "\|/$name\$|{n;s|sha256: .*|sha256: \"$sum\"|}" <<<"$manifest")
done
missing=$(sed -n '/uri: /h;/sha256: "0\{64\}"/{x;s|.*/||p}' <<<"$manifest")
[[ -z $missing ]] || { echo "no archive in $folder for: $missing" >&2; exit 1; }
echo "$manifest"
