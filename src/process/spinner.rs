//! Computing: what a child does that wants the CPU.

use std::hint::black_box;

use crate::os::clock;

/// Spins in user mode until the thread's own CPU clock has advanced, or until there is something
/// else to do.
///
/// Reading that clock is a system call, so it is read rarely: from the arithmetic done per
/// nanosecond so far, the spinner guesses how much is left and reads again after most of that. The
/// guess decides how often the clock is read, never how long an instruction takes.
pub struct Spinner {
    /// When the instruction now executed is over. The next one starts there, so that the time
    /// the pipes take is part of the instructions and does not add up.
    until_ns: u64,
    /// Rounds of arithmetic per microsecond of CPU time, at most what was seen.
    rounds_per_us: u64,
    state: u64,
}

impl Spinner {
    /// How close to the end no further guess is worth a read of the clock.
    const CLOSE_NS: u64 = 1_000;
    /// Rounds between two looks whether there is something else to do: a fraction of a millisecond.
    const ROUNDS: u64 = 10_000;

    pub fn new() -> Self {
        Self {
            until_ns: clock::own_cpu_ns(),
            rounds_per_us: 30,
            state: 0x9E37_79B9_7F4A_7C15,
        }
    }

    /// Spins for this many nanoseconds of CPU time, counted from the end of the last ones: what the
    /// clock says then, which is never less than the sum of all.
    pub fn spin(&mut self, ns: u64) -> u64 {
        self.until_ns = self.until_ns.saturating_add(ns);
        let mut now = clock::own_cpu_ns();
        while now < self.until_ns {
            let left = self.until_ns - now;
            let aim = if left > Self::CLOSE_NS {
                left - left / 8
            } else {
                left
            };
            let rounds = (aim * self.rounds_per_us / 1_000).max(4);
            self.state = compute(self.state, rounds);
            let then = std::mem::replace(&mut now, clock::own_cpu_ns());
            let took = now.saturating_sub(then).max(1);
            // A chunk that was too short says nothing about the rate.
            if took > 2_000 {
                self.rounds_per_us = (rounds * 1_000 / took).clamp(1, 10_000);
            }
        }
        now
    }

    /// Spins until there is something else to do.
    pub fn spin_until(&mut self, enough: impl Fn() -> bool) {
        while !enough() {
            self.state = compute(self.state, Self::ROUNDS);
        }
    }
}

impl Default for Spinner {
    fn default() -> Self {
        Self::new()
    }
}

/// Rounds of arithmetic (xorshift). It calls itself, so that the stack pointer changes, too: a stopped
/// child that has computed meanwhile is seen to have other registers.
#[inline(never)]
fn compute(state: u64, rounds: u64) -> u64 {
    if rounds <= 1 {
        let mut x = black_box(state);
        x ^= x << 13;
        x ^= x >> 7;
        return x ^ x << 17;
    }
    let first = rounds.div_ceil(4);
    black_box(compute(compute(state, first), rounds - first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_never_behind_the_time_that_was_asked_for() {
        let began_ns = clock::own_cpu_ns();
        let mut spinner = Spinner::new();
        for spun in 1..=20 {
            assert!(spinner.spin(50_000) - began_ns >= spun * 50_000);
        }
    }
}
