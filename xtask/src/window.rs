//! `cargo xtask window`: opens and closes the window while audio plays, in each mode, on a screen that nobody sees.

use anyhow::{Context, Result, bail};

use crate::screen::Screen;
use crate::{setup, workspace};

/// Options of `cargo xtask window`.
#[derive(clap::Args)]
pub struct Arguments {
    /// How many windows to open and close in each mode
    #[arg(long, value_name = "N", default_value_t = 200)]
    times: usize,
}

/// Runs the command.
pub fn main(arguments: &Arguments) -> Result<()> {
    setup::display_packages()?;
    run(arguments.times)
}

/// Opens and closes `times` windows; fails if they change the sound or leave memory behind.
pub fn run(times: usize) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let screen = Screen::new()?;
    let status = screen
        .command(cargo.as_ref())
        .args(["run", "--release", "--package", "unbraid-plugin", "--example", "windows", "--"])
        .arg(times.to_string())
        .current_dir(workspace::root())
        .status()
        .context("cannot start cargo")?;
    if !status.success() {
        bail!("the window fails on a screen; its messages above say why");
    }
    Ok(())
}
