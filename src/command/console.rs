//! `timeshare shell`: the process API by hand.

use crate::cli::Shell;
use crate::console::session::{self, Options};
use crate::output::failure::Failure;

pub fn shell(arguments: &Shell) -> Result<(), Failure> {
    session::run(&Options {
        tick: arguments.tick,
        cpu: arguments.cpu,
        color: arguments.color.color,
    })
}
