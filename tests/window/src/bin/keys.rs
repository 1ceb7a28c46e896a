//! Types over the window inside a host's window: keys that it does not use must reach the host, others must not. Needs a
//! display with a window manager and `xdotool`: `cargo xtask window` brings them.
//!
//! `cargo run --release --package unbraid-window-tests --bin keys`

#[cfg(target_os = "linux")]
fn main() -> unbraid_window_tests::Result<()> {
    linux::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("synthetic keys need X11");
}

#[cfg(target_os = "linux")]
mod linux {
    use std::num::NonZeroU32;
    use std::process::Command;
    use std::sync::Arc;
    use std::thread::sleep;
    use std::time::Duration;

    use nice_plug::context::gui::AsyncExecutor;
    use nice_plug::editor::ParentWindowHandle;
    use nice_plug::prelude::Plugin;
    use unbraid_plugin::Unbraid;
    use unbraid_window_tests::screen::{Screen, close, wait};
    use unbraid_window_tests::{CountingHost, Result, open_in};
    use x11rb::connection::Connection;
    use x11rb::protocol::Event;
    use x11rb::protocol::xproto::EventMask;

    /// Places in the window at its first size: the vocals' fader, from where and to where it is dragged; the vocals' value;
    /// and one without a control.
    const FADER: [[i16; 2]; 2] = [[39, 430], [39, 480]];
    const VALUE: [i16; 2] = [190, 374];
    const NOWHERE: [i16; 2] = [500, 200];
    /// Time for a click or a key to be handled, on a busy machine too.
    const SETTLED: Duration = Duration::from_secs(2);

    pub fn main() -> Result<()> {
        let mut plugin = Unbraid::default();
        let executor = AsyncExecutor::new(Arc::new(|_| {}), Arc::new(|_| {}));
        let editor = plugin.editor(executor).ok_or("the plug-in has no window")?;
        let screen = Screen::connect()?;
        let host = Arc::<CountingHost>::default();
        let outside = screen.create_window(1200, 800, EventMask::KEY_PRESS)?;
        let parent = NonZeroU32::new(outside).map(ParentWindowHandle::XcbWindow);
        let opened = open_in(&host, &editor, parent)?;
        let window = screen.find("Unbraid")?;
        screen.wait_for_picture(window, NOWHERE)?;
        let trial = Trial { screen, window, host };
        trial.run()?;
        close(opened)?;
        println!("after a drag, with a focus and while text is typed, every key goes where it belongs");
        Ok(())
    }

    struct Trial {
        screen: Screen,
        window: u32,
        host: Arc<CountingHost>,
    }

    impl Trial {
        fn run(&self) -> Result<()> {
            let before = self.host.sets();
            let [from, to] = FADER;
            self.point(from)?;
            xdotool(&["mousedown", "1"])?;
            self.point([from[0], from[1].midpoint(to[1])])?;
            self.point(to)?;
            xdotool(&["mouseup", "1"])?;
            wait("the drag in the host", || Ok((self.host.sets() > before).then_some(())))?;
            for key in ["space", "x", "0", "Return", "Down"] {
                self.expect(key, true, "after a drag")?;
            }
            let before = self.host.sets();
            self.expect("1", false, "a digit, which solos")?;
            wait("a solo", || Ok((self.host.sets() > before).then_some(())))?;
            self.expect("ctrl+1", true, "a digit with ctrl")?;

            self.click(FADER[0])?;
            self.expect("space", true, "a fader with the focus")?;
            self.expect("Down", false, "a fader with the focus")?;
            self.click(VALUE)?;
            for key in ["space", "x"] {
                self.expect(key, false, "while text is typed")?;
            }
            self.expect("Return", false, "the end of the text")?;
            self.expect("space", true, "after the text")
        }

        /// Moves the pointer to a place in the window.
        fn point(&self, at: [i16; 2]) -> Result<()> {
            let [x, y] = self.screen.on_screen(self.window, at)?;
            xdotool(&["mousemove", &x.to_string(), &y.to_string()])?;
            sleep(SETTLED / 10);
            Ok(())
        }

        fn click(&self, at: [i16; 2]) -> Result<()> {
            self.point(at)?;
            xdotool(&["click", "1"])?;
            sleep(SETTLED);
            Ok(())
        }

        /// Presses a key, which the host's window gets or does not get.
        fn expect(&self, key: &str, in_host: bool, when: &str) -> Result<()> {
            while self.screen.connection.poll_for_event()?.is_some() {}
            xdotool(&["key", key])?;
            let mut got = false;
            if in_host {
                // Modifiers are keys of their own.
                for part in key.split('+') {
                    let what = format!("{part} of {key} in the host ({when})");
                    self.screen.event(&what, |event| matches!(event, Event::KeyPress(_)).then_some(()))?;
                }
                return Ok(());
            }
            sleep(SETTLED);
            while let Some(event) = self.screen.connection.poll_for_event()? {
                got |= matches!(event, Event::KeyPress(_));
            }
            if got { Err(format!("{key} went to the host, too ({when})").into()) } else { Ok(()) }
        }
    }

    fn xdotool(arguments: &[&str]) -> Result<()> {
        let status = Command::new("xdotool").args(arguments).status()?;
        if status.success() { Ok(()) } else { Err(format!("xdotool {arguments:?} failed").into()) }
    }
}
