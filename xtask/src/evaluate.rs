//! `cargo xtask evaluate`: scores the bundled plug-in on songs whose stems are known.
//!
//! Every song's stems are summed, the sum is streamed through the bundle in a host, and Python scores what came out
//! beside an oracle, the mixture itself, a plain DSP baseline and, if asked for, Spleeter.

mod endurance;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::render::decode::{self, Song};
use crate::render::{Mode, STEMS, encode_wav, stems_of};
use crate::{bundle, python, workspace};

/// Options of `cargo xtask evaluate`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Folders of songs: DIR/SONG/{vocals,drums,bass,other}.{wav,flac,ogg,mp3}, or one such SONG. A missing stem is silence
    #[arg(required = true)]
    folders: Vec<PathBuf>,
    /// Write all scores to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Modes to score [default: each whose network is built in]
    #[arg(long, value_enum)]
    mode: Vec<Mode>,
    /// Also score Spleeter's two stems (offline); downloads torch, about 2.5 GB, on the first run
    #[arg(long)]
    peers: bool,
    /// Leave out BSS Eval v4, which takes most of the time
    #[arg(long)]
    no_bss_eval: bool,
    /// Also play every song over and over for this many minutes, and compare its first two turns with its last
    #[arg(long, value_name = "MINUTES")]
    endurance: Option<f64>,
    /// Samples per block of the host
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=65536))]
    block: u32,
}

/// Packages of the scores.
const REQUIREMENTS: &str = "models/training/requirements-evaluate.txt";

/// Packages of the peers, in an environment of their own.
const PEERS: &str = "models/training/requirements-peers.txt";

/// Endings of stem files.
const ENDINGS: [&str; 4] = ["wav", "flac", "ogg", "mp3"];

/// A song: its name and the files of its stems.
struct Stems {
    name: String,
    files: Vec<(&'static str, PathBuf)>,
}

/// Runs the command.
pub fn main(arguments: &Arguments) -> Result<()> {
    let songs = songs(&arguments.folders)?;
    let scorer = python::environment("evaluate", &[REQUIREMENTS])?;
    let peers = if arguments.peers { Some(python::environment("peers", &[PEERS])?) } else { None };
    let clap = bundle::up_to_date_clap()?;
    let modes = modes(&arguments.mode)?;
    let training = workspace::root().join("models/training");
    let work = tempfile::Builder::new()
        .prefix("evaluate-")
        .tempdir_in(workspace::target())
        .context("cannot make a folder for the rendered stems")?;

    let mut results = Vec::new();
    let mut turns = Vec::new();
    for (index, stems) in songs.iter().enumerate() {
        println!("{}/{}: {}", index + 1, songs.len(), stems.name);
        let folder = work.path().join("song");
        let (references, mixture) = load(stems)?;
        for (stem, audio) in STEMS.iter().zip(&references) {
            // Absent stems have no file, so that the scores know them from ones that happen to be silent.
            if let Some(audio) = audio {
                write(&folder.join("references"), stem, audio, mixture.rate)?;
            }
        }
        write(&folder, "mixture", &mixture.channels, mixture.rate)?;
        for &mode in &modes {
            let (estimates, share) = stems_of(&clap, &mixture, mode, arguments.block)?;
            for track in &estimates {
                write(&folder.join("estimates").join(mode.text()), &track.name, &track.audio, mixture.rate)?;
            }
            println!("  {}: {:.1} % of one core", mode.text(), 100.0 * share);
            if let Some(minutes) = arguments.endurance {
                let scores = endurance::turns(&clap, &references, &mixture, mode, minutes)?;
                turns.push((stems.name.clone(), mode, scores));
            }
        }
        let text = |path: &Path| path.to_string_lossy().into_owned();
        if let Some(peers) = &peers {
            let song = text(&folder);
            python::module(peers, &training, "unbraid_training.evaluation.peers", &[&song])?;
        }
        let result = work.path().join(format!("{index}.json"));
        let (song, json) = (text(&folder), text(&result));
        let mut options = vec!["song", song.as_str(), "--name", &stems.name, "--json", json.as_str()];
        if arguments.no_bss_eval {
            options.push("--no-bss-eval");
        }
        python::module(&scorer, &training, "unbraid_training.evaluation.evaluate", &options)?;
        std::fs::remove_dir_all(&folder)?;
        results.push(json);
    }

    let mut options = vec!["table"];
    options.extend(results.iter().map(String::as_str));
    let json = arguments.json.as_deref().map(std::path::absolute).transpose()?;
    let json = json.as_deref().map(Path::to_string_lossy);
    if let Some(json) = &json {
        options.extend(["--json", json]);
    }
    python::module(&scorer, &training, "unbraid_training.evaluation.evaluate", &options)?;
    if let Some(minutes) = arguments.endurance {
        print_turns(minutes, &turns);
    }
    if let Some(file) = &arguments.json {
        println!("wrote {}", workspace::shown(file));
    }
    Ok(())
}

/// The table of `--endurance`.
fn print_turns(minutes: f64, turns: &[(String, Mode, [endurance::Scores; 3])]) {
    println!(
        "Energy-ratio SDR in the first, the second and the last turn of a song repeated for {minutes} minutes, dB\n"
    );
    println!("| song | mode | {} | mean |", STEMS.join(" | "));
    println!("|---|---|---:|---:|---:|---:|---:|");
    for (name, mode, scores) in turns {
        let told = |values: [Option<f64>; 3]| {
            values.map(|value| value.map_or("–".to_owned(), |value| format!("{value:.2}"))).join(" → ")
        };
        let cells = (0..STEMS.len()).map(|stem| told(scores.each_ref().map(|turn| turn.0[stem])));
        let mean = told(scores.each_ref().map(|turn| {
            let there: Vec<f64> = turn.0.iter().flatten().copied().collect();
            (!there.is_empty()).then(|| there.iter().sum::<f64>() / there.len() as f64)
        }));
        println!("| {name} | {} | {} | {mean} |", mode.text(), cells.collect::<Vec<_>>().join(" | "));
    }
    println!();
}

/// The modes to score, after checking that their networks are there: a plug-in without one would run another.
fn modes(wanted: &[Mode]) -> Result<Vec<Mode>> {
    let built_in = |mode: &Mode| mode.network_file().exists();
    if let Some(missing) = wanted.iter().find(|mode| !built_in(mode)) {
        bail!(
            "there is no network for mode {}: {}",
            missing.text(),
            workspace::shown(&missing.network_file())
        );
    }
    let all = if wanted.is_empty() { vec![Mode::Studio, Mode::Live] } else { wanted.to_vec() };
    Ok(all.into_iter().filter(built_in).collect())
}

/// All songs in the folders.
fn songs(folders: &[PathBuf]) -> Result<Vec<Stems>> {
    let mut songs = Vec::new();
    for folder in folders {
        if let Some(song) = song(folder) {
            songs.push(song);
            continue;
        }
        let entries =
            std::fs::read_dir(folder).with_context(|| format!("cannot read {}", workspace::shown(folder)))?;
        let mut found: Vec<_> = entries.filter_map(|entry| song(&entry.ok()?.path())).collect();
        if found.is_empty() {
            bail!(
                "{} has no songs: a song is a folder with vocals, drums, bass or other as .wav, .flac, .ogg or .mp3",
                workspace::shown(folder)
            );
        }
        found.sort_by(|one, other| one.name.cmp(&other.name));
        songs.extend(found);
    }
    Ok(songs)
}

/// The song in a folder, if there is one.
fn song(folder: &Path) -> Option<Stems> {
    let files: Vec<_> = STEMS
        .into_iter()
        .filter_map(|stem| {
            let file =
                ENDINGS.iter().map(|ending| folder.join(format!("{stem}.{ending}"))).find(|f| f.is_file())?;
            Some((stem, file))
        })
        .collect();
    let name = folder.file_name()?.to_string_lossy().into_owned();
    (!files.is_empty()).then_some(Stems { name, files })
}

/// Decodes the stems, pads them to the longest and sums them.
#[expect(clippy::type_complexity, reason = "stems that may be absent, beside their sum")]
fn load(stems: &Stems) -> Result<(Vec<Option<Vec<Vec<f32>>>>, Song)> {
    let mut songs: Vec<(&str, Song)> = Vec::new();
    for (stem, file) in &stems.files {
        let song = decode::read(file)?;
        for warning in &song.warnings {
            println!("  warning: {}: {warning}", workspace::shown(file));
        }
        songs.push((stem, song));
    }
    let rate = songs[0].1.rate;
    let length = songs.iter().map(|(_, song)| song.len()).max().unwrap_or(0);
    let mut mixture = Song {
        channels: vec![vec![0.0; length]; 2],
        rate,
        source_channels: 2,
        source_rate: rate,
        warnings: Vec::new(),
    };
    let mut references: Vec<Option<Vec<Vec<f32>>>> = vec![None; STEMS.len()];
    for (stem, mut song) in songs {
        song.resample(rate)?;
        for (channel, sum) in song.channels.iter_mut().zip(&mut mixture.channels) {
            channel.resize(length, 0.0);
            for (sum, sample) in sum.iter_mut().zip(channel.iter()) {
                *sum += sample;
            }
        }
        if let Some(index) = STEMS.iter().position(|known| *known == stem) {
            references[index] = Some(song.channels);
        }
    }
    Ok((references, mixture))
}

fn write(folder: &Path, name: &str, audio: &[Vec<f32>], rate: u32) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let file = folder.join(format!("{name}.wav"));
    encode_wav(&file, audio, rate).with_context(|| format!("cannot write {}", workspace::shown(&file)))
}
