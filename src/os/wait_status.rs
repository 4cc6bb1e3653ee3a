//! A wait status, as `waitpid(2)` stores it and `/proc/PID/stat` shows it of a zombie.

use nix::sys::wait::WaitStatus;
use nix::unistd::Pid;

/// What became of a process, in words: `exited, 7`.
#[must_use]
pub fn in_words(status: i32) -> String {
    let nobody = Pid::from_raw(0);
    match WaitStatus::from_raw(nobody, status) {
        Ok(WaitStatus::Exited(_, code)) => format!("exited, {code}"),
        Ok(WaitStatus::Signaled(_, signal, core)) => {
            let dumped = if core { ", core dumped" } else { "" };
            format!("killed by {signal}{dumped}")
        }
        Ok(WaitStatus::Stopped(_, signal)) => format!("stopped by {signal}"),
        Ok(WaitStatus::Continued(_)) => "continued".to_owned(),
        // A real-time signal, for which there is no name.
        _ => format!("killed by signal {}", status & 0x7f),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_status_has_its_words() {
        assert_eq!(in_words(0x0700), "exited, 7");
        assert_eq!(in_words(0x0009), "killed by SIGKILL");
        assert_eq!(in_words(0x0086), "killed by SIGABRT, core dumped");
        assert_eq!(in_words(0x137f), "stopped by SIGSTOP");
        assert_eq!(in_words(0xffff), "continued");
        assert_eq!(in_words(40), "killed by signal 40");
    }
}
