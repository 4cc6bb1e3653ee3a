//! How a daemon avoids zombies: it forks twice.

use nix::errno::Errno;

use crate::demo::scene_run::{Name, SceneError, SceneRun, me};
use crate::process::commanded::SystemCall;

pub fn run(scene: &mut SceneRun<'_>) -> Result<(), SceneError> {
    scene.say(
        "A program starts a daemon and goes on. It does not want to wait for it, and must not \
         leave a zombie. So it forks a process in between, which forks the daemon and exits.",
    )?;
    scene.by_me(&SystemCall::BecomeSubreaper)?;
    let parent = scene.start("parent")?;
    let middle = scene.fork(&parent, "middle")?;
    let leads = scene.call(&middle, &SystemCall::Setsid)?;
    let daemon = scene.fork(&middle, "daemon")?;
    scene.look(&[parent.named(), middle.named(), daemon.named()])?;

    scene.say("The one in the middle exits at once. Its parent waits for it, briefly.")?;
    scene.call(&middle, &SystemCall::Exit { code: 0 })?;
    let (pid, options) = (middle.pid, 0);
    scene.call(&parent, &SystemCall::Waitpid { pid, options })?;
    let adopted = scene.until_child_of(&daemon, me().pid)?;
    scene.look(&[me(), parent.named(), middle.named(), daemon.named()])?;
    scene.claim(
        adopted.is_some_and(|view| view.ppid == me().pid),
        "The daemon belongs to timeshare, which has asked for orphans; elsewhere, to init.",
    )?;
    let (pid, options) = (-1, 0);
    let none = scene.call(&parent, &SystemCall::Waitpid { pid, options })?;
    scene.claim(
        none.failed_with(Errno::ECHILD),
        "The parent has no child, and will never have to wait for one.",
    )?;

    if leads.succeeded() {
        scene.say("setsid() in the middle has another use.")?;
        let session = scene.proc(daemon.pid, "status", Some("NSsid"))?;
        scene.claim(
            session.is_some_and(|session| names(&session, middle.pid)),
            "The daemon's session has no terminal, and it does not lead it: it cannot get one.",
        )?;
    } else {
        scene.absent(
            "what a session of its own is for",
            format!("setsid() = {leads}"),
        )?;
    }

    scene.say("One day the daemon exits.")?;
    scene.call(&daemon, &SystemCall::Exit { code: 0 })?;
    let (pid, options) = (daemon.pid, 0);
    scene.by_me(&SystemCall::Waitpid { pid, options })?;
    scene.look(&[parent.named(), daemon.named()])?;
    scene.claim(scene.view(daemon.pid)?.is_none(), "No zombie is left.")?;
    scene.by_hand(&[
        "sh -c 'setsid sh -c \"sleep 60 & exit\" & wait'",
        "ps -o pid,ppid,sid,tty,stat,comm -C sleep",
    ])
}

/// In a pid namespace, a process has a session number for each that it is in; ours comes first.
fn names(session: &str, pid: i32) -> bool {
    let first = session.split_whitespace().next();
    first.and_then(|number| number.parse().ok()) == Some(pid)
}
