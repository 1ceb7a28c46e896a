//! The spectra that look-ahead needs.

use std::array;

use crate::frame_config::FrameConfig;
use crate::stems::CHANNELS;
use crate::stft::Complex;

/// One frame's spectra of the input, `fft / 2 + 1` bins a channel, unnormalised.
pub type Spectra = [Vec<Complex<f32>>; CHANNELS];

/// Spectra of the newest frame and of as many before it as the masks lag behind, as a ring.
pub struct FrameHistory {
    frames: Vec<Spectra>,
    newest: usize,
}

impl FrameHistory {
    /// Room for the look-ahead of `config`. Not for the audio thread.
    pub fn new(config: &FrameConfig) -> Self {
        let spectra = |_| array::from_fn(|_| vec![Complex::default(); config.bins]);
        Self { frames: (0..=config.lookahead).map(spectra).collect(), newest: 0 }
    }

    /// Silence in all frames. For the audio thread.
    pub fn reset(&mut self) {
        self.frames.iter_mut().flatten().for_each(|spectrum| spectrum.fill(Complex::default()));
    }

    /// Makes room for a new frame in the place of the oldest one. For the audio thread.
    pub fn advance(&mut self) {
        self.newest = (self.newest + 1) % self.frames.len();
    }

    /// The newest frame's spectra. For the audio thread.
    pub fn newest(&mut self) -> &mut Spectra {
        &mut self.frames[self.newest]
    }

    /// The spectra to which the newest masks belong: those of the frame look-ahead frames ago. For the audio thread.
    pub fn separated(&self) -> [&[Complex<f32>]; CHANNELS] {
        self.frames[(self.newest + 1) % self.frames.len()].each_ref().map(Vec::as_slice)
    }
}
