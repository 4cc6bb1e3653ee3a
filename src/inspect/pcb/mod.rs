//! The process control block: what the kernel keeps of one process, in the fields of xv6's
//! `struct proc` (OSTEP figure 4.5) and in those that Linux has beyond it.
//!
//! Read from `/proc` only, with no signal sent and nothing stopped, unless the registers of a
//! stopped process are asked for.

mod beyond;
mod error;
mod field;
mod reader;
mod xv6;

use serde::Serialize;

pub use error::Missing;
pub use field::{Absent, Field, Found};

use crate::machine::Exit;
use crate::os::address::Address;
use crate::os::procfs::cgroup::ControlGroup;
use crate::os::procfs::limits::Limit;
use crate::os::procfs::syscall_args::Syscall;
use crate::os::registers;
use crate::os::registers::Registers;
use crate::os::sched::Reservation;

/// The name of the document. Version 1 only ever gains fields.
pub const SCHEMA: &str = "timeshare/inspect/1";

/// One process at one moment; or nearly so: its files are read one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pcb {
    pub schema: &'static str,
    /// Its number, as seen from here.
    pub pid: i32,
    /// The name of its main thread; any characters may be in it.
    pub name: String,
    /// Its arguments, with spaces between them; empty for a zombie and a kernel thread.
    pub command_line: String,
    /// A thread of the kernel: it has neither memory of its own nor a user mode.
    pub is_kernel_thread: bool,
    #[serde(rename = "proc")]
    pub xv6: Xv6Proc,
    pub beyond: Beyond,
}

/// The fields of xv6's `struct proc`, in its order and by its names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Xv6Proc {
    /// Start of process memory. xv6 has one block from 0; Linux a map of many.
    pub mem: Field<Memory>,
    /// Size of process memory.
    pub sz: Field<Size>,
    /// The kernel stack: the functions on it, the innermost first. Its address is no longer shown.
    pub kstack: Field<Vec<String>>,
    pub state: Field<State>,
    /// The pids it has in nested pid namespaces, the outermost first, which is the one seen from
    /// here.
    pub pid: Field<Vec<i32>>,
    pub parent: Field<Parent>,
    /// What it sleeps on: the kernel's function (`wchan`).
    pub chan: Field<String>,
    /// The system call in which it does.
    pub call: Field<Syscall>,
    pub killed: Field<Killed>,
    pub ofile: Field<Vec<OpenFile>>,
    pub cwd: Field<String>,
    /// Registers to be restored when it runs again: the two that `/proc` shows.
    pub context: Field<Context>,
    /// All registers, as they were saved when the kernel was entered.
    pub tf: Field<Registers>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// The lowest address mapped; the file there; and how many mappings there are.
    pub start: Address,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    pub mappings: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heap: Option<Range>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack: Option<Range>,
}

/// Addresses from `start` up to, not including, `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Range {
    pub start: Address,
    pub end: Address,
}

/// In KiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Size {
    /// All that is mapped, whether there is memory behind it or not.
    pub mapped_kib: u64,
    pub in_memory_kib: u64,
    pub swapped_kib: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct State {
    /// The letter of `ps`, and the kernel's name for it; where only the main thread has exited, that of
    /// another thread.
    pub letter: char,
    pub kernel: String,
    /// In the book's words.
    pub meaning: &'static str,
    /// xv6's name; absent where xv6 has no such state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub xv6: Option<&'static str>,
    /// Of a process that runs or is ready: the CPU it has or waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<i32>,
    /// It is in `_exit`, and has given back some of what it had. It will be a zombie.
    pub exiting: bool,
    /// Its main thread has exited, and others go on: it is no zombie, though the file says `Z`.
    pub main_thread_exited: bool,
    /// Its control group is frozen.
    pub frozen: bool,
    /// The debugger that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracer: Option<i32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Parent {
    /// 0: none that can be seen from here.
    pub pid: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Killed {
    /// SIGKILL waits to be delivered; of a zombie: a signal has killed it.
    pub killed: bool,
    /// All signals that do, by name.
    pub pending: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenFile {
    pub descriptor: i32,
    /// A path, `pipe:[17]`, `socket:[17]`, `anon_inode:[eventfd]` …; absent where we may count the
    /// files, but not see what they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Context {
    pub sp: Address,
    pub pc: Address,
    /// The file the program counter is in, and where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pc_file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pc_offset: Option<Address>,
}

/// What Linux keeps beyond xv6's fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Beyond {
    /// How a zombie ended, for its parent to learn.
    pub exit: Field<Exit>,
    pub threads: Field<Vec<Thread>>,
    pub class: Field<Class>,
    pub affinity: Field<Affinity>,
    pub times: Field<Times>,
    pub switches: Field<Switches>,
    pub faults: Field<Faults>,
    pub owner: Field<Owner>,
    pub groups: Field<Groups>,
    pub limits: Field<Vec<Limit>>,
    pub namespaces: Field<Vec<Namespace>>,
    pub control_groups: Field<Vec<ControlGroup>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Thread {
    pub tid: i32,
    pub name: String,
    pub letter: char,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Class {
    pub name: &'static str,
    /// -20 (favoured) to 19.
    pub nice: i64,
    /// 1 to 99 in a real-time class, otherwise 0.
    pub rt_priority: u32,
    /// How long it may run before the next one does, where the kernel tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slice_ns: Option<u64>,
    /// Of `SCHED_DEADLINE`, where the nice value means nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Reservation>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Affinity {
    /// The CPUs its main thread may use: `0-1`.
    pub cpus: String,
    /// The one it was on last, or is on.
    pub last: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub migrations: Option<u64>,
}

/// In nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Times {
    /// CPU time in user mode and in the kernel, of all its threads, in grains of a clock tick.
    pub user_ns: u64,
    pub system_ns: u64,
    /// How long its main thread was on a CPU, and ready without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ran_ns: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_ns: Option<u64>,
    /// Since it was started.
    pub age_ns: u64,
}

/// Of its main thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Switches {
    /// Times it gave up the CPU by itself.
    pub voluntary: u64,
    /// Times the CPU was taken from it.
    pub involuntary: u64,
}

/// Page faults of all its threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Faults {
    /// Without and with a read from a disk.
    pub minor: u64,
    pub major: u64,
}

/// The user and group by whose rights it acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Owner {
    pub uid: u32,
    pub gid: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Groups {
    /// Process group and session: a terminal's Ctrl-C goes to a group.
    pub group: i32,
    pub session: i32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Namespace {
    /// `pid`, `mnt`, `net` …
    pub kind: String,
    /// `pid:[4026531836]`
    pub id: String,
    /// Whether timeshare is in it, too.
    pub ours: bool,
}

impl Pcb {
    /// Adds all registers, if the process has any and is stopped; see [`registers::of`].
    pub fn add_registers(&mut self) {
        if matches!(self.xv6.tf.found, Err(Absent::None(_))) {
            return;
        }
        let all = registers::of(self.pid);
        let all = all.map_err(|why| Absent::Unreadable(format!("not read: {why}")));
        self.xv6.tf = Field::new("ptrace", all);
    }

    /// Whether it has exited, and its parent has not reaped it.
    pub fn is_zombie(&self) -> bool {
        matches!(self.xv6.state.value(), Some(state) if state.letter == 'Z')
    }
}
