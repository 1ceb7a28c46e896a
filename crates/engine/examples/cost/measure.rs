//! Timed runs, of which the fastest counts.

use std::time::{Duration, Instant};

use cpu_time::ThreadTime;
use unbraid_engine::engine::{Engine, StageTimes};
use unbraid_engine::masks::Masks;
use unbraid_engine::network::Separator;
use unbraid_engine::{CHANNELS, Fault, STEMS};

/// Hops before the clocks count.
const SETTLING: usize = 100;
/// Rounds, of which the fastest counts: the others had to give way to other programs.
const ROUNDS: usize = 6;
/// Hops a round.
const HOPS: usize = 250;

/// The fastest round.
pub struct Run {
    /// Run time of each callback, in µs.
    pub callbacks: Vec<f64>,
    /// Number of hops.
    pub hops: f64,
    /// Run times of the stages.
    pub times: StageTimes,
}

/// Microseconds of processor time of one frame with nothing else in between, as a runtime's own bench would give it:
/// the median of the fastest of a few rounds.
pub fn network_alone(network: &mut dyn Separator) -> Result<f64, Fault> {
    let bins = network.contract().bins();
    let mixture: Vec<f32> = (0..2 * CHANNELS * bins).map(|at| (at as f32 * 0.37).sin()).collect();
    let mut masks = Masks::new(bins);
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let mut times = Vec::with_capacity(HOPS);
        for _ in 0..HOPS {
            let start = ThreadTime::now();
            network.run_frame(&mixture, &mut masks)?;
            times.push(1e6 * start.elapsed().as_secs_f64());
        }
        best = best.min(median(times));
    }
    network.reset();
    Ok(best)
}

/// Runs `engine` in blocks of `block` samples until it has settled, and then in timed rounds.
pub fn stages(engine: &mut Engine, block: usize) -> Result<Run, &'static str> {
    let hop = engine.config().hop;
    let count = (HOPS * hop).div_ceil(block);
    callbacks(engine, block, (SETTLING * hop).div_ceil(block));
    let hops = (count * block) as f64 / hop as f64;
    let round = |_| {
        engine.time_stages();
        let callbacks = callbacks(engine, block, count);
        Some(Run { callbacks, hops, times: engine.stage_times()?.clone() })
    };
    let total = |run: &Run| run.callbacks.iter().sum::<f64>();
    let fastest = (0..ROUNDS).filter_map(round).min_by(|one, other| total(one).total_cmp(&total(other)));
    fastest.ok_or("no stage was timed")
}

/// Runs `count` blocks through `engine` and gives back the microseconds each took.
fn callbacks(engine: &mut Engine, block: usize, count: usize) -> Vec<f64> {
    let mut main: [Vec<f32>; CHANNELS] = [vec![0.0; block], vec![0.0; block]];
    let mut stems: [[Vec<f32>; CHANNELS]; STEMS] = Default::default();
    stems.iter_mut().flatten().for_each(|channel| channel.resize(block, 0.0));
    let callback = |callback: usize| {
        for (at, sample) in main.iter_mut().flatten().enumerate() {
            *sample = ((callback * block + at) as f32 * 0.37).sin();
        }
        let ((), taken) = timed(|| {
            engine.process(
                main.each_mut().map(Vec::as_mut_slice),
                stems.each_mut().map(|stem| Some(stem.each_mut().map(Vec::as_mut_slice))),
            );
        });
        1e6 * taken.as_secs_f64()
    };
    (0..count).map(callback).collect()
}

/// The median run times of the `count` callbacks of a hop, in microseconds.
pub fn slices(callbacks: &[f64], count: usize) -> Vec<f64> {
    (0..count).map(|slice| median(callbacks.iter().skip(slice).step_by(count).copied().collect())).collect()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

pub fn timed<R>(work: impl FnOnce() -> R) -> (R, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}
