//! The timeline for Perfetto: a strict reader of the format has nothing against it, and each cell,
//! decision, request and span of the trace is where it belongs.

use crate::common::reported::{SCENARIOS, trace_of};
use crate::common::runner::skip;
use crate::common::trace_event::{self, Document, Track};
use crate::common::workload;
use proptest::prelude::*;
use serde_json::json;
use test_attribute::test;
use timeshare::machine::{Exit, Interference, InterferenceKind, Pause, PauseCause, Span, SpanEnd};
use timeshare::report::csv;
use timeshare::report::live::state_name;
use timeshare::report::perfetto::perfetto;
use timeshare::report::svg::picture;
use timeshare::report::text::text;
use timeshare::scheduler::{ProcId, State, Tick, TransitionKind};
use timeshare::trace::{DecisionRecord, Outcome, SwitchesRecord, TickRecord, Trace};
use timeshare::workload::Instruction;

#[track_caller]
fn document(trace: &Trace) -> Document {
    let text = perfetto(trace);
    trace_event::read(&text).unwrap_or_else(|fault| panic!("{fault}"))
}

/// The track of a process, by the beginning of its name.
fn of_process<'a>(document: &'a Document, group: &str, index: usize) -> Option<&'a Track> {
    let mut groups = document.order.iter();
    let (_, tracks) = groups.find(|(name, _)| trace_event::is_named(name, group))?;
    let id = format!("P{index}");
    let is_it = |name: &&String| name.split(' ').next() == Some(&id);
    document.find(group, tracks.iter().find(is_it)?)
}

/// Ticks, and from when to when each lasted.
type Placed = Vec<(TickRecord, u64, u64)>;

fn measured(trace: &Trace) -> Placed {
    let time = |tick: &TickRecord| tick.start_ns.zip(tick.end_ns).expect("it was measured");
    let ticks = trace.ticks.iter();
    ticks
        .map(|tick| (tick.clone(), time(tick).0, time(tick).1))
        .collect()
}

fn simulated(trace: &Trace) -> Placed {
    let ticks = trace.on_paper().into_iter().zip(0..);
    ticks
        .map(|(tick, index)| (tick, index * trace.tick_ns, (index + 1) * trace.tick_ns))
        .collect()
}

/// Each cell of each tick, found on the track of its process.
fn assert_cells_are_drawn(trace: &Trace, group: &str, ticks: &Placed) {
    let document = document(trace);
    for index in 0..trace.workload.processes.len() {
        let drawn = of_process(&document, group, index).expect("every process has a track");
        let mut instructions = 0;
        for (tick, from, until) in ticks {
            let cell = tick.processes[index];
            let there = drawn.throughout(0, *from, *until);
            let words: Vec<_> = there.iter().map(|slice| slice.name.as_str()).collect();
            if cell.state == State::Gone {
                assert_eq!(words, [""; 0], "{tick:?}");
                continue;
            }
            let word = state_name(cell.state, trace.policy.dialect);
            assert_eq!(words, [word], "{group} P{index} {tick:?}");
            let (first, last) = (&there[0].args["first_tick"], &there[0].args["last_tick"]);
            assert!(first.as_u64() <= Some(tick.tick) && last.as_u64() >= Some(tick.tick));
            if let Some(letter) = cell.kernel {
                let place = tick.tick - first.as_u64().expect("a number");
                let letters = there[0].args["kernel"].as_str().expect("it was sampled");
                let told = letters.chars().nth(usize::try_from(place).expect("small"));
                assert_eq!(told, Some(letter), "{tick:?}");
            }
            let within = drawn.slices.iter().filter(|slice| slice.depth == 1);
            let mut within = within.filter(|slice| (slice.from, slice.until) == (*from, *until));
            let executed = within.next().map(|slice| slice.name.as_str());
            assert_eq!(executed, cell.instruction.map(Instruction::name));
            instructions += usize::from(executed.is_some());
        }
        let depths = drawn.slices.iter().map(|slice| slice.depth);
        let nested = depths.clone().filter(|depth| *depth == 1).count();
        assert_eq!(nested, instructions, "and no other instruction");
        assert_eq!(depths.filter(|depth| *depth > 1).count(), 0);
    }
}

#[test]
fn every_cell_of_run_and_simulation_is_a_slice_of_its_state_and_instruction() {
    for line in SCENARIOS {
        let trace = trace_of(line);
        assert_cells_are_drawn(&trace, "measured", &measured(&trace));
        assert_cells_are_drawn(&trace, "simulated", &simulated(&trace));
    }
}

#[test]
fn ticks_the_cpu_and_the_device_are_drawn_as_they_were() {
    for line in SCENARIOS {
        let trace = trace_of(line);
        let document = document(&trace);
        for (group, ticks) in [
            ("measured", measured(&trace)),
            ("simulated", simulated(&trace)),
        ] {
            assert_eq!(document.track(group, "ticks").slices.len(), ticks.len());
            for ((tick, from, until), slice) in
                ticks.iter().zip(&document.track(group, "ticks").slices)
            {
                assert_eq!(slice.name, format!("tick {}", tick.tick));
                assert_eq!((slice.from, slice.until), (*from, *until));
                let running = tick
                    .processes
                    .iter()
                    .position(|cell| cell.state == State::Running);
                let had = document.track(group, "CPU").throughout(0, *from, *until);
                let had: Vec<_> = had.iter().map(|slice| slice.name.clone()).collect();
                let expected: Vec<_> = running.iter().map(|id| on_cpu(*id)).collect();
                assert_eq!(had, expected, "{tick:?}");

                let busy = |index: &usize| {
                    let device = document.find(group, &format!("device, I/O of P{index}"));
                    device.is_some_and(|device| !device.throughout(0, *from, *until).is_empty())
                };
                let requests = (0..tick.processes.len()).filter(busy).count() as u64;
                assert_eq!(requests, tick.ios_in_flight, "{tick:?}");
                let counter = document
                    .counter(group, "I/Os in flight")
                    .expect("it is told");
                let value = counter.iter().rfind(|(at, _)| at <= from);
                let value = value.map(|(_, value)| *value);
                assert_eq!(value, u32::try_from(requests).ok().map(f64::from));
            }
        }
    }
}

#[test]
fn every_decision_is_told_with_its_reason_at_the_start_of_its_tick() {
    let trace = trace_of(SCENARIOS[0]);
    let document = document(&trace);
    let told = &document.track("measured", "decisions").instants;
    let is_creation =
        |decision: &&DecisionRecord| decision.transition == Some(TransitionKind::Admit);
    let (creations, others): (Vec<_>, Vec<_>) = trace.decisions.iter().partition(is_creation);
    assert_eq!(creations.len(), trace.processes.len());
    for (index, creation) in creations.iter().enumerate() {
        let own = &of_process(&document, "measured", index)
            .expect("it is drawn")
            .instants;
        let own: Vec<_> = own
            .iter()
            .map(|instant| (&instant.name, instant.at))
            .collect();
        assert_eq!(own, [(&creation.why, 0)], "all are created at one time");
    }
    assert_eq!(told.len(), others.len());
    for (instant, decision) in told.iter().zip(others) {
        assert_eq!(instant.name, decision.why);
        assert_eq!(instant.args["reason"], json!(decision.reason));
        let index = usize::try_from(decision.tick).unwrap() - 1;
        let at = trace.ticks.get(index).and_then(|tick| tick.start_ns);
        let end = trace.ticks.last().and_then(|tick| tick.end_ns);
        assert_eq!(Some(instant.at), at.or(end), "{decision:?}");
    }
    let paper = &document.track("simulated", "decisions").instants;
    let reasons = |instants: &[trace_event::Instant]| {
        let names = instants.iter().map(|instant| instant.name.clone());
        names.collect::<Vec<_>>()
    };
    assert_eq!(reasons(paper), reasons(told), "it did what the paper said");
}

const KERNEL: &str = "kernel's record of context switches";

#[test]
fn the_kernels_spans_are_drawn_as_they_were_recorded() {
    let trace = trace_of(SCENARIOS[0]);
    let SwitchesRecord::Recorded {
        lost, supervisor, ..
    } = &trace.switches
    else {
        skip("this machine records no context switches");
    };
    if *lost > 0 {
        skip("records of context switches were lost");
    }
    let document = document(&trace);
    let mut all = 0;
    let of_processes = trace.processes.iter().map(|process| {
        let spans = process.spans.clone().unwrap_or_default();
        (format!("P{}, pid {}", process.id, process.pid), spans)
    });
    for (name, spans) in of_processes.chain([("supervisor".to_owned(), supervisor.clone())]) {
        let drawn = document
            .find(KERNEL, &name)
            .map_or(&[][..], |track| &track.slices);
        assert_eq!(drawn.len(), spans.len(), "{name}");
        for (slice, span) in drawn.iter().zip(&spans) {
            assert_eq!((slice.from, slice.until), (span.start_ns, span.end_ns));
            assert_eq!(slice.args["ended"], json!(span.ended));
        }
        all += spans.len();
    }
    let cpu = format!("CPU {}", trace.machine.cpu);
    assert_eq!(document.track(KERNEL, &cpu).slices.len(), all);
    let values = document.counter(KERNEL, "CPU utilization, %");
    let values = values.expect("it is told");
    assert!(
        values
            .iter()
            .all(|(_, value)| (0.0..=100.0).contains(value))
    );
    assert!(values.iter().any(|(_, value)| *value > 50.0), "{values:?}");
}

/// The name of a slice on the CPU: digits that the viewer does not drop before it chooses a colour.
fn on_cpu(process: usize) -> String {
    let digits = process.to_string();
    let lowered = digits
        .bytes()
        .map(|b| char::from_u32(0x2080 + u32::from(b - b'0')).unwrap());
    format!("P{} on the CPU", lowered.collect::<String>())
}

#[test]
fn groups_say_which_run_it_is_and_tracks_are_ordered() {
    let trace = trace_of(&workload("figure-4.4"));
    let document = document(&trace);
    let title = trace.workload.name.clone().expect("it has a name");
    let run = format!(": {title}, SWITCH_ON_IO, IO_RUN_LATER");
    let groups: Vec<_> = document
        .order
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(
        groups[..2],
        [format!("simulated{run}"), format!("measured{run}")]
    );
    for (_, tracks) in &document.order[..2] {
        let expected = ["ticks", "decisions", "CPU", "P0", "P1", "device, I/O of P0"];
        assert_eq!(tracks[..], expected);
    }
}

/// The number of a track.
fn number_of(events: &serde_json::Value, group: u64, track: &str) -> Option<u64> {
    let events = events["traceEvents"].as_array().expect("they are a list");
    let is_it = |event: &&serde_json::Value| {
        event["name"] == "thread_name" && event["pid"] == group && event["args"]["name"] == track
    };
    events
        .iter()
        .find(is_it)
        .and_then(|event| event["tid"].as_u64())
}

#[test]
fn tracks_of_real_processes_have_their_pids_and_no_other_track_has() {
    let mut trace = trace_of("-P c1:c1 --tick 1ms");
    let first = u64::try_from(trace.processes[0].pid).unwrap();
    let events = serde_json::from_str(&perfetto(&trace)).unwrap();
    assert_eq!(number_of(&events, 2, "P0"), Some(first));
    assert_ne!(
        number_of(&events, 1, "P0"),
        Some(first),
        "there is none on paper"
    );
    // In a namespace of its own, a pid may be one of our numbers, or that of a group.
    trace.processes[0].pid = 101;
    trace.processes[1].pid = 2;
    document(&trace);
    let events = serde_json::from_str(&perfetto(&trace)).unwrap();
    assert_eq!(number_of(&events, 2, "P0"), Some(101));
    assert_ne!(number_of(&events, 2, "P1"), Some(2));
    // And a damaged trace may have two of one pid.
    trace.processes[1].pid = 101;
    document(&trace);
}

#[test]
fn a_name_that_ends_in_a_backslash_is_kept_and_can_be_read_by_the_viewer() {
    let mut trace = trace_of("-P c1 --tick 1ms");
    for name in ["ends\\", "\\", "\\\\", "a\\b", "quoted\"\\"] {
        trace.workload.processes[0].name = Some(name.to_owned());
        trace.workload.name = Some(name.to_owned());
        let text = perfetto(&trace);
        assert!(!text.contains("\\\\"), "{text}");
        document(&trace).track("simulated", &format!("P0 {name}"));
    }
}

#[test]
fn a_run_that_was_broken_off_ends_at_a_mark_in_each_group() {
    let mut trace = trace_of("-P c2 --tick 1ms");
    let whole = document(&trace);
    assert!(
        whole
            .order
            .iter()
            .all(|(name, _)| !name.contains("broken off"))
    );
    assert!(whole.track("measured", "ticks").instants.is_empty());
    trace.outcome = Outcome::Interrupted {
        signal: "SIGINT".to_owned(),
    };
    let document = document(&trace);
    assert!(
        document
            .order
            .iter()
            .all(|(name, _)| name.ends_with(" (broken off)"))
    );
    for group in ["simulated", "measured"] {
        let ticks = document.track(group, "ticks");
        let [end] = &ticks.instants[..] else {
            panic!("{ticks:?}");
        };
        assert!(end.name.contains("SIGINT"), "{}", end.name);
        assert_eq!(Some(end.at), ticks.slices.last().map(|tick| tick.until));
    }
}

#[test]
fn a_kill_from_outside_is_on_the_timeline_and_counts_as_interference() {
    let mut trace = trace_of("-P c3:c2 --tick 1ms");
    trace.processes[1].exit = Some(Exit::Signal {
        number: 9,
        core_dumped: false,
    });
    trace.processes[1].measured.turnaround_ticks = Some(2);
    let document = document(&trace);
    let done = &document.track("measured", "interference").instants[0];
    assert_eq!(done.name, "was killed by SIGKILL (P1)");
    assert_eq!(Some(done.at), trace.ticks[1].start_ns);
    let picture = picture(&trace);
    assert!(
        picture.contains("P1 was killed by SIGKILL, not by timeshare"),
        "{picture}"
    );
    let rows = csv::processes(&trace);
    let counts: Vec<_> = rows
        .lines()
        .map(|row| row.split(',').nth(6).unwrap())
        .collect();
    assert_eq!(counts, ["interference", "0", "1"]);
    // What the person who watches has sent is told as that.
    trace.interference = vec![Interference {
        tick: Tick(2),
        process: ProcId(1),
        what: InterferenceKind::Signalled { number: 9 },
    }];
    let told = self::document(&trace);
    assert_eq!(told.track("measured", "interference").instants.len(), 1);
    assert_eq!(trace.kills(), []);
}

#[test]
fn pauses_and_interference_are_on_the_timeline() {
    let mut trace = trace_of("-P c4:c2 --tick 2ms");
    let at_ns = trace.ticks[2].start_ns.unwrap();
    let pause = |cause, length_ns| Pause {
        tick: Tick(3),
        cause,
        at_ns,
        length_ns,
    };
    trace.pauses = vec![
        pause(PauseCause::Terminal, 5_000_000_000),
        pause(PauseCause::Outside, 1_000_000),
    ];
    trace.interference = vec![Interference {
        tick: Tick(2),
        process: ProcId(1),
        what: InterferenceKind::Reniced,
    }];
    let document = document(&trace);
    let pauses = document.track("measured", "pauses");
    assert_eq!(pauses.instants[0].args["length_ns"], 5_000_000_000_u64);
    let outside = &pauses.slices[0];
    assert_eq!((outside.from, outside.until), (at_ns, at_ns + 1_000_000));
    let done = &document.track("measured", "interference").instants[0];
    assert_eq!(Some(done.at), trace.ticks[1].start_ns);
    assert!(
        done.name.contains("nice value") && done.name.contains("P1"),
        "{}",
        done.name
    );
}

#[test]
fn the_reader_of_timelines_refuses_what_is_wrong() {
    let whole = perfetto(&trace_of("-P c1 --tick 1ms"));
    trace_event::read(&whole).expect("as it is, it is right");
    let spoilt = |spoil: &dyn Fn(&mut Vec<serde_json::Value>)| {
        let mut document: serde_json::Value = serde_json::from_str(&whole).unwrap();
        spoil(document["traceEvents"].as_array_mut().unwrap());
        trace_event::read(&document.to_string()).map(|_| ())
    };
    let find = |events: &[serde_json::Value], ph: &str| {
        events.iter().position(|event| event["ph"] == ph).unwrap()
    };
    spoilt(&|events| drop(events.remove(find(events, "E")))).unwrap_err();
    spoilt(&|events| drop(events.remove(find(events, "B")))).unwrap_err();
    spoilt(&|events| drop(events.remove(find(events, "M")))).unwrap_err();
    spoilt(&|events| events.reverse()).unwrap_err();
    spoilt(&|events| {
        let at = find(events, "B");
        events[at]["tid"] = json!(7);
    })
    .unwrap_err();
    spoilt(&|events| {
        let at = find(events, "B");
        events[at]["ph"] = json!("Q");
    })
    .unwrap_err();
    spoilt(&|events| {
        let at = find(events, "i");
        events[at]["ts"] = json!(-1);
    })
    .unwrap_err();
    spoilt(&|events| {
        let at = find(events, "i");
        events[at]["ts"] = json!(0.0001);
    })
    .unwrap_err();
    spoilt(&|events| {
        let at = find(events, "i");
        events[at]["ts"] = json!(1.2345);
    })
    .unwrap_err();
    spoilt(&|events| {
        let at = find(events, "E");
        events[at].as_object_mut().unwrap().remove("name");
    })
    .unwrap_err();
    spoilt(&|events| {
        let at = find(events, "E");
        events[at]["name"] = json!("another");
    })
    .unwrap_err();
    spoilt(&|events| {
        let at = find(events, "B");
        events[at]["args"] = json!({"length_ns": 1_u64 << 63});
    })
    .unwrap_err();
    // Of two that touch, a viewer may lose one: it rounds a start and a length apart from each other.
    spoilt(&|events| {
        let at = find(events, "B");
        let (mut first, end) = (events[at].clone(), find(events, "E"));
        first["ph"] = json!("X");
        first["dur"] = json!(1);
        events[at] = first;
        events.remove(end);
    })
    .unwrap_err();
    spoilt(&|_| ()).expect("nothing was spoilt");
}

/// A trace as a damaged or foreign record might have it.
fn odd(
    mut trace: Trace,
    times: &[(Option<u64>, Option<u64>)],
    spans: &[(usize, u64, u64)],
    pauses: &[(u64, u64)],
) -> Trace {
    for (tick, (start, end)) in trace.ticks.iter_mut().zip(times) {
        (tick.start_ns, tick.end_ns) = (*start, *end);
    }
    trace.ticks.truncate(times.len());
    if let Some(tick) = trace.ticks.last_mut() {
        tick.processes.pop();
    }
    for &(process, start_ns, length_ns) in spans {
        let end_ns = start_ns.saturating_add(length_ns);
        let span = Span {
            start_ns,
            end_ns,
            ended: SpanEnd::Slept,
        };
        let count = trace.processes.len();
        trace.processes[process % count]
            .spans
            .get_or_insert_default()
            .push(span);
    }
    trace.pauses = pauses
        .iter()
        .map(|&(at_ns, length_ns)| Pause {
            tick: Tick(1),
            cause: PauseCause::Outside,
            at_ns,
            length_ns,
        })
        .collect();
    trace
}

#[test]
fn no_trace_however_odd_makes_a_faulty_document() {
    let trace = trace_of("-P c1,i:c2 -L 1 --tick 1ms");
    let time = || prop::option::of(0..10_000_000_u64);
    let times = prop::collection::vec((time(), time()), 0..6);
    let spans = prop::collection::vec((0..4_usize, 0..9_000_000_u64, 0..u64::MAX >> 20), 0..20);
    let pauses = prop::collection::vec((0..9_000_000_u64, 0..9_000_000_u64), 0..3);
    proptest!(|(times in times, spans in spans, pauses in pauses)| {
        let odd = odd(trace.clone(), &times, &spans, &pauses);
        let _ = document(&odd);
        let _ = text(&odd);
        prop_assert!(!csv::ticks(&odd).is_empty() && !csv::processes(&odd).is_empty());
    });
}
