//! A synthetic host.

use std::sync::{Arc, Mutex};

use nice_plug::context::PluginApi;
use nice_plug::context::gui::GuiContextInner;
use nice_plug::params::internals::ParamPtr;
use nice_plug::plugin::PluginState;
use nice_plug::prelude::Params;

use crate::params::UnbraidParams;

/// A change of a parameter as the host sees it.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A gesture begins.
    Begin(String),
    /// A value in the parameter's own unit.
    Set(String, f32),
    /// The gesture ends.
    End(String),
}

/// A host that records every change and applies it.
pub struct Recorder {
    params: Arc<UnbraidParams>,
    changes: Mutex<Vec<Change>>,
}

impl Recorder {
    /// The host of `params`.
    pub fn new(params: Arc<UnbraidParams>) -> Self {
        Self { params, changes: Mutex::default() }
    }

    /// The changes since the last call.
    pub fn take(&self) -> Vec<Change> {
        std::mem::take(&mut *self.changes.lock().unwrap())
    }

    fn id(&self, param: ParamPtr) -> String {
        let map = self.params.param_map();
        map.into_iter()
            .find(|(_, known, _)| *known == param)
            .map(|(id, _, _)| id)
            .expect("a parameter of ours")
    }

    fn record(&self, change: Change) {
        self.changes.lock().unwrap().push(change);
    }
}

impl GuiContextInner for Recorder {
    fn plugin_api(&self) -> PluginApi {
        PluginApi::Clap
    }

    unsafe fn raw_begin_set_parameter(&self, param: ParamPtr) {
        self.record(Change::Begin(self.id(param)));
    }

    unsafe fn raw_set_parameter_normalized(&self, param: ParamPtr, normalized: f32) {
        // SAFETY: `id` has found the pointer among the parameters, which are alive.
        let plain = unsafe {
            self.id(param);
            param._internal_set_normalized_value(normalized);
            param.unmodulated_plain_value()
        };
        self.record(Change::Set(self.id(param), plain));
    }

    unsafe fn raw_end_set_parameter(&self, param: ParamPtr) {
        self.record(Change::End(self.id(param)));
    }

    fn get_state(&self) -> PluginState {
        unreachable!("the window saves no state")
    }

    fn set_state(&self, _state: PluginState) {
        unreachable!("the window sets parameters")
    }

    fn request_restart(&self) {}
}
