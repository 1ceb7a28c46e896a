//! The last frames, as far back as anybody may ask.

use std::array;

use realfft::num_complex::Complex;

use crate::prepare::FrameConfig;
use crate::{CHANNELS, STEMS};

/// One frame's spectrum of the input, a channel each.
pub type Spectra = [Vec<Complex<f32>>; CHANNELS];

/// More frames than this are not kept, for the sake of memory: only odd networks have windows that overlap more often.
const MOST_KEPT: usize = 8;

/// Spectra and shares of the newest frames.
pub struct FrameHistory {
    /// As many frames as are kept and the look-ahead, as a ring.
    spectra: Vec<Spectra>,
    newest_spectra: usize,
    /// The shares of as many frames as are kept, as a ring.
    masks: Vec<Vec<f32>>,
    newest_shares: usize,
    lookahead: usize,
    /// Frames since the last reset, no more than are kept.
    begun: usize,
}

/// The shares of one frame, and the spectrum that they belong to.
pub struct Frame<'a> {
    /// `fft / 2 + 1` bins a channel, unnormalised.
    pub spectra: [&'a [Complex<f32>]; CHANNELS],
    /// `[4, 2, F]`.
    pub masks: &'a [f32],
}

impl FrameHistory {
    /// Keeps all frames that overlap with the newest one if work is not spread, else the newest alone. Not for the audio
    /// thread.
    pub fn new(sizes: &FrameConfig) -> Self {
        let overlapping = sizes.synthesis.div_ceil(sizes.hop);
        let kept = if sizes.spread == 0 && overlapping <= MOST_KEPT { overlapping } else { 1 };
        let spectra = || array::from_fn(|_| vec![Complex::default(); sizes.bins]);
        Self {
            spectra: (0..sizes.lookahead + kept).map(|_| spectra()).collect(),
            newest_spectra: 0,
            masks: vec![vec![0.0; STEMS * CHANNELS * sizes.network_bins]; kept],
            newest_shares: 0,
            lookahead: sizes.lookahead,
            begun: 0,
        }
    }

    /// Forgets all frames. The audio thread may call it.
    pub fn reset(&mut self) {
        self.spectra.iter_mut().flatten().for_each(|spectrum| spectrum.fill(Complex::default()));
        self.begun = 0;
    }

    /// The next frame becomes the newest. The audio thread may call it.
    pub fn begin(&mut self) {
        self.newest_spectra = (self.newest_spectra + 1) % self.spectra.len();
        self.newest_shares = (self.newest_shares + 1) % self.masks.len();
        self.begun = (self.begun + 1).min(self.masks.len());
    }

    /// The newest frame's spectra.
    pub fn spectra(&mut self) -> &mut Spectra {
        &mut self.spectra[self.newest_spectra]
    }

    /// The newest frame's shares.
    pub fn masks(&mut self) -> &mut [f32] {
        &mut self.masks[self.newest_shares]
    }

    /// The frame whose shares are `age` frames older than the newest ones.
    ///
    /// # Panics
    /// When that many are not kept.
    pub fn frame(&self, age: usize) -> Frame<'_> {
        let before = |newest: usize, age: usize, length: usize| (newest + length - age) % length;
        let spectra = before(self.newest_spectra, age + self.lookahead, self.spectra.len());
        let masks = before(self.newest_shares, age, self.masks.len());
        Frame { spectra: self.spectra[spectra].each_ref().map(Vec::as_slice), masks: &self.masks[masks] }
    }

    /// Whether all frames are kept that overlap with the newest, so that a stem can be made from them.
    pub fn suffices(&self, sizes: &FrameConfig) -> bool {
        sizes.spread == 0 && self.masks.len() * sizes.hop >= sizes.synthesis
    }

    /// How many frames there are that [`FrameHistory::frame`] knows: of those before a reset nothing is left.
    pub fn known(&self) -> usize {
        self.begun
    }
}
