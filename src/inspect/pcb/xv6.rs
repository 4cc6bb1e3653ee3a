//! The fields of `struct proc`.

use super::field::{Field, Found, Readers};
use super::reader::Reader;
use super::{Context, Killed, Memory, OpenFile, Parent, Range, Size, State, Xv6Proc};
use crate::os::address::Address;
use crate::os::procfs::maps;
use crate::os::procfs::maps::Mapping;
use crate::os::procfs::syscall::SyscallState;
use crate::os::procfs::syscall_args::Syscall;
use crate::os::procfs::view::{KernelView, meaning};
use crate::os::procfs::{stack, stat, status};
use crate::os::registers::Registers;
use crate::os::wait_status::signal_name;

impl Reader {
    pub fn xv6(&self) -> Xv6Proc {
        // First what changes fastest.
        let call = self.call_state();
        let chan = Field::new("wchan", self.chan());
        let kstack = Field::new("stack", self.kstack());
        let maps = self.maps();
        Xv6Proc {
            mem: Field::new("maps", maps.as_ref().and_then(|maps| self.memory(maps))),
            sz: Field::new("status VmSize VmRSS", self.size()),
            kstack,
            state: Field::new("status State", self.state()),
            pid: Field::new("status NSpid", self.pids()),
            parent: Field::new("stat", Found::Value(self.parent())),
            chan,
            call: Field::new("syscall", call.as_ref().and_then(self::call)),
            killed: Field::new("status SigPnd ShdPnd", self.killed()),
            ofile: Field::new("fd/", self.open_files()),
            cwd: Field::new(
                "cwd",
                self.found_of_living(self.directory.link("cwd"), Readers::Tracers),
            ),
            context: Field::new("syscall", call.and_then(|call| context(call, &maps))),
            tf: Field::new("ptrace", self.trap_frame()),
        }
    }

    fn maps(&self) -> Found<Vec<Mapping>> {
        if !self.has_user_mode() {
            return Found::None(self.why_absent());
        }
        self.text("maps").map(|text| maps::parse(&text))
    }

    fn memory(&self, maps: &[Mapping]) -> Found<Memory> {
        let Some(first) = maps.first() else {
            return Found::None(self.why_absent());
        };
        let range = |name| {
            let mapping = maps.iter().find(|mapping| mapping.name == name)?;
            Some(Range {
                start: Address(mapping.start),
                end: Address(mapping.end),
            })
        };
        Found::Value(Memory {
            start: Address(first.start),
            file: (!first.name.is_empty()).then(|| first.name.clone()),
            mappings: maps.len(),
            heap: range("[heap]"),
            stack: range("[stack]"),
        })
    }

    fn size(&self) -> Found<Size> {
        let kib = |name| status::kib(&self.status, name);
        let size = || {
            Some(Size {
                mapped_kib: kib("VmSize")?,
                in_memory_kib: kib("VmRSS")?,
                swapped_kib: kib("VmSwap").unwrap_or(0),
            })
        };
        size().map_or(Found::None(self.why_absent()), Found::Value)
    }

    fn kstack(&self) -> Found<Vec<String>> {
        let text = self.directory.text("stack");
        let functions = self.found_of_living(text, Readers::Administrator);
        functions.and_then(|text| match stack::functions(&text) {
            none if none.is_empty() => Found::None("not shown while it runs or is ready"),
            functions => Found::Value(functions),
        })
    }

    fn state(&self) -> Found<State> {
        let state = status::state(&self.status).map(|(letter, name)| State {
            letter,
            kernel: name.to_owned(),
            meaning: meaning(letter),
            xv6: xv6_name(letter),
            cpu: self.stat.processor.filter(|_| letter == 'R'),
            exiting: stat::is_exiting(&self.stat) && letter != 'Z',
            tracer: status::tracer(&self.status),
        });
        Found::parsed(state)
    }

    fn pids(&self) -> Found<Vec<i32>> {
        let pids = status::field(&self.status, "NSpid").map_or_else(
            // Without namespaces in this kernel.
            || Some(vec![self.stat.pid]),
            |pids| {
                pids.split_ascii_whitespace()
                    .map(|pid| pid.parse().ok())
                    .collect()
            },
        );
        Found::parsed(pids)
    }

    fn parent(&self) -> Parent {
        let pid = self.stat.ppid;
        let view = KernelView::of(pid).ok().flatten();
        Parent {
            pid,
            name: view.map(|view| view.comm),
        }
    }

    fn chan(&self) -> Found<String> {
        if self.letter == 'R' {
            return Found::None("it does not sleep");
        }
        if self.is_zombie() {
            return Found::None("it will never wake up");
        }
        self.text("wchan").and_then(|name| match name.as_str() {
            // So of a process that is awake, and to readers who may not know.
            "" | "0" if self.shown_to_tracers => Found::None("awake when it was looked at"),
            "" | "0" => self.refused(Readers::Tracers),
            _ => Found::Value(name),
        })
    }

    fn call_state(&self) -> Found<SyscallState> {
        if !self.has_user_mode() {
            return Found::None(self.why_absent());
        }
        let text = self.text("syscall");
        text.and_then(|text| Found::parsed(SyscallState::parse(&text)))
    }

    fn killed(&self) -> Found<Killed> {
        let killed = status::pending_signals(&self.status).map(|pending| Killed {
            killed: pending.contains(&libc::SIGKILL),
            pending: pending.into_iter().map(signal_name).collect(),
        });
        Found::parsed(killed)
    }

    /// A file that is closed meanwhile is left out.
    fn open_files(&self) -> Found<Vec<OpenFile>> {
        let numbers = self.found_of_living(self.directory.list("fd"), Readers::Tracers);
        numbers.map(|numbers| {
            numbers
                .iter()
                .filter_map(|name| self.open_file(name))
                .collect()
        })
    }

    fn open_file(&self, name: &str) -> Option<OpenFile> {
        let target = match self.directory.link(&format!("fd/{name}")) {
            Err(error) if super::field::is_gone(&error) => return None,
            target => target.ok(),
        };
        let descriptor = name.parse().ok()?;
        Some(OpenFile { descriptor, target })
    }

    fn trap_frame(&self) -> Found<Registers> {
        if !self.has_user_mode() {
            return Found::None(self.why_absent());
        }
        let advice = if self.letter == 'T' {
            "--registers reads it"
        } else {
            "--registers reads it when the process is stopped (T)"
        };
        Found::Unreadable(format!("struct pt_regs, on top of kstack; {advice}"))
    }
}

fn call(state: &SyscallState) -> Found<Syscall> {
    match *state {
        SyscallState::Running => Found::None("it is running or runnable"),
        SyscallState::Outside { .. } => Found::None("it is in none"),
        SyscallState::Inside {
            number,
            arguments,
            sp,
            ..
        } => Found::Value(Syscall::new(number, arguments, sp)),
    }
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

fn context(call: SyscallState, maps: &Found<Vec<Mapping>>) -> Found<Context> {
    let Some((sp, pc)) = call.registers() else {
        return Found::None("not shown while it runs or is ready");
    };
    let file = match maps {
        Found::Value(maps) => maps.iter().find(|mapping| mapping.contains(pc)),
        Found::None(_) | Found::Unreadable(_) => None,
    };
    let file = file.filter(|mapping| !mapping.name.is_empty());
    Found::Value(Context {
        sp: Address(sp),
        pc: Address(pc),
        pc_file: file.map(|mapping| mapping.name.clone()),
        pc_offset: file.map(|mapping| Address(pc - mapping.start + mapping.offset)),
    })
}
