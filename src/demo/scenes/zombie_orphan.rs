//! A zombie whose parent dies is reaped by its new parent.

use nix::libc::SIGKILL;

use crate::demo::scene_run::{Name, SceneError, SceneRun, me, shows};
use crate::process::commanded::SystemCall;

pub fn run(scene: &mut SceneRun<'_>) -> Result<(), SceneError> {
    scene.say(
        "A parent that never waits fills the process table with zombies. They cannot be killed. \
         But their parent can: then they get a new one, which waits for them.",
    )?;
    scene.by_me(&SystemCall::BecomeSubreaper)?;
    let parent = scene.start("parent")?;
    let child = scene.fork(&parent, "child")?;
    scene.call(&child, &SystemCall::Exit { code: 7 })?;
    scene.look(&[me(), parent.named(), child.named()])?;
    scene.claim(
        shows(scene.view(child.pid)?.as_ref(), 'Z'),
        "The child is a zombie. Its parent does not wait for it.",
    )?;

    scene.say("Now the parent is killed.")?;
    scene.kill(&parent, SIGKILL)?;
    scene.until_ended(&parent)?;
    let adopted = scene.until_child_of(&child, me().pid)?;
    scene.look(&[me(), parent.named(), child.named()])?;
    scene.claim(
        adopted.is_some_and(|view| view.ppid == me().pid && view.letter == 'Z'),
        "The zombie has become a child of timeshare, which has asked for orphans.",
    )?;

    scene.say(
        "timeshare does what an init does all day: it waits for each child it is given. An init \
         that does not, as the first process of many a container, collects zombies.",
    )?;
    let options = 0;
    let waitpid = |pid| SystemCall::Waitpid { pid, options };
    scene.by_me(&waitpid(parent.pid))?;
    let status = scene.by_me(&waitpid(child.pid))?.status();
    scene.look(&[parent.named(), child.named()])?;
    scene.claim(
        status == Some(7 << 8) && scene.view(child.pid)?.is_none(),
        "It is gone. Its exit status, 7, was still there.",
    )?;
    scene.by_hand(&[
        "sh -c 'sleep 1 & exec sleep 30' &",
        "sleep 2; ps -o pid,ppid,stat,comm --ppid $!",
        "kill $!; ps -o pid,ppid,stat,comm -C sleep",
    ])
}
