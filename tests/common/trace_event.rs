//! A strict reader of Chrome's trace-event format: whatever a viewer might guess, round or drop is
//! refused.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// A slice of a track. Times are nanoseconds.
#[derive(Clone, Debug)]
pub struct Slice {
    pub name: String,
    pub from: u64,
    pub until: u64,
    /// How many slices it lies in.
    pub depth: usize,
    pub args: Value,
}

#[derive(Clone, Debug)]
pub struct Instant {
    pub name: String,
    pub at: u64,
    pub args: Value,
}

/// What is drawn in one line.
#[derive(Debug, Default)]
pub struct Track {
    /// In the order in which they begin.
    pub slices: Vec<Slice>,
    pub instants: Vec<Instant>,
}

impl Track {
    /// The slices of a depth that last throughout this time, and no moment less.
    pub fn throughout(&self, depth: usize, from: u64, until: u64) -> Vec<&Slice> {
        let slices = self.slices.iter();
        slices
            .filter(|slice| slice.depth == depth && slice.from <= from && until <= slice.until)
            .collect()
    }
}

/// A document, by the names of its groups and tracks.
#[derive(Debug, Default)]
pub struct Document {
    /// The groups and their tracks, as they are ordered.
    pub order: Vec<(String, Vec<String>)>,
    tracks: BTreeMap<(String, String), Track>,
    /// The values of counters, and from when on.
    pub counters: BTreeMap<(String, String), Vec<(u64, f64)>>,
}

impl Document {
    /// `group`: its name, which ends at a colon; what run it is stands behind that.
    #[track_caller]
    pub fn track(&self, group: &str, name: &str) -> &Track {
        self.find(group, name)
            .unwrap_or_else(|| panic!("no track {name:?} in {:?}", self.order))
    }

    pub fn find(&self, group: &str, name: &str) -> Option<&Track> {
        let mut tracks = self.tracks.iter();
        let found = tracks.find(|((of, track), _)| is_named(of, group) && track == name);
        found.map(|(_, track)| track)
    }

    /// The values of a counter of a group.
    pub fn counter(&self, group: &str, name: &str) -> Option<&[(u64, f64)]> {
        let mut counters = self.counters.iter();
        let found = counters.find(|((of, counter), _)| is_named(of, group) && counter == name);
        found.map(|(_, values)| values.as_slice())
    }
}

/// Whether this is the group, whatever run it is of.
pub fn is_named(group: &str, name: &str) -> bool {
    group.split(": ").next() == Some(name)
}

type Faulty<T> = Result<T, String>;

/// Reads a document.
///
/// # Errors
/// What is wrong with it.
pub fn read(text: &str) -> Faulty<Document> {
    if text.contains("\\\\") {
        return Err(
            "a backslash that is escaped by one: a viewer takes a quotation mark behind it for \
                    text, and refuses the file"
                .to_owned(),
        );
    }
    let whole: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    small_enough(&whole)?;
    check(whole["displayTimeUnit"] == "ms", "displayTimeUnit", &whole)?;
    let events = whole["traceEvents"].as_array();
    let events = events.ok_or("no list of events")?;
    let mut names = Names::default();
    for event in events.iter().filter(|event| event["ph"] == "M") {
        names.learn(event)?;
    }
    names.check()?;
    let mut reader = Reader {
        document: Document {
            order: names.order(),
            ..Document::default()
        },
        names,
        open: BTreeMap::new(),
        now: 0.0,
    };
    let mut is_told = false;
    for event in events {
        let is_metadata = event["ph"] == "M";
        check(!(is_metadata && is_told), "metadata comes first", event)?;
        is_told |= !is_metadata;
        if !is_metadata {
            reader.event(event)?;
        }
    }
    reader.finish()
}

/// Integers are signed in a viewer.
fn small_enough(value: &Value) -> Faulty<()> {
    match value {
        Value::Number(number) if number.as_u64().is_some_and(|n| i64::try_from(n).is_err()) => {
            Err(format!("an integer from 2^63 on: {number}"))
        }
        Value::Array(values) => values.iter().try_for_each(small_enough),
        Value::Object(values) => values.values().try_for_each(small_enough),
        _ => Ok(()),
    }
}

fn check(holds: bool, what: &str, event: &Value) -> Faulty<()> {
    if holds {
        Ok(())
    } else {
        Err(format!("{what}: {event}"))
    }
}

fn keys(event: &Value, allowed: &[&str]) -> Faulty<()> {
    let keys = event.as_object().ok_or("an event is an object")?.keys();
    let keys: BTreeSet<_> = keys.map(String::as_str).collect();
    check(keys == allowed.iter().copied().collect(), "fields", event)
}

fn number(event: &Value, field: &str) -> Faulty<u64> {
    event[field]
        .as_u64()
        .ok_or_else(|| format!("{field} is no number: {event}"))
}

fn name(event: &Value) -> Faulty<String> {
    let name = event["name"].as_str().filter(|name| !name.is_empty());
    name.map(str::to_owned)
        .ok_or_else(|| format!("no name: {event}"))
}

/// Who is who. A name, and where it is in the order.
#[derive(Default)]
struct Names {
    groups: BTreeMap<u64, (Option<String>, Option<u64>)>,
    /// By the numbers of their groups and their own.
    tracks: BTreeMap<(u64, u64), (Option<String>, Option<u64>)>,
}

impl Names {
    fn learn(&mut self, event: &Value) -> Faulty<()> {
        keys(event, &["name", "ph", "ts", "pid", "tid", "args"])?;
        let (pid, tid) = (number(event, "pid")?, number(event, "tid")?);
        let args = &event["args"];
        let text = || args["name"].as_str().map(str::to_owned);
        let index = || args["sort_index"].as_u64();
        let what = name(event)?;
        let fresh = match what.as_str() {
            "process_name" => self
                .groups
                .entry(pid)
                .or_default()
                .0
                .replace(text().ok_or("a group without a name")?)
                .is_none(),
            "process_sort_index" => self
                .groups
                .entry(pid)
                .or_default()
                .1
                .replace(index().ok_or("no index")?)
                .is_none(),
            "thread_name" | "thread_sort_index" => {
                let track = self.tracks.entry((pid, tid)).or_default();
                if what == "thread_name" {
                    let name = text().ok_or("a track without a name")?;
                    track.0.replace(name).is_none()
                } else {
                    track.1.replace(index().ok_or("no index")?).is_none()
                }
            }
            _ => return Err(format!("unknown metadata: {event}")),
        };
        check(fresh, "told twice", event)
    }

    fn check(&self) -> Faulty<()> {
        for (pid, group) in &self.groups {
            if group.0.is_none() || group.1.is_none() {
                return Err(format!("group {pid} has no name or place: {group:?}"));
            }
        }
        let numbers: BTreeSet<_> = self.tracks.keys().map(|(_, tid)| tid).collect();
        if numbers.len() < self.tracks.len() {
            return Err(format!(
                "two tracks of one number: {:?}",
                self.tracks.keys()
            ));
        }
        let mut names = BTreeSet::new();
        let mut places = BTreeSet::new();
        for ((pid, tid), (name, place)) in &self.tracks {
            let whole = self.groups.contains_key(pid) && name.is_some() && place.is_some();
            let own = names.insert((pid, name)) && places.insert((pid, place));
            if !whole || !own || self.groups.contains_key(tid) {
                return Err(format!("track {tid} of {pid}: {name:?} {place:?}"));
            }
        }
        Ok(())
    }

    fn order(&self) -> Vec<(String, Vec<String>)> {
        let mut groups: Vec<_> = self.groups.iter().collect();
        groups.sort_by_key(|(_, (_, place))| *place);
        let tracks_of = |pid| {
            let tracks = self.tracks.range((pid, 0)..=(pid, u64::MAX));
            let mut tracks: Vec<_> = tracks.map(|(_, track)| track).collect();
            tracks.sort_by_key(|(_, place)| *place);
            tracks.iter().filter_map(|track| track.0.clone()).collect()
        };
        let named = groups.into_iter();
        named
            .map(|(pid, (name, _))| (name.clone().unwrap_or_default(), tracks_of(*pid)))
            .collect()
    }
}

struct Reader {
    names: Names,
    document: Document,
    /// The slices that have begun, of each track, by their places in it.
    open: BTreeMap<(String, String), Vec<usize>>,
    /// Microseconds.
    now: f64,
}

impl Reader {
    fn event(&mut self, event: &Value) -> Faulty<()> {
        let now = event["ts"].as_f64().ok_or("an event without a time")?;
        check(now >= self.now, "time goes back", event)?;
        self.now = now;
        let at =
            nanoseconds(&event["ts"]).ok_or_else(|| format!("finer than a nanosecond: {event}"))?;
        let pid = number(event, "pid")?;
        let group = self
            .names
            .groups
            .get(&pid)
            .and_then(|group| group.0.clone());
        let group = group.ok_or_else(|| format!("a group without a name: {event}"))?;
        if event["ph"] == "C" {
            return self.counter(event, &group, at);
        }
        let track = self.names.tracks.get(&(pid, number(event, "tid")?));
        let track = track.and_then(|track| track.0.clone());
        let track = track.ok_or_else(|| format!("a track without a name: {event}"))?;
        let key = (group, track);
        let open = self.open.entry(key.clone()).or_default();
        let track = self.document.tracks.entry(key).or_default();
        let args = event["args"].clone();
        let name = name(event)?;
        match event["ph"].as_str() {
            Some("B") => {
                keys(event, &["name", "ph", "ts", "pid", "tid", "args"])?;
                let depth = open.len();
                open.push(track.slices.len());
                track.slices.push(Slice {
                    name,
                    from: at,
                    until: u64::MAX,
                    depth,
                    args,
                });
            }
            Some("E") => {
                keys(event, &["name", "ph", "ts", "pid", "tid"])?;
                let begun = open
                    .pop()
                    .ok_or_else(|| format!("ends, never began: {event}"))?;
                check(track.slices[begun].name == name, "ends another", event)?;
                track.slices[begun].until = at;
            }
            Some("i") => {
                keys(event, &["name", "ph", "ts", "pid", "tid", "s", "args"])?;
                check(event["s"] == "t", "scope", event)?;
                track.instants.push(Instant { name, at, args });
            }
            _ => return Err(format!("no such phase here: {event}")),
        }
        Ok(())
    }

    fn counter(&mut self, event: &Value, group: &str, at: u64) -> Faulty<()> {
        keys(event, &["name", "ph", "ts", "pid", "tid", "args"])?;
        let args = event["args"]
            .as_object()
            .ok_or("a counter without values")?;
        check(args.len() == 1, "one value", event)?;
        for (unit, value) in args {
            let value = value.as_f64().ok_or("a counter counts")?;
            let name = format!("{} {unit}", name(event)?);
            let values = self
                .document
                .counters
                .entry((group.to_owned(), name))
                .or_default();
            values.push((at, value));
        }
        Ok(())
    }

    fn finish(self) -> Faulty<Document> {
        match self.open.iter().find(|(_, open)| !open.is_empty()) {
            Some((track, _)) => Err(format!("a slice of {track:?} never ends")),
            None => Ok(self.document),
        }
    }
}

/// `None`: it is no whole number of them, or it is not written as a viewer reads it: digits, and at
/// most three behind a point.
fn nanoseconds(us: &Value) -> Option<u64> {
    let text = us.to_string();
    let (whole, part) = text.split_once('.').unwrap_or((&text, "0"));
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if !is_number(whole) || !is_number(part) || part.len() > 3 {
        return None;
    }
    let us: u64 = whole.parse().ok()?;
    let ns: u64 = format!("{part:0<3}").parse().ok()?;
    us.checked_mul(1_000)?.checked_add(ns)
}
