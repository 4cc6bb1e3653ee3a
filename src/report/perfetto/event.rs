//! Events of the trace-event format, and the tracks they are on.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

/// One event. Slices are told by their two ends (`B`, `E`), since a viewer may round a start and a
/// length apart from each other, and neighbours would overlap.
#[derive(Debug, Serialize)]
pub struct Event {
    name: Cow<'static, str>,
    ph: Phase,
    ts: Timestamp,
    pid: u32,
    tid: u32,
    /// Whose instant it is: the thread's.
    #[serde(rename = "s", skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    #[serde(skip_serializing_if = "Value::is_null")]
    args: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
enum Phase {
    #[serde(rename = "M")]
    Metadata,
    #[serde(rename = "B")]
    Begin,
    #[serde(rename = "E")]
    End,
    #[serde(rename = "i")]
    Instant,
    #[serde(rename = "C")]
    Counter,
}

/// Nanoseconds; written as microseconds with up to three decimals, as the format wants them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Timestamp(u64);

/// The viewer's integers are signed: it drops what is greater.
const GREATEST: u64 = u64::MAX >> 1;

impl Serialize for Timestamp {
    #[expect(
        clippy::cast_precision_loss,
        reason = "exact to the nanosecond in runs of some weeks"
    )]
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(self.0 as f64 / 1e3)
    }
}

/// All tracks, in groups. The format calls a group a process, and a track a thread of it. The track
/// of a real process has its pid; all other numbers are ours.
#[derive(Debug)]
pub struct Tracks {
    metadata: Vec<Event>,
    events: Vec<Event>,
    groups: u32,
    drawn: u32,
    pids: BTreeSet<u32>,
    /// Those that have a track: a viewer may take two of one number for one thread.
    there: BTreeSet<u32>,
    next: u32,
}

/// Numbers of tracks begin here: a thread with the number of its process would be its main one.
const FIRST_TRACK: u32 = 101;

impl Tracks {
    /// `pids`: of the real processes; no other track gets one of these as its number.
    pub fn new(pids: impl IntoIterator<Item = i32>) -> Self {
        let pids = pids.into_iter().filter_map(|pid| u32::try_from(pid).ok());
        Self {
            metadata: Vec::new(),
            events: Vec::new(),
            groups: 0,
            drawn: 0,
            pids: pids.filter(|pid| *pid >= FIRST_TRACK).collect(),
            there: BTreeSet::new(),
            next: FIRST_TRACK,
        }
    }

    /// Begins another group, below those there are.
    pub fn group(&mut self, name: &str) {
        self.groups += 1;
        let pid = self.groups;
        self.describe("process_name", pid, json!({"name": name}));
        self.describe("process_sort_index", pid, json!({"sort_index": pid}));
    }

    /// Adds a track to the group begun last, unless nothing is on it.
    pub fn track(&mut self, name: &str, draw: impl FnOnce(&mut Track)) {
        self.thread(name, None, draw);
    }

    /// As [`Tracks::track`]; that of a real process has its pid as its number, where no other track
    /// has it (in a namespace of its own, a process may have the number of a group).
    pub fn thread(&mut self, name: &str, pid: Option<i32>, draw: impl FnOnce(&mut Track)) {
        let own = pid.and_then(|pid| u32::try_from(pid).ok());
        let own = own.filter(|pid| self.pids.contains(pid) && !self.there.contains(pid));
        let tid = own.unwrap_or_else(|| self.unused());
        self.there.extend(own);
        let mut track = Track {
            pid: self.groups,
            tid,
            events: Vec::new(),
            open: Vec::new(),
            now_ns: 0,
        };
        draw(&mut track);
        if track.events.is_empty() {
            return;
        }
        self.drawn += 1;
        self.events.append(&mut track.events);
        self.describe("thread_name", tid, json!({"name": name}));
        self.describe("thread_sort_index", tid, json!({"sort_index": self.drawn}));
    }

    fn unused(&mut self) -> u32 {
        while self.pids.contains(&self.next) {
            self.next += 1;
        }
        self.next += 1;
        self.next - 1
    }

    /// Adds a counter to the group begun last: its values, each from a time on.
    pub fn counter(&mut self, name: &'static str, unit: &str, values: &[(u64, f64)]) {
        let mut before = None;
        for &(at_ns, value) in values {
            if before.replace(value) != Some(value) {
                self.events.push(Event {
                    name: Cow::Borrowed(name),
                    ph: Phase::Counter,
                    ts: Timestamp(at_ns.min(GREATEST)),
                    pid: self.groups,
                    tid: self.groups,
                    scope: None,
                    args: json!({unit: value}),
                });
            }
        }
    }

    fn describe(&mut self, name: &'static str, tid: u32, args: Value) {
        self.metadata.push(Event {
            name: Cow::Borrowed(name),
            ph: Phase::Metadata,
            ts: Timestamp(0),
            pid: self.groups,
            tid,
            scope: None,
            args,
        });
    }

    /// All events, in the order of time; those of one track at the same time as they were told.
    pub fn into_events(mut self) -> Vec<Event> {
        self.events.sort_by_key(|event| event.ts);
        self.metadata.append(&mut self.events);
        self.metadata
    }
}

/// One track: slices in each other or behind each other, and instants, told in the order of time.
#[derive(Debug)]
pub struct Track {
    pid: u32,
    tid: u32,
    events: Vec<Event>,
    open: Vec<Cow<'static, str>>,
    now_ns: u64,
}

impl Track {
    /// Begins a slice, within those that are open.
    pub fn begin(&mut self, name: impl Into<Cow<'static, str>>, at_ns: u64, args: Value) {
        let name = name.into();
        self.open.push(name.clone());
        self.push(name, Phase::Begin, at_ns, args);
    }

    pub fn end(&mut self, at_ns: u64) {
        if let Some(name) = self.open.pop() {
            self.push(name, Phase::End, at_ns, Value::Null);
        }
    }

    pub fn slice(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        from_ns: u64,
        until_ns: u64,
        args: Value,
    ) {
        self.begin(name, from_ns, args);
        self.end(until_ns);
    }

    pub fn instant(&mut self, name: impl Into<Cow<'static, str>>, at_ns: u64, args: Value) {
        self.push(name.into(), Phase::Instant, at_ns, args);
    }

    /// Time goes on: in a trace with gaps, what would reach back begins where the last thing ended.
    fn push(&mut self, name: Cow<'static, str>, ph: Phase, at_ns: u64, mut args: Value) {
        self.now_ns = self.now_ns.max(at_ns).min(GREATEST);
        for (_, value) in args.as_object_mut().into_iter().flatten() {
            if value.as_u64().is_some_and(|number| number > GREATEST) {
                *value = Value::String(value.to_string());
            }
        }
        self.events.push(Event {
            name,
            ph,
            ts: Timestamp(self.now_ns),
            pid: self.pid,
            tid: self.tid,
            scope: (ph == Phase::Instant).then_some("t"),
            args,
        });
    }
}
