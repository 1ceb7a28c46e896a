//! Short-time Fourier transform: windows, samples to spectra, spectra back to samples.

mod analysis;
mod synthesis;
mod window;

pub use analysis::{Analysis, fill_mixture};
pub use realfft::num_complex::Complex;
pub(crate) use synthesis::{Overlap, Synthesis};
pub use window::WindowPair;
