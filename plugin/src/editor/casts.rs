//! Conversions between counts and coordinates, for drawing, where rounding and saturation are harmless.

/// A count of things in the window, which is far below the 2²⁴ that an `f32` holds exactly.
#[expect(clippy::cast_precision_loss, reason = "counts of columns, channels and pixels are small")]
pub fn float(count: usize) -> f32 {
    count as f32
}

/// A count of columns, which stays below the 2⁵³ that an `f64` holds exactly for longer than any project is open.
#[expect(clippy::cast_precision_loss, reason = "2^53 columns are millions of years")]
pub fn double(count: usize) -> f64 {
    count as f64
}

/// The nearest `f32`.
#[expect(clippy::cast_possible_truncation, reason = "to round is what is wanted")]
pub fn single(value: f64) -> f32 {
    value as f32
}

/// A value from 0 to 255 without its fraction; what lies outside saturates, NaN becomes 0.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "float casts saturate")]
pub fn byte(value: f32) -> u8 {
    value as u8
}

/// A value without its fraction; a negative one or NaN becomes 0.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "float casts saturate")]
pub fn whole(value: f64) -> usize {
    value as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_out_of_range_saturate() {
        assert_eq!([byte(-1.0), byte(12.9), byte(300.0), byte(f32::NAN)], [0, 12, 255, 0]);
        assert_eq!([whole(-0.5), whole(7.9), whole(f64::NAN)], [0, 7, 0]);
        assert_eq!(whole(f64::INFINITY), usize::MAX);
    }
}
