//! The report: what was played, how fast, and what to be wary of. JSON for programs, a summary for people.

mod device;
mod facts;
mod merge;
mod warnings;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;

use crate::key::Key;
use crate::measure::decibels;
use crate::network::Network;
use crate::numbers;
use crate::paths::shown;

pub use facts::{Facts, Pass, REPORT, SongFacts, Written, relative_db};
pub use merge::{is_ours, merge};
pub use warnings::Wary;

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
    /// Warnings, a sentence each.
    warnings: Vec<String>,
    /// Bytes of each written file beside this report.
    files: serde_json::Map<String, serde_json::Value>,
    /// The rendering's key: of several songs, one whose key is the same is not rendered again.
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
