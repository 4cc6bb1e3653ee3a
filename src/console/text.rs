//! What the console says: calls as strace writes them, news in a sentence, states in a table.

use std::fmt::Write;
use std::time::Duration;

use nix::sys::signal::Signal;

use super::language::{SignalNumber, VERBS, Verb};
use super::manual::{Answer, Asked, Call, News, Row};
use crate::machine::{Exit, signal_name};
use crate::os::procfs::condition::Condition;
use crate::scheduler::ProcId;
use crate::text::prose::paragraph;
use crate::text::table::{length, table, time};

/// `pidfd_send_signal(P0 = 4711, SIGCONT) = 0`.
pub fn call(call: &Call) -> String {
    let Call {
        process,
        pid,
        asked,
        answer,
    } = call;
    let asked = match asked {
        Asked::Fork => "fork()".to_owned(),
        Asked::Signal(signal) => format!("pidfd_send_signal({process} = {pid}, {signal})"),
        Asked::Stop => format!("waitid(P_PIDFD, {process}, WSTOPPED)"),
        Asked::End => format!("waitid(P_PIDFD, {process}, WEXITED|WNOHANG|WNOWAIT)"),
        Asked::Reap => format!("wait4({pid}, WNOHANG)"),
        Asked::Readable => format!("epoll_wait(pidfd of {process}, EPOLLIN)"),
    };
    let answer = match answer {
        Answer::Done => "0".to_owned(),
        Answer::Readable => "1, readable".to_owned(),
        Answer::Pid => pid.to_string(),
        Answer::Stopped => "stopped by SIGSTOP".to_owned(),
        Answer::Nothing => "0, it has not ended".to_owned(),
        Answer::Ended(exit) => format!("{pid}, {exit}"),
        Answer::Failed(errno) => format!("-1 {errno:?} ({})", errno.desc()),
    };
    format!("{asked} = {answer}\n")
}

/// What happened by itself.
pub fn news(news: &News) -> String {
    match *news {
        News::Issued { process, after } => {
            let after = length(after);
            format!("{process} issued an I/O and blocks; the device answers in {after}.\n")
        }
        News::Answered {
            process,
            stopped: false,
        } => format!("The device answered {process}: it goes on.\n"),
        News::Answered {
            process,
            stopped: true,
        } => format!("The device answered {process}, which is stopped and stays so.\n"),
        News::Ended { process, exit } => {
            format!("{process} has ended ({exit}): it is a zombie until you wait for it.\n")
        }
        News::StoodStill { length } => {
            let seconds = length.as_secs_f64();
            format!("All processes stood still for {seconds:.1} s and go on as before.\n")
        }
        News::Foreground => "The terminal is ours again.\n".to_owned(),
        News::Stopped { process, signal } => format!("{}.\n", stopped_by(process, signal)),
        News::NotExecuted { process, errno } => {
            format!("{process}: execv() = -1 {errno:?} ({})\n", errno.desc())
        }
    }
}

/// Said when a wait begins for a process that is stopped. `limit`: for how long it may be.
pub fn waits_for_stopped(process: ProcId, limit: Option<Duration>) -> String {
    let ends = match limit {
        None => "Ctrl-C ends the wait.".to_owned(),
        Some(limit) => format!(
            "Another process may continue it; the wait is given up after {}.",
            length(limit)
        ),
    };
    format!("{process} is stopped: it does not end before it is continued.\n{ends}\n")
}

/// What stopped it, if we did not, and what that means (`signal(7)`, job control).
fn stopped_by(process: ProcId, signal: SignalNumber) -> String {
    let why = match signal.named() {
        Some(Signal::SIGTTIN) => {
            ": it read from its terminal in the background. 'run' continues it; if it reads on, it \
             is stopped again"
        }
        Some(Signal::SIGTTOU) => {
            ": it wrote to its terminal in the background, or set its modes. 'run' continues it; if \
             it does so again, it is stopped again"
        }
        Some(Signal::SIGTSTP) => ", as Ctrl-Z does. 'run' continues it",
        _ => ", which was not sent from here. 'run' continues it",
    };
    format!("{process} was stopped by {signal}{why}")
}

/// The table of `status`, and what its letters mean. With each row, the process's name.
pub fn status(rows: &[(Row, String)], width: u16) -> String {
    const HEAD: [&str; 9] = ["", "", "pid", "ppid", "S", "wchan", "CPU", "left", "exit"];
    /// How many characters are shown of a name, and of a function of the kernel.
    const NAME: usize = 10;
    const WCHAN: usize = 14;
    let mut table = table(width, &HEAD);
    let dash = || "-".to_owned();
    let mut meanings = Vec::new();
    let mut stops = String::new();
    for (row, name) in rows {
        let view = row.view.as_ref();
        let letter = view.map_or_else(dash, |view| view.letter.to_string());
        if let Some(signal) = row.stopped_by {
            let _ = writeln!(stops, "{}.", stopped_by(row.process, signal));
        } else {
            meanings.extend(view.map(|view| match view.condition {
                Condition::Stopped => (view.letter, "stopped: ready, until it is continued"),
                condition => (view.letter, condition.meaning()),
            }));
        }
        let wchan = view.and_then(|view| view.wchan.as_deref()).unwrap_or("-");
        let exit = row.exit.map_or_else(dash, |exit| match exit {
            Exit::Code(code) => code.to_string(),
            Exit::Signal { number, .. } => signal_name(number),
        });
        table.add_row([
            row.process.to_string(),
            shortened(name, NAME),
            row.pid.to_string(),
            view.map_or_else(dash, |view| view.ppid.to_string()),
            letter,
            shortened(wchan, WCHAN),
            row.cpu_ns
                .map_or_else(dash, |ns| time(i64::try_from(ns).unwrap_or(i64::MAX))),
            row.remaining.map_or_else(dash, |left| left.to_string()),
            exit,
        ]);
    }
    for right in [2, 3, 6, 7, 8] {
        if let Some(column) = table.column_mut(right) {
            column.set_cell_alignment(comfy_table::CellAlignment::Right);
        }
    }
    let mut text = format!("{table}\n");
    meanings.sort_unstable();
    meanings.dedup();
    for (letter, what) in meanings {
        text.push_str(&paragraph(&format!(" {letter}  {what}"), width, "    "));
    }
    text.push_str(&paragraph(&stops, width, ""));
    if rows.iter().any(|(row, _)| row.view.is_none()) {
        text.push_str(" -  gone: has been reaped\n");
    }
    if rows.iter().any(|(row, _)| row.remaining.is_some()) {
        text.push_str("left: instructions a worker still has to execute\n");
    }
    text
}

fn shortened(text: &str, most: usize) -> String {
    let mut characters = text.chars();
    let mut short: String = characters.by_ref().take(most).collect();
    if characters.next().is_some() {
        short.pop();
        short.push('…');
    }
    short
}

/// Of one verb, or of all.
pub fn help(of: Option<&Verb>) -> String {
    if let Some(verb) = of {
        return format!("{}\n    {}\n", verb.usage, verb.help);
    }
    let mut text = String::new();
    for verb in &VERBS {
        let _ = writeln!(text, "{:8} {}", verb.name, verb.help);
    }
    text.push_str(
        "\nA worker is created from a PROGRAM, as c5,i,c2 (compute 5 ticks, issue an I/O,\n\
         compute 2); the scheduler can drive it. A COMMAND is any other program. A ready\n\
         process is really R in Linux. timeshare imitates ready by stopping it (T), since\n\
         it has to hold it back from outside the kernel.\n\
         \nWHO: ids as P0, names, or all. 'help create' says how that is written. Tab\n\
         completes, up and down go through what was typed, Ctrl-C ends a wait, Ctrl-D\n\
         leaves.\n",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::procfs::view::KernelView;
    use nix::errno::Errno;

    fn told(asked: Asked, answer: Answer) -> String {
        call(&Call {
            process: ProcId(0),
            pid: 4711,
            asked,
            answer,
        })
    }

    #[test]
    fn calls_are_told_as_the_field_writes_them() {
        assert_eq!(told(Asked::Fork, Answer::Pid), "fork() = 4711\n");
        assert_eq!(
            told(
                Asked::Signal(SignalNumber::of(Signal::SIGCONT)),
                Answer::Done
            ),
            "pidfd_send_signal(P0 = 4711, SIGCONT) = 0\n"
        );
        assert_eq!(
            told(Asked::Reap, Answer::Ended(Exit::Code(3))),
            "wait4(4711, WNOHANG) = 4711, exit status 3\n"
        );
        assert_eq!(
            told(Asked::End, Answer::Failed(Errno::ECHILD)),
            "waitid(P_PIDFD, P0, WEXITED|WNOHANG|WNOWAIT) = -1 ECHILD (No child processes)\n"
        );
        let exit = Exit::Signal {
            number: 9,
            core_dumped: false,
        };
        assert_eq!(exit.to_string(), "killed by SIGKILL");
    }

    #[test]
    fn the_table_fits_into_80_columns_and_explains_its_letters() {
        let row = |pid, letter, exit| Row {
            process: ProcId(99),
            pid,
            remaining: Some(100_000_000),
            cpu_ns: Some(123_456_789_000),
            exit,
            stopped_by: None,
            view: Some(KernelView {
                pid,
                ppid: 4_194_303,
                comm: "x".to_owned(),
                letter,
                condition: Condition::Stopped,
                wchan: Some("a_function_with_a_long_name".to_owned()),
                wchan_untold: false,
                wait_status: None,
            }),
        };
        let killed = Exit::Signal {
            number: 9,
            core_dumped: false,
        };
        let mut gone = row(1, 'X', Some(killed));
        gone.view = None;
        let name = || "a-name-of-some-length".to_owned();
        let rows = [(row(4_194_304, 'T', Some(killed)), name()), (gone, name())];
        let text = status(&rows, 80);
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{text}");
        }
        assert!(
            text.contains(" T  stopped: ready, until it is continued\n"),
            "{text}"
        );
        assert!(text.contains(" -  gone"), "{text}");
    }

    #[test]
    fn help_fits_into_80_columns() {
        let each: String = VERBS.iter().map(|verb| help(Some(verb))).collect();
        for line in (help(None) + &each).lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        assert!(help(VERBS.first()).starts_with("create PROGRAM"));
    }
}
