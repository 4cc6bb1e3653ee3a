//! A stack that is large enough, whatever `ulimit -s` says.
//!
//! The limit holds for the first thread of a process. Where it is small, what has to be done is done on a
//! second thread, and the first does nothing but wait for it: it blocks every signal, so that each finds
//! the thread at work. Of a process with a usual stack there is no second thread. Our other threads have
//! stacks of a size that the standard library sets (2 MiB), and a child of `fork` runs on a copy of the
//! stack of the thread that forked it, until it executes a program.

use std::panic::resume_unwind;
use std::thread;

use nix::sys::resource::{Resource, getrlimit};
use nix::sys::signal::{SigSet, SigmaskHow};

use super::error::Error;

/// The size of a stack of ours, in bytes: as that of any other thread.
const SIZE: usize = 2 << 20;

/// Does what has to be done, on this stack if it is large enough, or else on one that is.
///
/// # Errors
/// When there is neither; then nothing has been done.
pub fn run_on_large<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    let limit = getrlimit(Resource::RLIMIT_STACK).map_or(u64::MAX, |(soft, _)| soft);
    if limit >= SIZE as u64 {
        return Ok(work());
    }
    // Before the thread is there: no signal may find this one meanwhile.
    let mask = SigSet::all().thread_swap_mask(SigmaskHow::SIG_BLOCK);
    let at_work = move || {
        if let Ok(mask) = mask {
            // It was the mask of this process.
            let _ = mask.thread_set_mask();
        }
        work()
    };
    let thread = thread::Builder::new().stack_size(SIZE).spawn(at_work);
    let thread = thread.map_err(|error| {
        Error::Refused(format!(
            "the stack may have {} KiB (ulimit -s), of {} KiB that are needed, and there is no \
             thread to be had with a larger one: {error}. Raise that limit, or the one on \
             processes (ulimit -u)",
            limit / 1024,
            SIZE / 1024
        ))
    })?;
    Ok(thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
}
