//! One process through all the states of figure 4.2, arrow by arrow.

use std::os::fd::AsFd;

use nix::libc::SIGCONT;

use super::SceneError;
use super::deeds::{Unfinished, a_pipe};
use super::process::{Call, DemoProcess};
use super::stage::{Stage, shows};

pub fn play(stage: &mut Stage<'_>) -> Result<(), SceneError> {
    stage.say(
        "timeshare plays the operating system here: it takes the CPU away with SIGSTOP and gives \
         it with SIGCONT. Each arrow of figure 4.2 is named, taken, and confirmed by the kernel.",
    )?;
    let process = stage.start("process")?;
    stage.say("New: its program is loaded, and it waits for its first order.")?;
    arrow(
        stage,
        &process,
        'S',
        "New: it is there, and has not computed anything.",
    )?;

    let computing = scheduled(stage, &process)?;
    let computing = blocked(stage, &process, computing)?;
    ended(stage, &process, computing)?;

    stage.say(
        "Linux itself has one letter, R, for Running and Ready: a process that is ready waits in a \
         queue of its CPU. The scene time-sharing shows two of them.",
    )?;
    stage.by_hand(&[
        "sleep 100 & sleep 1; kill -STOP $!; ps -o pid,stat,wchan:20,comm -p $!",
        "kill -CONT $!; ps -o pid,stat,wchan:20,comm -p $!; kill $!",
    ])
}

/// Ready, Running, Ready, Running.
fn scheduled(stage: &mut Stage<'_>, process: &DemoProcess) -> Result<Unfinished, SceneError> {
    stage.say("Admitted: New → Ready. It may run, but it does not have the CPU.")?;
    stage.suspend(process)?;
    arrow(stage, process, 'T', "Ready.")?;

    stage.say("Scheduled: Ready → Running.")?;
    let computing = stage.queue(process, &Call::Spin, None)?;
    stage.kill(process, SIGCONT)?;
    let computing = stage.begun(process, computing)?;
    arrow(stage, process, 'R', "Running.")?;

    stage.say("Descheduled: Running → Ready. It did not ask for this, and does not notice.")?;
    stage.suspend(process)?;
    arrow(stage, process, 'T', "Ready again.")?;

    stage.say("Scheduled: Ready → Running.")?;
    stage.kill(process, SIGCONT)?;
    arrow(stage, process, 'R', "Running, from where it was.")?;
    Ok(computing)
}

/// Blocked, Ready, Running.
fn blocked(
    stage: &mut Stage<'_>,
    process: &DemoProcess,
    computing: Unfinished,
) -> Result<Unfinished, SceneError> {
    stage.say("I/O: initiate: Running → Blocked. It reads from a pipe that is empty.")?;
    let (pipe, mut device) = a_pipe()?;
    stage.enough(process, computing)?;
    let reading = stage.queue(process, &Call::Read, Some(pipe.as_fd()))?;
    let reading = stage.begun(process, reading)?;
    arrow(stage, process, 'S', "Blocked: it has no use for the CPU.")?;

    stage.say(
        "I/O: done: Blocked → Ready. It is stopped before the device answers: what it waited for \
         comes, and it still does not run.",
    )?;
    stage.suspend(process)?;
    stage.write_byte(&mut device)?;
    arrow(
        stage,
        process,
        'T',
        "Ready: its byte is there, the CPU is not.",
    )?;

    stage.say("Scheduled: Ready → Running. Only now does its read() return.")?;
    let computing = stage.queue(process, &Call::Spin, None)?;
    stage.kill(process, SIGCONT)?;
    let read = stage.finish(process, reading)?;
    let computing = stage.begun(process, computing)?;
    stage.claim(read.is(1), "read() has returned the byte.")?;
    arrow(stage, process, 'R', "Running.")?;
    Ok(computing)
}

/// Zombie, gone.
fn ended(
    stage: &mut Stage<'_>,
    process: &DemoProcess,
    computing: Unfinished,
) -> Result<(), SceneError> {
    stage.say("Exited: Running → Zombie, the book's Final state.")?;
    stage.enough(process, computing)?;
    stage.call(process, &Call::Exit { code: 0 })?;
    arrow(
        stage,
        process,
        'Z',
        "Zombie: it has exited and not been cleaned up.",
    )?;

    stage.say("Waited for: it leaves the figure.")?;
    let (pid, options) = (process.pid, 0);
    stage.by_me(&Call::Waitpid { pid, options })?;
    stage.look(&[process.who()])?;
    stage.claim(stage.view(pid)?.is_none(), "It is gone.")
}

/// Waits until the kernel shows the state, looks at it, and claims it.
fn arrow(
    stage: &mut Stage<'_>,
    process: &DemoProcess,
    letter: char,
    text: &str,
) -> Result<(), SceneError> {
    let view = match letter {
        'S' => stage.until_asleep(process)?,
        _ => stage.until(process, letter)?,
    };
    stage.look(&[process.who()])?;
    stage.claim(shows(view.as_ref(), letter), text)
}
