//! What a callback of the bundled plug-in costs, and what it asks of the system's allocator.
//!
//! Times are processor times, the median or the fewest of several rounds, and limits are far from what is measured: they
//! tell an engine that does its work at the wrong moment from one on a slow or busy machine. How well the work is spread,
//! and what it costs, says `cargo xtask bench`. Not on Windows, which counts a thread's processor time in steps of
//! 15.6 ms.
#![cfg(not(windows))]

use std::time::Duration;

use unbraid_host::{Callback, ClapHost};
use unbraid_requests::system_requests;
use unbraid_testkit::{float, index};
use unbraid_tests::{Audio, MODES, RATE, active_host_in, announced, noise};

/// Main and the four stems.
const BUSES: usize = 5;
/// Samples after which every stage of either mode has run many times.
const SETTLING: usize = 1 << 16;

/// An active instance for every mode.
fn hosts(block: usize) -> impl Iterator<Item = (&'static str, ClapHost)> {
    MODES.into_iter().map(move |mode| {
        let mut host = active_host_in(mode, RATE, announced(block));
        host.count_requests_with(system_requests);
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

/// Where requests can be counted.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn promise_6_the_bundle_asks_the_system_for_no_memory() {
    let requests = || system_requests().expect("this system's allocator can be counted");
    let before = requests();
    drop(std::hint::black_box(Vec::<u8>::with_capacity(64)));
    assert_eq!(requests() - before, 2, "the guard does not see a planted request and its free");

    let song = noise(SETTLING);
    for block in [64, 512] {
        for (mode, mut host) in hosts(block) {
            let before = requests();
            host.deactivate();
            host.activate(f64::from(RATE), announced(block) + 1).unwrap();
            assert!(requests() - before > 50, "the guard does not see that the bundle makes a new engine");
            let asked: u64 = callbacks(&mut host, &song, block, 4000)
                .iter()
                .map(|callback| callback.requests.expect("counted"))
                .sum();
            assert_eq!(asked, 0, "{mode}, blocks of {block}");
        }
    }
}

/// Rounds in which the machine may be busy.
const ROUNDS: usize = 7;

/// The processor time that a second of audio took, in rounds in which blocks come in turns.
fn costs<const N: usize>(mode: &str, blocks: [usize; N]) -> Vec<[Duration; N]> {
    const SAMPLES: usize = 1 << 15;
    let song = noise(SETTLING);
    let mut hosts = blocks.map(|block| {
        let mut host = active_host_in(mode, RATE, announced(block));
        callbacks(&mut host, &song, block, 0);
        (host, block)
    });
    let round = || {
        hosts.each_mut().map(|(host, block)| {
            let times = host.clocked(&song, *block, BUSES, |call| {
                (0..SAMPLES / *block).map(|_| call()).collect::<Result<Vec<_>, _>>()
            });
            times.unwrap().iter().map(|callback| callback.cpu).sum()
        })
    };
    std::iter::repeat_with(round).take(ROUNDS).collect()
}

/// What is wrong with costs of the same audio in ever larger blocks, by their medians over rounds. Work done twice, or in
/// each block instead of each frame, changes them by far more than a busy machine, whose few quiet moments a least cost
/// would compare with its many busy ones.
fn rise<const N: usize>(rounds: &[[Duration; N]]) -> Option<String> {
    const LIMIT: f64 = 1.6;
    let typical: [Duration; N] = std::array::from_fn(|size| {
        let mut costs: Vec<Duration> = rounds.iter().map(|round| round[size]).collect();
        costs.sort();
        costs[costs.len() / 2]
    });
    typical.iter().enumerate().find_map(|(at, cost)| {
        let least = typical[..at].iter().min()?;
        let rise = cost.as_secs_f64() / least.as_secs_f64();
        (rise > LIMIT).then(|| format!("size {at} costs {rise:.2} times a smaller one: {typical:?}"))
    })
}

#[test]
fn the_cost_does_not_rise_for_larger_blocks() {
    const BLOCKS: [usize; 6] = [64, 128, 256, 512, 1024, 2048];
    let milliseconds = |rounds: [[u64; 4]; 3]| rounds.map(|costs| costs.map(Duration::from_millis));
    assert!(rise(&milliseconds([[70, 61, 60, 80]; 3])).is_none());
    assert!(
        rise(&milliseconds([[93, 92, 54, 94], [54, 92, 91, 94], [93, 92, 91, 94]])).is_none(),
        "quiet moments"
    );
    assert!(rise(&milliseconds([[70, 61, 60, 120]; 3])).is_some(), "the guard does not see twice the work");

    for mode in MODES {
        if let Some(found) = rise(&costs(mode, BLOCKS)) {
            panic!("{mode}, blocks of {BLOCKS:?}: {found}");
        }
    }
}

/// How unevenly the callbacks of a hop share its work, each round's `[hop][slice]`: the largest over the mean of what
/// each slice typically takes, and the 99th percentile of all over the same mean. Of both, the fewest of all rounds.
fn unevenness(rounds: &[Vec<Duration>], slices: usize) -> [f64; 2] {
    let quantile = |mut values: Vec<Duration>, part: f64| {
        values.sort();
        values[index(part * float(values.len()))].as_secs_f64()
    };
    let typical = |round: &Vec<Duration>| -> Vec<f64> {
        (0..slices)
            .map(|slice| quantile(round.iter().skip(slice).step_by(slices).copied().collect(), 0.5))
            .collect()
    };
    rounds
        .iter()
        .map(|round| {
            let typical = typical(round);
            let mean = typical.iter().sum::<f64>() / float(slices);
            [typical.into_iter().fold(0.0, f64::max) / mean, quantile(round.clone(), 0.99) / mean]
        })
        .fold([f64::INFINITY; 2], |least, round| [least[0].min(round[0]), least[1].min(round[1])])
}

/// Limits for [`unevenness`] that an engine which does a frame's work at once misses by far: its worst slice is as many
/// times the mean as there are slices, and so is its tail.
const UNEVEN: [f64; 2] = [2.5, 5.0];

fn too_uneven(found: [f64; 2]) -> bool {
    found[0] > UNEVEN[0] || found[1] > UNEVEN[1]
}

#[test]
fn the_guard_of_evenness_sees_planted_faults_and_forgives_a_busy_machine() {
    const SLICES: usize = 8;
    const HOPS: usize = 100;
    // Some unevenness, and other programs that lengthen a fifth of all callbacks threefold.
    let round = |busy: bool| -> Vec<Duration> {
        (0..HOPS * SLICES)
            .map(|at| 100 + 30 * (at as u64 % 2))
            .enumerate()
            .map(|(at, micros)| if busy && at % 5 == 3 { 3 * micros } else { micros })
            .map(Duration::from_micros)
            .collect()
    };
    assert!(!too_uneven(unevenness(&[round(false)], SLICES)));
    assert!(!too_uneven(unevenness(&[round(true), round(true)], SLICES)));
    let at_once: Vec<Duration> =
        (0..HOPS * SLICES).map(|at| Duration::from_micros(if at % SLICES == 0 { 900 } else { 10 })).collect();
    assert!(too_uneven(unevenness(&[at_once.clone(), at_once], SLICES)), "all work in one slice");
    let now_and_then: Vec<Duration> = round(false)
        .into_iter()
        .enumerate()
        .map(|(at, time)| if at % 50 == 0 { 10 * time } else { time })
        .collect();
    assert!(too_uneven(unevenness(&[now_and_then], SLICES)), "some callbacks take ten times as long");
}

#[test]
fn the_work_is_spread_evenly_over_small_blocks() {
    const BLOCK: usize = 64;
    // The slices of two of Live's hops, or of one of Studio's.
    const SLICES: usize = 16;
    const HOPS: usize = 100;
    let song = noise(SETTLING);
    for (mode, mut host) in hosts(BLOCK) {
        // In one go: a pause would begin a hop anew.
        let times = callbacks(&mut host, &song, BLOCK, ROUNDS * HOPS * SLICES);
        let rounds: Vec<Vec<Duration>> = times
            .chunks(HOPS * SLICES)
            .map(|round| round.iter().map(|callback| callback.cpu).collect())
            .collect();
        let found = unevenness(&rounds, SLICES);
        assert!(
            !too_uneven(found),
            "{mode}: the worst slice takes {:.2} times the mean and the 99th percentile {:.2} times; limits {UNEVEN:?}",
            found[0],
            found[1]
        );
    }
}
