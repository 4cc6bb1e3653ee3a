//! The trace of a run, read as any other program would: by the names of its fields.

use std::ops::Index;

use serde_json::Value;

use super::program::{Finished, Launch};

/// A document of the format `timeshare/trace/1`.
#[derive(Debug)]
pub struct Trace(Value);

impl Index<&str> for Trace {
    type Output = Value;

    fn index(&self, field: &str) -> &Value {
        &self.0[field]
    }
}

impl Trace {
    /// The whole standard output of a run with `--json -`.
    #[track_caller]
    pub fn of(finished: &Finished) -> Self {
        let parsed = serde_json::from_str(&finished.stdout);
        let trace = Self(parsed.unwrap_or_else(|error| panic!("{error}: {finished:?}")));
        assert_eq!(trace["schema"], "timeshare/trace/1");
        trace
    }

    /// Runs timeshare with these arguments and `--json -`, which must succeed.
    #[track_caller]
    pub fn by(arguments: &[&str]) -> Self {
        let whole = ["run", "--json", "-"].iter().chain(arguments);
        Self::of(&Launch::timeshare(whole).run().succeeded())
    }

    #[track_caller]
    pub fn by_line(line: &str) -> Self {
        Self::by(&super::words(line))
    }

    #[track_caller]
    pub fn list(&self, field: &str) -> &[Value] {
        self[field].as_array().expect("it is a list")
    }

    /// What the book's process `index` was in each tick.
    pub fn life(&self, index: usize) -> Vec<&Value> {
        let ticks = self.list("ticks").iter();
        ticks.map(|tick| &tick["processes"][index]).collect()
    }

    /// The rows that `process-run.py` would print of these ticks.
    pub fn rows(&self) -> Vec<String> {
        let classic = self["policy"]["dialect"] == "classic";
        let layout = if classic { CLASSIC } else { CURRENT };
        let ticks = self.list("ticks").iter();
        ticks.map(|tick| layout.row(tick)).collect()
    }

    /// Asserts that the run came to its end and did in every cell what the paper said, as far as
    /// the program itself and the exit statuses tell.
    #[track_caller]
    pub fn assert_as_simulated(&self, what: &str) {
        self.assert_model_equal(what);
        let agreement = &self["agreement"];
        let odd = self.odd_letters();
        let count = |field: &str| agreement[field].as_u64().expect("it is a number");
        let is_ahead = |cell: &&Value| self.has_gone_on_to_its_end(cell);
        let ahead = odd.iter().filter(is_ahead).count() as u64;
        let (equal, sampled) = (count("kernel_equal"), count("kernel_sampled"));
        assert_eq!(
            equal + ahead,
            sampled,
            "{what}: {odd:?} in {}",
            self["ticks"]
        );
    }

    /// Without `SCHED_FIFO` the supervisor may get the CPU so late that a process which it takes the CPU
    /// from after its last instruction has exited before.
    fn has_gone_on_to_its_end(&self, cell: &Value) -> bool {
        self["machine"]["supervisor_class"] != "SCHED_FIFO"
            && (cell["state"].as_str(), cell["kernel"].as_str()) == (Some("ready"), Some("Z"))
    }

    /// As [`Trace::assert_as_simulated`], but for the kernel's letters.
    #[track_caller]
    pub fn assert_model_equal(&self, what: &str) {
        assert_eq!(self["outcome"], "complete", "{what}");
        let agreement = &self["agreement"];
        assert_eq!(agreement["model_equal"], agreement["cells"], "{what}");
        assert_eq!(agreement["first_difference"], Value::Null, "{what}");
        for process in self.list("processes") {
            let exit = serde_json::json!({"code": 0});
            assert_eq!(process["exit"], exit, "{what}: {process}");
        }
    }

    /// The cells with a letter that is not the one its state shows as.
    fn odd_letters(&self) -> Vec<Value> {
        let cells = |tick: &Value| tick["processes"].as_array().cloned().unwrap_or_default();
        let all = self.list("ticks").iter().flat_map(cells);
        all.filter(is_odd).collect()
    }
}

fn is_odd(cell: &Value) -> bool {
    let letter = cell["kernel"].as_str();
    letter.is_some_and(|letter| {
        let expected = match cell["state"].as_str() {
            Some("ready") => "T",
            Some("running") => "R",
            Some("blocked") => "S",
            _ => "Z",
        };
        letter != expected
    })
}

/// What the versions of `process-run.py` print differently.
#[derive(Clone, Copy)]
struct Layout {
    column: usize,
    blocked: &'static str,
}

const CURRENT: Layout = Layout {
    column: 14,
    blocked: "BLOCKED",
};
const CLASSIC: Layout = Layout {
    column: 10,
    blocked: "WAITING",
};

impl Layout {
    /// A mark behind the time when an I/O completed; and when no I/O is under way, ten spaces, as
    /// `process-run.py` prints them.
    fn row(self, tick: &Value) -> String {
        let number = |field: &str| tick[field].as_u64().expect("it is a number");
        let cells = tick["processes"].as_array().expect("it is a list");
        let mark = if tick["io_completed"] == true {
            '*'
        } else {
            ' '
        };
        let words: String = cells
            .iter()
            .map(|cell| self.right(&self.word(cell)))
            .collect();
        let executed = cells.iter().any(|cell| !cell["instruction"].is_null());
        let cpu = self.right(if executed { "1" } else { " " });
        let ios = match number("ios_in_flight") {
            0 => " ".repeat(10),
            count => self.right(&count.to_string()),
        };
        format!("{:3}{mark}{words}{cpu}{ios}", number("tick"))
    }

    fn right(self, text: &str) -> String {
        format!("{text:>width$}", width = self.column)
    }

    fn word(self, cell: &Value) -> String {
        match (cell["state"].as_str(), cell["instruction"].as_str()) {
            (Some("running"), Some(instruction)) => format!("RUN:{instruction}"),
            (Some("zombie" | "gone"), None) => "DONE".to_owned(),
            (Some("blocked"), None) => self.blocked.to_owned(),
            (Some(state), None) => state.to_uppercase(),
            _ => panic!("a cell is no such thing: {cell}"),
        }
    }
}
