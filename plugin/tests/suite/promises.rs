//! The promises of the product, in both formats and all modes, through the entry points that hosts call. Each test is
//! named after one. Promises 6 (no system call) and 8 (a network that fails) are in `kernel.rs` and in the engine's suite,
//! which can hand the engine a network that fails.

use std::collections::HashSet;
use std::sync::OnceLock;

use unbraid_plugin::mode::Mode;

use super::hosts::*;

const RATES: [f64; 7] = [22_050.0, 44_100.0, 48_000.0, 88_200.0, 96_000.0, 176_400.0, 192_000.0];
const BLOCKS: [Blocks; 8] = [
    Blocks::Fixed(1),
    Blocks::Fixed(17),
    Blocks::Fixed(64),
    Blocks::Fixed(480),
    Blocks::Fixed(512),
    Blocks::Fixed(2027),
    Blocks::Fixed(8192),
    Blocks::Random(5, 700),
];

/// Samples of the longest frame of any mode at a sample rate in Hz.
fn frame(rate: f64) -> usize {
    index(4096.0 * 2f64.powf((rate / 46_000.0).log2().round()))
}

/// Results of one format in one mode at one rate and block size.
struct Cell {
    case: String,
    reported: usize,
    /// Where the input's one full-scale sample came out, counted from where it went in.
    measured: usize,
    main_error: f32,
    sum_error: f32,
}

/// Every format, mode, rate and block size, played once for all tests.
fn matrix() -> &'static [Cell] {
    static CELLS: OnceLock<Vec<Cell>> = OnceLock::new();
    CELLS.get_or_init(|| {
        let mut cells = Vec::new();
        for &mode in modes() {
            fill::<Clap>(mode, &mut cells);
            fill::<Vst3>(mode, &mut cells);
        }
        assert_eq!(cells.len(), modes().len() * 2 * RATES.len() * BLOCKS.len());
        cells
    })
}

/// One instance throughout, activated anew for each cell, as hosts do when a person changes the device's settings.
fn fill<H: Host>(mode: Mode, cells: &mut Vec<Cell>) {
    let mut host = H::prepared(mode);
    for rate in RATES {
        for blocks in BLOCKS {
            let case = format!("{} {mode:?} at {rate} Hz, {blocks:?}", H::FORMAT);
            assert!(host.activate(rate, blocks.largest()), "{case} is refused");
            let reported = host.latency();
            // Anywhere in a hop, and elsewhere in each cell.
            let impulse = 64 + 97 * cells.len() % frame(rate);
            let input =
                stereo_noise(cells.len() as u64, impulse + reported + 2 * frame(rate)).map(|channel| {
                    let mut channel: Vec<f32> = channel.iter().map(|sample| 0.5 * sample).collect();
                    channel[impulse] = 1.0;
                    channel
                });
            let output = drive(&mut host, &input, blocks, &[]);
            let loudest = |channel: &[f32]| {
                let all = channel.iter().enumerate();
                all.max_by(|one, other| one.1.abs().total_cmp(&other.1.abs())).map_or(0, |(at, _)| at)
            };
            cells.push(Cell {
                case,
                reported,
                measured: loudest(&output.main[0]) - impulse,
                main_error: delayed_error(&output.main, &input, reported),
                sum_error: delayed_error(&output.sum(), &input, reported),
            });
        }
    }
}

#[test]
fn promise_1_at_0_db_the_main_output_is_the_input_delayed_by_the_latency() {
    for cell in matrix() {
        assert!(cell.main_error < INAUDIBLE, "{}: {:e}", cell.case, cell.main_error);
    }
}

#[test]
fn promise_2_the_stems_sum_to_the_delayed_input() {
    for cell in matrix() {
        assert!(cell.sum_error < INAUDIBLE, "{}: {:e}", cell.case, cell.sum_error);
    }
}

fn stems_sum_whatever_the_controls<H: Host>() {
    for &mode in modes() {
        let mut host = H::active(mode, 44_100.0, 480);
        let changes: Vec<_> = [
            ("vocals_level", 0.0),
            ("drums_mute", 1.0),
            ("bass_solo", 1.0),
            ("other_level", 1.0),
            ("focus", 0.9),
            ("drums_sensitivity", 0.1),
            ("other_sensitivity", 1.0),
            ("output_gain", 0.1),
        ]
        .into_iter()
        .enumerate()
        .map(|(index, (id, value))| Change { at: 1000 * index, id, value })
        .collect();
        let input = stereo_noise(2, 30_000);
        let output = drive(&mut host, &input, Blocks::Fixed(480), &changes);
        let off = delayed_error(&output.sum(), &input, host.latency());
        assert!(off < INAUDIBLE, "{} {mode:?}: {off:e}", H::FORMAT);
    }
}

#[test]
fn promise_2_holds_whatever_the_controls() {
    stems_sum_whatever_the_controls::<Clap>();
    stems_sum_whatever_the_controls::<Vst3>();
}

fn bypass_is_the_delayed_input<H: Host>() {
    for &mode in modes() {
        let mut host = H::prepared(mode);
        let settings = [("bypass", 1.0), ("vocals_level", 0.0), ("output_gain", 1.0)];
        settings.into_iter().for_each(|(id, value)| host.set(id, value));
        for rate in RATES {
            for blocks in [Blocks::Fixed(64), Blocks::Fixed(2027)] {
                assert!(host.activate(rate, blocks.largest()));
                let input = stereo_noise(3, host.latency() + frame(rate));
                let output = drive(&mut host, &input, blocks, &[]);
                let off = delayed_error(&output.main, &input, host.latency());
                assert_eq!(off, 0.0, "{} {mode:?} at {rate} Hz, {blocks:?}", H::FORMAT);
            }
        }
    }
}

#[test]
fn promise_3_bypass_is_the_delayed_input() {
    bypass_is_the_delayed_input::<Clap>();
    bypass_is_the_delayed_input::<Vst3>();
}

fn silence_is_exact<H: Host>() {
    for &mode in modes() {
        let mut host = H::prepared(mode);
        for rate in RATES {
            assert!(host.activate(rate, 480));
            let rest = host.latency() + frame(rate);
            let input =
                stereo_noise(4, 2 * frame(rate)).map(|channel| [channel, vec![0.0; 2 * rest]].concat());
            let output = drive(&mut host, &input, Blocks::Fixed(480), &[]);
            let case = format!("{} {mode:?} at {rate} Hz", H::FORMAT);
            for channel in output.channels() {
                assert!(channel.iter().any(|&sample| sample != 0.0), "{case}: the output is empty");
                let silent_from = channel.len() - rest;
                assert!(channel[silent_from..].iter().all(|&sample| sample == 0.0), "{case}");
            }
        }
    }
}

#[test]
fn promise_3_silence_in_is_exact_silence_out() {
    silence_is_exact::<Clap>();
    silence_is_exact::<Vst3>();
}

#[test]
fn promise_4_the_reported_latency_is_the_measured_one() {
    for cell in matrix() {
        assert_eq!(cell.measured, cell.reported, "{}", cell.case);
    }
}

fn latency_holds_at_every_hop_phase<H: Host>() {
    // The distance shares no factor with a hop, so that the impulses fall on every place in it.
    const DISTANCE: usize = 37;
    const HOP: usize = 1024;
    let positions: Vec<usize> = (0..HOP).map(|index| 5 + index * DISTANCE).collect();
    assert_eq!(positions.iter().map(|at| at % HOP).collect::<HashSet<_>>().len(), HOP);
    for &mode in modes() {
        for block in [64, 1024] {
            let mut host = H::active(mode, 44_100.0, block);
            let latency = host.latency();
            let mut input: Stereo = std::array::from_fn(|_| vec![0.0; DISTANCE * HOP + 100 + latency]);
            input.iter_mut().for_each(|channel| positions.iter().for_each(|&at| channel[at] = 1.0));
            let output = drive(&mut host, &input, Blocks::Fixed(block), &[]);
            let found: Vec<usize> =
                (0..input[0].len()).filter(|&at| output.main[1][at].abs() > 0.5).collect();
            let expected: Vec<usize> = positions.iter().map(|at| at + latency).collect();
            assert!(found == expected, "{} {mode:?}, blocks of {block}", H::FORMAT);
        }
    }
}

#[test]
fn promise_4_holds_at_every_hop_phase() {
    latency_holds_at_every_hop_phase::<Clap>();
    latency_holds_at_every_hop_phase::<Vst3>();
}

/// Changes of every control at samples that no block size divides, after all of them were put to the same value at the
/// first sample.
fn automation(seed: u64, length: usize) -> Vec<Change> {
    let mut random = Random::new(seed);
    let controls: Vec<_> = PARAMETERS.into_iter().filter(|&id| id != "mode").collect();
    let mut changes: Vec<Change> = controls.iter().map(|&id| Change { at: 0, id, value: 0.4 }).collect();
    let mut later: Vec<Change> = (0..24)
        .map(|_| Change {
            at: 1 + random.below(length - 1),
            id: controls[random.below(controls.len())],
            value: random.unit(),
        })
        .collect();
    later.sort_by_key(|change| change.at);
    changes.extend(later);
    changes
}

#[test]
fn promise_5_the_output_depends_neither_on_blocks_nor_on_the_format() {
    const LARGEST: usize = 8192;
    for &mode in modes() {
        let (mut clap, mut vst3) = (Clap::prepared(mode), Vst3::prepared(mode));
        for (index, rate) in RATES.into_iter().enumerate() {
            assert!(clap.activate(rate, LARGEST) && vst3.activate(rate, LARGEST));
            let input = stereo_noise(index as u64, clap.latency() + 2 * frame(rate));
            let changes = automation(index as u64, input[0].len());
            let reference = drive(&mut clap, &input, Blocks::Fixed(LARGEST), &changes);
            assert!(reference.every_sample().all(f32::is_finite));
            for blocks in BLOCKS {
                let case = format!("{mode:?} at {rate} Hz, {blocks:?}");
                clap.reset();
                assert!(drive(&mut clap, &input, blocks, &changes) == reference, "CLAP {case}");
                vst3.reset();
                assert!(drive(&mut vst3, &input, blocks, &changes) == reference, "VST3 {case}");
            }
        }
    }
}

fn offline_is_real_time<H: Host>() {
    for &mode in modes() {
        for block in [64, 512] {
            let input = stereo_noise(6, 30_000);
            let changes = automation(6, 30_000);
            let mut host = H::active(mode, 44_100.0, block);
            let real_time = drive(&mut host, &input, Blocks::Fixed(block), &changes);
            host.deactivate();
            host.set_offline(true);
            assert!(host.activate(44_100.0, block));
            let offline = drive(&mut host, &input, Blocks::Fixed(block), &changes);
            assert!(offline == real_time, "{} {mode:?}, blocks of {block}", H::FORMAT);
        }
    }
}

#[test]
fn promise_5_offline_rendering_equals_real_time() {
    offline_is_real_time::<Clap>();
    offline_is_real_time::<Vst3>();
}

/// A transport that jumps or loops either resets the plug-in or goes on as if the song did.
fn jumps_and_loops<H: Host>() {
    for &mode in modes() {
        let mut host = H::active(mode, 44_100.0, 512);
        let song = stereo_noise(7, 30_000);
        let first = drive(&mut host, &song, Blocks::Fixed(512), &[]);
        for before in [1, 777, 12_345] {
            host.reset();
            let part = song.clone().map(|channel| channel[..before].to_vec());
            drive(&mut host, &part, Blocks::Fixed(100), &[]);
            host.reset();
            let again = drive(&mut host, &song, Blocks::Fixed(512), &[]);
            assert!(
                again == first,
                "{} {mode:?}: {before} samples before a jump are in the output after it",
                H::FORMAT
            );
        }
        // A loop without a reset is a longer song.
        host.reset();
        let looped = song.clone().map(|channel| channel[..10_000].repeat(3));
        let output = drive(&mut host, &looped, Blocks::Random(8, 512), &[]);
        assert!(
            delayed_error(&output.main, &looped, host.latency()) < INAUDIBLE,
            "{} {mode:?}: a loop",
            H::FORMAT
        );
    }
}

#[test]
fn a_reset_at_a_jump_replays_bit_exactly_and_a_loop_without_one_goes_on() {
    jumps_and_loops::<Clap>();
    jumps_and_loops::<Vst3>();
}
