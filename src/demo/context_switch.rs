//! The registers of a process that does not run: what a context switch saves and restores.

use std::time::Duration;

use nix::libc::SIGCONT;

use super::SceneError;
use super::deeds::Unfinished;
use super::process::{Call, DemoProcess};
use super::stage::Stage;
use crate::os::procfs::maps;
use crate::os::procfs::maps::Mapping;
use crate::os::registers as debugger;
use crate::os::registers::Register;

/// How long the registers are watched standing still, and how long the process then runs.
const WHILE: Duration = Duration::from_millis(50);
/// Caught so often in the very same place, it has not gone on.
const TRIES: usize = 5;
/// So many are shown of all.
const SHOWN: usize = 4;

pub fn play(stage: &mut Stage<'_>) -> Result<(), SceneError> {
    stage.say(
        "When the kernel takes the CPU from a process, it saves its registers, and loads them \
         again before it lets it go on. So a process does not notice. Two of them can be read from \
         outside while it is stopped: the last two numbers in /proc/PID/syscall are the stack \
         pointer and the program counter. The first says in which system call it is; -1: in none. \
         (When this one looks for its next cue, it is in poll(), which is 7 on x86-64.)",
    )?;
    let child = stage.start("child")?;
    let computing = stage.begin(&child, &Call::Spin)?;
    // It has just said so, by a system call.
    stage.until(&child, 'R')?;
    stage.wait(WHILE)?;
    stage.suspend(&child)?;
    stage.look(&[child.who()])?;
    let Some(saved) = saved_registers(stage, &child)? else {
        stage.absent(
            "the saved registers",
            "/proc/PID/syscall says nothing here (a kernel without it, or a container)",
        )?;
        return go_on_to_the_end(stage, &child, computing);
    };
    whose(stage, &child, saved)?;
    let all = the_others(stage, &child, saved)?;

    stage.say("While it is stopped, they stand still.")?;
    stage.wait(WHILE)?;
    let later = saved_registers(stage, &child)?;
    stage.claim(
        later == Some(saved),
        format!("{WHILE:?} later they are the same."),
    )?;
    if let Some(all) = all {
        let later = debugger::of(child.pid).ok();
        stage.claim(later == Some(all), "So are all the others.")?;
    }

    stage.say("It is continued, computes for a moment, and is stopped again.")?;
    let mut moved = false;
    for _ in 0..TRIES {
        stage.kill(&child, SIGCONT)?;
        stage.wait(WHILE)?;
        stage.suspend(&child)?;
        moved = saved_registers(stage, &child)?.is_some_and(|now| now != saved);
        if moved {
            break;
        }
    }
    stage.claim(
        moved,
        "They have moved on: it has gone on computing from where it was.",
    )?;
    go_on_to_the_end(stage, &child, computing)?;
    stage.by_hand(&[
        "sh -c 'while :; do :; done' & sleep 1; kill -STOP $!; sleep 1",
        "cat /proc/$!/syscall /proc/$!/syscall; kill -CONT $!; sleep 1; kill -STOP $!",
        "sleep 1; cat /proc/$!/syscall; kill -9 $!",
    ])
}

fn go_on_to_the_end(
    stage: &mut Stage<'_>,
    child: &DemoProcess,
    computing: Unfinished,
) -> Result<(), SceneError> {
    stage.kill(child, SIGCONT)?;
    stage.enough(child, computing).map(drop)
}

/// Stack pointer and program counter.
type Saved = (u64, u64);

fn saved_registers(
    stage: &mut Stage<'_>,
    child: &DemoProcess,
) -> Result<Option<Saved>, SceneError> {
    let line = stage.proc(child.pid, "syscall", None)?;
    Ok(line.as_deref().and_then(last_two))
}

/// All its registers, through ptrace, and a few of them by name; `None` where that is forbidden.
fn the_others(
    stage: &mut Stage<'_>,
    child: &DemoProcess,
    (pointer, counter): Saved,
) -> Result<Option<debugger::Registers>, SceneError> {
    let all = match debugger::of(child.pid) {
        Ok(all) => all,
        Err(why) => {
            stage.absent("the other registers", why.to_string())?;
            return Ok(None);
        }
    };
    let named = |register: &Register| format!("{} {}", register.name, register.value);
    let some: Vec<_> = all.all.iter().take(SHOWN).map(named).collect();
    stage.say(format!(
        "A debugger reads all {} of them, through ptrace: {} … (timeshare inspect PID --registers).",
        all.all.len(),
        some.join(", ")
    ))?;
    stage.claim(
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
fn whose(
    stage: &mut Stage<'_>,
    child: &DemoProcess,
    (pointer, counter): Saved,
) -> Result<(), SceneError> {
    let Some(text) = stage.read(child.pid, "smaps") else {
        return stage.absent(
            "where they point to",
            "/proc/PID/smaps may not be read here",
        );
    };
    let mappings = maps::parse(&text);
    let of = |address| mappings.iter().find(|mapping| mapping.contains(address));
    let is_code = |mapping: &Mapping| mapping.permissions.contains('x');
    stage.claim(
        of(pointer).is_some_and(|mapping| mapping.name == "[stack]"),
        format!("The stack pointer, {pointer:#x}, points into its stack."),
    )?;
    stage.claim(
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
