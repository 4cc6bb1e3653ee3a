//! Frames of a run on paper, told as a real one is.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Key, Mode, Model, Theme, View, draw};
use crate::scheduler::Reap;
use crate::trace::recording::{Beginning, Entry, SCHEMA};
use crate::trace::{DecisionRecord, MachineFacts, PolicyRecord, WorkloadRecord, record};
use crate::workload::notation;
use crate::workload::policy::{IoDonePolicy, SwitchPolicy};

/// A run that has come to this moment.
fn model(programs: &str, moment: u64) -> Model {
    let (workload, _) = notation::programs(programs).unwrap();
    let policy = PolicyRecord {
        switch: SwitchPolicy::OnIo,
        io_done: IoDonePolicy::Later,
        io_length: 3,
        dialect: crate::workload::dialect::Dialect::Current,
        reap: Reap::Now,
    };
    let recorder = record(&workload, &policy, 10_000);
    let mut model = Model::new(Beginning {
        schema: SCHEMA.to_owned(),
        timeshare: String::new(),
        workload: WorkloadRecord::from(&workload),
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
        },
        pids: (4001..).take(workload.processes.len()).collect(),
    });
    for decision in recorder.decisions.iter().filter(|d| d.tick.0 <= moment) {
        model.take(Entry::Decision(DecisionRecord::from(decision)));
    }
    for tick in recorder.ticks.iter().filter(|tick| tick.tick < moment) {
        model.take(Entry::Tick(tick.clone()));
    }
    model
}

fn live(programs: &str, moment: u64) -> View {
    let theme = Theme { color: false };
    let tick = Duration::from_millis(500);
    View::new(model(programs, moment), Mode::Live, tick, false, theme)
}

fn frame(view: &View, columns: u16, rows: u16) -> String {
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    draw(view, &mut buffer);
    let line = |y| -> String {
        let row = (0..columns).map(|x| buffer[(x, y)].symbol());
        row.collect::<String>().trim_end().to_owned()
    };
    (0..rows).map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn look() {
    for (p, m, w, h) in [
        ("c2,i,c1:c5", 4, 80, 24),
        ("c2,i,c1:c5", 9, 80, 24),
        ("c1,i,c2:c5:i,c1,i:c1:c3", 6, 80, 24),
        ("c1,i,c2:c5:i,c1,i:c1:c3", 6, 100, 30),
        ("c9,i,c1:c5", 7, 200, 60),
    ] {
        let mut view = live(p, m);
        println!("{}\n=====", frame(&view, w, h));
        view.press(Key::Char(' '));
        println!("{}\n=====", frame(&view, w, h));
    }
    let p = vec!["c2,i,c1"; 20].join(":");
    println!("{}\n=====", frame(&live(&p, 8), 80, 24));
    let mut view = live(&p, 8);
    view.press(Key::Char('?'));
    println!("{}\n=====", frame(&view, 80, 24));
}
