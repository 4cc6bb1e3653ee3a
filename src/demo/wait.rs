//! How a parent waits, for whom, and what it is told.

use nix::errno::Errno;
use nix::libc::{SIGCONT, SIGSTOP, WCONTINUED, WNOHANG, WUNTRACED};

use super::SceneError;
use super::process::{Call, DemoProcess};
use super::stage::{Stage, shows};

pub fn play(stage: &mut Stage<'_>) -> Result<(), SceneError> {
    let parent = stage.start("parent")?;
    for_one(stage, &parent)?;
    without_blocking(stage, &parent)?;
    for_any(stage, &parent)?;
    for_stops(stage, &parent)?;
    for_a_death(stage, &parent)?;
    stage.by_hand(&[
        "sh -c 'sleep 60; echo $?' &    # this shell waits for its child",
        "sleep 1; ps -o pid,ppid,stat,wchan:20,comm -p $!; pkill -KILL -P $!",
    ])
}

fn waitpid(pid: i32, options: i32) -> Call {
    Call::Waitpid { pid, options }
}

fn for_one(stage: &mut Stage<'_>, parent: &DemoProcess) -> Result<(), SceneError> {
    stage.say("A parent waits for its child. While the child lives, the parent is blocked.")?;
    let child = stage.fork(parent, "child")?;
    let waiting = stage.begin(parent, &waitpid(child.pid, 0))?;
    let asleep = stage.until_asleep(parent)?;
    stage.look(&[parent.who(), child.who()])?;
    stage.claim(shows(asleep.as_ref(), 'S'), "The parent is blocked.")?;
    match asleep.and_then(|view| view.wchan) {
        Some(wchan) => stage.claim(wchan.contains("wait"), "The kernel says in which call.")?,
        None => stage.absent(
            "in which call it is blocked",
            "/proc/PID/wchan says nothing here",
        )?,
    }

    stage.say("The child exits, and wakes it.")?;
    stage.call(&child, &Call::Exit { code: 7 })?;
    let waited = stage.finish(parent, waiting)?;
    stage.claim(
        waited.is(child.pid) && waited.status() == Some(7 << 8),
        "It returned the child's pid, and a status with the exit code, 7, in its second byte.",
    )?;
    let again = stage.call(parent, &waitpid(child.pid, 0))?;
    stage.claim(
        again.failed_with(Errno::ECHILD),
        "Waiting for it a second time is an error: there is no such child any more.",
    )
}

fn without_blocking(stage: &mut Stage<'_>, parent: &DemoProcess) -> Result<(), SceneError> {
    stage.say("With WNOHANG a parent only asks. While the child lives, the answer is 0.")?;
    let child = stage.fork(parent, "child")?;
    let asked = stage.call(parent, &waitpid(child.pid, WNOHANG))?;
    stage.claim(asked.is(0), "It did not block, and nobody had ended.")?;
    stage.call(&child, &Call::Exit { code: 0 })?;
    let asked = stage.call(parent, &waitpid(child.pid, WNOHANG))?;
    stage.claim(
        asked.is(child.pid),
        "The same call after its end returns its pid.",
    )
}

fn for_any(stage: &mut Stage<'_>, parent: &DemoProcess) -> Result<(), SceneError> {
    stage.say("Whoever has several children waits for any of them: -1.")?;
    let first = stage.fork(parent, "first")?;
    let second = stage.fork(parent, "second")?;
    let waiting = stage.begin(parent, &waitpid(-1, 0))?;
    stage.call(&second, &Call::Exit { code: 2 })?;
    let waited = stage.finish(parent, waiting)?;
    stage.claim(
        waited.is(second.pid),
        "It returned the one who ended, not the one who was born first.",
    )?;
    stage.call(&first, &Call::Exit { code: 1 })?;
    stage.call(parent, &waitpid(-1, 0))?;
    let none = stage.call(parent, &waitpid(-1, 0))?;
    stage.claim(none.failed_with(Errno::ECHILD), "ECHILD: no child is left.")
}

fn for_stops(stage: &mut Stage<'_>, parent: &DemoProcess) -> Result<(), SceneError> {
    stage.say(
        "With WUNTRACED and WCONTINUED a parent is also told when a child is stopped and when it \
         goes on. That is how a shell knows that you pressed Ctrl-Z.",
    )?;
    let child = stage.fork(parent, "child")?;
    let (pid, either) = (child.pid, WUNTRACED | WCONTINUED);
    let kill = |signal| Call::Kill { pid, signal };
    stage.call(parent, &kill(SIGSTOP))?;
    let stopped = stage.call(parent, &waitpid(pid, either))?;
    stage.call(parent, &kill(SIGCONT))?;
    let continued = stage.call(parent, &waitpid(pid, either))?;
    stage.claim(
        stopped
            .status()
            .is_some_and(|status| libc::WIFSTOPPED(status))
            && continued
                .status()
                .is_some_and(|status| libc::WIFCONTINUED(status)),
        format!(
            "It was told of both, though the child has not ended. The first status is that of a \
             stop: 0x7f means stopped, and {SIGSTOP:#x} = {SIGSTOP} is SIGSTOP."
        ),
    )?;
    stage.call(&child, &Call::Exit { code: 0 })?;
    stage.call(parent, &waitpid(pid, 0)).map(drop)
}

fn for_a_death(stage: &mut Stage<'_>, parent: &DemoProcess) -> Result<(), SceneError> {
    stage.say(
        "Who is killed by a signal has no exit code. The lowest seven bits of its status are the \
         signal, and the eighth says whether a core was dumped.",
    )?;
    let child = stage.fork(parent, "child")?;
    stage.call(&child, &Call::NoCore)?;
    stage.call(&child, &Call::Abort)?;
    let status = stage.call(parent, &waitpid(child.pid, 0))?.status();
    let aborted = status
        .is_some_and(|status| libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGABRT);
    stage.claim(aborted, "abort() killed it by SIGABRT.")?;
    stage.claim(
        status.is_some_and(|status| !libc::WCOREDUMP(status)),
        "Bit 0x80 is not set: it had asked that no core be dumped.",
    )
}
