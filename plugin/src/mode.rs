//! The two modes, each with a network of its own.

use nice_plug::prelude::Enum;

/// Which network runs, and with it the latency.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Short latency, for performing and monitoring.
    #[id = "live"]
    Live,
    /// Best separation, for mixing and rendering; the host compensates for the latency.
    #[id = "studio"]
    Studio,
}
