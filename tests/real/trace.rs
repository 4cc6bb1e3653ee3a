//! What a trace says of a real run: zombies, decisions, and figures that fit together. None of it
//! is an absolute time: how fast the machine is, is not ours to say.

use crate::common::trace::Trace;
use serde_json::Value;

fn number(value: &Value, field: &str) -> u64 {
    let number = value[field].as_u64();
    number.unwrap_or_else(|| panic!("{field} is no number in {value}"))
}

fn tick_ns(trace: &Trace) -> u64 {
    trace["tick_ns"].as_u64().expect("it is a number")
}

/// `count` times `tick_ns`, and a percent less for clocks that disagree.
fn nearly(count: u64, tick_ns: u64) -> u64 {
    count * tick_ns / 100 * 99
}

/// The states of a process, one for each tick.
fn states(trace: &Trace, process: usize) -> Vec<&str> {
    let cells = trace.life(process).into_iter();
    let states = cells.map(|cell| cell["state"].as_str().expect("every cell has a state"));
    states.collect()
}

/// The kernel's letters of a process while it is in a state, as far as they were sampled.
fn letters<'a>(trace: &'a Trace, process: usize, state: &str) -> Vec<&'a str> {
    let cells = trace.life(process).into_iter();
    let cells = cells.filter(|cell| cell["state"] == state);
    cells.filter_map(|cell| cell["kernel"].as_str()).collect()
}

#[test]
fn a_zombie_is_seen_for_exactly_one_tick_and_is_gone_then() {
    let trace = Trace::by_line("-P c1:c2:c3 --tick 2ms --reap now");
    trace.assert_as_simulated("--reap now");
    let gone = ["gone"; 4];
    assert_eq!(states(&trace, 0)[1], "zombie");
    assert_eq!(states(&trace, 0)[2..], gone[..4]);
    assert_eq!(states(&trace, 1)[3], "zombie");
    assert_eq!(states(&trace, 1)[4..], gone[..2]);
    // There is no entry in /proc any more.
    assert_eq!(letters(&trace, 0, "gone"), [""; 0]);
}

#[test]
fn zombies_stay_until_the_run_is_over_when_they_are_to() {
    let trace = Trace::by_line("-P c1:c2:c6 --reap end");
    trace.assert_as_simulated("--reap end");
    assert_eq!(trace["policy"]["reap"], "end");
    assert_eq!(states(&trace, 0)[1..], ["zombie"; 8]);
    assert_eq!(states(&trace, 1)[3..], ["zombie"; 6]);
    let seen = letters(&trace, 0, "zombie");
    // Not every tick is sampled on a machine with much else to do.
    assert!(
        !seen.is_empty() && seen.iter().all(|letter| *letter == "Z"),
        "{seen:?}"
    );
    let last = &trace.list("ticks")[8]["tick"];
    let reaps = trace.list("decisions").iter();
    let reaps: Vec<_> = reaps
        .filter(|decision| decision["transition"] == "reap")
        .collect();
    assert_eq!(reaps.len(), 3);
    for reap in reaps {
        assert!(reap["tick"].as_u64() > last.as_u64(), "{reap}");
    }
}

#[test]
fn every_decision_has_a_reason_in_words() {
    let trace = Trace::by_line("-P c2,i,c1:c5:i -L 3 --tick 2ms");
    let decisions = trace.list("decisions");
    for decision in decisions {
        let text = |field: &str| decision[field].as_str().unwrap_or("").to_owned();
        assert!(!text("reason").is_empty(), "{decision}");
        assert!(text("why").contains(' '), "{decision}");
        if decision["transition"].is_string() {
            assert!(decision["process"].is_u64(), "{decision}");
        }
    }
    let count = |transition: &str| {
        let all = decisions.iter();
        all.filter(|decision| decision["transition"] == transition)
            .count()
    };
    for (transition, expected) in [
        ("admit", 3),
        ("block", 2),
        ("complete_io", 2),
        ("exit", 3),
        ("reap", 3),
    ] {
        assert_eq!(count(transition), expected, "{transition}");
    }
    assert!(count("dispatch") >= 4);
}

#[test]
fn ticks_follow_one_another() {
    let trace = Trace::by_line("-P c3,i,c1:c2,i:i -L 3 --tick 2ms");
    let mut before = 0;
    for (index, tick) in trace.list("ticks").iter().enumerate() {
        assert_eq!(number(tick, "tick"), index as u64 + 1);
        let (start, end) = (number(tick, "start_ns"), number(tick, "end_ns"));
        assert!(before <= start && start < end, "{tick}");
        before = end;
    }
    assert_eq!(trace["ticks"][0]["start_ns"], 0);
    assert_eq!(number(&trace["measured"], "wall_ns"), before);
}

#[test]
fn what_is_measured_is_at_least_what_was_asked_for() {
    let trace = Trace::by_line("-P c5,i,c1:c2,i:i:c4 -L 3 --tick 5ms");
    trace.assert_as_simulated("for its figures");
    let tick_ns = tick_ns(&trace);
    let measured = &trace["measured"];
    let (ticks, wall_ns) = (number(measured, "ticks"), number(measured, "wall_ns"));
    assert!(wall_ns >= nearly(ticks, tick_ns), "{measured}");

    let mut sum = 0;
    for process in trace.list("processes") {
        let cpu_ns = number(process, "cpu_ns");
        let executed = number(&process["measured"], "cpu_ticks");
        assert!(cpu_ns >= nearly(executed, tick_ns), "{process}");
        sum += cpu_ns;
    }
    assert_eq!(number(measured, "cpu_ns"), sum);
    // Their exits are theirs too, and the last one is behind the last tick.
    let within = number(measured, "cpu_in_wall_ns");
    assert!(
        within < sum && within <= wall_ns,
        "they share one CPU: {measured}"
    );
    let busy_ticks = number(measured, "cpu_busy_ticks");
    assert!(within >= nearly(busy_ticks, tick_ns), "{measured}");

    let io_ticks = number(measured, "io_busy_ticks");
    let io_busy_ns = number(measured, "io_busy_ns");
    assert!(io_busy_ns >= nearly(io_ticks, tick_ns), "{measured}");
    assert!(io_busy_ns <= wall_ns, "{measured}");
    for share in ["cpu_utilization", "io_utilization"] {
        let share = measured[share].as_f64().expect("it is a number");
        assert!(share > 0.0 && share <= 1.0, "{measured}");
    }
    assert!(number(measured, "supervisor_cpu_ns") > 0);
}

/// The shorter a run, the more of it is the exit behind its last tick.
#[test]
fn no_run_however_short_has_the_cpu_for_longer_than_it_lasts() {
    for line in [
        "-P c1 --tick 100us",
        "-P c1:c1 --tick 100us",
        "-P i -L 1 --tick 200us",
    ] {
        let trace = Trace::by_line(line);
        let measured = &trace["measured"];
        let utilization = measured["cpu_utilization"].as_f64();
        assert!(
            utilization > Some(0.0) && utilization <= Some(1.0),
            "{line}: {measured}"
        );
        assert!(
            number(measured, "cpu_in_wall_ns") < number(measured, "cpu_ns"),
            "{line}"
        );
        // One thread each, and nothing of them from before the run or behind it.
        let wall_ns = number(measured, "wall_ns");
        for thread in ["supervisor_cpu_ns", "sampling_cpu_ns"] {
            assert!(number(measured, thread) <= wall_ns, "{line}: {measured}");
        }
    }
}

#[test]
fn the_lives_of_the_processes_are_those_of_the_ticks() {
    let trace = Trace::by_line("-P c2,i,c1:c5:i,c1 -L 3 --tick 2ms");
    trace.assert_as_simulated("for its lives");
    let wall_ns = number(&trace["measured"], "wall_ns");
    for (index, process) in trace.list("processes").iter().enumerate() {
        let (real, paper) = (&process["measured"], &process["simulated"]);
        let in_state = |states: &[&str]| {
            let cells = trace.life(index).into_iter();
            cells
                .filter(|cell| states.iter().any(|state| cell["state"] == *state))
                .count() as u64
        };
        let lived = in_state(&["ready", "running", "blocked"]);
        assert_eq!(number(real, "turnaround_ticks"), lived);
        assert_eq!(number(real, "waiting_ticks"), in_state(&["ready"]));
        assert_eq!(number(real, "cpu_ticks"), in_state(&["running"]));
        for field in [
            "cpu_ticks",
            "turnaround_ticks",
            "response_ticks",
            "waiting_ticks",
        ] {
            assert_eq!(real[field], paper[field], "{field}");
        }
        assert!(
            paper["turnaround_ns"].is_null(),
            "there is no time on paper"
        );

        let turnaround = number(real, "turnaround_ns");
        let waiting = number(real, "waiting_ns");
        let cpu_ns = number(process, "cpu_ns");
        assert!(waiting + cpu_ns <= turnaround + tick_ns(&trace));
        assert!(turnaround <= wall_ns, "{process}");
        assert!(number(process, "voluntary_switches") >= 1, "{process}");
    }
    for (index, process) in trace.list("processes").iter().enumerate() {
        // Its first span, where spans are recorded; its dispatch where they are not.
        let cells = trace.life(index);
        let ran = cells.iter().position(|cell| cell["state"] == "running");
        let tick = &trace["ticks"][ran.expect("it ran")];
        let dispatched = number(tick, "start_ns");
        let first = &process["spans"][0];
        let expected = first["start_ns"].as_u64().unwrap_or(dispatched);
        let response = number(&process["measured"], "response_ns");
        assert_eq!(response, expected, "{process}");
        assert!(response < number(tick, "end_ns"), "{process}");
        assert!(response > dispatched || first.is_null(), "{process}");
    }
}

#[test]
fn a_process_that_does_more_io_gives_up_the_cpu_more_often() {
    let trace = Trace::by_line("-P i,i,i,i,i,i:c6 -L 1 --tick 2ms");
    let switches = |index: usize| number(&trace.list("processes")[index], "voluntary_switches");
    assert!(switches(0) >= 6, "one for each I/O");
    assert!(switches(0) > switches(1));
}

#[test]
fn a_trace_goes_to_a_file_beside_the_rows() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("trace.json");
    let line = format!("run -P c1:c1 --tick 1ms --json {}", path.display());
    let mut finished = crate::common::timeshare(&line).succeeded();
    assert!(finished.stdout.contains("RUN:cpu"), "{}", finished.stdout);
    finished.stdout = std::fs::read_to_string(path).expect("it was written");
    Trace::of(&finished).assert_as_simulated("written to a file");
}
