//! A host that opens windows and ignores what they set.

use std::sync::Arc;

use nice_plug::context::PluginApi;
use nice_plug::context::gui::{GuiContext, GuiContextInner};
use nice_plug::editor::{EditorHandle, ParentWindowHandle};
use nice_plug::params::internals::ParamPtr;
use nice_plug::plugin::PluginState;
use nice_plug::prelude::Editor;

use crate::Result;

/// Opens a window, inside `parent` or on its own, that closes when it is dropped.
///
/// # Errors
/// When the window system refuses.
pub fn open<E: Editor>(editor: &E, parent: Option<ParentWindowHandle>) -> Result<impl Sized + use<E>> {
    let spawned = editor.spawn(parent, false, None, GuiContext::new(Arc::new(Ignoring)), None)?;
    spawned.handle.show(&spawned.window).map_err(|error| error.to_string())?;
    Ok(spawned)
}

struct Ignoring;

impl GuiContextInner for Ignoring {
    fn plugin_api(&self) -> PluginApi {
        PluginApi::Clap
    }
    unsafe fn raw_begin_set_parameter(&self, _param: ParamPtr) {}
    unsafe fn raw_set_parameter_normalized(&self, _param: ParamPtr, _normalized: f32) {}
    unsafe fn raw_end_set_parameter(&self, _param: ParamPtr) {}
    fn get_state(&self) -> PluginState {
        unreachable!("the window saves no state")
    }
    fn set_state(&self, _state: PluginState) {}
    fn request_restart(&self) {}
}
