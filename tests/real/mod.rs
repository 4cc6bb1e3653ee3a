//! Real processes under control: runs, scenes, the console, the live view, and the harness that
//! proves that nothing of them is left.

mod blocking_signals;
pub mod children;
pub mod demo;
mod harness;
mod inspect;
mod inspect_edges;
pub mod interference;
mod live;
mod progress_line;
mod record;
mod replay;
mod report;
pub mod run;
pub mod shell;
mod shell_terminal;
pub mod signals;
mod trace;
mod truth;
mod watch;
mod watch_manual;
mod watch_terminal;
mod withheld;
