//! `cargo xtask window`: opens and closes the window while audio plays, in each mode, and drags files onto it, on a screen
//! that nobody sees.

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

/// Opens and closes `times` windows, and drags files onto some; fails if they change the sound or leave memory behind, or
/// if the files do not arrive.
pub fn run(times: usize) -> Result<()> {
    let screen = Screen::new()?;
    example(&screen, "windows", &[&times.to_string()])?;
    example(&screen, "drops", &[])
}

fn example(screen: &Screen, name: &str, arguments: &[&str]) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = screen
        .command(cargo.as_ref())
        .args(["run", "--release", "--package", "unbraid-plugin", "--example", name, "--"])
        .args(arguments)
        .current_dir(workspace::root())
        .status()
        .context("cannot start cargo")?;
    if !status.success() {
        bail!("the window fails on a screen ({name}); its messages above say why");
    }
    Ok(())
}
