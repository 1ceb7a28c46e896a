//! The window: what the host shows when a person opens the plug-in.
//!
//! [`UnbraidEditor`] is what the framework knows: it opens windows of the remembered size. [`Window`] is one open window;
//! all that can be seen without a window system is its [`View`], which the tests drive with made-up input.

mod braid;
mod browser;
mod compare;
mod controls;
mod drop_hint;
mod drop_target;
mod entry;
mod footer;
mod header;
mod keys;
mod layout;
mod loader;
mod meter;
mod notices;
mod player_bar;
mod preset_menu;
mod slider;
mod strip;
mod switch;
#[cfg(test)]
mod tests;
mod theme;
mod view;

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
use drop_target::DropTarget;
use view::View;

/// Opens windows for one instance.
pub struct UnbraidEditor {
    instance: Instance,
}

impl UnbraidEditor {
    /// The editor for `instance`.
    pub fn new(instance: Instance) -> Self {
        Self { instance }
    }

    fn shape(&self) -> WindowGeometry {
        self.instance.params.window.read().map_or_else(|poisoned| *poisoned.into_inner(), |shape| *shape)
    }
}

/// How often the window system's layer looks whether the host changed a parameter while nothing moves. Not its default
/// of 64 times a second: on X11, a look before the window is mapped asks for a picture that is never reported, and the
/// window stays black.
const POLL: Duration = Duration::from_millis(250);

/// Hosts may make the window any size that is not too small. The limit holds at scale 1; the layout itself never
/// shrinks below it.
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
        // The framework's own editor keeps its size to itself, so there is a new one for each window, which opens with
        // the size that is remembered.
        let shape = self.shape();
        let size = LogicalSize { width: shape.width, height: shape.height };
        let editor = create_egui_editor(
            EguiEditorState::from_size(Size::from(size.cast::<f64>()), shape.scale),
            RepaintNotifier::default(),
            EguiNiceSettings::new()
                .with_tile("Unbraid")
                .with_resize_hint(resize_hint())
                .with_repaint_poll_interval(POLL),
            Window::new(self.instance.clone()),
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

/// One open window. It lives as long as it is open.
struct Window {
    view: View,
    gui: Option<GuiContext>,
    drop_target: Option<DropTarget>,
}

impl Window {
    fn new(instance: Instance) -> Self {
        Self { view: View::new(instance), gui: None, drop_target: None }
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
        frame.set_clear_color(theme::BACKGROUND.into());
        self.gui = Some(gui);
        self.drop_target = Some(DropTarget::open(frame.baseview_window(), &context));
        self.view.opened();
        Ok(())
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut Frame) {
        let Some(gui) = &self.gui else { return };
        if let Some(drop_target) = &mut self.drop_target {
            drop_target.deliver(ui.ctx());
        }
        let next = self.view.show(ui, gui.param_setter());
        ui.ctx().request_repaint_after(next);
    }

    fn resized(&mut self, size: WindowSize) {
        self.remember(|shape| {
            let scale = f64::from(shape.scale);
            shape.set_size(size.logical.width as f32, size.logical.height as f32);
            shape.system_scale = (size.scale_factor / scale) as f32;
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
