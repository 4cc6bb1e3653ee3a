//! What Linux has beyond `struct proc`, in words.

use super::row;
use super::rows::Row;
use crate::inspect::pcb::{Affinity, Class, Namespace, Pcb, Switches, Thread, Times};
use crate::os::procfs::cgroup::ControlGroup;
use crate::os::procfs::limits::Limit;
use crate::text::table::{count, time};

/// At most this many threads are listed.
const THREADS: usize = 4;

/// The limits that are met first, by the kernel's names and by ours.
const LIMITS: [(&str, &str); 3] = [
    ("Max open files", "open files"),
    ("Max processes", "processes of this user"),
    ("Max stack size", "stack"),
];

pub fn rows(pcb: &Pcb) -> Vec<Row> {
    let beyond = &pcb.beyond;
    let mut rows = Vec::new();
    if !pcb.command_line.is_empty() {
        rows.push(Row::new(
            "command",
            &[shortened(&pcb.command_line)],
            "cmdline",
        ));
    }
    if pcb.is_zombie() {
        rows.push(row("exit", &beyond.exit, |exit| vec![exit.to_string()]));
    }
    let threads = beyond.threads.value().map_or(1, Vec::len);
    rows.extend([
        row("threads", &beyond.threads, |all| threads_of(all)),
        row("class", &beyond.class, class),
        row("affinity", &beyond.affinity, affinity),
        row("times", &beyond.times, times),
        row("switches", &beyond.switches, |all| switches(*all, threads)),
        row("faults", &beyond.faults, |faults| {
            vec![format!("{} minor, {} major", faults.minor, faults.major)]
        }),
        row("owner", &beyond.owner, |owner| {
            vec![format!("uid {}, gid {}", owner.uid, owner.gid)]
        }),
        row("groups", &beyond.groups, |groups| {
            vec![format!(
                "process group {}, session {}",
                groups.group, groups.session
            )]
        }),
        row("limits", &beyond.limits, |all| limits(all)),
        row("namespaces", &beyond.namespaces, |all| namespaces(all)),
        row("cgroup", &beyond.control_groups, |all| control_groups(all)),
    ]);
    rows
}

fn shortened(text: &str) -> String {
    const MOST: usize = 200;
    let mut shown: String = text.chars().take(MOST).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

fn threads_of(threads: &[Thread]) -> Vec<String> {
    if threads.len() == 1 {
        return vec!["1".to_owned()];
    }
    let mut lines = vec![threads.len().to_string()];
    let shown = threads.iter().take(THREADS);
    lines.extend(shown.map(|thread| format!("{} {} {}", thread.tid, thread.letter, thread.name)));
    if threads.len() > THREADS {
        lines.push(format!(
            "… {} more (all with --json)",
            threads.len() - THREADS
        ));
    }
    lines
}

fn class(class: &Class) -> Vec<String> {
    let rank = if let Some(reserved) = class.deadline {
        let [runtime, deadline, period] = [
            reserved.runtime_ns,
            reserved.deadline_ns,
            reserved.period_ns,
        ]
        .map(time);
        format!("runtime {runtime}, deadline {deadline}, period {period}")
    } else if class.rt_priority > 0 {
        format!("priority {}", class.rt_priority)
    } else if class.name == "SCHED_DEADLINE" {
        "what it has reserved, the kernel does not tell".to_owned()
    } else {
        format!("nice {}", class.nice)
    };
    let slice = class
        .slice_ns
        .map_or_else(String::new, |ns| format!(", slice {}", time(ns)));
    vec![format!("{}, {rank}{slice}", class.name)]
}

fn affinity(affinity: &Affinity) -> Vec<String> {
    let where_now = format!("CPUs allowed: {}; last on {}", affinity.cpus, affinity.last);
    let moved = affinity.migrations.map(|times| count(times, "migration"));
    [where_now].into_iter().chain(moved).collect()
}

fn times(times: &Times) -> Vec<String> {
    let [user, kernel] = [times.user_ns, times.system_ns].map(time);
    let mut lines = vec![format!("user {user}, kernel {kernel}")];
    if let (Some(ran), Some(ready)) = (times.ran_ns, times.ready_ns) {
        let [ran, ready] = [ran, ready].map(time);
        lines.push(format!("main thread: on a CPU {ran}, ready {ready}"));
    }
    lines
}

fn switches(switches: Switches, threads: usize) -> Vec<String> {
    let Switches {
        voluntary,
        involuntary,
    } = switches;
    let whose = if threads > 1 { " (main thread)" } else { "" };
    vec![format!(
        "{voluntary} voluntary, {involuntary} involuntary{whose}"
    )]
}

fn limits(all: &[Limit]) -> Vec<String> {
    let shown = LIMITS.into_iter().filter_map(|(kernels, ours)| {
        let limit = all.iter().find(|limit| limit.name == kernels)?;
        let [soft, hard] = [limit.soft, limit.hard].map(|value| amount(value, &limit.unit));
        let raise = if soft == hard {
            String::new()
        } else {
            format!(" (at most {hard})")
        };
        Some(format!("{ours} {soft}{raise}"))
    });
    shown.collect()
}

fn amount(value: Option<u64>, unit: &str) -> String {
    match value {
        None => "unlimited".to_owned(),
        Some(bytes) if unit == "bytes" => format!("{} KiB", bytes / 1024),
        Some(number) => number.to_string(),
    }
}

fn namespaces(all: &[Namespace]) -> Vec<String> {
    let which = |ours| {
        let those = all.iter().filter(|namespace| {
            // Those of its future children are nearly always its own.
            namespace.ours == ours && !namespace.kind.ends_with("_for_children")
        });
        let kinds: Vec<_> = those.map(|namespace| namespace.kind.as_str()).collect();
        (!kinds.is_empty()).then(|| kinds.join(", "))
    };
    match (which(true), which(false)) {
        (_, None) => vec!["all of them ours, too".to_owned()],
        (None, Some(_)) => vec!["none of them ours".to_owned()],
        (Some(shared), Some(other)) => {
            vec![format!("not ours: {other}"), format!("ours, too: {shared}")]
        }
    }
}

/// Those of one path together, with what each controls. Version 2 has one for everything.
fn control_groups(all: &[ControlGroup]) -> Vec<String> {
    let mut paths: Vec<_> = all.iter().map(|group| group.path.as_str()).collect();
    paths.sort_unstable();
    paths.dedup();
    let line = |path: &str| {
        let here = all.iter().filter(|group| group.path == path);
        let controllers: Vec<_> = here
            .map(|group| group.controllers.as_str())
            .filter(|name| !name.is_empty())
            .collect();
        if paths.len() == 1 || controllers.is_empty() {
            path.to_owned()
        } else {
            format!("{path} ({})", controllers.join(", "))
        }
    };
    paths.iter().map(|path| line(path)).collect()
}
