//! Files that are dragged onto the window.
//!
//! The layer between egui and the window system (egui-baseview 0.9) keeps drags to itself, and lets nobody in between. X11
//! has a public way around it: a window may name another one, its proxy, that speaks the drag protocol for it. The
//! proxy is ours, on a connection of its own. Windows and macOS have nothing like it, so there nothing ever comes.

#[cfg(target_os = "linux")]
mod listener;
#[cfg(target_os = "linux")]
mod session;
#[cfg(target_os = "linux")]
mod uri_list;

use egui::Context;
use nice_plug_egui::baseview::WindowContext;

#[cfg(target_os = "linux")]
pub use linux::DropTarget;

#[cfg(target_os = "linux")]
mod linux {
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    use egui::{DroppedFile, HoveredFile};

    use super::listener::Listener;
    use super::session::Drag;
    use super::{Context, WindowContext};

    /// Takes part in drags for one window, for as long as it lives. All methods are for the window's thread.
    pub struct DropTarget {
        /// `None` if there is no X server to ask.
        listener: Option<Listener>,
        over: bool,
    }

    impl DropTarget {
        /// Listens for drags onto `window`. What comes is shown without delay: `context` is told to draw.
        pub fn open(window: &WindowContext, context: &Context) -> Self {
            Self { listener: Listener::open(window, context.clone()), over: false }
        }

        /// Gives egui what has come since the last picture, as the layer below would.
        pub fn deliver(&mut self, context: &Context) {
            let Some(listener) = &self.listener else { return };
            for drag in listener.heard() {
                match drag {
                    Drag::Over(over) => self.over = over,
                    Drag::Dropped(files) => context.input_mut(|input| {
                        let files = files.into_iter().map(|path| Arc::new(Dropped(path)) as _);
                        input.raw.dropped_files.extend(files);
                    }),
                }
            }
            if self.over {
                // Which files they are is only said once they are let go.
                context.input_mut(|input| input.raw.hovered_files.push(HoveredFile::default()));
            }
        }
    }

    /// A file that was let go over the window.
    #[derive(Debug)]
    struct Dropped(PathBuf);

    impl DroppedFile for Dropped {
        fn path(&self) -> &Path {
            &self.0
        }

        fn bytes(&self) -> Result<Vec<u8>, String> {
            std::fs::read(&self.0).map_err(|error| error.to_string())
        }
    }
}

/// Stands for a part that this system does not have.
#[cfg(not(target_os = "linux"))]
pub struct DropTarget;

#[cfg(not(target_os = "linux"))]
impl DropTarget {
    /// Listens for nothing.
    pub fn open(_window: &WindowContext, _context: &Context) -> Self {
        Self
    }

    /// Gives egui nothing.
    pub fn deliver(&mut self, _context: &Context) {}
}
