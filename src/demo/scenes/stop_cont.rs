//! Suspend and resume: what waits until a process is continued, and what does not.

use std::time::Duration;

use nix::libc::{SIGCONT, SIGKILL, SIGSTOP, SIGTERM};

use crate::demo::scene_run::{Name, SceneError, SceneRun, shows};
use crate::process::commanded::{CommandedProcess, SystemCall};

/// How long its clock is watched standing still.
const WHILE: Duration = Duration::from_millis(50);

pub fn run(scene: &mut SceneRun<'_>) -> Result<(), SceneError> {
    let child = scene.start("child")?;
    suspend(scene, &child)?;
    terminate(scene, &child)?;
    kill(scene)?;
    scene.by_hand(&[
        "sleep 100 & sleep 1; kill -STOP $!; ps -o pid,stat,wchan:20,comm -p $!",
        "kill $!; ps -o pid,stat,comm -p $!; grep ShdPnd /proc/$!/status",
        "kill -CONT $!",
    ])
}

fn suspend(scene: &mut SceneRun<'_>, child: &CommandedProcess) -> Result<(), SceneError> {
    scene.say("SIGSTOP suspends a process. It cannot be caught, blocked or ignored.")?;
    let computing = scene.begin(child, &SystemCall::Spin)?;
    let view = scene.suspend(child)?;
    scene.look(&[child.named()])?;
    scene.claim(
        shows(view.as_ref(), 'T'),
        format!(
            "It is stopped. In its status, 0x7f means stopped, and {SIGSTOP:#x} = {SIGSTOP} is \
             SIGSTOP."
        ),
    )?;
    let before = scene.proc(child.pid, "schedstat", None)?;
    scene.wait(WHILE)?;
    let after = scene.proc(child.pid, "schedstat", None)?;
    match before {
        Some(_) => scene.claim(
            before == after,
            format!("{WHILE:?} later its time on the CPU (first, in ns) is the same."),
        )?,
        None => scene.absent(
            "its clock standing still",
            "there is no /proc/PID/schedstat here",
        )?,
    }

    scene.say("SIGCONT resumes it. It goes on where it was.")?;
    scene.kill(child, SIGCONT)?;
    let view = scene.until(child, 'R')?;
    scene.look(&[child.named()])?;
    scene.claim(shows(view.as_ref(), 'R'), "It runs again.")?;
    scene.enough(child, computing).map(drop)
}

fn terminate(scene: &mut SceneRun<'_>, child: &CommandedProcess) -> Result<(), SceneError> {
    scene.say(
        "Stopped again, it gets SIGTERM. To die of it, it would have to run: the signal waits \
         until it does.",
    )?;
    scene.suspend(child)?;
    scene.kill(child, SIGTERM)?;
    let pending = scene.proc(child.pid, "status", Some("ShdPnd"))?;
    scene.wait(WHILE)?;
    scene.look(&[child.named()])?;
    let mask = pending.and_then(|mask| u64::from_str_radix(&mask, 16).ok());
    let waits = mask.is_some_and(|mask| mask & (1 << (SIGTERM - 1)) != 0);
    let stopped = shows(scene.view(child.pid)?.as_ref(), 'T');
    scene.claim(
        waits && stopped,
        format!(
            "It is alive and stopped. Of its pending signals, bit {}, counted from 0, is set: signal \
             {SIGTERM}, SIGTERM.",
            SIGTERM - 1
        ),
    )?;
    scene.kill(child, SIGCONT)?;
    let status = end_of(scene, child)?;
    scene.claim(status == Some(SIGTERM), "Continued, it dies of it.")
}

fn kill(scene: &mut SceneRun<'_>) -> Result<(), SceneError> {
    scene.say("Another one is stopped, too, and gets SIGKILL. That does not wait.")?;
    let other = scene.start("other")?;
    scene.suspend(&other)?;
    scene.kill(&other, SIGKILL)?;
    let status = end_of(scene, &other)?;
    scene.claim(status == Some(SIGKILL), "It died without being continued.")
}

/// Waits for a child of ours that ends now; its status.
fn end_of(scene: &mut SceneRun<'_>, child: &CommandedProcess) -> Result<Option<i32>, SceneError> {
    scene.until_ended(child)?;
    let (pid, options) = (child.pid, 0);
    scene.look(&[child.named()])?;
    Ok(scene.by_me(&SystemCall::Waitpid { pid, options })?.status())
}
