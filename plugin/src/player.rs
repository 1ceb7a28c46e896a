//! What the window knows of a file player. The standalone program has one; in a DAW there is none.

use std::path::Path;

/// Where the player stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Playback {
    /// Name of the song, empty before one is open.
    pub title: String,
    /// Length of the song in seconds.
    pub length: f64,
    /// Where playback is, in seconds.
    pub position: f64,
    /// Whether it plays.
    pub playing: bool,
    /// Whether it begins again at the end.
    pub looping: bool,
    /// A song is being read.
    pub loading: bool,
}

/// A player that the window can work. All calls come from the window's thread and return at once.
pub trait Player: Send + Sync {
    /// Where it stands.
    fn playback(&self) -> Playback;

    /// Starts to read a song, which plays once it is there.
    fn open(&self, path: &Path);

    /// Plays or pauses.
    fn play(&self, playing: bool);

    /// Begins again at the end, or not.
    fn set_looping(&self, looping: bool);

    /// Goes to a place in seconds.
    fn seek(&self, position: f64);

    /// What went wrong since the last call, as one line for people.
    fn take_error(&self) -> Option<String>;
}
