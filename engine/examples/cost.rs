//! Where an engine's time goes, on one core and with nothing else between its frames:
//! `cargo run --release --package unbraid-engine --example cost -- models/studio.onnx [BLOCK]`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use unbraid_engine::memory::PoolAllocator;
use unbraid_engine::prepare::{Contract, NetworkPlan};
use unbraid_engine::realtime::{Engine, Fault, Network, Separator};
use unbraid_engine::{CHANNELS, STEMS};

#[global_allocator]
static ALLOCATOR: PoolAllocator = PoolAllocator::system();

const RATE: f64 = 44_100.0;
const HOPS: usize = 2000;
const INSTANCES: usize = 8;

/// A network that adds up the time spent in it.
struct Timed {
    network: Network,
    nanoseconds: Arc<AtomicU64>,
}

impl Timed {
    fn time<R>(&mut self, work: impl FnOnce(&mut Network) -> R) -> R {
        let start = Instant::now();
        let result = work(&mut self.network);
        self.nanoseconds.fetch_add(start.elapsed().as_nanos() as u64, Ordering::Relaxed);
        result
    }
}

impl Separator for Timed {
    fn contract(&self) -> &Contract {
        self.network.contract()
    }

    fn costs(&self) -> &[f32] {
        self.network.costs()
    }

    fn begin(&mut self, mixture: &[f32]) -> Result<(), Fault> {
        self.time(|network| network.begin(mixture))
    }

    fn step(&mut self, index: usize) -> Result<(), Fault> {
        self.time(|network| network.step(index))
    }

    fn finish(&mut self, shares: &mut [f32]) -> Result<(), Fault> {
        self.time(|network| network.finish(shares))
    }

    fn reset(&mut self) {
        self.network.reset();
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("usage: cost NETWORK.onnx [BLOCK]")?;
    let block: usize = arguments.next().map_or(Ok(512), |block| block.parse())?;
    if block == 0 {
        return Err("BLOCK is a number of samples above 0".into());
    }

    let bytes = std::fs::read(&file)?;
    let (plan, taken) = timed(|| NetworkPlan::from_bytes(&file, &bytes));
    let plan = plan?;
    println!("read and optimise the network: {:.1} ms", milliseconds(taken));
    let (network, taken) = timed(|| plan.instance());
    println!("warm an instance up: {:.1} ms", milliseconds(taken));
    let nanoseconds = Arc::new(AtomicU64::new(0));
    let separator = Box::new(Timed { network: network?, nanoseconds: nanoseconds.clone() });
    let (engine, taken) = timed(|| Engine::new(separator, RATE, block));
    let mut engine = engine?;
    println!("set an engine up: {:.1} ms", milliseconds(taken));

    let hop = engine.sizes().hop;
    let mut times = run(&mut engine, block, HOPS * hop / block);
    let hops = (times.len() * block) as f64 / hop as f64;
    let network = nanoseconds.load(Ordering::Relaxed) as f64 / 1e3 / hops;
    let total = times.iter().sum::<f64>() / hops;
    let of_hop = |microseconds: f64| 100.0 * microseconds / (1e6 * hop as f64 / RATE);
    println!("a hop of {hop} samples at {RATE} Hz, {} steps:", plan.operators().len());
    println!("  network                              {network:7.1} us  {:5.2} % of a core", of_hop(network));
    println!(
        "  transforms, shares, overlap, mixing  {:7.1} us  {:5.2} %",
        total - network,
        of_hop(total - network)
    );
    println!("  together                             {total:7.1} us  {:5.2} %", of_hop(total));
    if engine.sizes().spread > 0 && hop.is_multiple_of(block) {
        println!("  worst slice over mean (medians)      {:7.2}", unevenness(&times, hop / block));
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!(
        "a callback of {block} samples: mean {:.1}, median {:.1}, p99 {:.1}, p99.9 {:.1}, max {:.1} us",
        times.iter().sum::<f64>() / times.len() as f64,
        at(0.5),
        at(0.99),
        at(0.999),
        at(1.0)
    );

    if let Some(before) = resident_bytes() {
        let mut further = Vec::with_capacity(INSTANCES);
        for _ in 0..INSTANCES {
            let mut engine = Engine::new(Box::new(plan.instance()?), RATE, block)?;
            run(&mut engine, block, 20 * hop / block + 1);
            further.push(engine);
        }
        let grown = resident_bytes().unwrap_or(before).saturating_sub(before);
        println!("memory of a further instance: {:.1} MB", grown as f64 / 1e6 / further.len() as f64);
    }
    Ok(())
}

/// Runs `callbacks` blocks through `engine` and gives back the microseconds each took.
fn run(engine: &mut Engine, block: usize, callbacks: usize) -> Vec<f64> {
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
    (0..callbacks).map(callback).collect()
}

/// The largest over the mean of the median times of the `slices` callbacks of a hop.
fn unevenness(times: &[f64], slices: usize) -> f64 {
    let medians: Vec<f64> = (0..slices)
        .map(|slice| {
            let mut times: Vec<f64> = times.iter().copied().skip(slice).step_by(slices).collect();
            times.sort_by(f64::total_cmp);
            times[times.len() / 2]
        })
        .collect();
    medians.iter().copied().fold(0.0, f64::max) * slices as f64 / medians.iter().sum::<f64>()
}

fn timed<R>(work: impl FnOnce() -> R) -> (R, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

fn milliseconds(duration: Duration) -> f64 {
    1e3 * duration.as_secs_f64()
}

/// Memory of this process that is in use, where the system tells.
fn resident_bytes() -> Option<usize> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}
