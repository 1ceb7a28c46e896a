//! Callbacks of the bundled plug-in in the CLAP host, for every rate and block size.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use unbraid_host::{Callback, ClapHost};

use super::control::Control;
use super::quantiles::{Quantiles, median};
use unbraid_separate::Mode;

/// The rate in Hz at which the bars are set.
pub const RATE: f64 = 44_100.0;

/// Hops before the clocks count: more than the plug-in's own warm-up.
const WARM_UP_HOPS: usize = 60;

/// Callbacks to a run of the control loop: enough for its tail, without doubling the bench.
const PER_CONTROL: usize = 4;

/// What one cell runs.
pub struct Plan {
    rate: f64,
    block: usize,
    callbacks: usize,
}

const BLOCKS: [usize; 7] = [32, 64, 128, 256, 512, 1024, 2048];

/// All rates and blocks, 100,000 callbacks each.
pub fn full() -> Vec<Plan> {
    let all = [RATE, 48_000.0, 96_000.0].into_iter().flat_map(|rate| BLOCKS.map(|block| (rate, block)));
    all.map(|(rate, block)| Plan { rate, block, callbacks: 100_000 }).collect()
}

/// All blocks at 44.1 kHz and two at the other rates, some seconds of audio each.
pub fn quick() -> Vec<Plan> {
    const SECONDS: f64 = 6.0;
    let others = [(48_000.0, 64), (48_000.0, 512), (96_000.0, 64), (96_000.0, 512)];
    let all = BLOCKS.into_iter().map(|block| (RATE, block)).chain(others);
    all.map(|(rate, block)| {
        let callbacks = ((SECONDS * rate) as usize / block).clamp(300, 4000);
        Plan { rate, block, callbacks }
    })
    .collect()
}

/// The cells of `plan` with one of these blocks and rates; empty lists choose all.
///
/// # Errors
/// One line if no cell is left.
pub fn only(plan: Vec<Plan>, blocks: &[usize], rates: &[u32]) -> Result<Vec<Plan>> {
    let chosen: Vec<Plan> = plan
        .into_iter()
        .filter(|cell| blocks.is_empty() || blocks.contains(&cell.block))
        .filter(|cell| rates.is_empty() || rates.iter().any(|&rate| f64::from(rate) == cell.rate))
        .collect();
    if chosen.is_empty() {
        bail!(
            "there is no such cell: blocks are {BLOCKS:?}, rates 44100, 48000 and 96000 (with --quick, 64 and 512 alone at the last two)"
        );
    }
    Ok(chosen)
}

/// The figures of one rate and block size. Shares are percent of the callback's period, which is also percent of one
/// core.
#[derive(Serialize)]
pub struct Cell {
    pub rate: f64,
    pub block: usize,
    pub latency: usize,
    pub callbacks: usize,
    /// On the wall: what a host sees, other programs' interruptions included.
    pub wall_percent: Quantiles,
    /// On the processor: what the plug-in itself takes.
    pub cpu_percent: Quantiles,
    /// The same length as the mean callback, spent on registers alone (wall): the machine's own jitter.
    pub control_percent: Quantiles,
    pub control_runs: usize,
    /// Where work is spread over the callbacks of a hop: the largest over the mean of their median times.
    pub worst_slice_over_mean: Option<f64>,
    /// Requests to the system's allocator in all callbacks, where they can be counted.
    pub system_allocations: Option<u64>,
}

/// Two seconds of noise at −12 dBFS, which keeps every bin busy; callbacks get it over and over.
pub fn song() -> Vec<Vec<f32>> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        0.25 * ((state >> 8) as f32 / 8_388_608.0 - 1.0)
    };
    (0..2).map(|_| (0..2 * RATE as usize).map(|_| next()).collect()).collect()
}

/// Measures all cells of a plan; `hop` is the network's at 44.1 kHz.
pub fn measure(clap: &Path, mode: Mode, hop: usize, plan: &[Plan]) -> Result<Vec<Cell>> {
    let style = ProgressStyle::with_template("{prefix} [{bar:30}] {pos}/{len} {msg}")?;
    let bar = ProgressBar::new(plan.len() as u64).with_style(style).with_prefix(mode.text());
    let mut cells = Vec::new();
    // The bundle's code and network stay loaded between the cells' instances.
    let _first = ClapHost::load(clap)?;
    for Plan { rate, block, callbacks } in plan {
        bar.set_message(format!("{rate} Hz, blocks of {block}"));
        // Lengths follow the rate in powers of two, as in the engine.
        let hop = (hop as f64 * 2f64.powf((rate / 46_000.0).log2().round())) as usize;
        cells.push(cell(clap, mode, *rate, *block, hop, *callbacks)?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(cells)
}

fn cell(clap: &Path, mode: Mode, rate: f64, block: usize, hop: usize, callbacks: usize) -> Result<Cell> {
    let mut host = ClapHost::load(clap)?;
    host.count_requests_with(unbraid_requests::system_requests);
    host.set_text("mode", mode.text())?;
    host.activate(rate, block as u32)?;
    let latency = host.latency();
    let buses = host.output_ports().len();
    let warm_up = (WARM_UP_HOPS * hop).div_ceil(block);
    let song = song();
    let (times, controls) = host.clocked(&song, block, buses, |call| {
        let warm_up = (0..warm_up).map(|_| call()).collect::<Result<Vec<Callback>, _>>()?;
        let mean = warm_up.iter().map(|callback| callback.cpu).sum::<Duration>() / warm_up.len() as u32;
        let control = Control::lasting(mean);
        let mut times = Vec::with_capacity(callbacks);
        let mut controls = Vec::with_capacity(callbacks / PER_CONTROL + 1);
        for at in 0..callbacks {
            times.push(call()?);
            if at % PER_CONTROL == 0 {
                controls.push(control.run().1);
            }
        }
        Ok((times, controls))
    })?;
    let percent = |time: Duration| 100.0 * time.as_secs_f64() * rate / block as f64;
    let spread = block < hop / 2 && hop.is_multiple_of(block);
    Ok(Cell {
        rate,
        block,
        latency,
        callbacks,
        wall_percent: Quantiles::of(times.iter().map(|time| percent(time.wall)).collect()),
        cpu_percent: Quantiles::of(times.iter().map(|time| percent(time.cpu)).collect()),
        control_runs: controls.len(),
        control_percent: Quantiles::of(controls.into_iter().map(percent).collect()),
        worst_slice_over_mean: spread.then(|| unevenness(&times, hop / block)),
        system_allocations: times.iter().map(|time| time.requests).sum(),
    })
}

/// The largest over the mean of the median times of a hop's `slices` callbacks.
fn unevenness(times: &[Callback], slices: usize) -> f64 {
    let medians: Vec<f64> = (0..slices)
        .map(|slice| {
            let same = times.iter().skip(slice).step_by(slices);
            median(same.map(|time| time.wall.as_secs_f64()).collect())
        })
        .collect();
    medians.iter().copied().fold(0.0, f64::max) * slices as f64 / medians.iter().sum::<f64>()
}
