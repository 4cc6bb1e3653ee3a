//! How a daemon avoids zombies: it forks twice.

use nix::errno::Errno;

use super::SceneError;
use super::process::Call;
use super::stage::{Stage, me};

pub fn play(stage: &mut Stage<'_>) -> Result<(), SceneError> {
    stage.say(
        "A program starts a daemon and goes on. It does not want to wait for it, and must not \
         leave a zombie. So it forks a process in between, which forks the daemon and exits.",
    )?;
    stage.by_me(&Call::BecomeSubreaper)?;
    let parent = stage.start("parent")?;
    let middle = stage.fork(&parent, "middle")?;
    stage.call(&middle, &Call::Setsid)?;
    let daemon = stage.fork(&middle, "daemon")?;
    stage.look(&[parent.who(), middle.who(), daemon.who()])?;

    stage.say("The one in the middle exits at once. Its parent waits for it, briefly.")?;
    stage.call(&middle, &Call::Exit { code: 0 })?;
    let (pid, options) = (middle.pid, 0);
    stage.call(&parent, &Call::Waitpid { pid, options })?;
    let adopted = stage.until_child_of(&daemon, me().pid)?;
    stage.look(&[me(), parent.who(), middle.who(), daemon.who()])?;
    stage.claim(
        adopted.is_some_and(|view| view.ppid == me().pid),
        "The daemon belongs to timeshare, which has asked for orphans; elsewhere, to init.",
    )?;
    let (pid, options) = (-1, 0);
    let nobody = stage.call(&parent, &Call::Waitpid { pid, options })?;
    stage.claim(
        nobody.failed_with(Errno::ECHILD),
        "The parent has no child, and will never have to wait for one.",
    )?;

    stage.say("setsid() in the middle has another use.")?;
    let session = stage.proc(daemon.pid, "status", Some("NSsid"))?;
    stage.claim(
        session.is_some_and(|session| names(&session, middle.pid)),
        "The daemon's session has no terminal, and it does not lead it: it cannot get one.",
    )?;

    stage.say("One day the daemon exits.")?;
    stage.call(&daemon, &Call::Exit { code: 0 })?;
    let (pid, options) = (daemon.pid, 0);
    stage.by_me(&Call::Waitpid { pid, options })?;
    stage.look(&[parent.who(), daemon.who()])?;
    stage.claim(stage.view(daemon.pid)?.is_none(), "No zombie is left.")?;
    stage.by_hand(&[
        "sh -c 'setsid sh -c \"sleep 60 & exit\" & wait'",
        "ps -o pid,ppid,sid,tty,stat,comm -C sleep",
    ])
}

/// In a pid namespace, a process has a session number for each that it is in; ours comes first.
fn names(session: &str, pid: i32) -> bool {
    let first = session.split_whitespace().next();
    first.and_then(|number| number.parse().ok()) == Some(pid)
}
