#!/usr/bin/env bash
# @tracerbench/trace-model 8.0.0 (npm): what process 0 or thread 0 of a Chrome trace did belongs to no
# process or thread, and its slices are not nested.
#
# It takes the number 0 for a missing one. The trace event format sets no such limit, and 0 is what the
# kernel's idle process has and what programs write that number their threads by themselves. The total
# of the events still counts them; sums by process or by thread fall short.
#
# Seen 2026-11-28, Node 20.20: an inner slice inside an outer one
#   of process 1, thread 1: 2 events; by process 2, by thread 2; inner in outer
#   of process 1, thread 0: 2 events; by process 2, by thread 0; inner in nothing
#   of process 0, thread 1: 2 events; by process 0, by thread 0; inner in nothing
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund @tracerbench/trace-model@8.0.0 >/dev/null
cat >read.js <<'NODE'
const { buildModel } = require("@tracerbench/trace-model");
const count = (parts) => parts.reduce((sum, part) => sum + part.events.length, 0);
for (const [pid, tid] of [[1, 1], [1, 0], [0, 1]]) {
  const slice = (name, ts, dur) => ({ ph: "X", cat: "run", name, ts, dur, pid, tid, args: {} });
  const model = buildModel([slice("outer", 10, 20), slice("inner", 12, 5)]);
  const threads = model.processes.flatMap((process) => process.threads);
  const { parent } = model.events.find((event) => event.name === "inner");
  console.log(`of process ${pid}, thread ${tid}: ${model.events.length} events; by process`,
              `${count(model.processes)}, by thread ${count(threads)}; inner in`, parent ? parent.name : "nothing");
}
NODE
node read.js | tee said
diff said - <<'SEEN'
of process 1, thread 1: 2 events; by process 2, by thread 2; inner in outer
of process 1, thread 0: 2 events; by process 2, by thread 0; inner in nothing
of process 0, thread 1: 2 events; by process 0, by thread 0; inner in nothing
SEEN
