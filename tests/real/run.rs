//! `timeshare run` does with real processes what the paper says: state for state, in every tick.

use std::collections::BTreeMap;

use crate::common::program::{Launch, TIMESHARE};
use crate::common::runner::skip;
use crate::common::trace::Trace;
use crate::common::{cpus, golden, workload};
use test_attribute::test;
use timeshare::workload::file::supplied_names;

/// Each scenario that was recorded, once, and its trace if that was recorded too.
fn scenarios() -> BTreeMap<Vec<String>, Option<golden::Case>> {
    let mut scenarios = BTreeMap::new();
    for case in golden::cases() {
        let trace = scenarios.entry(case.scenario()).or_insert(None);
        if case.is_solved() {
            *trace = Some(case);
        }
    }
    scenarios
}

#[test]
fn every_recorded_scenario_happens_as_process_run_printed_it() {
    let scenarios = scenarios();
    assert!(scenarios.len() > 150);
    let mut compared = 0;
    for (arguments, printed) in scenarios {
        let what = arguments.join(" ");
        let tick = ["--tick", "1ms"].into_iter();
        let arguments: Vec<&str> = tick.chain(arguments.iter().map(String::as_str)).collect();
        let trace = Trace::by(&arguments);
        trace.assert_as_simulated(&what);
        if let Some(case) = printed {
            // Not by the program's own figure of agreement, nor by its own simulation.
            assert_eq!(trace.rows(), case.rows(), "{what}");
            compared += 1;
        }
    }
    assert!(compared > 120);
}

/// Of the classic version: I/Os that come last, that end while another process runs, that take no
/// tick beyond the one that issues them, and processes with nothing to execute.
const CLASSIC: [&str; 8] = [
    "-l 4:100,1:0 -c -p",
    "-l 3:0 -L 5 -c",
    "-l 3:0,5:100,5:100,5:100 -S SWITCH_ON_IO -I IO_RUN_LATER -c -p",
    "-l 3:0,5:100,5:100,5:100 -S SWITCH_ON_IO -I IO_RUN_IMMEDIATE -c -p",
    "-s 2 -l 3:50,3:50 -S SWITCH_ON_END -I IO_RUN_LATER -c -p",
    "-l 2:0,2:0,2:0 -L 1 -I IO_RUN_IMMEDIATE -c -p",
    "-l 4:50,0:10,0:25,2:100 -L 2 -S SWITCH_ON_IO -I IO_RUN_LATER -c -p",
    "-l 1:25,2:10,2:50,2:100,8:50 -c -p",
];

#[test]
fn classic_scenarios_happen_as_the_classic_version_printed_them() {
    let cases = golden::classic_cases();
    for line in CLASSIC {
        let case = cases.iter().find(|case| case.args.join(" ") == line);
        let case = case.unwrap_or_else(|| panic!("{line} was not recorded"));
        let scenario = case.scenario();
        let options = ["--dialect", "classic", "--tick", "2ms"].into_iter();
        let arguments: Vec<&str> = options.chain(scenario.iter().map(String::as_str)).collect();
        let trace = Trace::by(&arguments);
        trace.assert_as_simulated(line);
        assert_eq!(trace["policy"]["dialect"], "classic");
        assert_eq!(trace.rows(), case.rows(), "{line}");
    }
}

#[test]
fn every_combination_of_policies_happens_as_simulated() {
    for programs in ["c2,i,c1:c5", "i,c1,i:c3,i:c4", "i:i,i:c2:c0"] {
        let mut seen = Vec::new();
        for switch in ["SWITCH_ON_IO", "SWITCH_ON_END"] {
            for done in ["IO_RUN_LATER", "IO_RUN_IMMEDIATE"] {
                let line = format!("-P {programs} -L 3 -S {switch} -I {done}");
                let trace = Trace::by_line(&format!("{line} --tick 2ms"));
                trace.assert_as_simulated(&line);
                assert_eq!(trace["policy"]["switch"], switch);
                assert_eq!(trace["policy"]["io_done"], done);
                assert_eq!(trace.rows(), on_paper(&line), "{line}");
                seen.push(trace.rows());
            }
        }
        assert_ne!(seen[0], seen[2], "{programs}: the switch policy matters");
    }
}

#[test]
fn every_supplied_file_happens_as_simulated() {
    for name in supplied_names() {
        let file = workload(name);
        let trace = Trace::by_line(&format!("{file} --tick 2ms"));
        trace.assert_as_simulated(name);
        assert_eq!(trace["workload"]["name"], name);
        assert_eq!(trace.rows(), on_paper(&file), "{name}");
    }
}

#[test]
fn the_homework_happens_as_simulated_with_the_default_tick() {
    for name in supplied_names()
        .iter()
        .filter(|name| name.starts_with("homework"))
    {
        let trace = Trace::by_line(&workload(name));
        trace.assert_as_simulated(name);
        assert_eq!(trace["tick_ns"], 10_000_000);
    }
}

/// The rows that `timeshare simulate` prints, which are compared with `process-run.py` elsewhere.
fn on_paper(scenario: &str) -> Vec<String> {
    let line = format!("simulate -c {scenario}");
    let finished = Launch::timeshare(crate::common::words(&line))
        .run()
        .succeeded();
    finished.stdout.lines().skip(1).map(str::to_owned).collect()
}

#[test]
pub fn without_privileges_a_run_happens_as_simulated() {
    let line = format!("run --json - --tick 2ms {MIXTURE}");
    let trace = Trace::of(&Launch::unprivileged(&[], &line).run().succeeded());
    trace.assert_model_equal("unprivileged");
    if nix::unistd::geteuid().is_root() {
        let class = trace["machine"]["supervisor_class"].as_str();
        assert!(
            class.is_some_and(|class| class.starts_with("SCHED_OTHER")),
            "{class:?}"
        );
    }
}

/// I/O and computing, long and short, and a process without instructions.
const MIXTURE: &str = "-P c3,i,c2:i,i,c1:c0:c6,i:c2 -L 4";

#[test]
pub fn with_a_single_cpu_a_run_happens_as_simulated() {
    for cpu in cpus::allowed() {
        let list = cpu.to_string();
        let line = format!("run --json - --tick 2ms {MIXTURE}");
        let launch = Launch::behind(&["taskset", "-c", &list], &line);
        let trace = Trace::of(&launch.run().succeeded());
        trace.assert_model_equal("on one CPU");
        assert_eq!(trace["machine"]["cpus_allowed"], serde_json::json!([cpu]));
        assert_eq!(trace["machine"]["cpu"], cpu);
    }
}

#[test]
fn the_cpu_asked_for_is_the_one_that_is_shared() {
    for cpu in cpus::allowed() {
        let trace = Trace::by_line(&format!("--tick 1ms -P c2:i --cpu {cpu}"));
        trace.assert_as_simulated("on a CPU that was asked for");
        assert_eq!(trace["machine"]["cpu"], cpu);
    }
}

#[test]
fn a_cpu_outside_of_the_mask_is_taken_when_it_is_asked_for_and_granted() {
    let [first, second, ..] = cpus::allowed()[..] else {
        skip("there is only one CPU");
    };
    let line = format!("run -P c2:i --tick 1ms --cpu {second} --json -");
    let first = first.to_string();
    let trace = Trace::of(
        &Launch::behind(&["taskset", "-c", &first], &line)
            .run()
            .succeeded(),
    );
    assert_eq!(trace["machine"]["cpu"], second);
}

#[test]
fn two_runs_that_share_a_cpu_name_each_other() {
    let cpu = cpus::allowed()[0];
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (of_first, pid) = (folder.path().join("first"), folder.path().join("pid"));
    let (of_first, pid) = (of_first.display(), pid.display());
    let script = format!(
        "{TIMESHARE} run -P c2000 --cpu {cpu} >{of_first} & echo $! >{pid}
         until grep -q 'is pid' {of_first}; do sleep 0.05; done
         {TIMESHARE} run -P c2 --tick 2ms --cpu {cpu} --json -
         kill -TERM $!; wait $!; cat {of_first} >&2"
    );
    let finished = Launch::new("sh", ["-c", &script]).run();
    assert_eq!(finished.code(), Some(0), "{finished:?}");
    let trace = Trace::of(&finished);
    let first = std::fs::read_to_string(folder.path().join("pid")).expect("it is there");
    let first: i64 = first.trim().parse().expect("it is a pid");
    let beside = trace["machine"]["runs_beside"].as_array();
    let is_named = beside.is_some_and(|pids| pids.contains(&first.into()));
    assert!(is_named, "{first}: {beside:?}");
    // There may be runs of others.
    let told = [" was on CPU", " were on CPU"].map(|told| finished.stderr.contains(told));
    assert!(told.contains(&true), "{}", finished.stderr);
}

#[test]
fn many_processes_happen_as_simulated() {
    let programs = vec!["c1,i,c1"; 100].join(":");
    let trace = Trace::by(&["--tick", "1ms", "-P", &programs, "-L", "20"]);
    trace.assert_as_simulated("100 processes");
    assert_eq!(trace.list("processes").len(), 100);
}

#[test]
fn habits_of_process_run_do_no_harm() {
    let trace = Trace::by_line("-cp -l2:50,2:50 -s1 --tick 1ms --iol 2");
    trace.assert_as_simulated("-cp");
    assert_eq!(trace["workload"]["seed"], "1");
    assert_eq!(trace["policy"]["io_length"], 2);
}
