//! The plug-in's parameters, by the ids that product and presets speak of. (The plug-in's own tests read this file, too.)

/// All parameters' ids.
pub const PARAMETERS: [&str; 17] = [
    "vocals_level",
    "vocals_mute",
    "vocals_solo",
    "drums_level",
    "drums_mute",
    "drums_solo",
    "bass_level",
    "bass_mute",
    "bass_solo",
    "other_level",
    "other_mute",
    "other_solo",
    "focus",
    "mode",
    "stem_tap",
    "output_gain",
    "bypass",
];

/// The number by which CLAP and VST3 know the parameter with the id `id` (`vocals_level`, …).
///
/// `nice-plug` derives it from the id: a polynomial hash with base 31 without the top bit. Derived here again, because the
/// formats themselves only carry the number.
#[must_use]
pub fn parameter_id(id: &str) -> u32 {
    id.bytes().fold(0u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte))) & !(1 << 31)
}
