//! A file player that records its calls.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

use unbraid_plugin::player::{Playback, Player};

/// Plays nothing.
#[derive(Default)]
pub struct RecordingPlayer {
    /// Songs that it was asked to open.
    pub opened: Mutex<Vec<PathBuf>>,
    /// Times of all frames: the window asks for the playback once a frame.
    pub frames: Mutex<Vec<Instant>>,
}

impl Player for RecordingPlayer {
    fn playback(&self) -> Playback {
        if let Ok(mut frames) = self.frames.lock() {
            frames.push(Instant::now());
        }
        Playback::default()
    }
    fn extensions(&self) -> &'static [&'static str] {
        &["wav"]
    }

    fn open(&self, path: &Path) {
        if let Ok(mut opened) = self.opened.lock() {
            opened.push(path.to_owned());
        }
    }
    fn play(&self, _playing: bool) {}
    fn set_looping(&self, _looping: bool) {}
    fn seek(&self, _position: f64) {}
    fn take_error(&self) -> Option<String> {
        None
    }
}
