//! A program that files are dragged from: the source's side of XDND 5, as far as one target needs it.

use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConnectionExt as _, EventMask, PropMode, SELECTION_NOTIFY_EVENT,
    SelectionNotifyEvent, Window,
};
use x11rb::wrapper::ConnectionExt as _;

use crate::result::Result;
use crate::screen::Screen;

const VERSION: u32 = 5;

x11rb::atom_manager! {
    Atoms: AtomsCookie {
        UriList: b"text/uri-list",
        XdndActionCopy,
        XdndDrop,
        XdndEnter,
        XdndFinished,
        XdndLeave,
        XdndPosition,
        XdndSelection,
        XdndStatus,
    }
}

/// A drag over a window.
pub struct Drag<'a> {
    screen: &'a Screen,
    atoms: Atoms,
    window: Window,
    target: Window,
}

impl<'a> Drag<'a> {
    /// Drags a list of files (`text/uri-list`) to a place on the screen over `target`, and waits until it accepts them.
    ///
    /// # Errors
    /// When the target refuses or does not answer.
    pub fn over(screen: &'a Screen, target: Window, [x, y]: [i16; 2], list: &str) -> Result<Self> {
        let atoms = Atoms::new(&screen.connection)?.reply()?;
        let window = screen.create_window(0, 0, EventMask::PROPERTY_CHANGE)?;
        let drag = Self { screen, atoms, window, target };
        // Any property change tells the server's time.
        let connection = &screen.connection;
        connection.change_property8(PropMode::APPEND, window, AtomEnum::WM_NAME, AtomEnum::STRING, &[])?;
        let time = screen.event("the server's time", |event| match event {
            Event::PropertyNotify(changed) => Some(changed.time),
            _ => None,
        })?;
        connection.set_selection_owner(window, atoms.XdndSelection, time)?;
        drag.send(atoms.XdndEnter, [window, VERSION << 24, atoms.UriList, 0, 0])?;
        let at = u32::from(x.cast_unsigned()) << 16 | u32::from(y.cast_unsigned());
        drag.send(atoms.XdndPosition, [window, 0, at, time, atoms.XdndActionCopy])?;
        drag.give(list)?;
        let status = drag.answer("an answer to the drag", atoms.XdndStatus)?;
        if status[1] & 1 == 1 { Ok(drag) } else { Err("the files are refused".into()) }
    }

    /// Moves away.
    ///
    /// # Errors
    /// From the X server.
    pub fn leave(self) -> Result<()> {
        self.send(self.atoms.XdndLeave, [self.window, 0, 0, 0, 0])
    }

    /// Drops the files.
    ///
    /// # Errors
    /// When the target does not take them.
    pub fn drop(self) -> Result<()> {
        self.send(self.atoms.XdndDrop, [self.window, 0, x11rb::CURRENT_TIME, 0, 0])?;
        let finished = self.answer("the end of the drop", self.atoms.XdndFinished)?;
        if finished[1] & 1 == 1 { Ok(()) } else { Err("the files were not taken".into()) }
    }

    fn send(&self, kind: Atom, data: [u32; 5]) -> Result<()> {
        let message = ClientMessageEvent::new(32, self.target, kind, data);
        self.screen.connection.send_event(false, self.target, EventMask::NO_EVENT, message)?;
        Ok(self.screen.connection.flush()?)
    }

    fn answer(&self, what: &str, kind: Atom) -> Result<[u32; 5]> {
        self.screen.event(what, |event| match event {
            Event::ClientMessage(message) if message.type_ == kind => Some(message.data.as_data32()),
            _ => None,
        })
    }

    /// Waits for the request for the list, and hands it over.
    fn give(&self, list: &str) -> Result<()> {
        let Atoms { XdndSelection, UriList, .. } = self.atoms;
        let request = self.screen.event("a request for the files", |event| match event {
            Event::SelectionRequest(request) if request.selection == XdndSelection => Some(request),
            _ => None,
        })?;
        let (to, property) = (request.requestor, request.property);
        let connection = &self.screen.connection;
        connection.change_property8(PropMode::REPLACE, to, property, UriList, list.as_bytes())?.check()?;
        let reply = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor: to,
            selection: XdndSelection,
            target: UriList,
            property,
        };
        connection.send_event(false, to, EventMask::NO_EVENT, reply)?;
        Ok(connection.flush()?)
    }
}
