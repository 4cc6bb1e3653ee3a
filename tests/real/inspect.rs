//! `timeshare inspect` of a process in each state says what `ps` and `/proc` say.

use std::process::Command;

use crate::common::procfs;
use crate::common::program::{Launch, works};
use crate::common::runner::skip;
use crate::common::subject::{Subject, document, inspect, inspect_alone, xv6};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, geteuid, mkfifo};
use serde_json::{Value, json};
use test_attribute::test;

/// The numbers in a line of text, and its words.
fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// Asserts what holds of every process, whatever its state: the answer is what `ps` and `/proc`
/// say. Returns the answer.
#[track_caller]
fn assert_as_the_kernel_says(subject: &Subject) -> Value {
    let said = subject.inspected();
    let stat = procfs::stat(subject.pid).expect("it is there");
    assert_eq!(said["pid"], subject.pid.as_raw());
    assert_eq!(said["name"], stat.name);
    assert_eq!(xv6(&said, "state")["letter"], stat.letter.to_string());
    assert_eq!(xv6(&said, "parent")["pid"], stat.parent);
    assert_eq!(said["beyond"]["groups"]["value"]["group"], stat.group);
    let status = |field: &str| procfs::status(subject.pid, field);
    let state = status("State").expect("every process has one");
    let name = xv6(&said, "state")["kernel"]
        .as_str()
        .expect("it has a name");
    assert_eq!(state, format!("{} ({name})", stat.letter));
    for (field, kib) in [("VmSize", "mapped_kib"), ("VmRSS", "in_memory_kib")] {
        let expected = status(field).map(|kib| words(&kib)[0].parse::<u64>().expect("KiB"));
        // It may grow while it runs.
        if stat.letter != 'R' {
            assert_eq!(xv6(&said, "sz")[kib].as_u64(), expected, "{field}");
        }
    }
    let affinity = &said["beyond"]["affinity"]["value"];
    assert_eq!(
        affinity["cpus"].as_str(),
        status("Cpus_allowed_list").as_deref()
    );
    let threads = said["beyond"]["threads"]["value"].as_array().map(Vec::len);
    let counted = status("Threads").and_then(|count| count.parse().ok());
    assert_eq!(threads, counted);
    assert_eq!(xv6(&said, "pid"), &json!([subject.pid.as_raw()]));
    assert_as_ps_says(subject.pid, &said);
    said
}

/// Nothing to compare with where there is no `ps`.
#[track_caller]
fn assert_as_ps_says(pid: Pid, said: &Value) {
    let columns = "pid=,ppid=,stat=,wchan:64=,comm=";
    let pid = pid.to_string();
    let Ok(ps) = Command::new("ps")
        .args(["-o", columns, "-p", &pid])
        .output()
    else {
        return;
    };
    let line = String::from_utf8_lossy(&ps.stdout).into_owned();
    let [pid, parent, state, wchan, name, ..] = words(&line)[..] else {
        panic!("ps says {line:?}");
    };
    assert_eq!(said["pid"].to_string(), pid);
    assert_eq!(xv6(said, "parent")["pid"].to_string(), parent);
    assert_eq!(xv6(said, "state")["letter"].as_str(), state.get(..1));
    let chan = xv6(said, "chan").as_str().unwrap_or("-");
    assert_eq!(chan, wchan, "{line}");
    assert_eq!(said["name"], name);
}

#[test]
fn a_process_asleep_in_a_pipe() {
    let subject = Subject::in_a_pipe();
    let said = assert_as_the_kernel_says(&subject);
    assert_eq!(xv6(&said, "state")["letter"], "S");
    assert_eq!(xv6(&said, "state")["xv6"], "SLEEPING");
    assert_eq!(xv6(&said, "chan"), &subject.file("wchan"));

    let call = xv6(&said, "call");
    assert_eq!(
        (&call["name"], &call["descriptor"]),
        (&json!("read"), &json!(0))
    );
    let syscall = subject.file("syscall");
    let syscall = words(&syscall);
    let length = u64::from_str_radix(syscall[3].trim_start_matches("0x"), 16).expect("hex");
    let text = format!("read(0, {}, {length})", syscall[2]);
    assert_eq!(call["text"], text);
    let context = xv6(&said, "context");
    assert_eq!(
        (&context["sp"], &context["pc"]),
        (&json!(syscall[7]), &json!(syscall[8]))
    );

    assert_eq!(xv6(&said, "cwd"), &subject.link("cwd"));
    let files = procfs::open_files(subject.pid);
    let files: Vec<_> = files
        .iter()
        .map(|(descriptor, target)| json!({"descriptor": descriptor, "target": target}))
        .collect();
    assert_eq!(xv6(&said, "ofile"), &Value::from(files));
    assert_eq!(
        xv6(&said, "killed"),
        &json!({"killed": false, "pending": []})
    );
    assert_memory(&subject, &said);
    assert_kernel_stack(&subject, &said);

    let page = inspect(&[&subject.pid.to_string()]);
    let page = String::from_utf8_lossy(&page.stdout);
    let told = format!("0 is {}", subject.link("fd/0"));
    assert!(page.contains(&told) && page.contains(&text), "{page}");
}

#[track_caller]
fn assert_memory(subject: &Subject, said: &Value) {
    let maps = subject.file("maps");
    let start = |line: &str| {
        let address = line
            .split('-')
            .next()
            .expect("a line begins with an address");
        let address = u64::from_str_radix(address, 16).expect("hex");
        format!("{address:#x}")
    };
    let mem = xv6(said, "mem");
    assert_eq!(mem["mappings"], maps.lines().count());
    assert_eq!(
        mem["start"],
        maps.lines().next().map(start).expect("it has memory")
    );
    let heap = maps
        .lines()
        .find(|line| line.ends_with("[heap]"))
        .map(start);
    assert_eq!(mem["heap"]["start"].as_str(), heap.as_deref());
}

/// Only root may know it.
#[track_caller]
fn assert_kernel_stack(subject: &Subject, said: &Value) {
    if !geteuid().is_root() {
        assert!(said["proc"]["kstack"]["unreadable"].is_string(), "{said}");
        return;
    }
    let stack = subject.file("stack");
    let lines: Vec<_> = stack.lines().collect();
    let said = xv6(said, "kstack").as_array().expect("it has one");
    assert_eq!(said.len(), lines.len());
    for (function, line) in said.iter().zip(lines) {
        let function = function.as_str().expect("a name");
        assert!(line.contains(&format!(" {function}+")), "{line}");
    }
}

#[test]
fn a_process_that_runs() {
    let subject = Subject::spinning();
    let said = assert_as_the_kernel_says(&subject);
    let state = xv6(&said, "state");
    assert_eq!(state["xv6"], "RUNNABLE or RUNNING");
    assert!(state["cpu"].is_number(), "{state}");
    for field in ["chan", "call", "context"] {
        assert!(said["proc"][field]["none"].is_string(), "{field}: {said}");
    }
    subject.until("it has computed for a grain of 10 ms", |_| {
        let times = &subject.inspected()["beyond"]["times"]["value"];
        times["user_ns"].as_u64() > Some(0)
    });
}

#[test]
fn a_stopped_process() {
    let subject = Subject::stopped();
    let said = assert_as_the_kernel_says(&subject);
    assert_eq!(xv6(&said, "state")["letter"], "T");
    assert!(xv6(&said, "state")["xv6"].is_null(), "xv6 stops no process");
    assert_eq!(xv6(&said, "chan"), &subject.file("wchan"));
    assert_eq!(said["beyond"]["exit"]["none"], "it has not exited");

    // A signal that waits until it is continued.
    subject.signal(nix::sys::signal::Signal::SIGTERM);
    let said = subject.inspected();
    let pending = json!({"killed": false, "pending": ["SIGTERM"]});
    assert_eq!(xv6(&said, "killed"), &pending);
}

#[test]
fn a_zombie_that_has_exited_and_one_that_was_killed() {
    for (subject, exit) in [
        (Subject::zombie as fn(i32) -> Subject, json!({"code": 3})),
        (
            |_| Subject::killed(),
            json!({"signal": {"number": 9, "core_dumped": false}}),
        ),
    ] {
        let subject = subject(3);
        let said = assert_as_the_kernel_says_of_a_zombie(&subject);
        assert_eq!(said["beyond"]["exit"]["value"], exit);
        for field in ["mem", "sz", "kstack", "ofile", "cwd", "context", "tf"] {
            let none = &said["proc"][field]["none"];
            assert_eq!(none, "given back when it exited", "{field}");
        }
    }
}

/// `ps` writes `<defunct>` behind its name.
#[track_caller]
fn assert_as_the_kernel_says_of_a_zombie(subject: &Subject) -> Value {
    let said = assert_as_the_kernel_says(subject);
    assert_eq!(xv6(&said, "state")["letter"], "Z");
    assert_eq!(xv6(&said, "state")["xv6"], "ZOMBIE");
    said
}

/// A parent in vfork, whose child will never execute anything: first it opens a FIFO for which
/// there is no writer.
const VFORK: &str = "\
import os, sys
print('ready', flush=True)
open_fifo = (os.POSIX_SPAWN_OPEN, 0, sys.argv[1], os.O_RDONLY, 0)
os.posix_spawn('/bin/true', ['true'], {}, file_actions=[open_fifo])";

#[test]
fn a_process_that_no_signal_wakes() {
    if !works("python3", ["--version"]) {
        skip("there is no python3 to call vfork");
    }
    let folder = tempfile::tempdir().expect("a folder can be made");
    let fifo = folder.path().join("fifo");
    mkfifo(&fifo, Mode::S_IRWXU).expect("a FIFO can be made");
    let fifo = fifo.display().to_string();
    let launch = Launch::new("python3", ["-c", VFORK, &fifo]);
    let subject = Subject::itself(launch.start());
    // It and its child share their memory, in which the child is active until it sleeps.
    subject.until("its child sleeps", |running| {
        let asleep = |pid: &Pid| procfs::stat(*pid).is_some_and(|stat| stat.letter == 'S');
        let children = running.children();
        let is_ready = running.stdout_so_far().starts_with("ready");
        is_ready && children.len() == 1 && children.iter().all(asleep)
    });
    let subject = subject.once('D');
    let said = assert_as_the_kernel_says(&subject);
    let state = xv6(&said, "state");
    assert_eq!(
        (&state["kernel"], &state["xv6"]),
        (&json!("disk sleep"), &json!("SLEEPING"))
    );
    assert_eq!(xv6(&said, "chan"), &subject.file("wchan"));
    assert!(xv6(&said, "call")["name"].is_string(), "{said}");
}

#[test]
fn a_process_of_many_threads() {
    let line = "run --tick 10s -P c9:c9";
    let subject = Subject::itself(Launch::timeshare(line.split(' ')).start());
    subject.until("it has both its other threads", |running| {
        procfs::status(running.pid(), "Threads").as_deref() == Some("3")
    });
    let said = subject.inspected();
    let threads = said["beyond"]["threads"]["value"]
        .as_array()
        .expect("it has threads");
    let tids: Vec<_> = threads
        .iter()
        .map(|thread| thread["tid"].to_string())
        .collect();
    let entries = std::fs::read_dir(format!("/proc/{}/task", subject.pid)).expect("it has threads");
    let mut listed: Vec<_> = entries
        .map(|entry| {
            entry
                .expect("it can be listed")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    listed.sort_by_key(|tid| tid.parse::<u32>().expect("a number"));
    assert_eq!(tids, listed);

    // A thread has an entry in /proc, but is no process.
    let refused = inspect(&[&tids[1]]);
    assert_eq!(refused.status.code(), Some(1));
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        told.contains(&format!("a thread of process {}", subject.pid)),
        "{told}"
    );
}

#[test]
fn a_thread_of_the_kernel() {
    let kthreadd = Pid::from_raw(2);
    if procfs::stat(kthreadd).is_none_or(|stat| stat.name != "kthreadd") {
        skip("there are no threads of the kernel to be seen here");
    }
    let said = document(&inspect_alone(&["2", "--json", "-"]));
    assert_eq!(said["is_kernel_thread"], true);
    for field in ["mem", "sz", "call", "context", "tf"] {
        let none = &said["proc"][field]["none"];
        assert_eq!(none, "a thread of the kernel has none", "{field}");
    }
}

#[test]
fn each_field_has_a_source_and_a_value_or_a_reason() {
    for subject in [Subject::spinning, Subject::in_a_pipe, Subject::stopped] {
        let said = subject().inspected();
        for part in ["proc", "beyond"] {
            for (name, field) in said[part].as_object().expect("it has fields") {
                let mut keys: Vec<_> = field.as_object().expect("an object").keys().collect();
                keys.retain(|key| *key != "source");
                assert_eq!(keys.len(), 1, "{name}: {field}");
                assert!(
                    ["value", "none", "unreadable"].contains(&keys[0].as_str()),
                    "{name}"
                );
                assert!(field["source"].is_string(), "{name}");
            }
        }
    }
}
