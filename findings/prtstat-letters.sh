#!/usr/bin/env bash
# prtstat (psmisc 23.6-1, Debian 12) names the state letters T and t wrongly.
#
# proc_pid_stat(5): T is stopped by a signal, t is stopped by a tracer. prtstat calls a process that
# was sent SIGSTOP "traced", and has no name for one that a debugger holds.
#
# Seen 2026-11-28, Linux 6.18:
#   stopped by SIGSTOP:  State: T (traced)
#   held by a tracer:    State: t (unknown)
set -euo pipefail
folder=$(mktemp -d)
sleep 60 &
sleeper=$!
trap 'kill -KILL "$sleeper"; wait "$sleeper" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq psmisc=23.6-1 2>/dev/null
dpkg -x psmisc_*.deb .

state() {
    ./usr/bin/prtstat "$1" | sed -n 's/.*State: //p'
}

kill -STOP "$sleeper"
until grep -q '^State:.*T (stopped)' "/proc/$sleeper/status"; do sleep 0.01; done
stopped=$(state "$sleeper")
kill -CONT "$sleeper"

# PTRACE_SEIZE (0x4206) and PTRACE_INTERRUPT (0x4207): held by a tracer, and not by a signal.
traced=$(python3 - "$sleeper" <<'PYTHON'
import ctypes, subprocess, sys, time
libc, pid = ctypes.CDLL(None), int(sys.argv[1])
assert libc.ptrace(0x4206, pid, None, None) == 0
assert libc.ptrace(0x4207, pid, None, None) == 0
while "t (tracing stop)" not in open(f"/proc/{pid}/status").read():
    time.sleep(0.01)
said = subprocess.run(["./usr/bin/prtstat", str(pid)], capture_output=True, text=True).stdout
print(said.splitlines()[0].split("State: ")[1])
PYTHON
)
printf 'stopped by SIGSTOP:  State: %s\nheld by a tracer:    State: %s\n' "$stopped" "$traced"
[[ $stopped == "T (traced)" && $traced == "t (unknown)" ]]
