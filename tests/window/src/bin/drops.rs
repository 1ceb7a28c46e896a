//! Drags files onto the window, alone on the screen and inside a host's window, as a file manager does. Needs a display
//! with a window manager: `cargo xtask window` brings one.
//!
//! `cargo run --release --package unbraid-window-tests --bin drops`

#[cfg(target_os = "linux")]
fn main() -> unbraid_window_tests::Result<()> {
    linux::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("synthetic drags need X11");
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::num::NonZeroU32;
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    use nice_plug::context::gui::AsyncExecutor;
    use nice_plug::editor::ParentWindowHandle;
    use nice_plug::prelude::{Editor, Plugin};
    use unbraid_plugin::Unbraid;
    use unbraid_plugin::instance::Instance;
    use unbraid_plugin::mode::Mode;
    use unbraid_window_tests::screen::{Screen, close, wait};
    use unbraid_window_tests::xdnd::Drag;
    use unbraid_window_tests::{RecordingPlayer, Result, open};
    use x11rb::protocol::xproto::EventMask;

    /// Colour of the hint's frame around the window, a point on it, and one in the middle of the window.
    const FRAME: [u8; 3] = [0xd6, 0xdd, 0xe8];
    const ON_FRAME: [i16; 2] = [500, 3];
    const MIDDLE: [i16; 2] = [500, 300];

    pub fn main() -> Result<()> {
        let player = Arc::new(RecordingPlayer::default());
        let mut plugin = Unbraid::with_player(player.clone());
        let executor = AsyncExecutor::new(Arc::new(|_| {}), Arc::new(|_| {}));
        let editor = plugin.editor(executor).ok_or("the plug-in has no window")?;
        let folder = std::env::temp_dir().join(format!("unbraid-drops-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let trial = Trial {
            screen: Screen::connect()?,
            instance: plugin.instance().clone(),
            player,
            folder: folder.canonicalize()?,
        };
        let result = trial.run(&editor);
        fs::remove_dir_all(&trial.folder)?;
        result
    }

    struct Trial {
        screen: Screen,
        instance: Instance,
        player: Arc<RecordingPlayer>,
        folder: PathBuf,
    }

    impl Trial {
        fn run(&self, editor: &impl Editor) -> Result<()> {
            self.drags(editor, None).map_err(|reason| format!("alone on the screen: {reason}"))?;
            let host = self.screen.create_window(1200, 800, EventMask::NO_EVENT)?;
            self.drags(editor, Some(host)).map_err(|reason| format!("in a host's window: {reason}"))?;
            println!("files dragged onto the window arrive: alone on the screen and in a host's window");
            Ok(())
        }

        fn drags(&self, editor: &impl Editor, host: Option<u32>) -> Result<()> {
            let parent = host.and_then(NonZeroU32::new).map(ParentWindowHandle::XcbWindow);
            let opened = open(editor, parent)?;
            let window = self.screen.find("Unbraid")?;
            self.screen.wait_for_picture(window, MIDDLE)?;
            self.hint(window)?;
            self.song(window)?;
            self.network(window)?;
            close(opened)
        }

        /// Drags `file` over the middle of the window.
        fn over(&self, window: u32, file: &Path) -> Result<Drag<'_>> {
            let path = file.display().to_string().replace('%', "%25").replace('#', "%23").replace(' ', "%20");
            let at = self.screen.on_screen(window, MIDDLE)?;
            Drag::over(&self.screen, window, at, &format!("file://{path}\r\n"))
        }

        /// The hint is there while files are over the window, and only then.
        fn hint(&self, window: u32) -> Result<()> {
            let file = self.folder.join("any.flac");
            fs::write(&file, "")?;
            self.wait_for_frame(window, false)?;
            let drag = self.over(window, &file)?;
            self.wait_for_frame(window, true)?;
            drag.leave()?;
            self.wait_for_frame(window, false)
        }

        fn wait_for_frame(&self, window: u32, there: bool) -> Result<()> {
            let what = if there { "the hint's frame" } else { "the window without the hint" };
            wait(what, || {
                let colour = self.screen.colour(window, ON_FRAME)?;
                // Edges are smoothed.
                let frame = colour.iter().zip(FRAME).all(|(is, should)| is.abs_diff(should) < 16);
                Ok((frame == there).then_some(()))
            })
        }

        /// A dropped song reaches the player, whatever its name.
        fn song(&self, window: u32) -> Result<()> {
            let file = self.folder.join("über 100% #1 東京.flac");
            fs::write(&file, "")?;
            self.player.opened.lock().map_err(|_| "the window panicked")?.clear();
            self.over(window, &file)?.drop()?;
            wait("the song in the player", || {
                let opened = self.player.opened.lock().map_err(|_| "the window panicked")?;
                Ok((*opened == [file.as_path()]).then_some(()))
            })
        }

        /// A dropped network is chosen.
        fn network(&self, window: u32) -> Result<()> {
            let file = self.folder.join("own.onnx");
            fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/studio.onnx"), &file)?;
            let networks = &self.instance.params.networks;
            networks.choose(Mode::Studio, None);
            self.over(window, &file)?.drop()?;
            wait("the network in the plug-in", || {
                Ok(networks.file(Mode::Studio).is_some_and(|chosen| chosen == file).then_some(()))
            })
        }
    }
}
