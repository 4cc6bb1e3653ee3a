//! System calls by name, with the arguments of those in which processes sleep.

use serde::Serialize;

use crate::os::address::Address;

/// A system call that a process is in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Syscall {
    /// The number that this machine's architecture gives it.
    pub number: u64,
    /// `read`; absent where the number has no name here: it is newer than this program, or of a
    /// 32-bit program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'static str>,
    /// The six registers in which arguments are passed, whatever the call makes of them.
    pub arguments: [Address; 6],
    /// As one writes it: `read(3, 0x7ffd4a10, 1)`.
    pub text: String,
    /// The open file it works on, if it works on one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub descriptor: Option<i32>,
}

/// What an argument is.
#[derive(Clone, Copy)]
enum Kind {
    /// The number of an open file.
    File,
    Int,
    Size,
    Address,
}

/// What the arguments are of the calls in which processes sleep most. Of all others only the name is
/// shown.
const KNOWN: &[(&[Kind], &[&str])] = {
    use Kind::{Address, File, Int, Size};
    &[
        (&[File, Address, Address], &["accept"]),
        (&[File, Address, Address, Int], &["accept4"]),
        (&[Int, Int, Address, Address], &["clock_nanosleep"]),
        (
            &[File, Address, Int],
            &["connect", "readv", "recvmsg", "sendmsg", "writev"],
        ),
        (&[File, Address, Int, Int], &["epoll_pwait", "epoll_wait"]),
        (&[File, Address, Int, Address], &["epoll_pwait2"]),
        (&[File, Int], &["fcntl", "flock"]),
        (&[File], &["fdatasync", "fsync"]),
        (&[Address, Int, Int, Address], &["futex"]),
        (&[File, Address], &["ioctl"]),
        (&[Int, Address, Size], &["msgrcv", "semop"]),
        (&[Address, Address], &["nanosleep"]),
        (&[], &["pause", "restart_syscall", "vfork"]),
        (&[Address, Size, Int], &["poll"]),
        (&[Address, Size, Address], &["ppoll"]),
        (
            &[File, Address, Size, Int],
            &["pread64", "pwrite64", "recvfrom", "sendto"],
        ),
        (
            &[Int, Address, Address, Address, Address],
            &["pselect6", "select"],
        ),
        (&[File, Address, Size], &["read", "write"]),
        (&[Address], &["rt_sigsuspend"]),
        (&[Address, Address, Address], &["rt_sigtimedwait"]),
        (&[Int, Address, Int, Address], &["wait4"]),
        (&[Int, Int, Address, Int], &["waitid"]),
    ]
};

impl Syscall {
    /// `sp`: the stack pointer of the caller.
    pub fn new(number: u64, arguments: [u64; 6], sp: u64) -> Self {
        // Numbers differ between architectures, and a 32-bit program on a 64-bit kernel has those
        // of its own. Its stack is below 4 GiB, where 64-bit programs have none.
        let foreign = usize::BITS == 64 && u32::try_from(sp).is_ok();
        let name = (!foreign).then(|| name_of(number)).flatten();
        let is_known = |names: &[&str]| name.is_some_and(|name| names.contains(&name));
        let kinds = KNOWN.iter().find(|(_, names)| is_known(names));
        let kinds = kinds.map(|(kinds, _)| *kinds);
        let first_is_file = matches!(kinds, Some([Kind::File, ..]));
        Self {
            number,
            name,
            text: text(number, name, kinds, &arguments, foreign),
            descriptor: first_is_file.then(|| int(arguments[0])),
            arguments: arguments.map(Address),
        }
    }
}

fn name_of(number: u64) -> Option<&'static str> {
    let call = syscalls::Sysno::new(usize::try_from(number).ok()?)?;
    Some(call.name())
}

fn text(
    number: u64,
    name: Option<&str>,
    kinds: Option<&[Kind]>,
    arguments: &[u64; 6],
    foreign: bool,
) -> String {
    match (name, kinds) {
        (Some(name), Some(kinds)) => {
            let shown: Vec<_> = kinds.iter().zip(arguments).map(argument).collect();
            format!("{name}({})", shown.join(", "))
        }
        (Some(name), None) => format!("{name}(…)"),
        (None, _) if foreign => format!("system call {number} of a 32-bit program"),
        (None, _) => format!("system call {number}"),
    }
}

fn argument((kind, &value): (&Kind, &u64)) -> String {
    match kind {
        Kind::File | Kind::Int => int(value).to_string(),
        Kind::Size => value.to_string(),
        Kind::Address if value == 0 => "NULL".to_owned(),
        Kind::Address => Address(value).to_string(),
    }
}

/// An `int` is the lower half of a 64-bit register; what is above it means nothing.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the lower half is the value"
)]
const fn int(register: u64) -> i32 {
    register as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STACK: u64 = 0x7ffd_0000_0000;

    fn number(name: &str) -> u64 {
        let all = (0..2_000).find(|&number| name_of(number) == Some(name));
        all.unwrap_or_else(|| panic!("no system call is named {name}"))
    }

    #[test]
    fn a_call_that_is_known_is_told_with_its_arguments() {
        let call = Syscall::new(number("read"), [3, 0x7ffd_4a10, 1, 9, 9, 9], STACK);
        assert_eq!(call.text, "read(3, 0x7ffd4a10, 1)");
        assert_eq!((call.name, call.descriptor), (Some("read"), Some(3)));
        let call = Syscall::new(number("wait4"), [0xffff_ffff, 0, 0, 0, 0, 0], STACK);
        assert_eq!(call.text, "wait4(-1, NULL, 0, NULL)");
        assert_eq!(call.descriptor, None);
    }

    #[test]
    fn a_call_that_is_not_known_is_told_by_its_name_or_number() {
        let call = Syscall::new(number("getpid"), [0; 6], STACK);
        assert_eq!(call.text, "getpid(…)");
        let call = Syscall::new(9_999, [0; 6], STACK);
        assert_eq!((call.text.as_str(), call.name), ("system call 9999", None));
    }

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn the_numbers_of_a_32_bit_program_are_not_ours() {
        let call = Syscall::new(3, [0; 6], 0xffff_d000);
        assert_eq!(call.text, "system call 3 of a 32-bit program");
        assert_eq!(call.name, None);
    }

    /// The kernel of the machine on which the tests run knows the C library's numbers.
    #[test]
    fn names_are_those_of_the_c_library() {
        for (name, number) in [
            ("read", libc::SYS_read),
            ("futex", libc::SYS_futex),
            ("clock_nanosleep", libc::SYS_clock_nanosleep),
            ("pidfd_open", libc::SYS_pidfd_open),
        ] {
            assert_eq!(name_of(number.unsigned_abs()), Some(name));
        }
    }

    proptest! {
        #[test]
        fn no_call_makes_it_panic(number: u64, near in 0..600_u64, arguments: [u64; 6], sp: u64) {
            let _ = (Syscall::new(number, arguments, sp), Syscall::new(near, arguments, sp));
        }
    }
}
