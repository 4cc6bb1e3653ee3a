//! Suspend and resume: what waits until a process is continued, and what does not.

use std::time::Duration;

use nix::libc::{SIGCONT, SIGKILL, SIGSTOP, SIGTERM};

use super::SceneError;
use super::process::{Call, DemoProcess};
use super::stage::{Stage, shows};

/// How long its clock is watched standing still.
const WHILE: Duration = Duration::from_millis(50);

pub fn play(stage: &mut Stage<'_>) -> Result<(), SceneError> {
    let child = stage.start("child")?;
    suspend(stage, &child)?;
    terminate(stage, &child)?;
    kill(stage)?;
    stage.by_hand(&[
        "sleep 100 & sleep 1; kill -STOP $!; ps -o pid,stat,wchan:20,comm -p $!",
        "kill $!; ps -o pid,stat,comm -p $!; grep ShdPnd /proc/$!/status",
        "kill -CONT $!",
    ])
}

fn suspend(stage: &mut Stage<'_>, child: &DemoProcess) -> Result<(), SceneError> {
    stage.say("SIGSTOP suspends a process. It cannot be caught, blocked or ignored.")?;
    let computing = stage.begin(child, &Call::Spin)?;
    let view = stage.suspend(child)?;
    stage.look(&[child.who()])?;
    stage.claim(
        shows(view.as_ref(), 'T'),
        format!(
            "It is stopped. In its status, 0x7f means stopped, and {SIGSTOP:#x} = {SIGSTOP} is \
             SIGSTOP."
        ),
    )?;
    let before = stage.proc(child.pid, "schedstat", None)?;
    stage.wait(WHILE)?;
    let after = stage.proc(child.pid, "schedstat", None)?;
    match before {
        Some(_) => stage.claim(
            before == after,
            format!("{WHILE:?} later its time on the CPU (first, in ns) is the same."),
        )?,
        None => stage.absent(
            "its clock standing still",
            "there is no /proc/PID/schedstat here",
        )?,
    }

    stage.say("SIGCONT resumes it. It goes on where it was.")?;
    stage.kill(child, SIGCONT)?;
    let view = stage.until(child, 'R')?;
    stage.look(&[child.who()])?;
    stage.claim(shows(view.as_ref(), 'R'), "It runs again.")?;
    stage.enough(child, computing).map(drop)
}

fn terminate(stage: &mut Stage<'_>, child: &DemoProcess) -> Result<(), SceneError> {
    stage.say(
        "Stopped again, it gets SIGTERM. To die of it, it would have to run: the signal waits \
         until it does.",
    )?;
    stage.suspend(child)?;
    stage.kill(child, SIGTERM)?;
    let pending = stage.proc(child.pid, "status", Some("ShdPnd"))?;
    stage.wait(WHILE)?;
    stage.look(&[child.who()])?;
    let mask = pending.and_then(|mask| u64::from_str_radix(&mask, 16).ok());
    let waits = mask.is_some_and(|mask| mask & (1 << (SIGTERM - 1)) != 0);
    let stopped = shows(stage.view(child.pid)?.as_ref(), 'T');
    stage.claim(
        waits && stopped,
        format!(
            "It is alive and stopped. Of its pending signals, bit {}, counted from 0, is set: signal \
             {SIGTERM}, SIGTERM.",
            SIGTERM - 1
        ),
    )?;
    stage.kill(child, SIGCONT)?;
    let status = end_of(stage, child)?;
    stage.claim(status == Some(SIGTERM), "Continued, it dies of it.")
}

fn kill(stage: &mut Stage<'_>) -> Result<(), SceneError> {
    stage.say("Another one is stopped, too, and gets SIGKILL. That does not wait.")?;
    let other = stage.start("other")?;
    stage.suspend(&other)?;
    stage.kill(&other, SIGKILL)?;
    let status = end_of(stage, &other)?;
    stage.claim(status == Some(SIGKILL), "It died without being continued.")
}

/// Waits for a child of ours that ends now; its status.
fn end_of(stage: &mut Stage<'_>, child: &DemoProcess) -> Result<Option<i32>, SceneError> {
    stage.until_ended(child)?;
    let (pid, options) = (child.pid, 0);
    stage.look(&[child.who()])?;
    Ok(stage.by_me(&Call::Waitpid { pid, options })?.status())
}
