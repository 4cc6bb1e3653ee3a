//! What one looks at again and again, of a process that may go at any time.

use super::entry::Entry;
use super::{sched, stat, status};

/// A process to look at. Its folder is held open: it is never taken for another one.
pub struct Outline {
    folder: Option<Entry>,
    /// What it had used when it was looked at first: to start.
    before_ns: u64,
    switches_before: (u64, u64),
}

/// What it looks like; whatever is not to be known, or not any more, is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Now {
    pub letter: Option<char>,
    /// The function of the kernel in which it sleeps.
    pub wchan: Option<String>,
    /// CPU time in nanoseconds since the first look.
    pub cpu_ns: Option<u64>,
    /// Times since then that it gave up the CPU by itself, and that it was taken from it.
    pub switches: Option<(u64, u64)>,
}

impl Outline {
    #[must_use]
    pub fn of(pid: i32) -> Self {
        let mut outline = Self {
            folder: Entry::open(pid).ok(),
            before_ns: 0,
            switches_before: (0, 0),
        };
        let now = outline.now();
        outline.before_ns = now.cpu_ns.unwrap_or(0);
        outline.switches_before = now.switches.unwrap_or((0, 0));
        outline
    }

    #[must_use]
    pub fn now(&self) -> Now {
        let Some(folder) = &self.folder else {
            return Now::default();
        };
        let text = |name| folder.text(name).ok();
        let letter = folder.read("stat").ok();
        let letter = letter.and_then(|stat| stat::Stat::parse(&stat));
        let wchan = text("wchan").filter(|name| !name.is_empty() && name != "0");
        let ran_ns = text("schedstat").and_then(|text| sched::ran_and_waited_ns(&text));
        let switches = text("status").and_then(|text| status::switches(&text));
        let (own_before, forced_before) = self.switches_before;
        Now {
            letter: letter.map(|stat| stat.state),
            wchan,
            cpu_ns: ran_ns.map(|(ran_ns, _)| ran_ns.saturating_sub(self.before_ns)),
            switches: switches.map(|(own, forced)| {
                (
                    own.saturating_sub(own_before),
                    forced.saturating_sub(forced_before),
                )
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sees_oneself_run() {
        let me = Outline::of(nix::unistd::getpid().as_raw());
        let before = me.now();
        assert!(before.letter.is_some() && before.switches.is_some());
        assert!(me.now().cpu_ns >= before.cpu_ns);
    }

    #[test]
    fn nobody_is_nothing() {
        // Above every pid_max.
        assert_eq!(Outline::of(i32::MAX).now(), Now::default());
    }
}
