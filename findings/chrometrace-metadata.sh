#!/usr/bin/env bash
# chrometrace 0.2.1 (PyPI): labels of a process take its name away, and the place of a thread becomes the
# place of its process.
#
# process_labels() writes an event named "process_name" whose arguments hold no name, and
# thread_sort_index() one named "process_sort_index". The trace event format has "process_labels" and
# "thread_sort_index" for them. What reads the file takes the last word on each for valid.
#
# Seen 2026-11-28, Python 3.11, Node 20.20, read by @tracerbench/trace-model 8.0.0 (npm): process "web" with
# the label "blue" and place 10, whose thread "io" has place 3
#   as it is:                  process "", labels "", place 3; thread "io", place 0
#   with the two names mended: process "web", labels "blue", place 10; thread "io", place 3
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check chrometrace==0.2.1
npm install --silent --no-audit --no-fund @tracerbench/trace-model@8.0.0 >/dev/null

venv/bin/python - <<'PYTHON'
import json
from chrometrace import TraceEvent

written = [event.to_dict() for event in (
    TraceEvent.process_name(1, "web"), TraceEvent.process_labels(1, ["blue"]),
    TraceEvent.process_sort_index(1, 10), TraceEvent.thread_name(1, 7, "io"),
    TraceEvent.thread_sort_index(1, 7, 3), TraceEvent.complete("work", 100, 50, 1, 7))]
json.dump(written, open("as-it-is.json", "w"))
for event in written:
    if "labels" in event["args"]:
        event["name"] = "process_labels"
    if "tid" in event and "sort_index" in event["args"]:
        event["name"] = "thread_sort_index"
json.dump(written, open("mended.json", "w"))
PYTHON
cat >read.js <<'NODE'
const { buildModel } = require("@tracerbench/trace-model");
const of = (file) => buildModel(JSON.parse(require("fs").readFileSync(file))).processes[0];
for (const [text, file] of [["as it is:                 ", "as-it-is.json"],
                            ["with the two names mended:", "mended.json"]]) {
  const process = of(file), thread = process.threads[0];
  console.log(`${text} process "${process.name}", labels "${process.labels}", place ${process.sortIndex};`,
              `thread "${thread.name}", place ${thread.sortIndex}`);
}
NODE
node read.js | tee said
diff said - <<'SEEN'
as it is:                  process "", labels "", place 3; thread "io", place 0
with the two names mended: process "web", labels "blue", place 10; thread "io", place 3
SEEN
