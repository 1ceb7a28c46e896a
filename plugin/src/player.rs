//! What the window knows of a file player. The standalone program has one; in a DAW there is none.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// How a song is practised. What is out of range is brought into it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Practice {
    /// Start (A) of the passage that a loop repeats, in seconds; without it, the song's.
    pub start: Option<f64>,
    /// End (B) of the passage that a loop repeats, in seconds; without it, the song's.
    pub end: Option<f64>,
    /// Tempo in per cent of the song's own, 50 to 150. The pitch stays.
    pub tempo: u8,
    /// Transposition in semitones, −12 to 12. The tempo stays.
    pub semitones: i8,
    /// Beats that are counted in before playback starts, 0 to 8.
    pub count_in: u8,
    /// Beats per minute of the count-in at the song's own tempo, 30 to 300.
    pub bpm: u16,
}

impl Default for Practice {
    fn default() -> Self {
        Self { start: None, end: None, tempo: 100, semitones: 0, count_in: 0, bpm: 120 }
    }
}

impl Practice {
    /// The nearest settings within the ranges.
    #[must_use]
    pub fn in_range(self) -> Self {
        let place = |place: Option<f64>| place.filter(|place| place.is_finite()).map(|place| place.max(0.0));
        let (start, end) = (place(self.start), place(self.end));
        Self {
            start,
            end: end.filter(|end| start.is_none_or(|start| *end > start)),
            tempo: self.tempo.clamp(50, 150),
            semitones: self.semitones.clamp(-12, 12),
            count_in: self.count_in.min(8),
            bpm: self.bpm.clamp(30, 300),
        }
    }
}

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
    /// How it is practised.
    pub practice: Practice,
    /// What learning a MIDI control waits for, as one line for people, while it does.
    pub learning: Option<String>,
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

    /// Changes how the song is practised.
    fn practise(&self, _practice: Practice) {}

    /// Learns which MIDI control moves the parameter that is moved next, or stops learning.
    fn learn(&self, _learning: bool) {}

    /// What went wrong since the last call, as one line for people.
    fn take_error(&self) -> Option<String>;
}
