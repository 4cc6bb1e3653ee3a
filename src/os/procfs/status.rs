//! `/proc/PID/status` (`proc_pid_status(5)`): names and values. Each is read on its own, so that
//! where the kernel writes fewer of them the others are known.

/// The value of a field, its unit included; `None`: there is no such field.
pub fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .map(str::trim)
}

/// Context switches of its main thread: voluntary, involuntary.
pub fn switches(status: &str) -> Option<(u64, u64)> {
    let number = |name| field(status, name)?.parse().ok();
    Some((
        number("voluntary_ctxt_switches")?,
        number("nonvoluntary_ctxt_switches")?,
    ))
}

/// The state as the kernel words it, `S (sleeping)`: letter and name.
pub fn state(status: &str) -> Option<(char, &str)> {
    let (letter, name) = field(status, "State")?.split_once(' ')?;
    let name = name.strip_prefix('(')?.strip_suffix(')')?;
    Some((letter.chars().next()?, name))
}

/// An amount of memory, in KiB (which the kernel writes `kB`).
pub fn kib(status: &str, name: &str) -> Option<u64> {
    field(status, name)?.strip_suffix("kB")?.trim().parse().ok()
}

/// The numbers of the signals that wait to be delivered, to the main thread or to the process.
pub fn pending_signals(status: &str) -> Option<Vec<i32>> {
    let mask = |name| u64::from_str_radix(field(status, name)?, 16).ok();
    let pending = mask("SigPnd")? | mask("ShdPnd")?;
    Some(
        (1..=64)
            .filter(|number| pending & (1 << (number - 1)) != 0)
            .collect(),
    )
}

/// The pid of its tracer.
pub fn tracer(status: &str) -> Option<i32> {
    field(status, "TracerPid")?
        .parse()
        .ok()
        .filter(|&pid| pid != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_are_found_in_a_status_file() {
        let status = "Name:\tx\nvoluntary_ctxt_switches:\t15\nnonvoluntary_ctxt_switches:\t2\n";
        assert_eq!(switches(status), Some((15, 2)));
        assert_eq!(switches("Name:\tx\n"), None);
    }

    #[test]
    fn only_a_traced_process_has_a_tracer() {
        assert_eq!(tracer("TracerPid:\t12\n"), Some(12));
        assert_eq!(tracer("TracerPid:\t0\n"), None);
        assert_eq!(tracer(""), None);
    }

    #[test]
    fn a_field_is_told_by_its_whole_name() {
        let status = "VmSize:\t  100 kB\nVm:\t1\n";
        assert_eq!(field(status, "Vm"), Some("1"));
        assert_eq!(field(status, "VmSize"), Some("100 kB"));
    }

    #[test]
    fn the_state_has_a_letter_and_a_name() {
        assert_eq!(state("State:\tD (disk sleep)\n"), Some(('D', "disk sleep")));
        assert_eq!(state("State:\tD\n"), None);
    }

    #[test]
    fn memory_is_in_kib() {
        assert_eq!(kib("VmSize:\t    2920 kB\n", "VmSize"), Some(2920));
        assert_eq!(kib("VmSize:\t    2920 MB\n", "VmSize"), None);
    }

    #[test]
    fn signals_wait_for_a_thread_or_for_the_process() {
        let status = "SigPnd:\t0000000000000100\nShdPnd:\t8000000000004001\n";
        assert_eq!(pending_signals(status), Some(vec![1, 9, 15, 64]));
        assert_eq!(pending_signals("SigPnd:\t0\n"), None);
    }
}
