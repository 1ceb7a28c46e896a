//! A host that opens windows and takes no part in what happens there.

use std::error::Error;
use std::sync::Arc;

use nice_plug::context::PluginApi;
use nice_plug::context::gui::{GuiContext, GuiContextInner};
use nice_plug::editor::{EditorHandle, ParentWindowHandle};
use nice_plug::params::internals::ParamPtr;
use nice_plug::plugin::PluginState;
use nice_plug::prelude::Editor;

/// A window that closes when it is dropped; inside `parent`, or on its own.
pub fn open<E: Editor>(
    editor: &E,
    parent: Option<ParentWindowHandle>,
) -> Result<impl Sized + use<E>, Box<dyn Error>> {
    let spawned = editor.spawn(parent, false, None, GuiContext::new(Arc::new(Deaf)), None)?;
    spawned.handle.show(&spawned.window).map_err(|error| error.to_string())?;
    Ok(spawned)
}

/// Nobody touches a control here.
struct Deaf;

impl GuiContextInner for Deaf {
    fn plugin_api(&self) -> PluginApi {
        PluginApi::Clap
    }
    unsafe fn raw_begin_set_parameter(&self, _param: ParamPtr) {}
    unsafe fn raw_set_parameter_normalized(&self, _param: ParamPtr, _normalized: f32) {}
    unsafe fn raw_end_set_parameter(&self, _param: ParamPtr) {}
    fn get_state(&self) -> PluginState {
        unreachable!("the window keeps no state of its own")
    }
    fn set_state(&self, _state: PluginState) {}
    fn request_restart(&self) {}
}
