//! One process through all the states of figure 4.2, arrow by arrow.

use std::os::fd::AsFd;

use nix::libc::SIGCONT;

use crate::demo::actions::{Unfinished, a_pipe};
use crate::demo::scene_run::{Name, SceneError, SceneRun, shows};
use crate::process::commanded::{CommandedProcess, SystemCall};

pub fn run(scene: &mut SceneRun<'_>) -> Result<(), SceneError> {
    scene.say(
        "timeshare is the operating system here: it takes the CPU away with SIGSTOP and gives \
         it with SIGCONT. Each arrow of figure 4.2 is named, taken, and confirmed by the kernel.",
    )?;
    let process = scene.start("process")?;
    scene.say("New: its program is loaded, and it waits for its first order.")?;
    arrow(
        scene,
        &process,
        'S',
        "New: it is there, and has not computed anything.",
    )?;

    let computing = scheduled(scene, &process)?;
    let computing = blocked(scene, &process, computing)?;
    ended(scene, &process, computing)?;

    scene.say(
        "Linux itself has one letter, R, for Running and Ready: a process that is ready waits in a \
         queue of its CPU. The scene time-sharing shows two of them.",
    )?;
    scene.by_hand(&[
        "sleep 100 & sleep 1; kill -STOP $!; ps -o pid,stat,wchan:20,comm -p $!",
        "kill -CONT $!; ps -o pid,stat,wchan:20,comm -p $!; kill $!",
    ])
}

/// Ready, Running, Ready, Running.
fn scheduled(
    scene: &mut SceneRun<'_>,
    process: &CommandedProcess,
) -> Result<Unfinished, SceneError> {
    scene.say("Admitted: New → Ready. It may run, but it does not have the CPU.")?;
    scene.suspend(process)?;
    arrow(scene, process, 'T', "Ready.")?;

    scene.say("Scheduled: Ready → Running.")?;
    let computing = scene.queue(process, &SystemCall::Spin, None)?;
    scene.kill(process, SIGCONT)?;
    let computing = scene.begun(process, computing)?;
    arrow(scene, process, 'R', "Running.")?;

    scene.say("Descheduled: Running → Ready. It did not ask for this, and does not notice.")?;
    scene.suspend(process)?;
    arrow(scene, process, 'T', "Ready again.")?;

    scene.say("Scheduled: Ready → Running.")?;
    scene.kill(process, SIGCONT)?;
    arrow(scene, process, 'R', "Running, from where it was.")?;
    Ok(computing)
}

/// Blocked, Ready, Running.
fn blocked(
    scene: &mut SceneRun<'_>,
    process: &CommandedProcess,
    computing: Unfinished,
) -> Result<Unfinished, SceneError> {
    scene.say("I/O: initiate: Running → Blocked. It reads from a pipe that is empty.")?;
    let (pipe, mut device) = a_pipe()?;
    scene.enough(process, computing)?;
    let reading = scene.queue(process, &SystemCall::Read, Some(pipe.as_fd()))?;
    let reading = scene.begun(process, reading)?;
    arrow(scene, process, 'S', "Blocked: it has no use for the CPU.")?;

    scene.say(
        "I/O: done: Blocked → Ready. It is stopped before the device answers: what it waited for \
         comes, and it still does not run.",
    )?;
    scene.suspend(process)?;
    scene.write_byte(&mut device)?;
    arrow(
        scene,
        process,
        'T',
        "Ready: its byte is there, the CPU is not.",
    )?;

    scene.say("Scheduled: Ready → Running. Only now does its read() return.")?;
    let computing = scene.queue(process, &SystemCall::Spin, None)?;
    scene.kill(process, SIGCONT)?;
    let read = scene.finish(process, reading)?;
    let computing = scene.begun(process, computing)?;
    scene.claim(read.is(1), "read() has returned the byte.")?;
    arrow(scene, process, 'R', "Running.")?;
    Ok(computing)
}

/// Zombie, gone.
fn ended(
    scene: &mut SceneRun<'_>,
    process: &CommandedProcess,
    computing: Unfinished,
) -> Result<(), SceneError> {
    scene.say("Exited: Running → Zombie, the book's Final state.")?;
    scene.enough(process, computing)?;
    scene.call(process, &SystemCall::Exit { code: 0 })?;
    arrow(
        scene,
        process,
        'Z',
        "Zombie: it has exited and not been reaped.",
    )?;

    scene.say("Reaped: it leaves the figure.")?;
    let (pid, options) = (process.pid, 0);
    scene.by_me(&SystemCall::Waitpid { pid, options })?;
    scene.look(&[process.named()])?;
    scene.claim(scene.view(pid)?.is_none(), "It is gone.")
}

/// Waits until the kernel shows the state, looks at it, and claims it.
fn arrow(
    scene: &mut SceneRun<'_>,
    process: &CommandedProcess,
    letter: char,
    text: &str,
) -> Result<(), SceneError> {
    let view = match letter {
        'S' => scene.until_asleep(process)?,
        _ => scene.until(process, letter)?,
    };
    scene.look(&[process.named()])?;
    scene.claim(shows(view.as_ref(), letter), text)
}
