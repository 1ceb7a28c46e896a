//! Layouts of buses that hosts ask for: mono, stereo and empty buses in both formats.

use std::ffi::CStr;
use std::ptr;

use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::{
    BusInfo, IAudioProcessorTrait, IComponentTrait, SpeakerArrangement,
};
use nice_plug::wrapper::vst3::vst3::Steinberg::kResultOk;

use super::hosts::vst3::numbers::{AUDIO, OUTPUT};
use super::hosts::*;

const RATE: f64 = 44_100.0;
const BLOCK: usize = 256;

/// Asserts that `channel` is `input`, delayed by `latency`.
fn assert_delayed(channel: &[f32], input: &[f32], latency: usize, case: &str) {
    for (at, sample) in channel.iter().enumerate() {
        let expected = at.checked_sub(latency).map_or(0.0, |at| input[at]);
        assert!((sample - expected).abs() < INAUDIBLE, "{case}: sample {at} is {sample}, not {expected}");
    }
}

/// Output in a layout of main and stems, or of main alone.
fn play_layout<H: Host>(host: &mut H, input: &[Vec<f32>], outputs: &[usize]) -> Vec<Vec<Vec<f32>>> {
    host.deactivate();
    assert!(host.arrange(input.len(), outputs), "{}: {} to {outputs:?} is refused", H::FORMAT, input.len());
    assert!(host.activate(RATE, BLOCK), "{}: activation for {outputs:?} is refused", H::FORMAT);
    play_buses(host, input, outputs, BLOCK)
}

fn mono_works_with_any_stems<H: Host>() {
    for &mode in modes() {
        let mut host = H::prepared(mode);
        let [mono, _] = stereo_noise(1, 20_000);
        let mono = [mono];
        let reference = play_layout(&mut host, &mono, &[1, 2, 2, 2, 2]);
        let latency = host.latency();
        let arrangements: [&[usize]; 7] = [
            &[1],
            &[1, 2, 2, 2, 2],
            &[1, 1, 1, 1, 1],
            &[1, 0, 0, 0, 0],
            &[1, 1, 0, 2, 1],
            &[2],
            &[2, 2, 1, 0, 2],
        ];
        for outputs in arrangements {
            let case = format!("{} {mode:?}, mono to {outputs:?}", H::FORMAT);
            let played = play_layout(&mut host, &mono, outputs);
            for channel in &played[0] {
                assert_delayed(channel, &mono[0], latency, &case);
            }
            for (stem, (played, reference)) in played[1..].iter().zip(&reference[1..]).enumerate() {
                for (channel, reference) in played.iter().zip(reference) {
                    assert!(channel == reference, "{case}: stem {stem} differs from the stereo one");
                }
            }
        }
        // The stems of a mono signal sum to it.
        let sum: Vec<f32> =
            (0..mono[0].len()).map(|at| reference[1..].iter().map(|stem| stem[0][at]).sum()).collect();
        assert_delayed(&sum, &mono[0], latency, "the stems' sum");
    }
}

#[test]
fn mono_works_with_any_arrangement_of_the_stems_in_clap() {
    mono_works_with_any_stems::<Clap>();
}

#[test]
fn mono_works_with_any_arrangement_of_the_stems_in_vst3() {
    mono_works_with_any_stems::<Vst3>();
}

fn stereo_works_with_any_stems<H: Host>() {
    let mut host = H::prepared(modes()[0]);
    let input = stereo_noise(2, 20_000);
    let reference = play_layout(&mut host, &input, &[2; 5]);
    for outputs in [&[2][..], &[2, 0, 0, 0, 0], &[2, 1, 2, 0, 1], &[2; 5]] {
        let case = format!("{}, stereo to {outputs:?}", H::FORMAT);
        let played = play_layout(&mut host, &input, outputs);
        for (channel, input) in played[0].iter().zip(&input) {
            assert_delayed(channel, input, host.latency(), &case);
        }
        for (stem, (played, reference)) in played[1..].iter().zip(&reference[1..]).enumerate() {
            match &played[..] {
                [mono] => {
                    let mean =
                        reference[0].iter().zip(&reference[1]).map(|(left, right)| 0.5 * (left + right));
                    assert!(
                        mono.iter().copied().eq(mean),
                        "{case}: stem {stem} is not the mean of its channels"
                    );
                }
                channels => assert!(channels.is_empty() || channels == &reference[..], "{case}: stem {stem}"),
            }
        }
    }
}

#[test]
fn stereo_works_with_any_arrangement_of_the_stems() {
    stereo_works_with_any_stems::<Clap>();
    stereo_works_with_any_stems::<Vst3>();
}

fn impossible_layouts_are_refused<H: Host>() {
    let mut host = H::prepared(modes()[0]);
    let refused: [(usize, &[usize]); 5] =
        [(2, &[1]), (2, &[1, 2, 2, 2, 2]), (1, &[0, 1, 1, 1, 1]), (2, &[2, 3, 2, 2, 2]), (6, &[6])];
    for (input, outputs) in refused {
        // (VST3's host helper asks for stereo where there are more than two channels.)
        if H::FORMAT == "CLAP" || outputs.iter().chain([&input]).all(|&channels| channels <= 2) {
            assert!(!host.arrange(input, outputs), "{}: {input} to {outputs:?} is agreed to", H::FORMAT);
        }
    }
    assert!(host.activate(RATE, 512));
    assert!(!host.arrange(1, &[1]), "{}: a layout is changed while the plug-in is active", H::FORMAT);
    let input = stereo_noise(2, 12_000);
    let output = drive(&mut host, &input, Blocks::Fixed(512), &[]);
    assert!(delayed_error(&output.main, &input, host.latency()) < INAUDIBLE);
}

#[test]
fn impossible_layouts_are_refused_and_change_nothing() {
    impossible_layouts_are_refused::<Clap>();
    impossible_layouts_are_refused::<Vst3>();
}

fn a_state_is_restored_into_any_layout<H: Host>() {
    let mut saved = H::new();
    saved.set("vocals_level", 0.25);
    let state = saved.save();
    for (input, outputs) in [(2, &[2; 5][..]), (2, &[2]), (1, &[1]), (1, &[2, 1, 0, 2, 1])] {
        let mut host = H::new();
        assert!(host.arrange(input, outputs));
        assert!(host.load(&state));
        assert!((host.value("vocals_level") - 0.25).abs() < 1e-3);
        assert!(host.activate(RATE, BLOCK));
    }
}

#[test]
fn a_state_is_restored_into_any_layout_of_the_hosts() {
    a_state_is_restored_into_any_layout::<Clap>();
    a_state_is_restored_into_any_layout::<Vst3>();
}

#[test]
fn clap_the_configurations_have_names_and_keep_their_ids() {
    let mut host = Clap::new();
    let configs = host.instance().configs();
    // SAFETY: the plug-in ends its texts with a zero.
    let name =
        |text: &[std::ffi::c_char]| unsafe { CStr::from_ptr(text.as_ptr()) }.to_str().unwrap().to_owned();
    let offered: Vec<_> =
        configs.iter().map(|config| (config.id, name(&config.name), config.output_port_count)).collect();
    let expected = [
        (0, "Stereo with stems", 5),
        (1, "Stereo", 1),
        (2, "Mono", 1),
        (3, "Mono with mono stems", 5),
        (4, "Mono with stereo stems", 5),
        (5, "Mono to stereo with stems", 5),
        (6, "Mono to stereo", 1),
    ];
    assert_eq!(offered, expected.map(|(id, name, outputs)| (id, name.to_owned(), outputs)));
    assert!(host.arrange(1, &[1, 1, 0, 2, 2]));
    let channels: Vec<u32> = host.instance().ports(false).iter().map(|(_, channels)| *channels).collect();
    assert_eq!(channels, [1, 1, 0, 2, 2]);
}

#[test]
fn vst3_buses_are_described_as_arranged() {
    let mut host = Vst3::new();
    let outputs = [1, 1, 0, 2, 2];
    assert!(host.arrange(1, &outputs));
    let (component, processor) = host.raw();
    let (audio, direction) = (AUDIO, OUTPUT);
    for (index, channels) in (0..).zip(outputs) {
        let (mut arrangement, mut info): (SpeakerArrangement, BusInfo) = (u64::MAX, empty_info());
        // SAFETY: the plug-in is alive and fills in what it is asked for.
        unsafe {
            assert_eq!(processor.getBusArrangement(direction, index, &mut arrangement), kResultOk);
            assert_eq!(component.getBusInfo(audio, direction, index, &mut info), kResultOk);
        }
        assert_eq!((arrangement.count_ones() as usize, info.channelCount), (channels, int(channels)));
    }
    // SAFETY: a null pointer is what is tested.
    assert!(unsafe { processor.setBusArrangements(ptr::null_mut(), 1, ptr::null_mut(), 1) } != kResultOk);
    assert!(host.arrange(2, &[2]));
    // SAFETY: the plug-in is alive.
    assert_eq!(unsafe { component.getBusCount(audio, direction) }, 1);
}

/// A description that is filled in.
fn empty_info() -> BusInfo {
    // SAFETY: the type is plain old data, for which zeros are a value.
    unsafe { std::mem::zeroed() }
}
