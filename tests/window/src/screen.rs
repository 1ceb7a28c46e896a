//! The X server: finding windows, reading pixels.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ConnectionExt as _, CreateWindowAux, EventMask, ImageFormat, MapState, Window,
    WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::{COPY_FROM_PARENT, NONE};

use crate::result::Result;

/// Longest time to wait for anything.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Closes a window, and waits for the end of its threads: a program that ends meanwhile tears OpenGL down under them.
///
/// # Errors
/// When they do not end within a minute.
pub fn close(window: impl Sized) -> Result<()> {
    drop(window);
    wait("the end of the threads of a closed window", || Ok((!has_threads()?).then_some(())))
}

/// Whether a window's thread is left. Those of the layers below have no name of their own, hence the program's.
fn has_threads() -> Result<bool> {
    let program = fs::read_to_string("/proc/self/comm")?;
    let main = std::process::id().to_string();
    for thread in fs::read_dir("/proc/self/task")? {
        let thread = thread?;
        // It may end meanwhile.
        let name = fs::read_to_string(thread.path().join("comm")).unwrap_or_default();
        if name == program && thread.file_name() != *main {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Depth of a new window: its parent's.
const DEPTH_OF_PARENT: u8 = 0;

/// A connection to the X server.
pub struct Screen {
    /// The connection.
    pub connection: RustConnection,
    /// The root window.
    pub root: Window,
}

/// Waits for `what`.
///
/// # Errors
/// The error of `is`, or after a minute without a result.
pub fn wait<T>(what: &str, mut is: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let start = Instant::now();
    while start.elapsed() < TIMEOUT {
        if let Some(found) = is()? {
            return Ok(found);
        }
        sleep(Duration::from_millis(5));
    }
    Err(format!("{what}: not within {} s", TIMEOUT.as_secs()).into())
}

impl Screen {
    /// Connects to the display of the environment.
    ///
    /// # Errors
    /// When there is none.
    pub fn connect() -> Result<Self> {
        let (connection, screen) = RustConnection::connect(None)
            .map_err(|error| format!("no X display ({error}): `cargo xtask window` brings one"))?;
        let root = connection.setup().roots[screen].root;
        Ok(Self { connection, root })
    }

    /// A window of our own, mapped if it has a size.
    ///
    /// # Errors
    /// From the X server.
    pub fn create_window(&self, width: u16, height: u16, events: EventMask) -> Result<Window> {
        let window = self.connection.generate_id()?;
        let look = CreateWindowAux::new().event_mask(events).background_pixel(0x0040_4040);
        self.connection
            .create_window(
                DEPTH_OF_PARENT,
                window,
                self.root,
                0,
                0,
                width.max(1),
                height.max(1),
                0,
                WindowClass::INPUT_OUTPUT,
                COPY_FROM_PARENT,
                &look,
            )?
            .check()?;
        if width > 0 {
            self.connection.map_window(window)?.check()?;
        }
        Ok(window)
    }

    /// Waits for the visible window with this title.
    ///
    /// # Errors
    /// After a minute, or from the X server.
    pub fn find(&self, title: &str) -> Result<Window> {
        wait("the plug-in's window", || self.find_below(self.root, title))
    }

    fn find_below(&self, window: Window, title: &str) -> Result<Option<Window>> {
        for child in self.connection.query_tree(window)?.reply()?.children {
            // It may close meanwhile.
            let Ok(look) = self.connection.get_window_attributes(child)?.reply() else { continue };
            if look.map_state != MapState::VIEWABLE {
                continue;
            }
            if self.property(child, AtomEnum::WM_NAME.into())? == title.as_bytes() {
                return Ok(Some(child));
            }
            if let Some(found) = self.find_below(child, title)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The bytes of a property, empty without it.
    ///
    /// # Errors
    /// From the X server.
    pub fn property(&self, window: Window, property: Atom) -> Result<Vec<u8>> {
        const MOST: u32 = 1024;
        let reply = self.connection.get_property(false, window, property, AtomEnum::ANY, 0, MOST)?.reply()?;
        Ok(if reply.type_ == NONE { Vec::new() } else { reply.value })
    }

    /// A place in a window as a place on the screen.
    ///
    /// # Errors
    /// From the X server.
    pub fn on_screen(&self, window: Window, [x, y]: [i16; 2]) -> Result<[i16; 2]> {
        let place = self.connection.translate_coordinates(window, self.root, x, y)?.reply()?;
        Ok([place.dst_x, place.dst_y])
    }

    /// Waits for the next event that `wanted` accepts.
    ///
    /// # Errors
    /// After a minute, or from the X server.
    pub fn event<T>(&self, what: &str, wanted: impl Fn(Event) -> Option<T>) -> Result<T> {
        self.connection.flush()?;
        wait(what, || {
            while let Some(event) = self.connection.poll_for_event()? {
                if let Some(found) = wanted(event) {
                    return Ok(Some(found));
                }
            }
            Ok(None)
        })
    }

    /// Red, green and blue of a point of a window.
    ///
    /// # Errors
    /// From the X server.
    pub fn colour(&self, window: Window, [x, y]: [i16; 2]) -> Result<[u8; 3]> {
        let format = ImageFormat::Z_PIXMAP;
        let picture = self.connection.get_image(format, window, x, y, 1, 1, u32::MAX)?.reply()?.data;
        let &[blue, green, red, ..] = picture.as_slice() else { return Err("no picture".into()) };
        Ok([red, green, blue])
    }

    /// Waits until a window has drawn a point.
    ///
    /// # Errors
    /// After a minute, or from the X server.
    pub fn wait_for_picture(&self, window: Window, at: [i16; 2]) -> Result<()> {
        wait("a first picture", || Ok((self.colour(window, at)? != [0; 3]).then_some(())))
    }
}
