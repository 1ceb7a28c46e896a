//! The report: what was played, how fast, and what to be wary of. JSON for programs, a summary for people.

mod device;
mod merge;
mod warnings;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;

use crate::key::Key;
use crate::measure::{Levels, decibels};
use crate::network::Network;
use crate::options::Options;
use crate::{numbers, shown};

pub use merge::{is_ours, merge};
pub use warnings::Wary;

/// The file's name.
pub const REPORT: &str = "report.json";

/// What the plug-in's pass over a song was like.
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
    /// What is known of it.
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
    /// What it is.
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
    /// What the rendering depends on.
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
    /// What to be wary of.
    pub warnings: Vec<String>,
    /// The gain of `--normalize`, in dB.
    pub gain_db: f64,
    /// Seconds since the separation started.
    pub seconds: f64,
}

/// `report.json`.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The song.
    song: SongPart,
    /// The plug-in.
    plugin: PluginPart,
    /// The network that the plug-in ran; null where only the plug-in itself knows it.
    model: Option<Network>,
    /// Where it ran.
    device: device::Device,
    /// The delay that was compensated.
    latency: Latency,
    /// How long it took.
    time: Time,
    /// The host's callbacks.
    callbacks: Callbacks,
    /// Levels of the mix in dB by stem; null is silence. Stems at 0 dB are left out.
    levels_db: serde_json::Map<String, serde_json::Value>,
    /// The gain of `--normalize` in dB, 0 without it.
    normalize_gain_db: f64,
    /// The written audio files.
    tracks: Vec<TrackPart>,
    /// What to be wary of, a sentence each.
    warnings: Vec<String>,
    /// Bytes of each written file beside this report.
    files: serde_json::Map<String, serde_json::Value>,
    /// What the files depend on: of several songs, one whose key is the same is not rendered again.
    key: Key,
}

#[derive(Debug, Serialize)]
struct SongPart {
    file: String,
    /// Its whole path; null for standard input.
    path: Option<PathBuf>,
    seconds: f64,
    samples: u64,
    channels: usize,
    source_rate_hz: u32,
    rate_hz: u32,
    container: String,
    codec: String,
    artist: Option<String>,
    title: Option<String>,
}

#[derive(Debug, Serialize)]
struct PluginPart {
    name: String,
    version: String,
    format: &'static str,
    mode: &'static str,
    /// Sample rate that it ran at, in Hz.
    rate_hz: u32,
}

#[derive(Debug, Serialize)]
struct Latency {
    samples: usize,
    milliseconds: f64,
}

#[derive(Debug, Serialize)]
struct Time {
    /// Separating, writing and drawing, in seconds.
    run_s: f64,
    /// Streaming alone, in seconds.
    stream_s: f64,
    /// Seconds of audio per second of streaming.
    real_time_factor: f64,
}

#[derive(Debug, Serialize)]
struct Callbacks {
    count: u64,
    block_samples: u32,
    /// Processor time of the callbacks per second of audio, in percent of one core.
    core_percent: f64,
    /// Wall-clock time of the callbacks as a fraction of their period, in percent.
    mean_percent: f64,
    p99_percent: f64,
    peak_percent: f64,
}

#[derive(Debug, Serialize)]
struct TrackPart {
    name: String,
    /// The loudest sample, in dBFS; null for silence.
    peak_dbfs: Option<f64>,
    /// Energy relative to the song's, in dB; null for silence.
    relative_db: Option<f64>,
    /// How much of the stem was given to it alone, 0…1; null for the mix.
    confidence: Option<f32>,
}

/// Power of a track over the song's: both may have rates of their own.
pub(crate) fn relative_db(track: &Levels, rate: u32, song: &Levels, song_rate: u32) -> Option<f64> {
    let per_second = |levels: &Levels, rate: u32| levels.energy / f64::from(rate);
    decibels(per_second(track, rate) / per_second(song, song_rate).max(f64::MIN_POSITIVE))
}

impl Report {
    /// Puts the facts together.
    pub fn new(facts: Facts<'_>) -> Self {
        let Facts { options, song, pass, .. } = facts;
        let timing = &pass.timing;
        let tracks = facts.written.iter().map(|written| TrackPart {
            name: written.track.clone(),
            peak_dbfs: decibels(f64::from(written.levels.peak).powi(2)).map(|peak| peak + facts.gain_db),
            relative_db: relative_db(&written.levels, song.rate, &song.levels, pass.rate),
            confidence: written.confidence,
        });
        Self {
            tracks: tracks.collect(),
            song: SongPart {
                file: song.name,
                path: song.path,
                seconds: numbers::float(song.samples) / f64::from(song.rate),
                samples: song.samples,
                channels: song.info.channels,
                source_rate_hz: song.info.rate,
                rate_hz: song.rate,
                container: song.info.container.clone(),
                codec: song.info.codec.clone(),
                artist: song.info.tags.artist.clone(),
                title: song.info.tags.title.clone(),
            },
            plugin: PluginPart {
                name: pass.plugin.0,
                version: pass.plugin.1,
                format: "CLAP",
                mode: options.mode.text(),
                rate_hz: pass.rate,
            },
            warnings: facts.warnings,
            model: facts.model,
            device: device::Device::here(),
            latency: Latency {
                samples: pass.latency,
                milliseconds: numbers::float_length(pass.latency) * 1000.0 / f64::from(pass.rate),
            },
            time: Time {
                run_s: facts.seconds,
                stream_s: pass.stream_s,
                real_time_factor: timing.audio_s / pass.stream_s.max(1e-9),
            },
            callbacks: Callbacks {
                count: timing.callbacks,
                block_samples: options.block,
                core_percent: 100.0 * timing.core_load(),
                mean_percent: 100.0 * timing.mean_load(),
                p99_percent: 100.0 * timing.quantile_load(0.99),
                peak_percent: 100.0 * timing.peak_load(),
            },
            levels_db: options
                .levels
                .values()
                .iter()
                .map(|&(stem, level)| (stem.to_owned(), serde_json::Value::from(level)))
                .collect(),
            normalize_gain_db: facts.gain_db,
            files: facts.files.into_iter().map(|(name, bytes)| (name, bytes.into())).collect(),
            key: facts.key,
        }
    }

    /// The names of the written files, this report among them.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str).chain([REPORT])
    }

    /// The summary in one line.
    pub fn line(&self) -> String {
        let warnings = match self.warnings.len() {
            0 => String::new(),
            1 => ", 1 warning in its report".to_owned(),
            count => format!(", {count} warnings in its report"),
        };
        format!(
            "{:.1} s in {:.1} s, {:.1} % of one core{warnings}",
            self.song.seconds, self.time.run_s, self.callbacks.core_percent
        )
    }

    /// Writes the JSON file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        std::fs::write(path, text).with_context(|| format!("cannot write {}", shown(path)))
    }

    /// The summary in a few lines.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![match &self.model {
            Some(model) => format!("network: {} {} ({})", model.name, model.version, self.plugin.mode),
            None => format!("plug-in: {} {} ({})", self.plugin.name, self.plugin.version, self.plugin.mode),
        }];
        lines.push(format!(
            "latency: {} samples, {:.1} ms (compensated in the files)",
            self.latency.samples, self.latency.milliseconds
        ));
        lines.push(format!(
            "CPU: {:.1} % of one core (mean); callbacks of {} samples took {:.1} % of their time (mean), \
             {:.1} % (99 of 100), {:.1} % (peak); {}",
            self.callbacks.core_percent,
            self.callbacks.block_samples,
            self.callbacks.mean_percent,
            self.callbacks.p99_percent,
            self.callbacks.peak_percent,
            self.device.processor()
        ));
        lines.push(format!(
            "time: {:.1} s of audio in {:.1} s ({:.1} × real time)",
            self.song.seconds, self.time.stream_s, self.time.real_time_factor
        ));
        lines.extend(self.warnings.iter().map(|warning| format!("warning: {warning}")));
        lines
    }
}
