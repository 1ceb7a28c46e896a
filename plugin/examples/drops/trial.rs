//! What is tried, and what must come of it.

use std::fs;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nice_plug::context::gui::AsyncExecutor;
use nice_plug::editor::ParentWindowHandle;
use nice_plug::prelude::{Editor, Plugin};
use unbraid_plugin::Unbraid;
use unbraid_plugin::instance::Instance;
use unbraid_plugin::mode::Mode;
use unbraid_plugin::player::{Playback, Player};

use super::host;
use super::source::{Drag, Give, Result, Search, Source, wait};

/// The frame around the window while files are over it: its colour, and a point on it.
const FRAME: [u8; 3] = [0xd6, 0xdd, 0xe8];
const ON_FRAME: [i16; 2] = [500, 3];
/// A point in the middle of the plug-in's window; and one of a host's window beside the plug-in's.
const MIDDLE: [i16; 2] = [500, 300];
const BESIDE: [i16; 2] = [1100, 700];
/// Longest that a window may take to close.
const CLOSED: Duration = Duration::from_secs(5);

/// A window of the plug-in, and what it is dragged onto from.
struct Trial<'a> {
    source: &'a Source,
    instance: Instance,
    opened: Arc<Opened>,
    folder: PathBuf,
}

pub fn run() -> Result<()> {
    let source = Source::new()?;
    let opened = Arc::new(Opened::default());
    let mut plugin = Unbraid::with_player(opened.clone());
    let editor = plugin
        .editor(AsyncExecutor::new(Arc::new(|_| {}), Arc::new(|_| {})))
        .ok_or("the plug-in has no window")?;
    let folder = std::env::temp_dir().join(format!("unbraid-drops-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let trial = Trial { source: &source, instance: plugin.instance().clone(), opened, folder };
    let result = trial.all(&editor);
    fs::remove_dir_all(&trial.folder)?;
    result
}

impl Trial<'_> {
    fn all(&self, editor: &impl Editor) -> Result<()> {
        self.alone(editor).map_err(|reason| format!("alone on the screen: {reason}"))?;
        self.embedded(editor).map_err(|reason| format!("in a host that takes no drops: {reason}"))?;
        self.in_a_taker(editor).map_err(|reason| format!("in a host that takes drops: {reason}"))?;
        println!("files dragged onto the window arrive: alone on the screen and in a host's window");
        Ok(())
    }

    fn alone(&self, editor: &impl Editor) -> Result<()> {
        let open = host::open(editor, None)?;
        let window = self.window()?;
        for search in [Search::Down, Search::Managed] {
            self.hint(window, search).map_err(|reason| format!("{search:?}: {reason}"))?;
            self.song(window, search).map_err(|reason| format!("{search:?}: {reason}"))?;
        }
        self.network(window)?;
        self.refusals(window)?;
        self.song(window, Search::Down).map_err(|reason| format!("after what was refused: {reason}"))?;
        self.hold(self.source, window, Search::Down)?;
        close(open)
    }

    fn embedded(&self, editor: &impl Editor) -> Result<()> {
        let outside = self.source.host_window(1200, 800)?;
        let open = host::open(editor, inside(outside))?;
        let window = self.window()?;
        self.wait_for_proxy(outside, true)?;
        for search in [Search::Down, Search::Managed] {
            self.hint(window, search).map_err(|reason| format!("{search:?}: {reason}"))?;
            self.song(window, search).map_err(|reason| format!("{search:?}: {reason}"))?;
        }
        let beside = self.source.on_screen(outside, BESIDE[0], BESIDE[1])?;
        let drag = self.source.enter(beside, Search::Managed, &self.types())?.ok_or("nobody takes drops")?;
        if drag.position(beside)? {
            return Err("files are taken beside the plug-in's window".into());
        }
        drag.leave()?;
        // A host that begins to take drops later gets them.
        self.source.make_aware(outside)?;
        self.wait_for_proxy(outside, false)?;
        close(open)?;
        self.source.destroy(outside)?;

        // A host that moves the window elsewhere, and ends the window where it was.
        let before = self.source.host_window(1200, 800)?;
        let open = host::open(editor, inside(before))?;
        let window = self.window()?;
        self.wait_for_proxy(before, true)?;
        let outside = self.source.host_window(1200, 800)?;
        self.source.reparent(window, outside)?;
        self.source.destroy(before)?;
        self.wait_for_proxy(outside, true)?;
        close(open)?;
        if self.source.has(outside, self.source.atoms.XdndProxy)? {
            return Err("a closed window leaves its proxy on the host's".into());
        }
        self.source.destroy(outside)
    }

    fn in_a_taker(&self, editor: &impl Editor) -> Result<()> {
        let outside = self.source.host_window(1200, 800)?;
        self.source.make_aware(outside)?;
        let open = host::open(editor, inside(outside))?;
        self.window()?;
        sleep(Duration::from_millis(500));
        if self.source.has(outside, self.source.atoms.XdndProxy)? {
            return Err("the host's drops are taken from it".into());
        }
        close(open)?;
        self.source.destroy(outside)
    }

    /// The plug-in's window, once it is on the screen and has been drawn.
    fn window(&self) -> Result<u32> {
        let window = self.source.find("Unbraid")?;
        wait("a first picture", || {
            let colour = self.source.colour(window, MIDDLE[0], MIDDLE[1])?;
            Ok((colour != [0; 3]).then_some(()))
        })?;
        Ok(window)
    }

    /// More than three types, as file managers offer, with the one that counts last.
    fn types(&self) -> [u32; 4] {
        let atoms = &self.source.atoms;
        [atoms.Plain, atoms.Html, atoms.UTF8_STRING, atoms.UriList]
    }

    fn wait_for_proxy(&self, window: u32, there: bool) -> Result<()> {
        let what = if there { "a proxy on the host's window" } else { "the host's window without our proxy" };
        wait(what, || Ok((self.source.has(window, self.source.atoms.XdndProxy)? == there).then_some(())))
    }

    /// Waits for the frame around the window, or for it to be gone.
    fn wait_for_frame(&self, window: u32, there: bool) -> Result<()> {
        wait(if there { "a frame around the window" } else { "the window without a frame" }, || {
            let colour = self.source.colour(window, ON_FRAME[0], ON_FRAME[1])?;
            // Edges are smoothed.
            let frame = colour.iter().zip(FRAME).all(|(is, should)| is.abs_diff(should) < 16);
            Ok((frame == there).then_some(()))
        })
    }

    /// A drag from `source` that is held over the middle of the window.
    fn hold<'a>(&self, source: &'a Source, window: u32, search: Search) -> Result<Drag<'a>> {
        let at = source.on_screen(window, MIDDLE[0], MIDDLE[1])?;
        let drag = source.enter(at, search, &self.types())?.ok_or("nobody takes drops")?;
        if drag.position(at)? { Ok(drag) } else { Err("files are refused".into()) }
    }

    /// Files that are held over the window are shown to be welcome, until they leave or where they come from ends.
    fn hint(&self, window: u32, search: Search) -> Result<()> {
        self.wait_for_frame(window, false)?;
        let drag = self.hold(self.source, window, search)?;
        self.wait_for_frame(window, true)?;
        drag.leave()?;
        self.wait_for_frame(window, false)?;
        let ending = Source::new()?;
        self.hold(&ending, window, search)?;
        self.wait_for_frame(window, true)?;
        drop(ending);
        self.wait_for_frame(window, false)
    }

    /// Drags onto the middle of the window. Whether what was let go was taken.
    fn put(&self, window: u32, search: Search, give: Give<'_>) -> Result<bool> {
        self.hold(self.source, window, search)?.drop(give)
    }

    fn song(&self, window: u32, search: Search) -> Result<()> {
        self.opened.0.lock().map_err(|_| "the window panicked")?.clear();
        let list = b"# a song\r\nfile:///music/%C3%BCber%20100%25%20%231.flac\r\n";
        if !self.put(window, search, Give::List(list))? {
            return Err("the song was not taken".into());
        }
        wait("the song in the player", || {
            let opened = self.opened.0.lock().map_err(|_| "the window panicked")?;
            Ok((*opened == [Path::new("/music/über 100% #1.flac")]).then_some(()))
        })
    }

    fn network(&self, window: u32) -> Result<()> {
        let file = self.folder.join("own.onnx");
        fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/../models/studio.onnx"), &file)?;
        let list = format!("file://localhost{}\r\n", file.display());
        if !self.put(window, Search::Down, Give::List(list.as_bytes()))? {
            return Err("the network was not taken".into());
        }
        let networks = &self.instance.params.networks;
        wait("the network in the plug-in", || {
            Ok(networks.file(Mode::Studio).is_some_and(|chosen| chosen == file).then_some(()))
        })
    }

    /// What is no list of files, and lists that cannot be had.
    fn refusals(&self, window: u32) -> Result<()> {
        let at = self.source.on_screen(window, MIDDLE[0], MIDDLE[1])?;
        let atoms = &self.source.atoms;
        let text = [atoms.Plain, atoms.UTF8_STRING];
        let drag = self.source.enter(at, Search::Down, &text)?.ok_or("nobody takes drops")?;
        if drag.position(at)? {
            return Err("text is taken for files".into());
        }
        drag.leave()?;
        let long = b"file:///music/song.flac\r\n".repeat(60_000);
        let gifts = [
            ("nothing", Give::Nothing),
            ("a list in pieces", Give::Pieces),
            ("a list that is too long", Give::List(&long)),
            ("a list of what lies elsewhere", Give::List(b"http://example.org/song.flac\r\n")),
        ];
        for (what, give) in gifts {
            if self.put(window, Search::Down, give)? {
                return Err(format!("{what} was taken").into());
            }
        }
        Ok(())
    }
}

fn inside(window: u32) -> Option<ParentWindowHandle> {
    NonZeroU32::new(window).map(ParentWindowHandle::XcbWindow)
}

/// Closes a window, and waits for its threads to end. The layers below do not always: a program that ends meanwhile tears
/// OpenGL down under them.
fn close(window: impl Sized) -> Result<()> {
    let start = Instant::now();
    drop(window);
    wait("the end of the threads of a window that has closed", || Ok((!has_threads()?).then_some(())))?;
    let took = start.elapsed();
    if took > CLOSED { Err(format!("a window took {took:?} to close").into()) } else { Ok(()) }
}

/// Whether a window's thread is left: the one that listens for drags, or the layer below's, which has no name of its own
/// and so bears that of the program.
fn has_threads() -> Result<bool> {
    let program = fs::read_to_string("/proc/self/comm")?;
    let main = std::process::id().to_string();
    for thread in fs::read_dir("/proc/self/task")? {
        let thread = thread?;
        // It may end while it is looked at.
        let name = fs::read_to_string(thread.path().join("comm")).unwrap_or_default();
        if name.trim() == "unbraid-drops" || (name == program && thread.file_name() != *main) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A player that notes which songs it was asked for.
#[derive(Default)]
struct Opened(Mutex<Vec<PathBuf>>);

impl Player for Opened {
    fn playback(&self) -> Playback {
        Playback::default()
    }
    fn open(&self, path: &Path) {
        if let Ok(mut opened) = self.0.lock() {
            opened.push(path.to_owned());
        }
    }
    fn play(&self, _playing: bool) {}
    fn set_looping(&self, _looping: bool) {}
    fn seek(&self, _position: f64) {}
    fn take_error(&self) -> Option<String> {
        None
    }
}
