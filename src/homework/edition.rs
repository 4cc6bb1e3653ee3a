//! The versions of `process-run.py` that answer keys follow, and what each says.

use serde::Serialize;

use crate::trace::{PolicyRecord, tick_accounting};
use crate::workload::Workload;
use crate::workload::dialect::Dialect;

/// A version of `process-run.py`, by what it prints for the statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Edition {
    /// Today's.
    Current,
    /// That of July 2020: the traces of 2019, but a tick counts as CPU time also when the process
    /// that had the CPU last is done, and no other one executes anything.
    July2020,
    /// That of the book's 2019 edition.
    Classic,
}

/// What it prints with `-p`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Figures {
    pub edition: Edition,
    pub ticks: u64,
    pub cpu_busy_ticks: u64,
    pub io_busy_ticks: u64,
}

impl Edition {
    /// From the newest to the oldest.
    pub const ALL: [Self; 3] = [Self::Current, Self::July2020, Self::Classic];

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::July2020 => "July 2020",
            Self::Classic => "classic (2019)",
        }
    }

    /// The dialect of its traces.
    pub const fn dialect(self) -> Dialect {
        match self {
            Self::Current => Dialect::Current,
            Self::July2020 | Self::Classic => Dialect::Classic,
        }
    }
}

/// What each version says of a workload; `policy` may be of any dialect.
pub fn figures(workload: &Workload, policy: &PolicyRecord) -> [Figures; 3] {
    Edition::ALL.map(|edition| {
        let dialect = edition.dialect();
        let workload = workload.clone().in_dialect(dialect);
        let policy = PolicyRecord { dialect, ..*policy };
        let counted = tick_accounting(&workload, &policy, u64::MAX);
        let also = match edition {
            Edition::July2020 => counted.done.count,
            Edition::Current | Edition::Classic => 0,
        };
        Figures {
            edition,
            ticks: counted.all.count,
            cpu_busy_ticks: counted.cpu.count + also,
            io_busy_ticks: counted.io.count,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::{ProcessRun, Reap};
    use crate::workload::notation::{Seed, process_list};
    use crate::workload::policy::{IoDonePolicy, SwitchPolicy};

    /// Ticks and CPU busy of each version, for a process list under the default policies.
    fn said(
        list: &str,
        seed: &str,
        switch: SwitchPolicy,
        io_done: IoDonePolicy,
    ) -> [(u64, u64); 3] {
        let workload = process_list(list, &Seed::parse(seed).unwrap()).unwrap();
        let policy = PolicyRecord {
            spec: ProcessRun { switch, io_done }.into(),
            io_length: 5,
            dialect: Dialect::Current,
            reap: Reap::Now,
        };
        figures(&workload, &policy).map(|figures| (figures.ticks, figures.cpu_busy_ticks))
    }

    /// Those of July 2020 as people have published them.
    #[test]
    fn each_version_says_what_is_known_of_it() {
        use IoDonePolicy::{Immediate, Later};
        use SwitchPolicy::{OnEnd, OnIo};
        let three = "3:0,5:100,5:100,5:100";
        for (list, seed, switch, io_done, expected) in [
            (
                "5:100,5:100",
                "0",
                OnIo,
                Later,
                [(10, 10), (10, 10), (10, 10)],
            ),
            ("4:100,1:0", "0", OnIo, Later, [(11, 6), (10, 6), (10, 5)]),
            ("1:0,4:100", "0", OnIo, Later, [(7, 6), (6, 6), (6, 5)]),
            ("1:0,4:100", "0", OnEnd, Later, [(11, 6), (9, 5), (9, 5)]),
            (three, "0", OnIo, Later, [(31, 21), (27, 19), (27, 18)]),
            (three, "0", OnIo, Immediate, [(21, 21), (18, 18), (18, 18)]),
            ("3:50,3:50", "1", OnIo, Later, [(15, 8), (12, 8), (12, 6)]),
            ("3:50,3:50", "2", OnIo, Later, [(16, 10), (13, 8), (13, 6)]),
            ("3:50,3:50", "3", OnIo, Later, [(18, 9), (13, 6), (13, 6)]),
            ("3:0", "0", OnIo, Later, [(21, 6), (16, 4), (16, 3)]),
        ] {
            assert_eq!(said(list, seed, switch, io_done), expected, "{list} {seed}");
        }
    }
}
