//! Numbers as tests need them, each with the range in which it is exact.

/// A count as a float. Exact below 2⁵³.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of tests lie below 2^53")]
pub fn float(count: usize) -> f64 {
    count as f64
}

/// The whole part of a number as an index; negative numbers and NaN are 0.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float saturates")]
pub fn index(number: f64) -> usize {
    number as usize
}

/// Samples of `seconds` at `rate` Hz.
#[must_use]
pub fn samples_of(seconds: f64, rate: f64) -> usize {
    index(seconds * rate)
}

/// Seconds of `samples` at `rate` Hz.
#[must_use]
pub fn seconds_of(samples: usize, rate: f64) -> f64 {
    float(samples) / rate
}
