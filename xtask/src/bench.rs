//! `cargo xtask bench`: what the bundled plug-in costs in a host, beside the same network in onnxruntime and a loop
//! that shows the machine's own jitter.

mod cells;
mod control;
mod lifetime;
mod machine;
mod paced;
mod peer;
mod priority;
mod quantiles;
mod report;
mod stages;
mod table;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::{bundle, workspace};
use report::{ModeReport, Report, write_json};
use unbraid_separate::Mode;

/// Options of `cargo xtask bench`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Fewer callbacks and cells: under 50 s once built. The full form takes an hour
    #[arg(long)]
    quick: bool,
    /// Write all figures to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Instead: play this many minutes in real time, two instances beside a loading process, and count missed deadlines
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(1..=600))]
    paced: Option<u32>,
    /// With --paced: control loops in the plug-in's place, to see what the machine does to any program
    #[arg(long, requires = "paced")]
    without_plugin: bool,
    /// Only this mode [default: every mode that has a network]
    #[arg(long, value_enum)]
    mode: Option<Mode>,
    /// Only blocks of this many samples; may be given several times
    #[arg(long, value_name = "SAMPLES")]
    block: Vec<usize>,
    /// Only this sample rate in Hz; may be given several times
    #[arg(long, value_name = "HZ")]
    rate: Vec<u32>,
    /// Part of the bench that needs a process of its own
    #[arg(long, hide = true)]
    lifetime: bool,
    /// Load the machine until killed
    #[arg(long, hide = true)]
    busy: bool,
}

/// Runs the command.
pub fn main(arguments: &Arguments) -> Result<()> {
    if arguments.busy {
        paced::busy();
    }
    let modes: Vec<Mode> = [Mode::Studio, Mode::Live]
        .into_iter()
        .filter(|mode| {
            arguments.mode.is_none_or(|chosen| chosen == *mode) && workspace::network_file(*mode).exists()
        })
        .collect();
    if modes.is_empty() {
        bail!("no network for the chosen mode: models/live.onnx or models/studio.onnx is missing");
    }
    if arguments.lifetime {
        return lifetime::inside(&bundle::clap(), modes[0]);
    }
    let plan = if arguments.quick { cells::quick() } else { cells::full() };
    let plan = cells::only(plan, &arguments.block, &arguments.rate)?;
    let clap = bundle::up_to_date_clap()?;
    if let Some(minutes) = arguments.paced {
        return paced::main(&clap, &modes, minutes, arguments.without_plugin, arguments.json.as_deref());
    }
    let start = Instant::now();
    let peer = peer::Python::prepare()?;
    let machine = machine::Machine::here();
    let mut reports = Vec::new();
    for mode in modes {
        eprintln!("{}: activation, stages, onnxruntime", mode.text());
        let lifetime = lifetime::measure(mode)?;
        let (stages, peer) = peer.beside_stages(mode, arguments.quick)?;
        let cells = cells::measure(&clap, mode, stages.hop, &plan)?;
        reports.push(ModeReport { mode: mode.text(), lifetime, stages, peer, cells });
    }
    let report = Report {
        machine,
        form: if arguments.quick { "quick" } else { "full" },
        seconds: start.elapsed().as_secs_f64(),
        bundle_bytes: [size(&clap)?, size(&bundle::vst3())?],
        modes: reports,
    };
    table::print(&report);
    if let Some(file) = &arguments.json {
        write_json(file, &report)?;
    }
    Ok(())
}

/// Bytes of a file, or of all files in a folder.
fn size(path: &Path) -> Result<u64> {
    let here = || format!("cannot read {}", workspace::shown(path));
    if !path.is_dir() {
        return Ok(path.metadata().with_context(here)?.len());
    }
    let mut sum = 0;
    for entry in std::fs::read_dir(path).with_context(here)? {
        sum += size(&entry?.path())?;
    }
    Ok(sum)
}
