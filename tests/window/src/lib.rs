//! Tests of the plug-in's window on a screen.
//!
//! `windows` opens and closes it while audio plays; `drops` drags files onto it and `keys` types over it (both Linux). They need a
//! display, which `cargo xtask window` brings.

mod error;
mod host;
mod player;
#[cfg(target_os = "linux")]
pub mod screen;
#[cfg(target_os = "linux")]
pub mod xdnd;

pub use error::Result;
pub use host::{CountingHost, open, open_in};
pub use player::RecordingPlayer;
