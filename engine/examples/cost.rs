//! Where an engine's time goes: microseconds a hop by stage, on one core, with the network given on the command
//! line (`cargo run --release --package unbraid-engine --example cost -- models/studio.onnx [BLOCK]`).

use std::time::Instant;

use unbraid_engine::STEMS;
use unbraid_engine::memory::PoolAllocator;
use unbraid_engine::prepare::{NetworkPlan, Sizes};
use unbraid_engine::realtime::{Engine, Separator};

#[global_allocator]
static ALLOCATOR: PoolAllocator = PoolAllocator::system();

const RATE: f64 = 44_100.0;
const HOPS: usize = 2000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("usage: cost NETWORK.onnx [BLOCK]")?;
    let block = arguments.next().map_or(Ok(512), |block| block.parse())?;

    let start = Instant::now();
    let plan = NetworkPlan::from_bytes(&file, &std::fs::read(&file)?)?;
    println!("load and optimise  {:8.1} ms", 1e3 * start.elapsed().as_secs_f64());
    let start = Instant::now();
    let mut network = plan.instance()?;
    println!("first instance     {:8.1} ms", 1e3 * start.elapsed().as_secs_f64());
    let start = Instant::now();
    drop(plan.instance()?);
    println!("further instance   {:8.1} ms", 1e3 * start.elapsed().as_secs_f64());

    let bins = plan.contract().bins();
    let mixture: Vec<f32> = (0..4 * bins).map(|at| (at as f32).sin() * 30.0).collect();
    let mut shares = vec![0.0; 8 * bins];
    let mut times = Vec::with_capacity(HOPS);
    for _ in 0..HOPS {
        let start = Instant::now();
        network.run_frame(&mixture, &mut shares)?;
        times.push(1e6 * start.elapsed().as_secs_f64());
    }
    report("network, hot", &mut times, 1.0);

    let start = Instant::now();
    let mut engine = Engine::new(Box::new(network), RATE, block)?;
    println!("engine set-up      {:8.1} ms", 1e3 * start.elapsed().as_secs_f64());
    let Sizes { hop, .. } = *engine.sizes();
    let mut main = [vec![0.1; block], vec![-0.1; block]];
    let mut stems: [[Vec<f32>; 2]; STEMS] = Default::default();
    stems.iter_mut().flatten().for_each(|channel| channel.resize(block, 0.0));
    let mut times = Vec::with_capacity(HOPS * hop / block);
    for callback in 0..HOPS * hop / block {
        for (at, sample) in main.iter_mut().flatten().enumerate() {
            *sample = ((callback * block + at) as f32 * 0.37).sin();
        }
        let start = Instant::now();
        engine.process(
            main.each_mut().map(Vec::as_mut_slice),
            stems.each_mut().map(|stem| Some(stem.each_mut().map(Vec::as_mut_slice))),
        );
        times.push(1e6 * start.elapsed().as_secs_f64());
    }
    report("callback", &mut times, 1.0);
    report("callback, share of period in %", &mut times, 100.0 * RATE / block as f64 / 1e6);
    Ok(())
}

fn report(name: &str, times: &mut [f64], scale: f64) {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize] * scale;
    let mean = times.iter().sum::<f64>() / times.len() as f64 * scale;
    println!(
        "{name}: mean {mean:.2}, median {:.2}, p99 {:.2}, p99.9 {:.2}, max {:.2}",
        at(0.5),
        at(0.99),
        at(0.999),
        at(1.0)
    );
}
