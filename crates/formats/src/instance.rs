//! The traits of a plug-in behind the entry points.

use nice_plug::prelude::{ClapPlugin, Vst3Plugin};
use nice_plug::wrapper::clap::PluginDescriptor;

use crate::buses::Block;
use crate::effect::{ParameterChange, Parameters};
use crate::transport::Transport;

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
pub type RestartHandler = Box<dyn Fn() + Send + Sync>;

/// One instance of the plug-in, shared by its entry point and the framework's object.
pub trait AudioInstance: Parameters + Send + Sync + 'static {
    /// Processes a block, at whose start the host's transport is as told. Called on the audio thread.
    fn process(
        &self,
        block: Block<'_>,
        transport: Transport,
        changes: impl Iterator<Item = ParameterChange>,
    ) -> Outcome;

    /// Delay in samples of the last activation, 0 before the first. Any thread may call it.
    fn latency(&self) -> u32;

    /// Delay in samples that an activation would have now, for a host at `sample_rate` Hz in blocks of at most `max_block`
    /// samples. Takes milliseconds; for the main thread.
    fn expected_latency(&self, sample_rate: f64, max_block: usize) -> u32;

    /// Schedules a restart on the host's main thread. The audio thread may call it: once per change of what is to run.
    fn schedule_restart(&self);

    /// Sets how the host is asked for a restart on its main thread. Called once, before anything else.
    fn set_restart_handler(&self, handler: RestartHandler);
}

/// A plug-in of the framework whose audio goes past the framework.
pub trait HostedPlugin: ClapPlugin + Vst3Plugin {
    /// The state that entry point and framework object share.
    type Instance: AudioInstance;

    /// Runs `create`, within which the framework constructs `Self` on this thread; gives back its result and the
    /// instance that was constructed, if any.
    fn capture_during<R>(create: impl FnOnce() -> R) -> (R, Option<Self::Instance>);

    /// The CLAP descriptor. (A generic function cannot own a static of each type.)
    fn clap_descriptor() -> &'static PluginDescriptor;
}
