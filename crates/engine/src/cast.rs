//! Conversions between integers and floats, each with the range in which it loses nothing. Any thread.

/// A length or index as a float; exact up to 2⁵³.
#[inline]
#[expect(clippy::cast_precision_loss, reason = "no length of audio reaches 2^53")]
pub const fn exact_f64(count: usize) -> f64 {
    count as f64
}

/// A length or index as a float of single precision; exact up to 2²⁴, rounded beyond.
#[inline]
#[expect(clippy::cast_precision_loss, reason = "rounding beyond 2^24 is what the name says")]
pub const fn nearest_f32(count: usize) -> f32 {
    count as f32
}

/// A small whole number as a float of single precision; exact from −2²⁴ to 2²⁴.
#[inline]
#[expect(clippy::cast_precision_loss, reason = "the stated range")]
pub const fn exact_f32(number: i32) -> f32 {
    number as f32
}

/// The nearest float of single precision.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "rounding is what the name says")]
pub const fn rounded_f32(value: f64) -> f32 {
    value as f32
}

/// The whole part of a number: 0 for negative numbers and NaN, the largest `usize` for those beyond.
#[inline]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "such casts saturate")]
pub const fn whole_part(value: f64) -> usize {
    value as usize
}

/// A count in 32 bits; the largest `u32` for those beyond.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "compared first")]
pub const fn saturating_u32(count: usize) -> u32 {
    if count > u32::MAX as usize { u32::MAX } else { count as u32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions_are_exact_in_their_range_and_saturate_beyond() {
        assert_eq!(exact_f64((1 << 53) - 1), 9_007_199_254_740_991.0);
        assert_eq!(nearest_f32(1 << 24), 16_777_216.0);
        assert_eq!(exact_f32(-(1 << 24)), -16_777_216.0);
        assert_eq!(rounded_f32(0.1), 0.1);
        assert_eq!([-1.5, f64::NAN, 0.99, 3.7].map(whole_part), [0, 0, 0, 3]);
        assert_eq!(whole_part(f64::INFINITY), usize::MAX);
        assert_eq!(saturating_u32(7), 7);
        assert_eq!(saturating_u32(usize::MAX), u32::MAX);
    }
}
