//! Real processes under control: runs, scenes, the console, the live view, and the harness that
//! proves that nothing of them is left.

mod children;
#[path = "../common/mod.rs"]
mod common;
mod demo;
mod harness;
mod inspect;
mod inspect_edges;
mod listening;
mod live;
mod outsiders;
mod progress;
mod record;
mod replay;
mod report;
mod run;
mod shell;
mod shell_terminal;
mod signals;
mod trace;
mod truth;
mod watch;
mod watch_by_hand;
mod watch_terminal;
