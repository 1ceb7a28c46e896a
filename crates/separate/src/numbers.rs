//! Conversions between counts and floating-point numbers, each with its limit.

/// A count as a floating-point number: exact below 2⁵³.
#[expect(clippy::cast_precision_loss, reason = "samples and seconds: 2⁵³ samples are 6,000 years")]
pub fn float(count: u64) -> f64 {
    count as f64
}

/// A length in memory as a floating-point number: exact below 2⁵³.
#[expect(clippy::cast_precision_loss, reason = "no memory has 2⁵³ bytes")]
pub fn float_length(length: usize) -> f64 {
    length as f64
}

/// The nearest number of single precision.
#[expect(clippy::cast_possible_truncation, reason = "rounding is what is asked for")]
pub fn single(number: f64) -> f32 {
    number as f32
}

/// The whole part of a number from 0 up; 0 for what is below, and for NaN.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, as the doc says"
)]
pub fn whole(number: f64) -> u64 {
    number as u64
}

/// The whole part of a number from 0 up, as a place in memory.
pub fn place(number: f64) -> usize {
    usize::try_from(whole(number)).unwrap_or(usize::MAX)
}

/// The nearest integer of 32 bits, the last one for what lies beyond.
#[expect(clippy::cast_possible_truncation, reason = "`as` saturates, as the doc says")]
pub fn nearest(number: f64) -> i32 {
    number.round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_beyond_the_range_end_at_its_end() {
        assert_eq!((whole(-1.0), whole(f64::NAN), whole(2.9)), (0, 0, 2));
        assert_eq!((nearest(-0.5), nearest(1e20), nearest(-1e20)), (-1, i32::MAX, i32::MIN));
    }
}
