//! The scheduler drives, until all have finished or a person takes over.

use std::cell::{Cell, RefCell};
use std::io;

use super::complaint;
use super::execute::{CommandError, Session};
use super::input::Input;
use super::lines::Console;
use crate::console::language::{Command, Target, parse};
use crate::console::manual::Delegated;
use crate::console::text as words;
use crate::linux::Machine;
use crate::machine::{Device, Observer, Stopped, TickSnapshot, supervise};
use crate::output::failure::Failure;
use crate::output::screen::{Line, Screen};
use crate::output::{columns, width};
use crate::report::live::LiveRows;
use crate::run::Ended;
use crate::scheduler::{ProcId, Reap, Scheduler};
use crate::trace::TickRecord;
use crate::workload::Instruction;

/// What is known of workers while the scheduler drives them.
struct Driving {
    delegated: RefCell<Delegated>,
    /// A person wants to take over.
    pause: Cell<bool>,
    ticks: Cell<u64>,
    /// The process that issued an I/O in the last tick.
    issued: Cell<Option<ProcId>>,
}

/// Prints the rows, and ends the run at the end of a tick when a person wants to take over.
struct Watch<'a> {
    screen: &'a Screen,
    driving: &'a Driving,
}

impl Observer for Watch<'_> {
    fn tick_ended(&mut self, seen: &TickSnapshot<'_>) -> io::Result<()> {
        let driving = self.driving;
        driving.ticks.set(seen.tick.0);
        let issued = seen.executed == Some(Instruction::Io);
        driving.issued.set(seen.table.running().filter(|_| issued));
        let ids = (0..).map(ProcId).take(seen.table.len());
        let remaining = ids.map(|id| seen.table.remaining(id));
        driving.delegated.borrow_mut().note_remaining(remaining);
        self.screen.hand(Line::Row(TickRecord::from(seen)))?;
        for event in seen.measured.iter().flat_map(|seen| &seen.interference) {
            if let Some(id) = driving.delegated.borrow().id(event.process) {
                let text = format!("Interference: {} ({id}).\n", event.what);
                self.screen.hand(Line::Text(text))?;
            }
        }
        if driving.pause.get() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        Ok(())
    }
}

impl Session {
    /// Lets the scheduler drive all living workers.
    ///
    /// # Errors
    /// When there are none, or one cannot be driven.
    pub async fn start(&mut self, console: &mut Console) -> Result<(), CommandError> {
        let Some((mut machine, delegated, completed)) = self.hand.delegate()? else {
            let why = "there is no worker to drive: create one, as create c5,i,c2";
            return Err(CommandError::Line(why.to_owned()));
        };
        self.say_completed(&completed)?;
        self.say(&format!(
            "The scheduler drives ({}): {}.\n{}",
            machine.sched_class(),
            self.policy,
            self.rows(&delegated)
                .head(delegated.ids().map(ProcId::index))
        ))?;
        let driving = Driving {
            delegated: RefCell::new(delegated),
            pause: Cell::new(false),
            ticks: Cell::new(0),
            issued: Cell::new(None),
        };
        let ended = self.drive(&mut machine, &driving, console).await?;
        let (issued, how) = match ended {
            Ok(()) => (None, ("All workers have finished", "")),
            Err(Stopped::Observer(error)) if error.kind() == io::ErrorKind::Interrupted => (
                driving.issued.get(),
                ("Paused", ": all workers are stopped"),
            ),
            Err(stopped) => return Err(CommandError::Fatal(stopped.into())),
        };
        let completed = self
            .hand
            .take_back(machine, &driving.delegated.borrow(), issued)?;
        let (ticks, (what, more)) = (driving.ticks.get(), how);
        self.say(&format!("{what} after tick {ticks}{more}.\n"))?;
        self.say_completed(&completed)
    }

    fn rows(&self, delegated: &Delegated) -> LiveRows {
        let dialect = self.hand.settings().dialect;
        let rows = LiveRows::new(delegated.ids().count(), dialect, columns());
        rows.colored(self.color.on_stdout())
    }

    /// Prints the rows and listens to the person, until the run ends.
    async fn drive(
        &self,
        machine: &mut Machine,
        driving: &Driving,
        console: &mut Console,
    ) -> Result<Ended, CommandError> {
        let rows = self.rows(&driving.delegated.borrow());
        let beside = self.allowed.beside(self.hand.settings().cpu);
        let screen = Screen::to(self.output.buffered(), rows, beside)?;
        let mut scheduler = Scheduler::new(self.policy.build(), Reap::Now);
        let mut watch = Watch {
            screen: &screen,
            driving,
        };
        let ended = {
            let settings = self.hand.settings();
            let device = Device::new(settings.dialect.blocked_ticks(settings.io_length));
            let mut run = std::pin::pin!(supervise(&mut scheduler, machine, device, &mut watch));
            loop {
                tokio::select! {
                    biased;
                    ended = &mut run => break ended,
                    // Then there is nothing more to say before the tick ends.
                    input = heard(console), if !driving.pause.get() => {
                        if let Some(text) = self.while_driven(input, driving)? {
                            // If it cannot be printed, finish() says so.
                            let _ = screen.hand(Line::Text(text));
                        }
                        console.heeded();
                    }
                }
            }
        };
        screen.finish().map_err(Failure::stdout)?;
        Ok(ended)
    }

    fn say_completed(&self, completed: &[ProcId]) -> Result<(), CommandError> {
        for id in completed {
            self.say(&format!(
                "The device answered {id} at once: its I/O is complete.\n"
            ))?;
        }
        Ok(())
    }

    /// Answers a person while the scheduler drives. Only `status`, `pause` and what leaves mean
    /// something then.
    fn while_driven(
        &self,
        input: Input,
        driving: &Driving,
    ) -> Result<Option<String>, CommandError> {
        let line = match input {
            Input::Line(line) => line,
            // To leave is to take over first; the end of the input comes again.
            Input::Interrupt | Input::End | Input::Failed(_) => {
                driving.pause.set(true);
                return Ok(None);
            }
        };
        Ok(match parse(&line.text) {
            Ok(None) => None,
            // No line follows a quit, which then is the end of the input.
            Ok(Some(Command::Pause | Command::Quit)) => {
                driving.pause.set(true);
                None
            }
            Ok(Some(Command::Status(target))) => {
                Some(self.status_while_driven(&target, &driving.delegated.borrow())?)
            }
            Ok(Some(Command::Help(of))) => Some(words::help(of)),
            Ok(Some(_)) => Some(complaint(
                "the scheduler drives: only status, help and pause work now",
            )),
            Err(error) => Some(complaint(&error.to_string())),
        })
    }

    fn status_while_driven(
        &self,
        target: &Target,
        delegated: &Delegated,
    ) -> Result<String, CommandError> {
        let ids = match self
            .names
            .resolve(target, |id| delegated.ids().any(|of| of == id))
        {
            Ok(ids) => ids,
            Err(why) => return Ok(complaint(&why)),
        };
        let mut rows = Vec::new();
        for id in ids {
            rows.extend(delegated.row(id)?.map(|row| (row, self.name(id))));
        }
        Ok(words::status(&rows, width()))
    }
}

/// What a person says. A script waits until all have finished.
async fn heard(console: &mut Console) -> Input {
    if console.is_interactive() {
        console.next().await
    } else {
        console.interrupted().await;
        Input::Interrupt
    }
}
