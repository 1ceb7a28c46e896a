//! Automation: every parameter acts from the sample the host names, and no control makes a step.

use unbraid_formats::effect::single;
use unbraid_plugin::mode::Mode;

use super::hosts::*;

const RATE: f64 = 44_100.0;
/// Length of every gain's ramp in samples at this rate.
const RAMP: f32 = 353.0;
/// The largest gain of a level or of the output, +12 dB.
const LARGEST_GAIN: f32 = 3.99;
const LENGTH: usize = 32_000;
/// Where the change happens: within a hop, a block and a run of samples.
const AT: usize = 15_013;

/// Low tones: loud, and yet they move slowly from sample to sample.
fn tones() -> Stereo {
    let tone = |hertz: f32, at: usize| (std::f32::consts::TAU * hertz * single(float(at) / RATE)).sin();
    let left: Vec<f32> = (0..LENGTH)
        .map(|at| [55.0, 110.0, 165.0, 330.0].iter().map(|&hertz| 0.25 * tone(hertz, at)).sum::<f32>())
        .collect();
    let right = left.iter().map(|sample| 0.7 * sample).collect();
    [left, right]
}

/// The largest difference between neighbours.
fn largest_step(channel: impl Iterator<Item = f32>) -> f32 {
    channel
        .scan(0.0, |last, sample| Some((sample - std::mem::replace(last, sample)).abs()))
        .fold(0.0, f32::max)
}

fn every_parameter_acts_at_its_sample<H: Host>() {
    modes().iter().for_each(|&mode| every_parameter_acts_at_its_sample_in::<H>(mode));
}

fn every_parameter_acts_at_its_sample_in<H: Host>(mode: Mode) {
    let input = tones();
    // Something to undo for mute, solo, bypass and the tap.
    let base = [("vocals_level", 0.3), ("drums_level", 0.4), ("bass_level", 0.5), ("other_level", 0.6)]
        .map(|(id, value)| Change { at: 0, id, value });
    let mut host = H::active(mode, RATE, 512);
    let defaults = PARAMETERS.map(|id| (id, host.value(id)));
    let mut play = |block: usize, change: Option<Change>| {
        // As a new instance would begin. (While a VST3 plug-in processes, it takes values from the process call alone.)
        host.deactivate();
        defaults.into_iter().for_each(|(id, value)| host.set(id, value));
        assert!(host.activate(RATE, 512));
        let changes: Vec<_> = base.into_iter().chain(change).collect();
        drive(&mut host, &input, Blocks::Fixed(block), &changes)
    };
    let reference = play(512, None);
    let peak = reference.every_sample().fold(0.0, |peak: f32, sample| peak.max(sample.abs()));
    let slope = reference.channels().map(|channel| largest_step(channel.iter().copied())).fold(0.0, f32::max);
    // A gain moves by no more than this a sample, on a signal that moves by itself.
    let allowed = LARGEST_GAIN * (peak / RAMP + slope);

    let mut largest = 0.0f32;
    for id in PARAMETERS.into_iter().filter(|&id| id != "mode") {
        for value in [0.0, 1.0] {
            let case = format!("{} {mode:?}, {id} to {value}", H::FORMAT);
            let change = Change { at: AT, id, value };
            let output = play(512, Some(change));
            assert!(play(61, Some(change)) == output, "{case}: blocks of 61 give other samples");
            let mut first = None;
            for (output, reference) in output.channels().zip(reference.channels()) {
                let difference = || output.iter().zip(reference).map(|(one, other)| one - other);
                let step = largest_step(difference());
                assert!(step <= allowed, "{case}: a step of {step}, allowed are {allowed}");
                largest = largest.max(difference().fold(0.0, |peak: f32, sample| peak.max(sample.abs())));
                let begins = difference().position(|sample| sample != 0.0);
                first = first.into_iter().chain(begins).min();
            }
            let at_next_frame = id == "focus" || id.ends_with("sensitivity");
            let is_default = value == 0.0 && !id.ends_with("level") && !at_next_frame && id != "output_gain";
            match first {
                None => assert!(is_default, "{case}: nothing changed"),
                Some(first) if at_next_frame => assert!(first >= AT, "{case}: acts {} early", AT - first),
                Some(first) => assert!((AT..AT + 3).contains(&first), "{case}: acts at {first}, not {AT}"),
            }
        }
    }
    assert!(
        largest > 3.0 * allowed,
        "the changes are too small ({largest}) for a step to stand out ({allowed})"
    );
}

#[test]
fn every_parameter_acts_at_its_sample_and_without_a_step_in_clap() {
    every_parameter_acts_at_its_sample::<Clap>();
}

#[test]
fn every_parameter_acts_at_its_sample_and_without_a_step_in_vst3() {
    every_parameter_acts_at_its_sample::<Vst3>();
}

/// Two changes of one control in one block, as a host's automation curve has them.
fn changes_within_a_block_all_count<H: Host>() {
    let input = tones();
    let play =
        |blocks, changes: &[Change]| drive(&mut H::active(Mode::Live, RATE, 2048), &input, blocks, changes);
    let points = [(AT, 0.0), (AT + 100, 1.0), (AT + 101, 0.5), (AT + 400, 0.9)].map(|(at, value)| Change {
        at,
        id: "output_gain",
        value,
    });
    let reference = play(Blocks::Fixed(1), &points);
    assert!(play(Blocks::Fixed(2048), &points) == reference, "{}", H::FORMAT);
    assert!(play(Blocks::Fixed(1), &points[3..]) != reference, "{}: the points do nothing", H::FORMAT);
}

#[test]
fn several_changes_within_one_block_all_count() {
    changes_within_a_block_all_count::<Clap>();
    changes_within_a_block_all_count::<Vst3>();
}
