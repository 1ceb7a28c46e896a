//! The report: what was played, how fast, and what to be wary of. JSON for programs, a summary for people.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;

use super::decode::Song;
use super::key::Key;
use super::network::Network;
use super::spectrum::Analysis;
use super::{Arguments, STEMS, Session, Track, peak};
use crate::workspace;

/// A song below this is short: the network needs a few seconds to settle.
const SHORT_S: f64 = 5.0;

/// Windows for the silence check, in seconds.
const SILENCE_WINDOW_S: f64 = 0.1;

/// RMS of a silent window, in dBFS.
const SILENCE_DBFS: f64 = -60.0;

/// A stem this far below the song is taken for absent, in dB.
const ABSENT_DB: f64 = -30.0;

/// A present stem with less confidence than this was mostly divided, not found.
const LOW_CONFIDENCE: f32 = 0.6;

/// Everything that a report is made from.
pub struct Facts<'a> {
    /// The command's options.
    pub arguments: &'a Arguments,
    /// The song's file.
    pub source: &'a Path,
    /// What the rendering depends on.
    pub key: Key,
    /// The written files, without the report.
    pub files: &'a [PathBuf],
    /// The network in the plug-in, where it is known.
    pub model: Option<Network>,
    /// The song as it was played.
    pub song: &'a Song,
    /// What the plug-in gave.
    pub session: &'a Session,
    /// What was written.
    pub tracks: &'a [Track],
    /// What the spectrograms say.
    pub analysis: &'a Analysis,
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
    /// The network that the plug-in ran; null with `--bundle`, where only the plug-in itself knows it.
    model: Option<Network>,
    /// Where it ran.
    device: Device,
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
    seconds: f64,
    samples: usize,
    channels: usize,
    source_rate_hz: u32,
    rate_hz: u32,
}

#[derive(Debug, Serialize)]
struct PluginPart {
    name: String,
    version: String,
    format: &'static str,
    mode: &'static str,
}

#[derive(Debug, Serialize)]
struct Device {
    processor: String,
    cores: usize,
    system: String,
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
    count: usize,
    block_samples: u32,
    /// Processor time of the callbacks per second of audio, in percent of one core.
    core_percent: f64,
    /// Wall-clock time of the callbacks as a share of their period, in percent.
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

fn decibels(power: f64) -> Option<f64> {
    (power > 0.0).then(|| 10.0 * power.log10())
}

fn energy(audio: &[Vec<f32>]) -> f64 {
    audio.iter().flatten().map(|&sample| f64::from(sample) * f64::from(sample)).sum()
}

impl Report {
    /// Puts the facts together.
    ///
    /// # Errors
    /// When a written file has gone.
    pub fn new(facts: Facts<'_>) -> Result<Self> {
        let Facts { arguments, song, session, .. } = facts;
        let timing = &session.played.timing;
        let gain = 10f64.powf(facts.gain_db / 10.0);
        let song_energy = energy(&song.channels) * gain;
        let tracks: Vec<TrackPart> = facts
            .tracks
            .iter()
            .enumerate()
            .map(|(index, track)| TrackPart {
                name: track.name.clone(),
                peak_dbfs: decibels(f64::from(peak(&track.audio)).powi(2)),
                relative_db: decibels(energy(&track.audio) / song_energy.max(f64::MIN_POSITIVE)),
                confidence: facts.analysis.confidence.get(index).copied(),
            })
            .collect();
        let mut files = serde_json::Map::new();
        for file in facts.files {
            let bytes =
                file.metadata().with_context(|| format!("cannot find {}", workspace::shown(file)))?.len();
            files.insert(file.file_name().unwrap_or_default().to_string_lossy().into_owned(), bytes.into());
        }
        Ok(Self {
            song: SongPart {
                file: workspace::shown(facts.source),
                seconds: song.seconds(),
                samples: song.len(),
                channels: song.source_channels,
                source_rate_hz: song.source_rate,
                rate_hz: song.rate,
            },
            plugin: PluginPart {
                name: session.plugin.0.clone(),
                version: session.plugin.1.clone(),
                format: "CLAP",
                mode: arguments.mode.text(),
            },
            warnings: warnings(&facts, &tracks),
            model: facts.model,
            device: Device {
                processor: processor(),
                cores: std::thread::available_parallelism().map_or(1, usize::from),
                system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            },
            latency: Latency {
                samples: session.latency,
                milliseconds: session.latency as f64 * 1000.0 / f64::from(song.rate),
            },
            time: Time {
                run_s: facts.seconds,
                stream_s: session.stream_s,
                real_time_factor: timing.audio_s / session.stream_s.max(1e-9),
            },
            callbacks: Callbacks {
                count: timing.loads.len(),
                block_samples: arguments.block,
                core_percent: 100.0 * timing.core_load(),
                mean_percent: 100.0 * timing.mean_load(),
                p99_percent: 100.0 * timing.quantile_load(0.99),
                peak_percent: 100.0 * timing.peak_load(),
            },
            levels_db: arguments
                .levels
                .values()
                .iter()
                .map(|&(stem, level)| (stem.to_owned(), serde_json::Value::from(level)))
                .collect(),
            normalize_gain_db: facts.gain_db,
            tracks,
            files,
            key: facts.key,
        })
    }

    /// The names of the written files, this report among them.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str).chain(["report.json"])
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
        std::fs::write(path, text).with_context(|| format!("cannot write {}", workspace::shown(path)))
    }

    /// Prints the summary.
    pub fn print(&self) {
        match &self.model {
            Some(model) => println!("network: {} {} ({})", model.name, model.version, self.plugin.mode),
            None => println!("plug-in: {} {} ({})", self.plugin.name, self.plugin.version, self.plugin.mode),
        }
        println!(
            "latency: {} samples, {:.1} ms (compensated in the files)",
            self.latency.samples, self.latency.milliseconds
        );
        println!(
            "CPU: {:.1} % of one core (mean); callbacks of {} samples took {:.1} % of their time (mean), \
             {:.1} % (99 of 100), {:.1} % (peak); {}",
            self.callbacks.core_percent,
            self.callbacks.block_samples,
            self.callbacks.mean_percent,
            self.callbacks.p99_percent,
            self.callbacks.peak_percent,
            self.device.processor
        );
        println!(
            "time: {:.1} s of audio in {:.1} s ({:.1} × real time)",
            self.song.seconds, self.time.stream_s, self.time.real_time_factor
        );
        for warning in &self.warnings {
            println!("warning: {warning}");
        }
    }
}

/// What to be wary of.
fn warnings(facts: &Facts<'_>, tracks: &[TrackPart]) -> Vec<String> {
    let song = facts.song;
    let mut warnings = song.warnings.clone();
    if song.rate != song.source_rate {
        warnings.push(format!("resampled from {} to {} Hz", song.source_rate, song.rate));
    }
    if song.seconds() < SHORT_S {
        warnings
            .push(format!("short file ({:.1} s): the network needs a few seconds to settle", song.seconds()));
    }
    let silent = silent_mask(song);
    if silent > 0.5 {
        warnings.push(format!(
            "mostly silent: {:.0} % of the song are below {SILENCE_DBFS:.0} dBFS",
            100.0 * silent
        ));
    }
    for track in tracks {
        if let Some(over) = track.peak_dbfs.filter(|peak| *peak > 0.0) {
            let advice =
                if track.name == "mix" { "lower the levels or use --normalize" } else { "use --normalize" };
            warnings.push(format!("clipping risk: {} peaks at +{over:.1} dBFS; {advice}", track.name));
        }
        let Some(confidence) = track.confidence.filter(|_| silent < 1.0) else { continue };
        if !STEMS.contains(&track.name.as_str()) {
            continue;
        }
        if track.relative_db.is_none_or(|level| level < ABSENT_DB) {
            warnings.push(format!("low-confidence stem: there is hardly any {} in this song", track.name));
        } else if confidence < LOW_CONFIDENCE {
            warnings.push(format!(
                "low-confidence stem: {} was told apart only in part (confidence {confidence:.2})",
                track.name
            ));
        }
    }
    warnings.extend(facts.session.complaints.iter().map(|text| format!("the plug-in says: {text}")));
    warnings
}

/// The share (0…1) of the song's windows that are silent.
fn silent_mask(song: &Song) -> f64 {
    let window = ((SILENCE_WINDOW_S * f64::from(song.rate)) as usize).clamp(1, song.len());
    let limit = 10f64.powf(SILENCE_DBFS / 10.0) * (window * song.channels.len()) as f64;
    let count = song.len() / window;
    let silent = (0..count)
        .filter(|index| {
            let range = index * window..(index + 1) * window;
            let power: f64 = song
                .channels
                .iter()
                .flat_map(|channel| &channel[range.clone()])
                .map(|&sample| f64::from(sample) * f64::from(sample))
                .sum();
            power < limit
        })
        .count();
    silent as f64 / count as f64
}

/// The processor's name, as its system tells it.
fn processor() -> String {
    let from_linux = || {
        let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let from_macos = || {
        let output =
            std::process::Command::new("sysctl").args(["-n", "machdep.cpu.brand_string"]).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    from_linux()
        .or_else(from_macos)
        .or_else(|| std::env::var("PROCESSOR_IDENTIFIER").ok())
        .unwrap_or_else(|| format!("unknown {} processor", std::env::consts::ARCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_counted_by_windows() {
        let mut channel = vec![0.1f32; 44_100];
        channel[..30_000].fill(0.0);
        let song = Song {
            channels: vec![channel.clone(), channel],
            rate: 44_100,
            source_channels: 2,
            source_rate: 44_100,
            warnings: Vec::new(),
        };
        assert!((silent_mask(&song) - 0.6).abs() < 1e-9);
    }
}
