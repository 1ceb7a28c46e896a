//! Costs by stage, which no host sees: from the engine's own example, in a process of its own.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::workspace;
use unbraid_separate::Mode;

/// Where a hop's time goes; times in µs are those of the fastest of a few rounds.
#[derive(Serialize, Deserialize, Clone)]
pub struct Stages {
    /// Samples between frames at 44.1 kHz.
    pub hop: usize,
    pub rate: f64,
    pub block: usize,
    /// Reading and optimising the network.
    pub optimise_ms: f64,
    /// Warming one stream up.
    pub warm_up_ms: f64,
    /// Making everything else.
    pub set_up_ms: f64,
    /// Processor time of one frame of the network with nothing in between, as a runtime's own bench measures.
    pub network_alone_us: f64,
    pub us_per_hop: f64,
    pub stages: Vec<Stage>,
    pub operators: Vec<Operator>,
}

/// One stage of a hop.
#[derive(Serialize, Deserialize, Clone)]
pub struct Stage {
    pub stage: String,
    pub us_per_hop: f64,
}

/// All nodes of the network that run one operator.
#[derive(Serialize, Deserialize, Clone)]
pub struct Operator {
    pub operator: String,
    pub count: usize,
    pub us_per_hop: f64,
}

impl Stages {
    /// Share of one core in percent of `us` per hop.
    pub fn percent(&self, us: f64) -> f64 {
        us * self.rate / self.hop as f64 / 1e4
    }
}

/// The example's binary, built.
pub struct Example(PathBuf);

impl Example {
    /// Builds it.
    pub fn build() -> Result<Self> {
        let build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["build", "--release", "--quiet", "--package", "unbraid-engine", "--example", "cost"])
            .current_dir(workspace::root())
            .status()
            .context("cannot start cargo to build the engine's example")?;
        if !build.success() {
            bail!("the engine's example `cost` does not build; cargo's messages above say why");
        }
        Ok(Self(workspace::target().join("release/examples/cost")))
    }

    /// Runs it once.
    pub fn run(&self, mode: Mode) -> Result<Stages> {
        let output = Command::new(&self.0)
            .arg(workspace::network_file(mode))
            .arg("--json")
            .output()
            .with_context(|| format!("cannot start {}", workspace::shown(&self.0)))?;
        if !output.status.success() {
            bail!("the engine's example failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        serde_json::from_slice(&output.stdout).context("the engine's example gave no figures")
    }
}
