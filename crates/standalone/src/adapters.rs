//! The plug-in takes the framework's contexts for itself, and the framework makes them for a program `P` around it.

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::Arc;

use nice_plug::context::process::SendEventError;
use nice_plug::prelude::*;
use unbraid_plugin::{Restart, Unbraid};

/// Context of the plug-in's activation.
pub struct Activation<'a, P, C> {
    context: &'a C,
    program: PhantomData<P>,
}

impl<'a, P: Plugin, C: ActivateContext<P>> Activation<'a, P, C> {
    /// The plug-in's side of `context`.
    pub const fn new(context: &'a C) -> Self {
        Self { context, program: PhantomData }
    }
}

impl<P: Plugin, C: ActivateContext<P>> ActivateContext<Unbraid> for Activation<'_, P, C> {
    fn plugin_api(&self) -> PluginApi {
        self.context.plugin_api()
    }

    // The plug-in itself has no tasks.
    fn execute(&self, Restart: Restart) {}

    fn set_latency_samples(&self, samples: u32) {
        self.context.set_latency_samples(samples);
    }

    fn set_current_voice_capacity(&self, capacity: u32) {
        self.context.set_current_voice_capacity(capacity);
    }
}

/// Context of the plug-in's processing. Keeps a request for a restart, which the framework's own context drops.
pub struct Processing<'a, P, C> {
    context: &'a mut C,
    restart: Cell<bool>,
    program: PhantomData<P>,
}

impl<'a, P: Plugin, C: ProcessContext<P>> Processing<'a, P, C> {
    /// The plug-in's side of `context`.
    pub const fn new(context: &'a mut C) -> Self {
        Self { context, restart: Cell::new(false), program: PhantomData }
    }

    /// The plug-in has asked to be restarted.
    pub const fn restart_requested(&self) -> bool {
        self.restart.get()
    }
}

impl<P, C> ProcessContext<Unbraid> for Processing<'_, P, C>
where
    P: Plugin<SysExMessage = <Unbraid as Plugin>::SysExMessage>,
    C: ProcessContext<P>,
{
    fn plugin_api(&self) -> PluginApi {
        self.context.plugin_api()
    }

    fn execute_background(&self, Restart: Restart) {}

    fn execute_gui(&self, Restart: Restart) {}

    fn transport(&self) -> &Transport {
        self.context.transport()
    }

    fn next_event(&mut self) -> Option<PluginNoteEvent<Unbraid>> {
        self.context.next_event()
    }

    fn try_send_event(
        &mut self,
        event: PluginNoteEvent<Unbraid>,
    ) -> Result<(), (PluginNoteEvent<Unbraid>, SendEventError)> {
        self.context.try_send_event(event)
    }

    fn set_latency_samples(&self, samples: u32) {
        self.context.set_latency_samples(samples);
    }

    fn request_restart(&self) {
        self.restart.set(true);
    }

    fn set_current_voice_capacity(&self, capacity: u32) {
        self.context.set_current_voice_capacity(capacity);
    }
}

/// Executor of the plug-in's window, which has no tasks.
pub fn no_tasks() -> AsyncExecutor<Unbraid> {
    AsyncExecutor::new(Arc::new(|_| {}), Arc::new(|_| {}))
}
