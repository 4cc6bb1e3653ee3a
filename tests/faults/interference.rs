//! Faults that an outsider brings about.

use std::fs;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::ptrace;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use super::subcommand::{ALL, Subcommand};
use crate::common::control_group::ControlGroup;
use crate::common::program::{GRACE, Launch, Running};
use crate::common::runner::skip;
use crate::common::speed;
use crate::common::trace::Trace;
use crate::common::{cpus, procfs, timeshare, words};
use test_attribute::test;

/// P0 runs for 650 ms while P1 is ready; then P1 does.
const LONG: &str = "run -P c130:c130 --tick 5ms --json -";

/// The letters of some processes in `/proc`.
pub fn letters(pids: &[Pid]) -> Vec<Option<char>> {
    let letter = |&pid: &Pid| procfs::stat(pid).map(|stat| stat.letter);
    pids.iter().map(letter).collect()
}

/// Starts [`LONG`] and waits until P0 runs and P1 is ready, in the midst of things.
pub fn long_run() -> (Running, [Pid; 2]) {
    settled(Launch::timeshare(words(LONG)))
}

fn settled(launch: Launch) -> (Running, [Pid; 2]) {
    let running = launch.start();
    let children = running.until_children(2);
    let children = [children[0], children[1]];
    running.until("P0 runs and P1 is ready", |_| {
        letters(&children) == ['R', 'T'].map(Some)
    });
    sleep(Duration::from_millis(50));
    (running, children)
}

/// What was done to whom, by the trace.
pub fn interference(trace: &Trace) -> Vec<(u64, String)> {
    let events = trace.list("interference").iter();
    let events = events.map(|event| {
        let process = event["process"].as_u64().expect("it is a number");
        (process, event["what"].as_str().unwrap_or("").to_owned())
    });
    events.collect()
}

fn was_done(trace: &Trace, process: u64, what: &str) -> bool {
    let marked =
        trace["processes"][usize::try_from(process).expect("it is small")]["interference"].as_u64();
    interference(trace).contains(&(process, what.to_owned())) && marked.is_some()
}

#[test]
pub fn a_child_that_is_stopped_again_and_again_still_comes_to_its_end() {
    let (running, [p0, _]) = long_run();
    for _ in 0..50 {
        let _ = kill(p0, Signal::SIGSTOP);
        sleep(Duration::from_millis(10));
    }
    let trace = Trace::of(&running.finish().succeeded());
    trace.assert_model_equal("stopped again and again");
    let times = trace["processes"][0]["interference"].as_u64();
    assert!(times.is_some_and(|times| times >= 2), "{times:?}");
    let cpu_ns = |field: &str| trace["measured"][field].as_u64().expect("it is measured");
    assert!(
        cpu_ns("supervisor_cpu_ns") < cpu_ns("wall_ns") / 2,
        "it spins"
    );
}

#[test]
pub fn a_debugger_that_lets_go_again_is_told() {
    let (running, [p0, _]) = long_run();
    ptrace::attach(p0).expect("one may trace it");
    waitpid(p0, None).expect("it stops for its tracer");
    assert_eq!(letters(&[p0]), [Some('t')]);
    sleep(Duration::from_millis(400));
    ptrace::detach(p0, None).expect("it is traced");
    let trace = Trace::of(&running.finish().succeeded());
    trace.assert_model_equal("held in a debugger for a while");
    assert!(was_done(&trace, 0, "traced"), "{}", trace["interference"]);
}

#[test]
pub fn a_debugger_that_does_not_let_go_is_named_and_the_run_ends() {
    let (running, [p0, _]) = long_run();
    ptrace::attach(p0).expect("one may trace it");
    waitpid(p0, None).expect("it stops for its tracer");
    // A dead child is there for its tracer first, so that its supervisor leaves it to us.
    let finished = running.try_finish(GRACE).expect("none is left alive");
    assert_eq!(finished.code(), Some(1), "{}", finished.stderr);
    let name = fs::read_to_string("/proc/thread-self/comm").expect("it can be read");
    let tracer = format!(
        "t: {} (pid {}) traces it",
        name.trim_end(),
        nix::unistd::gettid()
    );
    assert!(
        finished.stderr.contains(&tracer),
        "no {tracer} in {}",
        finished.stderr
    );
    let trace = Trace::of(&finished);
    assert!(was_done(&trace, 0, "traced"), "{}", trace["interference"]);
}

#[test]
pub fn ctrl_c_is_heard_while_a_debugger_holds_a_child() {
    let line = "run -P i,c1:c1000 --tick 5ms -L 100 -I IO_RUN_IMMEDIATE";
    let running = Launch::timeshare(words(line)).start();
    let children = running.until_children(2);
    running.until("P0 is blocked while P1 runs", |_| {
        letters(&children) == ['S', 'R'].map(Some)
    });
    // When P0's I/O is done, P1 is to be stopped; but its debugger takes it, and no stop is ever
    // confirmed.
    ptrace::seize(children[1], ptrace::Options::empty()).expect("one may trace it");
    running.until("the debugger has it", |_| {
        letters(&children[1..]) == [Some('t')]
    });
    let sent = Instant::now();
    running.signal(Signal::SIGINT);
    let finished = running.try_finish(GRACE).expect("none is left alive");
    assert_eq!(finished.code(), Some(130), "{}", finished.stderr);
    // Its end is not confirmed either: that is awaited for two seconds.
    assert!(
        sent.elapsed() < speed::quiet(Duration::from_secs(4)),
        "{:?}",
        sent.elapsed()
    );
}

#[test]
pub fn a_child_that_is_moved_to_another_cpu_is_put_back_and_it_is_told() {
    let allowed = cpus::allowed();
    let [first, .., last] = allowed[..] else {
        skip("there is one CPU only");
    };
    let mut all = CpuSet::new();
    for cpu in [first, last] {
        all.set(cpu).expect("it has a number");
    }
    let (running, children) = long_run();
    // Whichever CPU no other run had.
    let here = procfs::status(children[0], "Cpus_allowed_list");
    assert!(here.is_some(), "it is there");
    for child in children {
        sched_setaffinity(child, &all).expect("one may move it");
    }
    running.until("it is put back", |_| {
        procfs::status(children[0], "Cpus_allowed_list") == here
    });
    let trace = Trace::of(&running.finish().succeeded());
    trace.assert_model_equal("moved to another CPU");
    assert!(was_done(&trace, 0, "repinned"), "{}", trace["interference"]);
    assert!(was_done(&trace, 1, "repinned"), "{}", trace["interference"]);
}

#[test]
fn a_moved_process_is_put_back_soon_where_the_cpu_is_mostly_idle_too() {
    let allowed = cpus::allowed();
    let [first, .., last] = allowed[..] else {
        skip("there is one CPU only");
    };
    let mut there = CpuSet::new();
    there.set(first).expect("it has a number");
    let mostly_waits = ["i"; 20].join(",");
    let line =
        format!("run -P {mostly_waits}:{mostly_waits} -L 5 --tick 10ms --cpu {last} --json -");
    let running = Launch::timeshare(words(&line)).start();
    let children = running.until_children(2);
    running.until("both are blocked", |_| {
        letters(&children) == ['S', 'S'].map(Some)
    });
    for &child in &children {
        sched_setaffinity(child, &there).expect("one may move it");
    }
    let finished = running.finish().succeeded();
    let trace = Trace::of(&finished);
    trace.assert_model_equal("moved while it was blocked");
    let half = trace.list("ticks").len() / 2;
    for process in 0..2 {
        let is_it =
            |event: &&serde_json::Value| event["process"] == process && event["what"] == "repinned";
        let told = trace.list("interference").iter().find(is_it);
        let tick = told.and_then(|event| event["tick"].as_u64());
        assert!(
            tick.is_some_and(|tick| tick < half as u64),
            "{tick:?} of {half}"
        );
    }
    if !trace["account"].is_null() {
        let file = tempfile::NamedTempFile::new().expect("a file can be made");
        fs::write(&file, finished.stdout).expect("it can be written");
        let report = timeshare(&format!("report {}", file.path().display())).succeeded();
        let told = "A process was moved to another CPU";
        assert!(report.stdout.contains(told), "{}", report.stdout);
    }
}

/// Changes the nice value of one and the class of the other.
fn change_weights(children: [Pid; 2]) {
    let change = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output();
        assert!(
            output.expect("it starts").status.success(),
            "{program} {arguments:?}"
        );
    };
    change("renice", &["-n", "5", "-p", &children[0].to_string()]);
    change("chrt", &["--batch", "-p", "0", &children[1].to_string()]);
}

/// Nice value and class, as the kernel shows them.
fn weights(children: [Pid; 2]) -> [(String, String); 2] {
    children.map(|child| {
        let stat = fs::read_to_string(format!("/proc/{child}/stat")).expect("it is there");
        let fields = stat.rsplit_once(')').expect("it has a name").1;
        let fields: Vec<_> = fields.split_whitespace().collect();
        (fields[16].to_owned(), fields[38].to_owned())
    })
}

#[test]
pub fn a_child_with_another_weight_gets_back_what_it_had_and_it_is_told_and_marked() {
    if !nix::unistd::geteuid().is_root() {
        skip("only root may lower a nice value");
    }
    let line = LONG.replace(" --json -", " -q");
    let (running, children) = settled(Launch::timeshare(words(&line)));
    let before = weights(children);
    change_weights(children);
    assert_ne!(weights(children), before);
    running.until("P0 is as it was", |_| weights(children)[0] == before[0]);
    let finished = running.finish().succeeded();
    for process in ["P0", "P1"] {
        let told = format!("scheduling class; it was changed back ({process})");
        assert!(finished.stdout.contains(&told), "{}", finished.stdout);
        let marked = format!(" {process} ! ");
        assert!(finished.stdout.contains(&marked), "{}", finished.stdout);
    }
}

#[test]
pub fn without_a_privilege_a_higher_nice_value_stays_and_it_is_told_once() {
    let line = LONG.replace(" --json -", " -q");
    let (running, children) = settled(Launch::unprivileged(&[], &line));
    change_weights(children);
    let finished = running.finish().succeeded();
    let stays = "to change it back takes a privilege (P0).";
    let told = finished.stdout.lines().filter(|line| line.contains("(P0)"));
    let told: Vec<_> = told.collect();
    assert!(
        matches!(told[..], [line] if line.contains(stays) && line.contains(" in tick ")),
        "{told:?}"
    );
    // Back to the usual class needs none.
    let back = "scheduling class; it was changed back (P1)";
    assert!(finished.stdout.contains(back), "{}", finished.stdout);
}

#[test]
pub fn where_the_scheduler_drives_interference_is_told() {
    for subcommand in [Subcommand::Watch, Subcommand::Compare, Subcommand::Driven] {
        let running = subcommand.under_way();
        let children = running.children();
        // They have been in these states; in a call, the one that runs may sleep for a moment.
        let is_ready = |&child: &Pid| letters(&[child]) == [Some('T')];
        let (ready, others): (Vec<_>, Vec<_>) = children.into_iter().partition(is_ready);
        let ([ready_one], [running_one]) = (&ready[..], &others[..]) else {
            panic!("one is ready, one runs");
        };
        let (ready_one, running_one) = (*ready_one, *running_one);
        kill(running_one, Signal::SIGSTOP).expect("it is there");
        kill(ready_one, Signal::SIGCONT).expect("it is there");
        running.until("both are put right", |_| {
            letters(&[running_one, ready_one]) == ['R', 'T'].map(Some)
        });
        sleep(Duration::from_millis(150));
        let before = weights([running_one, ready_one]);
        change_weights([running_one, ready_one]);
        // Told at once, or as soon as it is over.
        running.until("it is noticed", |running| {
            let told = running.stdout_so_far().contains("changed its nice value");
            let now = weights([running_one, ready_one]);
            // Without a privilege, only a class is changed back.
            told || now[0] == before[0] || now[1] == before[1]
        });
        kill(ready_one, Signal::SIGKILL).expect("it is there");
        sleep(Duration::from_millis(250));
        running.signal(Signal::SIGINT);
        let finished = running.finish();
        assert_eq!(finished.code(), Some(130), "{subcommand:?}: {finished:?}");
        for told in [
            "stopped it; it was continued (P0)",
            "stopped; it was stopped again (P1)",
            "changed its nice value or scheduling class",
        ] {
            let out = &finished.stdout;
            assert!(out.contains(told), "{subcommand:?}: no {told} in {out}");
        }
        if subcommand == Subcommand::Compare {
            assert!(finished.stdout.contains("SIGKILL"), "{}", finished.stdout);
        }
    }
}

#[test]
pub fn bursts_of_stops_and_continues_let_every_command_go_on() {
    for subcommand in ALL {
        let running = subcommand.under_way();
        let children = running.children();
        for round in 0..40 {
            for signal in [Signal::SIGSTOP, Signal::SIGCONT] {
                let _ = kill(children[round % children.len()], signal);
            }
            sleep(Duration::from_millis(2));
        }
        assert!(!running.has_ended(), "{subcommand:?}");
        running.signal(Signal::SIGTERM);
        assert_eq!(running.finish().code(), Some(143), "{subcommand:?}");
    }
}

#[test]
pub fn in_every_command_a_process_may_be_killed() {
    for subcommand in ALL {
        let running = subcommand.under_way();
        for child in running.children() {
            let _ = kill(child, Signal::SIGKILL);
        }
        match subcommand {
            Subcommand::Run | Subcommand::Watch | Subcommand::Compare => {
                let finished = running.finish();
                // All are gone: that is the end, and not what the simulation says.
                let expected = if subcommand == Subcommand::Compare {
                    3
                } else {
                    0
                };
                assert_eq!(
                    finished.code(),
                    Some(expected),
                    "{subcommand:?}: {finished:?}"
                );
                for id in 0..2 {
                    let told = format!("P{id} was killed by SIGKILL, not by timeshare.");
                    assert!(finished.stdout.contains(&told), "{}", finished.stdout);
                }
            }
            Subcommand::Demo => {
                let finished = running.finish();
                assert_eq!(finished.code(), Some(1), "{finished:?}");
                let told = "ended before the scene did";
                assert!(finished.stderr.contains(told), "{}", finished.stderr);
            }
            Subcommand::Shell | Subcommand::Driven => {
                let told = if subcommand == Subcommand::Shell {
                    "P1 has ended (killed by SIGKILL)"
                } else {
                    "All workers have finished"
                };
                running.until(told, |running| running.stdout_so_far().contains(told));
                running.into_running().finish().succeeded();
            }
        }
    }
}

#[test]
pub fn a_process_with_the_pid_of_a_child_that_is_gone_is_left_alone() {
    let line = "run -P c2:c10000 --tick 5ms";
    let running = Launch::timeshare(words(line)).start();
    let children = running.until_children(2);
    let gone = children[0];
    running.until("P0 is gone", |_| procfs::stat(gone).is_none());
    let Some(mut impostor) = with_pid(gone) else {
        skip("pids cannot be chosen here");
    };
    let before = procfs::switches(gone);
    running.signal(Signal::SIGINT);
    running.until_ended();
    assert_eq!(procfs::switches(gone), before, "it has been woken");
    let alive = impostor.try_wait().expect("it is ours").is_none();
    impostor.kill().expect("it is ours");
    impostor.wait().expect("it is ours");
    assert!(alive);
    assert_eq!(running.finish().code(), Some(130));
}

/// A process that sleeps, with this pid.
pub fn with_pid(pid: Pid) -> Option<std::process::Child> {
    for _ in 0..20 {
        fs::write(
            "/proc/sys/kernel/ns_last_pid",
            (pid.as_raw() - 1).to_string(),
        )
        .ok()?;
        let mut sleeper = Command::new("sleep")
            .arg("60")
            .stdin(Stdio::null())
            .spawn()
            .ok()?;
        if sleeper.id() == u32::try_from(pid.as_raw()).ok()? {
            sleep(Duration::from_millis(100));
            return Some(sleeper);
        }
        let _ = sleeper.kill();
        let _ = sleeper.wait();
    }
    None
}

/// It shows `D` or `S`, and no news of a stop can come of it: the run is not to wait for them.
#[test]
pub fn a_ready_process_that_is_frozen_for_a_while_is_told_and_the_run_goes_on() {
    let Some(group) = ControlGroup::new("freezer") else {
        skip("no control group of one's own");
    };
    let (running, [_, ready]) = long_run();
    group.take(ready);
    group.freeze(true);
    sleep(Duration::from_millis(200));
    group.freeze(false);
    let finished = running.finish();
    assert_eq!(finished.code(), Some(0), "{finished:?}");
    let trace = Trace::of(&finished);
    trace.assert_model_equal("a process was frozen");
    let frozen = was_done(&trace, 1, "frozen");
    // Version 2 leaves a stopped process `T`, and then nothing was done to it.
    assert!(
        frozen || interference(&trace).is_empty(),
        "{:?}",
        interference(&trace)
    );
    assert!(frozen || !std::path::Path::new("/sys/fs/cgroup/freezer").exists());
}
