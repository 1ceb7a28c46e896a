//! Time-slicing: the work of one frame planned over the callbacks of a hop.
//!
//! Planning ([`Schedule::new`]) happens when a network is published; the audio thread only asks what is due.

mod partition;
mod stage;
mod timetable;

pub use stage::{Stage, stages};
pub use timetable::Schedule;
