//! Packing: `nice-plug`'s bundler, and the bundle that the other commands load.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

use crate::workspace;

/// `cargo xtask bundle`: everything goes to `nice-plug`'s bundler as it is.
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub struct Arguments {
    /// Package and cargo options, for instance `unbraid --release`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Runs the command.
pub fn main(arguments: Arguments) -> Result<()> {
    let arguments = std::iter::once("bundle".to_owned()).chain(arguments.arguments);
    nice_plug_xtask::main_with_args("cargo xtask", arguments)
}

/// Builds the plug-in and packs it where that is needed; gives back the path of the CLAP bundle.
///
/// A bundle that is newer than the library is left alone, so that it does not go missing under a test that is about to
/// load it.
pub fn up_to_date_clap() -> Result<PathBuf> {
    let build = std::process::Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--release", "--package", "unbraid"])
        .current_dir(workspace::root())
        .status()
        .context("cannot start cargo to build the plug-in")?;
    if !build.success() {
        bail!("the plug-in does not build; cargo's messages above say why");
    }
    let library = library();
    let bundles = [clap(), vst3()];
    if bundles.iter().any(|bundle| older(bundle, &library)) {
        let here = std::env::current_dir()?;
        std::env::set_current_dir(workspace::root())?;
        let packed =
            nice_plug_xtask::bundle(&workspace::target(), "unbraid", &["--release".to_owned()], false);
        // Paths given by the user are relative to where the command was called.
        std::env::set_current_dir(here)?;
        packed.context("cannot pack the plug-in")?;
    }
    Ok(clap())
}

/// The packed CLAP plug-in.
pub fn clap() -> PathBuf {
    workspace::target().join("bundled/unbraid.clap")
}

/// The packed VST3 plug-in.
pub fn vst3() -> PathBuf {
    workspace::target().join("bundled/unbraid.vst3")
}

/// What cargo builds and the bundler packs.
fn library() -> PathBuf {
    let name = format!("{}unbraid{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    workspace::target().join("release").join(name)
}

/// Whether a bundle is missing or older than the library. A folder's own time says nothing about its contents, so
/// the newest file inside counts.
fn older(bundle: &Path, library: &Path) -> bool {
    match (newest(bundle), newest(library)) {
        (Some(bundle), Some(library)) => bundle < library,
        _ => true,
    }
}

fn newest(path: &Path) -> Option<SystemTime> {
    if path.is_dir() {
        std::fs::read_dir(path).ok()?.filter_map(|entry| newest(&entry.ok()?.path())).max()
    } else {
        path.metadata().ok()?.modified().ok()
    }
}
