//! How a program becomes a process, and what the process is made of.

use crate::demo::record::Region;
use crate::demo::scene_run::{Name, SceneError, SceneRun};
use crate::os::procfs::maps;
use crate::os::procfs::maps::Mapping;
use crate::os::procfs::pagemap::page_size;
use crate::os::procfs::{pagemap, stat};
use crate::process::commanded::{CommandedProcess, Detail, SystemCall};

/// Pages that are asked for, and pages that are used.
const ASKED: usize = 256;
const USED: usize = 64;

const VARIABLE: &str = "BOOK=Three Easy Pieces";

pub fn run(scene: &mut SceneRun<'_>) -> Result<(), SceneError> {
    let parent = scene.start("parent")?;
    let child = load(scene, &parent)?;
    memory(scene, &child)?;
    files(scene, &child)?;
    lazily(scene, &child)?;
    scene.by_hand(&[
        "sleep 100 & sleep 1; cat /proc/$!/maps; xargs -0 -n1 < /proc/$!/environ",
        "ls -l /proc/$!/fd; ps -o pid,min_flt,maj_flt,rss,vsz,comm -p $!; kill $!",
    ])
}

fn load(
    scene: &mut SceneRun<'_>,
    parent: &CommandedProcess,
) -> Result<CommandedProcess, SceneError> {
    scene.say(
        "fork() makes a process: a copy of its parent. It returns twice: the child's pid in the \
         parent, and 0 in the child.",
    )?;
    let mut child = scene.fork_in_two(parent, "copy")?;
    let pid = child.pid;
    scene.look(&[parent.named(), child.named()])?;
    let before = scene.proc(pid, "cmdline", None)?;
    match layout(scene, &child) {
        None => scene.absent("where its parts lie", "/proc/PID/maps may not be read here")?,
        own => {
            let same = own == layout(scene, parent);
            scene.claim(
                same,
                "Its memory has the same parts as its parent's, at the same addresses.",
            )?;
        }
    }

    scene.say(
        "execve() loads a program into it: everything it had in memory is thrown away. The pid \
         and the open files stay.",
    )?;
    scene.execve(&mut child, "program", VARIABLE)?;
    scene.look(&[parent.named(), child.named()])?;
    let after = scene.proc(pid, "cmdline", None)?;
    scene.claim(
        child.pid == pid && before != after,
        "The process is the same, the program has been started anew.",
    )?;
    Ok(child)
}

fn memory(scene: &mut SceneRun<'_>, child: &CommandedProcess) -> Result<(), SceneError> {
    scene.say("What it is made of: its address space, from low to high addresses.")?;
    let Some(text) = scene.read(child.pid, "smaps") else {
        return scene.absent("its memory", "/proc/PID/smaps may not be read here");
    };
    let mappings = maps::parse(&text);
    let program = std::fs::read_link(format!("/proc/{}/exe", child.pid)).unwrap_or_default();
    let regions = regions(&mappings, &program.to_string_lossy());
    let has = |part| regions.iter().any(|region| region.part == part);
    let complete = ["code", "data", "stack"].into_iter().all(has);
    scene.memory(regions)?;
    scene.claim(complete, "It has code, data and a stack.")?;

    let stack = mappings.iter().find(|mapping| mapping.name == "[stack]");
    let stat = scene.read(child.pid, "stat").unwrap_or_default();
    let placed = stat::parse(stat.as_bytes()).map(|stat| (stat.arg_start, stat.env_start));
    let (Some(stack), Some((Some(arguments), Some(variables)))) = (stack, placed) else {
        return scene.absent(
            "its arguments",
            "/proc/PID/stat does not say where they are",
        );
    };
    let environment = scene.proc(child.pid, "environ", None)?;
    scene.say(format!(
        "Its arguments are at {arguments:#x}, its environment at {variables:#x}: the kernel put \
         them at the highest addresses of the stack: it grows downwards, so that is where it begins."
    ))?;
    scene.claim(
        stack.contains(arguments) && stack.contains(variables),
        "Both lie in the stack.",
    )?;
    scene.claim(
        environment.is_some_and(|text| text.trim_end_matches('\0') == VARIABLE),
        "Its environment is the one that execve() was given.",
    )
}

fn files(scene: &mut SceneRun<'_>, child: &CommandedProcess) -> Result<(), SceneError> {
    scene.say(
        "Each process has three open files from the start: 0, 1 and 2, for input, output and \
         errors. Here they are /dev/null. This one has two more: 3, by which it is told what to \
         do, and 4, which would end it if timeshare died.",
    )?;
    let mut open = Vec::new();
    for number in 0..3 {
        let target = std::fs::read_link(format!("/proc/{}/fd/{number}", child.pid));
        open.push(target.is_ok_and(|target| target.as_os_str() == "/dev/null"));
    }
    scene.claim(open == [true; 3], "0, 1 and 2 are open, and are /dev/null.")
}

fn lazily(scene: &mut SceneRun<'_>, child: &CommandedProcess) -> Result<(), SceneError> {
    scene.say(format!(
        "Memory is loaded lazily. The process asks for {ASKED} pages, and gets a promise."
    ))?;
    let bytes = ASKED * page_size();
    let mapped = scene.call(child, &SystemCall::Mmap { bytes })?;
    let Ok(address) = usize::try_from(mapped.returned) else {
        return scene.absent("lazy loading", format!("no memory is to be had: {mapped}"));
    };
    // In pages of the usual size, or one fault could bring hundreds of them.
    scene.call(child, &SystemCall::NoHugePages { address, bytes })?;
    let resident = || pagemap::resident(child.pid, address, ASKED);
    let Ok(before) = resident() else {
        return scene.absent(
            "which pages are there",
            "/proc/PID/pagemap may not be read here",
        );
    };
    scene.claim(before == 0, "None of them is in memory.")?;

    scene.say(format!(
        "It writes to {USED} of them. At the first touch of each the kernel steps in: a page fault."
    ))?;
    let pages = USED;
    let touched = scene.call(child, &SystemCall::Touch { address, pages })?;
    let faults = match touched.detail {
        Detail::Faults(faults) => faults,
        _ => 0,
    };
    scene.claim(
        faults >= USED as u64,
        format!("{USED} pages took {faults} page faults."),
    )?;
    let after = resident().unwrap_or(0);
    scene.claim(
        after == USED,
        format!("Of the {ASKED} pages, {after} are in memory now."),
    )?;
    let again = scene.call(child, &SystemCall::Touch { address, pages })?;
    scene.claim(
        matches!(again.detail, Detail::Faults(faults) if faults < USED as u64),
        "Touching them again takes no faults of theirs.",
    )
}

/// Which parts lie where. Its stack grows downwards, and its heap upwards.
fn layout(scene: &SceneRun<'_>, process: &CommandedProcess) -> Option<Vec<(u64, String)>> {
    let mappings = maps::parse(&scene.read(process.pid, "maps")?);
    let at = |mapping: Mapping| match mapping.name.as_str() {
        "[stack]" => (mapping.end, mapping.name),
        _ => (mapping.start, mapping.name),
    };
    Some(joined(mappings).into_iter().map(at).collect())
}

/// Neighbours of one kind as one. What is mapped after a `fork()` beside what the two still share is
/// a mapping of its own in the kernel's list, though before it would have become a part of its
/// neighbour. `malloc()` of musl maps and unmaps memory that often.
fn joined(mappings: Vec<Mapping>) -> Vec<Mapping> {
    let mut joined: Vec<Mapping> = Vec::new();
    for mapping in mappings {
        match joined.last_mut() {
            Some(last)
                if mapping.name.is_empty()
                    && last.name.is_empty()
                    && last.end == mapping.start
                    && last.permissions == mapping.permissions =>
            {
                last.end = mapping.end;
            }
            _ => joined.push(mapping),
        }
    }
    joined
}

/// The parts of a process, in the order of their addresses.
fn regions(mappings: &[Mapping], program: &str) -> Vec<Region> {
    let mut regions: Vec<Region> = Vec::new();
    let mut before = "";
    for mapping in mappings {
        let (part, what) = part(mapping, program, before);
        before = part;
        match regions.iter_mut().find(|region| region.part == part) {
            Some(region) => {
                region.bytes += mapping.bytes();
                region.resident_bytes += mapping.resident_bytes;
            }
            None => regions.push(Region {
                part,
                address: mapping.start,
                bytes: mapping.bytes(),
                resident_bytes: mapping.resident_bytes,
                what,
            }),
        }
    }
    regions
}

const DATA: &str = "its variables, from the file or 0";

/// What a mapping is a part of; `before`: what the one right below it is.
fn part(mapping: &Mapping, program: &str, before: &str) -> (&'static str, &'static str) {
    let may = |what: char| mapping.permissions.contains(what);
    match mapping.name.as_str() {
        name if name == program && may('x') => ("code", "its instructions, from the file"),
        name if name == program && may('w') => ("data", DATA),
        name if name == program => ("constants", "what is only read, from the file"),
        // What begins as 0 is not in the file, and follows what is.
        "" if before == "data" && may('w') => ("data", DATA),
        "[heap]" => ("heap", "what it asks for (malloc)"),
        "[stack]" => ("stack", "local variables, return addresses"),
        "" => ("anonymous", "what it asks for (mmap)"),
        name if name.starts_with('[') => ("kernel", "calls that do not enter it (vdso)"),
        _ => ("libraries", "the C library's code and data"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(start: u64, permissions: &str, name: &str) -> Mapping {
        Mapping {
            start,
            end: start + 0x1000,
            permissions: permissions.to_owned(),
            offset: 0,
            name: name.to_owned(),
            resident_bytes: 0x1000,
        }
    }

    #[test]
    fn memory_that_is_split_after_a_fork_is_the_same_memory() {
        let parent = vec![mapping(0x1000, "rw-p", ""), mapping(0x2000, "rw-p", "")];
        let mut child = mapping(0x1000, "rw-p", "");
        child.end = 0x3000;
        assert_eq!(joined(parent)[0].end, child.end);
        let apart = vec![
            mapping(0x1000, "rw-p", ""),
            mapping(0x2000, "---p", ""),
            mapping(0x4000, "---p", ""),
            mapping(0x5000, "---p", "[heap]"),
        ];
        assert_eq!(joined(apart.clone()), apart);
    }

    #[test]
    fn mappings_are_told_apart_and_those_of_a_kind_added_up() {
        let mappings = [
            mapping(0x1000, "r--p", "/bin/p"),
            mapping(0x2000, "r-xp", "/bin/p"),
            mapping(0x3000, "r--p", "/bin/p"),
            mapping(0x4000, "rw-p", "/bin/p"),
            mapping(0x5000, "rw-p", ""),
            mapping(0x6000, "rw-p", "[heap]"),
            mapping(0x7000, "r-xp", "/lib/libc.so"),
            mapping(0x8000, "rw-p", ""),
            mapping(0x9000, "rw-p", "[stack]"),
            mapping(0xa000, "r-xp", "[vdso]"),
        ];
        let regions = regions(&mappings, "/bin/p");
        let parts: Vec<_> = regions
            .iter()
            .map(|region| (region.part, region.bytes))
            .collect();
        assert_eq!(
            parts,
            [
                ("constants", 0x2000),
                ("code", 0x1000),
                ("data", 0x2000),
                ("heap", 0x1000),
                ("libraries", 0x1000),
                ("anonymous", 0x1000),
                ("stack", 0x1000),
                ("kernel", 0x1000),
            ]
        );
    }
}
