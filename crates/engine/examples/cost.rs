//! Where an engine's time goes, on one core and with nothing else between its frames:
//! `cargo run --release --package unbraid-engine --example cost -- models/studio.onnx [--block 512] [--json]`.
//!
//! `cargo xtask bench` runs it for the costs by stage, which no host sees.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use cpu_time::ThreadTime;
use serde_json::json;
use unbraid_engine::memory::PoolAllocator;
use unbraid_engine::prepare::NetworkPlan;
use unbraid_engine::realtime::{Engine, Separator};
use unbraid_engine::{CHANNELS, STEMS};

#[global_allocator]
static ALLOCATOR: PoolAllocator = PoolAllocator::system();

const RATE: f64 = 44_100.0;
/// Hops before the clocks count.
const SETTLING: usize = 100;
/// Rounds, of which the fastest counts: the others had to share the machine.
const ROUNDS: usize = 6;
/// Hops a round.
const HOPS: usize = 250;

struct Arguments {
    file: String,
    block: usize,
    json: bool,
}

impl Arguments {
    fn parse() -> Result<Self, String> {
        const USAGE: &str = "usage: cost NETWORK.onnx [--block SAMPLES] [--json]";
        let mut given = std::env::args().skip(1);
        let mut parsed = Self { file: String::new(), block: 512, json: false };
        while let Some(argument) = given.next() {
            match argument.as_str() {
                "--json" => parsed.json = true,
                "--block" => {
                    let size = given.next().and_then(|size| size.parse().ok()).filter(|&size| size > 0);
                    parsed.block = size.ok_or("--block takes a number of samples above 0")?;
                }
                _ if parsed.file.is_empty() && !argument.starts_with('-') => parsed.file = argument,
                _ => return Err(USAGE.into()),
            }
        }
        if parsed.file.is_empty() { Err(USAGE.into()) } else { Ok(parsed) }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Arguments { file, block, json } = Arguments::parse()?;
    let bytes = std::fs::read(&file)?;
    let (plan, optimise) = timed(|| NetworkPlan::from_bytes(&file, &bytes));
    let plan = plan?;
    let (network, warm_up) = timed(|| plan.instance());
    let mut network = network?;
    let alone = network_alone(&mut network)?;
    let (engine, set_up) = timed(|| Engine::new(Box::new(network), RATE, block));
    let mut engine = engine?;
    let hop = engine.sizes().hop;

    let callbacks = (HOPS * hop).div_ceil(block);
    run(&mut engine, block, (SETTLING * hop).div_ceil(block));
    let fastest = (0..ROUNDS)
        .map(|_| {
            engine.time_stages();
            let taken = run(&mut engine, block, callbacks);
            (taken.iter().sum::<f64>(), taken, engine.stage_times().cloned())
        })
        .min_by(|one, other| one.0.total_cmp(&other.0));
    let (total, taken, Some(times)) = fastest.ok_or("no round ran")? else {
        return Err("no stage was timed".into());
    };
    let hops = (callbacks * block) as f64 / hop as f64;
    let of = |time: Duration| 1e6 * time.as_secs_f64() / hops;
    let stages = [
        ("window and transform the input", of(times.analyse)),
        ("hand over to the network", of(times.begin)),
        ("network", times.infer.iter().copied().map(of).sum()),
        ("check and focus the shares", of(times.share)),
        ("apply shares, transform back, overlap-add", of(times.synthesise)),
        ("rings and mixing", total / hops - of(times.total())),
    ];
    let mut operators = BTreeMap::<String, (usize, f64)>::new();
    for (name, &time) in plan.operators().into_iter().zip(&times.infer) {
        let entry = operators.entry(name).or_default();
        entry.0 += 1;
        entry.1 += of(time);
    }
    let mut operators: Vec<_> = operators.into_iter().collect();
    operators.sort_by(|one, other| other.1.1.total_cmp(&one.1.1));

    if json {
        let named = |(name, us): &(&str, f64)| json!({ "stage": name, "us_per_hop": us });
        let operator = |(name, (count, us)): &(String, (usize, f64))| json!({ "operator": name, "count": count, "us_per_hop": us });
        let report = json!({
            "hop": hop,
            "rate": RATE,
            "block": block,
            "optimise_ms": milliseconds(optimise),
            "warm_up_ms": milliseconds(warm_up),
            "set_up_ms": milliseconds(set_up),
            "network_alone_us": alone,
            "us_per_hop": total / hops,
            "stages": stages.iter().map(named).collect::<Vec<_>>(),
            "operators": operators.iter().map(operator).collect::<Vec<_>>(),
        });
        println!("{report}");
        return Ok(());
    }
    let share = |us: f64| format!("{us:8.1} us {:6.2} % of a core", us * RATE / hop as f64 / 1e4);
    println!(
        "read and optimise {:.1} ms, warm an instance up {:.1} ms, set an engine up {:.1} ms",
        milliseconds(optimise),
        milliseconds(warm_up),
        milliseconds(set_up)
    );
    println!("a hop of {hop} samples at {RATE} Hz, blocks of {block}:");
    for (name, us) in stages {
        println!("  {name:<44}{}", share(us));
    }
    println!("  {:<44}{}", "together", share(total / hops));
    if engine.sizes().spread > 0 && hop % block == 0 {
        let slices = slices(&taken, hop / block);
        let mean = slices.iter().sum::<f64>() / slices.len() as f64;
        let largest = slices.iter().copied().fold(0.0, f64::max);
        println!("  worst slice over mean {:.2}; slices in us {slices:.0?}", largest / mean);
    }
    println!("the network by operator ({} steps; alone and hot {alone:.1} us):", plan.operators().len());
    for (name, (count, us)) in operators {
        println!("  {count:>3} x {name:<38}{}", share(us));
    }
    Ok(())
}

/// Microseconds of processor time of one frame with nothing else in between, as a runtime's own bench would give it:
/// the median of the fastest of a few rounds.
fn network_alone(network: &mut dyn Separator) -> Result<f64, Box<dyn std::error::Error>> {
    let bins = network.contract().bins();
    let mixture: Vec<f32> = (0..2 * CHANNELS * bins).map(|at| (at as f32 * 0.37).sin()).collect();
    let mut masks = vec![0.0; STEMS * CHANNELS * bins];
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let mut times = Vec::with_capacity(HOPS);
        for _ in 0..HOPS {
            let start = ThreadTime::now();
            network.run_frame(&mixture, &mut masks)?;
            times.push(1e6 * start.elapsed().as_secs_f64());
        }
        times.sort_by(f64::total_cmp);
        best = best.min(times[HOPS / 2]);
    }
    network.reset();
    Ok(best)
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

/// What the callbacks of a hop typically take, in microseconds.
fn slices(taken: &[f64], count: usize) -> Vec<f64> {
    let median = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    (0..count).map(|slice| median(taken.iter().skip(slice).step_by(count).copied().collect())).collect()
}

fn timed<R>(work: impl FnOnce() -> R) -> (R, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

fn milliseconds(duration: Duration) -> f64 {
    1e3 * duration.as_secs_f64()
}
