//! What happens by itself while a person thinks: requests, the device's answers, ends.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use nix::errno::Errno;

use super::ManualControl;
use crate::console::language::SignalNumber;
use crate::machine::Exit;
use crate::os::error::{Error, io};
use crate::os::signal::SignalEvent;
use crate::os::{clock, deadline};
use crate::process::child::Received;
use crate::process::protocol::Message;
use crate::scheduler::ProcId;
use crate::workload::Instruction;

/// Something worth telling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// It issued an I/O, which the device answers after so long.
    Issued { process: ProcId, after: Duration },
    /// The device answered it.
    Answered { process: ProcId, stopped: bool },
    /// It has ended and is a zombie.
    Ended { process: ProcId, exit: Exit },
    /// It was stopped, and not by us.
    Stopped {
        process: ProcId,
        signal: SignalNumber,
    },
    /// It was continued for the first time, and its command could not be executed.
    NotExecuted { process: ProcId, errno: Errno },
    /// This process stood still (Ctrl-Z), and the children with it.
    StoodStill { length: Duration },
    /// The terminal is ours again, after another process group had it (`bg`).
    Foreground,
}

enum Event {
    Received(ProcId, Received),
    Ended(ProcId),
    /// The device has an answer.
    Time,
    /// It is time to look whether one was stopped: that is no event of its descriptors.
    Look,
}

type Waiting<'a> = Pin<Box<dyn Future<Output = Result<Event, Error>> + 'a>>;

impl ManualControl {
    /// Waits for the next news. Cancelling the wait loses none.
    ///
    /// # Errors
    /// When a signal asks us to end, or a pipe fails.
    pub async fn news(&mut self) -> Result<News, Error> {
        loop {
            let due = self.members.values().filter_map(|m| m.answer_ns).min();
            if let Some(at_ns) = due {
                self.alarm.set(at_ns)?;
            }
            let event = tokio::select! {
                biased;
                asked = self.signals.next() => match asked? {
                    SignalEvent::End(signal) => return Err(Error::Interrupted(signal)),
                    SignalEvent::Suspend => match self.suspend()? {
                        Some(news) => return Ok(news),
                        None => continue,
                    },
                    SignalEvent::Continued => continue,
                    SignalEvent::Foreground => return Ok(News::Foreground),
                },
                event = self.of_any_child() => event?,
                rang = self.alarm.rings(), if due.is_some() => rang.map(|()| Event::Time)?,
                () = tokio::time::sleep(deadline::LOOK_INTO) => Event::Look,
            };
            let news = match event {
                Event::Received(process, received) => self.take(process, received)?,
                Event::Ended(process) => self.ended(process)?,
                Event::Time => self.answer_what_is_due()?,
                Event::Look => self.stopped_by_another()?,
            };
            if let Some(news) = news {
                return Ok(news);
            }
        }
    }

    fn stopped_by_another(&mut self) -> Result<Option<News>, Error> {
        let ids: Vec<_> = self.members.keys().copied().collect();
        for process in ids {
            if let Some(signal) = self.notice_stop(process)? {
                return Ok(Some(News::Stopped { process, signal }));
            }
        }
        Ok(None)
    }

    /// What a child says or does next; of each what it says first, and then its end.
    async fn of_any_child(&self) -> Result<Event, Error> {
        let mut waiting: Vec<Waiting<'_>> = Vec::new();
        for (&id, member) in &self.members {
            if let Some(child) = self.children.find(id).filter(|_| member.speaks) {
                waiting.push(Box::pin(async move {
                    let received = child.receive().await?;
                    Ok(Event::Received(id, received))
                }));
            }
            if let Some(end) = &member.end {
                waiting.push(Box::pin(async move {
                    let ended = end.readable().await;
                    ended
                        .map(|()| Event::Ended(id))
                        .map_err(io(format!("watch {id}")))
                }));
            }
        }
        poll_fn(|context| {
            let mut polled = waiting.iter_mut().map(|next| next.as_mut().poll(context));
            polled.find(Poll::is_ready).unwrap_or(Poll::Pending)
        })
        .await
    }

    /// Notes what a child said.
    pub fn take(&mut self, process: ProcId, received: Received) -> Result<Option<News>, Error> {
        let after = self
            .settings
            .tick
            .saturating_mul(u32::try_from(self.settings.io_length).unwrap_or(u32::MAX));
        let Some(member) = self.members.get_mut(&process) else {
            return Ok(None);
        };
        match received {
            Received::Closed => member.speaks = false,
            Received::Message(Message::Executed(executed)) => {
                member.remaining = Some(executed.remaining);
                if let Some(child) = self.children.find_mut(process) {
                    child.confirm_continued()?;
                }
                if executed.instruction == Instruction::Io {
                    member.answer_ns = Some(clock::now_ns().saturating_add(clock::ns(after)));
                    return Ok(Some(News::Issued { process, after }));
                }
            }
            Received::Message(Message::Failed(failed)) => {
                let errno = failed.errno;
                return Ok(Some(News::NotExecuted { process, errno }));
            }
            Received::Message(Message::Ready { .. }) => {}
        }
        Ok(None)
    }

    fn ended(&mut self, process: ProcId) -> Result<Option<News>, Error> {
        let exit = self.look(process)?.exit();
        let member = self.members.get_mut(&process);
        Ok(exit.zip(member).map(|(exit, member)| {
            member.end = None;
            member.answer_ns = None;
            News::Ended { process, exit }
        }))
    }

    /// Answers one whose I/O has taken as long as it takes. A stopped one stays so: the answer waits
    /// in its pipe.
    fn answer_what_is_due(&mut self) -> Result<Option<News>, Error> {
        let now_ns = clock::now_ns();
        let is_due = |at_ns: &mut u64| *at_ns <= now_ns;
        let due = self
            .members
            .iter_mut()
            .find_map(|(&id, member)| member.answer_ns.take_if(is_due).map(|_| id));
        let Some(process) = due else {
            return Ok(None);
        };
        let child = self.look(process)?;
        if child.exit().is_some() {
            return Ok(None);
        }
        child.answer()?;
        let stopped = child.is_stopped();
        Ok(Some(News::Answered { process, stopped }))
    }
}
