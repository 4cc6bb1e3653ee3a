//! Scenes: what chapter 4 says of a process, shown live on real processes.
//!
//! Each scene announces what will happen, lets processes do it with real system calls, shows what
//! the kernel says of them, and asserts what it tells. A scene is one file in [`scenes`] and one line
//! in its table; it acts and waits through a [`SceneRun`], which records each [`Step`] and hands it
//! to a [`SceneObserver`].
//!
//! Knows `process` (the processes that do it), `os`, `text`, and of `machine` how a run is stopped.

mod actions;
pub mod record;
mod scene_run;
mod scenes;
pub mod text;
pub mod viewer;

pub use record::{SceneRecord, Step};
pub use scene_run::{Scene, SceneError, SceneObserver, SceneRun, run};
pub use scenes::SCENES;

#[cfg(test)]
mod tests;
