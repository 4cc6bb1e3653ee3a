//! `/proc/PID/stat`, all of it that anybody here asks for.

/// The fields of `/proc/PID/stat` (`proc_pid_stat(5)`), by the names they have there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stat {
    pub pid: i32,
    /// The name of its main thread: any bytes, those that are not UTF-8 replaced.
    pub comm: String,
    pub state: char,
    pub ppid: i32,
    pub pgrp: i32,
    pub session: i32,
    /// The controlling terminal's device number; 0: none.
    pub tty_nr: i32,
    /// `PF_…` of the kernel's `linux/sched.h`.
    pub flags: u64,
    pub minflt: u64,
    pub majflt: u64,
    /// CPU time in user mode and in the kernel, in clock ticks (`_SC_CLK_TCK`).
    pub utime: u64,
    pub stime: u64,
    pub priority: i64,
    pub nice: i64,
    pub num_threads: i64,
    /// When it was born, in clock ticks since the machine was started.
    pub starttime: u64,
    /// The size of its address space, in bytes.
    pub vsize: u64,
    /// Of which in memory, in pages.
    pub rss: i64,
    /// The CPU it was on last.
    pub processor: i64,
    /// 1 to 99 in a real-time class, otherwise 0.
    pub rt_priority: u64,
    /// The number of its scheduling class (`sched(7)`).
    pub policy: u64,
    /// The status `waitpid` will tell (or would: 0 to readers who may not trace it).
    pub exit_code: i32,
}

/// `PF_EXITING` and `PF_KTHREAD`.
const EXITING: u64 = 0x4;
const KERNEL_THREAD: u64 = 0x0020_0000;

impl Stat {
    /// The name may contain anything, parentheses and line ends included: the fields go on behind
    /// the *last* one. `None`: this is not what the kernel writes.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let open = text.iter().position(|&byte| byte == b'(')?;
        let close = text.iter().rposition(|&byte| byte == b')')?;
        let pid = std::str::from_utf8(&text[..open]).ok()?.trim();
        let comm = String::from_utf8_lossy(text.get(open + 1..close)?);
        let rest = std::str::from_utf8(&text[close + 1..]).ok()?;
        let fields: Vec<_> = rest.split_ascii_whitespace().collect();
        // Numbered as in the manual, where the state is field 3.
        let field = |number: usize| fields.get(number - 3).copied();
        Some(Self {
            pid: pid.parse().ok()?,
            comm: comm.into_owned(),
            state: field(3)?.chars().next()?,
            ppid: number(field(4))?,
            pgrp: number(field(5))?,
            session: number(field(6))?,
            tty_nr: number(field(7))?,
            flags: number(field(9))?,
            minflt: number(field(10))?,
            majflt: number(field(12))?,
            utime: number(field(14))?,
            stime: number(field(15))?,
            priority: number(field(18))?,
            nice: number(field(19))?,
            num_threads: number(field(20))?,
            starttime: number(field(22))?,
            vsize: number(field(23))?,
            rss: number(field(24))?,
            processor: number(field(39))?,
            rt_priority: number(field(40))?,
            policy: number(field(41))?,
            exit_code: number(field(52))?,
        })
    }

    /// Whether it is a thread of the kernel: without memory of its own, and never in user mode.
    #[must_use]
    pub const fn is_kernel_thread(&self) -> bool {
        self.flags & KERNEL_THREAD != 0
    }

    /// Whether its main thread is in `_exit`, and gives back piece by piece what it has; or has
    /// done so, as a zombie.
    #[must_use]
    pub const fn is_exiting(&self) -> bool {
        self.flags & EXITING != 0
    }
}

/// Where what a program was given lies in its memory. 0: it may not be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    /// The first byte of its arguments.
    pub arguments: u64,
    /// The first byte of its environment.
    pub environment: u64,
}

impl Given {
    /// From the same text as [`Stat::parse`].
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let close = text.iter().rposition(|&byte| byte == b')')?;
        let rest = std::str::from_utf8(&text[close + 1..]).ok()?;
        let mut fields = rest.split_ascii_whitespace().skip(48 - 3);
        let (arguments, _, environment) = (fields.next(), fields.next(), fields.next());
        Some(Self {
            arguments: number(arguments)?,
            environment: number(environment)?,
        })
    }
}

fn number<T: std::str::FromStr>(field: Option<&str>) -> Option<T> {
    field?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LINE: &[u8] = b"216 (a (b) R) T 1 216 200 34816 -1 1077936132 101 5 2 6 12 13 0 0 20 -5 \
        3 0 9000 4096000 250 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 3 0 0 0 0 0 0 0 \
        0 0 0 9\n";

    #[test]
    fn the_fields_stand_where_the_manual_says() {
        let stat = Stat::parse(LINE).unwrap();
        assert_eq!((stat.pid, stat.comm.as_str()), (216, "a (b) R"));
        assert_eq!((stat.state, stat.ppid, stat.pgrp), ('T', 1, 216));
        assert_eq!((stat.minflt, stat.majflt), (101, 2));
        assert_eq!((stat.flags, stat.rt_priority), (1_077_936_132, 0));
        assert!(stat.is_exiting() && !stat.is_kernel_thread());
        assert_eq!((stat.utime, stat.stime), (12, 13));
        assert_eq!((stat.priority, stat.nice, stat.num_threads), (20, -5, 3));
        assert_eq!(
            (stat.starttime, stat.vsize, stat.rss),
            (9000, 4_096_000, 250)
        );
        assert_eq!((stat.processor, stat.policy, stat.exit_code), (1, 3, 9));
    }

    #[test]
    fn what_a_program_was_given_stands_near_the_end() {
        let line = String::from_utf8_lossy(LINE).replace("0 0 0 9\n", "48 49 50 51 9\n");
        let line = line.replacen("0 48", "48", 1);
        let given = Given::parse(line.as_bytes()).unwrap();
        assert_eq!((given.arguments, given.environment), (48, 50));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, cut in 0..LINE.len()) {
            let _ = Stat::parse(&bytes);
            let _ = Given::parse(&bytes);
            let _ = Stat::parse(&LINE[..cut]);
        }
    }
}
