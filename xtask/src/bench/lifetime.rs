//! What comes before and beside the callbacks: activation and memory, in a process that has loaded nothing yet.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use unbraid_host::ClapHost;

use super::cells::{RATE, song};
use unbraid_separate::Mode;

/// Instances after the first.
const FURTHER: usize = 4;
/// Activations of each kind after the first.
const REPEATS: usize = 5;

/// Activation times and memory of one mode.
#[derive(Serialize, Deserialize)]
pub struct Lifetime {
    /// Loading the bundle and making the first instance, in ms.
    pub load_ms: f64,
    /// The first activation in a process, in ms.
    pub first_activation_ms: f64,
    /// Activating again with the same settings: slowest of a few, in ms.
    pub repeated_activation_ms: f64,
    /// Activating again for other blocks: slowest of a few, in ms.
    pub other_block_activation_ms: f64,
    /// The first activation of a further instance: slowest of a few, in ms.
    pub further_activation_ms: f64,
    /// Memory that loading, activating and playing took, in MB (10⁶ bytes), where the system tells.
    pub first_instance_mb: Option<f64>,
    /// The same for each further instance.
    pub further_instance_mb: Option<f64>,
}

/// Measures in a process of its own.
pub fn measure(mode: Mode) -> Result<Lifetime> {
    let output = Command::new(std::env::current_exe()?)
        .args(["bench", "--lifetime", "--mode", &mode.text().to_lowercase()])
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cannot start the bench again for activation times")?;
    if !output.status.success() {
        bail!("the process for activation times failed");
    }
    serde_json::from_slice(&output.stdout).context("the process for activation times gave no figures")
}

/// The inside of that process: prints the figures as JSON.
pub fn inside(clap: &Path, mode: Mode) -> Result<()> {
    let before = resident_mb();
    let (host, load_ms) = timed(|| instance(clap, mode));
    let mut host = host?;
    let (done, first_activation_ms) = timed(|| host.activate(RATE, 512));
    done?;
    play(&mut host, 512)?;
    let after_first = resident_mb();

    let (mut repeated_activation_ms, mut other_block_activation_ms) = (0.0f64, 0.0f64);
    for _ in 0..REPEATS {
        host.deactivate();
        let (done, taken) = timed(|| host.activate(RATE, 512));
        done?;
        repeated_activation_ms = repeated_activation_ms.max(taken);
    }
    for block in [64, 1024, 128, 2048, 256] {
        host.deactivate();
        let (done, taken) = timed(|| host.activate(RATE, block));
        done?;
        other_block_activation_ms = other_block_activation_ms.max(taken);
    }

    let before_further = resident_mb();
    let mut further_activation_ms = 0.0f64;
    let mut further = Vec::new();
    for _ in 0..FURTHER {
        let mut host = instance(clap, mode)?;
        let (done, taken) = timed(|| host.activate(RATE, 512));
        done?;
        further_activation_ms = further_activation_ms.max(taken);
        play(&mut host, 512)?;
        further.push(host);
    }
    let grown = |from: Option<f64>, to: Option<f64>| Some((to? - from?).max(0.0));
    let lifetime = Lifetime {
        load_ms,
        first_activation_ms,
        repeated_activation_ms,
        other_block_activation_ms,
        further_activation_ms,
        first_instance_mb: grown(before, after_first),
        further_instance_mb: grown(before_further, resident_mb()).map(|sum| sum / further.len() as f64),
    };
    println!("{}", serde_json::to_string(&lifetime)?);
    Ok(())
}

fn instance(clap: &Path, mode: Mode) -> Result<ClapHost> {
    let mut host = ClapHost::load(clap)?;
    host.set_text("mode", mode.text())?;
    Ok(host)
}

/// A second of audio, so that all memory that playing takes is taken.
fn play(host: &mut ClapHost, block: usize) -> Result<()> {
    let song = song();
    let buses = host.output_ports().len();
    host.clocked(&song, block, buses, |call| {
        for _ in 0..RATE as usize / block {
            call()?;
        }
        Ok(())
    })?;
    Ok(())
}

fn timed<R>(work: impl FnOnce() -> R) -> (R, f64) {
    let start = Instant::now();
    let result = work();
    (result, 1e3 * start.elapsed().as_secs_f64())
}

/// Memory of this process that is in use, where the system tells.
fn resident_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024.0 / 1e6)
}
