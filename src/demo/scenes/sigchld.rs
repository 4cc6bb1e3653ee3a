//! Fifty exits, one signal: why one waits in a loop; and what a parent gets that ignores it.

use nix::errno::Errno;
use nix::libc::SIGCHLD;

use crate::demo::scene_run::{Name, Named, SceneError, SceneRun, shows};
use crate::process::commanded::{CommandedProcess, Detail, SystemCall};

const CHILDREN: usize = 50;
/// How many of them are looked at.
const SHOWN: usize = 3;

pub fn run(scene: &mut SceneRun<'_>) -> Result<(), SceneError> {
    let parent = scene.start("parent")?;
    merged(scene, &parent)?;
    ignored(scene, &parent)?;
    scene.by_hand(&[
        "python3 -c 'import os, signal as s, time; s.pthread_sigmask(0, [s.SIGCHLD])",
        "[os.fork() or os._exit(0) for _ in range(50)]; time.sleep(1)",
        "for i in 1, 2: print(s.sigtimedwait([s.SIGCHLD], 0))'",
    ])
}

fn merged(scene: &mut SceneRun<'_>, parent: &CommandedProcess) -> Result<(), SceneError> {
    scene.say(
        "When a child ends, its parent gets a signal: SIGCHLD. A signal is not a queue but a bit. \
         The parent lets its signals wait for a moment, and in it fifty children end.",
    )?;
    let signal = SIGCHLD;
    scene.call(parent, &SystemCall::Block { signal })?;
    let count = CHILDREN;
    let forked = scene.call(parent, &SystemCall::ForkMany { count })?;
    let Detail::Pids(pids) = &forked.detail else {
        return scene.claim(false, "Fifty children were forked.");
    };
    let children = pids.len();
    if children < CHILDREN {
        scene.absent(format!("{CHILDREN} children"), format!("fork() = {forked}"))?;
    }
    let some: Vec<_> = pids
        .iter()
        .map(|&pid| Named { name: "child", pid })
        .collect();
    scene.look(&some[..SHOWN.min(children)])?;
    let mut zombies = 0;
    for &pid in pids {
        zombies += usize::from(shows(scene.view(pid)?.as_ref(), 'Z'));
    }
    scene.claim(
        zombies == children,
        format!("{zombies} children are zombies."),
    )?;

    if let Some(pending) = scene.proc(parent.pid, "status", Some("ShdPnd"))? {
        let bit = 1_u64 << (SIGCHLD - 1);
        let mask = u64::from_str_radix(&pending, 16).unwrap_or(0);
        scene.claim(
            mask & bit != 0,
            format!(
                "{bit:#x} is bit {}, counted from 0: signal {SIGCHLD}, SIGCHLD, is pending.",
                SIGCHLD - 1
            ),
        )?;
    }
    let first = scene.call(parent, &SystemCall::TakeSignal { signal })?;
    let second = scene.call(parent, &SystemCall::TakeSignal { signal })?;
    scene.claim(
        first.succeeded() && second.failed_with(Errno::EAGAIN),
        format!("There was one SIGCHLD for {children} exits, and it tells of one of them."),
    )?;

    scene.say("To wait once for each signal leaves zombies. So one waits in a loop.")?;
    let (pid, options) = (-1, nix::libc::WNOHANG);
    scene.call(parent, &SystemCall::Waitpid { pid, options })?;
    let others = scene.call(parent, &SystemCall::WaitForAll)?;
    let Detail::Pids(others) = others.detail else {
        return scene.claim(false, "The others were reaped.");
    };
    scene.claim(
        others.len() + 1 == children,
        format!("One was reaped, and {} would have been left.", others.len()),
    )
}

fn ignored(scene: &mut SceneRun<'_>, parent: &CommandedProcess) -> Result<(), SceneError> {
    scene.say("A parent that does not want to know says so: it ignores SIGCHLD.")?;
    let signal = SIGCHLD;
    scene.call(parent, &SystemCall::Ignore { signal })?;
    let child = scene.fork(parent, "child")?;
    scene.call(&child, &SystemCall::Exit { code: 7 })?;
    scene.look(&[parent.named(), child.named()])?;
    scene.claim(
        scene.view(child.pid)?.is_none(),
        "The child left no zombie: the kernel did not keep its exit status.",
    )?;
    let (pid, options) = (child.pid, 0);
    let waited = scene.call(parent, &SystemCall::Waitpid { pid, options })?;
    scene.claim(
        waited.failed_with(Errno::ECHILD),
        "So there is nothing to wait for.",
    )
}
