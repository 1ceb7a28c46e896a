//! A CLAP host without a screen: loads a bundled plug-in and streams audio through it as a DAW would.
//!
//! `cargo xtask render`, `cargo xtask evaluate` and the host tests all hear the plug-in through this crate, so what
//! they report is what a DAW gets: the bundle's own file, its reported latency, its parameters by their text, blocks
//! of a given size on a thread of their own.
//!
//! ```no_run
//! use unbraid_host::{Blocks, ClapHost};
//!
//! let mut host = ClapHost::load("target/bundled/unbraid.clap".as_ref())?;
//! host.set_text("vocals_level", "-3 dB")?;
//! host.activate(44100.0, 512)?;
//! let song = vec![vec![0.0; 44100]; 2];
//! let played = host.stream(&song, Blocks::of(512), &[], &mut |_done| {})?;
//! assert_eq!(played.ports.len(), host.output_ports().len());
//! # Ok::<(), unbraid_host::Error>(())
//! ```

mod clap;
mod clock;
mod error;
mod handlers;
mod parameters;
mod requests;
mod running;
mod stream;

pub use clap::{ClapHost, Parameter, Port};
pub use clock::{Call, Callback};
pub use error::Error;
pub use parameters::{PARAMETERS, parameter_id};
pub use requests::system_requests;
pub use running::{RawChange, Running};
pub use stream::{Blocks, Change, Played, Timing};
