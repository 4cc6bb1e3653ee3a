//! `timeshare inspect`: the process control block of any process.

mod watch;

use super::Failure;
use super::output::{JsonFile, print, width};

use crate::cli::Inspect;
use crate::inspect::page::{Layout, page};
use crate::inspect::pcb::{Missing, Pcb};

pub fn inspect(arguments: &Inspect) -> Result<(), Failure> {
    let json = arguments
        .json
        .as_deref()
        .map(JsonFile::create)
        .transpose()?;
    if let Some(every) = arguments.watch {
        return watch::watch(arguments, every, json.as_ref());
    }
    let pcb = read(arguments)?;
    if !json.as_ref().is_some_and(JsonFile::is_stdout) {
        print(&page(&pcb).text(layout(arguments), None))?;
    }
    json.map_or(Ok(()), |json| json.write(&pcb))
}

/// The process as it is now.
pub fn read(arguments: &Inspect) -> Result<Pcb, Missing> {
    let mut pcb = Pcb::of(arguments.pid)?;
    if arguments.registers {
        pcb.add_registers();
    }
    Ok(pcb)
}

/// As wide as the terminal is now.
pub fn layout(arguments: &Inspect) -> Layout {
    Layout {
        width: width(),
        color: arguments.color.on_stdout(),
        brief: false,
    }
}
