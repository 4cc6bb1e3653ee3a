//! The parent dies first.

use nix::errno::Errno;

use super::SceneError;
use super::process::{Call, DemoProcess};
use super::stage::{Stage, me};

const EXIT: Call = Call::Exit { code: 0 };

pub fn play(stage: &mut Stage<'_>) -> Result<(), SceneError> {
    subreaper(stage)?;
    init(stage)?;
    stage.by_hand(&[
        "sh -c 'sleep 60 & echo $!; exit'    # then, with the pid it printed:",
        "ps -o pid,ppid,stat,comm -p PID; ps -o pid,comm -p $(ps -o ppid= -p PID)",
    ])
}

fn subreaper(stage: &mut Stage<'_>) -> Result<(), SceneError> {
    stage.say(
        "A process whose parent dies gets a new one: the nearest of its ancestors that has asked \
         for orphans (a subreaper), or else init. timeshare asks for them.",
    )?;
    stage.by_me(&Call::BecomeSubreaper)?;
    let parent = stage.start("parent")?;
    let child = stage.fork(&parent, "child")?;
    stage.look(&[me(), parent.who(), child.who()])?;
    let before = stage.call(&child, &Call::Getppid)?;
    stage.claim(before.is(parent.pid), "The child has its parent.")?;

    stage.say("The parent exits. Nobody asks the child, and nothing happens to it.")?;
    stage.call(&parent, &EXIT)?;
    wait_for(stage, &parent)?;
    let adopted = stage.until_child_of(&child, me().pid)?;
    stage.look(&[me(), parent.who(), child.who()])?;
    stage.claim(
        adopted.is_some_and(|view| view.ppid == me().pid && view.letter != 'Z'),
        "It lives on, and its parent is timeshare now.",
    )?;
    let after = stage.call(&child, &Call::Getppid)?;
    stage.claim(after.is(me().pid), "It can find that out itself.")?;

    stage.say("Whoever adopts a process also has to wait for it.")?;
    stage.call(&child, &Call::Exit { code: 3 })?;
    let status = wait_for(stage, &child)?;
    stage.claim(
        status == Some(3 << 8),
        "Its exit status went to its new parent.",
    )
}

/// We wait for a child of ours that has ended.
fn wait_for(stage: &mut Stage<'_>, process: &DemoProcess) -> Result<Option<i32>, SceneError> {
    let (pid, options) = (process.pid, 0);
    Ok(stage.by_me(&Call::Waitpid { pid, options })?.status())
}

fn init(stage: &mut Stage<'_>) -> Result<(), SceneError> {
    stage.say(
        "Where nobody has asked for orphans, they go to process 1, the init. Some machines run a \
         process 1 that never waits. To be safe we use a private one: a new pid namespace, as a \
         container has, in which the first process gets pid 1. It plays init here.",
    )?;
    let keeper = stage.start("keeper")?;
    let made = make_namespace(stage, &keeper)?;
    if let Err(why) = made {
        return stage.absent("adoption by an init", why);
    }
    let init = stage.fork_tied(&keeper, "init")?;
    let itself = stage.call(&init, &Call::Getpid)?;
    stage.claim(
        itself.is(1),
        "For itself and its descendants it is process 1.",
    )?;
    let parent = stage.fork(&init, "parent")?;
    let child = stage.fork(&parent, "child")?;
    stage.say("Seen from outside, they have other pids.")?;
    stage.look(&[init.who(), parent.who(), child.who()])?;

    stage.say("The parent exits.")?;
    stage.call(&parent, &EXIT)?;
    stage.until_child_of(&child, init.pid)?;
    stage.look(&[init.who(), parent.who(), child.who()])?;
    let after = stage.call(&child, &Call::Getppid)?;
    stage.claim(after.is(1), "The child's parent is process 1, the init.")?;
    let (pid, options) = (-1, 0);
    let waited = stage.call(&init, &Call::Waitpid { pid, options })?;
    stage.claim(
        waited.succeeded(),
        "And it waited for the parent, as for any child.",
    )
}

/// As root, or, where that is not allowed, with a user namespace besides.
fn make_namespace(
    stage: &mut Stage<'_>,
    keeper: &DemoProcess,
) -> Result<Result<(), String>, SceneError> {
    let made = stage.call(keeper, &Call::NewPidNamespace { user: false })?;
    if made.succeeded() {
        return Ok(Ok(()));
    }
    if made.failed_with(Errno::EPERM) {
        stage.say("That takes privileges; or a user namespace, in which one has them.")?;
    }
    let made = stage.call(keeper, &Call::NewPidNamespace { user: true })?;
    Ok(if made.succeeded() {
        Ok(())
    } else {
        Err(format!("no new pid namespace may be made here: {made}"))
    })
}
