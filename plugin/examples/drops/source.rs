//! A program that files are dragged from: the source's side of the X drag-and-drop protocol, version 5.

use std::error::Error;
use std::thread::sleep;
use std::time::{Duration, Instant};

use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConnectionExt as _, CreateWindowAux, EventMask, ImageFormat,
    MapState, PropMode, SELECTION_NOTIFY_EVENT, SelectionNotifyEvent, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;
use x11rb::{COPY_FROM_PARENT, CURRENT_TIME, NONE};

pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Longest that anything may take to happen.
const TIMEOUT: Duration = Duration::from_secs(60);

x11rb::atom_manager! {
    pub Atoms: AtomsCookie {
        INCR,
        Html: b"text/html",
        Plain: b"text/plain",
        UTF8_STRING,
        UriList: b"text/uri-list",
        WM_STATE,
        XdndActionCopy,
        XdndAware,
        XdndDrop,
        XdndEnter,
        XdndFinished,
        XdndLeave,
        XdndPosition,
        XdndProxy,
        XdndSelection,
        XdndStatus,
        XdndTypeList,
    }
}

/// How a source finds the window that it drags onto.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Search {
    /// Down from the screen to the first window that takes drops, as Qt does.
    Down,
    /// The window that the window manager knows, as GTK does.
    Managed,
}

/// What a source hands over when it is asked for the list of files.
pub enum Give<'a> {
    List(&'a [u8]),
    /// It would come piece by piece.
    Pieces,
    Nothing,
}

pub struct Source {
    connection: RustConnection,
    pub atoms: Atoms,
    root: Window,
    window: Window,
}

/// A drag on its way.
pub struct Drag<'a> {
    source: &'a Source,
    target: Window,
    /// The target or its proxy.
    recipient: Window,
}

/// Waits until something is there.
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

impl Source {
    pub fn new() -> Result<Self> {
        let (connection, screen) = RustConnection::connect(None)
            .map_err(|error| format!("no X display ({error}): `cargo xtask window` brings one"))?;
        let root = connection.setup().roots[screen].root;
        let atoms = Atoms::new(&connection)?.reply()?;
        let window = connection.generate_id()?;
        let look = CreateWindowAux::new().event_mask(EventMask::PROPERTY_CHANGE);
        let class = WindowClass::INPUT_ONLY;
        connection.create_window(0, window, root, 0, 0, 1, 1, 0, class, COPY_FROM_PARENT, &look)?;
        Ok(Self { connection, atoms, root, window })
    }

    /// A window for a host, on the screen and known to the window manager.
    pub fn host_window(&self, width: u16, height: u16) -> Result<Window> {
        let window = self.connection.generate_id()?;
        let (class, look) = (WindowClass::INPUT_OUTPUT, CreateWindowAux::new().background_pixel(0x0040_4040));
        self.connection.create_window(
            COPY_FROM_PARENT as u8,
            window,
            self.root,
            0,
            0,
            width,
            height,
            0,
            class,
            COPY_FROM_PARENT,
            &look,
        )?;
        self.connection.map_window(window)?.check()?;
        wait("the window manager (install openbox, or use `cargo xtask window`)", || {
            Ok(self.has(window, self.atoms.WM_STATE)?.then_some(window))
        })
    }

    pub fn destroy(&self, window: Window) -> Result<()> {
        Ok(self.connection.destroy_window(window)?.check()?)
    }

    /// Moves a window into another.
    pub fn reparent(&self, window: Window, into: Window) -> Result<()> {
        Ok(self.connection.reparent_window(window, into, 0, 0)?.check()?)
    }

    /// Says that a window takes drops by itself.
    pub fn make_aware(&self, window: Window) -> Result<()> {
        let (property, kind) = (self.atoms.XdndAware, AtomEnum::ATOM);
        Ok(self.connection.change_property32(PropMode::REPLACE, window, property, kind, &[5])?.check()?)
    }

    /// Waits for the plug-in's window to be on the screen.
    pub fn find(&self, title: &str) -> Result<Window> {
        wait("the plug-in's window", || self.find_below(self.root, title))
    }

    fn find_below(&self, window: Window, title: &str) -> Result<Option<Window>> {
        for child in self.connection.query_tree(window)?.reply()?.children {
            // It may go while it is looked at.
            let Ok(look) = self.connection.get_window_attributes(child)?.reply() else { continue };
            if look.map_state != MapState::VIEWABLE {
                continue;
            }
            let (property, kind) = (AtomEnum::WM_NAME, AtomEnum::STRING);
            let name = self.connection.get_property(false, child, property, kind, 0, 100)?.reply()?.value;
            if name == title.as_bytes() && self.has(child, self.atoms.XdndAware)? {
                return Ok(Some(child));
            }
            if let Some(found) = self.find_below(child, title)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    pub fn has(&self, window: Window, property: Atom) -> Result<bool> {
        let found = self.connection.get_property(false, window, property, AtomEnum::ANY, 0, 0)?.reply()?;
        Ok(found.type_ != NONE)
    }

    /// Where a place in a window is on the screen.
    pub fn on_screen(&self, window: Window, x: i16, y: i16) -> Result<[i16; 2]> {
        let place = self.connection.translate_coordinates(window, self.root, x, y)?.reply()?;
        Ok([place.dst_x, place.dst_y])
    }

    /// The window that files at this place on the screen would be dragged onto.
    fn target(&self, [x, y]: [i16; 2], search: Search) -> Result<Option<Window>> {
        let sign = match search {
            Search::Down => self.atoms.XdndAware,
            Search::Managed => self.atoms.WM_STATE,
        };
        let mut window = self.root;
        while window == self.root || !self.has(window, sign)? {
            window = self.connection.translate_coordinates(self.root, window, x, y)?.reply()?.child;
            if window == NONE {
                return Ok(None);
            }
        }
        Ok(Some(window))
    }

    fn proxy_of(&self, window: Window) -> Result<Option<Window>> {
        let (property, kind) = (self.atoms.XdndProxy, AtomEnum::WINDOW);
        let found = self.connection.get_property(false, window, property, kind, 0, 1)?.reply()?;
        Ok(found.value32().and_then(|mut windows| windows.next()))
    }

    /// Who gets the messages for a window: its proxy, if that names itself; `None` if nobody takes drops.
    fn recipient(&self, target: Window) -> Result<Option<Window>> {
        let proxy = self
            .proxy_of(target)?
            .filter(|&proxy| matches!(self.proxy_of(proxy), Ok(Some(same)) if same == proxy));
        let recipient = proxy.unwrap_or(target);
        Ok(self.has(recipient, self.atoms.XdndAware)?.then_some(recipient))
    }

    /// Begins a drag at a place on the screen, with these types to offer. `None` if nobody takes drops there.
    pub fn enter(&self, at: [i16; 2], search: Search, types: &[Atom]) -> Result<Option<Drag<'_>>> {
        let Some(target) = self.target(at, search)? else { return Ok(None) };
        let Some(recipient) = self.recipient(target)? else { return Ok(None) };
        let drag = Drag { source: self, target, recipient };
        let (list, kind) = (self.atoms.XdndTypeList, AtomEnum::ATOM);
        self.connection.change_property32(PropMode::REPLACE, self.window, list, kind, types)?;
        let mut data = [self.window, 5 << 24 | u32::from(types.len() > 3), 0, 0, 0];
        data[2..].iter_mut().zip(types).for_each(|(place, kind)| *place = *kind);
        drag.send(self.atoms.XdndEnter, data)?;
        Ok(Some(drag))
    }

    /// Waits for the next event that `wanted` makes something of.
    fn event<T>(&self, what: &str, wanted: impl Fn(Event) -> Option<T>) -> Result<T> {
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

    /// The server's time.
    fn time(&self) -> Result<u32> {
        let (property, kind) = (AtomEnum::WM_NAME, AtomEnum::STRING);
        self.connection.change_property8(PropMode::APPEND, self.window, property, kind, &[])?;
        self.event("the server's time", |event| match event {
            Event::PropertyNotify(changed) => Some(changed.time),
            _ => None,
        })
    }

    /// The colour of a point of a window, red, green and blue.
    pub fn colour(&self, window: Window, x: i16, y: i16) -> Result<[u8; 3]> {
        let picture =
            self.connection.get_image(ImageFormat::Z_PIXMAP, window, x, y, 1, 1, u32::MAX)?.reply()?.data;
        let &[blue, green, red, ..] = picture.as_slice() else { return Err("no picture".into()) };
        Ok([red, green, blue])
    }
}

impl Drag<'_> {
    fn send(&self, kind: Atom, data: [u32; 5]) -> Result<()> {
        let message = ClientMessageEvent::new(32, self.target, kind, data);
        self.source.connection.send_event(false, self.recipient, EventMask::NO_EVENT, message)?;
        Ok(self.source.connection.flush()?)
    }

    /// Waits for a message about this drag, and gives back its numbers.
    fn answer(&self, what: &str, kind: Atom) -> Result<[u32; 5]> {
        self.source.event(what, |event| match event {
            Event::ClientMessage(message) if message.type_ == kind => {
                Some(message.data.as_data32()).filter(|data| data[0] == self.target)
            }
            _ => None,
        })
    }

    /// Moves to a place on the screen. Whether files let go there would be taken.
    pub fn position(&self, [x, y]: [i16; 2]) -> Result<bool> {
        let Atoms { XdndPosition, XdndStatus, XdndActionCopy, .. } = self.source.atoms;
        let at = u32::from(x as u16) << 16 | u32::from(y as u16);
        self.send(XdndPosition, [self.source.window, 0, at, CURRENT_TIME, XdndActionCopy])?;
        let status = self.answer("an answer to where the pointer is", XdndStatus)?;
        let accept = status[1] & 1 == 1;
        if accept != (status[4] == XdndActionCopy) {
            return Err("what is accepted is copied, and nothing else".into());
        }
        Ok(accept)
    }

    pub fn leave(self) -> Result<()> {
        self.send(self.source.atoms.XdndLeave, [self.source.window, 0, 0, 0, 0])
    }

    /// Lets files go. Whether they were taken.
    pub fn drop(self, give: Give<'_>) -> Result<bool> {
        let (connection, window) = (&self.source.connection, self.source.window);
        let Atoms { XdndSelection, XdndDrop, XdndFinished, UriList, INCR, .. } = self.source.atoms;
        let time = self.source.time()?;
        connection.set_selection_owner(window, XdndSelection, time)?;
        self.send(XdndDrop, [window, 0, time, 0, 0])?;
        let request = self.source.event("a request for the files", |event| match event {
            Event::SelectionRequest(request) if request.selection == XdndSelection => Some(request),
            _ => None,
        })?;
        if request.target != UriList {
            return Err("asked for another type than the list of files".into());
        }
        let (to, property) = (request.requestor, request.property);
        match give {
            Give::List(list) => {
                connection.change_property8(PropMode::REPLACE, to, property, UriList, list)?.check()?;
            }
            Give::Pieces => {
                connection.change_property32(PropMode::REPLACE, to, property, INCR, &[1 << 20])?.check()?;
            }
            Give::Nothing => {}
        }
        let reply = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor: to,
            selection: XdndSelection,
            target: UriList,
            property: if matches!(give, Give::Nothing) { NONE } else { property },
        };
        connection.send_event(false, to, EventMask::NO_EVENT, reply)?;
        let finished = self.answer("the end of the drop", XdndFinished)?;
        Ok(finished[1] & 1 == 1)
    }
}
