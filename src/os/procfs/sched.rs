//! `/proc/PID/sched` and `/proc/PID/schedstat`: what the scheduler writes down of a thread.

/// A value of `sched`, which is meant for people: its names change with the kernel, and it is not
/// always there. It begins with the thread's own name, in which anything may stand.
pub fn value<T: std::str::FromStr>(sched: &str, name: &str) -> Option<T> {
    sched.lines().rev().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().parse().ok())?
    })
}

/// Nanoseconds on a CPU, and nanoseconds ready and waiting for one (`schedstat`).
pub fn ran_and_waited_ns(schedstat: &str) -> Option<(u64, u64)> {
    let mut fields = schedstat.split_ascii_whitespace();
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_by_its_name() {
        let sched = "sleep (1, #threads: 1)\n---\nse.nr_migrations    :      178\nprio : 120\n";
        assert_eq!(value(sched, "se.nr_migrations"), Some(178));
        assert_eq!(value::<u64>(sched, "se.slice"), None);
        let named_so = "prio:1\n (1, #threads: 1)\n---\nprio : 120\n";
        assert_eq!(value(named_so, "prio"), Some(120));
    }

    #[test]
    fn schedstat_tells_running_and_waiting_apart() {
        assert_eq!(
            ran_and_waited_ns("686297 1253060 4\n"),
            Some((686_297, 1_253_060))
        );
        assert_eq!(ran_and_waited_ns("686297\n"), None);
    }
}
