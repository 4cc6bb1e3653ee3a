#!/usr/bin/env bash
# cpu-percent 2.0.1 with procfs-stats 1.0.2 (npm): a process whose name holds two blanks uses 0 % CPU,
# however busy it is.
#
# procfs-stats splits /proc/PID/stat at blanks, but the second field is the name in brackets and may hold
# some: each moves every later field by one. cpu-percent adds "utime" and "stime", which then are the
# counts of major faults (0). With one blank it misses the system time, and "state" is half of a name.
# In Node, process.title gives a process such a name.
#
# Seen 2026-11-28, Node 20.20, Linux 6.18, each process in a busy loop:
#   title "web":           more than 0, state R
#   title "my web server": 0, state web
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund cpu-percent@2.0.1 procfs-stats@1.0.2 >/dev/null
cat >watch.js <<'NODE'
const { spawn } = require("child_process");
const percent = require("cpu-percent");
const stats = require("procfs-stats");

function watch(title) {
  const busy = "console.log('named'); for (;;);";
  const child = spawn(process.execPath, ["-e", `process.title = ${JSON.stringify(title)}; ${busy}`]);
  return new Promise((done, failed) => child.stdout.once("data", () => {
    let most = 0, seen = 0;
    const stop = percent.pid(child.pid, (error, used) => {
      if (error) failed(error);
      most = Math.max(most, used);
      if (++seen < 4) return;
      stop();
      stats(child.pid).stat((error, stat) => {
        child.kill("SIGKILL");
        console.log(`title "${title}": ${most > 0 ? "more than 0" : most}, state ${stat.state}`);
        done();
      });
    }, 500);
  }));
}

watch("web").then(() => watch("my web server"));
NODE
node watch.js | tee said
diff said - <<'SEEN'
title "web": more than 0, state R
title "my web server": 0, state web
SEEN
