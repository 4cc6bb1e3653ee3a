//! One field of a process control block: its value, or why there is none to show.

use std::fmt;
use std::io;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::os::procfs::process_dir::is_gone;
use crate::os::refusal;

/// A field, and where Linux shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<T> {
    /// Files in `/proc/PID`, and lines of `status`.
    pub source: &'static str,
    pub found: Found<T>,
}

/// What was found there.
pub type Found<T> = Result<T, Absent>;

/// Why there is no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Absent {
    /// A process in this state has none; why.
    None(&'static str),
    /// It is not shown to us; why.
    Unreadable(String),
}

impl<T> Field<T> {
    pub const fn new(source: &'static str, found: Found<T>) -> Self {
        Self { source, found }
    }

    pub fn value(&self) -> Option<&T> {
        self.found.as_ref().ok()
    }
}

/// The source, and one of `value`, `none`, `unreadable`.
impl<T: Serialize> Serialize for Field<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("source", self.source)?;
        match &self.found {
            Ok(value) => map.serialize_entry("value", value)?,
            Err(Absent::None(why)) => map.serialize_entry("none", why)?,
            Err(Absent::Unreadable(why)) => map.serialize_entry("unreadable", why)?,
        }
        map.end()
    }
}

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None(why) => write!(f, "none: {why}"),
            Self::Unreadable(why) => f.write_str(why),
        }
    }
}

/// For what a file contains, if it contains what the manual says.
pub fn parsed<T>(value: Option<T>) -> Found<T> {
    let why = "the kernel writes it in a way this program does not know";
    value.ok_or_else(|| Absent::Unreadable(why.to_owned()))
}

/// Who may read a file of `/proc/PID`, where not all users may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Those who may trace the process (`ptrace(2)`, access mode checking).
    Tracers,
    /// Those who may attach to it as a debugger: Yama can forbid that.
    Debuggers,
    /// The administrator of the machine (`CAP_SYS_ADMIN`).
    Administrator,
}

/// As which user, to the process, it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Root,
    SameUser,
    OtherUser,
}

const KEPT_BY_ITSELF: &str = "needs root: the process keeps it from its own user";

impl Standing {
    /// Why a file is forbidden.
    pub fn refusal(self, readers: Readers) -> Absent {
        let needs = match (readers, self) {
            (_, Self::Root) => "kept even from this root: capabilities, or a security module",
            (Readers::Administrator, _) => "needs root",
            (Readers::Debuggers, Self::SameUser) => {
                refusal::why_not_traced(false).unwrap_or(KEPT_BY_ITSELF)
            }
            (Readers::Tracers, Self::SameUser) => KEPT_BY_ITSELF,
            (Readers::Tracers | Readers::Debuggers, Self::OtherUser) => {
                "needs root or the same user"
            }
        };
        Absent::Unreadable(format!("not ours to read ({needs})"))
    }

    /// Why nothing was read; `gone`: what it means when there is no such file.
    pub fn absent(self, error: &io::Error, gone: &'static str, readers: Readers) -> Absent {
        match error {
            error if is_gone(error) => Absent::None(gone),
            error if error.kind() == io::ErrorKind::PermissionDenied => self.refusal(readers),
            error => Absent::Unreadable(format!("cannot be read: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_gone_what_is_forbidden_and_what_failed_are_told_apart() {
        let absent = |errno| {
            let error = io::Error::from_raw_os_error(errno);
            Standing::OtherUser.absent(&error, "it has none", Readers::Tracers)
        };
        assert_eq!(absent(libc::ENOENT), Absent::None("it has none"));
        assert_eq!(absent(libc::ESRCH), Absent::None("it has none"));
        let forbidden = "not ours to read (needs root or the same user)".to_owned();
        assert_eq!(absent(libc::EACCES), Absent::Unreadable(forbidden.clone()));
        assert_eq!(absent(libc::EPERM), Absent::Unreadable(forbidden));
        assert!(absent(libc::EIO).to_string().contains("os error 5"));
    }

    #[test]
    fn json_has_the_source_and_one_of_three() {
        let json = |found: Found<u8>| serde_json::to_string(&Field::new("maps", found)).unwrap();
        assert_eq!(json(Ok(3)), r#"{"source":"maps","value":3}"#);
        let none = r#"{"source":"maps","none":"a zombie"}"#;
        assert_eq!(json(Err(Absent::None("a zombie"))), none);
        let unreadable = json!({"source": "maps", "unreadable": "no"});
        let field = Field::<u8>::new("maps", Err(Absent::Unreadable("no".to_owned())));
        assert_eq!(serde_json::to_value(field).unwrap(), unreadable);
    }
}
