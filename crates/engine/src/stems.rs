//! Stems and channels: numbers, names, order.

/// Number of stems, in the fixed order vocals, drums, bass, other.
pub const STEMS: usize = 4;

/// Number of audio channels inside the engine. A mono host bus is fed to both.
pub const CHANNELS: usize = 2;

/// The stems' names, in the order in which every array of [`STEMS`] values is laid out.
pub const STEM_NAMES: [&str; STEMS] = ["vocals", "drums", "bass", "other"];

/// Index of the stem that also carries what cannot be separated: the dry signal after a failed inference.
pub const OTHER: usize = 3;
