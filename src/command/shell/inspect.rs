//! One process in more detail.

use std::fmt::Write;
use std::io;

use crate::linux::procfs::status::field;
use crate::linux::procfs::view::{KernelView, meaning, read_if_there};

/// What `/proc` says of a process.
///
/// # Errors
/// When it is there and cannot be read.
pub fn inspect(pid: i32) -> io::Result<String> {
    let Some(view) = KernelView::of(pid)? else {
        return Ok(format!("pid {pid} is gone\n"));
    };
    let mut text = format!(
        "pid {pid}, child of {}: {} ({})\n",
        view.ppid,
        view.letter,
        meaning(view.letter)
    );
    let status = read_if_there(&format!("/proc/{pid}/status"))?.unwrap_or_default();
    let status = String::from_utf8_lossy(&status);
    for name in [
        "Name",
        "Threads",
        "VmRSS",
        "SigPnd",
        "ShdPnd",
        "Cpus_allowed_list",
    ] {
        if let Some(value) = field(&status, name) {
            let _ = writeln!(text, "    {name:18} {value}");
        }
    }
    Ok(text)
}
