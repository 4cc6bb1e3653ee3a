//! What the kernel recorded, the account of time, and the commands that tell of both.

use crate::common::program::{Finished, Launch, works};
use crate::common::runner::skip;
use crate::common::trace::Trace;
use crate::common::{cpus, procfs, timeshare, words};
use nix::sys::signal::{Signal, kill, killpg};
use serde_json::Value;
use test_attribute::test;

/// Spans of a process or of the supervisor, as (start, end, how it ended).
fn spans(list: &Value) -> Vec<(u64, u64, String)> {
    let span = |span: &Value| {
        let number = |field: &str| span[field].as_u64().expect("it is a number");
        let ended = span["ended"].as_str().expect("it is a word").to_owned();
        (number("start_ns"), number("end_ns"), ended)
    };
    list.as_array()
        .expect("it is a list")
        .iter()
        .map(span)
        .collect()
}

/// Whether this machine lets one record context switches; containers often do not.
fn recorded(trace: &Trace) -> bool {
    let recorded = trace["switches"].get("recorded").is_some();
    let said = trace["switches"]["unavailable"]["why"].as_str().is_some();
    assert!(
        recorded ^ said,
        "either there are spans, or it says why not: {}",
        trace["switches"]
    );
    recorded
}

/// Skips the test where there is nothing to look at.
fn needs_record(trace: &Trace) {
    if !recorded(trace) {
        let why = trace["switches"]["unavailable"]["why"].as_str();
        skip(&format!("no context switches are recorded here: {why:?}"));
    }
}

fn json(finished: &Finished) -> Value {
    serde_json::from_str(&finished.stdout).unwrap_or_else(|error| panic!("{error}: {finished:?}"))
}

#[test]
fn one_process_is_on_the_cpu_at_a_time_and_spans_end_as_it_was_driven() {
    let trace = Trace::by_line("-P c2,i,c1:c5 -L 3 --tick 5ms");
    needs_record(&trace);
    let mut all = spans(&trace["switches"]["recorded"]["supervisor"]);
    for process in trace.list("processes") {
        let own = spans(&process["spans"]);
        let on_cpu: u64 = own.iter().map(|(start, end, _)| end - start).sum();
        let cpu_ns = process["cpu_ns"].as_u64().expect("it is a number");
        assert!(
            on_cpu.abs_diff(cpu_ns) < cpu_ns / 10,
            "{on_cpu} of {cpu_ns} ns"
        );
        let (_, _, last) = own.last().expect("it ran");
        assert_eq!(last, "exited");
        all.extend(own);
    }
    all.sort_unstable();
    for pair in all.windows(2) {
        assert!(pair[0].1 <= pair[1].0, "two had the CPU at once: {pair:?}");
    }
    let ended = |process: usize, how: &str| {
        let own = spans(&trace.list("processes")[process]["spans"]);
        own.iter().filter(|(_, _, ended)| ended == how).count()
    };
    // P0 blocks on its I/O, and stops for a moment when that is done; P1 is stopped meanwhile.
    assert_eq!((ended(0, "blocked"), ended(0, "stopped")), (1, 1));
    assert_eq!((ended(1, "blocked"), ended(1, "stopped")), (0, 1));
    assert_eq!(trace["switches"]["recorded"]["lost"], 0);
}

/// A part of the account of a run.
fn part(trace: &Trace, name: &str) -> i64 {
    let part = trace["account"][name].as_i64();
    part.unwrap_or_else(|| panic!("no {name} in {}", trace["account"]))
}

fn measured(trace: &Trace, name: &str) -> i64 {
    let figure = trace["measured"][name].as_i64();
    figure.unwrap_or_else(|| panic!("no {name} in {}", trace["measured"]))
}

fn of_processes(trace: &Trace, name: &str) -> i64 {
    let figures = trace.list("processes").iter();
    figures.filter_map(|process| process[name].as_i64()).sum()
}

fn switches(trace: &Trace) -> i64 {
    of_processes(trace, "voluntary_switches") + of_processes(trace, "involuntary_switches")
}

/// A run in which the spans of the processes say what their own clocks say, but for a few
/// microseconds a switch. A hypervisor that takes the CPU in the middle of a turn is in the spans,
/// and not in the clocks: of some runs there is one without.
#[track_caller]
fn by_spans_and_clocks(line: &str) -> Trace {
    let mut seen = Vec::new();
    for _ in 0..5 {
        let trace = Trace::by_line(line);
        if !recorded(&trace) {
            return trace;
        }
        let on_cpu = part(&trace, "work_ns") + part(&trace, "overrun_ns");
        let by_clocks = measured(&trace, "cpu_in_wall_ns");
        let switches = switches(&trace);
        if (on_cpu - by_clocks).abs() <= by_clocks / 20 + 20_000 * (switches + 1) {
            return trace;
        }
        seen.push((on_cpu, by_clocks, switches));
    }
    panic!("{line}: (on the CPU, by the clocks, switches) were {seen:?}");
}

#[test]
fn the_account_is_the_wall_time_and_its_parts_are_what_the_clocks_say() {
    for line in [
        "-P c2,i,c1:c5 -L 3 --tick 2ms",
        "-l 3:0,5:100 --tick 1ms",
        "-P c0:i:c3 --tick 2ms",
        "-P c1 --tick 100us",
        "-P c20:c20 --tick 5ms",
    ] {
        let trace = by_spans_and_clocks(line);
        if !recorded(&trace) {
            assert_eq!(trace["account"], Value::Null);
        }
        needs_record(&trace);
        let account = &trace["account"];
        let parts = account.as_object().expect("it is drawn up");
        let sum: i64 = parts.keys().map(|name| part(&trace, name)).sum();
        let wall_ns = measured(&trace, "wall_ns");
        assert_eq!(sum, wall_ns, "{line}");
        let tick_ns = trace["tick_ns"].as_i64().expect("it is a number");
        let work_ns = part(&trace, "work_ns");
        assert_eq!(
            work_ns,
            measured(&trace, "cpu_busy_ticks") * tick_ns,
            "{line}"
        );
        for (name, ns) in parts {
            // What was not quite done in the last tick, its process had done ahead of it.
            let least = if name == "overrun_ns" { -tick_ns } else { 0 };
            assert!(ns.as_i64() >= Some(least), "{line}: {account}");
        }

        let utilization = trace["measured"]["cpu_utilization"].as_f64();
        assert!(utilization <= Some(1.0), "{line}: {utilization:?}");

        // What others took cannot be more than what ours waited for.
        let waited = of_processes(&trace, "run_queue_wait_ns");
        assert!(
            part(&trace, "interference_ns") <= waited + 20_000 * switches(&trace),
            "{line}: {waited} of {account}"
        );
        let idle = trace["simulated"]["ticks"].as_i64();
        let idle = idle.expect("there are some")
            - trace["simulated"]["cpu_busy_ticks"]
                .as_i64()
                .expect("or none");
        assert!(
            part(&trace, "idle_by_design_ns") <= idle * tick_ns,
            "{line}: {account}"
        );
        assert_eq!(part(&trace, "idle_otherwise_ns"), 0, "{line}");
    }
}

#[test]
fn idle_ticks_that_the_simulation_does_not_have_are_not_idle_by_design() {
    let running = Launch::timeshare(words("run -P i:c200 -L 30 --tick 5ms --json -")).start();
    let children = running.until_children(2);
    running.until("P1 has the CPU", |_| {
        procfs::stat(children[1]).is_some_and(|stat| stat.letter == 'R')
    });
    kill(children[1], Signal::SIGKILL).expect("it is there");
    let trace = Trace::of(&running.finish().succeeded());
    needs_record(&trace);
    assert_eq!(
        trace["simulated"]["ticks"],
        trace["simulated"]["cpu_busy_ticks"]
    );
    // Some of its 30 ticks, P1 had computed.
    assert_eq!(part(&trace, "idle_by_design_ns"), 0);
    assert!(
        part(&trace, "idle_otherwise_ns") > 25_000_000,
        "{}",
        trace["account"]
    );
}

/// A run beside another program that wants its CPU all the time.
fn beside_others(line: &str) -> Trace {
    let cpu = cpus::allowed().last().copied().expect("there is one");
    let spin = format!("timeout -s KILL 40 taskset -c {cpu} sh -c 'while :; do :; done'");
    let script = spin
        + " & spinning=$!
           \"$0\" \"$@\"; status=$?; { kill $spinning; wait $spinning; } 2>/dev/null; exit $status";
    let line = format!("run {line} --cpu {cpu} --json -");
    let launch = Launch::behind(&["sh", "-c", &script], &line);
    Trace::of(&launch.run().succeeded())
}

#[test]
fn what_others_take_of_the_cpu_is_interference_and_what_they_leave_is_not() {
    let trace = Trace::by_line("-P c100 --tick 2ms");
    needs_record(&trace);
    let alone = part(&trace, "interference_ns");
    assert!(
        alone <= of_processes(&trace, "run_queue_wait_ns"),
        "{}",
        trace["account"]
    );
    let trace = beside_others("-P c100 --tick 2ms");
    // Two that want one CPU share it.
    let wall_ns = measured(&trace, "wall_ns");
    assert!(
        part(&trace, "interference_ns") > wall_ns / 5,
        "{}",
        trace["account"]
    );
    assert!(
        part(&trace, "stalled_ns") < wall_ns / 10,
        "{}",
        trace["account"]
    );
}

#[test]
fn an_idle_cpu_by_design_takes_as_long_as_the_simulation_says() {
    let trace = Trace::by_line("-P i -L 10 --tick 5ms");
    needs_record(&trace);
    let idle = trace["account"]["idle_by_design_ns"]
        .as_u64()
        .expect("it is a number");
    assert!(idle <= 50_000_000, "no more than ten ticks: {idle}");
    assert!(idle > 25_000_000, "most of ten ticks: {idle}");
}

/// Others have the CPU when one has exited: what they take is not its own.
#[test]
fn an_exit_takes_no_longer_than_the_clock_of_the_process_says() {
    // A hypervisor that takes the CPU meanwhile is in the spans and not in the clocks; others that
    // were taken for the process would be in the spans of every run.
    let mut seen = Vec::new();
    for _ in 0..5 {
        let trace = beside_others("-P c2:c2:c2:c2 --tick 1ms");
        needs_record(&trace);
        let figures = trace.list("processes").iter().map(|process| {
            let own = spans(&process["spans"]);
            let on_cpu: u64 = own.iter().map(|(start, end, _)| end - start).sum();
            (on_cpu, process["cpu_ns"].as_u64().expect("it is a number"))
        });
        let figures: Vec<_> = figures.collect();
        if figures
            .iter()
            .all(|&(on_cpu, cpu_ns)| on_cpu.abs_diff(cpu_ns) <= cpu_ns / 10)
        {
            return;
        }
        seen.push(figures);
    }
    panic!("(on the CPU, by the clock) in ns were {seen:?}");
}

#[test]
fn compare_exits_with_0_when_every_cell_agrees() {
    let finished = timeshare("compare -P c2,i,c1:c5 -L 3 --tick 2ms --why").succeeded();
    for expected in [
        "simulated │",
        "20 of 20 cells as simulated",
        "P0's I/O is done: it runs later",
    ] {
        assert!(finished.stdout.contains(expected), "{}", finished.stdout);
    }
    assert!(!finished.stdout.contains('◀'), "{}", finished.stdout);
    assert!(
        !finished.stdout.contains('\x1b'),
        "no colours without a terminal"
    );
}

#[test]
fn compare_finds_no_difference_in_any_workload_that_comes_with_the_program() {
    let files = std::fs::read_dir(crate::common::folder("workloads")).expect("they are there");
    let mut compared = 0;
    for file in files {
        let path = file.expect("it can be listed").path().display().to_string();
        let arguments = ["compare", "--quiet", "--tick", "2ms", &path];
        let finished = Launch::timeshare(arguments).run();
        assert_eq!(finished.code(), Some(0), "{path}: {finished:?}");
        compared += 1;
    }
    assert!(compared >= 15, "{compared}");
}

#[test]
fn a_broken_off_run_is_compared_as_far_as_it_came() {
    let running = Launch::timeshare(words("run -P i,c1 -L 1000000000 --tick 1ms --json -")).start();
    running.until_children(1);
    std::thread::sleep(std::time::Duration::from_millis(200));
    running.signal(Signal::SIGINT);
    let finished = running.finish();
    assert_eq!(finished.code(), Some(130), "{}", finished.stderr);
    let trace = Trace::of(&finished);
    assert_eq!(trace["outcome"]["interrupted"]["signal"], "SIGINT");
    let ticks = trace.list("ticks").len();
    assert!(ticks > 10, "{ticks}");
    assert_eq!(trace["simulated"]["ticks"].as_u64(), Some(ticks as u64));
    assert_eq!(
        trace["agreement"]["model_equal"],
        trace["agreement"]["cells"]
    );
    needs_record(&trace);
    let parts = trace["account"].as_object().expect("it is drawn up");
    let sum: i64 = parts.keys().map(|name| part(&trace, name)).sum();
    let last = &trace.list("ticks")[ticks - 1];
    assert_eq!(Some(sum), last["end_ns"].as_i64(), "up to where it came");
}

#[test]
fn a_supervisor_that_was_stopped_says_that_a_process_ran_ahead() {
    let running = Launch::timeshare(words("run -P c200 --tick 2ms --json -")).start();
    let child = running.until_children(1)[0];
    let so_far = || procfs::cpu_ns(child).expect("it is there");
    running.until("it computes", |_| so_far() > 20_000_000);
    running.signal(Signal::SIGSTOP);
    let before = so_far();
    running.until("it has computed for 20 ticks", |_| {
        so_far() > before + 40_000_000
    });
    running.signal(Signal::SIGCONT);
    let trace = Trace::of(&running.finish().succeeded());
    let ahead = trace["measured"]["ran_ahead_ticks"].as_u64();
    assert!(ahead > Some(5), "{ahead:?}");
}

#[test]
fn when_a_blocked_process_is_killed_the_device_is_no_longer_busy() {
    let running = Launch::timeshare(words("run -P i,c1:c60 -L 1000 --tick 5ms --json -")).start();
    let children = running.until_children(2);
    running.until("one is blocked", |_| {
        procfs::stat(children[0]).is_some_and(|stat| stat.letter == 'S')
            && procfs::stat(children[1]).is_some_and(|stat| stat.letter == 'R')
    });
    std::thread::sleep(std::time::Duration::from_millis(50));
    kill(children[0], Signal::SIGKILL).expect("it is there");
    let trace = Trace::of(&running.finish().succeeded());
    let utilization = trace["measured"]["io_utilization"]
        .as_f64()
        .expect("it is a number");
    assert!(
        utilization < 0.9,
        "the device goes on for a process that is dead: {utilization}"
    );
}

#[test]
fn compare_exits_with_3_and_marks_the_first_difference() {
    let running = Launch::timeshare(words("compare -P c100:c100 --tick 5ms")).start();
    running.until_children(2);
    let p0 = running.children()[0];
    running.until("P0 runs", |_| {
        procfs::stat(p0).is_some_and(|stat| stat.letter == 'R')
    });
    kill(p0, Signal::SIGKILL).expect("it is there");
    let finished = running.finish();
    assert_eq!(finished.code(), Some(3), "{finished:?}");
    for expected in [
        "◀ first difference",
        "First difference: tick ",
        "P0 was killed by SIGKILL",
    ] {
        assert!(finished.stdout.contains(expected), "{}", finished.stdout);
    }
}

#[test]
fn compare_repeats_and_tells_median_minimum_and_maximum() {
    let finished = timeshare("compare -P c3:i --tick 1ms --repeat 3 -q").succeeded();
    for expected in ["median", "min", "max", "3 of 3 runs agree in every cell."] {
        assert!(finished.stdout.contains(expected), "{}", finished.stdout);
    }
    let document = json(&timeshare("compare -P c3:i --tick 1ms --repeat 3 --json -").succeeded());
    assert_eq!(document["schema"], "timeshare/compare/1");
    assert_eq!(document["agrees"], true);
    assert_eq!(document["runs"].as_array().map(Vec::len), Some(3));
    let spread = |name: &str| {
        document["cpu_utilization"][name]
            .as_f64()
            .expect("it is a number")
    };
    assert!(spread("min") <= spread("median") && spread("median") <= spread("max"));
}

#[test]
fn where_perf_events_are_forbidden_the_run_goes_on_and_says_so() {
    let inject =
        "strace -qq -o /dev/null -e trace=perf_event_open -e inject=perf_event_open:error=EACCES";
    // It may be there and not be allowed to trace.
    if !works("strace", ["-qq", "-o", "/dev/null", "true"]) {
        skip("no strace can trace a program here");
    }
    let finished = Launch::behind(&words(inject), "run -P c2:c1 --tick 5ms -q")
        .run()
        .succeeded();
    assert!(
        finished.stdout.contains("No record of context switches"),
        "{}",
        finished.stdout
    );
    assert!(finished.stdout.contains("EACCES"), "{}", finished.stdout);
    let line = "compare -P c2:c1 --tick 5ms -q";
    let finished = Launch::behind(&words(inject), line).run().succeeded();
    assert!(
        finished.stdout.contains("Where the time went is not known"),
        "{}",
        finished.stdout
    );
    // It says so first, and measures then.
    let running = Launch::behind(&words(inject), "doctor").start();
    running.until("it says what is lost", |running| {
        let said = running.stdout_so_far();
        said.contains("samples only, no account of time")
    });
    // The process group: strace does not pass it on.
    killpg(running.pid(), Signal::SIGINT).expect("it goes on");
    let finished = running.finish();
    let ended = (finished.code(), finished.killed_by());
    assert!(
        matches!(ended, (Some(130), _) | (_, Some(2))),
        "{finished:?}"
    );
}

#[test]
fn the_doctor_says_what_there_is_and_which_ticks_it_tried() {
    let finished = timeshare("doctor").succeeded();
    for expected in [
        "CPUs allowed",
        "perf events",
        "pidfd",
        "/proc",
        "kernel tick",
        "100us",
        "10ms",
    ] {
        assert!(finished.stdout.contains(expected), "{}", finished.stdout);
    }
    assert!(finished.stdout.contains("trusted"), "{}", finished.stdout);
    let widest = finished
        .stdout
        .lines()
        .map(|line| line.chars().count())
        .max();
    assert!(widest <= Some(80), "{}", finished.stdout);
}

#[test]
fn the_doctor_tries_the_cpu_it_is_told_and_writes_json_and_nothing_else() {
    for cpu in cpus::allowed().into_iter().take(2) {
        let line = format!("doctor --cpu {cpu} --json -");
        let found = json(
            &Launch::behind(&["prlimit", "--cpu=4:4"], &line)
                .run()
                .succeeded(),
        );
        assert_eq!(found["schema"], "timeshare/doctor/1");
        assert_eq!(found["cpu"], cpu);
        assert_eq!(found["obstacle"], Value::Null);
        let checks = found["checks"].as_array().expect("it is a list");
        let of = |name: &str| checks.iter().find(|check| check["name"] == name);
        assert_eq!(of("/proc").map(|check| &check["ok"]), Some(&true.into()));
        assert_eq!(
            of("CPU time").map(|check| &check["ok"]),
            Some(&false.into())
        );
        // Each length is a trial, or was left out.
        let [tried, left_out] = ["trials", "left_out_ns"].map(|list| &found[list]);
        let count = |list: &Value| list.as_array().expect("it is a list").len();
        assert_eq!(count(tried) + count(left_out), 7, "{found}");
        for trial in tried.as_array().expect("it is a list") {
            assert!(trial["cells"].as_u64() >= Some(1), "{trial}");
            assert!(trial["runs"].as_u64() >= Some(1), "{trial}");
        }
    }
    let refused = timeshare("doctor --cpu 99999");
    assert_eq!(refused.code(), Some(2), "{refused:?}");
    assert!(refused.stderr.contains("no such CPU"), "{}", refused.stderr);
}

#[test]
fn the_bench_measures_what_it_tells() {
    // The figures as a page and as JSON, of one measurement.
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("bench.json");
    let line = format!("bench --json {}", path.display());
    let page = timeshare(&line).succeeded().stdout;
    let text = std::fs::read_to_string(&path).expect("it was written");
    let figures: Value = serde_json::from_str(&text).expect("it is JSON");
    assert!(page.lines().count() > 20, "{page}");
    // As the example has it.
    let help = timeshare("bench --help").succeeded().stdout;
    assert!(help.contains("timeshare bench --json - | jq '.crowds[0]'"));
    assert!(figures["crowds"][0].is_object(), "{figures}");
    assert_eq!(figures["schema"], "timeshare/bench/1");
    let trips = figures["round_trips"].as_array().expect("it is a list");
    let ticks: Vec<_> = trips.iter().map(|trip| trip["tick_ns"].as_u64()).collect();
    assert_eq!(ticks, [Some(100_000), Some(1_000_000), Some(10_000_000)]);
    for trip in trips {
        let agreement = &trip["agreement"];
        if trip["tick_ns"].as_u64() >= Some(1_000_000) {
            assert_eq!(agreement["model_equal"], agreement["cells"], "{trip}");
        }
        let utilization = trip["cpu_utilization"].as_f64().expect("it is a number");
        assert!(utilization > 0.0 && utilization <= 1.0, "{trip}");
    }
    let crowds = figures["crowds"].as_array().expect("it is a list");
    assert_eq!(
        crowds.last().map(|crowd| &crowd["processes"]),
        Some(&Value::from(1_000))
    );
}
