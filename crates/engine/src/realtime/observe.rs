//! Looking on: what a window needs to show the separation, without a share in it.

use realfft::num_complex::Complex;

use crate::{CHANNELS, STEMS};

/// A frame of the mixture with the shares that are about to be applied to it.
pub struct SeparatedFrame<'a> {
    /// Spectra of the mixture, `[fft / 2 + 1]` a channel, unnormalised: a full-scale sine has a magnitude of half
    /// the analysis window's sum.
    pub spectra: [&'a [Complex<f32>]; CHANNELS],
    /// The shares as applied, `[4, 2, F]`; bins beyond `F` take those of the last bin.
    pub masks: &'a [f32],
}

/// A stretch of finished output. All slices have the same length, at least one sample and at most one hop.
pub struct MixedSegment<'a> {
    /// The stems as separated.
    pub stems: [[&'a [f32]; CHANNELS]; STEMS],
    /// The gain that each stem has in the main mix, sample by sample.
    pub gains: [&'a [f32]; STEMS],
    /// The main output.
    pub main: [&'a [f32]; CHANNELS],
}

/// Someone who looks on from the audio thread. Both calls come in the middle of processing: they must neither
/// block, allocate, nor call the system.
pub trait Observer: Send {
    /// The shares of one more frame are known.
    fn separated(&mut self, frame: &SeparatedFrame<'_>);

    /// One more stretch of output is finished.
    fn mixed(&mut self, stretch: &MixedSegment<'_>);
}
