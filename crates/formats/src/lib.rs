//! The CLAP and VST3 entry points of Unbraid, in front of the framework's (nice-plug).
//!
//! Everything is forwarded to the framework except audio. Its own `process` skips the processing, and lets the undelayed
//! input through, when an auxiliary bus comes without buffers; reads one element past the host's array when there are
//! fewer buses than declared; writes behind the host's buffers when an event lies later than its block ends; panics when
//! it is called before activation; and takes locks. Hosts do each of these. Instead, [`BusAdapter`] completes the buses,
//! [`clap::Events`] and [`vst3::Changes`] read the changes of parameters, and the plug-in processes one [`Block`] from
//! change to change through the small traits in [`effect`] and [`instance`].
//!
//! | module | contents |
//! |---|---|
//! | [`effect`] | an effect and changes of its parameters |
//! | [`instance`] | the traits of a plug-in behind the entry points |
//! | [`layout`] | the layouts of buses that the plug-in agrees to |
//! | [`buses`] | the host's buffers as complete stereo buses |
//! | [`clap`] | CLAP entry, `process`, events |
//! | [`vst3`] | VST3 factory, `process`, parameter queues |
//! | [`transport`] | whether and where the host plays |
//! | [`try_cell`] | exclusive access without waiting |
//!
//! All of it but the two entry points runs without the framework and without foreign code, so that Miri can run the unit
//! tests: `cargo +nightly miri test -p unbraid-formats`.

mod activation;
pub mod buses;
pub mod clap;
pub mod effect;
pub mod instance;
pub mod layout;
pub mod transport;
pub mod try_cell;
pub mod vst3;

#[cfg(test)]
mod test_parameters;

pub use buses::{Block, BusAdapter, HostBus};
pub use effect::{Change, Effect, ParameterChange, Parameters, StemBuses, Stereo};
pub use instance::{AudioInstance, HostedPlugin, Outcome};
pub use layout::{CHANNELS, Layout, STEMS};
pub use transport::{Position, Transport};
pub use try_cell::TryCell;
