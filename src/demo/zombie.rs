//! A process that has exited and not been waited for.

use nix::errno::Errno;
use nix::libc::{SIGKILL, WEXITED, WNOWAIT};

use super::SceneError;
use super::process::{Call, Told};
use super::stage::{Stage, shows};

pub fn play(stage: &mut Stage<'_>) -> Result<(), SceneError> {
    stage.say(
        "A process that exits gives back its memory and closes its files. One thing is kept until \
         its parent asks for it: its entry in the process table, with its exit status. Until then \
         it is a zombie.",
    )?;
    let parent = stage.start("parent")?;
    let child = stage.fork(&parent, "child")?;
    let pid = child.pid;
    stage.look(&[parent.who(), child.who()])?;

    stage.say("The child exits. Its parent does not wait for it.")?;
    stage.call(&child, &Call::Exit { code: 7 })?;
    stage.look(&[parent.who(), child.who()])?;
    stage.claim(
        shows(stage.view(pid)?.as_ref(), 'Z'),
        "The child is a zombie.",
    )?;
    let pages = stage.proc(pid, "statm", None)?;
    let is_empty = |pages: &String| pages.split_whitespace().all(|number| number == "0");
    stage.claim(
        pages.is_some_and(|pages| is_empty(&pages)),
        "It has no memory any more: all its sizes are 0 pages.",
    )?;

    stage.say("Its exit status can be read without taking it away: WNOWAIT.")?;
    let options = WEXITED | WNOWAIT;
    let told = stage.call(&parent, &Call::Waitid { pid, options })?.told;
    let code = libc::CLD_EXITED;
    let status = 7;
    stage.claim(
        told == Told::Child { pid, code, status },
        "It exited with status 7.",
    )?;

    stage.say("A dead process cannot be killed. kill() finds the entry, and that is all.")?;
    let signal = SIGKILL;
    let killed = stage.call(&parent, &Call::Kill { pid, signal })?;
    stage.look(&[child.who()])?;
    let unchanged = shows(stage.view(pid)?.as_ref(), 'Z');
    stage.claim(
        killed.succeeded() && unchanged,
        "SIGKILL was sent, and changed nothing.",
    )?;

    stage.say("The parent waits for it: the status is handed over, and the entry is free.")?;
    let options = 0;
    let waited = stage.call(&parent, &Call::Waitpid { pid, options })?;
    stage.look(&[parent.who(), child.who()])?;
    stage.claim(
        waited.status() == Some(7 << 8) && stage.view(pid)?.is_none(),
        "waitpid() returned its status, and its entry has disappeared.",
    )?;
    let again = stage.call(&parent, &Call::Waitpid { pid, options })?;
    stage.claim(
        again.failed_with(Errno::ECHILD),
        "One cannot wait for it twice.",
    )?;
    stage.by_hand(&[
        "sh -c 'sleep 1 & exec sleep 30' &    # the shell becomes one who never waits",
        "sleep 2; ps -o pid,ppid,stat,wchan:20,comm --ppid $!",
    ])
}
