//! A host that opens windows and counts what they set.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use nice_plug::context::PluginApi;
use nice_plug::context::gui::{GuiContext, GuiContextInner};
use nice_plug::editor::{EditorHandle, ParentWindowHandle};
use nice_plug::params::internals::ParamPtr;
use nice_plug::plugin::PluginState;
use nice_plug::prelude::Editor;

use crate::result::Result;

/// Opens a window, inside `parent` or on its own, that closes when it is dropped.
///
/// # Errors
/// When the window system refuses.
pub fn open<E: Editor>(editor: &E, parent: Option<ParentWindowHandle>) -> Result<impl Sized + use<E>> {
    open_in(&Arc::default(), editor, parent)
}

/// [`open`] in a host that counts what the window sets.
///
/// # Errors
/// When the window system refuses.
pub fn open_in<E: Editor>(
    host: &Arc<CountingHost>,
    editor: &E,
    parent: Option<ParentWindowHandle>,
) -> Result<impl Sized + use<E>> {
    let spawned = editor.spawn(parent, false, None, GuiContext::new(host.clone()), None)?;
    spawned.handle.show(&spawned.window).map_err(|error| error.to_string())?;
    Ok(spawned)
}

/// A host that changes no parameter.
#[derive(Default)]
pub struct CountingHost {
    sets: AtomicUsize,
}

impl CountingHost {
    /// Values that the window has set.
    pub fn sets(&self) -> usize {
        self.sets.load(Ordering::SeqCst)
    }
}

impl GuiContextInner for CountingHost {
    fn plugin_api(&self) -> PluginApi {
        PluginApi::Clap
    }
    unsafe fn raw_begin_set_parameter(&self, _param: ParamPtr) {}
    unsafe fn raw_set_parameter_normalized(&self, _param: ParamPtr, _normalized: f32) {
        self.sets.fetch_add(1, Ordering::SeqCst);
    }
    unsafe fn raw_end_set_parameter(&self, _param: ParamPtr) {}
    fn get_state(&self) -> PluginState {
        unreachable!("the window saves no state")
    }
    fn set_state(&self, _state: PluginState) {}
    fn request_restart(&self) {}
}
