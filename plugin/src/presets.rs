//! Presets: named settings, built in or in files of the user's.
//!
//! A file is JSON that people can read and write:
//! `{"format": "unbraid-preset/1", "parameters": {"vocals_level": "-3.0 dB", "drums_mute": "muted"}}`. Parameters that are
//! not named take their defaults; mode and bypass are never stored.

mod error;
mod factory;
mod file;
mod folder;

pub use factory::FACTORY;
pub use file::{EXTENSION, Settings, load, save};
pub use folder::Folder;
