#!/usr/bin/env bash
# runlim 1.10 (Debian 12, 1.10-6): "real" is too long by the part of a second that had passed when the
# command started, and its limit of real time strikes as much too early.
#
# It keeps the start as whole seconds (an unsigned number) and the end as a fraction (gettimeofday). So
# a measurement says as much about when it was begun as about the command, and of equal runs the later
# in the second is the slower.
#
# Seen 2026-11-28, Linux 6.18:
#   started at .1: sleep 0.3 took 310 ms, real says 410 ms
#   started at .8: sleep 0.3 took 309 ms, real says 1120 ms
#   started at .1: sleep 0.6 with -r 1: ok
#   started at .8: sleep 0.6 with -r 1: out of time
# It fails unless "real" is too long by less than 400 ms at .1 and by more than 600 ms at .8.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq runlim=1.10-6 2>/dev/null
dpkg -x runlim_*.deb .

# Waits until the clock shows the tenth $1 of a second.
await() {
    local clock
    until clock=$EPOCHREALTIME && [[ ${clock: -6:1} == "$1" ]]; do sleep 0.01; done
}

# How much longer "real" is than the time that passed around the whole of runlim, in ms.
over() {
    local begin end real
    await "$1"
    begin=${EPOCHREALTIME/[.,]/}
    ./usr/bin/runlim sleep 0.3 >said 2>&1
    end=${EPOCHREALTIME/[.,]/}
    real=$(sed -n 's/.*real:[[:space:]]*\([0-9]*\)\.\([0-9]*\) seconds/\1\20/p' said)
    over=$((10#$real - (end - begin) / 1000))
    printf 'started at .%s: sleep 0.3 took %s ms, real says %s ms\n' "$1" $(((end - begin) / 1000)) "$((10#$real))"
}

limited() {
    await "$1"
    ./usr/bin/runlim -r 1 sleep 0.6 >said 2>&1 || true
    limited=$(sed -n 's/.*status:[[:space:]]*//p' said)
    printf 'started at .%s: sleep 0.6 with -r 1: %s\n' "$1" "$limited"
}

over 1
early=$over
over 8
late=$over
limited 1
in_time=$limited
limited 8
[[ $early -lt 400 && $late -gt 600 && $in_time == ok && $limited == "out of time" ]]
