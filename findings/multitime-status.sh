#!/usr/bin/env bash
# multitime 1.4 (Debian 12, 1.4-2) takes a command that fails for one that it could not run, and then
# exits with 0; with N where a signal N killed the command.
#
# So the statuses are the wrong way round: what exits with 9 gives 0, what SIGKILL (9) ends gives 9.
# In both cases it stops at the first of the runs and shows no figures.
#
# Seen 2026-11-28, Linux 6.18:
#   exit 9:            status 0, multitime: Error when attempting to run sh
#   killed by SIGKILL: status 9, multitime: Error when attempting to run sh
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq multitime=1.4-2 2>/dev/null
dpkg -x multitime_*.deb .

outcome() {
    local status=0
    ./usr/bin/multitime -n 2 sh -c "$1" </dev/null >said 2>&1 || status=$?
    printf 'status %s, %s' "$status" "$(tail -n 1 said)"
}

left=$(outcome 'exit 9')
killed=$(outcome 'kill -KILL $$')
printf 'exit 9:            %s\nkilled by SIGKILL: %s\n' "$left" "$killed"
error="multitime: Error when attempting to run sh"
[[ $left == "status 0, $error" && $killed == "status 9, $error" ]]
