//! Everything that happens before audio runs: may allocate, may take milliseconds, may fail with a message.

mod contract;
mod network_plan;
mod sizes;
mod window;

pub use contract::{CONTRACT, Contract, LoadError, Mode, WindowKind};
pub use network_plan::NetworkPlan;
pub use sizes::{FrameConfig, SetupError, rate_exponent};
pub use window::WindowPair;
