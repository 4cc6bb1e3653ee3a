//! Why the runs of a question came out as they did: a few sentences, with their own figures.

use crate::homework::{Answered, Facts, Question, Stretch};
use crate::scheduler::State;
use crate::text::prose::list;
use crate::text::table::{count, share, time};
use crate::trace::signed;

/// Paragraphs on the runs of a question, all of them and in their order; nothing is said while one
/// is missing.
pub fn explanation(question: &Question, runs: &[Answered]) -> Vec<String> {
    let facts: Vec<_> = runs.iter().map(|run| Facts(&run.trace)).collect();
    match (question.number, facts.as_slice()) {
        (1, &[only]) => only_computing(only),
        (2, &[only]) => io_comes_last(only),
        (3, &[io_first, io_last]) => order(io_first, io_last),
        (4, &[on_end, on_io]) => switch_on_end(on_end, on_io),
        (5, &[on_io, on_end]) => switch_on_io(on_io, on_end),
        (6, &[later, immediate]) => run_later(later, immediate),
        (7, &[immediate, later, bad_immediate, bad_later]) => {
            run_immediate([immediate, later], [bad_immediate, bad_later])
        }
        (8, all) if all.len() == question.runs.len() => random(all),
        _ => Vec::new(),
    }
}

fn only_computing(run: Facts<'_>) -> Vec<String> {
    vec![
        format!(
            "The CPU was busy in {} of {}. One can know that beforehand: neither process ever \
             waits for a device, so as long as one of them is not done, there is one to run. Which of \
             them comes first makes no difference.",
            run.busy_ticks(),
            ticks(run),
        ),
        format!(
            "Measured, the processes had the CPU for {} of {}. {}",
            share(signed(run.0.measured.cpu_busy_ns()), run.wall_ns()),
            wall(run),
            what_is_missing(run),
        ),
    ]
}

fn what_is_missing(run: Facts<'_>) -> String {
    let of_wall = |ns| share(ns, run.wall_ns());
    let parts = run.0.account.map_or_else(String::new, |account| {
        let quota = match account.throttled_ns {
            0 => String::new(),
            ns => format!(", and a CPU quota held them back for {}", of_wall(ns)),
        };
        format!(
            ": stopping and continuing them took {}, the supervisor {}, and others had the CPU for \
             {}{quota}",
            of_wall(account.dispatch_ns),
            of_wall(account.supervisor_ns),
            of_wall(account.interference_ns)
        )
    });
    format!("What is missing to 100% is no waiting for a device{parts}.")
}

fn io_comes_last(run: Facts<'_>) -> Vec<String> {
    let handles_completion = run.completions(1) > 0;
    vec![
        format!(
            "It takes {}: P0 computes for {}, P1 issues its I/O in tick {}, is blocked for {}, and {}.",
            ticks(run),
            total(&run.in_state(0, State::Running)).0,
            list(&run.issued(1)),
            total(&run.in_state(1, State::Blocked)).0,
            if handles_completion {
                "spends one more on handling its completion: to issue an I/O and to finish it take \
                 the CPU, too"
            } else {
                "is done when it completes, in one more row, which executes nothing"
            }
        ),
        format!(
            "The device gets to work only when the computing is over. None is left to run \
             meanwhile: the CPU is idle in {}.",
            idle(run),
        ),
    ]
}

fn order(io_first: Facts<'_>, io_last: Facts<'_>) -> Vec<String> {
    vec![
        format!(
            "Yes, it matters: {}. The work is the same, {} of the CPU and one I/O. But here the I/O \
             is issued in tick {}, and P1 computes while the device works: CPU and device are busy \
             at once in {}, the other way round in {}.",
            instead(io_first, io_last),
            count(io_first.busy_ticks(), "tick"),
            list(&io_first.issued(0)),
            count(io_first.both_busy(), "tick"),
            io_last.both_busy(),
        ),
        "A device works by itself, but only once it has been asked. It pays to issue an I/O early, \
         as long as there is something to compute meanwhile."
            .to_owned(),
    ]
}

fn switch_on_end(on_end: Facts<'_>, on_io: Facts<'_>) -> Vec<String> {
    vec![
        format!(
            "P0 issues its I/O in tick {} and keeps P1 off the CPU while it waits. P1 is ready all the \
             time and does not get it: the CPU is idle in {}.",
            list(&on_end.issued(0)),
            idle(on_end),
        ),
        format!(
            "Without a switch no I/O ever overlaps with computing, whatever the order: CPU and \
             device are busy at once in {}, with SWITCH_ON_IO (question 5) in {}. The whole takes \
             {}.",
            count(on_end.both_busy(), "tick"),
            on_io.both_busy(),
            instead(on_end, on_io),
        ),
    ]
}

fn switch_on_io(on_io: Facts<'_>, on_end: Facts<'_>) -> Vec<String> {
    vec![
        format!(
            "When P0 has issued its I/O in tick {}, P1 gets the CPU and computes while the device \
             works: both are busy at once in {}, with SWITCH_ON_END (question 4) in {}. The whole \
             takes {}.",
            list(&on_io.issued(0)),
            count(on_io.both_busy(), "tick"),
            on_end.both_busy(),
            instead(on_io, on_end),
        ),
        format!(
            "That is what question 3 showed, since SWITCH_ON_IO is the default. The CPU is idle in \
             {}; with SWITCH_ON_END in {}.",
            idle(on_io),
            idle(on_end),
        ),
    ]
}

fn run_later(later: Facts<'_>, immediate: Facts<'_>) -> Vec<String> {
    let mut text = Vec::new();
    let waits = later.in_state(0, State::Ready);
    if let Some(wait) = waits.iter().max_by_key(|wait| wait.ticks()) {
        text.push(format!(
            "No. P0's first I/O is complete before tick {}, but then P0 is only ready, and with \
             IO_RUN_LATER the others come first: it waits {}, measured {}. Meanwhile the device has \
             nothing to do.",
            wait.first,
            count(wait.ticks(), "tick"),
            time(signed(wait.ns)),
        ));
    }
    text.push(format!(
        "P0's I/Os are issued in ticks {}. During the later ones none is left to compute: the CPU \
         is idle in {}.",
        list(&later.issued(0)),
        idle(later),
    ));
    text.push(gain(immediate, later));
    text
}

fn run_immediate(good: [Facts<'_>; 2], bad: [Facts<'_>; 2]) -> Vec<String> {
    let [immediate, later] = good;
    vec![
        format!(
            "P0 gets the CPU as soon as its I/O completes and soon issues the next one: in ticks \
             {}, instead of {}. So another process computes during each of them: CPU and device are \
             busy at once in {} instead of {}.",
            list(&immediate.issued(0)),
            list(&later.issued(0)),
            count(immediate.both_busy(), "tick"),
            later.both_busy(),
        ),
        gain(immediate, later),
        "It is a good idea when a process that has just completed an I/O needs the CPU only for a \
         moment before it issues the next one: it keeps the device busy and costs the others \
         little. P0 is such a process."
            .to_owned(),
        when_it_is_bad(bad),
    ]
}

fn when_it_is_bad([immediate, later]: [Facts<'_>; 2]) -> String {
    let back = immediate.in_state(0, State::Running).into_iter().nth(1);
    let taken = back.map_or_else(String::new, |back| {
        format!(
            " in tick {} and keeps it for {}",
            back.first,
            count(back.ticks(), "tick")
        )
    });
    format!(
        "It is a bad idea when the process goes on to compute for long, and another was about to \
         issue an I/O, as {} do. P0 takes the CPU from P1{taken}, and P1's \
         I/O is issued in tick {} instead of {}, when none is left to compute meanwhile. The whole \
         takes {}.",
        programs(immediate),
        list(&immediate.issued(1)),
        list(&later.issued(1)),
        instead(immediate, later),
    )
}

fn random(runs: &[Facts<'_>]) -> Vec<String> {
    let mut text: Vec<_> = runs.chunks(4).filter_map(one_seed).collect();
    text.push(
        "SWITCH_ON_IO gains whatever the other process can compute during an I/O; SWITCH_ON_END \
         idles through every one of them. IO_RUN_IMMEDIATE matters only where an I/O completes \
         while another process has the CPU. Of two processes that is rarely so, and with \
         SWITCH_ON_END never."
            .to_owned(),
    );
    text
}

/// `runs`: both I/O completion policies with `SWITCH_ON_IO`, then both with `SWITCH_ON_END`.
fn one_seed(runs: &[Facts<'_>]) -> Option<String> {
    let &[later, immediate, end_later, end_immediate] = runs else {
        return None;
    };
    let times = Times::of(later, end_later);
    Some(format!(
        "Seed {} draws {}. With SWITCH_ON_IO that takes {}, with SWITCH_ON_END {}. Switching saves \
         {}{}.",
        later.0.workload.seed.as_deref().unwrap_or("?"),
        programs(later),
        either(later, immediate),
        either(end_later, end_immediate),
        times.gained(later, end_later),
        times.note(),
    ))
}

/// `c1,i,i and c3`.
fn programs(run: Facts<'_>) -> String {
    let workload = &run.0.workload;
    let programs = workload.processes.iter();
    let programs: Vec<_> = programs.map(|process| process.program.notation()).collect();
    programs.join(" and ")
}

fn either(later: Facts<'_>, immediate: Facts<'_>) -> String {
    if later.ticks() == immediate.ticks() {
        format!("{} either way", ticks(later))
    } else {
        format!(
            "{} (IO_RUN_LATER) or {} (IO_RUN_IMMEDIATE)",
            ticks(later),
            immediate.ticks()
        )
    }
}

fn gain(immediate: Facts<'_>, later: Facts<'_>) -> String {
    let times = Times::of(immediate, later);
    format!(
        "IO_RUN_IMMEDIATE takes {}: it gains {}.",
        instead(immediate, later),
        times.gained(immediate, later)
    )
}

/// `7 ticks instead of 11, measured 70.55 ms instead of 110.93 ms`.
fn instead(this: Facts<'_>, other: Facts<'_>) -> String {
    let times = Times::of(this, other);
    format!(
        "{} instead of {}, measured {} instead of {}{}",
        ticks(this),
        other.ticks(),
        time(times.this_ns),
        time(times.other_ns),
        times.note(),
    )
}

/// How long two runs took. The time in which others had the CPU, or a quota withheld it, would hide
/// what the runs have to say, so where it is more than a trifle, it is left out.
struct Times {
    this_ns: i64,
    other_ns: i64,
    without_withheld: bool,
}

impl Times {
    /// A hundredth.
    const TRIFLE: u64 = 100;

    fn of(this: Facts<'_>, other: Facts<'_>) -> Self {
        let disturbed = |run: Facts<'_>| run.withheld_ns() > run.wall_ns() / Self::TRIFLE;
        let without_withheld = disturbed(this) || disturbed(other);
        let took_ns = |run: Facts<'_>| {
            let withheld_ns = if without_withheld {
                run.withheld_ns()
            } else {
                0
            };
            signed(run.wall_ns()) - signed(withheld_ns)
        };
        Self {
            this_ns: took_ns(this),
            other_ns: took_ns(other),
            without_withheld,
        }
    }

    /// `10 ticks and 101.23 ms`.
    fn gained(&self, this: Facts<'_>, other: Facts<'_>) -> String {
        format!(
            "{} and {}",
            count(other.ticks().saturating_sub(this.ticks()), "tick"),
            time(self.other_ns - self.this_ns),
        )
    }

    const fn note(&self) -> &'static str {
        if self.without_withheld {
            " (without the time in which the CPU was withheld)"
        } else {
            ""
        }
    }
}

/// `5 of 11 ticks, measured 50.17 ms of 110.93 ms`.
fn idle(run: Facts<'_>) -> String {
    let (idle, ns) = total(&run.idle());
    format!(
        "{idle} of {}, measured {} of {}",
        ticks(run),
        time(signed(ns)),
        wall(run)
    )
}

fn ticks(run: Facts<'_>) -> String {
    count(run.ticks(), "tick")
}

fn wall(run: Facts<'_>) -> String {
    time(signed(run.wall_ns()))
}

/// Ticks and nanoseconds together.
fn total(stretches: &[Stretch]) -> (u64, u64) {
    let add = |(ticks, ns), stretch: &Stretch| (ticks + stretch.ticks(), ns + stretch.ns);
    stretches.iter().fold((0, 0), add)
}
