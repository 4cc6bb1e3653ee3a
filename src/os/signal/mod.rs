//! The signals that ask us to end, to stop, or tell that we were stopped, and the one owner of them,
//! [`Signals`]. It waits on tokio; code without a runtime waits with [`BlockingSignals`].

mod blocking;
mod dispositions;
mod handlers;
pub mod interval_signal;
pub mod job_control;
mod signals;
mod suspend_group;
mod timeout;

pub use blocking::BlockingSignals;
pub use dispositions::{claim_signals, ignore_sigint, ignore_sigxfsz};
pub use handlers::{end_signal, is_force_quit};
pub use signals::{SignalEvent, Signals};
pub use timeout::Timeout;
