//! A command and its words, found before anything is forked.

use std::env;
use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access};

use crate::os::error::Error;
use crate::workload::quote::quoted;

/// A program that may be executed, and its arguments, its name first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executable {
    pub path: CString,
    pub words: Vec<CString>,
}

impl Executable {
    /// Finds a command as a shell does: by its path if it has a slash, otherwise along `PATH`.
    ///
    /// # Errors
    /// When there is none, or it may not be executed.
    pub fn find(words: &[String]) -> Result<Self, Error> {
        let name = words.first().map_or("", String::as_str);
        let path = if name.contains('/') {
            let path = PathBuf::from(name);
            check(&path, name)?;
            path
        } else {
            let along = env::var_os("PATH").unwrap_or_default();
            search(name, &along).ok_or_else(|| {
                Error::Refused(format!("there is no command {} in PATH", quoted(name)))
            })?
        };
        let c_string = |bytes: &[u8]| {
            CString::new(bytes).map_err(|_| {
                Error::Refused("a word of a command cannot contain a NUL byte".to_owned())
            })
        };
        let words = words.iter().map(|word| c_string(word.as_bytes()));
        Ok(Self {
            path: c_string(path.as_os_str().as_bytes())?,
            words: words.collect::<Result<_, _>>()?,
        })
    }
}

fn check(path: &Path, name: &str) -> Result<(), Error> {
    let refused = |why: &str| {
        Err(Error::Refused(format!(
            "cannot execute {}: {why}",
            quoted(name)
        )))
    };
    if path.is_dir() {
        return refused("it is a directory");
    }
    match access(path, AccessFlags::X_OK) {
        Ok(()) => Ok(()),
        Err(errno) => refused(errno.desc()),
    }
}

fn search(name: &str, along: &OsStr) -> Option<PathBuf> {
    env::split_paths(along)
        .map(|folder| folder.join(name))
        .find(|path| !name.is_empty() && path.is_file() && access(path, AccessFlags::X_OK).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(words: &[&str]) -> Result<Executable, String> {
        let words: Vec<_> = words.iter().map(|&word| word.to_owned()).collect();
        Executable::find(&words).map_err(|error| error.to_string())
    }

    #[test]
    fn a_command_is_found_along_the_path_and_keeps_its_words() {
        let found = find(&["sh", "-c", "exit 3"]).unwrap();
        assert!(found.path.to_bytes().ends_with(b"/sh"), "{found:?}");
        assert_eq!(
            found.words,
            [c"sh".to_owned(), c"-c".to_owned(), c"exit 3".to_owned()]
        );
    }

    #[test]
    fn what_cannot_be_executed_is_named() {
        for (name, why) in [
            ("no-such-command", "in PATH"),
            ("", "in PATH"),
            ("/nonexistent/x", "No such file"),
            ("/", "a directory"),
            ("/proc/version", "denied"),
        ] {
            let message = find(&[name]).unwrap_err();
            assert!(message.contains(name) && message.contains(why), "{message}");
        }
        assert!(find(&["sh", "a\0b"]).unwrap_err().contains("NUL"));
    }
}
