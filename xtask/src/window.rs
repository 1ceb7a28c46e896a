//! `cargo xtask window`: runs the window's tests on a virtual screen: opens and closes it while audio plays, in each mode, and
//! drags files onto it, types over it.

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
    setup::check_display()?;
    run(arguments.times)
}

/// Opens and closes `times` windows, and drags files onto some.
///
/// # Errors
/// When windows change the sound or leave memory behind, or files do not arrive.
pub fn run(times: usize) -> Result<()> {
    let screen = Screen::new()?;
    for (program, arguments) in
        [("windows", vec![times.to_string()]), ("drops", Vec::new()), ("keys", Vec::new())]
    {
        run_program(&screen, program, &arguments)?;
    }
    Ok(())
}

fn run_program(screen: &Screen, name: &str, arguments: &[String]) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = screen
        .command(cargo.as_ref())
        .args(["run", "--release", "--package", "unbraid-window-tests", "--bin", name, "--"])
        .args(arguments)
        .current_dir(workspace::root())
        .status()
        .context("cannot start cargo")?;
    if !status.success() {
        bail!("the window's test `{name}` failed; its messages above say why");
    }
    Ok(())
}
