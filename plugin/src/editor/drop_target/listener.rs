//! The proxy window, on a connection to the X server and a thread of its own.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use egui::Context;
use nice_plug_egui::baseview::WindowContext;
use raw_window_handle::{HasWindowHandle, RawWindowHandle};
use x11rb::connection::Connection;
use x11rb::errors::ReplyOrIdError;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ChangeWindowAttributesAux, ClientMessageEvent, ConnectionExt as _, CreateWindowAux,
    EventMask, MapState, PropMode, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;
use x11rb::{COPY_FROM_PARENT, NONE};

use super::session::{Do, Drag, Heard, Session};

/// The version of the protocol that the proxy says it speaks.
const VERSION: u32 = 5;
/// Most types that are read of what a source offers, and longest list of files, in units of four bytes. Sources that
/// hand over more do so piece by piece, which is for other things than names of files.
const MOST_TYPES: u32 = 1 << 10;
const LONGEST_LIST: u32 = 1 << 18;

x11rb::atom_manager! {
    Atoms: AtomsCookie {
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

/// Anything that goes wrong between the server and us. Windows of other programs come and go at any time, so nothing of
/// it is a fault; the worst is a drag that does not work.
type Result<T> = std::result::Result<T, ReplyOrIdError>;

/// Listens until it is dropped.
pub struct Listener {
    connection: Arc<RustConnection>,
    proxy: Window,
    closing: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    drags: Receiver<Drag>,
}

impl Listener {
    /// Listens for `window`, and has `context` draw when something comes. `None` if that cannot be done.
    pub fn open(window: &WindowContext, context: Context) -> Option<Self> {
        let window = match window.window_handle().ok()?.as_raw() {
            RawWindowHandle::Xlib(handle) => handle.window.try_into().ok()?,
            RawWindowHandle::Xcb(handle) => handle.window.get(),
            _ => return None,
        };
        let (connection, _) = RustConnection::connect(None).ok()?;
        let connection = Arc::new(connection);
        let (sender, drags) = channel();
        let target = Target::new(connection.clone(), window, Recipient { sender, context }).ok()?;
        let (proxy, closing) = (target.proxy, Arc::new(AtomicBool::new(false)));
        let run = {
            let closing = closing.clone();
            move || target.run(&closing)
        };
        let thread = thread::Builder::new().name("unbraid-drops".into()).spawn(run).ok()?;
        Some(Self { connection, proxy, closing, thread: Some(thread), drags })
    }

    /// What has come since the last call.
    pub fn heard(&self) -> impl Iterator<Item = Drag> {
        self.drags.try_iter()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Release);
        // Any message wakes the thread. Without a connection it has ended already.
        let wake = ClientMessageEvent::new(32, self.proxy, AtomEnum::NONE, [0; 5]);
        let _ = self.connection.send_event(false, self.proxy, EventMask::NO_EVENT, wake);
        let _ = self.connection.flush();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Where drags are handed to the window.
struct Recipient {
    sender: Sender<Drag>,
    context: Context,
}

impl Recipient {
    fn tell(&self, drag: Drag) {
        // The window takes the listener down with it, so it is there.
        let _ = self.sender.send(drag);
        self.context.request_repaint();
    }
}

/// What the thread has.
struct Target {
    connection: Arc<RustConnection>,
    atoms: Atoms,
    root: Window,
    /// The plug-in's window.
    window: Window,
    proxy: Window,
    /// The host's window, while it names our proxy.
    host: Option<Window>,
    session: Session,
    recipient: Recipient,
}

impl Target {
    /// Makes the proxy and names it on `window`.
    fn new(connection: Arc<RustConnection>, window: Window, recipient: Recipient) -> Result<Self> {
        let atoms = Atoms::new(&*connection)?.reply()?;
        let root = connection.query_tree(window)?.reply()?.root;
        let proxy = connection.generate_id()?;
        let class = WindowClass::INPUT_ONLY;
        // Never mapped, so nobody sees it; out of the window manager's hands in case it looks.
        let look = CreateWindowAux::new().override_redirect(1);
        connection.create_window(0, proxy, root, -1, -1, 1, 1, 0, class, COPY_FROM_PARENT, &look)?;
        let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let session = Session::new(name.trim().to_owned());
        let target = Self { connection, atoms, root, window, proxy, host: None, session, recipient };
        let aware = (atoms.XdndAware, AtomEnum::ATOM, &[VERSION]);
        target.connection.change_property32(PropMode::REPLACE, proxy, aware.0, aware.1, aware.2)?;
        // Sources believe in a proxy only if it names itself: else it may be one whose program has ended.
        target.name_proxy(proxy)?;
        target.name_proxy(window)?;
        Ok(target)
    }

    fn name_proxy(&self, window: Window) -> Result<()> {
        let (property, kind) = (self.atoms.XdndProxy, AtomEnum::WINDOW);
        let named =
            self.connection.change_property32(PropMode::REPLACE, window, property, kind, &[self.proxy])?;
        Ok(named.check()?)
    }

    /// Listens until the connection ends or `closing` is set, which takes a message to be noticed.
    fn run(mut self, closing: &AtomicBool) {
        // Also through what fails below, a source is best served by going on.
        let _ = self.watch(self.window).and_then(|()| self.find_host());
        while self.connection.flush().is_ok() && !closing.load(Ordering::Acquire) {
            let Ok(event) = self.connection.wait_for_event() else { return };
            let _ = self.handle(&event);
        }
    }

    fn handle(&mut self, event: &Event) -> Result<()> {
        match event {
            Event::ClientMessage(message) => {
                if let Some(heard) = self.read(message)? {
                    self.hear(heard)?;
                }
            }
            Event::SelectionNotify(data) if data.requestor == self.proxy => {
                let list = if data.property == NONE { None } else { self.fetched().unwrap_or_default() };
                self.hear(Heard::Data { time: data.time, list })?;
            }
            Event::DestroyNotify(gone) => self.hear(Heard::Leave { source: gone.window })?,
            Event::ReparentNotify(_) => self.find_host()?,
            Event::PropertyNotify(changed) => {
                let names = [self.atoms.WM_STATE, self.atoms.XdndAware, self.atoms.XdndProxy];
                if names.contains(&changed.atom) {
                    self.find_host()?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// What a message of the protocol says.
    fn read(&self, message: &ClientMessageEvent) -> Result<Option<Heard>> {
        if message.format != 32 {
            return Ok(None);
        }
        let data = message.data.as_data32();
        let (source, target) = (data[0], message.window);
        let heard = if message.type_ == self.atoms.XdndEnter {
            // If it ends without a word, its drag is over.
            self.watch(source)?;
            let types = if data[1] & 1 == 0 { data[2..5].to_vec() } else { self.offered(source)? };
            let has_files = types.contains(&self.atoms.UriList);
            Heard::Enter { source, version: data[1] >> 24, has_files }
        } else if message.type_ == self.atoms.XdndPosition {
            let [.., x_high, x_low, y_high, y_low] = data[2].to_be_bytes();
            let at = [i16::from_be_bytes([x_high, x_low]), i16::from_be_bytes([y_high, y_low])];
            Heard::Position { source, target, inside: self.is_inside(at).unwrap_or(false) }
        } else if message.type_ == self.atoms.XdndLeave {
            Heard::Leave { source }
        } else if message.type_ == self.atoms.XdndDrop {
            Heard::Drop { source, target, time: data[2] }
        } else {
            return Ok(None);
        };
        Ok(Some(heard))
    }

    fn hear(&mut self, heard: Heard) -> Result<()> {
        for step in self.session.hear(heard) {
            match step {
                Do::Status { source, target, accept } => {
                    // Bit 1: go on to tell where the pointer is. In a host, only a part of the target is ours.
                    let data = [target, 2 | u32::from(accept), 0, 0, self.action(accept)];
                    self.send(source, self.atoms.XdndStatus, data)?;
                }
                Do::Finished { source, target, accept } => {
                    let data = [target, u32::from(accept), self.action(accept), 0, 0];
                    self.send(source, self.atoms.XdndFinished, data)?;
                }
                Do::Fetch { time } => {
                    let Atoms { XdndSelection: selection, UriList: kind, .. } = self.atoms;
                    self.connection.convert_selection(self.proxy, selection, kind, selection, time)?;
                }
                Do::Tell(drag) => self.recipient.tell(drag),
            }
        }
        Ok(())
    }

    /// What happens to files that are taken: they are only read.
    fn action(&self, accept: bool) -> Atom {
        if accept { self.atoms.XdndActionCopy } else { NONE }
    }

    fn send(&self, to: Window, kind: Atom, data: [u32; 5]) -> Result<()> {
        let message = ClientMessageEvent::new(32, to, kind, data);
        self.connection.send_event(false, to, EventMask::NO_EVENT, message)?;
        Ok(())
    }

    /// The types that a source with more than three of them offers.
    fn offered(&self, source: Window) -> Result<Vec<Atom>> {
        let list = self.atoms.XdndTypeList;
        let list = self.connection.get_property(false, source, list, AtomEnum::ATOM, 0, MOST_TYPES)?;
        Ok(list.reply()?.value32().into_iter().flatten().collect())
    }

    /// The list that has arrived. Nothing if it is too long to be one, or would come piece by piece (its type is INCR).
    fn fetched(&self) -> Result<Option<Vec<u8>>> {
        let Atoms { XdndSelection: property, UriList: kind, .. } = self.atoms;
        // What is read to its end goes; of another type, nothing is read and it stays.
        let list = self.connection.get_property(true, self.proxy, property, kind, 0, LONGEST_LIST)?;
        let list = list.reply()?;
        if list.bytes_after > 0 && list.type_ == kind {
            self.connection.delete_property(self.proxy, property)?;
        }
        Ok((list.type_ == kind && list.format == 8 && list.bytes_after == 0).then_some(list.value))
    }

    /// Whether a place on the screen is in our window and that can be seen.
    fn is_inside(&self, [x, y]: [i16; 2]) -> Result<bool> {
        let place = self.connection.translate_coordinates(self.root, self.window, x, y)?;
        let size = self.connection.get_geometry(self.window)?;
        let state = self.connection.get_window_attributes(self.window)?;
        let (place, size, state) = (place.reply()?, size.reply()?, state.reply()?);
        let within = |at: i16, length: u16| (0..i32::from(length)).contains(&i32::from(at));
        Ok(place.same_screen
            && state.map_state == MapState::VIEWABLE
            && within(place.dst_x, size.width)
            && within(place.dst_y, size.height))
    }

    /// Asks to be told when this window goes, moves to another parent, or has a property changed.
    fn watch(&self, window: Window) -> Result<()> {
        let events = EventMask::STRUCTURE_NOTIFY | EventMask::PROPERTY_CHANGE;
        let look = ChangeWindowAttributesAux::new().event_mask(events);
        self.connection.change_window_attributes(window, &look)?;
        Ok(())
    }

    /// Names our proxy on the host's window as well, if that and all between take no drops of their own: sources made
    /// with GTK look no deeper than the window that the window manager knows.
    fn find_host(&mut self) -> Result<()> {
        let host = self.free_host()?;
        if self.host != host {
            // The one before may have gone.
            let _ = self.leave_host();
            if let Some(host) = host {
                self.name_proxy(host)?;
            }
            self.host = host;
        }
        Ok(())
    }

    /// The host's window, if drops there would be lost without us. What is looked at on the way is watched, because any
    /// of it may come later or change: the host's window is often managed only after ours is open.
    fn free_host(&self) -> Result<Option<Window>> {
        let mut window = self.window;
        while !self.has(window, self.atoms.WM_STATE)? {
            window = self.connection.query_tree(window)?.reply()?.parent;
            if window == NONE || window == self.root {
                return Ok(None);
            }
            self.watch(window)?;
            let taken = self.has(window, self.atoms.XdndAware)?
                || self.proxy_of(window)?.is_some_and(|proxy| proxy != self.proxy);
            if taken {
                return Ok(None);
            }
        }
        Ok((window != self.window).then_some(window))
    }

    /// Takes our proxy's name off the host's window.
    fn leave_host(&mut self) -> Result<()> {
        let Some(host) = self.host.take() else { return Ok(()) };
        if self.proxy_of(host)? == Some(self.proxy) {
            self.connection.delete_property(host, self.atoms.XdndProxy)?.check()?;
        }
        Ok(())
    }

    fn has(&self, window: Window, property: Atom) -> Result<bool> {
        let found = self.connection.get_property(false, window, property, AtomEnum::ANY, 0, 0)?;
        Ok(found.reply()?.type_ != NONE)
    }

    fn proxy_of(&self, window: Window) -> Result<Option<Window>> {
        let (property, kind) = (self.atoms.XdndProxy, AtomEnum::WINDOW);
        let found = self.connection.get_property(false, window, property, kind, 0, 1)?.reply()?;
        Ok(found.value32().and_then(|mut windows| windows.next()))
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        // If the host's window has gone, so has what was on it.
        let _ = self.leave_host();
    }
}
