//! The command line: arguments, subcommands, exit status.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use unbraid_separate::{
    Console, LoadedPlugin, Mode, NoPlugin, Options, ProgressStyle, batch, check, evaluate, info,
    merge_reports, plugin, print_line, songs,
};

/// How the command ends. The manual lists these numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    /// All that was asked for is done, now or before.
    Done = 0,
    /// Some songs could not be read or written; the others are done.
    SomeFailed = 1,
    /// The command line asks for what cannot be, or for nothing. (The parser's own number.)
    Usage = 2,
    /// There is no plug-in, or it does not load.
    NoPlugin = 3,
    /// The disk is full: what was whole is there, and nothing else.
    Stopped = 4,
}

const AFTER_HELP: &str = "\
Examples:
  unbraid separate song.m4a                            four stems and the mix in separated/song/
  unbraid separate ~/Music -o ~/Stems -f flac24        a whole collection; goes on where it was stopped
  unbraid separate song.mp3 --two-stems --format mp3   vocals and instrumental
  unbraid separate song.wav --stems drums,bass --name '{artist} - {title} ({stem})'
  unbraid separate catalogue --shard 3/16 --progress json
  ffmpeg -i video.mkv -f wav - | unbraid separate -

Exit status:
  0  everything is done, now or by an earlier run
  1  some songs could not be read or written; the others are done
  2  wrong usage: nothing was done
  3  the plug-in is not installed or does not load
  4  the disk is full: songs that were finished are there, and no cut files";

/// Takes songs apart: vocals, drums, bass and other, in line with the song and summing to it.
#[derive(Parser)]
#[command(name = "unbraid", version, after_help = AFTER_HELP)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Take songs apart: stems, rebalanced mix, picture and report
    #[command(after_help = AFTER_HELP)]
    Separate(Box<Options>),
    /// Score the plug-in on songs whose stems are known
    Evaluate(EvaluateArguments),
    /// Tell which plug-in is installed, or what songs are
    Info(InfoArguments),
    /// Merge the reports of many songs, or of many machines, into one
    Report(ReportArguments),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page, or write those of all commands to a folder
    #[command(hide = true)]
    Manual {
        /// The folder
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

#[derive(clap::Args)]
struct EvaluateArguments {
    /// Folders of songs: DIR/SONG/{vocals,drums,bass,other}.{wav,flac,ogg,mp3}, or one such SONG
    #[arg(required = true)]
    folders: Vec<PathBuf>,
    /// Modes to score [default: both]
    #[arg(long, value_enum)]
    mode: Vec<Mode>,
    /// Write all scores to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Samples per block of the host
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=65536))]
    block: u32,
    /// Load this CLAP plug-in instead of the one that was installed
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
}

#[derive(clap::Args)]
struct InfoArguments {
    /// Songs [default: tells of the plug-in]
    songs: Vec<PathBuf>,
    /// As JSON
    #[arg(long)]
    json: bool,
    /// Look at this CLAP plug-in instead of the one that was installed
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
}

#[derive(clap::Args)]
struct ReportArguments {
    /// Folders with reports in or below them, and reports
    #[arg(required = true)]
    folders: Vec<PathBuf>,
    /// Write the merged report to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// A line on standard output, as long as there is somebody to read it.
fn say(text: &str) {
    print_line(&mut std::io::stdout(), text);
}

impl Arguments {
    /// Does what was asked for.
    pub fn run(self) -> ExitCode {
        let result = match self.command {
            Command::Separate(options) => separate(*options),
            Command::Evaluate(arguments) => evaluate(&arguments),
            Command::Info(arguments) => tell(&arguments),
            Command::Report(arguments) => report(&arguments),
            Command::Completions { shell } => Ok(completions(shell)),
            Command::Manual { out } => manual(out.as_deref()),
        };
        let exit = result.unwrap_or_else(|error| {
            // One line: what failed, where, and why.
            print_line(&mut std::io::stderr(), &format!("error: {error:#}"));
            if error.is::<NoPlugin>() { Exit::NoPlugin } else { Exit::Usage }
        });
        ExitCode::from(exit as u8)
    }
}

/// The bundle that was named, or the one that was installed.
fn bundle(named: Option<&PathBuf>) -> Result<PathBuf> {
    named.map_or_else(plugin::installed, |file| Ok(file.clone()))
}

fn separate(mut options: Options) -> Result<Exit> {
    if options.songs.is_empty() {
        anyhow::bail!("name a song or a folder of songs; `unbraid separate --help` has examples");
    }
    let piped = piped(&mut options)?;
    let out = options.out.clone().unwrap_or_else(|| "separated".into());
    let mut found = songs::find(&options.songs, &out)?;
    if let Some(piped) = &piped {
        found.piped(piped.path(), &out);
    }
    check(&options, &found)?;
    let plugin = LoadedPlugin::load(&bundle(options.bundle.as_ref())?, None)?;
    let console = Console::new(options.quiet, options.progress);
    let summary = batch::run(&options, &plugin, found, &console);
    if let Some(reason) = summary.stopped {
        console.problem(&format!("error: {reason}; stopped, songs that were finished are there"));
        return Ok(Exit::Stopped);
    }
    if summary.failed.is_empty() {
        return Ok(Exit::Done);
    }
    if summary.rendered + summary.skipped > 0 || summary.failed.len() > 1 {
        console.problem(&format!(
            "error: {} of {} songs failed: {}",
            summary.failed.len(),
            summary.failed.len() + summary.rendered + summary.skipped,
            summary.failed.join(", ")
        ));
    }
    Ok(Exit::SomeFailed)
}

/// Standard input, if `-` was named, in a temporary file: formats keep what is needed first at their end, and a song is
/// known by its contents.
fn piped(options: &mut Options) -> Result<Option<tempfile::NamedTempFile>> {
    let before = options.songs.len();
    options.songs.retain(|song| song != Path::new("-"));
    if options.songs.len() == before {
        return Ok(None);
    }
    let folder = std::env::temp_dir();
    let keeping =
        || format!("cannot keep standard input in {}: free some space or set TMPDIR", folder.display());
    let mut file = tempfile::Builder::new().prefix("unbraid-").tempfile().with_context(keeping)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = std::io::stdin().lock().read(&mut buffer).context("cannot read standard input")?;
        if count == 0 {
            break;
        }
        file.write_all(&buffer[..count]).with_context(keeping)?;
    }
    Ok(Some(file))
}

fn evaluate(arguments: &EvaluateArguments) -> Result<Exit> {
    let songs = evaluate::songs(&arguments.folders)?;
    let plugin = LoadedPlugin::load(&bundle(arguments.bundle.as_ref())?, None)?;
    let modes =
        if arguments.mode.is_empty() { vec![Mode::Studio, Mode::Live] } else { arguments.mode.clone() };
    let console = Console::new(false, ProgressStyle::None);
    let mut scores = Vec::new();
    for song in &songs {
        let multitrack = evaluate::load(song)?;
        multitrack.warnings.iter().for_each(|warning| console.problem(&format!("warning: {warning}")));
        for &mode in &modes {
            scores.push(evaluate::score(&plugin.clap, song, &multitrack, mode, arguments.block)?);
        }
    }
    evaluate::table(&scores).iter().for_each(|line| console.line(line));
    if let Some(file) = &arguments.json {
        write(file, &(serde_json::to_string_pretty(&scores)? + "\n"))?;
    }
    Ok(Exit::Done)
}

fn tell(arguments: &InfoArguments) -> Result<Exit> {
    let all = |values: &serde_json::Value, lines: Vec<String>| {
        if arguments.json {
            say(&values.to_string());
        } else {
            lines.iter().for_each(|line| say(line));
        }
    };
    if arguments.songs.is_empty() {
        let told = info::of_plugin(&LoadedPlugin::load(&bundle(arguments.bundle.as_ref())?, None)?.clap)?;
        all(&told, info::lines_of_plugin(&told));
        return Ok(Exit::Done);
    }
    let mut exit = Exit::Done;
    for song in &arguments.songs {
        match info::of_song(song) {
            Ok(told) => all(&told, info::lines_of_song(&told)),
            Err(error) => {
                print_line(&mut std::io::stderr(), &format!("error: {error:#}"));
                exit = Exit::SomeFailed;
            }
        }
    }
    Ok(exit)
}

fn report(arguments: &ReportArguments) -> Result<Exit> {
    let merged = merge_reports(&arguments.folders)?;
    let number = |pointer: &str| merged.pointer(pointer).and_then(serde_json::Value::as_f64).unwrap_or(0.0);
    for song in merged["songs"].as_array().into_iter().flatten() {
        let warnings = song["warnings"].as_array().map_or(0, Vec::len);
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let warnings = if warnings > 0 { format!(", {warnings} warnings") } else { String::new() };
        let seconds = song["song"]["seconds"].as_f64().unwrap_or(0.0);
        say(&format!(
            "{}: {seconds:.1} s → {}{warnings}",
            text(&song["song"]["file"]),
            text(&song["folder"])
        ));
    }
    say(&format!(
        "{:.0} songs, {:.1} hours of audio, {:.1} hours of work, {:.1} GB, {:.0} warnings",
        number("/totals/songs"),
        number("/totals/seconds") / 3600.0,
        number("/totals/run_s") / 3600.0,
        number("/totals/bytes") / 1e9,
        number("/totals/warnings")
    ));
    if let Some(file) = &arguments.json {
        write(file, &(serde_json::to_string_pretty(&merged)? + "\n"))?;
    }
    Ok(Exit::Done)
}

fn write(file: &Path, text: &str) -> Result<()> {
    std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

fn completions(shell: Shell) -> Exit {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "unbraid", &mut text);
    let _ = std::io::stdout().write_all(&text);
    Exit::Done
}

/// The manual page of the command, or one for each of its commands.
fn manual(out: Option<&Path>) -> Result<Exit> {
    let command = Arguments::command();
    match out {
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page)?;
            let _ = std::io::stdout().write_all(&page);
        }
        Some(folder) => {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
            clap_mangen::generate_to(command, folder)
                .with_context(|| format!("cannot write to {}", folder.display()))?;
        }
    }
    Ok(Exit::Done)
}
