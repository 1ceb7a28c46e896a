//! The plug-in wants the framework's contexts made for itself, and the framework makes them for the program.

use std::cell::Cell;
use std::sync::Arc;

use nice_plug::context::process::SendEventError;
use nice_plug::prelude::*;
use unbraid_plugin::{Restart, Unbraid};

use crate::program::Program;

/// What the plug-in is activated with.
pub struct Activation<'a, C>(pub &'a C);

impl<C: ActivateContext<Program>> ActivateContext<Unbraid> for Activation<'_, C> {
    fn plugin_api(&self) -> PluginApi {
        self.0.plugin_api()
    }

    // The plug-in itself has no tasks.
    fn execute(&self, Restart: Restart) {}

    fn set_latency_samples(&self, samples: u32) {
        self.0.set_latency_samples(samples);
    }

    fn set_current_voice_capacity(&self, capacity: u32) {
        self.0.set_current_voice_capacity(capacity);
    }
}

/// What the plug-in processes with. Keeps its wish for a restart, which the framework's own context drops.
pub struct Processing<'a, C> {
    pub context: &'a mut C,
    /// Whether the plug-in asked to be restarted.
    pub restart: Cell<bool>,
}

impl<C: ProcessContext<Program>> ProcessContext<Unbraid> for Processing<'_, C> {
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

/// What the plug-in's window starts tasks with: there are none.
pub fn no_tasks() -> AsyncExecutor<Unbraid> {
    AsyncExecutor::new(Arc::new(|_| {}), Arc::new(|_| {}))
}
