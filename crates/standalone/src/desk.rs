//! The levels, mutes and solos as the program's own hands move them: a song's remembered mix, and MIDI controls.
//!
//! What moves them works on a thread of its own ([`Worker`]); the audio thread sets the values ([`Automation`]) and hands over
//! the MIDI messages it gets, each through a ring.

mod console;
mod midi;
mod mix;
mod target;
mod worker;

pub use console::{Automation, desk};
pub use midi::Message;
pub use mix::Mix;
#[cfg(test)]
pub use target::{Kind, Target};
pub use worker::{Learning, Worker};
