//! The I/Os of the processes, as the machine is told of them.

use crate::scheduler::ProcId;

/// Which I/Os the device works on, and which are complete and not answered yet.
#[derive(Default)]
pub struct IoRequests {
    in_flight: Vec<ProcId>,
    unanswered: Vec<ProcId>,
    busy: BusyTime,
}

impl IoRequests {
    /// The device starts on the I/O of a process. `now_ns`: of the clock of the run, here and below.
    pub fn requested(&mut self, process: ProcId, now_ns: u64) {
        self.in_flight.push(process);
        self.busy.update(true, now_ns);
    }

    /// The I/O is complete, and to be answered.
    pub fn completed(&mut self, process: ProcId, now_ns: u64) {
        self.device_forgets(process, now_ns);
        self.unanswered.push(process);
    }

    /// The device does not work on it any more.
    pub fn device_forgets(&mut self, process: ProcId, now_ns: u64) {
        self.in_flight.retain(|&waiting| waiting != process);
        self.busy.update(!self.in_flight.is_empty(), now_ns);
    }

    /// Whether there is an answer for a process, which is taken with that.
    pub fn take_answer(&mut self, process: ProcId) -> bool {
        let before = self.unanswered.len();
        self.unanswered.retain(|&waiting| waiting != process);
        self.unanswered.len() < before
    }

    /// Takes the answers for all processes but the one that runs, in the order of completion.
    pub fn take_answers_but(&mut self, running: Option<ProcId>) -> Vec<ProcId> {
        self.unanswered
            .extract_if(.., |&mut process| Some(process) != running)
            .collect()
    }

    /// The processes that wait for an I/O, complete or not.
    pub fn into_waiting(mut self) -> Vec<ProcId> {
        self.unanswered.append(&mut self.in_flight);
        self.unanswered
    }

    /// For how long the device has worked on at least one I/O, in nanoseconds.
    pub fn busy_ns(&self, now_ns: u64) -> u64 {
        let since = self.busy.since_ns;
        self.busy.total_ns + since.map_or(0, |since_ns| now_ns.saturating_sub(since_ns))
    }
}

/// Adds up the stretches of time in which something is busy.
#[derive(Default)]
struct BusyTime {
    since_ns: Option<u64>,
    /// Up to the last time it became idle.
    total_ns: u64,
}

impl BusyTime {
    /// From now on it is busy, or idle; it may have been so before.
    fn update(&mut self, busy: bool, now_ns: u64) {
        match (self.since_ns, busy) {
            (None, true) => self.since_ns = Some(now_ns),
            (Some(since), false) => {
                self.total_ns += now_ns - since;
                self.since_ns = None;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const P0: ProcId = ProcId(0);
    const P1: ProcId = ProcId(1);

    #[test]
    fn overlapping_ios_keep_the_device_busy_once_and_idle_time_not_at_all() {
        let mut io = IoRequests::default();
        io.requested(P0, 10);
        io.requested(P1, 15);
        io.completed(P0, 18);
        io.completed(P1, 20);
        io.requested(P0, 40);
        assert_eq!(io.busy_ns(45), 15);
        assert_eq!(io.busy_ns(50), 20);
    }

    #[test]
    fn a_process_that_dies_in_its_io_leaves_the_device_idle_and_no_answer() {
        let mut io = IoRequests::default();
        io.requested(P0, 10);
        io.device_forgets(P0, 12);
        assert_eq!(io.busy_ns(30), 2);
        assert!(!io.take_answer(P0));
    }

    #[test]
    fn the_one_that_runs_keeps_its_answer_until_it_is_let_go() {
        let mut io = IoRequests::default();
        for process in [P0, P1] {
            io.requested(process, 10);
            io.completed(process, 20);
        }
        assert_eq!(io.take_answers_but(Some(P1)), [P0]);
        assert!(io.take_answer(P1));
        assert!(!io.take_answer(P1));
    }

    #[test]
    fn whether_complete_or_not_an_io_is_waited_for_until_it_is_answered() {
        let mut io = IoRequests::default();
        io.requested(P0, 10);
        io.requested(P1, 10);
        io.completed(P0, 20);
        assert_eq!(io.into_waiting(), [P0, P1]);
    }
}
