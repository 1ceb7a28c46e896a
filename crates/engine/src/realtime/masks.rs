//! Shares: the four numbers per bin and channel that say how much of it each stem gets.

use realfft::num_complex::Complex;

use super::Fault;
use crate::{CHANNELS, OTHER, STEMS};

/// The exponent at either end of the focus range, as a power: 1/4 at 0 %, 4 at 100 %.
const FOCUS_RANGE: f32 = 4.0;

/// The exponent for a `focus` from 0 to 1: below ½ shares become softer, above it harder, and at exactly ½
/// they stay the network's own. Any thread.
pub fn focus_exponent(focus: f32) -> f32 {
    FOCUS_RANGE.powf(2.0 * focus.clamp(0.0, 1.0) - 1.0)
}

/// Raises all shares to `exponent` and makes them sum to 1 over the stems again. The audio thread may call it.
///
/// `masks` is laid out `[4, 2, F]`.
///
/// # Errors
/// [`Fault`] if the shares are no shares: not finite, negative, or summing to less than ½ or more than 2. They
/// must not be used then.
pub fn sharpen(masks: &mut [f32], exponent: f32) -> Result<(), Fault> {
    let sound = if exponent == 1.0 {
        renormalise(masks, |share| share)
    } else {
        renormalise(masks, |share| power(share, exponent))
    };
    if sound { Ok(()) } else { Err(Fault) }
}

/// Replaces every share by `raise(share)`, scaled so that the stems sum to 1. Returns whether what came in
/// were shares.
fn renormalise(masks: &mut [f32], raise: impl Fn(f32) -> f32) -> bool {
    let stride = masks.len() / STEMS;
    let (vocals, rest) = masks.split_at_mut(stride);
    let (drums, rest) = rest.split_at_mut(stride);
    let (bass, other) = rest.split_at_mut(stride);
    let mut sound = true;
    for ((a, b), (c, d)) in vocals.iter_mut().zip(drums).zip(bass.iter_mut().zip(other)) {
        let sum = *a + *b + *c + *d;
        // Written so that a NaN anywhere makes it false.
        sound &= (*a >= 0.0) & (*b >= 0.0) & (*c >= 0.0) & (*d >= 0.0) & (sum > 0.5) & (sum < 2.0);
        (*a, *b, *c, *d) = (raise(*a), raise(*b), raise(*c), raise(*d));
        let scale = 1.0 / (*a + *b + *c + *d);
        (*a, *b, *c, *d) = (*a * scale, *b * scale, *c * scale, *d * scale);
    }
    sound
}

/// Gives everything to the stem Other: what is heard while the network is out of order.
pub fn all_to_other(masks: &mut [f32]) {
    let stride = masks.len() / STEMS;
    for (stem, masks) in masks.chunks_exact_mut(stride).enumerate() {
        masks.fill(if stem == OTHER { 1.0 } else { 0.0 });
    }
}

/// Writes share × `spectrum` for one stem and channel. Bins beyond the network's range take the share of its
/// last bin, so that the highs are never silent.
///
/// `masks` is laid out `[4, 2, F]`.
pub fn apply(
    masks: &[f32],
    stem: usize,
    channel: usize,
    spectrum: &[Complex<f32>],
    out: &mut [Complex<f32>],
) {
    let bins = masks.len() / (STEMS * CHANNELS);
    let row = &masks[(stem * CHANNELS + channel) * bins..][..bins];
    for ((out, bin), share) in out.iter_mut().zip(spectrum).zip(row) {
        *out = bin * share;
    }
    if spectrum.len() > bins {
        let last = row[bins - 1];
        for (out, bin) in out[bins..].iter_mut().zip(&spectrum[bins..]) {
            *out = bin * last;
        }
    }
}

/// `share` to the power of `exponent` for shares from 0 to 1, branch-free so that it vectorises: powf on
/// sixteen thousand shares a frame would cost as much as the transforms. Relative error below 1e-4, which
/// the renormalisation that follows makes harmless.
fn power(share: f32, exponent: f32) -> f32 {
    let positive = share.max(f32::MIN_POSITIVE);
    let raised = exp2(log2(positive) * exponent);
    if share > 0.0 { raised } else { 0.0 }
}

/// log2 of a positive normal number: the exponent's bits plus m·P(m) in the mantissa 1 + m.
fn log2(value: f32) -> f32 {
    let bits = value.to_bits();
    let exponent = (bits >> 23) as i32 - 127;
    let mantissa = f32::from_bits(bits & 0x007f_ffff | 0x3f80_0000) - 1.0;
    exponent as f32 + mantissa * polynomial(LOG2_FIT, mantissa)
}

/// 2 to a power, which is taken as −126 or 126 beyond those: the whole part into the exponent's bits, a polynomial for
/// the rest. Rounding down is a function call on the oldest processors, and checked conversions are no better; so the
/// power is made positive, where cutting off is rounding down.
#[expect(clippy::manual_clamp, reason = "what is no number must become one")]
fn exp2(power: f32) -> f32 {
    let shifted = power.max(-126.0).min(126.0) + 127.0;
    // SAFETY: from 1 to 253, whatever the power is.
    let whole: i32 = unsafe { shifted.to_int_unchecked() };
    f32::from_bits((whole as u32) << 23) * polynomial(EXP2_FIT, shifted - whole as f32)
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

    fn masks(values: [f32; STEMS]) -> Vec<f32> {
        values.iter().flat_map(|&value| [value; CHANNELS * 5]).collect()
    }

    #[test]
    fn power_is_close_to_powf() {
        for step in 0..=1000 {
            let share = step as f32 / 1000.0;
            for exponent in [0.25, 0.5, 0.9, 1.5, 2.0, 4.0] {
                let exact = share.powf(exponent);
                let error = (power(share, exponent) - exact).abs();
                assert!(error <= 1e-4 * exact + 1e-30, "{share}^{exponent}: off by {error}");
            }
        }
    }

    #[test]
    fn focus_at_one_half_leaves_the_networks_shares_alone() {
        assert_eq!(focus_exponent(0.5), 1.0);
        let mut values = masks([0.5, 0.25, 0.125, 0.125]);
        sharpen(&mut values, focus_exponent(0.5)).unwrap();
        assert_eq!(values, masks([0.5, 0.25, 0.125, 0.125]));
    }

    #[test]
    fn focus_sharpens_and_softens_and_keeps_the_sum() {
        for focus in [0.0, 0.2, 0.5, 0.8, 1.0] {
            let mut values = masks([0.55, 0.25, 0.15, 0.05]);
            sharpen(&mut values, focus_exponent(focus)).unwrap();
            let sum: f32 = values.iter().step_by(CHANNELS * 5).sum();
            assert!((sum - 1.0).abs() < 3e-7, "focus {focus}: {sum}");
            if focus > 0.5 {
                assert!(values[0] > 0.551 && values[30] < 0.049);
            } else if focus < 0.5 {
                assert!(values[0] < 0.549 && values[30] > 0.051);
            }
        }
    }

    #[test]
    fn what_is_no_share_is_a_fault() {
        for bad in [
            [f32::NAN, 0.5, 0.25, 0.25],
            [f32::INFINITY, 0.0, 0.0, 0.0],
            [-0.5, 0.5, 0.5, 0.5],
            [0.0, 0.0, 0.0, 0.0],
            [1.0, 1.0, 1.0, 1.0],
        ] {
            for exponent in [1.0, 2.0] {
                assert_eq!(sharpen(&mut masks(bad), exponent), Err(Fault), "{bad:?}");
            }
        }
    }

    #[test]
    fn bins_beyond_the_network_take_the_last_share() {
        let mut values = masks([1.0, 0.0, 0.0, 0.0]);
        values[CHANNELS * 5 - 1] = 0.5; // last bin of the vocals' right channel
        let spectrum = [Complex::new(2.0, -4.0); 8];
        let mut out = [Complex::default(); 8];
        apply(&values, 0, 1, &spectrum, &mut out);
        assert_eq!(out[3], Complex::new(2.0, -4.0));
        assert_eq!(out[4..], [Complex::new(1.0, -2.0); 4]);
    }
}
