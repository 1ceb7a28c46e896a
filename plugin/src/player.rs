//! The file player that the window drives. Only the standalone program has one.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Practice settings of a song.
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
    /// These settings, each moved into its range.
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

/// The song's way into files.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Separation {
    /// It is under way: the part that is done, from 0 to 1.
    pub running: Option<f32>,
    /// The folder with the files of the song that was separated last.
    pub folder: Option<PathBuf>,
}

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
    /// Practice settings of the song.
    pub practice: Practice,
    /// While a MIDI control is learned: the next step, as a message of one line.
    pub learning: Option<String>,
    /// The song's separation into files.
    pub separation: Separation,
}

/// A player that the window drives. All calls come from the window's thread and return at once.
pub trait Player: Send + Sync {
    /// Its present state.
    fn playback(&self) -> Playback;

    /// Extensions of the files that it opens, in small letters: those that a folder's list shows.
    fn extensions(&self) -> &'static [&'static str];

    /// Starts to read a song, which plays as soon as it is read.
    fn open(&self, path: &Path);

    /// Plays or pauses.
    fn play(&self, playing: bool);

    /// Turns the beginning again at the end on or off.
    fn set_looping(&self, looping: bool);

    /// Moves to a position in seconds.
    fn seek(&self, position: f64);

    /// Changes the practice settings.
    fn practise(&self, _practice: Practice) {}

    /// Starts or stops to learn a MIDI control for the parameter that is moved next.
    fn learn(&self, _learning: bool) {}

    /// Starts to separate the open song into files, in a folder of its own in `folder`.
    fn separate(&self, _folder: &Path) {}

    /// Stops that; nothing is left of it.
    fn stop_separating(&self) {}

    /// The error since the last call, as a message of one line.
    fn take_error(&self) -> Option<String>;
}
