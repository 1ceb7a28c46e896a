//! `cargo xtask render`: `unbraid separate` with the plug-in of this workspace, built and packed if need be.

use std::path::Path;

use anyhow::{Result, bail};
use unbraid_separate::{Console, LoadedPlugin, Options, Summary, batch, check, songs};
use unbraid_song::{ReadOptions, Reader};

use crate::{bundle, workspace};

/// Options of `cargo xtask render`: those of `unbraid separate`. Without a song, a bundled 20 s clip (CC0) is taken apart;
/// one song's files go straight to the folder of `--out` [default: target/render/NAME-OF-SONG].
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    options: Options,
}

/// Runs the command.
pub fn main(arguments: &Arguments) -> Result<()> {
    let mut options = arguments.options.clone();
    let folder = workspace::target().join("render");
    let clip = workspace::demo_clip();
    let single = match options.songs.as_slice() {
        [] => Some(clip),
        [song] if !song.is_dir() => Some(song.clone()),
        _ => None,
    };
    let found = match single {
        Some(song) => {
            // What was asked for by name is rendered anew, so that it prints its figures.
            options.again = true;
            // A wrong file should not have to wait for a build.
            let name = Some(workspace::shown(&song));
            drop(Reader::open(song.as_path(), &ReadOptions { name, ..ReadOptions::default() })?);
            let folder =
                options.out.clone().unwrap_or_else(|| folder.join(song.file_stem().unwrap_or_default()));
            songs::Found { jobs: vec![songs::single(&song, &folder)?], ..songs::Found::default() }
        }
        None => songs::find(&options.songs, options.out.as_deref().unwrap_or(&folder))?,
    };
    check(&options, &found)?;
    let plugin = plugin(&options)?;
    let summary = batch::run(&options, &plugin, found, &Console::new(options.quiet, options.progress));
    outcome(&summary)
}

/// The plug-in to load. Without `--bundle` it is the workspace's own, and which network it holds can be told for sure.
fn plugin(options: &Options) -> Result<LoadedPlugin> {
    match &options.bundle {
        Some(file) => LoadedPlugin::load(file, None),
        None => {
            let network: &Path = &workspace::network_file(options.mode);
            LoadedPlugin::load(&bundle::up_to_date_clap()?, Some(network))
        }
    }
}

fn outcome(summary: &Summary) -> Result<()> {
    if let Some(reason) = &summary.stopped {
        bail!("{reason}; stopped, songs that were finished are there");
    }
    let total = summary.rendered + summary.skipped + summary.failed.len();
    if !summary.failed.is_empty() {
        bail!("{} of {total} songs failed: {}", summary.failed.len(), summary.failed.join(", "));
    }
    Ok(())
}
