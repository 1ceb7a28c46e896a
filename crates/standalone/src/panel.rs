//! What the window works: the player, the memory of its songs, their separation, and the learning of MIDI controls.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use unbraid_plugin::params::UnbraidParams;
use unbraid_plugin::player::{Playback, Player, Practice};

use crate::desk::{Automation, Learning, Mix, Worker, desk};

use crate::memory::{Memory, Remembered};
use crate::player::{Remote, Settings};
use crate::separation::Separator;

/// The window's side of the program. Cloning gives another handle on the same. Not for the audio thread.
#[derive(Clone)]
pub struct Panel {
    player: Remote,
    memory: Arc<Memory>,
    learning: Arc<Learning>,
    params: Arc<UnbraidParams>,
    mixes: Arc<Mutex<Sender<Option<Mix>>>>,
    separator: Arc<Separator>,
    /// File of the open song.
    song: Arc<Mutex<Option<PathBuf>>>,
}

impl Panel {
    /// Starts the thread that moves `params`. Its other end is for the audio thread. The program's files are in `folder`, if
    /// there is one.
    pub fn new(player: Remote, params: &Arc<UnbraidParams>, folder: Option<&Path>) -> (Self, Automation) {
        let (automation, console) = desk(params);
        let (sender, mixes) = mpsc::channel();
        let panel = Self {
            player,
            memory: Arc::new(Memory::new(folder.map(|folder| folder.join("songs")))),
            learning: Arc::default(),
            params: params.clone(),
            mixes: Arc::new(Mutex::new(sender)),
            separator: Arc::default(),
            song: Arc::default(),
        };
        let learning = Arc::downgrade(&panel.learning);
        let file = folder.map(|folder| folder.join("midi.json"));
        let keeper = panel.keeper();
        let worker = Worker::new(console, file);
        let run = move || worker.run(&mixes, &learning, keeper);
        if let Err(error) = thread::Builder::new().name("unbraid-desk".into()).spawn(run) {
            panel.learning.report(format!("MIDI and songs' mixes do not work now ({error})"));
        }
        (panel, automation)
    }

    /// Keeps what has changed, for the desk's thread. Holds no handle that keeps the thread alive.
    fn keeper(&self) -> impl Fn(bool) + Send + 'static {
        let memory = Arc::downgrade(&self.memory);
        let learning = Arc::downgrade(&self.learning);
        let (player, params) = (self.player.downgrade(), self.params.clone());
        move |settled| {
            let (Some(memory), Some(learning), Some(player)) =
                (memory.upgrade(), learning.upgrade(), player.upgrade())
            else {
                return;
            };
            if settled {
                memory.settle();
            }
            if let Err(error) = memory.keep(|| state(&player, &params)) {
                learning.report(error);
            }
        }
    }

    /// Keeps what has changed of the open song.
    pub fn keep(&self) {
        if let Err(error) = self.memory.keep(|| state(&self.player, &self.params)) {
            self.learning.report(error);
        }
    }

    /// The program ends: keeps what has changed, and stops a separation.
    pub fn end(&self) {
        self.keep();
        self.separator.end();
    }

    /// Songs are resampled to `rate` Hz from now on.
    pub fn set_rate(&self, rate: u32) {
        self.player.set_rate(rate);
    }

    /// Starts to read a song, as [`Player::open`]. The thread that reads calls `report` with the song's title, or with
    /// one line for people if it cannot be read.
    pub fn open_reporting(&self, path: &Path, report: impl FnOnce(Result<&str, &str>) + Send + 'static) {
        let panel = self.clone();
        let file = path.to_owned();
        self.player.open_reporting(path, move |title| panel.recall(&file, title), report);
    }

    /// How the song at `path` is played at first: as it was last.
    fn recall(&self, path: &Path, title: &str) -> Settings {
        self.keep();
        *self.song.lock().unwrap_or_else(PoisonError::into_inner) = Some(path.to_owned());
        let looping = self.player.settings().looping;
        let fresh = Settings { looping, practice: Practice::default() };
        let state = Remembered::new(title.into(), Mix::of(&self.params), looping, fresh.practice);
        let recalled = self.memory.recall(path, state).unwrap_or_else(|error| {
            self.learning.report(error);
            None
        });
        let settings = recalled
            .as_ref()
            .map_or(fresh, |song| Settings { looping: song.looping, practice: song.practice });
        let mixes = self.mixes.lock().unwrap_or_else(PoisonError::into_inner);
        // Without a desk, which was reported, the mix stays.
        let _ = mixes.send(recalled.map(|song| song.mix));
        settings
    }
}

/// The song that `player` plays, mixed as `params` say.
fn state(player: &Remote, params: &UnbraidParams) -> Remembered {
    let settings = player.settings();
    Remembered::new(player.title(), Mix::of(params), settings.looping, settings.practice)
}

impl Player for Panel {
    fn playback(&self) -> Playback {
        let (learning, separation) = (self.learning.line(), self.separator.state());
        Playback { learning, separation, ..self.player.playback() }
    }

    fn extensions(&self) -> &'static [&'static str] {
        self.player.extensions()
    }

    fn open(&self, path: &Path) {
        self.open_reporting(path, |_| ());
    }

    fn play(&self, playing: bool) {
        self.player.play(playing);
    }

    fn set_looping(&self, looping: bool) {
        self.player.set_looping(looping);
    }

    fn seek(&self, position: f64) {
        self.player.seek(position);
    }

    fn practise(&self, practice: Practice) {
        self.player.practise(practice);
    }

    fn learn(&self, learning: bool) {
        self.learning.set(learning);
    }

    fn separate(&self, folder: &Path) {
        let song = self.song.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(song) = song {
            self.separator.start(&song, folder);
        }
    }

    fn stop_separating(&self) {
        self.separator.stop();
    }

    fn take_error(&self) -> Option<String> {
        let error = self.player.take_error().or_else(|| self.learning.take_error());
        error.or_else(|| self.separator.take_error())
    }
}

#[cfg(test)]
mod tests;
