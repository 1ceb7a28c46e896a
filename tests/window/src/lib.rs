//! Tests of the plug-in's window on a screen.
//!
//! `windows` opens and closes it while audio plays; `drops` drags files onto it and `keys` types over it (both Linux). They need a
//! display, which `cargo xtask window` brings.

mod host;
mod player;
mod result;
#[cfg(target_os = "linux")]
pub mod screen;
#[cfg(target_os = "linux")]
pub mod xdnd;

pub use host::{CountingHost, open, open_in};
pub use player::RecordingPlayer;
pub use result::Result;
