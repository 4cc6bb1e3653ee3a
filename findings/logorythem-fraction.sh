#!/usr/bin/env bash
# logorythem 0.1.1 (PyPI): a job of 2.5 time units vanishes from its preemptive SJF, and counts as 0
# in the averages.
#
# It runs by whole units and waits for a remaining time that is exactly 0. Its round robin takes the
# same job rightly.
#
# Seen 2026-11-28, Python 3.11: jobs A (2.5 units) and B (4), both there at 0
#   preemptive SJF: results of ['B'], average turnaround 3.5
#   round robin:    results of ['A', 'B'], average turnaround 5.5
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check logorythem==0.1.1
venv/bin/python - <<'PYTHON' >said
from scheduling import round_robin, sjf_preemptive

jobs = [dict(pid="A", arrival_time=0, burst_time=2.5), dict(pid="B", arrival_time=0, burst_time=4)]
for name, done in (("preemptive SJF:", sjf_preemptive.calculate(jobs)),
                   ("round robin:   ", round_robin.calculate(jobs, 1))):
    pids = [result["pid"] for result in done["results"]]
    print(name, "results of", pids, "average turnaround", done["averages"]["avg_turnaround_time"])
PYTHON
cat said
diff said - <<'SEEN'
preemptive SJF: results of ['B'] average turnaround 3.5
round robin:    results of ['A', 'B'] average turnaround 5.5
SEEN
