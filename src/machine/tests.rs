//! The loop, and the verbs it gives to a machine.

use std::convert::Infallible;
use std::io;

use super::simulator::at_once;
use super::supervise;
use super::{Device, Machine, Observer, Simulator, StopAfter, Stopped, TickOutcome, TickSnapshot};
use crate::scheduler::{
    Choice, Event, Policy, ProcId, ProcessTable, Reap, Reason, Scheduler, State, Tick,
};
use crate::workload::notation;

/// A simulator that writes down the verbs it is given and which process runs in each tick.
struct Recording<'a> {
    simulator: Simulator<'a>,
    verbs: Vec<String>,
    /// This process is found dead in this tick.
    dies: Option<(Tick, ProcId)>,
}

impl Recording<'_> {
    #[expect(
        clippy::unnecessary_wraps,
        reason = "the verbs return what this returns"
    )]
    fn note(&mut self, verb: &str, process: ProcId) -> Result<(), Infallible> {
        self.verbs.push(format!("{verb} {process}"));
        Ok(())
    }
}

impl Machine for Recording<'_> {
    type Error = Infallible;

    fn instructions(&self) -> Vec<u64> {
        self.simulator.instructions()
    }

    fn dispatch(&mut self, process: ProcId) -> Result<(), Infallible> {
        self.note("dispatch", process)
    }

    fn deschedule(&mut self, process: ProcId) -> Result<(), Infallible> {
        self.note("deschedule", process)
    }

    fn block(&mut self, process: ProcId) -> Result<(), Infallible> {
        self.note("block", process)
    }

    fn complete_io(&mut self, process: ProcId) -> Result<(), Infallible> {
        self.note("complete_io", process)
    }

    fn exit(&mut self, process: ProcId) -> Result<(), Infallible> {
        self.note("exit", process)
    }

    fn reap(&mut self, process: ProcId) -> Result<(), Infallible> {
        self.note("reap", process)
    }

    async fn tick(
        &mut self,
        tick: Tick,
        running: Option<ProcId>,
    ) -> Result<TickOutcome, Infallible> {
        let ran = running.map_or("idle".to_owned(), |process| process.to_string());
        self.verbs.push(format!("tick {ran}"));
        let mut outcome = self.simulator.tick(tick, running).await?;
        let dead = self.dies.filter(|&(when, _)| when == tick);
        outcome.died.extend(dead.map(|(_, process)| process));
        Ok(outcome)
    }
}

/// A process whose I/O is complete takes the CPU from any other.
struct CompletedFirst;

impl Policy for CompletedFirst {
    fn choose(&mut self, event: Event, table: &ProcessTable) -> Option<Choice> {
        let process = match event {
            Event::IoCompleted(process) => Some(process),
            Event::IoIssued(process) | Event::Exited(process) => table.next_ready_after(process),
            _ if table.running().is_none() => table.first_ready(),
            _ => None,
        }?;
        Some(Choice {
            run: Some(process),
            reason: Reason::First { process },
        })
    }
}

/// What the machine is told in a run of these programs, whose I/Os take 2 ticks.
fn verbs(
    programs: &str,
    dies: Option<(Tick, ProcId)>,
    observer: &mut impl Observer,
) -> Vec<String> {
    let (workload, _) = notation::programs(programs).unwrap();
    let mut scheduler = Scheduler::new(Box::new(CompletedFirst), Reap::Now);
    let mut machine = Recording {
        simulator: Simulator::new(&workload),
        verbs: Vec::new(),
        dies,
    };
    let device = Device::new(2);
    match at_once(supervise(&mut scheduler, &mut machine, device, observer)) {
        Ok(()) => {}
        Err(Stopped::Observer(error)) => machine.verbs.push(format!("{:?}", error.kind())),
        Err(Stopped::Machine(never)) => match never {},
    }
    machine.verbs
}

#[test]
fn a_process_in_the_middle_of_its_program_is_descheduled_before_another_is_dispatched() {
    let verbs = verbs("i,c1:c4", None, &mut None::<StopAfter>);
    assert_eq!(
        verbs,
        [
            "dispatch P0",
            "tick P0",
            "block P0",
            "dispatch P1",
            "tick P1",
            "tick P1",
            "complete_io P0",
            "deschedule P1",
            "dispatch P0",
            "tick P0",
            "tick P0",
            "exit P0",
            "dispatch P1",
            "tick P1",
            "reap P0",
            "tick P1",
            "exit P1",
            "reap P1",
        ]
    );
}

#[test]
fn the_device_forgets_the_io_of_a_process_that_dies() {
    let dies = Some((Tick(2), ProcId(0)));
    let verbs = verbs("i,c1:c4", dies, &mut None::<StopAfter>);
    assert!(verbs.contains(&"exit P0".to_owned()));
    assert!(!verbs.contains(&"complete_io P0".to_owned()), "{verbs:?}");
}

#[test]
fn a_run_stops_where_its_observer_has_seen_enough_before_anything_more_is_decided() {
    let verbs = verbs("i,c1:c4", None, &mut StopAfter(1));
    assert_eq!(verbs, ["dispatch P0", "tick P0", "Interrupted"]);
}

#[test]
fn an_observer_sees_each_tick_with_the_states_in_it_and_the_ios_the_device_works_on() {
    #[derive(Default)]
    struct Seen(Vec<(u64, State, bool, usize)>);

    impl Observer for Seen {
        fn tick_ended(&mut self, seen: &TickSnapshot<'_>) -> io::Result<()> {
            let state = seen.table.state(ProcId(0));
            let row = (seen.tick.0, state, seen.io_completed, seen.ios_in_flight);
            self.0.push(row);
            Ok(())
        }
    }

    let mut seen = Seen::default();
    verbs("i:c1", None, &mut seen);
    assert_eq!(
        seen.0,
        [
            (1, State::Running, false, 0),
            (2, State::Blocked, false, 1),
            (3, State::Blocked, false, 1),
            (4, State::Running, true, 0),
        ]
    );
}
