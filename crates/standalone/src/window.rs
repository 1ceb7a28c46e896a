//! The plug-in's window, which the program may have to do without.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nice_plug::context::gui::GuiContext;
use nice_plug::editor::dpi::NativeSize;
use nice_plug::editor::{HostMethods, SpawnedEditor};
use nice_plug::prelude::*;

/// The program has no window and will get none.
#[derive(Clone, Default)]
pub struct Windowless(Arc<AtomicBool>);

impl Windowless {
    /// Any thread may ask.
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// There is none.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A window's editor `E` that notes when it cannot open.
pub struct ProgramEditor<E> {
    inner: E,
    windowless: Windowless,
}

impl<E> ProgramEditor<E> {
    /// `inner`, which sets `windowless` if it cannot open. `None` where there is no display to try.
    pub fn new(inner: E, windowless: Windowless) -> Option<Self> {
        if !has_display() {
            windowless.set();
            return None;
        }
        Some(Self { inner, windowless })
    }
}

/// Windows need an X server; everywhere but on Linux there is a desktop.
fn has_display() -> bool {
    !cfg!(target_os = "linux") || std::env::var_os("DISPLAY").is_some_and(|display| !display.is_empty())
}

impl<E: Editor> Editor for ProgramEditor<E> {
    type Handle = E::Handle;

    fn spawn(
        &self,
        parent: Option<ParentWindowHandle>,
        wait_for_parent: bool,
        fallback_scale_factor: Option<f64>,
        gui_context: GuiContext,
        host: Option<HostMethods>,
    ) -> Result<SpawnedEditor<Self::Handle>, Box<dyn Error>> {
        self.inner
            .spawn(parent, wait_for_parent, fallback_scale_factor, gui_context, host)
            .inspect_err(|_| self.windowless.set())
    }

    fn size(&self) -> NativeSize<u32> {
        self.inner.size()
    }

    fn resize_hint(&self) -> ResizeHint {
        self.inner.resize_hint()
    }
}
