//! Reports of what is not every day's run: hostile names, changes by hand, many processes, long
//! runs, traces that no run would leave.

use crate::common::page::{data, golden, xml};
use proptest::prelude::*;
use timeshare::report::{html, svg};
use timeshare::scheduler::State;
use timeshare::trace::{Cell, Outcome, PolicyChange, SwitchesRecord, Trace};
use timeshare::workload::Instruction;

#[test]
fn no_name_gets_out_of_its_place() {
    let hostile =
        "</script><script>x</script></style></title><img src=x onerror=\"x\">]]>&lt;\u{1}";
    let mut trace = golden();
    trace.workload.name = Some(hostile.to_owned());
    trace.workload.description = Some(hostile.to_owned());
    trace.machine.kernel = hostile.to_owned();
    trace.machine.cpu_model = hostile.to_owned();
    trace.timeshare = hostile.to_owned();
    trace.switches = SwitchesRecord::Unavailable {
        why: hostile.to_owned(),
    };
    trace.outcome = Outcome::Failed {
        error: hostile.to_owned(),
    };
    for process in &mut trace.workload.processes {
        process.name = Some(hostile.to_owned());
        process.given = hostile.to_owned();
    }
    for decision in &mut trace.decisions {
        decision.why = hostile.to_owned();
    }
    let page = html::page(&trace);
    assert!(!page.contains('\u{1}'), "no document can hold that");
    for tag in ["<img", "<script>x", "</style></title>"] {
        assert!(!page.contains(tag), "{tag}");
    }
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(data(&page)["names"][0], format!("P0 {hostile}"));
    let picture = svg::picture(&trace);
    let shown = hostile.replace('\u{1}', "\u{fffd}");
    let document = xml(&picture);
    let title = document
        .descendants()
        .find(|node| node.has_tag_name("title"));
    assert_eq!(
        title.and_then(|title| title.text().map(str::to_owned)),
        Some(shown)
    );
}

#[test]
fn what_was_changed_by_hand_is_marked_where_it_was() {
    let mut trace = golden();
    trace.policy_changes = vec![PolicyChange {
        tick: 5,
        spec: "SWITCH_ON_END, IO_RUN_IMMEDIATE".parse().unwrap(),
    }];
    for tick in &mut trace.ticks[6..] {
        tick.nominal_ns = Some(20_000_000);
    }
    let marks = &data(&html::page(&trace))["marks"];
    assert_eq!(
        marks["5"][0],
        "From here on SWITCH_ON_END, IO_RUN_IMMEDIATE."
    );
    assert_eq!(marks["7"][1], "From here on a tick is 20.00 ms.");
    let picture = svg::picture(&trace);
    let document = xml(&picture);
    let signs = document
        .descendants()
        .filter(|node| node.attribute("class") == Some("sign"));
    let signs: Vec<_> = signs
        .filter_map(|node| node.descendants().next_back()?.text())
        .collect();
    assert_eq!(signs[..2], ["§", "*Δ"]);
}

/// So many processes and ticks, each cell another than the one before.
fn large(processes: usize, ticks: u64) -> Trace {
    let mut trace = golden();
    let program = trace.workload.processes[0].clone();
    trace.workload.processes = vec![program; processes];
    let record = trace.processes[0].clone();
    trace.processes = vec![record; processes];
    let tick = trace.ticks[0].clone();
    let cell = |changes: bool| Cell {
        state: if changes {
            State::Running
        } else {
            State::Blocked
        },
        instruction: changes.then_some(Instruction::Io),
        kernel: Some('R'),
    };
    trace.ticks = (1..=ticks)
        .map(|number| {
            let mut tick = tick.clone();
            tick.tick = number;
            let ids = 0..processes as u64;
            tick.processes = ids
                .map(|id| cell((id + number).is_multiple_of(2)))
                .collect();
            tick
        })
        .collect();
    trace.measured.ticks = ticks;
    trace.simulated.ticks = 1;
    trace
}

#[test]
fn files_stay_small_enough_and_say_what_they_leave_out() {
    for (processes, ticks, left_out) in [
        (1, 1, None),
        (64, 2_000, Some("ticks 1 to 468 of 2000")),
        (1, 100_000, Some("ticks 1 to 4000 of 100000")),
        (1_000, 20, Some("P0 to P127 of 1000 processes")),
    ] {
        let trace = large(processes, ticks);
        let page = html::page(&trace);
        let size = page.len();
        assert!(
            size < 8_000_000,
            "{processes} processes, {ticks} ticks: {size} bytes"
        );
        assert_eq!(
            data(&page)["goes_on"],
            ticks > data(&page)["ticks"].as_u64().unwrap()
        );
        let told = page.contains("Drawn are ");
        assert_eq!(told, left_out.is_some());
        assert!(left_out.is_none_or(|left_out| page.contains(left_out)));
        let picture = svg::picture(&trace);
        assert!(picture.len() < 8_000_000);
        xml(&picture);
    }
}

#[test]
fn no_trace_however_odd_stops_a_report() {
    let whole = golden();
    let time = || prop::option::of(0..10_000_000_u64);
    let times = prop::collection::vec((time(), time(), time()), 0..12);
    proptest!(|(times in times, ticks: u64, name: String, tick_ns: u64, ending in 0..3_u8)| {
        let mut odd = whole.clone();
        for (tick, (start, end, nominal)) in odd.ticks.iter_mut().zip(&times) {
            (tick.start_ns, tick.end_ns, tick.nominal_ns) = (*start, *end, *nominal);
        }
        odd.ticks.truncate(times.len());
        if let Some(tick) = odd.ticks.last_mut() {
            tick.processes.pop();
        }
        odd.simulated.ticks = ticks;
        odd.tick_ns = tick_ns;
        odd.workload.name = Some(name.clone());
        odd.workload.processes[0].name = Some(name);
        odd.processes.truncate(ending.into());
        odd.outcome = if ending == 0 { Outcome::Left } else { Outcome::Complete };
        let _ = data(&html::page(&odd));
        let picture = svg::picture(&odd);
        prop_assert!(roxmltree::Document::parse(&picture).is_ok());
    });
}
