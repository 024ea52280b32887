#!/usr/bin/env bash
# Gets moto, the AWS services that the tests of the kubectl plugin ask (CloudWatch Logs, STS, Service Quotas), and prints (on
# stdout) the Python that runs server.py.
#
# It goes to the cache, ${MODELSELECTION_CACHE:-${XDG_CACHE_HOME:-~/.cache}/modelselection}, keyed by requirements.txt, from
# PyPI the first time (half a minute). Exit status 3: PyPI cannot be reached.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
say() { echo "moto: $*" >&2; }

cache=${MODELSELECTION_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/modelselection}
folder="$cache/moto-$(cksum <"$here/requirements.txt" | cut -d ' ' -f 1)"
mkdir -p "$folder"

# One at a time: `make test` and a single test may be started together.
if command -v flock >/dev/null; then
  exec 9>"$folder/.lock"
  flock 9
fi

# The mark comes last, so that a cut-off install is not taken for a whole one.
if [[ ! -f "$folder/installed" ]]; then
  say "installing moto (once; kept in $folder)"
  python3 -m venv --clear "$folder/venv"
  if ! "$folder/venv/bin/pip" install --quiet --requirement "$here/requirements.txt" 2>"$folder/pip.log"; then
    cat "$folder/pip.log" >&2
    if grep -qE 'NewConnectionError|NameResolutionError|ConnectTimeout|ProxyError|ReadTimeout' "$folder/pip.log"; then
      say "SKIPPED: the tests of logs and quotas need moto, and PyPI cannot be reached"
      exit 3
    fi
    exit 1
  fi
  touch "$folder/installed"
fi
echo "$folder/venv/bin/python"
