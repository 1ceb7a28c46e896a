//! The stages of one frame's work, and what each costs.

use crate::stems::{CHANNELS, STEMS};

/// One stage of a frame's work. Stages run in the order in which [`stages`] lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Window and transform one channel's newest samples.
    Analyse(usize),
    /// Hand the spectra to the network.
    Begin,
    /// Run one step of the network.
    Infer(usize),
    /// Collect, check and focus the masks.
    Mask,
    /// Separate the spectra by the masks and by where the stems are.
    Separate,
    /// Transform one stem's spectrum in one channel back, window and overlap-add.
    Synthesise {
        /// The stem.
        stem: usize,
        /// The channel.
        channel: usize,
    },
}

/// Costs of the stages around the network, in transforms of one channel, whose time is measured when an engine is set up.
/// A transform's passes over memory are the unit: windowing reads and writes the frame once more than the transform
/// itself; laying out the mixture and normalising the masks are single passes over bins; synthesis windows and adds
/// besides its transform. Rough on purpose: together they are about a tenth of a frame's work, and only the
/// evenness of the slices depends on them.
const ANALYSE: f32 = 1.2;
const BEGIN: f32 = 0.3;
const MASK: f32 = 0.5;
const SEPARATE: f32 = 14.0;
const SYNTHESISE: f32 = 1.3;

/// All stages of one frame with their relative costs. `network` has one cost a step of the network;
/// `transform` is the cost of one transform in the same unit. Not for the audio thread.
pub fn stages(network: &[f32], transform: f32) -> Vec<(Stage, f32)> {
    let analysis = (0..CHANNELS).map(|channel| (Stage::Analyse(channel), ANALYSE * transform));
    let inference = network.iter().enumerate().map(|(step, &cost)| (Stage::Infer(step), cost));
    let synthesis = (0..STEMS * CHANNELS).map(|output| {
        let stage = Stage::Synthesise { stem: output / CHANNELS, channel: output % CHANNELS };
        (stage, SYNTHESISE * transform)
    });
    analysis
        .chain([(Stage::Begin, BEGIN * transform)])
        .chain(inference)
        .chain([(Stage::Mask, MASK * transform), (Stage::Separate, SEPARATE * transform)])
        .chain(synthesis)
        .collect()
}
