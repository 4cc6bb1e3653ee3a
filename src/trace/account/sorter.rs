//! Sorts the time in which no thread of ours had the CPU.

use super::time_line::{Bounds, Gap, Slot, Waits, What};
use super::{Account, signed};

/// Sorts time in which no thread of ours had the CPU, by the ticks it lies in. To be given stretches
/// in the order of time.
pub struct Sorter<'a> {
    slots: std::iter::Peekable<std::slice::Iter<'a, Slot>>,
    pub account: Account,
    /// What is left of them.
    waits: Waits,
    outages: std::iter::Peekable<std::vec::IntoIter<(u64, u64)>>,
    idle: Idle,
}

/// Idle time of the idle ticks in a row so far, and what these ticks should take: their deadlines
/// follow from each other, so that the lateness of one shortens the next.
#[derive(Default)]
struct Idle {
    ns: u64,
    /// Of it, in an outage.
    outage_ns: u64,
    nominal_ns: u64,
    by_design: bool,
}

impl<'a> Sorter<'a> {
    pub fn new(slots: &'a [Slot], bounds: Bounds) -> Self {
        Self {
            slots: slots.iter().peekable(),
            account: Account::default(),
            waits: bounds.waits,
            outages: bounds.outages.into_iter().peekable(),
            idle: Idle::default(),
        }
    }

    pub fn sort(&mut self, mut from: u64, until: u64, gap: Gap) {
        self.leave_slots_before(from);
        while from < until {
            let (part, what) = self.next_part(from, until);
            let (part, is_outage) = self.next_outage(from, part);
            let length = part - from;
            match (what, gap) {
                (Some(What::Idle { by_design }), _) => {
                    if by_design != self.idle.by_design {
                        self.close_idle_ticks();
                    }
                    self.idle.by_design = by_design;
                    self.idle.ns += length;
                    self.idle.outage_ns += if is_outage { length } else { 0 };
                }
                _ if is_outage => self.account.stood_still_ns += signed(length),
                (_, Gap::Taken) => self.account.interference_ns += signed(length),
                (Some(What::Busy(process)), Gap::Awaited) => self.await_cpu(process, length),
                (Some(What::Busy(_)), Gap::GivenUp { to_supervisor }) => {
                    let waited = if to_supervisor {
                        self.await_supervisor(length)
                    } else {
                        0
                    };
                    self.account.stalled_ns += signed(length - waited);
                }
                (Some(What::Busy(_)), Gap::Switch) | (None, _) => {
                    self.account.dispatch_ns += signed(length);
                }
            }
            from = part;
            self.leave_slots_before(from);
        }
        self.leave_slots_before(until);
    }

    /// It was let go: as far as the kernel says that it waited, others had the CPU.
    fn await_cpu(&mut self, process: usize, length: u64) {
        let mut none = 0;
        let left = self
            .waits
            .processes_ns
            .get_mut(process)
            .unwrap_or(&mut none);
        let waited = length.min(*left);
        *left -= waited;
        self.account.interference_ns += signed(waited);
        self.account.dispatch_ns += signed(length - waited);
    }

    /// It was to go on: as far as the kernel says that it waited, others had the CPU. How long that
    /// was.
    fn await_supervisor(&mut self, length: u64) -> u64 {
        let waited = length.min(self.waits.supervisor_ns);
        self.waits.supervisor_ns -= waited;
        self.account.interference_ns += signed(waited);
        waited
    }

    /// How far, up to `until`, an outage or the time before the next one reaches, and which it is.
    fn next_outage(&mut self, from: u64, until: u64) -> (u64, bool) {
        while self.outages.next_if(|&(_, end)| end <= from).is_some() {}
        match self.outages.peek() {
            Some(&(start, _)) if from < start => (until.min(start), false),
            Some(&(_, end)) => (until.min(end), true),
            None => (until, false),
        }
    }

    /// How far, up to `until`, the place in which `from` lies reaches; `None`: between two ticks.
    fn next_part(&mut self, from: u64, until: u64) -> (u64, Option<What>) {
        match self.slots.peek() {
            None => (until, None),
            Some(slot) if from < slot.start_ns => (until.min(slot.start_ns), None),
            Some(slot) => (until.min(slot.end_ns.max(from + 1)), Some(slot.what)),
        }
    }

    fn leave_slots_before(&mut self, now: u64) {
        while let Some(slot) = self.slots.next_if(|slot| slot.end_ns <= now) {
            match slot.what {
                What::Idle { by_design } => {
                    if by_design != self.idle.by_design {
                        self.close_idle_ticks();
                    }
                    self.idle.by_design = by_design;
                    self.idle.nominal_ns += slot.nominal_ns;
                }
                What::Busy(_) => self.close_idle_ticks(),
            }
        }
    }

    fn close_idle_ticks(&mut self) {
        let Idle {
            ns,
            outage_ns,
            nominal_ns,
            by_design,
        } = std::mem::take(&mut self.idle);
        let in_time = signed(ns.min(nominal_ns));
        if by_design {
            self.account.idle_by_design_ns += in_time;
        } else {
            self.account.idle_otherwise_ns += in_time;
        }
        let late_ns = ns.saturating_sub(nominal_ns);
        let outage_ns = late_ns.min(outage_ns);
        self.account.stood_still_ns += signed(outage_ns);
        // The CPU was idle, and the supervisor's turn had come.
        let waited_ns = self.await_supervisor(late_ns - outage_ns);
        self.account.idle_lateness_ns += signed(late_ns - outage_ns - waited_ns);
    }

    pub fn finish(mut self) -> Account {
        self.leave_slots_before(u64::MAX);
        self.close_idle_ticks();
        self.account
    }
}
