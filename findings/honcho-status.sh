#!/usr/bin/env bash
# honcho 2.0.0 (PyPI) exits with 247 when a process of its Procfile was killed by SIGKILL.
#
# Python gives a death by signal N as the return code -N, and honcho hands that to sys.exit: the low
# eight bits of -9. The shell's 137 (128 + 9) stays 137 only where a shell stands between.
#
# Seen 2026-11-28, Python 3.11, Linux 6.18:
#   exec'ed and killed: status 247
#   below a shell and killed: status 137
#   exit 7: status 7
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check honcho==2.0.0

status() {
    local status=0
    printf 'job: %s\n' "$1" >Procfile
    venv/bin/honcho start >/dev/null 2>&1 || status=$?
    echo "$status"
}

direct=$(status "exec sh -c 'kill -KILL \$\$'")
below=$(status "sh -c 'kill -KILL \$\$'; exit \$?")
left=$(status "exec sh -c 'exit 7'")
printf "exec'ed and killed: status %s\nbelow a shell and killed: status %s\nexit 7: status %s\n" \
    "$direct" "$below" "$left"
[[ $direct == 247 && $below == 137 && $left == 7 ]]
