//! A CLAP host without a screen: loads a bundled plug-in and streams audio through it as a DAW would.
//!
//! `cargo xtask`, the host tests and the command `unbraid` all run the plug-in through this crate, so what
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

#![deny(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss
)]

mod clap;
mod clock;
mod error;
mod handlers;
mod numbers;
mod parameters;
mod processing;
mod stream;
mod timing;

pub use clap::{ClapHost, Parameter, Port, RequestCounter};
pub use clock::Call;
pub use error::Error;
pub use parameters::parameter_id;
pub use processing::{Callback, Processing, RawChange, Running};
pub use stream::{Block, Blocks, Change, Pass, Played, Sink, Source};
pub use timing::Timing;
