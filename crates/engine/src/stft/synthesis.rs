//! Synthesis: spectra back to samples, windowed and overlap-added.

use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner};

use crate::cast::nearest_f32;
use crate::fault::Fault;

/// The inverse transform and the synthesis window, shared by all outputs of an engine.
pub struct Synthesis {
    transform: Arc<dyn ComplexToReal<f32>>,
    /// The synthesis window times `1 / fft`, which the inverse transform leaves out.
    window: Vec<f32>,
    samples: Vec<f32>,
    scratch: Vec<Complex<f32>>,
    hop: usize,
}

impl Synthesis {
    /// Plans inverse transforms of `fft` samples, of which the newest `window.len()` are used. Not for the
    /// audio thread.
    pub fn new(fft: usize, hop: usize, window: &[f32]) -> Self {
        let transform = RealFftPlanner::new().plan_fft_inverse(fft);
        Self {
            window: window.iter().map(|factor| factor / nearest_f32(fft)).collect(),
            samples: transform.make_output_vec(),
            scratch: transform.make_scratch_vec(),
            transform,
            hop,
        }
    }

    /// An empty overlap buffer that fits. Allocates: not for the audio thread.
    pub fn overlap(&self) -> Overlap {
        Overlap { sum: vec![0.0; self.window.len()], hop: self.hop }
    }

    /// Adds one frame to `overlap`; `spectrum` serves as scratch. The audio thread may call it.
    ///
    /// # Errors
    /// [`Fault`] if the spectrum has the wrong length.
    pub fn add(&mut self, spectrum: &mut [Complex<f32>], overlap: &mut Overlap) -> Result<(), Fault> {
        // A real signal's spectrum is real at both ends; the transform insists on it.
        if let [first, .., last] = spectrum {
            first.im = 0.0;
            last.im = 0.0;
        }
        self.transform
            .process_with_scratch(spectrum, &mut self.samples, &mut self.scratch)
            .map_err(|_| Fault)?;
        let newest = &self.samples[self.samples.len() - self.window.len()..];
        let (kept, fresh) = (self.window.len() - self.hop, &mut overlap.sum);
        // The hop that the last frame completed has been read; it makes room at the newest end.
        fresh.copy_within(self.hop.., 0);
        fresh[kept..].fill(0.0);
        for ((sum, sample), factor) in fresh.iter_mut().zip(newest).zip(&self.window) {
            *sum += sample * factor;
        }
        Ok(())
    }
}

/// The running sum of one output's windowed frames.
pub struct Overlap {
    sum: Vec<f32>,
    hop: usize,
}

impl Overlap {
    /// The samples that the last frame completed, one hop. The audio thread may call it.
    pub fn finished(&self) -> &[f32] {
        &self.sum[..self.hop]
    }

    /// Forgets all frames. The audio thread may call it.
    pub fn reset(&mut self) {
        self.sum.fill(0.0);
    }
}
