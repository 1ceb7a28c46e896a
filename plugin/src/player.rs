//! The file player that the window drives. Only the standalone program has one.

use std::path::Path;

/// State of the player.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Playback {
    /// Name of the song; empty before one is open.
    pub title: String,
    /// Length of the song in seconds.
    pub length: f64,
    /// Position in the song in seconds.
    pub position: f64,
    /// The song plays.
    pub playing: bool,
    /// The song begins again at its end.
    pub looping: bool,
    /// A song is being read.
    pub loading: bool,
}

/// A player that the window drives. All calls come from the window's thread and return at once.
pub trait Player: Send + Sync {
    /// Its present state.
    fn playback(&self) -> Playback;

    /// Starts to read a song, which plays as soon as it is read.
    fn open(&self, path: &Path);

    /// Plays or pauses.
    fn play(&self, playing: bool);

    /// Turns the beginning again at the end on or off.
    fn set_looping(&self, looping: bool);

    /// Moves to a position in seconds.
    fn seek(&self, position: f64);

    /// The error since the last call, as a message of one line.
    fn take_error(&self) -> Option<String>;
}
