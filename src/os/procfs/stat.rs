//! `/proc/PID/stat` (`proc_pid_stat(5)`), in the fields of procfs-core.

use procfs_core::FromRead;
use procfs_core::process::StatFlags;

pub use procfs_core::process::Stat;

/// `None`: this is not what the kernel writes.
pub fn parse(text: &[u8]) -> Option<Stat> {
    // `PID (NAME) STATE …`, with any bytes in the name: where these marks are missing, the parser
    // would slice out of bounds.
    let open = text.iter().position(|&byte| byte == b'(')?;
    let close = text.iter().rposition(|&byte| byte == b')')?;
    let is_framed = open < close
        && text[0].is_ascii_digit()
        && text[open - 1] == b' '
        && text.get(close + 1) == Some(&b' ')
        && text.get(close + 2).is_some_and(u8::is_ascii_graphic);
    is_framed.then(|| Stat::from_read(text).ok())?
}

/// Whether it is a thread of the kernel: without memory of its own, and never in user mode.
pub const fn is_kernel_thread(stat: &Stat) -> bool {
    stat.flags & StatFlags::PF_KTHREAD.bits() != 0
}

/// Whether its main thread is in `_exit`, and gives back piece by piece what it has; or has done
/// so, as a zombie.
pub const fn is_exiting(stat: &Stat) -> bool {
    stat.flags & StatFlags::PF_EXITING.bits() != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LINE: &[u8] =
        b"216 (a (b) \xc3) T 1 216 200 34816 -1 1077936132 101 5 2 6 12 13 0 0 20 -5 \
        3 0 9000 4096000 250 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 3 0 0 0 0 0 0 48 \
        49 50 51 9\n";

    #[test]
    fn the_fields_stand_behind_a_name_of_any_bytes() {
        let stat = parse(LINE).unwrap();
        assert_eq!((stat.pid, stat.comm.as_str()), (216, "a (b) \u{fffd}"));
        assert_eq!((stat.state, stat.ppid, stat.pgrp), ('T', 1, 216));
        assert_eq!((stat.utime, stat.nice, stat.starttime), (12, -5, 9000));
        assert_eq!((stat.processor, stat.policy), (Some(1), Some(3)));
        assert_eq!((stat.arg_start, stat.env_start), (Some(48), Some(50)));
        assert_eq!(stat.exit_code, Some(9));
        assert!(is_exiting(&stat) && !is_kernel_thread(&stat));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(
            near in "([0-9]{0,3} ?[(]?.?[)]?){0,3} ?[a-zA-Z]?[ 0-9]{0,9}",
            cut in 0..LINE.len(),
        ) {
            let _ = (parse(near.as_bytes()), parse(&LINE[..cut]));
        }
    }
}
