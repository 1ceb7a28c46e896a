//! Conversions between counts and floating-point numbers, each with its limit.

/// A count as a floating-point number: exact below 2⁵³.
#[expect(clippy::cast_precision_loss, reason = "samples and callbacks: 2⁵³ samples are 6,000 years")]
pub fn float(count: u64) -> f64 {
    count as f64
}

/// A ratio in single precision.
#[expect(clippy::cast_possible_truncation, reason = "a measured time has no more than three true digits")]
pub fn single(ratio: f64) -> f32 {
    ratio as f32
}

/// A length as the 64-bit count of samples that CLAP speaks of.
pub fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
