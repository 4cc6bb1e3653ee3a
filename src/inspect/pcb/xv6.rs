//! The fields of `struct proc`.

use super::field::{Absent, Field, Found, Readers, parsed};
use super::reader::Reader;
use super::{Context, Killed, Memory, OpenFile, Parent, Range, Size, State, Xv6Proc};
use crate::machine::{Exit, signal_name};
use crate::os::address::Address;
use crate::os::procfs::condition::{Condition, shown_thread};
use crate::os::procfs::maps;
use crate::os::procfs::maps::Mapping;
use crate::os::procfs::process_dir::{Wchan, is_gone, name_of};
use crate::os::procfs::syscall::SyscallState;
use crate::os::procfs::syscall_args::Syscall;
use crate::os::procfs::{stack, stat, status};
use crate::os::registers::Registers;

const NOT_SHOWN: Absent = Absent::None("not shown while it runs or is ready");

impl Reader {
    pub fn xv6(&self) -> Xv6Proc {
        // First what changes fastest.
        let state = self.text_of_user_mode("syscall", Readers::Debuggers);
        let state = state.and_then(|text| parsed(SyscallState::parse(&text)));
        let chan = self.chan();
        let condition = Condition::of(&self.directory, &self.stat, chan.as_deref().ok());
        let kstack = self.kstack();
        let maps = self.text_of_user_mode("maps", Readers::Tracers);
        let maps = maps.map(|text| maps::parse(&text));
        let mappings = maps.as_deref().unwrap_or_default();
        let context = state.clone().and_then(|state| context(state, mappings));
        let cwd = self.found_of_living(self.directory.link("cwd"), Readers::Tracers);
        let memory = maps.and_then(|maps| memory(&maps).ok_or_else(|| self.absent()));
        Xv6Proc {
            mem: Field::new("maps", memory),
            sz: Field::new(
                "status VmSize VmRSS",
                self.size().ok_or_else(|| self.absent()),
            ),
            kstack: Field::new("stack", kstack),
            state: Field::new("status State", parsed(self.state(condition))),
            pid: Field::new("status NSpid", parsed(self.pids())),
            parent: Field::new("stat", Ok(self.parent())),
            chan: Field::new("wchan", chan),
            call: Field::new("syscall", state.and_then(call)),
            killed: self.killed(),
            ofile: Field::new("fd/", self.open_files()),
            cwd: Field::new("cwd", cwd),
            context: Field::new("syscall", context),
            tf: Field::new("ptrace", self.trap_frame()),
        }
    }

    fn size(&self) -> Option<Size> {
        let kib = |name| status::kib(&self.status, name);
        Some(Size {
            mapped_kib: kib("VmSize")?,
            in_memory_kib: kib("VmRSS")?,
            swapped_kib: kib("VmSwap").unwrap_or(0),
        })
    }

    fn kstack(&self) -> Found<Vec<String>> {
        let text = self.directory.text("stack");
        let text = self.found_of_living(text, Readers::Administrator)?;
        let functions = stack::functions(&text);
        (!functions.is_empty())
            .then_some(functions)
            .ok_or(NOT_SHOWN)
    }

    fn state(&self, condition: Condition) -> Option<State> {
        let (letter, name) = status::state(&self.status)?;
        let main_thread_exited = condition == Condition::MainThreadExited;
        let (letter, kernel) = if main_thread_exited {
            shown_thread(&self.directory)?
        } else {
            (letter, name.to_owned())
        };
        Some(State {
            letter,
            kernel,
            meaning: condition.meaning(),
            xv6: xv6_name(letter).filter(|_| condition != Condition::Frozen),
            cpu: self
                .stat
                .processor
                .filter(|_| condition == Condition::Runnable),
            exiting: stat::is_exiting(&self.stat) && self.stat.state != 'Z',
            main_thread_exited,
            frozen: condition == Condition::Frozen,
            tracer: status::tracer(&self.status),
        })
    }

    fn pids(&self) -> Option<Vec<i32>> {
        let Some(pids) = status::field(&self.status, "NSpid") else {
            // Without namespaces in this kernel.
            return Some(vec![self.stat.pid]);
        };
        let pids = pids.split_ascii_whitespace();
        pids.map(|pid| pid.parse().ok()).collect()
    }

    fn parent(&self) -> Parent {
        let pid = self.stat.ppid;
        let name = name_of(pid);
        Parent { pid, name }
    }

    fn chan(&self) -> Found<String> {
        if self.letter == 'R' {
            return Err(Absent::None("it does not sleep"));
        }
        if self.has_only_other_threads() {
            return Err(self.absent());
        }
        if self.is_zombie() {
            return Err(Absent::None("it will never wake up"));
        }
        self.text("wchan")?;
        // 0 is written of a process that is awake, to readers who may not know, and of each process
        // where the kernel does not say.
        match self.directory.look_where_asleep() {
            Wchan::In(function) => Ok(function),
            _ if !self.shown_to_tracers => Err(self.refused(Readers::Tracers)),
            Wchan::Awake => Err(Absent::None("awake when it was looked at")),
            Wchan::Untold => Err(Absent::Unreadable(
                "not told: this kernel does not say where a process sleeps".to_owned(),
            )),
        }
    }

    /// Of a zombie, its wait status says whether a signal killed it: no signal is pending any more.
    fn killed(&self) -> Field<Killed> {
        if self.is_zombie() && !self.has_only_other_threads() {
            let killed = self.exit().map(|exit| Killed {
                killed: matches!(exit, Exit::Signal { .. }),
                pending: Vec::new(),
            });
            return Field::new("stat", killed);
        }
        let pending = parsed(status::pending_signals(&self.status));
        let killed = pending.map(|pending| Killed {
            killed: pending.contains(&libc::SIGKILL),
            pending: pending.into_iter().map(signal_name).collect(),
        });
        Field::new("status SigPnd ShdPnd", killed)
    }

    /// A file that is closed meanwhile is left out.
    fn open_files(&self) -> Found<Vec<OpenFile>> {
        let names = self.found_of_living(self.directory.list("fd"), Readers::Tracers)?;
        let file = |name: &String| {
            let target = match self.directory.link(&format!("fd/{name}")) {
                Err(error) if is_gone(&error) => return None,
                target => target.ok(),
            };
            let descriptor = name.parse().ok()?;
            Some(OpenFile { descriptor, target })
        };
        Ok(names.iter().filter_map(file).collect())
    }

    fn trap_frame(&self) -> Found<Registers> {
        if !self.has_user_mode() {
            return Err(self.absent());
        }
        let advice = if self.letter == 'T' {
            "--registers reads it"
        } else {
            "--registers reads it when the process is stopped (T)"
        };
        let why = format!("struct pt_regs, on top of kstack; {advice}");
        Err(Absent::Unreadable(why))
    }
}

/// `None`: nothing is mapped.
fn memory(maps: &[Mapping]) -> Option<Memory> {
    let first = maps.first()?;
    let range = |name| {
        let mapping = maps.iter().find(|mapping| mapping.name == name)?;
        Some(Range {
            start: Address(mapping.start),
            end: Address(mapping.end),
        })
    };
    Some(Memory {
        start: Address(first.start),
        file: (!first.name.is_empty()).then(|| first.name.clone()),
        mappings: maps.len(),
        heap: range("[heap]"),
        stack: range("[stack]"),
    })
}

fn call(state: SyscallState) -> Found<Syscall> {
    match state {
        SyscallState::Running => Err(Absent::None("it is running or runnable")),
        SyscallState::Outside { .. } => Err(Absent::None("it is in none")),
        SyscallState::Inside {
            number,
            arguments,
            sp,
            ..
        } => Ok(Syscall::new(number, arguments, sp)),
    }
}

fn context(state: SyscallState, maps: &[Mapping]) -> Found<Context> {
    let (sp, pc) = state.registers().ok_or(NOT_SHOWN)?;
    let mapping = maps.iter().find(|mapping| mapping.contains(pc));
    let mapping = mapping.filter(|mapping| !mapping.name.is_empty());
    Ok(Context {
        sp: Address(sp),
        pc: Address(pc),
        pc_file: mapping.map(|mapping| mapping.name.clone()),
        pc_offset: mapping.map(|mapping| Address(pc - mapping.start + mapping.offset)),
    })
}

/// What xv6 calls the state (`enum proc_state`); `None`: it has no such state.
const fn xv6_name(letter: char) -> Option<&'static str> {
    match letter {
        'R' => Some("RUNNABLE or RUNNING"),
        'S' | 'D' | 'I' => Some("SLEEPING"),
        'Z' => Some("ZOMBIE"),
        'X' => Some("UNUSED"),
        _ => None,
    }
}
