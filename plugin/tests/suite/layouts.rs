//! Layouts of buses in VST3, where a host proposes and the plug-in agrees or not. (Those in CLAP are tested in the
//! bundle, in the package `unbraid-tests`.)

use std::ptr;

use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::{
    AudioBusBuffers, BusDirections_, IAudioProcessorTrait, IComponentTrait, MediaTypes_, ProcessData,
    SpeakerArrangement, SymbolicSampleSizes_,
};
use nice_plug::wrapper::vst3::vst3::Steinberg::kResultOk;

use super::hosts::*;

/// `Vst::SpeakerArr::kStereo` and `kMono`.
const STEREO: SpeakerArrangement = 0b11;
const MONO: SpeakerArrangement = 1 << 19;
/// `Vst::SpeakerArr::k51`.
const SURROUND: SpeakerArrangement = 0b11_1111;

fn agree(host: &Vst3, input: SpeakerArrangement, outputs: &[SpeakerArrangement]) -> bool {
    let (mut input, mut outputs) = ([input], outputs.to_vec());
    let (_, processor) = host.raw();
    // SAFETY: the arrays are as long as they say.
    unsafe {
        processor.setBusArrangements(input.as_mut_ptr(), 1, outputs.as_mut_ptr(), outputs.len() as i32)
            == kResultOk
    }
}

fn output_buses(host: &Vst3) -> i32 {
    let (component, _) = host.raw();
    // SAFETY: the plug-in is initialised.
    unsafe { component.getBusCount(MediaTypes_::kAudio as i32, BusDirections_::kOutput as i32) }
}

/// Streams the first `channels` of `input` through a host with one output bus and returns what comes out.
fn play_main(host: &mut Vst3, input: &Stereo, channels: usize) -> Vec<Vec<f32>> {
    const BLOCK: usize = 256;
    let length = input[0].len();
    let mut output = vec![vec![f32::NAN; length]; channels];
    for start in (0..length).step_by(BLOCK) {
        let mut inputs: Vec<*mut f32> =
            input[..channels].iter().map(|channel| channel[start..].as_ptr().cast_mut()).collect();
        let mut outputs: Vec<*mut f32> =
            output.iter_mut().map(|channel| channel[start..].as_mut_ptr()).collect();
        let bus = |pointers: &mut Vec<*mut f32>| {
            // SAFETY: the type is plain old data, for which zeros are a value.
            let mut bus: AudioBusBuffers = unsafe { std::mem::zeroed() };
            bus.numChannels = pointers.len() as i32;
            bus.__field0.channelBuffers32 = pointers.as_mut_ptr();
            bus
        };
        let (mut input_bus, mut output_bus) = (bus(&mut inputs), bus(&mut outputs));
        // SAFETY: the type is plain old data, for which zeros are a value.
        let mut data: ProcessData = unsafe { std::mem::zeroed() };
        data.symbolicSampleSize = SymbolicSampleSizes_::kSample32 as i32;
        data.numSamples = BLOCK.min(length - start) as i32;
        (data.numInputs, data.numOutputs) = (1, 1);
        (data.inputs, data.outputs) = (&mut input_bus, &mut output_bus);
        let (_, processor) = host.raw();
        // SAFETY: the data are as they say.
        assert_eq!(unsafe { processor.process(&mut data) }, kResultOk);
    }
    output
}

#[test]
fn vst3_stereo_alone_and_mono_are_agreed_to_and_work() {
    let input = noise(1, 20_000);
    let mut host = Vst3::prepared(modes()[0]);
    for (arrangement, channels) in [(STEREO, 2), (MONO, 1), (STEREO, 2)] {
        host.deactivate();
        assert!(agree(&host, arrangement, &[arrangement]));
        assert_eq!(output_buses(&host), 1);
        assert!(host.activate(44_100.0, 256));
        let latency = host.latency();
        for (output, input) in play_main(&mut host, &input, channels).iter().zip(&input) {
            for (at, sample) in output.iter().enumerate() {
                let selection = at.checked_sub(latency).map_or(0.0, |at| input[at]);
                assert!((sample - selection).abs() < INAUDIBLE, "{channels} channels, sample {at}");
            }
        }
    }
    // And back to all stems.
    host.deactivate();
    assert!(agree(&host, STEREO, &[STEREO; 5]));
    assert_eq!(output_buses(&host), 5);
    assert!(host.activate(44_100.0, 256));
    let output = drive(&mut host, &input, Blocks::Fixed(256), &[]);
    assert!(error(&output.main, &input, host.latency()) < INAUDIBLE);
    assert!(error(&output.sum(), &input, host.latency()) < INAUDIBLE);
}

#[test]
fn vst3_what_it_cannot_do_is_refused_and_changes_nothing() {
    let mut host = Vst3::prepared(modes()[0]);
    for (input, outputs) in [
        (SURROUND, &[SURROUND][..]),
        (STEREO, &[MONO]),
        (STEREO, &[STEREO; 2]),
        (STEREO, &[STEREO; 6]),
        (MONO, &[MONO; 5]),
        (0, &[]),
    ] {
        assert!(!agree(&host, input, outputs), "{input:b} to {outputs:?}");
        assert_eq!(output_buses(&host), 5);
    }
    let (_, processor) = host.raw();
    // SAFETY: a null pointer is what is tested.
    assert!(unsafe { processor.setBusArrangements(ptr::null_mut(), 1, ptr::null_mut(), 1) } != kResultOk);
    assert!(host.activate(44_100.0, 512));
    let input = noise(2, 12_000);
    let output = drive(&mut host, &input, Blocks::Fixed(512), &[]);
    assert!(error(&output.main, &input, host.latency()) < INAUDIBLE);
}

#[test]
fn vst3_a_state_is_restored_into_another_layout() {
    let mut saved = Vst3::new();
    saved.set("vocals_level", 0.25);
    let state = saved.save();
    for (arrangement, buses) in [(STEREO, 5), (STEREO, 1), (MONO, 1)] {
        let mut host = Vst3::new();
        assert!(agree(&host, arrangement, &vec![arrangement; buses]));
        assert!(host.load(&state));
        assert!((host.value("vocals_level") - 0.25).abs() < 1e-3);
        assert_eq!(output_buses(&host), buses as i32, "the layout is the host's, not the state's");
        assert!(host.activate(44_100.0, 256));
    }
}
