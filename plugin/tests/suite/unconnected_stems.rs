//! Stem buses that a host connects now and then change nothing about the others.

use unbraid_plugin::mode::Mode;

use super::hosts::*;

/// Noise through a host that connects the stems' buses now and then, or `all` throughout, while stems are muted and soloed.
/// The same `seed` gives the same input, blocks and changes.
fn play<H: Host>(mode: Mode, rate: f64, seed: u64, all: bool) -> (Output, Vec<(usize, [bool; 4])>) {
    const LENGTH: usize = 60_000;
    const LARGEST: usize = 4096;
    let mut host = H::active(mode, rate, LARGEST);
    let mut random = Random::new(seed);
    let input = stereo_noise(seed, LENGTH);
    let mut output = Output::new(LENGTH);
    let mut connections = Vec::new();
    let mut connected = [false; 4];
    let mut at = 0;
    while at < LENGTH {
        let end = LENGTH.min(at + 1 + index(float(LARGEST) * random.unit().powi(2)));
        for connected in &mut connected {
            *connected ^= random.below(12) == 0;
        }
        // Levels, mutes and solos.
        let mut changes: Vec<Change> = (0..random.below(4))
            .map(|_| Change {
                at: random.below(end - at),
                id: PARAMETERS[random.below(12)],
                value: [0.0, 1.0, random.unit()][random.below(3)],
            })
            .collect();
        changes.sort_by_key(|change| change.at);
        let block = if all { [true; 4] } else { connected };
        assert!(
            host.block_to(block, &input, &mut output, at..end, &changes),
            "{}: process failed",
            H::FORMAT
        );
        connections.push((at, block));
        at = end;
    }
    (output, connections)
}

fn unconnected_buses_change_nothing_else<H: Host>() {
    for &mode in modes() {
        for (seed, rate) in [(1, 44_100.0), (2, 96_000.0)] {
            let case = format!("{} {mode:?} at {rate} Hz", H::FORMAT);
            let (expected, _) = play::<H>(mode, rate, seed, true);
            let (output, connections) = play::<H>(mode, rate, seed, false);
            assert!(expected.every_sample().all(f32::is_finite), "{case}");
            assert!(output.main == expected.main, "{case}: the main output differs");
            let ends = connections.iter().skip(1).map(|(at, _)| *at).chain([output.main[0].len()]);
            for ((start, connected), end) in connections.iter().copied().zip(ends) {
                for (stem, connected) in connected.into_iter().enumerate() {
                    for (one, other) in output.stems[stem].iter().zip(&expected.stems[stem]) {
                        let one = &one[start..end];
                        let right = if connected {
                            one == &other[start..end]
                        } else {
                            // Nothing was written where there is no memory.
                            one.iter().all(|sample| sample.is_nan())
                        };
                        assert!(right, "{case}: stem {stem} at {start}");
                    }
                }
            }
        }
    }
}

#[test]
fn stem_buses_that_are_not_connected_change_nothing_else() {
    unconnected_buses_change_nothing_else::<Clap>();
    unconnected_buses_change_nothing_else::<Vst3>();
}
