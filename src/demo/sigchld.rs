//! Fifty exits, one signal: why one waits in a loop; and what happens to those who ignore it.

use nix::errno::Errno;
use nix::libc::SIGCHLD;

use super::SceneError;
use super::process::{Call, DemoProcess, Told};
use super::stage::{Stage, Who, shows};

const CHILDREN: usize = 50;
/// So many of them are looked at.
const SHOWN: usize = 3;

pub fn play(stage: &mut Stage<'_>) -> Result<(), SceneError> {
    let parent = stage.start("parent")?;
    merged(stage, &parent)?;
    ignored(stage, &parent)?;
    stage.by_hand(&[
        "python3 -c 'import os, signal as s, time; s.pthread_sigmask(0, [s.SIGCHLD])",
        "[os.fork() or os._exit(0) for _ in range(50)]; time.sleep(1)",
        "for i in 1, 2: print(s.sigtimedwait([s.SIGCHLD], 0))'",
    ])
}

fn merged(stage: &mut Stage<'_>, parent: &DemoProcess) -> Result<(), SceneError> {
    stage.say(
        "When a child ends, its parent gets a signal: SIGCHLD. A signal is not a queue but a bit. \
         The parent lets its signals wait for a moment, and in it fifty children end.",
    )?;
    let signal = SIGCHLD;
    stage.call(parent, &Call::Block { signal })?;
    let count = CHILDREN;
    let forked = stage.call(parent, &Call::ForkMany { count })?;
    let Told::Pids(pids) = &forked.told else {
        return stage.claim(false, "Fifty children were forked.");
    };
    let children = pids.len();
    if children < CHILDREN {
        stage.absent(format!("{CHILDREN} children"), format!("fork() = {forked}"))?;
    }
    let some: Vec<_> = pids.iter().map(|&pid| Who { name: "child", pid }).collect();
    stage.look(&some[..SHOWN.min(children)])?;
    let mut zombies = 0;
    for &pid in pids {
        zombies += usize::from(shows(stage.view(pid)?.as_ref(), 'Z'));
    }
    stage.claim(
        zombies == children,
        format!("{zombies} children are zombies."),
    )?;

    if let Some(pending) = stage.proc(parent.pid, "status", Some("ShdPnd"))? {
        let bit = 1_u64 << (SIGCHLD - 1);
        let mask = u64::from_str_radix(&pending, 16).unwrap_or(0);
        stage.claim(
            mask & bit != 0,
            format!(
                "{bit:#x} is bit {}, counted from 0: signal {SIGCHLD}, SIGCHLD, is pending.",
                SIGCHLD - 1
            ),
        )?;
    }
    let first = stage.call(parent, &Call::TakeSignal { signal })?;
    let second = stage.call(parent, &Call::TakeSignal { signal })?;
    stage.claim(
        first.succeeded() && second.failed_with(Errno::EAGAIN),
        format!("There was one SIGCHLD for {children} exits, and it tells of one of them."),
    )?;

    stage.say("Whoever waits once for each signal leaves zombies. So one waits in a loop.")?;
    let (pid, options) = (-1, nix::libc::WNOHANG);
    stage.call(parent, &Call::Waitpid { pid, options })?;
    let others = stage.call(parent, &Call::WaitForAll)?;
    let Told::Pids(others) = others.told else {
        return stage.claim(false, "The others were waited for.");
    };
    stage.claim(
        others.len() + 1 == children,
        format!(
            "One was waited for, and {} would have been left.",
            others.len()
        ),
    )
}

fn ignored(stage: &mut Stage<'_>, parent: &DemoProcess) -> Result<(), SceneError> {
    stage.say("A parent that does not want to know says so: it ignores SIGCHLD.")?;
    let signal = SIGCHLD;
    stage.call(parent, &Call::Ignore { signal })?;
    let child = stage.fork(parent, "child")?;
    stage.call(&child, &Call::Exit { code: 7 })?;
    stage.look(&[parent.who(), child.who()])?;
    stage.claim(
        stage.view(child.pid)?.is_none(),
        "The child left no zombie: the kernel did not keep its exit status for anybody.",
    )?;
    let (pid, options) = (child.pid, 0);
    let waited = stage.call(parent, &Call::Waitpid { pid, options })?;
    stage.claim(
        waited.failed_with(Errno::ECHILD),
        "So there is nothing to wait for.",
    )
}
