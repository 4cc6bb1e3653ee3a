//! `timeshare shell`: each command does to real processes what it says, and leaving leaves no process.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::common::console::{Console, letter, script};
use crate::common::procfs::{children_of, stat};
use crate::common::program::{Finished, GRACE};
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use test_attribute::test;

#[test]
fn a_process_goes_through_its_life_as_it_is_told() {
    let mut console = Console::open("shell");
    let pid = console.create("c100000");
    let born = stat(pid).expect("it is there");
    assert_eq!((born.name.as_str(), born.letter), ("ts:P0", 'T'));
    assert_eq!(born.parent, console.running.pid().as_raw());

    console.tell(
        "run P0",
        &format!("pidfd_send_signal(P0 = {pid}, SIGCONT) = 0\n"),
    );
    console.until_letter(pid, 'R');
    console.tell(
        "stop P0",
        "waitid(P_PIDFD, P0, WSTOPPED) = stopped by SIGSTOP\n",
    );
    assert_eq!(letter(pid), Some('T'));
    console.tell("wait --nohang P0", "= 0, it has not ended\n");
    console.tell(
        "kill P0",
        "P0 is stopped: SIGTERM takes effect when it is continued",
    );
    assert_eq!(letter(pid), Some('T'));
    console.tell(
        "kill -9 P0",
        "P0 has ended (killed by SIGKILL): it is a zombie",
    );
    assert_eq!(letter(pid), Some('Z'));
    console.tell("run P0", "P0 is a zombie: no signal does anything to it.\n");
    assert_eq!(letter(pid), Some('Z'));
    console.tell(
        "wait P0",
        &format!("wait4({pid}, WNOHANG) = {pid}, killed by SIGKILL\n"),
    );
    assert_eq!(letter(pid), None);
    console.close();
}

#[test]
fn a_stopped_process_stays_so_when_the_device_answers() {
    let mut console = Console::open("shell --tick 10ms");
    console.tell("policy iolength 40", "iolength 40");
    let pid = console.create("i,c100000 as io");
    console.tell(
        "run io",
        "P0 issued an I/O and blocks; the device answers in 400ms.\n",
    );
    console.until_letter(pid, 'S');
    console.tell("stop io", "stopped by SIGSTOP\n");
    console.until("The device answered P0, which is stopped and stays so.\n");
    assert_eq!(letter(pid), Some('T'));
    console.tell("cont io", "SIGCONT) = 0\n");
    console.until_letter(pid, 'R');
    console.close();
}

#[test]
fn the_device_wakes_the_process_that_waits_for_it() {
    let mut console = Console::open("shell --tick 2ms");
    let pid = console.create("c2,i,c2");
    console.tell("run P0", "The device answered P0: it goes on.\n");
    console.until("P0 has ended (exit status 0)");
    let row = console.tell("status", " Z  zombie");
    assert!(row.contains("do_exit") || row.contains(" Z "), "{row}");
    assert_eq!(letter(pid), Some('Z'));
    console.close();
}

#[test]
fn any_command_can_be_a_process_and_begins_when_it_is_continued() {
    let mut console = Console::open("shell");
    let pid = console.create("as three -- sh -c 'echo be''gun; exit 3'");
    assert_eq!(letter(pid), Some('T'));
    assert_eq!(console.running.stdout_so_far().find("begun"), None);
    console.tell("run three", "begun\n");
    console.tell("wait three", &format!("= {pid}, exit status 3\n"));
    console.close();
}

#[test]
fn two_at_once_share_the_cpu_by_the_kernels_rules() {
    let mut console = Console::open("shell");
    let pids = [console.create("c100000"), console.create("c100000")];
    console.tell(
        "run all",
        "P0 and P1 can run: the kernel's scheduler, not ours",
    );
    for pid in pids {
        console.until_letter(pid, 'R');
    }
    console.tell("stop all", "waitid(P_PIDFD, P1, WSTOPPED) = stopped");
    assert_eq!(pids.map(letter), [Some('T'); 2]);
    console.close();
}

#[test]
fn the_tree_shows_what_a_command_has_started() {
    let mut console = Console::open("shell");
    let pid = console.create("as parent -- sh -c 'sleep 60 & sleep 60 & wait'");
    console.tell("run parent", "= 0\n");
    console.running.until("it has children", |_| {
        let named = |pid: &Pid| stat(*pid).is_some_and(|stat| stat.name == "sleep");
        children_of(pid).iter().filter(|pid| named(pid)).count() == 2
    });
    let tree = console.tell("tree", "   └─ sleep ");
    assert!(
        tree.contains(&format!("└─ sh {pid} S  (P0, parent)\n   ├─ sleep ")),
        "{tree}"
    );
    console.close();
}

/// The rows, in words without the kernel's letters.
fn rows(finished: &Finished) -> Vec<String> {
    let lines = finished
        .stdout
        .lines()
        .skip_while(|line| !line.starts_with("Time"));
    let lines = lines.take_while(|line| !line.starts_with("All workers"));
    let is_letter = |word: &&str| word.len() == 1 && word.chars().all(char::is_alphabetic);
    lines
        .map(|line| {
            line.split_whitespace()
                .filter(|word| !is_letter(word))
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect()
}

#[test]
fn the_scheduler_drives_workers_to_their_ends_and_calls_them_by_our_ids() {
    let finished = script(
        "create c1\nkill KILL P0\nwait P0\npolicy iolength 3\ncreate c2,i,c1\ncreate c5\nstart\nstatus\n",
    )
    .succeeded();
    let expected = [
        "Time PID: 1 PID: 2 CPU IOs",
        "1 RUN:cpu READY 1",
        "2 RUN:cpu READY 1",
        "3 RUN:io READY 1",
        "4 BLOCKED RUN:cpu 1 1",
        "5 BLOCKED RUN:cpu 1 1",
        "6 BLOCKED RUN:cpu 1 1",
        "7* READY RUN:cpu 1",
        "8 READY RUN:cpu 1",
        "9 RUN:io_done ZOMBIE 1",
        "10 RUN:cpu - 1",
    ];
    assert_eq!(rows(&finished), expected, "{}", finished.stdout);
    assert!(
        finished
            .stdout
            .contains("All workers have finished after tick 10.\n")
    );
}

#[test]
fn the_scheduler_goes_on_where_the_hand_has_stopped() {
    let mut console = Console::open("shell --tick 5ms");
    console.tell("policy iolength 1000", "iolength 1000");
    console.create("c1,i,c3");
    console.tell("run P0", "P0 issued an I/O");
    let said = console.tell("start", "All workers have finished after tick 4.\n");
    assert!(said.contains("The device answered P0 at once"), "{said}");
    console.close();
}

#[test]
fn the_rules_are_those_that_were_set() {
    let lines = "policy SWITCH_ON_END\npolicy IO_RUN_IMMEDIATE\npolicy iolength 2\npolicy tick 3ms\n\
                 create i\ncreate c1\nstart\n";
    let finished = script(lines).succeeded();
    let said = "SWITCH_ON_END, IO_RUN_IMMEDIATE, iolength 2, tick 3ms, CPU";
    assert!(finished.stdout.contains(said), "{}", finished.stdout);
    // It waits with its I/O while the other one is ready.
    assert_eq!(
        rows(&finished)[2],
        "2 BLOCKED READY 1",
        "{}",
        finished.stdout
    );
}

#[test]
pub fn a_script_stops_at_the_first_error_and_names_its_line() {
    for (lines, code, named) in [
        (
            "# a comment\n\nstpo P0\ntree\n",
            2,
            "line 3: 'stpo' is not a command (did you mean 'stop'?)",
        ),
        ("stop P0\n", 2, "line 1: there is no process yet"),
        ("create c1\nstop P1\n", 2, "line 2: there is no P1"),
        (
            "create c1 as a\ncreate c1 as a\n",
            2,
            "line 2: a process is called 'a' already",
        ),
        ("create c1,x\n", 2, "line 1: 'x'"),
        (
            "create -- no-such-command\n",
            2,
            "line 1: there is no command 'no-such-command' in PATH",
        ),
        (
            "create c1:c5\n",
            2,
            "line 1: one program per create: create c1, then create c5",
        ),
        (
            "create c0\ncreate c1\nrun P0\nwait all\n",
            1,
            "line 4: P1 is stopped, and nothing has continued it within",
        ),
        ("pause\n", 2, "line 1: the scheduler does not drive"),
        ("start\n", 2, "line 1: there is no worker"),
        (
            "create c1\nkill -9 P0\nwait P0\nwait P0\n",
            1,
            "line 4: P0 has been reaped",
        ),
        (
            "create c1\nkill -9 P0\nwait P0\nrun P0\n",
            1,
            "line 4: P0 has been reaped",
        ),
    ] {
        let finished = script(&format!("{lines}create c7 as too-late\nstatus\n"));
        assert_eq!(finished.code(), Some(code), "{lines}: {finished:?}");
        assert_eq!(
            finished.stderr.lines().count(),
            1,
            "{lines}: {}",
            finished.stderr
        );
        let message = format!("timeshare: {named}");
        assert!(
            finished.stderr.starts_with(&message),
            "{lines}: {}",
            finished.stderr
        );
        assert!(!finished.stdout.contains("too-late"), "{}", finished.stdout);
    }
}

#[test]
fn what_a_script_prints_is_a_transcript() {
    let finished = script("# one of them\n\ncreate c0 as one\nrun one\nwait one\nps\nexit\ntree\n");
    let finished = finished.succeeded();
    let told = finished.stdout.lines();
    let commands: Vec<_> = told
        .filter_map(|line| line.strip_prefix("timeshare> "))
        .collect();
    assert_eq!(
        commands,
        [
            "# one of them",
            "create c0 as one",
            "run one",
            "wait one",
            "ps",
            "exit"
        ],
        "{}",
        finished.stdout
    );
}

#[test]
fn the_field_s_words_tell_that_a_call_failed() {
    let finished = script("create c1\nkill -9 P0\nwait P0\nwait P0\n");
    assert!(
        finished
            .stdout
            .contains("= -1 ECHILD (No child processes)\n"),
        "{}",
        finished.stdout
    );
    let finished = script("create c1\nkill -9 P0\nwait P0\nkill P0\n");
    assert!(
        finished
            .stdout
            .contains("SIGTERM) = -1 ESRCH (No such process)\n"),
        "{}",
        finished.stdout
    );
}

/// One in each state, and a command whose child has left its session.
fn populate(console: &mut Console) {
    console.tell("policy iolength 100000", "iolength");
    console.create("c100000 as stopped");
    console.create("c100000 as running");
    console.create("i as blocked");
    console.create("c0 as zombie");
    let daemon = console.create("-- sh -c 'setsid sleep 60 & sleep 60'");
    console.tell("run running blocked zombie P4", "P3 has ended");
    console.running.until("the command has children", |_| {
        let named = |pid: &Pid| stat(*pid).is_some_and(|stat| stat.name == "sleep");
        children_of(daemon).iter().filter(|pid| named(pid)).count() == 2
    });
}

#[test]
fn leaving_leaves_no_process() {
    let mut console = Console::open("shell");
    populate(&mut console);
    console.tell("quit", "");
    console.running.finish().succeeded();

    let mut console = Console::open("shell");
    populate(&mut console);
    console.close();

    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT] {
        let mut console = Console::open("shell");
        populate(&mut console);
        console.running.signal(signal);
        let finished = console.running.finish();
        assert_eq!(finished.code(), Some(128 + signal as i32), "{finished:?}");
    }
}

#[test]
fn a_console_that_is_killed_takes_all_its_processes_along() {
    let mut console = Console::open("shell");
    console.create("c100000 as stopped");
    console.create("c100000 as running");
    console.create("-- sleep 60");
    console.tell("run running P2", "P2 = ");
    console.running.signal(Signal::SIGKILL);
    let finished = console.running.try_finish(GRACE);
    assert_eq!(finished.expect("none is left").orphans, 3);
}

#[test]
fn a_signal_ends_a_wait() {
    let mut console = Console::open("shell");
    let pid = console.create("-- sleep 60");
    console.tell("run P0", "SIGCONT) = 0\n");
    console.until_letter(pid, 'S');
    console.tell("wait P0", "timeshare> wait P0\n");
    console.running.signal(Signal::SIGINT);
    let finished = console.running.finish();
    assert_eq!(finished.code(), Some(130), "{finished:?}");
}

#[test]
fn a_sleep_stands_still_with_the_processes() {
    const TIME: Duration = Duration::from_secs(1);
    let mut console = Console::open("shell");
    console.create("c1");
    let since = Instant::now();
    console.say("sleep 1s\nstatus");
    sleep(TIME / 4);
    let stood_still = console.running.suspend(TIME + TIME / 4);
    console.until("All processes stood still");
    console.until("do_signal_stop");
    let slept = since.elapsed();
    assert!(slept >= TIME + stood_still, "{slept:?}, {stood_still:?}");
    console.close();
}

#[test]
fn a_script_waits_for_a_stopped_process_that_another_one_continues() {
    // The second process continues the first, by its pid: the console created it just before.
    let lines = "create c1\ncreate -- sh -c 'sleep 1; pkill -CONT -P $PPID ts:P0'\nrun P1\n\
                 wait P0\nwait P1\n";
    let finished = script(lines);
    assert_eq!(finished.code(), Some(0), "{finished:?}");
    let out = &finished.stdout;
    assert!(out.contains("Another process may continue it"), "{out}");
    assert!(out.contains("P0 has ended (exit status 0)"), "{out}");
}

#[test]
fn a_command_that_its_terminal_stops_is_told_with_the_signal_and_what_it_means() {
    for (signal, means) in [
        ("TTIN", "it read from its terminal"),
        ("TTOU", "it wrote to its"),
    ] {
        let lines = format!(
            "create -- sh -c 'kill -{signal} $$; exit 5'\nrun P0\nsleep 500ms\nstatus\ncont P0\n\
             wait P0\n"
        );
        let finished = script(&lines);
        assert_eq!(finished.code(), Some(0), "{finished:?}");
        let out = &finished.stdout;
        let told = format!("P0 was stopped by SIG{signal}: {means}");
        // As it happens, and with the status.
        assert_eq!(out.matches(&told).count(), 2, "{out}");
        assert!(!out.contains("ready, until it is continued"), "{out}");
        assert!(out.contains("exit status 5"), "{out}");
    }
}

#[test]
fn a_real_time_signal_is_sent_and_named() {
    let finished = script("create -- sleep 60\nrun P0\nkill P0 40\nwait P0\n");
    assert_eq!(finished.code(), Some(0), "{finished:?}");
    let named = format!("SIGRTMIN+{}", 40 - libc::SIGRTMIN());
    assert!(
        finished.stdout.contains(&format!(", {named}) = 0\n")),
        "{finished:?}"
    );
    assert!(
        finished.stdout.contains(&format!("killed by {named}")),
        "{finished:?}"
    );
}
