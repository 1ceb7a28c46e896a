//! Run times of an engine's stages, on one core and with nothing else between its frames:
//! `cargo run --release --package unbraid-engine --example cost -- models/studio.onnx [--block 512] [--json]`.
//!
//! `cargo xtask bench` runs it for the costs by stage, which no host can measure.

#![allow(clippy::cast_precision_loss, reason = "figures are rounded anyway")]

mod measure;
mod report;

use std::path::PathBuf;

use clap::Parser;
use unbraid_engine::engine::Engine;
use unbraid_engine::memory::PoolAllocator;
use unbraid_engine::network::NetworkPlan;

use measure::{network_alone, stages, timed};
use report::Report;

#[global_allocator]
static ALLOCATOR: PoolAllocator = PoolAllocator::system();

/// Sample rate in Hz.
const RATE: f64 = 44_100.0;

/// Run times of an engine's stages.
#[derive(Parser)]
struct Arguments {
    /// The network, an ONNX file
    network: PathBuf,
    /// Samples of a block
    #[arg(long, value_name = "SAMPLES", default_value_t = 512, value_parser = positive)]
    block: usize,
    /// Print figures as JSON
    #[arg(long)]
    json: bool,
}

fn positive(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|&size| size > 0).ok_or_else(|| "need a number of samples above 0".into())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Arguments { network, block, json } = Arguments::parse();
    let bytes = std::fs::read(&network).map_err(|error| format!("{}: {error}", network.display()))?;
    let (plan, optimise) = timed(|| NetworkPlan::from_bytes(&network.to_string_lossy(), &bytes));
    let plan = plan?;
    let (instance, warm_up) = timed(|| plan.instance());
    let mut instance = instance?;
    let alone_us = network_alone(&mut instance)?;
    let (engine, set_up) = timed(|| Engine::new(plan.contract(), RATE, block));
    let mut engine = engine?;
    if engine.network_slot().publish(Box::new(instance)).is_err() {
        return Err("the network contradicts its own contract".into());
    }
    let run = stages(&mut engine, block)?;
    let report = Report { config: *engine.config(), block, optimise, warm_up, set_up, alone_us, run, plan };
    if json {
        println!("{}", report.json());
    } else {
        print!("{report}");
    }
    Ok(())
}
