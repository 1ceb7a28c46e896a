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
mod paths;
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

pub use batch::{Summary, check};
pub use console::{Console, print_line};
pub use encode::write_wav;
pub use format::Format;
pub use key::sha256;
pub use options::{Options, ProgressStyle, joined};
pub use paths::shown;
pub use plugin::{LoadedPlugin, NoPlugin};
pub use report::merge as merge_reports;
pub use stems::{Mode, STEMS};
