//! Controls, and stem outputs that are not connected.

use unbraid_engine::STEMS;
use unbraid_engine::engine::{Controls, Tap};

use super::support::*;

#[test]
fn a_muted_stem_is_gone_and_a_soloed_one_is_alone() {
    let blocks = Blocks::Fixed(512);
    let input = stereo_noise(15, 40_000);
    let run = |controls| {
        drive(&mut engine(Toy::sound(&contracts()[0]), 44_100.0, blocks), &input, blocks, &[(0, controls)])
    };
    let all_muted = run(Controls { mute: [true; STEMS], ..Default::default() });
    assert!(all_muted.main.iter().flatten().all(|&sample| sample == 0.0));
    let solo = run(Controls { solo: [false, false, true, false], ..Default::default() });
    assert!(solo.main == solo.stems[2]);
    let post = run(Controls { mute: [true, false, false, false], tap: Tap::PostLevel, ..Default::default() });
    assert!(post.stems[0].iter().flatten().all(|&sample| sample == 0.0));
    assert!(post.stems[1] == solo.stems[1], "an unmuted stem at 0 dB is the same at both taps");
}

#[test]
fn a_stem_output_that_is_not_connected_changes_nothing_else() {
    let blocks = Blocks::Fixed(512);
    let input = stereo_noise(16, 40_000);
    let muted = Controls { mute: [false, true, true, false], ..Default::default() };
    for contract in contracts() {
        let expected =
            drive(&mut engine(Toy::sound(&contract), 44_100.0, blocks), &input, blocks, &[(0, muted)]);
        let mut engine = engine(Toy::sound(&contract), 44_100.0, blocks);
        engine.set_controls(&muted);
        let mut output = Output { main: input.clone(), stems: expected.stems.clone().map(|_| input.clone()) };
        for (index, from) in (0..input[0].len()).step_by(512).enumerate() {
            let to = input[0].len().min(from + 512);
            let connected = |stem: usize| !(index + stem).is_multiple_of(3);
            let mut stems = output.stems.each_mut().map(Some);
            (0..STEMS).filter(|&stem| !connected(stem)).for_each(|stem| stems[stem] = None);
            engine.process(
                output.main.each_mut().map(|channel| &mut channel[from..to]),
                stems.map(|stem| stem.map(|stem| stem.each_mut().map(|channel| &mut channel[from..to]))),
            );
            for stem in 0..STEMS {
                let right = if connected(stem) { &expected.stems[stem] } else { &input };
                for (output, right) in output.stems[stem].iter().zip(right) {
                    assert!(output[from..to] == right[from..to], "stem {stem} at {from}");
                }
            }
        }
        assert!(output.main == expected.main, "the main output differs");
    }
}

#[test]
fn controls_move_in_ramps() {
    let blocks = Blocks::Fixed(128);
    let contract = &contracts()[0];
    let ones = vec![0.5; 80_000];
    let mut events = automation();
    events.retain(|event| event.0 > 20_000);
    let output =
        drive(&mut engine(Toy::sound(contract), 44_100.0, blocks), &[ones.clone(), ones], blocks, &events);
    // A ramp of 8 ms from one end of the gains to the other moves by 4 · 0.5 / 353 a sample at most; the
    // stems themselves move slowly on a constant input.
    let settled = &output.main[0][15_000..];
    let step = settled.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
    assert!(step < 0.02, "step {step}");
    assert!(settled.iter().copied().fold(0.0, f32::max) > 0.6, "the controls took effect");
}
