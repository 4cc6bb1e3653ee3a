//! The children of a run, seen from outside while it goes on.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::common::procfs;
use crate::common::program::{Launch, Running};
use crate::common::{cpus, words};
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use test_attribute::test;

/// How long the children are watched.
const WHILE: Duration = Duration::from_millis(500);

/// A run whose processes have all been born and stopped, and whose first tick is about to begin.
fn under_way(line: &str) -> Running {
    let running = Launch::timeshare(words(line)).start();
    running.until("the head of the rows was printed", |running| {
        running.stdout_so_far().contains("\nTime ")
    });
    running
}

/// Ends a run that would go on.
fn interrupt(running: Running) {
    running.signal(Signal::SIGINT);
    assert_eq!(running.finish().code(), Some(130));
}

#[test]
pub fn each_child_has_its_name_group_cpu_and_files_and_no_others() {
    let cpu = cpus::allowed()[0];
    let running = under_way(&format!("run -P c1000:c1000:i,c1000 --cpu {cpu}"));
    let children = running.children();
    let mut names = Vec::new();
    for &child in &children {
        let stat = procfs::stat(child).expect("it is there");
        assert_eq!(stat.group, child.as_raw(), "its own process group");
        names.push(stat.name);
        let allowed = procfs::status(child, "Cpus_allowed_list");
        assert_eq!(allowed, Some(cpu.to_string()));
        assert_eq!(procfs::status(child, "Threads").as_deref(), Some("1"));
        for field in ["SigBlk", "SigIgn", "SigCgt"] {
            let signals = procfs::status(child, field).expect("it is there");
            let signals = u64::from_str_radix(&signals, 16).expect("it is a mask");
            // The language's runtime ignores SIGPIPE and catches SIGSEGV and SIGBUS. The C
            // library has two signals of its own, behind the 31 that have names.
            let of_the_runtime = [Signal::SIGPIPE, Signal::SIGSEGV, Signal::SIGBUS];
            let bits = of_the_runtime.map(|signal| 1 << (signal as u64 - 1));
            let others = signals & 0x7fff_ffff & !bits.iter().sum::<u64>();
            assert_eq!(others, 0, "{field}");
        }
        assert_files(child);
    }
    names.sort();
    assert_eq!(names, ["ts:P0", "ts:P1", "ts:P2"]);
    interrupt(running);
}

fn assert_files(child: Pid) {
    let files = procfs::open_files(child);
    let (numbers, targets): (Vec<_>, Vec<_>) = files.into_iter().unzip();
    assert_eq!(numbers, [0, 1, 2, 3, 4, 5], "{targets:?}");
    assert_eq!(targets[..3], [Path::new("/dev/null"); 3]);
    let is_pipe = |target: &Path| target.to_string_lossy().starts_with("pipe:");
    assert!(is_pipe(&targets[3]) && is_pipe(&targets[4]), "{targets:?}");
    assert_ne!(targets[3], targets[4], "one for each direction");
    let pace = targets[5].to_string_lossy();
    assert!(pace.starts_with("/memfd:timeshare-tick"), "{pace}");
}

#[test]
pub fn no_two_children_have_a_pipe_in_common() {
    let running = under_way("run -P c1000:c1000:c1000:c1000");
    let children = running.children();
    let pipes = children
        .iter()
        .flat_map(|&child| procfs::open_files(child))
        .filter(|(_, target)| target.to_string_lossy().starts_with("pipe:"));
    let mut pipes: Vec<_> = pipes.map(|(_, target)| target).collect();
    assert_eq!(pipes.len(), 8);
    pipes.sort();
    pipes.dedup();
    assert_eq!(pipes.len(), 8);
    interrupt(running);
}

#[test]
fn at_most_one_child_is_runnable_at_any_moment() {
    let io = vec!["c1,i"; 300].join(",");
    for programs in ["c1000:c1000:c1000", &format!("{io}:{io}:c1000")] {
        let running = under_way(&format!("run -L 3 --tick 2ms -P {programs}"));
        let children = running.children();
        assert_eq!(children.len(), 3);
        let until = Instant::now() + WHILE;
        let (mut seen, mut looks) = (0, 0);
        while Instant::now() < until {
            seen += usize::from(watch(&children));
            looks += 1;
            sleep(Duration::from_micros(300));
        }
        assert!(
            seen > looks / 20,
            "one runs nearly always, but was seen {seen} times of {looks}"
        );
        interrupt(running);
    }
}

/// Whether a child was seen runnable. Panics if two were at the same moment.
///
/// Two letters cannot be read at once. But a child that is runnable before and after the other's
/// letter is read, and has not left the CPU in between, was runnable when it was read.
fn watch(children: &[Pid]) -> bool {
    let is_runnable = |pid: Pid| procfs::stat(pid).is_some_and(|stat| stat.letter == 'R');
    let Some(&first) = children.iter().find(|&&child| is_runnable(child)) else {
        return false;
    };
    let before = procfs::switches(first);
    if !is_runnable(first) {
        return true;
    }
    let others = children.iter().filter(|&&child| child != first);
    let both: Vec<_> = others.filter(|&&child| is_runnable(child)).collect();
    if is_runnable(first) && procfs::switches(first) == before {
        assert!(both.is_empty(), "{first} and {both:?} are runnable");
    }
    true
}

#[test]
fn a_blocked_child_sleeps_on_its_pipe_and_a_ready_one_is_stopped() {
    // One tick is long enough to look around in.
    let line = "run --tick 10s -L 10 -P c1:c1:c1";
    let running = under_way(line);
    let children = running.until_children(3);
    running.until("the first one runs", |_| {
        procfs::stat(children[0]).is_some_and(|stat| stat.letter == 'R')
    });
    for &child in &children[1..] {
        assert_eq!(procfs::stat(child).map(|stat| stat.letter), Some('T'));
    }
    interrupt(running);

    let running = under_way("run --tick 200ms -L 1000 -P i:i");
    let children = running.until_children(2);
    running.until("both are blocked", |_| {
        let letter = |child: &Pid| procfs::stat(*child).map(|stat| stat.letter);
        children.iter().all(|child| letter(child) == Some('S'))
    });
    interrupt(running);
}
