//! `--record FILE`: a run written down while it happens.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::os::error::no_thread;
use crate::output::failure::Failure;
use crate::output::{create, emptied};
use crate::run::background_writer::{BackgroundWriter, Work};
use crate::run::{Run, Setup};
use crate::trace::Trace;
use crate::trace::recording::{Entry, EntryObserver};

/// The file; it is there before any process is.
pub struct RecordFile {
    path: PathBuf,
    file: File,
}

/// A recording that goes on.
pub struct Record {
    path: PathBuf,
    writer: BackgroundWriter<Entry>,
}

impl RecordFile {
    pub fn create(path: &Path) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Err(Failure::Input(
                "a recording goes to a file; for standard output there is: --json -".to_owned(),
            ));
        }
        Ok(Self {
            path: path.to_owned(),
            file: create(path, "the recording")?,
        })
    }

    /// Writes the beginning, and goes on from a thread, off the children's CPU if that is possible.
    pub fn begin(self, run: &Run<'_>, setup: &Setup) -> Result<Record, Failure> {
        emptied(&self.file).map_err(failed(&self.path))?;
        let mut lines = Lines(BufWriter::new(self.file));
        let begun = lines.write(&run.beginning()).and_then(|()| lines.rest());
        begun.map_err(failed(&self.path))?;
        let writer = BackgroundWriter::start(setup.cpus_beside(), lines);
        Ok(Record {
            writer: writer.map_err(no_thread("the thread that records"))?,
            path: self.path,
        })
    }
}

impl Record {
    /// Takes down what happens. If that cannot be written, [`Record::finish`] says so: the run goes
    /// on.
    pub fn observer(&self) -> EntryObserver<impl FnMut(Entry) -> io::Result<()> + '_> {
        EntryObserver(|entry| {
            let _ = self.writer.hand(entry);
            Ok(())
        })
    }

    /// Takes down the end, and waits until all is written.
    pub fn finish(self, trace: &Trace) -> Result<(), Failure> {
        let _ = self.writer.hand(Entry::end(trace));
        self.writer.finish().map_err(failed(&self.path))
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> Failure {
    let to = format!("the recording '{}'", path.display());
    move |source| Failure::Output { to, source }
}

struct Lines(BufWriter<File>);

impl Lines {
    fn write(&mut self, document: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.0, document)?;
        self.0.write_all(b"\n")
    }
}

impl Work<Entry> for Lines {
    fn take(&mut self, entry: Entry) -> io::Result<()> {
        self.write(&entry)
    }

    /// The kernel has it then, and keeps it, whatever becomes of us.
    fn rest(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
