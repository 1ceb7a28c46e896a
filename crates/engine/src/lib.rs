//! The separation engine of Unbraid: stereo audio in, four stems out, at a fixed delay.
//!
//! The crate knows no plug-in framework: plain slices go in and out. What prepares (parses, plans,
//! allocates) lives in [`prepare`]; what runs inside the host's audio callback lives in [`realtime`] and
//! neither allocates from the system, locks, nor calls the system. What inference itself asks for comes out
//! of [`memory`].
//!
//! ```text
//! bytes ──▶ prepare::NetworkPlan ──▶ realtime::Network ──▶ realtime::Engine ──▶ process()
//! ```

pub mod mailbox;
pub mod memory;
pub mod prepare;
pub mod realtime;

/// Number of stems, in the fixed order vocals, drums, bass, other.
pub const STEMS: usize = 4;

/// Number of audio channels inside the engine. A mono host bus is fed to both.
pub const CHANNELS: usize = 2;

/// The stems' names, in the order in which every array of [`STEMS`] values is laid out.
pub const STEM_NAMES: [&str; STEMS] = ["vocals", "drums", "bass", "other"];

/// Index of the stem that also carries what cannot be separated: the dry signal after a failed inference.
pub const OTHER: usize = 3;
