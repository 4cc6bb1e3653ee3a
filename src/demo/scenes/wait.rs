//! How a parent waits, for which child, and what it is told.

use nix::errno::Errno;
use nix::libc::{SIGCONT, SIGSTOP, WCONTINUED, WNOHANG, WUNTRACED};

use crate::demo::scene_run::{Name, SceneError, SceneRun, shows};
use crate::process::commanded::{CommandedProcess, SystemCall};

pub fn run(scene: &mut SceneRun<'_>) -> Result<(), SceneError> {
    let parent = scene.start("parent")?;
    for_one(scene, &parent)?;
    without_blocking(scene, &parent)?;
    for_any(scene, &parent)?;
    for_stops(scene, &parent)?;
    for_a_death(scene, &parent)?;
    scene.by_hand(&[
        "sh -c 'sleep 60; echo $?' &    # this shell waits for its child",
        "sleep 1; ps -o pid,ppid,stat,wchan:20,comm -p $!; pkill -KILL -P $!",
    ])
}

fn waitpid(pid: i32, options: i32) -> SystemCall {
    SystemCall::Waitpid { pid, options }
}

fn for_one(scene: &mut SceneRun<'_>, parent: &CommandedProcess) -> Result<(), SceneError> {
    scene.say("A parent waits for its child. While the child lives, the parent is blocked.")?;
    let child = scene.fork(parent, "child")?;
    let waiting = scene.begin(parent, &waitpid(child.pid, 0))?;
    let asleep = scene.until_asleep(parent)?;
    scene.look(&[parent.named(), child.named()])?;
    scene.claim(shows(asleep.as_ref(), 'S'), "The parent is blocked.")?;
    match asleep.and_then(|view| view.wchan) {
        Some(wchan) => scene.claim(wchan.contains("wait"), "The kernel says in which call.")?,
        None => scene.absent(
            "in which call it is blocked",
            "/proc/PID/wchan says nothing here",
        )?,
    }

    scene.say("The child exits, and wakes it.")?;
    scene.call(&child, &SystemCall::Exit { code: 7 })?;
    let waited = scene.finish(parent, waiting)?;
    scene.claim(
        waited.is(child.pid) && waited.status() == Some(7 << 8),
        "It returned the child's pid, and a status with the exit code, 7, in its second byte.",
    )?;
    let again = scene.call(parent, &waitpid(child.pid, 0))?;
    scene.claim(
        again.failed_with(Errno::ECHILD),
        "Waiting for it a second time is an error: there is no such child any more.",
    )
}

fn without_blocking(scene: &mut SceneRun<'_>, parent: &CommandedProcess) -> Result<(), SceneError> {
    scene.say("With WNOHANG a parent only asks. While the child lives, the answer is 0.")?;
    let child = scene.fork(parent, "child")?;
    let asked = scene.call(parent, &waitpid(child.pid, WNOHANG))?;
    scene.claim(asked.is(0), "It did not block, and no child had ended.")?;
    scene.call(&child, &SystemCall::Exit { code: 0 })?;
    let asked = scene.call(parent, &waitpid(child.pid, WNOHANG))?;
    scene.claim(
        asked.is(child.pid),
        "The same call after its end returns its pid.",
    )
}

fn for_any(scene: &mut SceneRun<'_>, parent: &CommandedProcess) -> Result<(), SceneError> {
    scene.say("A parent of several children can wait for any of them: -1.")?;
    let first = scene.fork(parent, "first")?;
    let second = scene.fork(parent, "second")?;
    let waiting = scene.begin(parent, &waitpid(-1, 0))?;
    scene.call(&second, &SystemCall::Exit { code: 2 })?;
    let waited = scene.finish(parent, waiting)?;
    scene.claim(
        waited.is(second.pid),
        "It returned the one that ended, not the one that was forked first.",
    )?;
    scene.call(&first, &SystemCall::Exit { code: 1 })?;
    scene.call(parent, &waitpid(-1, 0))?;
    let none = scene.call(parent, &waitpid(-1, 0))?;
    scene.claim(none.failed_with(Errno::ECHILD), "ECHILD: no child is left.")
}

fn for_stops(scene: &mut SceneRun<'_>, parent: &CommandedProcess) -> Result<(), SceneError> {
    scene.say(
        "With WUNTRACED and WCONTINUED a parent is also told when a child is stopped and when it \
         goes on. That is how a shell knows that you pressed Ctrl-Z.",
    )?;
    let child = scene.fork(parent, "child")?;
    let (pid, either) = (child.pid, WUNTRACED | WCONTINUED);
    let kill = |signal| SystemCall::Kill { pid, signal };
    scene.call(parent, &kill(SIGSTOP))?;
    let stopped = scene.call(parent, &waitpid(pid, either))?;
    scene.call(parent, &kill(SIGCONT))?;
    let continued = scene.call(parent, &waitpid(pid, either))?;
    scene.claim(
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
    scene.call(&child, &SystemCall::Exit { code: 0 })?;
    scene.call(parent, &waitpid(pid, 0)).map(drop)
}

fn for_a_death(scene: &mut SceneRun<'_>, parent: &CommandedProcess) -> Result<(), SceneError> {
    scene.say(
        "A process that a signal killed has no exit code. The lowest seven bits of its status are the \
         signal, and the eighth says whether a core was dumped.",
    )?;
    let child = scene.fork(parent, "child")?;
    let asked = scene.call(&child, &SystemCall::NoCore)?;
    scene.call(&child, &SystemCall::Abort)?;
    let status = scene.call(parent, &waitpid(child.pid, 0))?.status();
    let aborted = status
        .is_some_and(|status| libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGABRT);
    scene.claim(aborted, "abort() killed it by SIGABRT.")?;
    scene.claim(
        asked.succeeded() && status.is_some_and(|status| !libc::WCOREDUMP(status)),
        "Bit 0x80 is not set: it had asked that no core be dumped.",
    )
}
