//! The peer: onnxruntime on the same network file, on one thread, in turns with our own runtime.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::stages::{Example, Stages};
use crate::{python, workspace};
use unbraid_separate::Mode;

const SCRIPT: &str = "benches/onnxruntime_frame.py";
const REQUIREMENTS: &str = "benches/requirements.txt";

/// onnxruntime's figures beside ours.
#[derive(Serialize)]
pub struct Peer {
    pub onnxruntime_version: String,
    /// Processor time of one frame in onnxruntime, in µs: median of the fastest round.
    pub onnxruntime_us: f64,
    /// One frame in our runtime, measured the same way in the same minutes, in µs.
    pub ours_us: f64,
    /// Ours over theirs: the bar is 1.3, the goal 1.
    pub ratio: f64,
    /// How often both ran, in turns.
    pub rounds: usize,
}

#[derive(Deserialize)]
struct Answer {
    version: String,
    median_us: f64,
}

/// What is needed to run both runtimes.
pub struct Python {
    interpreter: PathBuf,
    example: Example,
}

impl Python {
    /// Installs onnxruntime and builds our side.
    pub fn prepare() -> Result<Self> {
        Ok(Self { interpreter: python::environment("bench", &[REQUIREMENTS])?, example: Example::build()? })
    }

    /// Runs both in turns, so that both meet the machine as it is, and takes the best of each.
    pub fn beside_stages(&self, mode: Mode, quick: bool) -> Result<(Stages, Peer)> {
        let rounds = if quick { 2 } else { 8 };
        let mut best: Option<Stages> = None;
        let mut ours_us = f64::INFINITY;
        let mut theirs: Option<Answer> = None;
        for _ in 0..rounds {
            let stages = self.example.run(mode)?;
            ours_us = ours_us.min(stages.network_alone_us);
            if best.as_ref().is_none_or(|best| stages.us_per_hop < best.us_per_hop) {
                best = Some(stages);
            }
            let answer = self.onnxruntime(mode)?;
            if theirs.as_ref().is_none_or(|best| answer.median_us < best.median_us) {
                theirs = Some(answer);
            }
        }
        let (Some(stages), Some(theirs)) = (best, theirs) else { bail!("no round ran") };
        let peer = Peer {
            onnxruntime_version: theirs.version,
            onnxruntime_us: theirs.median_us,
            ours_us,
            ratio: ours_us / theirs.median_us,
            rounds,
        };
        Ok((stages, peer))
    }

    fn onnxruntime(&self, mode: Mode) -> Result<Answer> {
        let output = Command::new(&self.interpreter)
            .arg(workspace::root().join(SCRIPT))
            .arg(workspace::network_file(mode))
            .output()
            .with_context(|| format!("cannot start {}", workspace::shown(&self.interpreter)))?;
        if !output.status.success() {
            bail!("{SCRIPT} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        serde_json::from_slice(&output.stdout).with_context(|| format!("{SCRIPT} gave no figures"))
    }
}
