#!/usr/bin/env bash
# inferno 0.12.8 (a crate): a thread's name ends before the first number that stands alone in it.
#
# perf script writes the name, then the thread's id, then the time. inferno-collapse-perf takes the first
# word of digits alone for the id, also where it belongs to the name. Names may hold blanks, and it
# knows ("V8 WorkerThread"): but "worker 7" and "worker 8" become one "worker" in the flame graph, and
# --tid shows 7 and 8 as the ids of the threads.
#
# Seen 2026-11-28, on lines as perf 6.1 writes them of two threads named by prctl(PR_SET_NAME):
#   worker;spin 750000
#   --tid: worker-?/7;spin 500000
#          worker-?/8;spin 250000
#   the name alone changed to worker-7 and worker-8:
#   worker-7;spin 500000
#   worker-8;spin 250000
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
CARGO_TARGET_DIR="$folder/target" cargo install --quiet --root . --version 0.12.8 --locked --debug \
    --no-default-features --features cli --bin inferno-collapse-perf inferno 2>/dev/null

cat >recorded <<'PERF'
worker 7  8051 16864.619408:     250000 cpu-clock: 
	          401136 spin+0x10 (/usr/local/bin/spin)

worker 7  8051 16864.619660:     250000 cpu-clock: 
	          401136 spin+0x10 (/usr/local/bin/spin)

worker 8  8052 16864.619912:     250000 cpu-clock: 
	          401136 spin+0x10 (/usr/local/bin/spin)

PERF
collapse() {
    bin/inferno-collapse-perf --quiet "$@"
}
{
    collapse recorded
    collapse --tid recorded
    sed 's/^worker /worker-/' recorded | collapse
} | tee said
diff said - <<'SEEN'
worker;spin 750000
worker-?/7;spin 500000
worker-?/8;spin 250000
worker-7;spin 500000
worker-8;spin 250000
SEEN
