//! Replays what the training code recorded with the networks that ship.

use safetensors::{SafeTensors, tensor::TensorView};
use unbraid_engine::masks::Masks;
use unbraid_engine::network::{Mode, Separator};
use unbraid_engine::stft::{Analysis, WindowPair, fill_mixture};
use unbraid_engine::{CHANNELS, FrameConfig, STEMS};

use super::support::{network, plan};

/// The bar for masks, spectra (relative to their largest value) and states.
const TOLERANCE: f32 = 1e-4;

fn numbers<const N: usize, T>(tensor: &TensorView<'_>, read: fn([u8; N]) -> T) -> Vec<T> {
    tensor.data().as_chunks::<N>().0.iter().map(|&bytes| read(bytes)).collect()
}

#[test]
fn the_engine_replays_the_golden_vectors_of_studio() {
    replay(Mode::Studio, include_bytes!("../../../../models/studio.golden.safetensors"));
}

#[test]
fn the_engine_replays_the_golden_vectors_of_live() {
    replay(Mode::Live, include_bytes!("../../../../models/live.golden.safetensors"));
}

fn replay(mode: Mode, golden: &[u8]) {
    let golden = SafeTensors::deserialize(golden).unwrap();
    let tensor = |name: &str| golden.tensor(name).unwrap();
    let audio = numbers(&tensor("audio"), i16::from_le_bytes);
    let groups = numbers(&tensor("group_of_bin"), i64::from_le_bytes);
    let recorded = numbers(&tensor("shares"), u16::from_le_bytes);
    let group_count = tensor("shares").shape()[3];
    let spectra = numbers(&tensor("spectra"), f32::from_le_bytes);
    let spectra_frames = numbers(&tensor("spectra_frames"), i64::from_le_bytes);

    let contract = plan(mode).contract();
    let config = FrameConfig::new(contract, 44_100.0, 4096).unwrap();
    let bins = contract.bins();
    let frames = audio.len() / CHANNELS / config.hop;
    assert!(frames >= 200, "only {frames} frames");

    let mut analysis = Analysis::new(WindowPair::new(contract.window, config.fft, config.hop).analysis);
    let mut network = network(mode);
    let mut bins_of = [vec![Default::default(); bins], vec![Default::default(); bins]];
    let mut mixture = vec![0.0; 2 * CHANNELS * bins];
    let mut masks = Masks::new(bins);
    let mut worst = 0.0f32;
    for frame in 0..frames {
        for (channel, spectrum) in bins_of.iter_mut().enumerate() {
            let samples = &audio[channel * frames * config.hop..][frame * config.hop..][..config.hop];
            for (newest, sample) in analysis.advance(channel, config.hop).iter_mut().zip(samples) {
                *newest = f32::from(*sample) / 32_768.0;
            }
            analysis.transform(channel, spectrum).unwrap();
        }
        fill_mixture(bins_of.each_ref().map(Vec::as_slice), config.spectrum_scale, &mut mixture);
        if let Some(at) = spectra_frames.iter().position(|&recorded| recorded == frame as i64) {
            let expected = &spectra[at * mixture.len()..][..mixture.len()];
            let largest = expected.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
            for (value, expected) in mixture.iter().zip(expected) {
                assert!((value - expected).abs() <= TOLERANCE * largest, "spectrum of frame {frame}");
            }
        }
        network.run_frame(&mixture, &mut masks).unwrap();
        for row in 0..STEMS * CHANNELS {
            let recorded = &recorded[(frame * STEMS * CHANNELS + row) * group_count..][..group_count];
            let (stem, channel) = (row / CHANNELS, row % CHANNELS);
            for (mask, &group) in masks.row(stem, channel).iter().zip(&groups) {
                let error = (mask - f32::from(recorded[group as usize]) / 65_535.0).abs();
                assert!(
                    error <= TOLERANCE,
                    "mask of stem {stem}, channel {channel}, frame {frame} is off by {error:e}"
                );
                worst = worst.max(error);
            }
        }
    }
    assert!(worst > 0.0, "nothing was compared: masks never agree with rounded ones exactly");

    let states = network.states();
    assert!(!states.is_empty());
    for (at, state) in states.iter().enumerate() {
        let expected = numbers(&tensor(&format!("state_{at}_last")), f32::from_le_bytes);
        assert_eq!(state.len(), expected.len());
        // Relative to the largest value: the state of groups that hold next to nothing depends on the rounding of two
        // different transforms.
        let largest = expected.iter().fold(1.0f32, |largest, value| largest.max(value.abs()));
        for (value, expected) in state.iter().zip(&expected) {
            let error = (value - expected).abs();
            assert!(error <= 10.0 * TOLERANCE * largest, "state {at}: {value} is not {expected}");
        }
    }
}
