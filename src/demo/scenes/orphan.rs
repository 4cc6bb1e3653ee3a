//! The parent dies first.

use nix::errno::Errno;

use crate::demo::scene_run::{Name, SceneError, SceneRun, me};
use crate::process::commanded::{CommandedProcess, SystemCall};

const EXIT: SystemCall = SystemCall::Exit { code: 0 };

pub fn run(scene: &mut SceneRun<'_>) -> Result<(), SceneError> {
    subreaper(scene)?;
    init(scene)?;
    scene.by_hand(&[
        "sh -c 'sleep 60 & echo $!; exit'    # then, with the pid it printed:",
        "ps -o pid,ppid,stat,comm -p PID; ps -o pid,comm -p $(ps -o ppid= -p PID)",
    ])
}

fn subreaper(scene: &mut SceneRun<'_>) -> Result<(), SceneError> {
    scene.say(
        "A process whose parent dies gets a new one: the nearest of its ancestors that has asked \
         for orphans (a subreaper), or else init. timeshare asks for them.",
    )?;
    scene.by_me(&SystemCall::BecomeSubreaper)?;
    let parent = scene.start("parent")?;
    let child = scene.fork(&parent, "child")?;
    scene.look(&[me(), parent.named(), child.named()])?;
    let before = scene.call(&child, &SystemCall::Getppid)?;
    scene.claim(before.is(parent.pid), "The child has its parent.")?;

    scene.say("The parent exits. The child is not asked, and nothing happens to it.")?;
    scene.call(&parent, &EXIT)?;
    wait_for(scene, &parent)?;
    let adopted = scene.until_child_of(&child, me().pid)?;
    scene.look(&[me(), parent.named(), child.named()])?;
    scene.claim(
        adopted.is_some_and(|view| view.ppid == me().pid && view.letter != 'Z'),
        "It lives on, and its parent is timeshare now.",
    )?;
    let after = scene.call(&child, &SystemCall::Getppid)?;
    scene.claim(after.is(me().pid), "It can find that out itself.")?;

    scene.say("A process that adopts another also has to wait for it.")?;
    scene.call(&child, &SystemCall::Exit { code: 3 })?;
    let status = wait_for(scene, &child)?;
    scene.claim(
        status == Some(3 << 8),
        "Its exit status went to its new parent.",
    )
}

/// We wait for a child of ours that has ended.
fn wait_for(
    scene: &mut SceneRun<'_>,
    process: &CommandedProcess,
) -> Result<Option<i32>, SceneError> {
    let (pid, options) = (process.pid, 0);
    Ok(scene.by_me(&SystemCall::Waitpid { pid, options })?.status())
}

fn init(scene: &mut SceneRun<'_>) -> Result<(), SceneError> {
    scene.say(
        "Where no process has asked for orphans, they go to process 1, the init. Some machines run a \
         process 1 that never waits. To be safe we use a private one: a new pid namespace, as a \
         container has, in which the first process gets pid 1. It is the init here.",
    )?;
    let keeper = scene.start("keeper")?;
    let made = make_namespace(scene, &keeper)?;
    if let Err(why) = made {
        return scene.absent("adoption by an init", why);
    }
    let init = scene.fork_tied(&keeper, "init")?;
    let itself = scene.call(&init, &SystemCall::Getpid)?;
    scene.claim(
        itself.is(1),
        "For itself and its descendants it is process 1.",
    )?;
    let parent = scene.fork(&init, "parent")?;
    let child = scene.fork(&parent, "child")?;
    scene.say("Seen from outside, they have other pids.")?;
    scene.look(&[init.named(), parent.named(), child.named()])?;

    scene.say("The parent exits.")?;
    scene.call(&parent, &EXIT)?;
    scene.until_child_of(&child, init.pid)?;
    scene.look(&[init.named(), parent.named(), child.named()])?;
    let after = scene.call(&child, &SystemCall::Getppid)?;
    scene.claim(after.is(1), "The child's parent is process 1, the init.")?;
    let (pid, options) = (-1, 0);
    let waited = scene.call(&init, &SystemCall::Waitpid { pid, options })?;
    scene.claim(
        waited.succeeded(),
        "And it reaped the parent, as any child.",
    )
}

/// As root, or, where that is not allowed, with a user namespace besides.
fn make_namespace(
    scene: &mut SceneRun<'_>,
    keeper: &CommandedProcess,
) -> Result<Result<(), String>, SceneError> {
    let made = scene.call(keeper, &SystemCall::NewPidNamespace { user: false })?;
    if made.succeeded() {
        return Ok(Ok(()));
    }
    if made.failed_with(Errno::EPERM) {
        scene.say("That takes privileges; or a user namespace, in which one has them.")?;
    }
    let made = scene.call(keeper, &SystemCall::NewPidNamespace { user: true })?;
    Ok(if made.succeeded() {
        Ok(())
    } else {
        Err(format!("no new pid namespace may be made here: {made}"))
    })
}
