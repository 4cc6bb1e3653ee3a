#!/usr/bin/env bash
# forkstat 0.03.01 (Debian 12, 0.03.01-1): its column for the exit value shows the wait status as it is,
# so that 9 is a death by SIGKILL, and exit 9 is 2304.
#
# forkstat(8) calls it the "process exit(2) value". The kernel's process connector sends what wait(2)
# stores: the exit value times 256, plus the signal. To be run as root, as that connector demands.
#
# Seen 2026-11-28, Linux 6.18:
#   exit 9:            2304
#   killed by SIGKILL: 9
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq forkstat=0.03.01-1 2>/dev/null
dpkg -x forkstat_*.deb .

./usr/bin/forkstat -D 3 -s -e exit >said 2>&1 &
forkstat=$!
sleep 1
sh -c 'exit 9' &
left=$!
sh -c 'kill -KILL $$' &
killed=$!
wait "$left" "$killed" 2>/dev/null || true
wait "$forkstat"

value() {
    awk -v pid="$1" '$2 == "exit" && $3 == pid { print $4 }' said
}
left=$(value "$left")
killed=$(value "$killed")
printf 'exit 9:            %s\nkilled by SIGKILL: %s\n' "$left" "$killed"
[[ $left == 2304 && $killed == 9 ]]
