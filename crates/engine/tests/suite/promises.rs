//! The promises of the product, at the engine's level. Each test is named after one.

use unbraid_engine::engine::{Controls, Engine};
use unbraid_engine::network::{Mode, Separator};
use unbraid_engine::{OTHER, STEMS};

use super::support::*;

const RATES: [f64; 7] = [22_050.0, 44_100.0, 48_000.0, 88_200.0, 96_000.0, 176_400.0, 192_000.0];
const BLOCKS: [Blocks; 7] = [
    Blocks::Fixed(1),
    Blocks::Fixed(17),
    Blocks::Fixed(64),
    Blocks::Fixed(480),
    Blocks::Fixed(2027),
    Blocks::Fixed(8192),
    Blocks::Random(5, 700),
];

/// Runs `check` with an engine for every contract, rate and block size.
fn everywhere(check: impl Fn(&mut Engine, Blocks, &str)) {
    for contract in contracts() {
        for rate in RATES {
            for blocks in BLOCKS {
                let case = format!(
                    "{}/{} {:?} +{} at {rate} Hz, {blocks:?}",
                    contract.fft, contract.hop, contract.window, contract.lookahead
                );
                check(&mut engine(Toy::sound(&contract), rate, blocks), blocks, &case);
            }
        }
    }
}

/// Long enough for every frame position after the latency has passed.
fn length(engine: &Engine) -> usize {
    engine.latency() + 3 * engine.config().fft + 100
}

#[test]
fn promise_1_at_0_db_the_main_output_is_the_input_delayed_by_the_latency() {
    everywhere(|engine, blocks, case| {
        let input = stereo_noise(1, length(engine));
        let output = drive(engine, &input, blocks, &[]);
        let error = error(&output.main, &input, engine.latency());
        assert!(error < INAUDIBLE, "{case}: {error:e}");
    });
}

#[test]
fn promise_2_the_stems_sum_to_the_delayed_input() {
    everywhere(|engine, blocks, case| {
        let input = stereo_noise(2, length(engine));
        // Pre-level stems depend on no control but focus and sensitivity, with which they still sum to the input.
        let controls = Controls {
            level: [0.1, 2.0, 0.0, 1.0],
            mute: [false, true, false, false],
            focus: 0.9,
            sensitivity: [-0.5, 0.1, 0.0, 0.5],
            output_gain: 0.5,
            ..Default::default()
        };
        let output = drive(engine, &input, blocks, &[(0, controls)]);
        let error = error(&output.sum(), &input, engine.latency());
        assert!(error < INAUDIBLE, "{case}: {error:e}");
    });
}

#[test]
fn promise_2_holds_with_the_networks_that_ship() {
    MODES.into_iter().for_each(stems_sum_to_the_input);
}

fn stems_sum_to_the_input(mode: Mode) {
    for (rate, blocks) in
        [(44_100.0, Blocks::Fixed(64)), (44_100.0, Blocks::Fixed(1024)), (96_000.0, Blocks::Fixed(480))]
    {
        let mut engine = engine(network(mode), rate, blocks);
        let input = stereo_noise(3, 3 * length(&engine));
        let output = drive(&mut engine, &input, blocks, &[]);
        assert!(!engine.health().network_failed);
        assert!(error(&output.sum(), &input, engine.latency()) < INAUDIBLE);
        assert!(error(&output.main, &input, engine.latency()) < INAUDIBLE);
    }
}

#[test]
fn promise_3_bypass_is_the_delayed_input() {
    everywhere(|engine, blocks, case| {
        let input = stereo_noise(4, length(engine));
        let controls = Controls { level: [0.0; STEMS], output_gain: 3.0, bypass: true, ..Default::default() };
        let output = drive(engine, &input, blocks, &[(0, controls)]);
        assert_eq!(error(&output.main, &input, engine.latency()), 0.0, "{case}");
    });
}

#[test]
fn promise_3_bypass_fades_without_a_step() {
    let contract = &contracts()[0];
    let blocks = Blocks::Fixed(256);
    let mut engine = engine(Toy::sound(contract), 44_100.0, blocks);
    // A low sine moves by less than 0.01 a sample by itself.
    let sine: Vec<f32> = (0..60_000).map(|at| (at as f32 * 0.01).sin()).collect();
    let silent = Controls { level: [0.0; STEMS], ..Default::default() };
    let bypassed = Controls { bypass: true, ..silent };
    let events = [(0, silent), (20_000, bypassed), (40_000, silent)];
    let output = drive(&mut engine, &[sine.clone(), sine], blocks, &events);
    let step = output.main[0].windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
    assert!(step < 0.014, "step {step}");
    assert!(output.main[0][25_000..40_000].iter().any(|sample| sample.abs() > 0.99));
    assert!(output.main[0][41_000..].iter().all(|&sample| sample == 0.0));
}

#[test]
fn promise_3_silence_in_is_exact_silence_out() {
    everywhere(|engine, blocks, case| {
        let noise = stereo_noise(5, 2 * engine.config().fft);
        let silence = engine.latency() + engine.config().fft;
        let input = noise.map(|channel| [channel, vec![0.0; 2 * silence]].concat());
        let output = drive(engine, &input, blocks, &[]);
        let silent_from = input[0].len() - silence;
        for channel in output.main.iter().chain(output.stems.iter().flatten()) {
            assert!(channel[silent_from..].iter().all(|&sample| sample == 0.0), "{case}");
        }
        assert!(output.main[0].iter().any(|&sample| sample != 0.0), "{case}: no sound at all");
    });
}

#[test]
fn promise_4_reported_latency_is_measured_latency_at_every_hop_phase() {
    for contract in contracts() {
        for rate in RATES {
            for blocks in BLOCKS {
                let mut engine = engine(Toy::sound(&contract), rate, blocks);
                let (fft, hop) = (engine.config().fft, engine.config().hop);
                // One impulse a hop, each a little later within its hop.
                let mut impulses: Vec<usize> = (0..16).map(|at| fft + at * hop + at * hop / 16).collect();
                impulses.push(fft + 17 * hop - 1);
                let mut input = [0, 1].map(|_| vec![0.0; fft + 20 * hop + engine.latency()]);
                impulses.iter().for_each(|&at| input.iter_mut().for_each(|channel| channel[at] = 1.0));
                let output = drive(&mut engine, &input, blocks, &[]);
                let found: Vec<usize> =
                    (0..output.main[1].len()).filter(|&at| output.main[1][at] > 0.5).collect();
                let expected: Vec<usize> = impulses.iter().map(|at| at + engine.latency()).collect();
                assert_eq!(found, expected, "{contract:?} at {rate} Hz, {blocks:?}");
            }
        }
    }
}

fn assert_partition_does_not_matter(
    separator: impl Fn() -> Box<dyn Separator>,
    largest: usize,
    partitions: &[Blocks],
) {
    let input = stereo_noise(6, 60_000);
    let events = automation();
    let run = |blocks| {
        let mut engine = engine_for(separator(), 44_100.0, largest);
        drive(&mut engine, &input, blocks, &events)
    };
    let reference = run(Blocks::Fixed(largest));
    assert!(reference.every_sample().all(f32::is_finite));
    for &blocks in partitions {
        assert!(run(blocks) == reference, "{blocks:?} differs from blocks of {largest}");
    }
}

#[test]
fn promise_5_the_output_does_not_depend_on_how_time_is_cut() {
    let small = [
        Blocks::Fixed(1),
        Blocks::Fixed(17),
        Blocks::Fixed(63),
        Blocks::Random(1, 64),
        Blocks::Random(2, 11),
    ];
    let large = [Blocks::Fixed(1), Blocks::Fixed(512), Blocks::Fixed(2027), Blocks::Random(3, 4000)];
    for contract in contracts() {
        assert_partition_does_not_matter(|| Toy::sound(&contract), 64, &small);
        assert_partition_does_not_matter(|| Toy::sound(&contract), 8192, &large);
    }
}

#[test]
fn promise_5_holds_with_the_networks_that_ship() {
    for mode in MODES {
        assert_partition_does_not_matter(
            || network(mode),
            64,
            &[Blocks::Fixed(1), Blocks::Fixed(61), Blocks::Random(4, 64)],
        );
        assert_partition_does_not_matter(
            || network(mode),
            8192,
            &[Blocks::Fixed(512), Blocks::Random(5, 3000)],
        );
    }
}

#[test]
fn promise_5_time_slicing_changes_the_latency_and_nothing_else() {
    MODES.into_iter().for_each(time_slicing_changes_only_the_latency);
}

fn time_slicing_changes_only_the_latency(mode: Mode) {
    let input = stereo_noise(7, 60_000);
    let at_once =
        drive(&mut engine(network(mode), 44_100.0, Blocks::Fixed(512)), &input, Blocks::Fixed(512), &[]);
    let mut sliced = engine(network(mode), 44_100.0, Blocks::Fixed(64));
    let hop = sliced.config().hop;
    assert_eq!(sliced.config().slicing, hop);
    let sliced = drive(&mut sliced, &input, Blocks::Fixed(64), &[]);
    for (later, sooner) in sliced.stems.iter().flatten().zip(at_once.stems.iter().flatten()) {
        assert!(later[hop..] == sooner[..sooner.len() - hop]);
    }
}

#[test]
fn promise_6_process_asks_the_system_for_no_memory() {
    MODES.into_iter().for_each(asks_for_no_memory);
}

fn asks_for_no_memory(mode: Mode) {
    for blocks in [Blocks::Fixed(64), Blocks::Fixed(1024)] {
        let mut engine = engine(network(mode), 44_100.0, blocks);
        let mut main = stereo_noise(8, blocks.largest());
        let mut stems: [Stereo; STEMS] = std::array::from_fn(|_| stereo_noise(0, blocks.largest()));
        let mut callback = |controls: &Controls| {
            engine.set_controls(controls);
            engine.process(
                main.each_mut().map(Vec::as_mut_slice),
                stems.each_mut().map(|stem| Some(stem.each_mut().map(Vec::as_mut_slice))),
            );
        };
        let controls: Vec<Controls> = automation().into_iter().map(|event| event.1).collect();
        // The first inferences on a thread fill tract's scratch, from the pool as well.
        let requests = system_requests(|| {
            for at in 0..3000 {
                callback(&controls[at / 10 % controls.len()]);
            }
        });
        assert_eq!(requests, 0, "{blocks:?}");
        let requests = system_requests(|| engine.reset());
        assert_eq!(requests, 0, "reset");
        assert!(!engine.health().network_failed);
    }
}

#[test]
fn promise_7_hostile_input_never_reaches_the_output_and_is_forgotten_within_one_window() {
    let hostile: [(&str, f32); 7] = [
        ("NaN", f32::NAN),
        ("infinity", f32::INFINITY),
        ("minus infinity", f32::NEG_INFINITY),
        ("largest number", f32::MAX),
        ("denormal", 1e-40),
        ("+24 dBFS", 15.85),
        ("far beyond", 1e15),
    ];
    for contract in contracts() {
        for (name, value) in hostile {
            let blocks = Blocks::Fixed(480);
            let mut engine = engine(Toy::sound(&contract), 44_100.0, blocks);
            let (from, to) = (20_000, 20_700);
            let mut input = stereo_noise(10, 60_000);
            input.iter_mut().for_each(|channel| channel[from..to].fill(value));
            let output = drive(&mut engine, &input, blocks, &[]);
            assert!(output.every_sample().all(f32::is_finite), "{name}");
            let replaced = if value.abs() <= 1e18 { 0 } else { (2 * (to - from)) as u64 };
            assert_eq!(engine.health().replaced_samples, replaced, "{name}");
            // One window after the last hostile sample has left the delay, all is as it was.
            let recovered = to + engine.latency() + engine.config().fft;
            for (output, input) in output.main.iter().zip(&input) {
                for (at, sample) in output.iter().enumerate().skip(recovered) {
                    let off = (sample - input[at - engine.latency()]).abs();
                    assert!(off < INAUDIBLE, "{name} at {at}: {off:e}");
                }
            }
        }
    }
}

#[test]
fn promise_7_the_networks_that_ship_recover_from_hostile_input() {
    MODES.into_iter().for_each(recovers_from_hostile_input);
}

fn recovers_from_hostile_input(mode: Mode) {
    for value in [f32::NAN, f32::MAX, 1e18, 15.85] {
        let blocks = Blocks::Fixed(1024);
        let mut engine = engine(network(mode), 44_100.0, blocks);
        let mut input = stereo_noise(11, 80_000);
        input.iter_mut().for_each(|channel| channel[20_000..21_000].fill(value));
        let output = drive(&mut engine, &input, blocks, &[]);
        assert!(!engine.health().network_failed, "{value:e}");
        let settled = 21_000 + engine.latency() + engine.config().fft;
        let tail = |signal: &Stereo, from: usize| signal.clone().map(|channel| channel[from..].to_vec());
        let expected = tail(&input, settled - engine.latency());
        let output = tail(&output.sum(), settled);
        let expected = expected.map(|channel| channel[..output[0].len()].to_vec());
        assert!(error(&output, &expected, 0) < INAUDIBLE, "{value:e}");
    }
}

#[test]
fn promise_8_a_network_that_fails_leaves_the_dry_signal_in_other() {
    for contract in contracts() {
        for blocks in [Blocks::Fixed(64), Blocks::Fixed(2048)] {
            for flaw in [Flaw::Error(9), Flaw::Nan(9)] {
                let mut engine = engine(Toy::new(contract.clone(), flaw), 44_100.0, blocks);
                let input = stereo_noise(12, 20 * engine.config().hop + 3 * engine.config().fft);
                let output = drive(&mut engine, &input, blocks, &[]);
                assert!(engine.health().network_failed);
                assert!(
                    error(&output.main, &input, engine.latency()) < INAUDIBLE,
                    "the main output is disturbed"
                );
                let after = 11 * engine.config().hop + engine.latency() + engine.config().fft;
                for (stem, output) in output.stems.iter().enumerate().filter(|(stem, _)| *stem != OTHER) {
                    for channel in output {
                        assert!(
                            channel[after..].iter().all(|&sample| sample == 0.0),
                            "stem {stem} is not silent"
                        );
                    }
                }
                // After a reset the network gets another chance and meets the same fault again.
                engine.reset();
                assert!(!engine.health().network_failed);
                assert!(drive(&mut engine, &input, blocks, &[]) == output, "the replay differs");
            }
        }
    }
}

#[test]
fn reset_replays_bit_exactly() {
    MODES.into_iter().for_each(replays_bit_exactly);
}

fn replays_bit_exactly(mode: Mode) {
    let input = stereo_noise(13, 50_000);
    for blocks in [Blocks::Fixed(64), Blocks::Fixed(1024)] {
        let mut engine = engine(network(mode), 44_100.0, blocks);
        let first = drive(&mut engine, &input, blocks, &[]);
        engine.reset();
        assert!(drive(&mut engine, &input, blocks, &[]) == first, "{blocks:?}");
        // Also from the middle of a frame, and with a network that is handed on to another engine.
        drive(&mut engine, &stereo_noise(14, 1500), blocks, &[]);
        let mut engine = self::engine(engine.into_network().unwrap(), 44_100.0, blocks);
        assert!(drive(&mut engine, &input, blocks, &[]) == first, "{blocks:?}, handed on");
    }
}
