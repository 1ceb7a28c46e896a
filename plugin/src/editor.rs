//! The plug-in's window.
//!
//! [`UnbraidEditor`] opens windows of the remembered size for the framework. [`Window`] is an open one. Its contents are a
//! [`View`], which needs no window system and which the tests drive with synthetic input.

mod casts;
mod compare;
mod drop_hint;
mod file_browser;
mod footer;
mod header;
mod history;
mod layout;
mod meter;
mod network_loader;
mod notices;
mod param_gestures;
mod player_bar;
mod practice;
mod preset_menu;
mod record;
mod sensitivity;
mod separation;
mod shortcuts;
mod spectrogram;
mod strip;
mod system_fonts;
#[cfg(test)]
mod tests;
mod text_order;
mod theme;
mod view;
mod widgets;

use std::error::Error;
use std::time::Duration;

use egui::{Context, Ui};
use nice_plug::context::gui::GuiContext;
use nice_plug::editor::dpi::{LogicalSize, NativeSize, Size};
use nice_plug::editor::{HostMethods, ParentWindowHandle, ResizeHint, SpawnedEditor};
use nice_plug::prelude::Editor;
use nice_plug_egui::baseview::{HandlerError, WindowSize};
use nice_plug_egui::{
    EguiEditorHandle, EguiEditorState, EguiNiceSettings, Frame, NiceEguiApp, RepaintNotifier,
    create_egui_editor,
};

use crate::instance::Instance;
use crate::params::window_geometry::WindowGeometry;
use casts::single;
use history::History;
use network_loader::NetworkLoader;
use view::View;

/// Opens windows for one instance.
pub struct UnbraidEditor {
    instance: Instance,
    /// Lives here rather than in a window, so that closing one does not wait for a file to be read.
    loader: NetworkLoader,
    /// Lives here for the next window.
    history: History,
}

impl UnbraidEditor {
    /// The editor for `instance`.
    pub fn new(instance: Instance) -> Self {
        Self { instance, loader: NetworkLoader::default(), history: History::default() }
    }

    fn shape(&self) -> WindowGeometry {
        self.instance.params.window.read().map_or_else(|poisoned| *poisoned.into_inner(), |shape| *shape)
    }
}

/// Time between two looks for parameters that the host changed while nothing moves.
const POLL: Duration = Duration::from_millis(250);

/// Hosts may choose any size from the smallest on, which holds at scale 1.
fn resize_hint() -> ResizeHint {
    let smallest = layout::SMALLEST_SIZE;
    ResizeHint::RESIZABLE.with_min_logical_size(LogicalSize { width: smallest.x, height: smallest.y })
}

impl Editor for UnbraidEditor {
    type Handle = EguiEditorHandle;

    fn spawn(
        &self,
        parent: Option<ParentWindowHandle>,
        wait_for_parent: bool,
        fallback_scale_factor: Option<f64>,
        gui_context: GuiContext,
        host: Option<HostMethods>,
    ) -> Result<SpawnedEditor<Self::Handle>, Box<dyn Error>> {
        // A new editor of the framework for each window, since it takes the size only when it is made.
        let shape = self.shape();
        let size = LogicalSize { width: shape.width, height: shape.height };
        let editor = create_egui_editor(
            EguiEditorState::from_size(Size::from(size.cast::<f64>()), shape.scale),
            RepaintNotifier::default(),
            EguiNiceSettings::new()
                .with_tile("Unbraid")
                .with_resize_hint(resize_hint())
                .with_repaint_poll_interval(POLL),
            Window::new(View::new(self.instance.clone(), self.loader.clone(), self.history.clone())),
        )
        .ok_or("the window could not be set up")?;
        editor.spawn(parent, wait_for_parent, fallback_scale_factor, gui_context, host)
    }

    fn size(&self) -> NativeSize<u32> {
        let shape = self.shape();
        let size = LogicalSize { width: shape.width * shape.scale, height: shape.height * shape.scale };
        NativeSize::from_size(Size::from(size.cast::<f64>()), f64::from(shape.system_scale))
    }

    fn resize_hint(&self) -> ResizeHint {
        resize_hint()
    }
}

/// An open window.
struct Window {
    view: View,
    gui: Option<GuiContext>,
}

impl Window {
    fn new(view: View) -> Self {
        Self { view, gui: None }
    }

    fn remember(&self, change: impl FnOnce(&mut WindowGeometry)) {
        if let Ok(mut shape) = self.view.instance().params.window.write() {
            change(&mut shape);
        }
    }
}

impl NiceEguiApp for Window {
    fn build(&mut self, context: Context, gui: GuiContext, frame: &mut Frame) -> Result<(), HandlerError> {
        theme::apply(&context);
        system_fonts::install(&context);
        frame.set_clear_color(theme::BACKGROUND.into());
        self.gui = Some(gui);
        self.view.opened();
        Ok(())
    }

    fn ui(&mut self, ui: &mut Ui, frame: &mut Frame) {
        let Some(gui) = &self.gui else { return };
        let next = self.view.show(ui, gui.param_setter());
        frame.set_key_capture(self.view.captured_keys(ui.ctx()));
        ui.ctx().request_repaint_after(next);
    }

    fn resized(&mut self, size: WindowSize) {
        self.remember(|shape| {
            let scale = f64::from(shape.scale);
            shape.set_size(single(size.logical.width), single(size.logical.height));
            shape.system_scale = single(size.scale_factor / scale);
        });
    }

    fn zoom_factor_changed(&mut self, zoom_factor: f32) {
        self.remember(|shape| shape.set_scale(zoom_factor));
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        if let Some(gui) = &self.gui {
            self.view.closed(gui.param_setter());
        }
    }
}
