//! The two window pairs. In both, analysis × synthesis overlap-adds to exactly 1 at the hop.

use std::f64::consts::PI;

use crate::cast::{exact_f64, rounded_f32};
use crate::network::WindowKind;

/// An analysis window over the whole frame and a synthesis window over its newest samples.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowPair {
    /// `fft` factors applied before the transform, oldest sample first.
    pub analysis: Vec<f32>,
    /// Factors applied to the newest `synthesis.len()` samples after the inverse transform. The latency of
    /// the pair is this length.
    pub synthesis: Vec<f32>,
}

impl WindowPair {
    /// Makes the pair for a transform of `fft` samples every `hop` samples. Allocates: not for the audio thread.
    ///
    /// # Panics
    /// If `hop` does not divide `fft` or is larger than `fft / 2`; both are checked when a contract is read.
    pub fn new(kind: WindowKind, fft: usize, hop: usize) -> Self {
        assert!(fft.is_multiple_of(hop) && 2 * hop <= fft, "hop {hop} does not fit a frame of {fft}");
        match kind {
            WindowKind::SqrtHann => Self::sqrt_hann(fft, hop),
            WindowKind::Asymmetric => Self::asymmetric(fft, hop),
        }
    }

    fn sqrt_hann(fft: usize, hop: usize) -> Self {
        // Hann windows at this hop sum to fft / (2·hop); synthesis takes that out.
        let scale = 2.0 * exact_f64(hop) / exact_f64(fft);
        let analysis = (0..fft).map(|n| rounded_f32(hann(n, fft).sqrt())).collect();
        let synthesis = (0..fft).map(|n| rounded_f32(hann(n, fft).sqrt() * scale)).collect();
        Self { analysis, synthesis }
    }

    /// Mauler & Martin, "A low delay, variable resolution, perfect reconstruction spectral
    /// analysis-synthesis system for speech enhancement", 2007: the product of both windows is a Hann window
    /// of two hops at the newest end of the frame.
    fn asymmetric(fft: usize, hop: usize) -> Self {
        let short = 2 * hop;
        let rise = fft - hop;
        let analysis_at = |n: usize| {
            if n < rise { hann(n, 2 * rise).sqrt() } else { hann(n - (fft - short), short).sqrt() }
        };
        let synthesis_at = |n: usize| {
            if n == 0 {
                // With a hop of half the frame both windows start here, and 0 / 0 is 0.
                0.0
            } else if n < rise {
                hann(n - (fft - short), short) / analysis_at(n)
            } else {
                hann(n - (fft - short), short).sqrt()
            }
        };
        Self {
            analysis: (0..fft).map(|n| rounded_f32(analysis_at(n))).collect(),
            synthesis: (fft - short..fft).map(|n| rounded_f32(synthesis_at(n))).collect(),
        }
    }
}

/// Periodic Hann window of `length` samples.
fn hann(n: usize, length: usize) -> f64 {
    0.5 - 0.5 * (2.0 * PI * exact_f64(n) / exact_f64(length)).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn analysis_times_synthesis_overlap_adds_to_one() {
        for kind in [WindowKind::SqrtHann, WindowKind::Asymmetric] {
            for (fft, hop) in [(4096, 1024), (4096, 512), (2048, 512), (1024, 512), (4096, 128), (64, 16)] {
                let pair = WindowPair::new(kind, fft, hop);
                let newest = &pair.analysis[fft - pair.synthesis.len()..];
                for start in 0..hop {
                    let sum: f64 = (start..pair.synthesis.len())
                        .step_by(hop)
                        .map(|n| f64::from(newest[n]) * f64::from(pair.synthesis[n]))
                        .sum();
                    assert!((sum - 1.0).abs() < 3e-7, "{kind:?} {fft}/{hop} at {start}: {sum}");
                }
            }
        }
    }

    #[test]
    fn the_asymmetric_pair_synthesises_two_hops_only() {
        assert_eq!(WindowPair::new(WindowKind::Asymmetric, 4096, 512).synthesis.len(), 1024);
        assert_eq!(WindowPair::new(WindowKind::SqrtHann, 4096, 1024).synthesis.len(), 4096);
    }
}
