//! Networks: what a file has to be, how it is prepared, and one stream of frames through it.
//!
//! Preparing ([`Contract`], [`NetworkPlan`]) parses, measures and allocates, and is not for the audio thread. A prepared
//! [`Network`] runs there, as a [`Separator`].

mod contract;
mod graph;
mod instance;
mod load_error;
mod passthrough;
mod plan;
mod separator;
mod stream;
mod wiring;

pub use contract::{CONTRACT, Contract, Mode, WindowKind};
pub use instance::Network;
pub use load_error::{LoadError, LoadErrorKind};
pub(crate) use passthrough::Passthrough;
pub use plan::NetworkPlan;
pub use separator::Separator;
