//! The registers of a process that does not run: what a context switch saves and restores.

use std::time::Duration;

use nix::libc::SIGCONT;

use crate::demo::actions::Unfinished;
use crate::demo::scene_run::{Name, SceneError, SceneRun};
use crate::os::procfs::maps;
use crate::os::procfs::maps::Mapping;
use crate::os::refusal;
use crate::os::registers as debugger;
use crate::os::registers::Register;
use crate::process::commanded::{CommandedProcess, SystemCall};

/// How long the registers are watched standing still, and how long the process then runs.
const WHILE: Duration = Duration::from_millis(50);
/// Caught so often in the very same place, it has not gone on.
const TRIES: usize = 5;
/// How many of all are shown.
const SHOWN: usize = 4;

pub fn run(scene: &mut SceneRun<'_>) -> Result<(), SceneError> {
    scene.say(
        "When the kernel takes the CPU from a process, it saves its registers, and loads them \
         again before it lets it go on. So a process does not notice. Two of them can be read from \
         outside while it is stopped: the last two numbers in /proc/PID/syscall are the stack \
         pointer and the program counter. The first says in which system call it is; -1: in none. \
         (When this one looks for its next order, it is in poll(), which is 7 on x86-64.)",
    )?;
    let child = scene.start("child")?;
    let computing = scene.begin(&child, &SystemCall::Spin)?;
    // It has just said so, by a system call.
    scene.until(&child, 'R')?;
    scene.wait(WHILE)?;
    scene.suspend(&child)?;
    scene.look(&[child.named()])?;
    let Some(saved) = saved_registers(scene, &child)? else {
        let why = refusal::why_no_file(child.pid, "syscall", true);
        scene.absent("the saved registers", why)?;
        return go_on_to_the_end(scene, &child, computing);
    };
    check_where_they_point(scene, &child, saved)?;
    let all = the_others(scene, &child, saved)?;

    scene.say("While it is stopped, they stand still.")?;
    scene.wait(WHILE)?;
    let later = saved_registers(scene, &child)?;
    scene.claim(
        later == Some(saved),
        format!("{WHILE:?} later they are the same."),
    )?;
    if let Some(all) = all {
        let later = debugger::of(child.pid).ok();
        scene.claim(later == Some(all), "So are all the others.")?;
    }

    scene.say("It is continued, computes for a moment, and is stopped again.")?;
    let mut moved = false;
    for _ in 0..TRIES {
        scene.kill(&child, SIGCONT)?;
        scene.wait(WHILE)?;
        scene.suspend(&child)?;
        moved = saved_registers(scene, &child)?.is_some_and(|now| now != saved);
        if moved {
            break;
        }
    }
    scene.claim(
        moved,
        "They have moved on: it has gone on computing from where it was.",
    )?;
    go_on_to_the_end(scene, &child, computing)?;
    scene.by_hand(&[
        "sh -c 'while :; do :; done' & sleep 1; kill -STOP $!; sleep 1",
        "cat /proc/$!/syscall /proc/$!/syscall; kill -CONT $!; sleep 1; kill -STOP $!",
        "sleep 1; cat /proc/$!/syscall; kill -9 $!",
    ])
}

fn go_on_to_the_end(
    scene: &mut SceneRun<'_>,
    child: &CommandedProcess,
    computing: Unfinished,
) -> Result<(), SceneError> {
    scene.kill(child, SIGCONT)?;
    scene.enough(child, computing).map(drop)
}

/// Stack pointer and program counter.
type Saved = (u64, u64);

fn saved_registers(
    scene: &mut SceneRun<'_>,
    child: &CommandedProcess,
) -> Result<Option<Saved>, SceneError> {
    let line = scene.proc(child.pid, "syscall", None)?;
    Ok(line.as_deref().and_then(last_two))
}

/// All its registers, through ptrace, and a few of them by name; `None` where that is forbidden.
fn the_others(
    scene: &mut SceneRun<'_>,
    child: &CommandedProcess,
    (pointer, counter): Saved,
) -> Result<Option<debugger::Registers>, SceneError> {
    let all = match debugger::of(child.pid) {
        Ok(all) => all,
        Err(why) => {
            scene.absent("the other registers", why.to_string())?;
            return Ok(None);
        }
    };
    let named = |register: &Register| format!("{} {}", register.name, register.value);
    let some: Vec<_> = all.all.iter().take(SHOWN).map(named).collect();
    scene.say(format!(
        "A debugger reads all {} of them, through ptrace: {} … (timeshare inspect PID --registers).",
        all.all.len(),
        some.join(", ")
    ))?;
    scene.claim(
        (all.sp.0, all.pc.0) == (pointer, counter),
        "Both ways the stack pointer and the program counter are the same.",
    )?;
    Ok(Some(all))
}

/// `-1 SP PC` outside of a system call, `NUMBER SIX-ARGUMENTS SP PC` in one.
fn last_two(line: &str) -> Option<Saved> {
    let mut words = line.split_whitespace().rev();
    let mut next = || u64::from_str_radix(words.next()?.strip_prefix("0x")?, 16).ok();
    let (counter, pointer) = (next()?, next()?);
    Some((pointer, counter))
}

/// Into which parts of its memory the two point.
fn check_where_they_point(
    scene: &mut SceneRun<'_>,
    child: &CommandedProcess,
    (pointer, counter): Saved,
) -> Result<(), SceneError> {
    let Some(text) = scene.read(child.pid, "smaps") else {
        return scene.absent(
            "where they point to",
            "/proc/PID/smaps may not be read here",
        );
    };
    let mappings = maps::parse(&text);
    let of = |address| mappings.iter().find(|mapping| mapping.contains(address));
    let is_code = |mapping: &Mapping| mapping.permissions.contains('x');
    scene.claim(
        of(pointer).is_some_and(|mapping| mapping.name == "[stack]"),
        format!("The stack pointer, {pointer:#x}, points into its stack."),
    )?;
    scene.claim(
        of(counter).is_some_and(is_code),
        format!("The program counter, {counter:#x}, points into code."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registers_are_the_last_two_numbers() {
        assert_eq!(
            last_two("-1 0x7ffc10 0x55d020"),
            Some((0x7f_fc10, 0x55_d020))
        );
        let line = "7 0x1 0x2 0x3 0x4 0x5 0x6 0x7ffc10 0x7f20";
        assert_eq!(last_two(line), Some((0x7f_fc10, 0x7f20)));
        assert_eq!(last_two("running"), None);
        assert_eq!(last_two(""), None);
    }
}
