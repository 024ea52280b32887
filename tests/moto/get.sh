#!/usr/bin/env bash
# Gets moto, the stand-in for AWS services, with cfn-lint, which it brings, and prints (on stdout) the folder of their programs.
#
# Where from: the cache, ${MODELSELECTION_CACHE:-${XDG_CACHE_HOME:-~/.cache}/modelselection}, keyed by what requirements.txt pins; else
# they are installed from PyPI, once (a minute or two), into a virtual environment there.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
say() { echo "moto: $*" >&2; }

python=${PYTHON:-python3}
if ! command -v "$python" >/dev/null; then
  say "moto needs Python 3.10 or newer; set PYTHON to its interpreter"
  exit 2
fi
pinned=$(cksum <"$here/requirements.txt" | cut -d ' ' -f 1)
cache=${MODELSELECTION_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/modelselection}
folder="$cache/moto/$pinned-$("$python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')"
mkdir -p "$folder"

# One installer at a time: `make test` and a single test may be started together.
if command -v flock >/dev/null; then
  exec 9>"$folder/.lock"
  flock 9
fi

# The mark comes last, so that a cut-off installation is not taken for a whole one.
if [[ ! -f "$folder/installed" ]]; then
  say "installing moto (once; kept in $folder)"
  "$python" -m venv --clear "$folder/environment"
  "$folder/environment/bin/pip" install --quiet --no-compile --requirement "$here/requirements.txt" >&2
  touch "$folder/installed"
fi
echo "$folder/environment/bin"
