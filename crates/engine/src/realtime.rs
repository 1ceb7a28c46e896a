//! Everything that runs inside the host's audio callback: no system allocation, no lock, no system call.

mod arrival;
mod engine;
mod masks;
mod mixer;
mod network;
mod observe;
mod overlap;
mod recent;
mod schedule;
mod separator;
mod stage_times;
mod stft;

pub use arrival::NetworkSlot;
pub use engine::{Engine, Health};
pub use masks::{focus_exponent, sharpen};
pub use mixer::{Controls, Tap};
pub use network::Network;
pub use observe::{MixedSegment, Observer, SeparatedFrame};
pub use realfft::num_complex::Complex;
pub use separator::{Fault, Separator};
pub use stage_times::StageTimes;
pub use stft::{Analysis, fill_mixture};
