//! What happened in a scene: the public format `timeshare/demo/1`.
//!
//! Times are nanoseconds, sizes bytes. A field that does not apply is left out. Version 1 only
//! ever gains fields and kinds of steps; a reader ignores those it does not know.

use serde::Serialize;

use crate::machine::wait_status_in_words;
use crate::os::host;
use crate::os::procfs::view::KernelView;
use crate::trace::Outcome;

/// The name of the format.
const SCHEMA: &str = "timeshare/demo/1";

/// What `--json` writes.
#[derive(Clone, Debug, Serialize)]
pub struct DemoRecord<'a> {
    schema: &'static str,
    /// The version of timeshare that wrote it.
    timeshare: &'static str,
    kernel: String,
    /// Whether all scenes came to their ends, and otherwise what ended them.
    outcome: Outcome,
    /// In the order in which they were run.
    scenes: &'a [SceneRecord],
}

impl<'a> DemoRecord<'a> {
    pub fn new(scenes: &'a [SceneRecord], outcome: Outcome) -> Self {
        Self {
            schema: SCHEMA,
            timeshare: env!("CARGO_PKG_VERSION"),
            kernel: host::kernel(),
            outcome,
            scenes,
        }
    }
}

/// One scene, whole or as far as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SceneRecord {
    /// Its name, as on the command line.
    pub scene: &'static str,
    pub title: &'static str,
    /// Whether all it claimed held, so far.
    pub held: bool,
    /// In the order in which they were taken.
    pub steps: Vec<Step>,
}

/// One thing that is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Step {
    /// What will happen, or what has.
    Say { text: String },
    /// A call that a process made.
    Call(CallRecord),
    /// What `/proc` shows of the processes right now.
    View { processes: Vec<ProcessView> },
    /// A file of `/proc`, or a field of one.
    Proc { path: String, text: String },
    /// The parts of a process's memory.
    Memory { regions: Vec<Region> },
    /// How two processes shared a CPU.
    Shares { shares: Vec<Share> },
    /// An assertion, and whether it held.
    Claim { text: String, held: bool },
    /// Another program stopped a process of the scene; it was continued.
    Interference { name: String, pid: i32 },
    /// What this machine does not let us show.
    Absent { what: String, why: String },
    /// What to type to see the same.
    ByHand { lines: Vec<String> },
}

/// A call, its result, and the process that made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallRecord {
    /// The name of the process in the scene, or `timeshare`.
    pub by: String,
    pub pid: i32,
    /// As the field writes it: `waitpid(4711, &status, WNOHANG)`.
    pub call: String,
    pub phase: Phase,
    /// As strace prints it; absent when it has not returned, or never does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// Absent with `result`; -1: it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returned: Option<i64>,
    /// Absent unless it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errno: Option<i32>,
}

/// A call that blocks is shown twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Whole,
    Begins,
    Ends,
}

/// A process as the kernel shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProcessView {
    pub name: String,
    pub pid: i32,
    /// Absent with everything else when there is no such process any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ppid: Option<i32>,
    /// The letter of `/proc/PID/stat`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub letter: Option<char>,
    /// In the book's words.
    pub state: &'static str,
    /// The function of the kernel in which it sleeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wchan: Option<String>,
    /// A zombie's wait status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_status: Option<i32>,
    /// The same, decoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<String>,
}

/// A part of a process's memory: all mappings of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Region {
    pub part: &'static str,
    /// Where the first of them starts.
    pub address: u64,
    pub bytes: u64,
    /// Of which are in memory.
    pub resident_bytes: u64,
    pub what: &'static str,
}

/// What a process got of a CPU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Share {
    pub name: String,
    pub pid: i32,
    /// Wall clock, from its start to its end.
    pub wall_ns: u64,
    /// Its own CPU clock, over the same time.
    pub cpu_ns: u64,
    /// Ready, and another process had the CPU (`/proc/PID/schedstat`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_ns: Option<u64>,
    /// How often the CPU was taken from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken: Option<u64>,
}

impl ProcessView {
    /// `name`: what to call it when it is gone.
    pub fn new(name: &str, pid: i32, view: Option<KernelView>) -> Self {
        let Some(view) = view else {
            return Self {
                name: name.to_owned(),
                pid,
                ppid: None,
                letter: None,
                state: "gone, no entry",
                wchan: None,
                wait_status: None,
                exit: None,
            };
        };
        Self {
            name: view.comm,
            pid,
            ppid: Some(view.ppid),
            letter: Some(view.letter),
            state: view.condition.state(),
            wchan: view.wchan,
            wait_status: view.wait_status,
            exit: view.wait_status.map(wait_status_in_words),
        }
    }
}
