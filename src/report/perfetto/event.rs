//! Events of the trace-event format, and the tracks they are on.

use std::borrow::Cow;

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

/// Nanoseconds; written as microseconds, as the format wants them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Timestamp(u64);

impl Serialize for Timestamp {
    #[expect(
        clippy::cast_precision_loss,
        reason = "exact to the nanosecond in runs of some weeks"
    )]
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(self.0 as f64 / 1e3)
    }
}

/// All tracks, in groups. The format calls a group a process, and a track a thread of it; the
/// numbers are ours, and say in which order they are shown.
#[derive(Debug, Default)]
pub struct Tracks {
    metadata: Vec<Event>,
    events: Vec<Event>,
    groups: u32,
    drawn: u32,
}

/// Numbers of tracks begin here: a thread with the number of its process would be its main one.
const FIRST_TRACK: u32 = 101;

impl Tracks {
    /// Begins another group, below those there are.
    pub fn group(&mut self, name: &str) {
        self.groups += 1;
        let pid = self.groups;
        self.describe("process_name", pid, json!({"name": name}));
        self.describe("process_sort_index", pid, json!({"sort_index": pid}));
    }

    /// Adds a track to the group begun last, unless nothing is on it.
    pub fn track(&mut self, name: &str, draw: impl FnOnce(&mut Track)) {
        let tid = FIRST_TRACK + self.drawn;
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
        self.describe("thread_sort_index", tid, json!({"sort_index": tid}));
    }

    /// Adds a counter to the group begun last: its values, each from a time on.
    pub fn counter(&mut self, name: &'static str, unit: &str, values: &[(u64, f64)]) {
        let mut before = None;
        for &(at_ns, value) in values {
            if before.replace(value) != Some(value) {
                self.events.push(Event {
                    name: Cow::Borrowed(name),
                    ph: Phase::Counter,
                    ts: Timestamp(at_ns),
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
    fn push(&mut self, name: Cow<'static, str>, ph: Phase, at_ns: u64, args: Value) {
        self.now_ns = self.now_ns.max(at_ns);
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
