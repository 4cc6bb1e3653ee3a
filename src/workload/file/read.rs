//! Reading a file that may be anything: bounded in time and in size.

use super::error::{FileError, MAX_FILE_BYTES};
use super::excerpt::Excerpt;
use std::fs::{self, File, FileType, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

/// The text of the regular file at `path`, which `origin` names in the errors.
pub(super) fn text_of(path: &Path, origin: &str) -> Result<String, FileError> {
    let bytes = bytes_of(path, origin)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        not_text(origin, error.as_bytes(), at)
    })?;
    match text.find('\0') {
        Some(at) => Err(not_text(origin, text.as_bytes(), at)),
        None => Ok(text),
    }
}

fn bytes_of(path: &Path, origin: &str) -> Result<Vec<u8>, FileError> {
    let unreadable = |reason| FileError::Unreadable {
        origin: origin.to_owned(),
        reason,
    };
    // Before the opening, which has effects on some devices and fails on a socket.
    let metadata = fs::metadata(path).map_err(unreadable)?;
    expect_regular(metadata.file_type(), origin)?;
    let file = open(path).map_err(unreadable)?;
    // And after it, since another file may have taken the place.
    let metadata = file.metadata().map_err(unreadable)?;
    expect_regular(metadata.file_type(), origin)?;

    let mut bytes = Vec::new();
    // The size is not asked for: a file may grow, and one in /proc says 0.
    file.take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if is_trace(&bytes) {
        return Err(FileError::Trace {
            origin: origin.to_owned(),
        });
    }
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= MAX_FILE_BYTES) {
        Ok(bytes)
    } else {
        Err(FileError::TooLarge {
            origin: origin.to_owned(),
        })
    }
}

/// Whether it begins as what a run writes: no TOML file does. A trace may be longer than a workload.
fn is_trace(bytes: &[u8]) -> bool {
    let beginning = &bytes[..bytes.len().min(200)];
    let beginning = String::from_utf8_lossy(beginning);
    let named = ["timeshare/trace/", "timeshare/recording/"];
    beginning.trim_start().starts_with('{') && named.iter().any(|name| beginning.contains(name))
}

/// Opens without waiting: a FIFO would wait for a writer, and a terminal become the controlling one.
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY)
        .open(path)
}

fn expect_regular(file_type: FileType, origin: &str) -> Result<(), FileError> {
    let kind = match file_type {
        _ if file_type.is_file() => return Ok(()),
        _ if file_type.is_dir() => "a directory",
        _ if file_type.is_fifo() => "a FIFO",
        _ if file_type.is_socket() => "a socket",
        _ if file_type.is_char_device() || file_type.is_block_device() => "a device",
        _ => "no regular file",
    };
    Err(FileError::NotAFile {
        origin: origin.to_owned(),
        kind,
    })
}

/// The error for the byte at `at`; what stands before it is text.
fn not_text(origin: &str, bytes: &[u8], at: usize) -> FileError {
    let before = String::from_utf8_lossy(&bytes[..at]);
    let place = Excerpt::of(&before, &(before.len()..before.len()));
    FileError::NotText {
        origin: origin.to_owned(),
        line: place.line,
        column: place.column,
        byte: bytes[at],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::stat::Mode;
    use std::os::unix::net::UnixListener;
    use std::path::PathBuf;
    use std::time::{Duration, Instant};

    /// A directory that is removed in the end.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let directory = format!("timeshare-workload-{}-{name}", std::process::id());
            let path = std::env::temp_dir().join(directory);
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn file(&self, bytes: &[u8]) -> PathBuf {
            let path = self.0.join("w.toml");
            fs::write(&path, bytes).unwrap();
            path
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn message(path: &Path) -> String {
        text_of(path, "w.toml").unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_regular_file_is_named_and_does_not_hang() {
        let start = Instant::now();
        let scratch = Scratch::new("kinds");
        let fifo = scratch.0.join("fifo");
        nix::unistd::mkfifo(&fifo, Mode::S_IRWXU).unwrap();
        let socket = scratch.0.join("socket");
        let _listener = UnixListener::bind(&socket).unwrap();
        for (path, kind) in [
            (&*scratch.0, "a directory"),
            (&*fifo, "a FIFO"),
            (&*socket, "a socket"),
            (Path::new("/dev/zero"), "a device"),
        ] {
            assert_eq!(
                message(path),
                format!("w.toml is {kind}: expected a workload file")
            );
        }
        assert!(start.elapsed() < Duration::from_secs(1));
    }

    #[test]
    fn a_trace_is_named_with_what_shows_it_however_long_it_is() {
        let scratch = Scratch::new("trace");
        for (schema, length) in [("trace/1", 0), ("recording/1", 0), ("trace/2", 2_000_000)] {
            let text = format!("{{\"schema\":\"timeshare/{schema}\"{}", " ".repeat(length));
            assert_eq!(
                message(&scratch.file(text.as_bytes())),
                "w.toml is the trace of a run, and no workload: 'timeshare report w.toml' shows it, \
                 'timeshare replay w.toml' plays it"
            );
        }
    }

    #[test]
    fn opening_a_fifo_does_not_wait_for_a_writer() {
        let scratch = Scratch::new("fifo");
        let fifo = scratch.0.join("fifo");
        nix::unistd::mkfifo(&fifo, Mode::S_IRWXU).unwrap();
        assert!(open(&fifo).is_ok());
    }

    #[test]
    fn a_missing_file_is_what_the_operating_system_says() {
        assert_eq!(
            message(Path::new("/nonexistent/w.toml")),
            "cannot read w.toml: No such file or directory (os error 2)"
        );
    }

    #[test]
    fn a_file_of_1_mib_is_read_and_a_larger_one_is_refused() {
        let scratch = Scratch::new("size");
        let mut bytes = vec![b'#'; 1024 * 1024];
        assert!(text_of(&scratch.file(&bytes), "w.toml").is_ok());
        bytes.push(b'#');
        assert_eq!(
            message(&scratch.file(&bytes)),
            "w.toml is too large: a workload file has at most 1048576 bytes (1 MiB)"
        );
    }

    #[test]
    fn what_is_not_text_is_refused_with_its_place() {
        let scratch = Scratch::new("binary");
        for (bytes, place) in [
            (&b"a = 1\n\xc3\xa9\xff"[..], "2:2: the byte 0xff"),
            (b"\x7fELF\0\0", "1:5: the byte 0x00"),
        ] {
            assert_eq!(
                message(&scratch.file(bytes)),
                format!("w.toml:{place} is not text: expected a TOML file in UTF-8")
            );
        }
    }
}
