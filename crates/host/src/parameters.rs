//! The number by which hosts know a parameter.

/// The number by which CLAP and VST3 know the parameter with the id `id` (`vocals_level`, …).
///
/// `nice-plug` derives it from the id: a polynomial hash with base 31 without the top bit. Derived here again, because the
/// formats themselves only carry the number.
#[must_use]
pub fn parameter_id(id: &str) -> u32 {
    id.bytes().fold(0u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte))) & !(1 << 31)
}
