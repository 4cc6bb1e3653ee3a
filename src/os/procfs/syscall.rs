//! `/proc/PID/syscall` (`proc_pid_syscall(5)`): the system call a process sleeps in.

/// What is known of the system call, and of the stack pointer and program counter in user mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyscallState {
    /// It is running or runnable: nothing is known.
    Running,
    /// It was stopped outside of any system call.
    Outside { sp: u64, pc: u64 },
    /// It is in this system call; of the arguments, as many are meaningful as the call has.
    Inside {
        number: u64,
        arguments: [u64; 6],
        sp: u64,
        pc: u64,
    },
}

impl SyscallState {
    /// `None`: this is not what the kernel writes.
    pub fn parse(text: &str) -> Option<Self> {
        let fields: Vec<_> = text.split_ascii_whitespace().collect();
        let [number, ref arguments @ .., sp, pc] = fields[..] else {
            return (fields == ["running"]).then_some(Self::Running);
        };
        let (sp, pc) = (hex(sp)?, hex(pc)?);
        if number == "-1" {
            return arguments.is_empty().then_some(Self::Outside { sp, pc });
        }
        let arguments: Option<Vec<_>> = arguments.iter().map(|field| hex(field)).collect();
        Some(Self::Inside {
            number: number.parse().ok()?,
            arguments: arguments?.try_into().ok()?,
            sp,
            pc,
        })
    }

    /// Stack pointer and program counter.
    pub const fn registers(self) -> Option<(u64, u64)> {
        match self {
            Self::Running => None,
            Self::Outside { sp, pc } | Self::Inside { sp, pc, .. } => Some((sp, pc)),
        }
    }
}

fn hex(field: &str) -> Option<u64> {
    u64::from_str_radix(field.strip_prefix("0x")?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_runs_or_is_outside_or_inside_of_a_call() {
        assert_eq!(
            SyscallState::parse("running\n"),
            Some(SyscallState::Running)
        );
        let (sp, pc) = (0x7ffd, 0x7f8e);
        let outside = SyscallState::parse("-1 0x7ffd 0x7f8e\n");
        assert_eq!(outside, Some(SyscallState::Outside { sp, pc }));
        let inside =
            SyscallState::parse("0 0x3 0xffffffffffffffff 0x1 0x0 0x0 0x0 0x7ffd 0x7f8e\n");
        let read = SyscallState::Inside {
            number: 0,
            arguments: [3, u64::MAX, 1, 0, 0, 0],
            sp,
            pc,
        };
        assert_eq!(inside, Some(read));
        assert_eq!(inside.unwrap().registers(), Some((sp, pc)));
        assert_eq!(SyscallState::parse("0 0x3\n"), None);
        assert_eq!(SyscallState::parse(""), None);
    }
}
