//! The traits through which the entry points drive the plug-in.

use std::sync::Arc;

use nice_plug::prelude::{ClapPlugin, Vst3Plugin};
use nice_plug::wrapper::clap::PluginDescriptor;

use crate::buses::{Block, StemBuses, Stereo};

/// A change of one parameter, in normalized values (0…1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// Sets the value.
    Set(f32),
    /// Sets the modulation, an offset from the value.
    Modulate(f32),
}

/// A change that acts from a sample of the block on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParameterChange {
    /// Sample of the block. May lie behind its end, or before the previous change.
    pub at: usize,
    /// Index of the parameter, see [`Parameters::index`].
    pub parameter: usize,
    /// What happens to it.
    pub change: Change,
}

/// The parameters, by the numbers under which hosts know them. All methods may be called on the audio thread.
pub trait Parameters {
    /// Index of the parameter with the host's number `id`; `None` if there is none.
    fn index(&self, id: u32) -> Option<usize>;

    /// Steps between the values of a parameter, 1 for a continuous one. CLAP's plain values run from 0 to this.
    fn steps(&self, parameter: usize) -> f32;

    /// Applies a change at once. Non-finite values change nothing.
    fn apply(&self, parameter: usize, change: Change);
}

/// What a block is processed with. All methods are called on the audio thread.
pub trait Effect {
    /// Processes one segment in place. Stems that the host is not connected to are `None`.
    fn process(&mut self, main: Stereo<'_>, stems: StemBuses<'_>);

    /// Applies a change from here on.
    fn apply(&mut self, parameter: usize, change: Change);
}

/// Result of one block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// Not activated, or another thread is processing: an error to the host, which then discards the block.
    NotProcessed,
    /// Processed.
    Processed,
    /// Processed, and the host has to be asked to restart the plug-in. By the caller, after everything is released: some
    /// hosts restart before they return.
    NeedsRestart,
}

/// Asks the host for a restart.
pub type RestartHandler = Arc<dyn Fn() + Send + Sync>;

/// One instance of the plug-in, shared by its entry point and the framework's object.
pub trait AudioInstance: Parameters + Send + Sync + 'static {
    /// Processes a block. Called on the audio thread.
    fn process(&self, block: Block<'_>, changes: impl Iterator<Item = ParameterChange>) -> Outcome;

    /// Delay in samples; 0 before the first activation. Any thread may call it.
    fn latency(&self) -> u32;

    /// Schedules a restart on the host's main thread. The audio thread may call it: once per change of what is to run.
    fn schedule_restart(&self);

    /// Sets how the host is asked for a restart, `None` once it must not be asked any more. For the main thread.
    fn set_restart_handler(&self, handler: Option<RestartHandler>);
}

/// A plug-in of the framework whose audio goes past the framework.
pub trait HostedPlugin: ClapPlugin + Vst3Plugin {
    /// What entry point and framework object share.
    type Instance: AudioInstance;

    /// Runs `create`, within which the framework constructs `Self` on this thread; gives back its result and the
    /// instance that was constructed, if any.
    fn capture_during<R>(create: impl FnOnce() -> R) -> (R, Option<Self::Instance>);

    /// The CLAP descriptor. (A generic function cannot own a static of each type.)
    fn clap_descriptor() -> &'static PluginDescriptor;
}

/// The number under which the framework publishes a parameter: a polynomial hash of its id in 31 bits. A test of the
/// plug-in compares it with what hosts are told.
pub fn host_id(id: &str) -> u32 {
    let hash = id.bytes().fold(0u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)));
    hash & !(1 << 31)
}

/// A host's value in the precision of parameters.
#[expect(clippy::cast_possible_truncation, reason = "rounds; what becomes infinite changes nothing")]
pub fn single(value: f64) -> f32 {
    value as f32
}
