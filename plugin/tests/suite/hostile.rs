//! Misbehaving hosts: no crash, no hang, and the sound stays right.

use std::ptr;

use super::hosts::*;
use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::{IAudioProcessorTrait, IComponentTrait};

pub const RATE: f64 = 44_100.0;

/// Asserts that with neutral controls and after a reset main is the delayed input.
pub fn assert_sound_stays<H: Host>(host: &mut H, largest: usize, case: &str) {
    // VST3 hosts set parameters past the audio only while nothing is processed.
    host.deactivate();
    for id in PARAMETERS {
        let neutral = match id {
            "mode" => continue,
            "output_gain" => 24.0 / 36.0,
            "focus" => 0.5,
            sensitivity if sensitivity.ends_with("_sensitivity") => 0.5,
            // 0 dB on the skewed range: what a new instance has.
            level if level.ends_with("_level") => H::new().value(level),
            _ => 0.0,
        };
        host.set(id, neutral);
    }
    assert!(host.activate(RATE, largest), "{} {case}: activation is refused", H::FORMAT);
    let input = stereo_noise(99, host.latency() + 6000);
    let output = drive(host, &input, Blocks::Fixed(largest), &[]);
    let off = delayed_error(&output.main, &input, host.latency());
    assert!(off < INAUDIBLE, "{} {case}: main is off by {off:e}", H::FORMAT);
    let off = delayed_error(&output.sum(), &input, host.latency());
    assert!(off < INAUDIBLE, "{} {case}: the stems' sum is off by {off:e}", H::FORMAT);
}

fn hostile_samples<H: Host>() {
    let hostile = [
        ("NaN", f32::NAN),
        ("infinity", f32::INFINITY),
        ("minus infinity", f32::NEG_INFINITY),
        ("the largest number", f32::MAX),
        ("a denormal", 1e-40),
        ("+24 dBFS", 15.85),
    ];
    let (from, to) = (9_000, 9_700);
    for &mode in modes() {
        for (name, value) in hostile {
            let mut host = H::active(mode, RATE, 480);
            // The longest analysis window of any mode.
            let settled = to + host.latency() + 4096;
            let mut input = stereo_noise(1, settled + 5000);
            input.iter_mut().for_each(|channel| channel[from..to].fill(value));
            let output = drive(&mut host, &input, Blocks::Fixed(480), &[]);
            let case = format!("{} {mode:?} {name}", H::FORMAT);
            assert!(output.every_sample().all(f32::is_finite), "{case}");
            assert!(output.every_sample().all(|sample| sample == 0.0 || sample.abs() >= f32::MIN_POSITIVE));
            for (played, input) in [(&output.main, &input), (&output.sum(), &input)] {
                let tail = played.clone().map(|channel| channel[settled..].to_vec());
                let selection = input.clone().map(|channel| channel[settled - host.latency()..].to_vec());
                let selection = selection.map(|channel| channel[..tail[0].len()].to_vec());
                let off = delayed_error(&tail, &selection, 0);
                assert!(off < INAUDIBLE, "{case}: off by {off:e} a window later");
            }
        }
    }
}

#[test]
fn promise_7_hostile_samples_are_forgotten_within_one_window() {
    hostile_samples::<Clap>();
    hostile_samples::<Vst3>();
}

fn strange_signals<H: Host>() {
    let length = 25_000;
    for &mode in modes() {
        let constant: Stereo = std::array::from_fn(|_| vec![1.0; length]);
        let loud =
            stereo_noise(2, length).map(|channel| channel.iter().map(|sample| 15.85 * sample).collect());
        let [left, _] = stereo_noise(3, length);
        let stuck = [left, vec![-1.0; length]];
        // Relative to the signal's level, since single precision is.
        for (name, input, level) in
            [("DC", &constant, 1.0), ("+24 dBFS", &loud, 15.85), ("a stuck channel", &stuck, 1.0)]
        {
            let mut host = H::active(mode, RATE, 512);
            let output = drive(&mut host, input, Blocks::Fixed(512), &[]);
            for played in [&output.main, &output.sum()] {
                let off = delayed_error(played, input, host.latency());
                assert!(off < 2.0 * level * INAUDIBLE, "{} {mode:?} {name}: {off:e}", H::FORMAT);
            }
        }
        // One channel is broken for good: the other does not suffer.
        let mut input = stereo_noise(4, length);
        input[0].fill(f32::NAN);
        let mut host = H::active(mode, RATE, 512);
        let output = drive(&mut host, &input, Blocks::Fixed(512), &[]);
        assert!(output.every_sample().all(f32::is_finite));
        input[0].fill(0.0);
        let off = delayed_error(&output.main, &input, host.latency());
        assert!(off < INAUDIBLE, "{} {mode:?} a channel of NaN: {off:e}", H::FORMAT);
    }
}

#[test]
fn dc_loud_noise_and_a_stuck_channel_come_out_as_they_went_in() {
    strange_signals::<Clap>();
    strange_signals::<Vst3>();
}

fn blocks_beyond_the_announced<H: Host>() {
    for &mode in modes() {
        let input = stereo_noise(5, 30_000);
        let mut host = H::active(mode, RATE, 64);
        let expected = drive(&mut host, &input, Blocks::Fixed(64), &[]);
        for blocks in [Blocks::Fixed(65), Blocks::Fixed(4096), Blocks::Fixed(30_000), Blocks::Random(6, 5000)]
        {
            host.reset();
            let output = drive(&mut host, &input, blocks, &[]);
            assert!(output == expected, "{} {mode:?}: {blocks:?} where 64 were announced", H::FORMAT);
        }
    }
}

#[test]
fn blocks_larger_than_announced_give_the_same_samples() {
    blocks_beyond_the_announced::<Clap>();
    blocks_beyond_the_announced::<Vst3>();
}

fn empty_blocks<H: Host>() {
    let input = stereo_noise(7, 20_000);
    let mut host = H::active(modes()[0], RATE, 512);
    let expected = drive(&mut host, &input, Blocks::Fixed(512), &[]);
    host.reset();
    let mut output = Output::new(20_000);
    for range in Blocks::Fixed(512).cut(20_000, &[]) {
        for _ in 0..3 {
            // With an event, whose sample does not exist.
            let change = Change { at: 0, id: "other_mute", value: 0.0 };
            assert!(host.block(&input, &mut output, range.start..range.start, &[change]));
        }
        assert!(host.block(&input, &mut output, range, &[]));
    }
    assert!(output == expected, "{}: blocks of no samples are not empty", H::FORMAT);
    // A parameter flush in the form of an empty block counts.
    let change = Change { at: 0, id: "other_mute", value: 1.0 };
    assert!(host.block(&input, &mut output, 0..0, &[change]));
    assert_eq!(host.value("other_mute"), 1.0, "{}", H::FORMAT);
}

#[test]
fn blocks_of_no_samples_pass_no_time_and_take_parameters() {
    empty_blocks::<Clap>();
    empty_blocks::<Vst3>();
}

fn extreme_rates<H: Host>() {
    for &mode in modes() {
        let mut host = H::prepared(mode);
        for rate in [1.0, 768_000.0, 7.0, 1e7] {
            assert!(host.activate(rate, 512), "{} {mode:?}: {rate} Hz is refused", H::FORMAT);
            let input = stereo_noise(8, host.latency() + 20_000);
            let output = drive(&mut host, &input, Blocks::Fixed(512), &[]);
            let off = delayed_error(&output.main, &input, host.latency());
            assert!(off < INAUDIBLE, "{} {mode:?} at {rate} Hz: {off:e}", H::FORMAT);
        }
        for rate in [0.0, -44_100.0, f64::NAN, f64::INFINITY] {
            assert!(!host.activate(rate, 512), "{} {mode:?}: {rate} Hz is taken", H::FORMAT);
        }
        assert_sound_stays(&mut host, 512, "after impossible rates");
    }
}

#[test]
fn rates_from_1_hz_work_and_impossible_ones_are_refused() {
    extreme_rates::<Clap>();
    extreme_rates::<Vst3>();
}

fn extreme_announcements<H: Host>() {
    let mut host = H::new();
    for largest in [0, 1, i32::MAX as usize] {
        if host.activate(RATE, largest) {
            let input = stereo_noise(9, host.latency() + 3000);
            let output = drive(&mut host, &input, Blocks::Fixed(333), &[]);
            let off = delayed_error(&output.main, &input, host.latency());
            assert!(off < INAUDIBLE, "{}: {largest} samples announced: {off:e}", H::FORMAT);
        }
    }
    assert_sound_stays(&mut host, 512, "after absurd announcements");
}

#[test]
fn absurd_largest_blocks_do_no_harm() {
    extreme_announcements::<Clap>();
    extreme_announcements::<Vst3>();
}

#[test]
fn clap_activation_in_every_order_and_twice() {
    let mut host = Clap::new();
    let plugin = host.raw();
    let mut output = Output::new(64);
    let input = stereo_noise(10, 64);
    // SAFETY: the plug-in is alive and initialised; that the order is wrong is the point.
    unsafe {
        let vtable = &*plugin;
        let (activate, deactivate) = (vtable.activate.unwrap(), vtable.deactivate.unwrap());
        let (start, stop) = (vtable.start_processing.unwrap(), vtable.stop_processing.unwrap());
        let reset = vtable.reset.unwrap();
        assert!(!host.block(&input, &mut output, 0..64, &[]), "process before activate must be an error");
        reset(plugin);
        stop(plugin);
        deactivate(plugin);
        start(plugin);
        assert!(!host.block(&input, &mut output, 0..64, &[]), "still never activated");
        assert!(!activate(plugin, f64::NAN, 1, 64));
        assert!(!host.block(&input, &mut output, 0..64, &[]), "activation failed");
        assert!(activate(plugin, RATE, 1, 64) && activate(plugin, RATE, 1, 64));
        assert!(activate(plugin, 96_000.0, 1, 512), "another rate without deactivation");
        host.block(&input, &mut output, 0..64, &[]);
        assert!(start(plugin) && start(plugin));
        assert!(host.block(&input, &mut output, 0..64, &[]));
        deactivate(plugin);
        deactivate(plugin);
        stop(plugin);
        stop(plugin);
        host.block(&input, &mut output, 0..64, &[]);
        (vtable.on_main_thread.unwrap())(plugin);
        assert!((vtable.get_extension.unwrap())(plugin, c"no.such.extension".as_ptr()).is_null());
        assert!(vtable.process.unwrap()(plugin, ptr::null()) == clap_sys::process::CLAP_PROCESS_ERROR);
    }
    assert_sound_stays(&mut host, 256, "after activation in every order");
}

#[test]
fn vst3_activation_in_every_order_and_twice() {
    let mut host = Vst3::new();
    let mut output = Output::new(64);
    let input = stereo_noise(10, 64);
    let (component, processor) = host.raw();
    // SAFETY: the plug-in is alive and initialised; that the order is wrong is the point.
    unsafe {
        assert!(!host.block(&input, &mut output, 0..64, &[]), "process before setup must be an error");
        processor.setProcessing(1);
        processor.setProcessing(0);
        component.setActive(0);
        component.setActive(1);
        assert!(!host.block(&input, &mut output, 0..64, &[]), "still never set up");
        processor.getLatencySamples();
        assert!(processor.setupProcessing(ptr::null_mut()) != 0);
        assert!(processor.process(ptr::null_mut()) != 0);
        assert!(!host.activate(f64::NAN, 64));
        host.block(&input, &mut output, 0..64, &[]);
        assert!(host.activate(RATE, 64));
        component.setActive(1);
        component.setActive(1);
        processor.setProcessing(1);
        processor.setProcessing(1);
        assert!(host.block(&input, &mut output, 0..64, &[]));
        component.setActive(0);
        component.setActive(0);
        processor.setProcessing(0);
        host.block(&input, &mut output, 0..64, &[]);
    }
    assert_sound_stays(&mut host, 256, "after activation in every order");
}

fn parameters_out_of_range<H: Host>() {
    let mut host = H::active(modes()[0], RATE, 512);
    let wild = [-1.0, 1.5, 1e300, -1e300, f64::MIN_POSITIVE, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    let input = stereo_noise(11, 512 * wild.len());
    let mut output = Output::new(input[0].len());
    for (index, value) in wild.into_iter().enumerate() {
        let at = 512 * index;
        // Also at samples that the block does not have, out of order, and for parameters that do not exist.
        let changes: Vec<_> = PARAMETERS
            .into_iter()
            .chain(["unknown"])
            .zip([3, 511, 512, 700, 0, 1_000_000, 17].into_iter().cycle())
            .map(|(id, at)| Change { at, id, value })
            .collect();
        assert!(host.block(&input, &mut output, at..at + 512, &changes), "{} {value}", H::FORMAT);
        PARAMETERS.into_iter().for_each(|id| host.set(id, value));
        for id in PARAMETERS {
            let now = host.value(id);
            assert!((0.0..=1.0).contains(&now), "{}: {id} is {now} after {value}", H::FORMAT);
        }
        let state = host.save();
        assert!(host.load(&state), "{}: the state saved after {value} cannot be read", H::FORMAT);
    }
    assert!(output.every_sample().all(f32::is_finite), "{}", H::FORMAT);
    assert_sound_stays(&mut host, 512, "after wild parameters");
}

#[test]
fn parameters_out_of_range_do_no_harm() {
    parameters_out_of_range::<Clap>();
    parameters_out_of_range::<Vst3>();
}

/// An event behind the end of its block must not lead anywhere behind the host's buffers.
fn late_events<H: Host>() {
    let mut host = H::active(modes()[0], RATE, 256);
    let input = stereo_noise(12, 1024);
    let mut output = Output::new(1024);
    let late = [256, 257, 700, 1 << 20].map(|at| Change { at, id: "output_gain", value: 0.1 });
    assert!(host.block(&input, &mut output, 0..256, &late));
    assert!(output.channels().all(|channel| channel[..256].iter().all(|sample| sample.is_finite())));
    assert!(
        output.channels().all(|channel| channel[256..].iter().all(|sample| sample.is_nan())),
        "{}",
        H::FORMAT
    );
    assert!((host.value("output_gain") - 0.1).abs() < 1e-3, "{}: the value got lost", H::FORMAT);
}

#[test]
fn events_behind_the_end_of_their_block_write_nowhere() {
    late_events::<Clap>();
    late_events::<Vst3>();
}
