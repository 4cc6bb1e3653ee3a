//! `/proc/PID/status` (`proc_pid_status(5)`): names and values.

/// The value of a field, its unit included; `None`: there is no such field.
#[must_use]
pub fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .map(str::trim)
}

/// How often a process has given up the CPU by itself, and how often it was taken from it.
#[must_use]
pub fn switches(status: &str) -> Option<(u64, u64)> {
    let number = |name| field(status, name)?.parse().ok();
    Some((
        number("voluntary_ctxt_switches")?,
        number("nonvoluntary_ctxt_switches")?,
    ))
}

/// The pid of who traces it.
#[must_use]
pub fn tracer(status: &str) -> Option<i32> {
    field(status, "TracerPid")?
        .parse()
        .ok()
        .filter(|&pid| pid != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn switches_are_found_in_a_status_file() {
        let status = "Name:\tx\nvoluntary_ctxt_switches:\t15\nnonvoluntary_ctxt_switches:\t2\n";
        assert_eq!(switches(status), Some((15, 2)));
        assert_eq!(switches("Name:\tx\n"), None);
    }

    #[test]
    fn only_who_is_traced_has_a_tracer() {
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

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = switches(&text);
            let _ = tracer(&text);
            let _ = tracer(&format!("TracerPid:{text}"));
        }
    }
}
