//! The fields of `struct proc` in words.

use super::rows::Row;
use super::{row, words};
use crate::inspect::pcb::{
    Absent, Context, Field, Killed, Memory, OpenFile, Parent, Pcb, Range, Size, State, Xv6Proc,
};
use crate::os::registers::{Register, Registers};

/// At most this many open files are listed, and functions on a kernel stack.
const FILES: usize = 8;
const FUNCTIONS: usize = 4;

pub fn rows(pcb: &Pcb) -> Vec<Row> {
    let xv6 = &pcb.xv6;
    vec![
        row("mem", &xv6.mem, memory),
        row("sz", &xv6.sz, size),
        row("kstack", &xv6.kstack, |functions| kernel_stack(functions)),
        row("state", &xv6.state, state),
        row("pid", &xv6.pid, |pids| pid(pids)),
        row("parent", &xv6.parent, parent),
        Row::new("chan", &channel(xv6), "wchan syscall"),
        row("killed", &xv6.killed, killed),
        row("ofile", &xv6.ofile, |files| open_files(files)),
        row("cwd", &xv6.cwd, |path| vec![path.clone()]),
        row("context", &xv6.context, context),
        row("tf", &xv6.tf, trap_frame),
    ]
}

fn memory(memory: &Memory) -> Vec<String> {
    let start = format!(
        "{}, the lowest of {} mappings",
        memory.start, memory.mappings
    );
    let named = [("heap", memory.heap), ("stack", memory.stack)];
    let named = named.into_iter().filter_map(|(name, range)| {
        let Range { start, end } = range?;
        let kib = end.0.saturating_sub(start.0) / 1024;
        Some(format!("{name} at {start}, {kib} KiB"))
    });
    [start]
        .into_iter()
        .chain(memory.file.clone())
        .chain(named)
        .collect()
}

fn size(size: &Size) -> Vec<String> {
    let swapped = match size.swapped_kib {
        0 => String::new(),
        kib => format!(", {kib} KiB swapped out"),
    };
    vec![format!(
        "{} KiB mapped, {} KiB in memory{swapped}",
        size.mapped_kib, size.in_memory_kib
    )]
}

fn kernel_stack(functions: &[String]) -> Vec<String> {
    let deep = functions.len();
    vec![if deep > FUNCTIONS {
        format!("{} < … ({deep} deep)", functions[..FUNCTIONS].join(" < "))
    } else {
        functions.join(" < ")
    }]
}

fn state(state: &State) -> Vec<String> {
    let xv6 = match state.xv6 {
        Some(name) => format!("xv6: {name}"),
        None => "xv6 has no such state".to_owned(),
    };
    let whose = if state.main_thread_exited {
        " of another thread"
    } else {
        ""
    };
    let names = format!("{} ({}){whose}; {xv6}", state.letter, state.kernel);
    let mut lines = vec![names, state.meaning.to_owned()];
    if let Some(cpu) = state.cpu {
        lines.push(format!("on CPU {cpu}; which of the two, no file tells"));
    }
    if state.exiting {
        lines.push("in _exit; about to be a zombie".to_owned());
    }
    if let Some(tracer) = state.tracer {
        lines.push(format!("traced by process {tracer}"));
    }
    lines
}

fn pid(pids: &[i32]) -> Vec<String> {
    let [seen, nested @ ..] = pids else {
        return Vec::new();
    };
    let nested = nested
        .iter()
        .map(|pid| format!("{pid} in a pid namespace of its own"));
    [seen.to_string()].into_iter().chain(nested).collect()
}

fn parent(parent: &Parent) -> Vec<String> {
    vec![match (&parent.name, parent.pid) {
        (_, 0) => "0: none that can be seen from here".to_owned(),
        (Some(name), pid) => format!("{pid} ({name})"),
        (None, pid) => pid.to_string(),
    }]
}

/// What it sleeps on, and in which system call.
fn channel(xv6: &Xv6Proc) -> Vec<String> {
    let mut lines = words(&xv6.chan, |function| vec![function.clone()]);
    match &xv6.call.found {
        Ok(call) => {
            lines.push(format!("in {}", call.text));
            lines.extend(
                call.descriptor
                    .and_then(|number| file_named(&xv6.ofile, number)),
            );
        }
        Err(Absent::Unreadable(why)) if xv6.chan.value().is_some() => {
            lines.push(format!("its system call is {why}"));
        }
        Err(_) => {}
    }
    lines
}

fn file_named(files: &Field<Vec<OpenFile>>, number: i32) -> Option<String> {
    let mut files = files.value()?.iter();
    let file = files.find(|file| file.descriptor == number)?;
    Some(format!("{number} is {}", file.target.as_ref()?))
}

fn killed(killed: &Killed) -> Vec<String> {
    let answer = if killed.killed { "yes" } else { "no" };
    vec![match killed.pending.join(", ") {
        none if none.is_empty() => answer.to_owned(),
        pending => format!("{answer}; pending: {pending}"),
    }]
}

fn open_files(files: &[OpenFile]) -> Vec<String> {
    let known = files.iter().filter_map(|file| file.target.as_deref());
    let kinds: Vec<_> = known.map(kind).collect();
    let count = |kind| kinds.iter().filter(|&&other| other == kind).count();
    let counted = ["file", "pipe", "socket", "other"].map(|kind| (kind, count(kind)));
    let counted = counted.into_iter().filter(|&(_, count)| count > 0);
    let mut parts: Vec<_> = counted
        .map(|(kind, count)| format!("{count} {kind}{}", plural(kind, count)))
        .collect();
    if kinds.len() < files.len() {
        parts.push("what they are is not ours to read".to_owned());
    }
    let summary = format!("{} open: {}", files.len(), parts.join(", "));
    let summary = summary.trim_end_matches(": ").to_owned();
    let mut lines = vec![summary];
    let named = files
        .iter()
        .filter_map(|file| Some((file.descriptor, file.target.as_ref()?)));
    lines.extend(
        named
            .take(FILES)
            .map(|(number, target)| format!("{number} {target}")),
    );
    if kinds.len() > FILES {
        lines.push(format!("… {} more (all with --json)", kinds.len() - FILES));
    }
    lines
}

fn kind(target: &str) -> &'static str {
    if target.starts_with('/') {
        "file"
    } else if target.starts_with("pipe:") {
        "pipe"
    } else if target.starts_with("socket:") {
        "socket"
    } else {
        "other"
    }
}

fn plural(kind: &str, count: usize) -> &'static str {
    if count == 1 || kind == "other" {
        ""
    } else {
        "s"
    }
}

fn context(context: &Context) -> Vec<String> {
    let mut lines = vec![format!("user sp {}, pc {}", context.sp, context.pc)];
    if let (Some(file), Some(offset)) = (&context.pc_file, context.pc_offset) {
        lines.push(format!("pc in {file} + {offset}"));
    }
    lines.push("the kernel's: on kstack, in task_struct.thread".to_owned());
    lines
}

/// Two registers a line; the second has a short name.
fn trap_frame(registers: &Registers) -> Vec<String> {
    let line = |pair: &[Register]| match pair {
        [one, other] => format!("{} {:<3} {:016x}", first(one), other.name, other.value.0),
        [one, ..] => first(one),
        [] => String::new(),
    };
    registers.all.chunks(2).map(line).collect()
}

fn first(register: &Register) -> String {
    format!("{:<8} {:016x}", register.name, register.value.0)
}
