//! `cargo xtask fuzz` and `cargo xtask soak`: the long forms of tests that `cargo xtask test` runs for seconds.

use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

use crate::{bundle, workspace};

/// Options of `cargo xtask fuzz`.
#[derive(clap::Args)]
pub struct FuzzArguments {
    /// How long
    #[arg(long, default_value_t = 10.0, value_name = "MINUTES")]
    minutes: f64,
    /// Where to begin; another number each time if left out
    #[arg(long)]
    seed: Option<u32>,
    /// Only the one life that an earlier run found something in
    #[arg(long, value_name = "SEED", conflicts_with_all = ["seed", "minutes"])]
    life: Option<u32>,
}

/// Options of `cargo xtask soak`.
#[derive(clap::Args)]
pub struct SoakArguments {
    /// How long
    #[arg(long, default_value_t = 30.0, value_name = "MINUTES")]
    minutes: f64,
    /// Where to begin; another number each time if left out
    #[arg(long)]
    seed: Option<u32>,
}

/// Runs `cargo xtask fuzz`.
///
/// # Errors
/// When something was found.
pub fn fuzz(arguments: &FuzzArguments) -> Result<()> {
    match arguments.life {
        Some(life) => run("fuzz", &[life.to_string()]),
        None => run("fuzz", &[seed(arguments.seed).to_string(), arguments.minutes.to_string()]),
    }
}

/// Runs `cargo xtask soak`.
///
/// # Errors
/// When an instance failed or memory grew.
pub fn soak(arguments: &SoakArguments) -> Result<()> {
    run("soak", &[seed(arguments.seed).to_string(), arguments.minutes.to_string()])
}

/// The seed that was given, or one that differs from run to run.
fn seed(given: Option<u32>) -> u32 {
    given.unwrap_or_else(|| {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.subsec_nanos())
    })
}

/// Builds the bundle and the program, and runs it.
fn run(program: &str, arguments: &[String]) -> Result<()> {
    bundle::up_to_date_clap()?;
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["run", "--quiet", "--release", "--package", "unbraid-tests", "--bin", program, "--"])
        .args(arguments)
        .current_dir(workspace::root())
        .status()
        .context("cannot start cargo")?;
    if !status.success() {
        bail!("`{program} {}` did not end well", arguments.join(" "));
    }
    Ok(())
}
