//! TODO room.

pub mod capabilities;
pub mod page;
