//! Numbers of one kind as another, with what happens at the edges said once.

/// A count as a float: exact below 2^53, which is six thousand years of samples.
#[expect(clippy::cast_precision_loss, reason = "no count here comes near 2^53")]
pub fn float(count: u64) -> f64 {
    count as f64
}

/// The nearest count to a float; 0 for what is below, and for NaN.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
pub fn rounded(value: f64) -> u64 {
    value.round() as u64
}

/// A sample in half the bits.
#[expect(clippy::cast_possible_truncation, reason = "rounding is what is meant")]
pub fn single(sample: f64) -> f32 {
    sample as f32
}

/// A count of bytes or samples in memory; the greatest there is for what cannot be in memory.
pub fn size(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// A count as a place, which may be negative.
pub fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
