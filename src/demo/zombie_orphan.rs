//! A zombie whose parent dies is waited for by its new parent.

use nix::libc::SIGKILL;

use super::SceneError;
use super::process::Call;
use super::stage::{Stage, me, shows};

pub fn play(stage: &mut Stage<'_>) -> Result<(), SceneError> {
    stage.say(
        "A parent that never waits fills the process table with zombies. They cannot be killed. \
         But their parent can: then they get a new one, which waits for them.",
    )?;
    stage.by_me(&Call::BecomeSubreaper)?;
    let parent = stage.start("parent")?;
    let child = stage.fork(&parent, "child")?;
    stage.call(&child, &Call::Exit { code: 7 })?;
    stage.look(&[me(), parent.who(), child.who()])?;
    stage.claim(
        shows(stage.view(child.pid)?.as_ref(), 'Z'),
        "The child is a zombie. Its parent does not wait for it.",
    )?;

    stage.say("Now the parent is killed.")?;
    stage.kill(&parent, SIGKILL)?;
    stage.until_ended(&parent)?;
    let adopted = stage.until_child_of(&child, me().pid)?;
    stage.look(&[me(), parent.who(), child.who()])?;
    stage.claim(
        adopted.is_some_and(|view| view.ppid == me().pid && view.letter == 'Z'),
        "The zombie has become a child of timeshare, which has asked for orphans.",
    )?;

    stage.say(
        "timeshare does what an init does all day: it waits for whoever was given to it. An init \
         that does not, as the first process of many a container, collects zombies.",
    )?;
    let options = 0;
    let waitpid = |pid| Call::Waitpid { pid, options };
    stage.by_me(&waitpid(parent.pid))?;
    let status = stage.by_me(&waitpid(child.pid))?.status();
    stage.look(&[parent.who(), child.who()])?;
    stage.claim(
        status == Some(7 << 8) && stage.view(child.pid)?.is_none(),
        "It is gone. Its exit status, 7, was still there.",
    )?;
    stage.by_hand(&[
        "sh -c 'sleep 1 & exec sleep 30' &",
        "sleep 2; ps -o pid,ppid,stat,comm --ppid $!",
        "kill $!; ps -o pid,ppid,stat,comm -C sleep",
    ])
}
