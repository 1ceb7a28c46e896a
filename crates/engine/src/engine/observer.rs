//! Observation of the separation, for windows and meters; it has no influence on the output.

use crate::masks::Masks;
use crate::stems::{CHANNELS, STEMS};
use crate::stft::Complex;

/// A frame of the mixture with the masks that are about to be applied to it.
pub struct SeparatedFrame<'a> {
    /// Spectra of the mixture, `[fft / 2 + 1]` a channel, unnormalised: a full-scale sine has a magnitude of half
    /// the analysis window's sum.
    pub spectra: [&'a [Complex<f32>]; CHANNELS],
    /// The masks as applied.
    pub masks: &'a Masks,
}

/// A segment of finished output. All slices have the same length, at least one sample and at most one hop.
pub struct MixedSegment<'a> {
    /// The stems as separated.
    pub stems: [[&'a [f32]; CHANNELS]; STEMS],
    /// The gain that each stem has in the main mix, sample by sample.
    pub gains: [&'a [f32]; STEMS],
    /// The main output.
    pub main: [&'a [f32]; CHANNELS],
}

/// An observer on the audio thread. Both calls come in the middle of processing: they must neither block, allocate, nor
/// call the system.
pub trait Observer: Send {
    /// The masks of one more frame are ready.
    fn separated(&mut self, frame: &SeparatedFrame<'_>);

    /// One more segment of output is finished.
    fn mixed(&mut self, segment: &MixedSegment<'_>);
}
