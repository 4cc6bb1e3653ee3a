//! One field of a process control block: its value, or why there is none to show.

use std::io;

use serde::Serialize;

/// A field, and where Linux shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field<T> {
    /// Files in `/proc/PID`, and lines of `status`.
    pub source: &'static str,
    #[serde(flatten)]
    pub found: Found<T>,
}

/// What was found there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Found<T> {
    Value(T),
    /// A process in this state has none; why.
    None(&'static str),
    /// It is not shown to us; why.
    Unreadable(String),
}

impl<T> Field<T> {
    pub const fn new(source: &'static str, found: Found<T>) -> Self {
        Self { source, found }
    }

    #[must_use]
    pub const fn value(&self) -> Option<&T> {
        match &self.found {
            Found::Value(value) => Some(value),
            Found::None(_) | Found::Unreadable(_) => None,
        }
    }
}

impl<T> Found<T> {
    pub fn as_ref(&self) -> Found<&T> {
        match self {
            Self::Value(value) => Found::Value(value),
            Self::None(why) => Found::None(why),
            Self::Unreadable(why) => Found::Unreadable(why.clone()),
        }
    }

    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Found<U> {
        self.and_then(|value| Found::Value(change(value)))
    }

    pub fn and_then<U>(self, next: impl FnOnce(T) -> Found<U>) -> Found<U> {
        match self {
            Self::Value(value) => next(value),
            Self::None(why) => Found::None(why),
            Self::Unreadable(why) => Found::Unreadable(why),
        }
    }

    /// For what a file contains, if it contains what the manual says.
    pub fn parsed(value: Option<T>) -> Self {
        let why = "the kernel writes it in a way this program does not know";
        value.map_or_else(|| Self::Unreadable(why.to_owned()), Self::Value)
    }
}

/// Who may read a file of `/proc/PID`, where not all users may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Those who may trace the process (`ptrace(2)`, access mode checking).
    Tracers,
    /// The administrator of the machine (`CAP_SYS_ADMIN`).
    Administrator,
}

/// Who we are to the process that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Root,
    SameUser,
    OtherUser,
}

impl Standing {
    /// What to say where we are not among the readers.
    #[must_use]
    pub fn refusal(self, readers: Readers) -> String {
        let needs = match (readers, self) {
            (_, Self::Root) => "kept even from this root: capabilities, or a security module",
            (Readers::Administrator, _) => "needs root",
            (Readers::Tracers, Self::SameUser) => {
                "needs root: the process or the system (Yama) keeps it from its own user"
            }
            (Readers::Tracers, Self::OtherUser) => "needs root or the same user",
        };
        format!("not ours to read ({needs})")
    }
}

/// `absent`: what it means when there is no such thing.
pub fn found<T>(
    read: io::Result<T>,
    absent: &'static str,
    refusal: impl FnOnce() -> String,
) -> Found<T> {
    match read {
        Ok(value) => Found::Value(value),
        Err(error) if is_gone(&error) => Found::None(absent),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            Found::Unreadable(refusal())
        }
        Err(error) => Found::Unreadable(format!("cannot be read: {error}")),
    }
}

/// How `/proc` says that a process, or what it had, is gone.
pub fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(libc::ESRCH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read_as(error: i32) -> Found<u8> {
        let refusal = || Standing::OtherUser.refusal(Readers::Tracers);
        found(
            Err(io::Error::from_raw_os_error(error)),
            "it has none",
            refusal,
        )
    }

    #[test]
    fn what_is_gone_what_is_forbidden_and_what_failed_are_told_apart() {
        assert_eq!(read_as(libc::ENOENT), Found::None("it has none"));
        assert_eq!(read_as(libc::ESRCH), Found::None("it has none"));
        let forbidden = "not ours to read (needs root or the same user)".to_owned();
        assert_eq!(read_as(libc::EACCES), Found::Unreadable(forbidden.clone()));
        assert_eq!(read_as(libc::EPERM), Found::Unreadable(forbidden));
        assert!(matches!(read_as(libc::EIO), Found::Unreadable(why) if why.contains("os error 5")));
    }

    #[test]
    fn json_has_the_source_and_one_of_three() {
        let json = |found: Found<u8>| serde_json::to_value(Field::new("maps", found)).unwrap();
        let value = json!({"source": "maps", "value": 3});
        assert_eq!(json(Found::Value(3)), value);
        let none = json!({"source": "maps", "none": "a zombie"});
        assert_eq!(json(Found::None("a zombie")), none);
        let unreadable = json!({"source": "maps", "unreadable": "no"});
        assert_eq!(json(Found::Unreadable("no".to_owned())), unreadable);
    }
}
