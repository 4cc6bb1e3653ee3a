//! `timeshare inspect`: the process control block of any process.

use std::io::{IsTerminal, stdout};

use crate::cli::Inspect;
use crate::inspect::Subject;
use crate::inspect::page::{Layout, page};
use crate::inspect::pcb::Pcb;
use crate::inspect::watch::Watch;
use crate::os;
use crate::os::procfs::must_be_ours;
use crate::output::failure::Failure;
use crate::output::{JsonFile, print, width};

pub fn inspect(arguments: &Inspect) -> Result<(), Failure> {
    must_be_ours()?;
    let json = arguments.json.as_deref().map(JsonFile::create);
    let json = json.transpose()?;
    let show = |pcb: Option<&Pcb>, text: &str| {
        // Beside JSON, nothing goes to standard output.
        if !json.as_ref().is_some_and(JsonFile::is_stdout) {
            print(text)?;
        }
        match (&json, pcb) {
            (Some(json), Some(pcb)) => json.write(pcb),
            _ => Ok(()),
        }
    };
    let layout = || Layout {
        width: width(),
        color: arguments.color.on_stdout(),
        brief: false,
    };
    let subject = Subject {
        pid: arguments.pid,
        registers: arguments.registers,
    };
    let Some(every) = arguments.watch else {
        let pcb = subject.read()?;
        return show(Some(&pcb), &page(&pcb).text(layout(), None));
    };
    let watch = Watch {
        subject,
        every,
        layout: &layout,
        is_terminal: stdout().is_terminal(),
    };
    os::block_on(watch.run(show))?
}
