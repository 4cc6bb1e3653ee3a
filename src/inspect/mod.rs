//! TODO room.

pub mod page;
pub mod pcb;
