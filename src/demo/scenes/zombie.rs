//! A process that has exited and not been reaped.

use nix::errno::Errno;
use nix::libc::{SIGKILL, WEXITED, WNOWAIT};

use crate::demo::scene_run::{Name, SceneError, SceneRun, shows};
use crate::process::commanded::{Detail, SystemCall};

pub fn run(scene: &mut SceneRun<'_>) -> Result<(), SceneError> {
    scene.say(
        "A process that exits gives back its memory and closes its files. One thing is kept until \
         its parent asks for it: its entry in the process table, with its exit status. Until then \
         it is a zombie.",
    )?;
    let parent = scene.start("parent")?;
    let child = scene.fork(&parent, "child")?;
    let pid = child.pid;
    scene.look(&[parent.named(), child.named()])?;

    scene.say("The child exits. Its parent does not wait for it.")?;
    scene.call(&child, &SystemCall::Exit { code: 7 })?;
    scene.look(&[parent.named(), child.named()])?;
    scene.claim(
        shows(scene.view(pid)?.as_ref(), 'Z'),
        "The child is a zombie.",
    )?;
    let pages = scene.proc(pid, "statm", None)?;
    let is_empty = |pages: &String| pages.split_whitespace().all(|number| number == "0");
    scene.claim(
        pages.is_some_and(|pages| is_empty(&pages)),
        "It has no memory any more: all its sizes are 0 pages.",
    )?;

    scene.say("Its exit status can be read without taking it away: WNOWAIT.")?;
    let options = WEXITED | WNOWAIT;
    let told = scene
        .call(&parent, &SystemCall::Waitid { pid, options })?
        .detail;
    let code = libc::CLD_EXITED;
    let status = 7;
    scene.claim(
        told == Detail::Child { pid, code, status },
        "It exited with status 7.",
    )?;

    scene.say("A dead process cannot be killed. kill() finds the entry, and that is all.")?;
    let signal = SIGKILL;
    let killed = scene.call(&parent, &SystemCall::Kill { pid, signal })?;
    scene.look(&[child.named()])?;
    let unchanged = shows(scene.view(pid)?.as_ref(), 'Z');
    scene.claim(
        killed.succeeded() && unchanged,
        "SIGKILL was sent, and changed nothing.",
    )?;

    scene.say("The parent waits for it: the status is handed over, and the entry is free.")?;
    let options = 0;
    let waited = scene.call(&parent, &SystemCall::Waitpid { pid, options })?;
    scene.look(&[parent.named(), child.named()])?;
    scene.claim(
        waited.status() == Some(7 << 8) && scene.view(pid)?.is_none(),
        "waitpid() returned its status, and its entry has disappeared.",
    )?;
    let again = scene.call(&parent, &SystemCall::Waitpid { pid, options })?;
    scene.claim(
        again.failed_with(Errno::ECHILD),
        "One cannot wait for it twice.",
    )?;
    scene.by_hand(&[
        "sh -c 'sleep 1 & exec sleep 30' &    # becomes a parent that never waits",
        "sleep 2; ps -o pid,ppid,stat,wchan:20,comm --ppid $!",
    ])
}
