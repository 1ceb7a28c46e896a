//! Analysis: the newest samples of both channels, windowed and transformed.

use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use crate::fault::Fault;
use crate::stems::CHANNELS;

/// Largest magnitude a network is ever shown. A full-scale sine reaches about 2,000 and +24 dBFS noise about
/// as much, so nothing that is audio is changed; but the square of what lies beyond could overflow inside a
/// network and leave its recurrent state NaN for good.
const NETWORK_LIMIT: f32 = 1e9;

/// The last `fft` samples of both channels, and their forward transform.
pub struct Analysis {
    transform: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    history: [Vec<f32>; CHANNELS],
    windowed: Vec<f32>,
    scratch: Vec<Complex<f32>>,
}

impl Analysis {
    /// Plans transforms of `window.len()` samples. Not for the audio thread.
    pub fn new(window: Vec<f32>) -> Self {
        let transform = RealFftPlanner::new().plan_fft_forward(window.len());
        Self {
            history: [vec![0.0; window.len()], vec![0.0; window.len()]],
            windowed: transform.make_input_vec(),
            scratch: transform.make_scratch_vec(),
            transform,
            window,
        }
    }

    /// Number of bins of a spectrum. Any thread.
    pub fn bins(&self) -> usize {
        self.window.len() / 2 + 1
    }

    /// The newest `hop` samples of one channel's history, to be filled with the next ones. The audio thread
    /// may call it, once a hop.
    pub fn advance(&mut self, channel: usize, hop: usize) -> &mut [f32] {
        let history = &mut self.history[channel];
        history.copy_within(hop.., 0);
        let newest = history.len() - hop;
        &mut history[newest..]
    }

    /// Transforms one channel's history into `spectrum` (`fft / 2 + 1` bins, no normalisation:
    /// X\[k\] = Σ w\[n\]·x\[n\]·e^(−2πikn/fft)). The audio thread may call it.
    ///
    /// # Errors
    /// [`Fault`] if `spectrum` has the wrong length.
    pub fn transform(&mut self, channel: usize, spectrum: &mut [Complex<f32>]) -> Result<(), Fault> {
        for ((out, sample), factor) in self.windowed.iter_mut().zip(&self.history[channel]).zip(&self.window)
        {
            *out = sample * factor;
        }
        self.transform
            .process_with_scratch(&mut self.windowed, spectrum, &mut self.scratch)
            .map_err(|_| Fault)
    }

    /// Forgets all samples. The audio thread may call it.
    pub fn reset(&mut self) {
        self.history.iter_mut().for_each(|history| history.fill(0.0));
    }
}

/// Lays the spectra of both channels out as a network takes them: `[4, F]` with `F = mixture.len() / 4`, left
/// real, left imaginary, right real, right imaginary, each bin times `scale`.
///
/// Bins beyond the spectrum's end (host rates below the network's) are 0; bins beyond `F` are left out. The
/// audio thread may call it.
pub fn fill_mixture(spectra: [&[Complex<f32>]; CHANNELS], scale: f32, mixture: &mut [f32]) {
    let bins = mixture.len() / (2 * CHANNELS);
    let limited = |value: f32| (value * scale).clamp(-NETWORK_LIMIT, NETWORK_LIMIT);
    for (spectrum, rows) in spectra.into_iter().zip(mixture.chunks_exact_mut(2 * bins)) {
        let (real, imaginary) = rows.split_at_mut(bins);
        let present = bins.min(spectrum.len());
        for ((bin, real), imaginary) in spectrum.iter().zip(real.iter_mut()).zip(imaginary.iter_mut()) {
            *real = limited(bin.re);
            *imaginary = limited(bin.im);
        }
        real[present..].fill(0.0);
        imaginary[present..].fill(0.0);
    }
}
