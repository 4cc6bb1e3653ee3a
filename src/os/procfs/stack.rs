//! `/proc/PID/stack` (`proc_pid_stack(5)`): which functions of the kernel it is in.

/// Their names, the innermost first. `[<0>] anon_pipe_read+0x2a/0x110` is a line of it.
pub fn functions(text: &str) -> Vec<String> {
    let name = |line: &str| {
        let (_, frame) = line.split_once("] ")?;
        let name = frame.split(['+', ' ']).next()?;
        Some(name.to_owned())
    };
    text.lines().filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_names_a_function() {
        let stack =
            "[<0>] hrtimer_nanosleep+0x74/0xf0\n[<0>] nfs_wait+0x1/0x2 [nfs]\n[<0>] 0xffff\n";
        assert_eq!(
            functions(stack),
            ["hrtimer_nanosleep", "nfs_wait", "0xffff"]
        );
        assert!(functions("").is_empty());
    }
}
