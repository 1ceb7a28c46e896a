//! `cargo xtask evaluate`: scores the bundled plug-in on songs whose stems are known.
//!
//! Every song's stems are summed, the sum is streamed through the bundle in a host, and Python scores what came out
//! beside an oracle, the mixture itself, a plain DSP baseline and, if asked for, Spleeter.

mod endurance;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use unbraid_separate::evaluate::{load, songs, stems_of};
use unbraid_separate::{Mode, STEMS, write_wav};

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
    /// Also play every song over and over for this many minutes, and compare its first two passes with its last
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
    let mut passes = Vec::new();
    for (index, stems) in songs.iter().enumerate() {
        println!("{}/{}: {}", index + 1, songs.len(), stems.name);
        let folder = work.path().join("song");
        let song = load(stems)?;
        for warning in &song.warnings {
            println!("  warning: {warning}");
        }
        for (stem, audio) in STEMS.iter().zip(&song.references) {
            // Absent stems have no file, so that the scores know them from ones that happen to be silent.
            if let Some(audio) = audio {
                write(&folder.join("references"), stem, audio, song.rate)?;
            }
        }
        write(&folder, "mixture", &song.mixture, song.rate)?;
        for &mode in &modes {
            let (estimates, load) = stems_of(&clap, &song.mixture, song.rate, mode, arguments.block)?;
            for (stem, audio) in STEMS.iter().zip(&estimates) {
                write(&folder.join("estimates").join(mode.text()), stem, audio, song.rate)?;
            }
            println!("  {}: {:.1} % of one core", mode.text(), 100.0 * load);
            if let Some(minutes) = arguments.endurance {
                let scores = endurance::passes(&clap, &song, mode, minutes)?;
                passes.push((stems.name.clone(), mode, scores));
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
        print_passes(minutes, &passes);
    }
    if let Some(file) = &arguments.json {
        println!("wrote {}", workspace::shown(file));
    }
    Ok(())
}

/// The table of `--endurance`.
fn print_passes(minutes: f64, passes: &[(String, Mode, [endurance::Scores; 3])]) {
    println!(
        "Energy-ratio SDR in the first, the second and the last pass of a song repeated for {minutes} minutes, dB\n"
    );
    println!("| song | mode | {} | mean |", STEMS.join(" | "));
    println!("|---|---|---:|---:|---:|---:|---:|");
    for (name, mode, scores) in passes {
        let told = |values: [Option<f64>; 3]| {
            values.map(|value| value.map_or("–".to_owned(), |value| format!("{value:.2}"))).join(" → ")
        };
        let cells = (0..STEMS.len()).map(|stem| told(scores.each_ref().map(|pass| pass.0[stem])));
        let mean = told(scores.each_ref().map(|pass| {
            let present: Vec<f64> = pass.0.iter().flatten().copied().collect();
            (!present.is_empty()).then(|| present.iter().sum::<f64>() / present.len() as f64)
        }));
        println!("| {name} | {} | {} | {mean} |", mode.text(), cells.collect::<Vec<_>>().join(" | "));
    }
    println!();
}

/// The modes to score, after checking that their networks are there: a plug-in without one would run another.
fn modes(chosen: &[Mode]) -> Result<Vec<Mode>> {
    let built_in = |mode: &Mode| workspace::network_file(*mode).exists();
    if let Some(missing) = chosen.iter().find(|mode| !built_in(mode)) {
        bail!(
            "there is no network for mode {}: {}",
            missing.text(),
            workspace::shown(&workspace::network_file(*missing))
        );
    }
    let all = if chosen.is_empty() { vec![Mode::Studio, Mode::Live] } else { chosen.to_vec() };
    Ok(all.into_iter().filter(built_in).collect())
}

fn write(folder: &Path, name: &str, audio: &[Vec<f32>], rate: u32) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let file = folder.join(format!("{name}.wav"));
    write_wav(&file, audio, rate).with_context(|| format!("cannot write {}", workspace::shown(&file)))
}
