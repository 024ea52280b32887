#!/usr/bin/env bash
# Gets what the browser test needs, and prints (on stdout) the folder with its Node modules: Chromium and Node.js, from
# Debian's packages where they are missing and this is root, and the modules that package-lock.json pins.
#
# The modules go to the cache, ${MODELSELECTION_CACHE:-${XDG_CACHE_HOME:-~/.cache}/modelselection}, keyed by the lock file.
# Exit status 3: a browser cannot be had here.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
say() { echo "browser: $*" >&2; }

cache=${MODELSELECTION_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/modelselection}
folder="$cache/browser-$(cat "$here/package.json" "$here/package-lock.json" | cksum | cut -d ' ' -f 1)"
mkdir -p "$folder"

# One at a time: `make test` and a single test may be started together.
if command -v flock >/dev/null; then
  exec 9>"$folder/.lock"
  flock 9
fi

missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
if ((${#missing[@]} > 0)); then
  if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
    say "SKIPPED: the tests of the report in a browser need ${missing[*]}; install them (Debian: apt-get install ${missing[*]})"
    exit 3
  fi
  say "installing ${missing[*]} from Debian's packages (once)"
  export DEBIAN_FRONTEND=noninteractive
  install() { apt-get install -y --no-install-recommends "${missing[@]}" >&2; }
  install || { apt-get update >&2 && install; }
fi

# The unfinished folder never has the final name, so that a cut-off install is not taken for a whole one.
if [[ ! -d "$folder/node_modules" ]]; then
  say "installing the Node modules (once; kept in $folder)"
  rm -rf "$folder/part"
  mkdir "$folder/part"
  cp "$here/package.json" "$here/package-lock.json" "$folder/part/"
  npm ci --prefix "$folder/part" --ignore-scripts --no-audit --no-fund >&2
  mv "$folder/part/node_modules" "$folder/node_modules"
  rm -rf "$folder/part"
fi
echo "$folder"
