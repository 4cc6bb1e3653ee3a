//! What a program can leave behind besides processes: files where temporary ones go, shared memory, and
//! the other objects of System V. Open files and files in memory end with the last process.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// What there was before a program started, and where it puts its temporary files.
pub struct Residue {
    /// `TMPDIR` of the program.
    temporary: TempDir,
    objects: BTreeSet<String>,
}

impl Residue {
    pub fn before() -> Self {
        let temporary = tempfile::tempdir().expect("a folder can be made");
        // As /tmp is: also for a program that has become another user's.
        let everybodys = fs::Permissions::from_mode(0o1777);
        fs::set_permissions(temporary.path(), everybodys).expect("it is ours");
        let objects = objects();
        Self { temporary, objects }
    }

    pub fn temporary(&self) -> &Path {
        self.temporary.path()
    }

    /// What has been left behind. Others on this machine make shared objects, too, and live; or they
    /// remove them, at `grace` after the program has ended at the latest.
    pub fn left(&self, grace: Duration) -> Vec<String> {
        let files = names(self.temporary.path()).map(|path| path.display().to_string());
        let deadline = Instant::now() + grace;
        loop {
            let mut new: Vec<_> = objects().difference(&self.objects).cloned().collect();
            new.retain(|object| !is_in_use(object));
            if new.is_empty() || Instant::now() >= deadline {
                return files.chain(new).collect();
            }
            sleep(Duration::from_millis(20));
        }
    }
}

fn names(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.ok()?.path()))
}

/// Shared memory by its path, and what System V knows by kind, id and the pid of its maker.
fn objects() -> BTreeSet<String> {
    let shared = names(Path::new("/dev/shm")).map(|path| path.display().to_string());
    // Of shared memory alone the kernel tells who made it.
    let kinds = [("shm", Some(4)), ("sem", None), ("msg", None)];
    let system_v = kinds.into_iter().flat_map(|(kind, maker)| {
        let table = fs::read_to_string(format!("/proc/sysvipc/{kind}")).unwrap_or_default();
        let object = |row: &str| {
            let fields: Vec<_> = row.split_whitespace().collect();
            let maker = maker.map_or(Some(&"0"), |column: usize| fields.get(column))?;
            Some(format!("{kind} {} {maker}", fields.get(1)?))
        };
        table.lines().skip(1).filter_map(object).collect::<Vec<_>>()
    });
    shared.chain(system_v).collect()
}

/// Whether a living process has made it or has it open.
fn is_in_use(object: &str) -> bool {
    if let Some(pid) = object.split(' ').nth(2) {
        return Path::new("/proc").join(pid).exists();
    }
    let processes = names(Path::new("/proc"));
    let mut maps = processes.map(|process| {
        let mapped = fs::read_to_string(process.join("maps")).unwrap_or_default();
        let open = names(&process.join("fd"));
        let mut open = open.filter_map(|file| fs::read_link(file).ok());
        mapped.contains(object) || open.any(|file| file == Path::new(object))
    });
    maps.any(|is_theirs| is_theirs)
}
