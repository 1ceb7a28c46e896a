//! The figures of a run, for programs.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use super::cells::Cell;
use super::lifetime::Lifetime;
use super::machine::Machine;
use super::peer::Peer;
use super::stages::Stages;
use crate::workspace;

/// All figures of one run.
#[derive(Serialize)]
pub struct Report {
    pub machine: Machine,
    /// `quick` or `full`.
    pub form: &'static str,
    pub seconds: f64,
    /// Size of the packed CLAP and VST3 plug-ins in bytes.
    pub bundle_bytes: [u64; 2],
    pub modes: Vec<ModeReport>,
}

/// The figures of one mode.
#[derive(Serialize)]
pub struct ModeReport {
    pub mode: &'static str,
    pub lifetime: Lifetime,
    pub stages: Stages,
    pub peer: Peer,
    pub cells: Vec<Cell>,
}

/// Writes figures to a file.
///
/// # Errors
/// When it cannot be written.
pub fn write_json(file: &Path, report: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(report)?;
    std::fs::write(file, text + "\n").with_context(|| format!("cannot write {}", workspace::shown(file)))?;
    println!("written: {}", workspace::shown(file));
    Ok(())
}
