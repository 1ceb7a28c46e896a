//! The options of `unbraid separate`, which `cargo xtask render` takes, too.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::ValueEnum;

use crate::format::Format;
use crate::levels::Levels;
use crate::naming::NameTemplate;
use crate::shard::Shard;
use crate::stems::{Mode, STEMS, StemList, Track, tracks};

/// Songs, outputs and the plug-in.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Songs and folders of songs; `-` is standard input
    pub songs: Vec<PathBuf>,
    /// Folder to write to; made if it is not there. Every song has a folder of its own in it
    #[arg(long, short, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Songs at a time, one core each [default: as many as there are cores]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// Take songs apart again that are done. Without it those are skipped whose folder holds the stems of the same file,
    /// made by the same network with the same options
    #[arg(long)]
    pub again: bool,
    /// Only a part of the songs: 3/16 is the third of sixteen parts. The parts are told by the songs' contents, so that
    /// sixteen machines divide a catalogue without talking to each other
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    /// Which network and latency
    #[arg(long, value_enum, default_value_t = Mode::Studio)]
    pub mode: Mode,
    /// Levels of the mix in dB, for instance vocals=-3,drums=1.5,bass=-inf. The stems are written before these levels
    #[arg(long, value_name = "STEM=DB,…", default_value = "", allow_hyphen_values = true)]
    pub levels: Levels,
    /// Write only these, for instance vocals,drums; `mix` counts, too
    #[arg(long, value_name = "STEM,…", conflicts_with = "two_stems")]
    pub stems: Option<StemList>,
    /// Write this stem and the sum of the others (instrumental, no_drums, …) instead of four stems [vocals if none is named]
    #[arg(long, value_name = "STEM", num_args = 0..=1, require_equals = true, default_missing_value = "vocals",
          value_parser = STEMS)]
    pub two_stems: Option<String>,
    /// Format of the audio files
    #[arg(long, short, value_enum, default_value_t = Format::Wav)]
    pub format: Format,
    /// Bit rate of MP3 files in kbit/s [default: 320, below 32 kHz 160]
    #[arg(long, value_name = "KBPS")]
    pub bitrate: Option<u32>,
    /// Sample rate of the files in Hz; a song at another rate is resampled [default: the song's]
    #[arg(long, value_name = "HZ", value_parser = clap::value_parser!(u32).range(4000..=768_000))]
    pub rate: Option<u32>,
    /// Apply one gain to all files of a song, so that the loudest sample of any is −1 dBFS and the stems still sum to the
    /// song
    #[arg(long)]
    pub normalize: bool,
    /// Names of the files without their ending, with {stem}, {song} (the file's name), {artist}, {title}, {album} and
    /// {track} [default: {stem}]
    #[arg(long, value_name = "TEMPLATE")]
    pub name: Option<NameTemplate>,
    /// Leave out spectrograms.png
    #[arg(long)]
    pub no_picture: bool,
    /// Leave tags and cover of the song out of the files
    #[arg(long)]
    pub no_tags: bool,
    /// Say nothing but what went wrong
    #[arg(long, short)]
    pub quiet: bool,
    /// How progress is told: bars on a terminal, or for programs a JSON object a line on standard output
    #[arg(long, value_enum, default_value_t = ProgressStyle::Bars, conflicts_with = "quiet")]
    pub progress: ProgressStyle,
    /// Samples per block, as the buffer size of a DAW
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=65536))]
    pub block: u32,
    /// Load this CLAP plug-in instead of the one that was installed
    #[arg(long, value_name = "FILE")]
    pub bundle: Option<PathBuf>,
}

/// How progress is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProgressStyle {
    /// Bars on the terminal, if there is one
    Bars,
    /// One JSON object a line
    Json,
    /// No progress, only results
    None,
}

impl Default for Options {
    /// What the command does without options.
    fn default() -> Self {
        #[derive(clap::Parser)]
        struct Alone {
            #[command(flatten)]
            options: Options,
        }
        <Alone as clap::Parser>::parse_from(["unbraid"]).options
    }
}

impl Options {
    /// Songs at a time.
    pub fn jobs(&self) -> usize {
        self.jobs.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from)
    }

    /// The tracks that are written of every song.
    pub fn tracks(&self) -> Vec<Track> {
        tracks(self.two_stems.as_deref(), self.stems.as_ref())
    }
}

/// Joins `--two-stems STEM` to `--two-stems=STEM`. The stem may be left out there, so the parser cannot tell a stem's
/// name from a song's: a stem's name is one.
pub fn joined(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut joined: Vec<OsString> = Vec::new();
    for argument in arguments {
        match joined.last_mut() {
            Some(last) if last == "--two-stems" && STEMS.iter().any(|stem| argument == *stem) => {
                last.push("=");
                last.push(argument);
            }
            _ => joined.push(argument),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stem_after_two_stems_belongs_to_it_and_a_song_does_not() {
        let joined = |words: &[&str]| joined(words.iter().map(OsString::from));
        assert_eq!(joined(&["--two-stems", "drums", "a.wav"]), ["--two-stems=drums", "a.wav"]);
        assert_eq!(joined(&["--two-stems", "a.wav"]), ["--two-stems", "a.wav"]);
        assert_eq!(joined(&["drums", "--two-stems"]), ["drums", "--two-stems"]);
    }
}
