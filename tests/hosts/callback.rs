//! What a callback of the bundled plug-in costs, and what it asks of the system's allocator.
//!
//! Times are processor times, which other programs on the machine lengthen a little at most; `cargo xtask bench` has
//! the whole picture.

use std::hint::black_box;
use std::time::Duration;

use unbraid_host::{Callback, ClapHost, system_requests};
use unbraid_tests::{Audio, RATE, loaded_host, noise};

/// Main and the four stems.
const BUSES: usize = 5;
/// The modes that are built in, by the text of the parameter.
const MODES: [(&str, &str); 2] = [("Studio", "models/studio.onnx"), ("Live", "models/live.onnx")];
/// Samples after which every stage of either mode has run many times.
const SETTLING: usize = 1 << 16;

/// An active instance for every mode whose network is there.
fn hosts(block: usize) -> impl Iterator<Item = (&'static str, ClapHost)> {
    let there = |file: &str| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file).exists();
    MODES.into_iter().filter(move |(_, file)| there(file)).map(move |(mode, _)| {
        let mut host = loaded_host();
        host.set_text("mode", mode).unwrap();
        host.activate(f64::from(RATE), block as u32).unwrap();
        (mode, host)
    })
}

/// Callbacks one after the other, those of the settling left out.
fn callbacks(host: &mut ClapHost, song: &Audio, block: usize, number: usize) -> Vec<Callback> {
    host.clocked(song, block, BUSES, |call| {
        for _ in 0..SETTLING / block {
            call()?;
        }
        (0..number).map(|_| call()).collect()
    })
    .unwrap()
}

#[test]
fn promise_6_the_bundle_asks_the_system_for_no_memory() {
    let requests = || system_requests().expect("this system's allocator can be counted");
    let before = requests();
    drop(black_box(Vec::<u8>::with_capacity(64)));
    assert_eq!(requests() - before, 2, "the guard does not see a planted request and its free");

    let song = noise(SETTLING);
    for block in [64, 512] {
        for (mode, mut host) in hosts(block) {
            let before = requests();
            host.deactivate();
            host.activate(f64::from(RATE), block as u32 + 1).unwrap();
            assert!(requests() - before > 50, "the guard does not see that the bundle makes a new engine");
            let asked: u64 = callbacks(&mut host, &song, block, 4000)
                .iter()
                .map(|callback| callback.requests.expect("counted"))
                .sum();
            assert_eq!(asked, 0, "{mode}, blocks of {block}");
        }
    }
}

/// The least processor time that a second of audio took in a few rounds, which come in turns.
fn least_costs<const N: usize>(mode: &str, blocks: [usize; N]) -> [Duration; N] {
    const ROUNDS: usize = 6;
    const SAMPLES: usize = 1 << 15;
    let song = noise(SETTLING);
    let mut hosts = blocks.map(|block| {
        let mut host = loaded_host();
        host.set_text("mode", mode).unwrap();
        host.activate(f64::from(RATE), block as u32).unwrap();
        callbacks(&mut host, &song, block, 0);
        host
    });
    let mut least = [Duration::MAX; N];
    for _ in 0..ROUNDS {
        for ((host, &block), least) in hosts.iter_mut().zip(&blocks).zip(&mut least) {
            let times = host.clocked(&song, block, BUSES, |call| {
                (0..SAMPLES / block).map(|_| call()).collect::<Result<Vec<_>, _>>()
            });
            *least = (*least).min(times.unwrap().iter().map(|callback| callback.cpu).sum());
        }
    }
    least
}

#[test]
fn the_cost_does_not_rise_for_larger_blocks() {
    const BLOCKS: [usize; 6] = [64, 128, 256, 512, 1024, 2048];
    for (mode, _) in hosts(512) {
        let costs = least_costs(mode, BLOCKS);
        for (pair, blocks) in costs.windows(2).zip(BLOCKS.windows(2)) {
            let rise = pair[1].as_secs_f64() / pair[0].as_secs_f64();
            assert!(
                rise < 1.2,
                "{mode}: blocks of {} cost {rise:.2} times those of {}",
                blocks[1],
                blocks[0]
            );
        }
        let whole = costs[5].as_secs_f64() / costs[0].as_secs_f64();
        assert!(whole < 1.2, "{mode}: blocks of 2048 cost {whole:.2} times those of 64");
    }
}

#[test]
fn the_work_is_spread_evenly_over_small_blocks() {
    const BLOCK: usize = 64;
    // Every slice of a hop as often as any other, whichever of the two hops it is.
    const CALLBACKS: usize = 600 * 16;
    let song = noise(SETTLING);
    for (mode, mut host) in hosts(BLOCK) {
        let period = BLOCK as f64 / f64::from(RATE);
        let times = callbacks(&mut host, &song, BLOCK, CALLBACKS);
        let shares: Vec<f64> = times.iter().map(|callback| callback.cpu.as_secs_f64() / period).collect();
        let median = |mut values: Vec<f64>| {
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        let slices: Vec<f64> =
            (0..16).map(|slice| median(shares.iter().skip(slice).step_by(16).copied().collect())).collect();
        let mean = slices.iter().sum::<f64>() / 16.0;
        let worst = slices.iter().copied().fold(0.0, f64::max);
        assert!(worst <= 1.5 * mean, "{mode}: the worst slice takes {:.2} times the mean", worst / mean);
        let mut sorted = shares;
        sorted.sort_by(f64::total_cmp);
        let tail = sorted[CALLBACKS * 999 / 1000];
        assert!(tail <= 0.5, "{mode}: p99.9 of a callback is {:.0} % of its period", 100.0 * tail);
    }
}
