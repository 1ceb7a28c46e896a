//! `cargo xtask render`: songs in, four stems and the rebalanced mix of each out, through the bundled plug-in in a host.

mod batch;
pub mod decode;
mod encode;
pub mod key;
mod levels;
pub mod network;
mod picture;
mod report;
mod songs;
mod spectrum;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use unbraid_host::{Blocks, ClapHost, Played};

use crate::{bundle, workspace};
use decode::Song;
use key::{Key, Plugin};
use levels::Levels;
use network::Network;
use report::Report;
use songs::Job;

/// The stems in the order of the plug-in's auxiliary buses.
pub const STEMS: [&str; 4] = ["vocals", "drums", "bass", "other"];

/// Options of `cargo xtask render`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Songs (WAV, FLAC, MP3 or Ogg Vorbis) and folders of songs. Without any, a bundled 20 s clip (CC0) is taken apart
    songs: Vec<PathBuf>,
    /// Folder to write to; made if it is not there. Of several songs, each has its own folder in it
    /// [default: target/render, for one song target/render/NAME-OF-SONG]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Songs at a time, one core each [default: as many as there are cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Take songs apart again that are done. Without it, of several songs those are skipped whose folder holds the
    /// stems of the same file, made by the same network with the same options
    #[arg(long)]
    again: bool,
    /// Which network and latency
    #[arg(long, value_enum, default_value_t = Mode::Studio)]
    mode: Mode,
    /// Levels of the mix in dB, for instance vocals=-3,drums=1.5,bass=-inf. The stems are written before these levels
    #[arg(long, value_name = "STEM=DB,…", default_value = "", allow_hyphen_values = true)]
    levels: Levels,
    /// Write vocals and instrumental (drums + bass + other) instead of four stems
    #[arg(long)]
    two_stems: bool,
    /// Format of the audio files: 32-bit float WAV, 16-bit FLAC or 320 kbit/s MP3
    #[arg(long, value_enum, default_value_t = Format::Wav)]
    format: Format,
    /// Sample rate in Hz of the plug-in and the files; a song at another rate is resampled first [default: the song's]
    #[arg(long, value_parser = ["44100", "48000"])]
    rate: Option<String>,
    /// Apply one gain to all files, so that the loudest sample of any is −1 dBFS and the stems still sum to the song
    #[arg(long)]
    normalize: bool,
    /// Samples per block, as the buffer size of a DAW
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=65536))]
    block: u32,
    /// Load this CLAP plug-in instead of building and packing the workspace's own
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
}

/// The plug-in's modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// Best separation, more latency
    Studio,
    /// Low latency
    Live,
}

impl Mode {
    /// The text of the plug-in's `mode` parameter.
    pub fn text(self) -> &'static str {
        match self {
            Mode::Studio => "Studio",
            Mode::Live => "Live",
        }
    }

    /// The network that the workspace's plug-in builds in for this mode. Without the file, the plug-in has no such
    /// mode of its own.
    pub fn network_file(self) -> PathBuf {
        workspace::root().join(format!("models/{}.onnx", self.text().to_lowercase()))
    }
}

/// Formats of the written files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// 32-bit float
    Wav,
    /// 16 bit
    Flac,
    /// 320 kbit/s
    Mp3,
}

impl Format {
    /// The file name's ending.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Wav => "wav",
            Format::Flac => "flac",
            Format::Mp3 => "mp3",
        }
    }
}

/// Audio on its way to a file.
pub struct Track {
    /// The file's name without its ending.
    pub name: String,
    /// `[channel][sample]`, two channels.
    pub audio: Vec<Vec<f32>>,
}

impl Arguments {
    /// Songs at a time.
    fn jobs(&self) -> usize {
        self.jobs.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from)
    }
}

/// Runs the command.
pub fn main(arguments: &Arguments) -> Result<()> {
    match arguments.songs.as_slice() {
        [] => single(arguments, &workspace::demo_clip()),
        [song] if !song.is_dir() => single(arguments, song),
        songs => {
            let out = arguments.out.clone().unwrap_or_else(|| workspace::target().join("render"));
            let jobs = songs::jobs(songs, &out)?;
            let (clap, model, plugin) = plugin(arguments)?;
            batch::run(arguments, jobs, &clap, model.as_ref(), &plugin)
        }
    }
}

/// One song, with all there is to say about it.
fn single(arguments: &Arguments, path: &Path) -> Result<()> {
    // Read the song first: a wrong file should not have to wait for a build.
    let song = decode::read(path)?;
    let (clap, model, plugin) = plugin(arguments)?;
    println!(
        "{}: {}, {} Hz{}",
        workspace::shown(path),
        clock(song.seconds()),
        song.source_rate,
        if song.source_channels == 1 { ", mono" } else { "" }
    );
    let out = arguments
        .out
        .clone()
        .unwrap_or_else(|| workspace::target().join("render").join(path.file_stem().unwrap_or_default()));
    let job = Job { song: path.to_owned(), out };
    let bar = ProgressBar::new(1).with_style(
        ProgressStyle::with_template("{spinner} separating {wide_bar} {percent:>3} %, {eta} left")
            .expect("the template is well-formed"),
    );
    let key = Key::new(path, &plugin, arguments)?;
    let report = separate(arguments, &job, song, &clap, model.as_ref(), key, &bar)?;
    bar.finish_and_clear();

    println!("wrote to {}:", workspace::shown(&job.out));
    for file in report.files() {
        println!("  {file}");
    }
    report.print();
    Ok(())
}

/// The plug-in to load, built and packed if need be; its network where that is known; and both for the key.
fn plugin(arguments: &Arguments) -> Result<(PathBuf, Option<Network>, Plugin)> {
    // Without `--bundle` the plug-in is the workspace's own, and which network it holds can be told for sure.
    let (clap, model) = match &arguments.bundle {
        Some(file) => (file.clone(), None),
        None => {
            let clap = bundle::up_to_date_clap()?;
            let model = network::in_bundle(&clap, arguments.mode)?;
            (clap, Some(model))
        }
    };
    // Loading it says what is wrong with a plug-in better than not being able to read its file.
    drop(ClapHost::load(&clap)?);
    let plugin = Plugin::new(&clap, model.as_ref(), arguments.mode)?;
    Ok((clap, model, plugin))
}

/// Takes one song apart and writes everything, the report last.
fn separate(
    arguments: &Arguments,
    job: &Job,
    mut song: Song,
    clap: &Path,
    model: Option<&Network>,
    key: Key,
    bar: &ProgressBar,
) -> Result<Report> {
    let started = Instant::now();
    if let Some(rate) = &arguments.rate {
        song.resample(rate.parse().context("--rate")?)?;
    }
    let out = &job.out;
    std::fs::create_dir_all(out)
        .with_context(|| format!("cannot make the folder {}", workspace::shown(out)))?;
    // From here on, what lies there is no finished rendering.
    let report_file = out.join("report.json");
    if report_file.exists() {
        std::fs::remove_file(&report_file)
            .with_context(|| format!("cannot replace {}", workspace::shown(&report_file)))?;
    }

    let mut host = ClapHost::load(clap)?;
    let mut session = play(&mut host, &song, arguments, bar)?;
    let mut tracks = tracks(&mut session, arguments.two_stems);
    let gain_db = if arguments.normalize { normalize(&mut tracks) } else { 0.0 };
    let analysis = spectrum::analyse(&song, &tracks);

    let mut files = Vec::new();
    for track in &tracks {
        let file = out.join(format!("{}.{}", track.name, arguments.format.extension()));
        encode::write(&file, &track.audio, song.rate, arguments.format)
            .with_context(|| format!("cannot write {}", workspace::shown(&file)))?;
        files.push(file);
    }
    let picture = out.join("spectrograms.png");
    picture::draw(&picture, &song, &tracks, &analysis)
        .with_context(|| format!("cannot draw {}", workspace::shown(&picture)))?;
    files.push(picture);

    let report = Report::new(report::Facts {
        arguments,
        source: &job.song,
        key,
        files: &files,
        model: model.cloned(),
        song: &song,
        session: &session,
        tracks: &tracks,
        analysis: &analysis,
        gain_db,
        seconds: started.elapsed().as_secs_f64(),
    })?;
    report.write(&report_file)?;
    Ok(report)
}

/// What one pass through the plug-in gave.
pub struct Session {
    /// Latency-compensated outputs, in the order of the plug-in's ports.
    pub played: Played,
    /// Reported latency in samples.
    pub latency: usize,
    /// Wall-clock seconds of the whole stream, host included.
    pub stream_s: f64,
    /// Name and version of the plug-in.
    pub plugin: (String, String),
    /// Warnings that the plug-in logged.
    pub complaints: Vec<String>,
}

/// Streams the song through the plug-in with the options' mode and levels.
fn play(host: &mut ClapHost, song: &Song, arguments: &Arguments, bar: &ProgressBar) -> Result<Session> {
    check_buses(host)?;
    host.set_text("mode", arguments.mode.text())?;
    for (stem, level) in arguments.levels.iter() {
        host.set_text(&format!("{stem}_level"), &level)?;
    }
    host.activate(f64::from(song.rate), arguments.block)?;
    let latency = host.latency();

    bar.set_length(song.len() as u64 + latency as u64);
    let start = Instant::now();
    let blocks = Blocks::of(arguments.block as usize);
    let played =
        host.stream_compensated(&song.channels, blocks, &[], &mut |done| bar.set_position(done as u64))?;
    let stream_s = start.elapsed().as_secs_f64();
    let complaints = host.take_complaints();
    host.deactivate();

    if played.ports.iter().flatten().flatten().any(|sample| !sample.is_finite()) {
        bail!("the plug-in left samples unwritten or wrote values that are no numbers");
    }
    let (name, version) = host.name_and_version();
    Ok(Session { played, latency, stream_s, plugin: (name.to_owned(), version.to_owned()), complaints })
}

/// Streams a song through the plug-in in a mode, with everything at its default, and gives back the four stems.
///
/// # Errors
/// When the plug-in does not load, lacks the buses, refuses the rate or fails.
pub fn stems_of(clap: &Path, song: &Song, mode: Mode, block: u32) -> Result<(Vec<Track>, f64)> {
    let mut host = ClapHost::load(clap)?;
    check_buses(&host)?;
    host.set_text("mode", mode.text())?;
    host.activate(f64::from(song.rate), block)?;
    let played = host.stream_compensated(&song.channels, Blocks::of(block as usize), &[], &mut |_done| {})?;
    let share = played.timing.core_load();
    let stems = STEMS
        .iter()
        .zip(&played.ports[1..])
        .map(|(name, audio)| Track { name: (*name).to_owned(), audio: audio.clone() })
        .collect();
    Ok((stems, share))
}

/// Makes sure that the plug-in has the buses that this command writes to files.
fn check_buses(host: &ClapHost) -> Result<()> {
    let names: Vec<_> = host.output_ports().iter().map(|port| port.name.to_lowercase()).collect();
    let stereo = host.output_ports().iter().all(|port| port.channels == 2);
    if names.len() != 5 || names[1..] != STEMS || !stereo {
        bail!("the plug-in must have the stereo outputs Main, Vocals, Drums, Bass, Other; it has {names:?}");
    }
    Ok(())
}

/// The audio to be written: stems (or vocals and instrumental), then the mix. Taken out of the session, since a song may
/// be long and several are rendered at a time.
fn tracks(session: &mut Session, two_stems: bool) -> Vec<Track> {
    let mut ports = std::mem::take(&mut session.played.ports).into_iter();
    let mix = ports.next().unwrap_or_default();
    let mut tracks: Vec<Track> =
        STEMS.iter().zip(ports).map(|(name, audio)| Track { name: (*name).to_owned(), audio }).collect();
    if two_stems {
        let mut rest = tracks.drain(1..).collect::<Vec<_>>().into_iter();
        let mut instrumental = rest.next().map(|track| track.audio).unwrap_or_default();
        for track in rest {
            for (sum, channel) in instrumental.iter_mut().zip(&track.audio) {
                for (sum, sample) in sum.iter_mut().zip(channel) {
                    *sum += sample;
                }
            }
        }
        tracks.push(Track { name: "instrumental".to_owned(), audio: instrumental });
    }
    tracks.push(Track { name: "mix".to_owned(), audio: mix });
    tracks
}

/// Applies one gain to all tracks, so that the loudest sample is at −1 dBFS. Gives back that gain in dB.
fn normalize(tracks: &mut [Track]) -> f64 {
    let loudest = tracks.iter().map(|track| peak(&track.audio)).fold(0.0, f32::max);
    if loudest <= 0.0 {
        return 0.0;
    }
    let gain = 10f32.powf(-1.0 / 20.0) / loudest;
    for sample in tracks.iter_mut().flat_map(|track| track.audio.iter_mut().flatten()) {
        *sample *= gain;
    }
    20.0 * f64::from(gain).log10()
}

/// Writes 32-bit float audio, as [`Format::Wav`] does.
///
/// # Errors
/// When the file cannot be written.
pub fn encode_wav(path: &Path, audio: &[Vec<f32>], rate: u32) -> Result<()> {
    encode::write(path, audio, rate, Format::Wav)
}

/// The largest absolute sample.
pub fn peak(audio: &[Vec<f32>]) -> f32 {
    audio.iter().flatten().fold(0.0, |peak, sample| peak.max(sample.abs()))
}

/// Seconds as `m:ss.t`.
fn clock(seconds: f64) -> String {
    let tenths = (seconds * 10.0).round() as u64;
    format!("{}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(name: &str, sample: f32) -> Track {
        Track { name: name.to_owned(), audio: vec![vec![sample; 4]; 2] }
    }

    #[test]
    fn normalizing_keeps_the_ratio_between_tracks() {
        let mut tracks = [track("vocals", 0.25), track("mix", -0.5)];
        let gain_db = normalize(&mut tracks);
        assert!((peak(&tracks[1].audio) - 0.891_25).abs() < 1e-4);
        assert!((tracks[1].audio[0][0] / tracks[0].audio[0][0] + 2.0).abs() < 1e-6);
        assert!((gain_db - 5.02).abs() < 0.01, "{gain_db}");
        assert!(normalize(&mut [track("silence", 0.0)]).abs() < f64::EPSILON);
    }

    #[test]
    fn the_clock_carries() {
        assert_eq!(clock(20.0), "0:20.0");
        assert_eq!(clock(59.96), "1:00.0");
        assert_eq!(clock(294.25), "4:54.3");
    }
}
