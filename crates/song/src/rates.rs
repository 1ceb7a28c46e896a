//! Sample rates of songs.

/// Sample rates in Hz that a song may have.
pub const SONG_RATES: std::ops::RangeInclusive<u32> = 4_000..=768_000;

/// Sample rates in Hz that the plug-in takes.
pub const PLUGIN_RATES: std::ops::RangeInclusive<u32> = 22_050..=192_000;
