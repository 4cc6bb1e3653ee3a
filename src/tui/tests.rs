//! Frames of a run on paper, told as a real one is.

use std::time::Duration;

use nix::sys::signal::Signal::{SIGCONT, SIGKILL, SIGSTOP};
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Action, Key, Mode, Model, Theme, View, draw};
use crate::scheduler::{PolicySpec, ProcId, Reap, State};
use crate::trace::recording::mutation::{changed, changes};
use crate::trace::recording::{Beginning, Entry, SCHEMA};
use crate::trace::{DecisionRecord, MachineFacts, PolicyRecord, Recording, record};
use crate::workload::notation;

const RECORDING: &str = include_str!("../../tests/golden/figure-4.4.recording.jsonl");

/// A run that has come to this moment.
fn model(programs: &str, moment: u64) -> Model {
    let (workload, _) = notation::programs(programs).unwrap();
    let policy = PolicyRecord {
        spec: PolicySpec::default(),
        io_length: 3,
        dialect: crate::workload::dialect::Dialect::Current,
        reap: Reap::Now,
    };
    let recorder = record(&workload, &policy, 10_000);
    let mut model = Model::new(Beginning {
        schema: SCHEMA.to_owned(),
        timeshare: String::new(),
        workload: workload.clone(),
        policy,
        tick_ns: 500_000_000,
        machine: MachineFacts {
            kernel: String::new(),
            cpu_model: String::new(),
            cpus_allowed: vec![0, 1],
            cpu: 1,
            supervisor_cpu: 1,
            supervisor_class: String::new(),
            children_class: String::new(),
            runs_beside: Vec::new(),
        },
        pids: (4001..).take(workload.processes.len()).collect(),
    });
    for decision in recorder.decisions.iter().filter(|d| d.tick.0 <= moment) {
        model.take(Entry::Decision(DecisionRecord::from(decision)));
    }
    for tick in recorder.ticks.iter().filter(|tick| tick.tick < moment) {
        model.take(Entry::Tick(tick.clone()));
    }
    model.begins(moment.min(recorder.ticks.len() as u64 + 1));
    model
}

fn view(programs: &str, mode: Mode, moment: u64) -> View {
    let theme = Theme { color: false };
    let tick = Duration::from_millis(500);
    View::new(model(programs, moment), mode, tick, true, theme)
}

/// A live run that stands still at this moment.
fn live(programs: &str, moment: u64) -> View {
    view(programs, Mode::Live, moment)
}

fn running(programs: &str, moment: u64) -> View {
    let mut view = live(programs, moment);
    view.press(Key::Char(' '));
    view
}

/// A recording of a whole run.
fn replay(programs: &str) -> View {
    let mut view = view(programs, Mode::Replay, 10_000);
    view.conclude(vec!["the summary".to_owned()]);
    view
}

fn lines(view: &View, columns: u16, rows: u16) -> Vec<String> {
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    draw(view, &mut buffer);
    let line = |y| -> String {
        let row = (0..columns).map(|x| buffer[(x, y)].symbol());
        row.collect::<String>().trim_end().to_owned()
    };
    (0..rows).map(line).collect()
}

fn frame(view: &View, columns: u16, rows: u16) -> String {
    lines(view, columns, rows).join("\n")
}

const FIGURE: &str = "c2,i,c1:c5";
const FIVE: &str = "c1,i,c2:c5:i,c1,i:c1:c3";

#[test]
fn a_run_of_two_fits_a_small_terminal() {
    insta::assert_snapshot!(frame(&running(FIGURE, 4), 80, 24));
}

#[test]
fn five_fit_and_a_pause_is_large() {
    insta::assert_snapshot!(frame(&live(FIVE, 6), 80, 24));
}

#[test]
fn of_twenty_those_around_the_chosen_one_are_shown() {
    let mut view = running(&vec!["c2,i,c1"; 20].join(":"), 8);
    for _ in 0..12 {
        view.press(Key::Down);
    }
    insta::assert_snapshot!(frame(&view, 80, 24));
}

#[test]
fn a_large_terminal_is_used() {
    insta::assert_snapshot!(frame(&live(FIGURE, 9), 200, 60));
}

#[test]
fn all_are_new_and_then_admitted() {
    let before = lines(&live(FIGURE, 0), 80, 24);
    assert!(before[0].contains("before the first tick"), "{before:?}");
    insta::assert_snapshot!(frame(&live(FIGURE, 1), 80, 24));
}

#[test]
fn at_the_end_the_view_stays_and_the_summary_is_a_key_away() {
    let mut view = live(FIGURE, 10_000);
    let summary = (1..=40).map(|line| format!("line {line}")).collect();
    view.conclude(summary);
    insta::assert_snapshot!(frame(&view, 80, 24));
    view.press(Key::Tab);
    insta::assert_snapshot!(frame(&view, 80, 24));
    view.press(Key::PageDown);
    view.press(Key::Down);
    let shown = frame(&view, 80, 24);
    assert!(
        shown.contains("line 10\n") && !shown.contains("line 9\n"),
        "{shown}"
    );
    view.press(Key::Tab);
    assert!(
        frame(&view, 80, 24).contains("┌ Running"),
        "the view is back"
    );
    view.press(Key::Tab);
    // Looking back shows how it was then.
    view.press(Key::Left);
    let shown = frame(&view, 80, 24);
    assert!(shown.contains("looking back: tick 10 of 10"), "{shown}");
    assert!(shown.contains("┌ Running"), "{shown}");
}

#[test]
fn a_notice_gives_way_to_the_keys() {
    let mut view = running(FIGURE, 4);
    view.press(Key::Char('w'));
    let notice = "wait4(P0, WNOHANG) = 0, unless it has just ended: P0 is blocked.";
    assert!(frame(&view, 80, 24).contains(notice), "{:?}", view.notice);
    assert!(!view.pass(Duration::from_secs(2)));
    assert!(frame(&view, 80, 24).contains(notice));
    assert!(view.pass(Duration::from_secs(2)), "it is to be drawn again");
    let shown = frame(&view, 80, 24);
    assert!(
        !shown.contains("wait4") && shown.ends_with("q quit"),
        "{shown}"
    );
}

#[test]
fn who_looks_back_sees_the_policies_and_the_cpu() {
    let mut view = running(FIGURE, 9);
    view.press(Key::Left);
    let status = lines(&view, 80, 24).swap_remove(0);
    for part in [
        "SWITCH_ON_IO",
        "IO_RUN_LATER",
        "CPU 1",
        "looking back: tick 8 of 9",
    ] {
        assert!(status.contains(part), "{part} is not in {status}");
    }
}

#[test]
fn names_stand_beside_the_lanes_and_in_the_table_of_a_wide_terminal() {
    let mut view = running(FIGURE, 4);
    let mut beginning = view.model.beginning.clone();
    for (process, name) in beginning
        .workload
        .processes
        .iter_mut()
        .zip(["editor", "renderer"])
    {
        process.name = Some(name.to_owned());
    }
    view.model = Model::new(beginning);
    let shown = frame(&view, 80, 24);
    assert!(
        shown.contains("▸ P0 editor") && shown.contains("  P1 renderer"),
        "{shown}"
    );
    let wide = frame(&view, 120, 30);
    assert_eq!(wide.matches("P1 renderer").count(), 2, "{wide}");
}

#[test]
fn every_tick_that_has_room_for_its_number_has_it() {
    let mut view = live(FIGURE, 10_000);
    view.conclude(Vec::new());
    for (columns, expected) in [(80, "1 2 3 4 5 6 7 8 9 10"), (200, "1 2 3 4 5 6 7 8 9 10")] {
        let shown = lines(&view, columns, 24);
        let head = shown
            .iter()
            .position(|line| line.starts_with("TIMELINE"))
            .unwrap();
        let numbers: Vec<_> = shown[head + 1].split_whitespace().collect();
        assert_eq!(numbers.join(" "), expected);
    }
}

#[test]
fn who_is_killed_in_the_middle_of_a_tick_has_a_sign_that_help_explains() {
    let mut view = live(FIGURE, 4);
    let ended = crate::trace::TickRecord {
        processes: vec![
            crate::trace::Cell {
                state: State::Running,
                instruction: None,
                kernel: None,
            },
            crate::trace::Cell {
                state: State::Gone,
                instruction: None,
                kernel: None,
            },
        ],
        ..view.model.ticks()[2].clone()
    };
    view.model
        .take(Entry::Tick(crate::trace::TickRecord { tick: 4, ..ended }));
    view.model.begins(5);
    view.told();
    let shown = lines(&view, 80, 24);
    let lane = |process: &str| {
        let lanes = shown.iter().rev();
        let mut lanes = lanes.filter(|line| line.contains(process) && !line.contains("│"));
        let lane = lanes.next().unwrap().chars().skip(8).collect::<String>();
        lane.split_whitespace().nth(3).map(str::to_owned)
    };
    assert_eq!(lane("P0").as_deref(), Some("x"), "{shown:?}");
    assert_eq!(lane("P1").as_deref(), Some("-"), "{shown:?}");
    view.press(Key::Char('?'));
    let help = frame(&view, 80, 24);
    assert!(
        help.contains("x ended in this tick") && help.contains("- gone"),
        "{help}"
    );
}

#[test]
fn help_lies_over_everything_until_a_key_is_pressed() {
    let mut view = live(FIGURE, 4);
    view.press(Key::Char('?'));
    insta::assert_snapshot!(frame(&view, 80, 24));
    assert_eq!(view.press(Key::Char('q')), []);
    assert!(frame(&view, 80, 24).contains("┌ Running"));
    let mut view = replay(FIGURE);
    view.press(Key::Char('?'));
    insta::assert_snapshot!(frame(&view, 80, 24));
}

#[test]
fn a_small_terminal_is_told_so() {
    for (columns, rows) in [(79, 24), (80, 23), (1, 1), (30, 3)] {
        let shown = frame(&live(FIGURE, 4), columns, rows);
        assert!(shown.starts_with('T'), "{shown}");
        if columns >= 30 && rows >= 3 {
            assert!(shown.contains("too small"), "{shown}");
            assert!(shown.contains("needed: 80x24"), "{shown}");
        }
    }
}

#[test]
fn nothing_is_cut_off_or_panics_on_any_larger_screen() {
    for programs in ["c1", FIVE, &vec!["c1"; 70].join(":")] {
        for moment in [0, 1, 5, 10_000] {
            let mut view = live(programs, moment);
            for (columns, rows) in [
                (80, 24),
                (81, 25),
                (100, 30),
                (132, 43),
                (200, 60),
                (300, 99),
            ] {
                let shown = lines(&view, columns, rows);
                let last = shown.last().unwrap();
                assert!(last.ends_with("q quit"), "{columns}x{rows}: {last}");
                for part in ["┌ Running", "└ Zombie", "PROGRAM", "TIMELINE", "  I/O"] {
                    let found = shown.iter().any(|line| line.contains(part));
                    assert!(found, "{part} is not on {columns}x{rows}");
                }
            }
            view.press(Key::Char('?'));
            frame(&view, 80, 24);
        }
    }
}

#[test]
fn a_recording_shows_at_each_tick_what_was_shown_live() {
    let mut recorded = replay(FIVE);
    let last = recorded.model.latest();
    assert!(last > 15);
    for moment in 1..last {
        let live = lines(&live(FIVE, moment), 80, 24);
        let again = lines(&recorded, 80, 24);
        // All but the status and the keys.
        assert_eq!(live[1..23], again[1..23], "tick {moment}");
        recorded.press(Key::Right);
    }
    assert!(lines(&recorded, 80, 24)[0].contains("over after"));
    for moment in (1..last).rev() {
        recorded.press(Key::Left);
        let live = lines(&live(FIVE, moment), 80, 24);
        assert_eq!(
            live[1..23],
            lines(&recorded, 80, 24)[1..23],
            "back to tick {moment}"
        );
    }
    recorded.press(Key::Left);
    assert!(lines(&recorded, 80, 24)[0].contains("before the first tick"));
}

#[test]
fn keys_ask_for_what_they_say() {
    let mut view = running(FIGURE, 4);
    let tick = |ms| [Action::Tick(Duration::from_millis(ms))];
    assert_eq!(view.press(Key::Char('+')), tick(200));
    assert_eq!(view.press(Key::Char('-')), tick(500));
    assert_eq!(view.press(Key::Char('-')), tick(1000));
    assert_eq!(view.press(Key::Char('n')), [Action::Step]);
    assert_eq!(view.press(Key::Char(' ')), [Action::Resume]);
    assert_eq!(view.press(Key::Char(' ')), [Action::Pause]);
    view.press(Key::Down);
    view.press(Key::Down);
    let last = ProcId(1);
    assert_eq!(view.press(Key::Char('c')), [], "it is paused");
    assert_eq!(view.press(Key::Char(' ')), [Action::Resume]);
    for (key, signal) in [('s', SIGSTOP), ('c', SIGCONT), ('k', SIGKILL)] {
        assert_eq!(view.press(Key::Char(key)), [Action::Signal(last, signal)]);
    }
    assert_eq!(view.press(Key::Char('w')), [Action::Wait(last)]);
    for (key, policy) in [
        ('S', "SWITCH_ON_END, IO_RUN_LATER"),
        ('I', "SWITCH_ON_END, IO_RUN_IMMEDIATE"),
        ('S', "SWITCH_ON_IO, IO_RUN_IMMEDIATE"),
    ] {
        let policy = policy.parse().unwrap();
        assert_eq!(view.press(Key::Char(key)), [Action::Policy(policy)]);
    }
    assert_eq!(view.press(Key::Char('q')), [Action::Leave]);
}

#[test]
fn a_step_stands_still_again_when_the_next_tick_begins() {
    let mut view = live(FIGURE, 4);
    view.press(Key::Char('n'));
    assert!(!view.is_standing());
    let next = model(FIGURE, 5);
    view.model = next;
    view.told();
    assert!(view.is_standing());
}

#[test]
fn whoever_is_gone_gets_no_signal_and_neither_does_a_recording() {
    let mut view = live(FIGURE, 10);
    view.press(Key::Down);
    assert_eq!(view.press(Key::Char('k')), []);
    assert!(frame(&view, 80, 24).contains("P1 has been waited for: it is gone."));
    let mut view = replay(FIGURE);
    assert_eq!(view.press(Key::Char('k')), []);
    assert!(frame(&view, 80, 24).contains("This is a recording"));
}

#[test]
fn a_recording_plays_at_its_speed_and_stops_at_its_end() {
    let mut view = replay(FIGURE);
    view.pass(Duration::from_secs(9));
    assert_eq!(view.moment(), 1, "it is paused");
    view.press(Key::Char(' '));
    view.pass(Duration::from_millis(499));
    assert_eq!(view.moment(), 1);
    view.pass(Duration::from_millis(1));
    assert_eq!(view.moment(), 2);
    view.press(Key::Char('+'));
    view.pass(Duration::from_millis(600));
    assert_eq!(view.moment(), 5);
    view.pass(Duration::from_secs(9));
    assert!(view.is_over() && view.paused);
    view.press(Key::Char(' '));
    assert_eq!(view.moment(), 1, "and once more");
}

#[test]
fn one_can_go_to_a_tick() {
    let mut view = replay(FIGURE);
    for key in ['g', '7', '7'] {
        view.press(Key::Char(key));
    }
    view.press(Key::Backspace);
    assert!(frame(&view, 80, 24).contains("Go to tick: 7▏"));
    view.press(Key::Enter);
    assert_eq!(view.moment(), 7);
    view.press(Key::Char('9'));
    view.press(Key::Escape);
    assert_eq!(view.moment(), 7);
    view.press(Key::End);
    assert!(view.is_over());
    view.press(Key::Home);
    assert_eq!(view.moment(), 1);
}

proptest! {
    #[test]
    fn a_changed_recording_is_refused_or_can_be_watched(
        changes in changes(),
        lines in 0..40_usize,
        keys in prop::collection::vec(key(), 0..30),
        (columns, rows) in (0..200_u16, 0..70_u16),
    ) {
        let changed = changed(RECORDING, &changes);
        let cut: String = changed.split_inclusive('\n').take(lines).collect();
        let Ok(recording) = Recording::read(cut.as_bytes()) else {
            return Ok(());
        };
        let tick = Duration::from_millis(500);
        let theme = Theme { color: true };
        let mut view = View::new(Model::of(recording), Mode::Replay, tick, false, theme);
        view.conclude(vec![String::new(); 50]);
        for key in keys {
            view.press(key);
            view.pass(tick);
            let _ = frame(&view, columns, rows);
        }
    }
}

fn key() -> impl Strategy<Value = Key> {
    let others = [
        Key::Up,
        Key::Down,
        Key::Left,
        Key::Right,
        Key::Home,
        Key::End,
        Key::Enter,
        Key::Escape,
    ];
    let letters = " nskcwSI+-g0159q?h".chars().map(Key::Char);
    prop::sample::select(letters.chain(others).collect::<Vec<_>>())
}
