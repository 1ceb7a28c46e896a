//! Songs in files, taken apart through the packed plug-in in a host: what `unbraid separate` and `cargo xtask render` do.
//!
//! A song is read, resampled where the plug-in needs it, played through the plug-in, and written in a stream, so that
//! memory does not grow with its length. All files of a song appear together, when the last one is whole.
//!
//! ```no_run
//! use unbraid_separate::{Console, LoadedPlugin, Options, batch, plugin, songs};
//! # use clap::Parser;
//! # #[derive(Parser)]
//! # struct Arguments { #[command(flatten)] options: Options }
//!
//! let options = Arguments::parse_from(["example", "--format", "flac16", "song.wav"]).options;
//! let plugin = LoadedPlugin::load(&plugin::installed()?, None)?;
//! let found = songs::find(&options.songs, "separated".as_ref())?;
//! let summary = batch::run(&options, &plugin, found, &Console::new(options.quiet, options.progress));
//! assert!(summary.failed.is_empty());
//! # Ok::<(), anyhow::Error>(())
//! ```

pub mod batch;
mod console;
mod encode;
pub mod evaluate;
mod files;
mod format;
pub mod info;
mod key;
mod levels;
mod measure;
mod naming;
pub mod network;
mod numbers;
mod options;
mod picture;
mod pipeline;
pub mod plugin;
mod rates;
mod report;
mod shard;
pub mod songs;
mod spectrum;
mod stems;
mod tags;

use std::path::Path;

use anyhow::{Result, bail};

pub use batch::Summary;
pub use console::{Console, print_line};
pub use encode::write_wav;
pub use format::Format;
pub use key::sha256;
pub use options::{Options, ProgressStyle, joined};
pub use plugin::{LoadedPlugin, NoPlugin};
pub use report::merge as merge_reports;
pub use stems::{Mode, STEMS};

/// A path as the user would write it: relative to the current folder where that is shorter.
pub fn shown(path: &Path) -> String {
    let short = std::env::current_dir()
        .ok()
        .and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned))
        .filter(|short| !short.as_os_str().is_empty());
    short.unwrap_or_else(|| path.to_owned()).display().to_string()
}

/// Refuses what cannot work for any song before the first is opened: pairs of format and rate, and files that would
/// replace a song.
///
/// # Errors
/// One line with the remedy.
pub fn check(options: &Options, found: &songs::Found) -> Result<()> {
    if let Some(rate) = options.rate {
        options.format.check(rate, options.bitrate).map_err(anyhow::Error::msg)?;
    }
    if options.bitrate.is_some() && options.format != Format::Mp3 {
        bail!("--bitrate is for MP3 files: add --format mp3");
    }
    for job in &found.jobs {
        pipeline::check_outputs_before(options, job)?;
    }
    Ok(())
}
