//! Gains in decibels and as factors.

use nice_plug::util;

/// Bottom of a level's range in dB: not −90 dB but exact silence.
pub const SILENCE_DB: f32 = -90.0;

/// Step of a level in dB, so that 0 dB set by a host in normalized values is exactly 0 dB.
pub const LEVEL_STEP_DB: f32 = 0.01;

/// Factor of a level in dB: exactly 1 at 0 dB and exactly 0 at [`SILENCE_DB`]. The audio thread may call it.
pub fn gain(decibels: f32) -> f32 {
    if decibels <= SILENCE_DB {
        0.0
    } else if decibels.abs() < 0.5 * LEVEL_STEP_DB {
        1.0
    } else {
        util::db_to_gain(decibels)
    }
}
