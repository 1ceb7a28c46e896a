//! Input of a report.

use std::path::PathBuf;

use crate::key::Key;
use crate::measure::{Levels, decibels};
use crate::network::Network;
use crate::options::Options;

/// The file's name.
pub const REPORT: &str = "report.json";

/// One pass of the plug-in over a song.
pub struct Pass {
    /// Reported latency in samples at `rate`.
    pub latency: usize,
    /// Sample rate of the plug-in in Hz.
    pub rate: u32,
    /// Wall-clock seconds of the whole stream, host included.
    pub stream_s: f64,
    /// The host's clock.
    pub timing: unbraid_host::Timing,
    /// Name and version of the plug-in.
    pub plugin: (String, String),
}

/// The song as it was read.
pub struct SongFacts<'a> {
    /// Its file, as the user wrote it.
    pub name: String,
    /// Its file's whole path; nothing for standard input.
    pub path: Option<PathBuf>,
    /// Format, length and tags.
    pub info: &'a unbraid_song::Info,
    /// Length in samples at the files' rate.
    pub samples: u64,
    /// The files' rate in Hz.
    pub rate: u32,
    /// Levels at the plug-in's rate.
    pub levels: Levels,
}

/// A written file of audio.
pub struct Written {
    /// The track's name.
    pub track: String,
    /// Levels before the gain of `--normalize`, at the files' rate.
    pub levels: Levels,
    /// How much of it was given to it alone, if it is a part of the song.
    pub confidence: Option<f32>,
}

/// Everything that a report is made from.
pub struct Facts<'a> {
    /// The command's options.
    pub options: &'a Options,
    /// The rendering's key.
    pub key: Key,
    /// Names and sizes of the written files, without the report.
    pub files: Vec<(String, u64)>,
    /// The network in the plug-in, where it is known.
    pub model: Option<Network>,
    /// The song.
    pub song: SongFacts<'a>,
    /// The plug-in's pass.
    pub pass: Pass,
    /// The files of audio.
    pub written: Vec<Written>,
    /// Warnings.
    pub warnings: Vec<String>,
    /// The gain of `--normalize`, in dB.
    pub gain_db: f64,
    /// Seconds since the separation started.
    pub seconds: f64,
}

/// Power of a track over the song's: both may have rates of their own.
pub fn relative_db(track: &Levels, rate: u32, song: &Levels, song_rate: u32) -> Option<f64> {
    let per_second = |levels: &Levels, rate: u32| levels.energy / f64::from(rate);
    decibels(per_second(track, rate) / per_second(song, song_rate).max(f64::MIN_POSITIVE))
}
