//! Masks: how much of each bin of each channel each stem gets.

use crate::cast::exact_f32;
use crate::fault::Fault;
use crate::stems::{CHANNELS, STEMS};

/// The exponent at either end of the focus range, as a power: 1/4 at 0 %, 4 at 100 %.
const FOCUS_RANGE: f32 = 4.0;

/// The exponent for a stem's `focus` from 0 to 1: below ½ masks become softer, above it harder, and at exactly ½
/// they stay the network's own. Any thread.
pub fn focus_exponent(focus: f32) -> f32 {
    FOCUS_RANGE.powf(2.0 * focus.clamp(0.0, 1.0) - 1.0)
}

/// The masks of one frame, laid out `[4, 2, F]`: stems, channels, bins. Each is from 0 to 1, and over the stems they sum
/// to 1. The audio thread may call everything but [`Masks::new`] and `clone`.
#[derive(Debug, Clone, PartialEq)]
pub struct Masks {
    values: Vec<f32>,
    bins: usize,
}

impl Masks {
    /// Masks of `bins` bins, all of them 0. Allocates.
    pub fn new(bins: usize) -> Self {
        Self { values: vec![0.0; STEMS * CHANNELS * bins], bins }
    }

    /// Number of bins.
    pub fn bins(&self) -> usize {
        self.bins
    }

    /// All values, `[4, 2, F]`.
    pub fn as_slice(&self) -> &[f32] {
        &self.values
    }

    /// All values, `[4, 2, F]`.
    pub fn as_mut_slice(&mut self) -> &mut [f32] {
        &mut self.values
    }

    fn start(&self, stem: usize, channel: usize) -> usize {
        (stem * CHANNELS + channel) * self.bins
    }

    /// One stem's mask for one channel, `[F]`.
    pub fn row(&self, stem: usize, channel: usize) -> &[f32] {
        &self.values[self.start(stem, channel)..][..self.bins]
    }

    /// One stem's mask for one channel, `[F]`.
    pub fn row_mut(&mut self, stem: usize, channel: usize) -> &mut [f32] {
        let start = self.start(stem, channel);
        &mut self.values[start..][..self.bins]
    }

    /// Writes one stem's mask for one channel to `row`; bins beyond `F` as in [`Masks::at`].
    pub fn copy_row(&self, stem: usize, channel: usize, row: &mut [f32]) {
        let own = self.row(stem, channel);
        let (inside, beyond) = row.split_at_mut(own.len().min(row.len()));
        inside.copy_from_slice(&own[..inside.len()]);
        beyond.fill(own[own.len() - 1]);
    }

    /// One bin's mask. Bins beyond `F` take that of the last bin, so that the highs are never silent at rates above the
    /// network's.
    #[inline]
    pub fn at(&self, stem: usize, channel: usize, bin: usize) -> f32 {
        self.values[self.start(stem, channel) + bin.min(self.bins - 1)]
    }

    /// Gives everything to one stem.
    pub fn give_all_to(&mut self, stem: usize) {
        let stride = CHANNELS * self.bins;
        for (index, masks) in self.values.chunks_exact_mut(stride).enumerate() {
            masks.fill(if index == stem { 1.0 } else { 0.0 });
        }
    }

    /// Raises each stem's masks to its exponent and makes all sum to 1 over the stems again.
    ///
    /// # Errors
    /// [`Fault`] if they are no masks: not finite, negative, or summing to less than ½ or more than 2. They must not be
    /// used then.
    pub fn sharpen(&mut self, exponents: [f32; STEMS]) -> Result<(), Fault> {
        let valid = if exponents == [1.0; STEMS] {
            self.renormalise(|masks| masks)
        } else {
            let [a, b, c, d] = exponents;
            self.renormalise(|[vocals, drums, bass, other]| {
                [power(vocals, a), power(drums, b), power(bass, c), power(other, d)]
            })
        };
        if valid { Ok(()) } else { Err(Fault) }
    }

    /// Replaces the masks of every bin by `raise(masks)`, scaled so that the stems sum to 1. Returns `false` if they were
    /// no masks.
    fn renormalise(&mut self, raise: impl Fn([f32; STEMS]) -> [f32; STEMS]) -> bool {
        let stride = CHANNELS * self.bins;
        let (vocals, others) = self.values.split_at_mut(stride);
        let (drums, others) = others.split_at_mut(stride);
        let (bass, other) = others.split_at_mut(stride);
        let mut valid = true;
        for ((a, b), (c, d)) in vocals.iter_mut().zip(drums).zip(bass.iter_mut().zip(other)) {
            let sum = *a + *b + *c + *d;
            // Written so that a NaN anywhere makes it false.
            valid &= (*a >= 0.0) & (*b >= 0.0) & (*c >= 0.0) & (*d >= 0.0) & (sum > 0.5) & (sum < 2.0);
            [*a, *b, *c, *d] = raise([*a, *b, *c, *d]);
            let scale = 1.0 / (*a + *b + *c + *d);
            (*a, *b, *c, *d) = (*a * scale, *b * scale, *c * scale, *d * scale);
        }
        valid
    }
}

/// `mask` to the power of `exponent` for masks from 0 to 1, branch-free so that it vectorises: powf on
/// sixteen thousand masks a frame would cost as much as the transforms. Relative error below 1e-4, which
/// the renormalisation that follows makes harmless.
fn power(mask: f32, exponent: f32) -> f32 {
    let positive = mask.max(f32::MIN_POSITIVE);
    let raised = exp2(log2(positive) * exponent);
    if mask > 0.0 { raised } else { 0.0 }
}

/// log2 of a positive normal number: the exponent's bits plus m·P(m) in the mantissa 1 + m.
fn log2(value: f32) -> f32 {
    let bits = value.to_bits();
    let exponent = (bits >> 23).cast_signed() - 127;
    let mantissa = f32::from_bits(bits & 0x007f_ffff | 0x3f80_0000) - 1.0;
    exact_f32(exponent) + mantissa * polynomial(LOG2_FIT, mantissa)
}

/// 2 to a power, which is taken as −126 or 126 beyond those: the whole part into the exponent's bits, a polynomial for
/// the rest. Rounding down is a function call on the oldest processors, and checked conversions are no better; so the
/// power is made positive, where cutting off is rounding down.
#[expect(clippy::manual_clamp, reason = "`clamp` lets NaN through")]
fn exp2(power: f32) -> f32 {
    let shifted = power.max(-126.0).min(126.0) + 127.0;
    // SAFETY: from 1 to 253, whatever the power is.
    let whole: i32 = unsafe { shifted.to_int_unchecked() };
    f32::from_bits(whole.cast_unsigned() << 23) * polynomial(EXP2_FIT, shifted - exact_f32(whole))
}

/// log2(1 + m) / m over 0 ≤ m ≤ 1, fitted at Chebyshev nodes; lowest order first. Off by 2e-7 at most.
const LOG2_FIT: [f32; 8] = [
    1.442_694_8,
    -0.721_310_7,
    0.480_073_7,
    -0.353_454_65,
    0.256_179_6,
    -0.155_599_86,
    0.063_787_53,
    -0.012_370_62,
];

/// 2^x over 0 ≤ x ≤ 1, fitted at Chebyshev nodes; lowest order first. Off by 3e-9 before rounding.
const EXP2_FIT: [f32; 7] =
    [1.0, 0.693_146_9, 0.240_230_5, 0.055_480_426, 0.009_684_58, 0.001_238_782, 0.000_218_775];

fn polynomial<const N: usize>(coefficients: [f32; N], at: f32) -> f32 {
    coefficients.into_iter().rev().fold(0.0, |sum, coefficient| sum * at + coefficient)
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Masks {
        /// Masks of `bins` bins, all alike.
        pub fn alike(bins: usize, values: [f32; STEMS]) -> Self {
            let mut masks = Self::new(bins);
            for (stem, value) in values.into_iter().enumerate() {
                (0..CHANNELS).for_each(|channel| masks.row_mut(stem, channel).fill(value));
            }
            masks
        }
    }

    fn masks(values: [f32; STEMS]) -> Masks {
        Masks::alike(5, values)
    }

    #[test]
    fn power_is_close_to_powf() {
        for step in 0..=1000 {
            let mask = step as f32 / 1000.0;
            for exponent in [0.25, 0.5, 0.9, 1.5, 2.0, 4.0] {
                let exact = mask.powf(exponent);
                let error = (power(mask, exponent) - exact).abs();
                assert!(error <= 1e-4 * exact + 1e-30, "{mask}^{exponent}: off by {error}");
            }
        }
    }

    #[test]
    fn focus_at_one_half_leaves_the_networks_masks_alone() {
        assert_eq!(focus_exponent(0.5), 1.0);
        let mut values = masks([0.5, 0.25, 0.125, 0.125]);
        values.sharpen([focus_exponent(0.5); STEMS]).unwrap();
        assert_eq!(values, masks([0.5, 0.25, 0.125, 0.125]));
    }

    #[test]
    fn focus_sharpens_and_softens_and_keeps_the_sum() {
        for focus in [0.0, 0.2, 0.5, 0.8, 1.0] {
            let mut values = masks([0.55, 0.25, 0.15, 0.05]);
            values.sharpen([focus_exponent(focus); STEMS]).unwrap();
            let sum: f32 = (0..STEMS).map(|stem| values.at(stem, 0, 0)).sum();
            assert!((sum - 1.0).abs() < 3e-7, "focus {focus}: {sum}");
            let [largest, smallest] = [values.at(0, 0, 0), values.at(3, 0, 0)];
            if focus > 0.5 {
                assert!(largest > 0.551 && smallest < 0.049);
            } else if focus < 0.5 {
                assert!(largest < 0.549 && smallest > 0.051);
            }
        }
    }

    #[test]
    fn a_stem_of_more_focus_keeps_only_what_is_clearly_its_own() {
        let given = [0.55, 0.25, 0.15, 0.05];
        for stem in 0..STEMS {
            for (focus, sign) in [(1.0, -1.0), (0.0, 1.0)] {
                let mut exponents = [1.0; STEMS];
                exponents[stem] = focus_exponent(focus);
                let mut values = masks(given);
                values.sharpen(exponents).unwrap();
                let now: [f32; STEMS] = std::array::from_fn(|stem| values.at(stem, 1, 2));
                assert!((now.iter().sum::<f32>() - 1.0).abs() < 3e-7, "{now:?}");
                let exact: [f32; STEMS] = std::array::from_fn(|stem| given[stem].powf(exponents[stem]));
                let sum: f32 = exact.iter().sum();
                for (index, value) in now.into_iter().enumerate() {
                    assert!((value - exact[index] / sum).abs() < 2e-4, "{index}: {value}, {exact:?} / {sum}");
                    let moved = if index == stem { sign } else { -sign };
                    assert!(
                        (value - given[index]) * moved > 0.0,
                        "stem {stem} at {focus}: {index} is {value}"
                    );
                }
            }
        }
        // A bin that is one stem's alone stays so, however hard.
        let mut values = masks([1.0, 0.0, 0.0, 0.0]);
        values.sharpen([4.0, 0.25, 0.25, 0.25]).unwrap();
        assert_eq!(values, masks([1.0, 0.0, 0.0, 0.0]));
    }

    #[test]
    fn values_that_are_no_masks_are_a_fault() {
        for bad in [
            [f32::NAN, 0.5, 0.25, 0.25],
            [f32::INFINITY, 0.0, 0.0, 0.0],
            [-0.5, 0.5, 0.5, 0.5],
            [0.0, 0.0, 0.0, 0.0],
            [1.0, 1.0, 1.0, 1.0],
        ] {
            for exponents in [[1.0; STEMS], [2.0; STEMS], [4.0, 0.25, 1.0, 1.0]] {
                assert_eq!(masks(bad).sharpen(exponents), Err(Fault), "{bad:?}");
            }
        }
    }

    #[test]
    fn bins_beyond_the_network_take_the_last_mask() {
        let mut values = masks([1.0, 0.0, 0.0, 0.0]);
        values.row_mut(0, 1)[4] = 0.5;
        assert_eq!([3, 4, 7].map(|bin| values.at(0, 1, bin)), [1.0, 0.5, 0.5]);
        for (bins, expected) in [(7, vec![1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5]), (3, vec![1.0; 3])] {
            let mut row = vec![0.0; bins];
            values.copy_row(0, 1, &mut row);
            assert_eq!(row, expected);
        }
    }

    #[test]
    fn rows_are_stems_by_channels_by_bins() {
        let mut masks = Masks::new(3);
        masks.row_mut(2, 1).copy_from_slice(&[1.0, 2.0, 3.0]);
        assert_eq!(masks.as_slice().iter().position(|&value| value == 1.0), Some((2 * CHANNELS + 1) * 3));
        masks.give_all_to(1);
        let given = |stem| (0..CHANNELS).all(|channel| masks.row(stem, channel) == [1.0; 3]);
        assert_eq!([0, 1, 2, 3].map(given), [false, true, false, false]);
    }
}
