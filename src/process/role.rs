//! Where our own children come in: our own executable, called by the name of a role. Nothing of
//! timeshare precedes it.

use std::process::ExitCode;

use super::{commanded, worker};

/// What the arguments ask for: returns only if that is a role, when it is over.
pub fn run_if_asked() -> Option<ExitCode> {
    let role = std::env::args_os().nth(1)?;
    let (name, run): (&str, fn() -> Option<ExitCode>) = match role.to_str()? {
        worker::ROLE => (worker::ROLE, worker::run),
        commanded::ROLE => (commanded::ROLE, commanded::run),
        _ => return None,
    };
    Some(run().unwrap_or_else(|| {
        eprintln!("timeshare: '{name}' is the role of timeshare's own children, not a command");
        ExitCode::from(2)
    }))
}
