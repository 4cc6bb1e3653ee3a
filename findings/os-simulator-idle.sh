#!/usr/bin/env bash
# os-simulator 0.2.1 (PyPI): its SJF and its round robin leave the CPU idle while a job is ready.
#
# SJF orders all jobs by length, as if all had arrived, and then waits for the shortest to arrive. Round
# robin goes through the jobs as they stand in the list and waits for each that has not arrived. Its FCFS
# takes the same jobs rightly. (The package is built from its source: this needs a C++ compiler.)
#
# Seen 2026-11-28, Python 3.11: job 1 (3 units, there at 0) and job 2 (2 units, there at 10), which can
# not be in each other's way
#   FCFS:          job 1 done at 3, waited 0; job 2 done at 12, waited 0
#   SJF:           job 1 done at 15, waited 12; job 2 done at 12, waited 0
#   round robin 2: job 1 done at 13, waited 10; job 2 done at 12, waited 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check os-simulator==0.2.1
venv/bin/python - <<'PYTHON' | tee said
from os_simulator import os_algorithms as algorithms

def jobs():
    empty = dict(waiting_time=0, turn_around_time=0, finish_time=0, is_complete=False)
    return [dict(pid=pid, arrival_time=arrival, burst_time=burst, remaining_time=burst, **empty)
            for pid, arrival, burst in ((1, 0, 3), (2, 10, 2))]

for name, done in (("FCFS:         ", algorithms.fcfs_scheduler(jobs())),
                   ("SJF:          ", algorithms.sjf_scheduler(jobs())),
                   ("round robin 2:", algorithms.round_robin_scheduler(jobs(), 2))):
    print(name, "; ".join(f"job {job['pid']} done at {job['finish_time']}, waited {job['waiting_time']}"
                          for job in sorted(done, key=lambda job: job["pid"])))
PYTHON
diff said - <<'SEEN'
FCFS:          job 1 done at 3, waited 0; job 2 done at 12, waited 0
SJF:           job 1 done at 15, waited 12; job 2 done at 12, waited 0
round robin 2: job 1 done at 13, waited 10; job 2 done at 12, waited 0
SEEN
