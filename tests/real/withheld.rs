//! What the system around a run withholds from it is told as such, and as nothing else.

use std::thread::sleep;
use std::time::Duration;

use crate::common::control_group::ControlGroup;
use crate::common::cpus;
use crate::common::program::{Launch, Running};
use crate::common::runner::skip;
use crate::common::trace::Trace;
use test_attribute::test;

/// Two processes that compute for a second.
const LONG: &str = "run -P c100:c100 --tick 5ms --json -";

/// A control group, where this user may make one.
fn group(controller: &str) -> ControlGroup {
    ControlGroup::new(controller)
        .unwrap_or_else(|| skip("no control group of its own is to be had"))
}

/// The parts of the account, in nanoseconds; skips the test where the kernel records no switches.
fn part(trace: &Trace, name: &str) -> i64 {
    if trace["switches"]["unavailable"].is_object() {
        skip("the kernel records no context switches here");
    }
    trace["account"][name].as_i64().expect("the account has it")
}

/// Some ticks after the first.
fn until_it_runs(running: &Running) {
    running.until_children(2);
    sleep(Duration::from_millis(150));
}

#[test]
fn what_a_quota_withholds_is_not_put_down_to_others() {
    let group = group("cpu");
    group.limit_cpu_time(20_000);
    let trace = Trace::of(&group.launch("run -P c10:c10 --json -").run().succeeded());
    let quota = &trace["withheld"]["quotas"][0];
    assert_eq!(
        (&quota["quota_us"], &quota["period_us"]),
        (&20_000.into(), &100_000.into())
    );
    assert!(quota["throttled_periods"].as_u64() > Some(1), "{quota}");
    // To do 200 ms of work, it was throttled for most of ten periods, rivals or no.
    let (throttled, work) = (part(&trace, "throttled_ns"), part(&trace, "work_ns"));
    assert!(throttled > work / 4, "{}", trace["account"]);
    assert_eq!(
        trace["agreement"]["model_equal"],
        trace["agreement"]["cells"]
    );

    let told = group.launch("compare -P c10:c10").run().succeeded().stdout;
    for told_of in [
        "a CPU quota held the run back",
        "20.00 ms of CPU time every 100.00 ms",
    ] {
        assert!(told.contains(told_of), "{told}");
    }
}

#[test]
fn a_run_without_a_quota_is_throttled_by_none() {
    let trace = Trace::by_line("-P c5:c5");
    for quota in trace["withheld"]["quotas"].as_array().into_iter().flatten() {
        if quota["throttled_ns"] != 0 {
            skip("a quota around this test holds it back");
        }
    }
    assert_eq!(part(&trace, "throttled_ns"), 0);
    assert_eq!(part(&trace, "stood_still_ns"), 0, "{}", trace["pauses"]);
}

#[test]
fn a_frozen_group_is_told_as_standing_still_from_outside() {
    let group = group("freezer");
    let running = group.launch(LONG).start();
    until_it_runs(&running);
    group.freeze(true);
    sleep(Duration::from_millis(600));
    group.freeze(false);
    let trace = Trace::of(&running.finish().succeeded());
    let frozen: Vec<_> = trace.list("pauses").iter().collect();
    assert_eq!(frozen.len(), 1, "{frozen:?}");
    assert_eq!(frozen[0]["cause"], "frozen");
    let told_ns = frozen[0]["length_ns"].as_i64().expect("it is a number");
    assert!(told_ns >= 500_000_000, "{frozen:?}");
    let stood_still = part(&trace, "stood_still_ns");
    assert!(stood_still >= 450_000_000, "{}", trace["account"]);
    assert_eq!(
        trace["agreement"]["model_equal"],
        trace["agreement"]["cells"]
    );
}

#[test]
fn a_cpu_that_is_taken_away_is_named_once_and_no_account_is_made_up() {
    let allowed = cpus::allowed();
    let (Some((&last, others)), true) = (allowed.split_last(), allowed.len() > 1) else {
        skip("there is only one CPU");
    };
    let group = group("cpuset");
    group.set_cpus(&allowed);
    let running = group.launch(&format!("{LONG} --cpu {last}")).start();
    until_it_runs(&running);
    group.set_cpus(others);
    let finished = running.finish().succeeded();
    let trace = Trace::of(&finished);
    let told = &trace["withheld"]["cpu_lost"];
    assert_eq!(told["offline"], false, "{told}");
    assert_eq!(told["now_on"], serde_json::json!(others), "{told}");
    assert!(told["tick"].as_u64() > Some(0), "{told}");
    assert!(
        trace.list("interference").is_empty(),
        "{}",
        trace["interference"]
    );
    assert!(trace["account"].is_null(), "{}", trace["account"]);
}

#[test]
fn where_there_is_one_cpu_our_own_threads_are_told_as_ours() {
    let allowed = cpus::allowed();
    let only = allowed.last().expect("there is one").to_string();
    let trace = Trace::of(
        &Launch::behind(&["taskset", "-c", &only], "run -P c20:c20 --json -")
            .run()
            .succeeded(),
    );
    assert!(part(&trace, "own_threads_ns") > 0, "{}", trace["account"]);
}
