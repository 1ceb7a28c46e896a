//! The lengths an engine works with at the host's sample rate, and the latency that follows from them.

use crate::network::{Contract, WindowKind};

/// Why an engine could not be set up for a host.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq)]
pub enum SetupError {
    /// A sample rate, in Hz, that is not a positive finite number.
    #[error("sample rate {0} Hz: need a positive number")]
    SampleRate(f64),
}

/// The rate in the middle of the two rates networks are trained for, in Hz.
const NATIVE_RATE: f64 = 46_000.0;

/// By which power of two all lengths are scaled at `sample_rate` (Hz), so that a bin keeps its place in Hz
/// without a resampler: 0 at 44.1 and 48 kHz, 1 at 88.2 and 96 kHz, −1 at 22.05 to 32 kHz; from −2 to 4.
#[expect(clippy::cast_possible_truncation, reason = "clamped first")]
pub fn rate_exponent(sample_rate: f64) -> i32 {
    (sample_rate / NATIVE_RATE).log2().round().clamp(-2.0, 4.0) as i32
}

/// All lengths of one engine, in samples at the host's rate unless said otherwise. Fixed for its life.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrameConfig {
    /// Transform length.
    pub fft: usize,
    /// Distance between frames.
    pub hop: usize,
    /// Bins of one spectrum at the host's rate: `fft / 2 + 1`.
    pub bins: usize,
    /// Bins of one spectrum as the network takes it.
    pub network_bins: usize,
    /// Length of the synthesis window.
    pub synthesis: usize,
    /// Frames by which the masks lag behind the spectrum they belong to.
    pub lookahead: usize,
    /// Samples over which a frame's work is time-sliced: 0 (all at once) or one hop.
    pub slicing: usize,
    /// Factor on the bins handed to the network: a transform that is longer than the network's own has
    /// proportionally larger values.
    pub spectrum_scale: f32,
}

impl FrameConfig {
    /// Works out the lengths for a host that runs at `sample_rate` Hz and never hands over more than
    /// `max_block` samples at once.
    ///
    /// A frame's work is time-sliced where the host's blocks are shorter than half a hop. With larger blocks every
    /// other callback completes a frame anyway, and slicing would only cost latency.
    ///
    /// # Errors
    /// [`SetupError::SampleRate`] if the rate is not a positive finite number.
    pub fn new(contract: &Contract, sample_rate: f64, max_block: usize) -> Result<Self, SetupError> {
        if !(sample_rate.is_finite() && sample_rate > 0.0) {
            return Err(SetupError::SampleRate(sample_rate));
        }
        let exponent = rate_exponent(sample_rate);
        let scale = |length: usize| {
            if exponent < 0 { length >> -exponent } else { length << exponent }
        };
        let (fft, hop) = (scale(contract.fft), scale(contract.hop));
        Ok(Self {
            fft,
            hop,
            bins: fft / 2 + 1,
            network_bins: contract.bins(),
            synthesis: match contract.window {
                WindowKind::SqrtHann => fft,
                WindowKind::Asymmetric => 2 * hop,
            },
            lookahead: contract.lookahead,
            slicing: if max_block < hop / 2 { hop } else { 0 },
            spectrum_scale: 2f32.powi(-exponent),
        })
    }

    /// Delay from input to output in samples: what the host is told and what is measured.
    pub fn latency(&self) -> usize {
        self.synthesis + self.lookahead * self.hop + self.slicing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Mode;

    fn contract(window: WindowKind, hop: usize, lookahead: usize) -> Contract {
        Contract {
            name: "Test".into(),
            version: "1.0.0".into(),
            mode: Mode::Studio,
            fft: 4096,
            hop,
            window,
            lookahead,
            sample_rates: vec![44_100],
            licences: "CC0-1.0".into(),
            metrics: String::new(),
        }
    }

    #[test]
    fn lengths_follow_the_rate_in_powers_of_two() {
        for (rate, exponent) in [
            (1.0, -2),
            (8_000.0, -2),
            (22_050.0, -1),
            (24_000.0, -1),
            (32_000.0, -1),
            (44_100.0, 0),
            (48_000.0, 0),
            (88_200.0, 1),
            (96_000.0, 1),
            (176_400.0, 2),
            (192_000.0, 2),
            (768_000.0, 4),
            (10_000_000.0, 4),
        ] {
            assert_eq!(rate_exponent(rate), exponent, "{rate} Hz");
        }
    }

    #[test]
    fn latency_is_window_plus_lookahead_plus_slicing() {
        let studio = contract(WindowKind::SqrtHann, 1024, 0);
        let live = contract(WindowKind::Asymmetric, 512, 0);
        let ahead = contract(WindowKind::Asymmetric, 1024, 2);
        let at = |contract, rate, block| FrameConfig::new(contract, rate, block).unwrap().latency();
        assert_eq!(at(&studio, 44_100.0, 512), 4096);
        assert_eq!(at(&studio, 44_100.0, 511), 4096 + 1024);
        assert_eq!(at(&studio, 96_000.0, 1024), 8192);
        assert_eq!(at(&studio, 96_000.0, 512), 8192 + 2048);
        assert_eq!(at(&studio, 22_050.0, 512), 2048);
        assert_eq!(at(&live, 44_100.0, 256), 1024);
        assert_eq!(at(&live, 44_100.0, 64), 1024 + 512);
        assert_eq!(at(&ahead, 44_100.0, 4096), 2048 + 2048);
    }

    #[test]
    fn impossible_rates_are_refused() {
        let studio = contract(WindowKind::SqrtHann, 1024, 0);
        for rate in [0.0, -44_100.0, f64::NAN, f64::INFINITY] {
            assert!(FrameConfig::new(&studio, rate, 512).is_err(), "{rate}");
        }
    }
}
