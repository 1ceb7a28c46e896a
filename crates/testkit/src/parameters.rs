//! Ids of the plug-in's parameters, which never change.

/// Ids of all parameters.
pub const PARAMETERS: [&str; 21] = [
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
    "vocals_sensitivity",
    "drums_sensitivity",
    "bass_sensitivity",
    "other_sensitivity",
];
