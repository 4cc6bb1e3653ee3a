#!/usr/bin/env bash
# dotenv-cli 11.0.0 (npm) exits with 0 when SIGTERM, SIGINT or SIGHUP ended its command: it means to die
# by the same signal, and catches it.
#
# It has handlers that pass these signals on to the command, and they are still there when it sends the
# command's signal to itself. Nothing is left to do then, and it ends as if all had gone well. By a
# signal that it does not pass on (SIGKILL, SIGALRM) it dies as it means to.
#
# Seen 2026-11-28, Node 20.20, the command killed by
#   TERM: status 0
#   INT: status 0
#   HUP: status 0
#   ALRM: status 142
#   KILL: status 137
#   exit 7: status 7
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund dotenv-cli@11.0.0 >/dev/null
for signal in TERM INT HUP ALRM KILL; do
    status=0
    (node_modules/.bin/dotenv -- sh -c "kill -$signal \$\$") >/dev/null 2>&1 || status=$?
    echo "$signal: status $status"
done 2>/dev/null >said
status=0
node_modules/.bin/dotenv -- sh -c 'exit 7' >/dev/null 2>&1 || status=$?
echo "exit 7: status $status" >>said
cat said
diff said - <<'SEEN'
TERM: status 0
INT: status 0
HUP: status 0
ALRM: status 142
KILL: status 137
exit 7: status 7
SEEN
