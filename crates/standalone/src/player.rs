//! The file player: a song in the place of the input, so that the plug-in can be tried without a DAW, and songs practised.
//!
//! Songs are read and resampled on a thread of their own, played ahead into a ring by another ([`feeder`]), and taken out of
//! the ring by the audio thread ([`source`]). Whatever is not in the ring, as after a seek or with another tempo, is a new ring,
//! published through a mailbox. What the audio thread shares with the window is [`Transport`]: single numbers, each for itself.

mod click;
mod feeder;
mod source;
mod stream;
mod stretch;
mod tape;
mod transport;

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;

use unbraid_engine::mailbox::Mailbox;
use unbraid_plugin::player::{Playback, Player, Practice, Separation};
use unbraid_song::{RateChoice, ReadOptions};

use feeder::{Feeder, Request};
pub use source::Source;
use stretch::Stretch;
pub use tape::Settings;
use transport::Transport;

/// The window's and the readers' side of the player. Cloning gives another handle on the same.
#[derive(Clone)]
pub struct Remote(Arc<Deck>);

/// A [`Remote`] that does not keep the player alive.
pub struct WeakRemote(Weak<Deck>);

impl WeakRemote {
    /// The player, if there still is one.
    pub fn upgrade(&self) -> Option<Remote> {
        self.0.upgrade().map(Remote)
    }
}

struct Deck {
    transport: Arc<Transport>,
    requests: Sender<Request>,
    settings: Mutex<Settings>,
    title: Mutex<String>,
    error: Mutex<Option<String>>,
}

/// A player: its side for the window, and its side for the audio thread. Starts the thread between them, which ends with
/// the window's side.
pub fn player() -> (Remote, Source) {
    let (transport, streams) = (Arc::<Transport>::default(), Mailbox::new());
    let (requests, served) = mpsc::channel();
    let feeder = Feeder::new(served, streams.publisher(), transport.clone());
    let thread = thread::Builder::new().name("unbraid-feeder".into()).spawn(|| feeder.run());
    let error = thread.err().map(|error| format!("songs cannot be played now ({error})"));
    let deck = Deck {
        transport: transport.clone(),
        requests,
        settings: Mutex::default(),
        title: Mutex::default(),
        error: Mutex::new(error),
    };
    (Remote(Arc::new(deck)), Source::new(transport, streams))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Deck {
    /// Reads the song at `path`, has it played as `settings` say for its title, and returns that. Takes seconds.
    fn read(&self, path: &Path, settings: impl FnOnce(&str) -> Settings) -> Result<String, String> {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let rate = match self.transport.rate.load(Ordering::Relaxed) {
            0 => return Err(format!("{name}: audio is not running yet")),
            rate => rate,
        };
        let options = ReadOptions { rate: RateChoice::Fixed(rate), name: Some(name) };
        let song = unbraid_song::read_with(path, &options).map_err(|error| error.to_string())?;
        let title = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let settings = settings(&title);
        *lock(&self.settings) = settings;
        lock(&self.title).clone_from(&title);
        self.request(Request::Open(Arc::new(song.channels), settings));
        Ok(title)
    }

    /// Asks the feeder, which serves requests in their order.
    fn request(&self, request: Request) {
        self.transport.pending.fetch_add(1, Ordering::Relaxed);
        // Without a feeder, which was reported, nothing plays.
        if self.requests.send(request).is_err() {
            self.transport.pending.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Plays with other settings from now on.
    fn change(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = lock(&self.settings);
        change(&mut settings);
        // Under the lock, so that the last change is the one that is served last.
        self.request(Request::Change(*settings));
    }

    fn load(
        &self,
        path: &Path,
        settings: impl FnOnce(&str) -> Settings,
        report: impl FnOnce(Result<&str, &str>),
    ) {
        let result = self.read(path, settings);
        report(result.as_deref().map_err(String::as_str));
        if let Err(reason) = result {
            *lock(&self.error) = Some(reason);
        }
        self.transport.loading.store(false, Ordering::Relaxed);
    }
}

impl Remote {
    /// Songs are resampled to `rate` Hz from now on.
    pub fn set_rate(&self, rate: u32) {
        self.0.transport.rate.store(rate, Ordering::Relaxed);
    }

    /// How songs are played.
    pub fn settings(&self) -> Settings {
        *lock(&self.0.settings)
    }

    /// Title of the song, empty before one is open.
    pub fn title(&self) -> String {
        lock(&self.0.title).clone()
    }

    /// A handle that does not keep the player alive.
    pub fn downgrade(&self) -> WeakRemote {
        WeakRemote(Arc::downgrade(&self.0))
    }

    /// Starts to read a song, as [`Player::open`]. The thread that reads asks `settings` how the song of this title is
    /// played, and calls `report` with the title, or with one line for people if the song cannot be read.
    pub fn open_reporting(
        &self,
        path: &Path,
        settings: impl FnOnce(&str) -> Settings + Send + 'static,
        report: impl FnOnce(Result<&str, &str>) + Send + 'static,
    ) {
        let transport = &self.0.transport;
        if transport.loading.swap(true, Ordering::Relaxed) {
            return;
        }
        let (deck, file) = (self.0.clone(), path.to_owned());
        let reader = thread::Builder::new().name("unbraid-song".into());
        if let Err(error) = reader.spawn(move || deck.load(&file, settings, report)) {
            *lock(&self.0.error) = Some(format!("{}: cannot be read now ({error})", path.display()));
            transport.loading.store(false, Ordering::Relaxed);
        }
    }
}

impl Player for Remote {
    fn playback(&self) -> Playback {
        let transport = &self.0.transport;
        let settings = self.settings();
        Playback {
            title: self.title(),
            length: transport.seconds(&transport.length),
            position: transport.seconds(&transport.position),
            playing: transport.playing.load(Ordering::Relaxed),
            looping: settings.looping,
            loading: transport.loading.load(Ordering::Relaxed),
            practice: settings.practice,
            learning: None,
            separation: Separation::default(),
        }
    }

    fn extensions(&self) -> &'static [&'static str] {
        unbraid_song::AUDIO_EXTENSIONS
    }

    fn open(&self, path: &Path) {
        let settings = Settings { practice: Practice::default(), ..self.settings() };
        self.open_reporting(path, move |_| settings, |_| ());
    }

    fn play(&self, playing: bool) {
        let transport = &self.0.transport;
        let counted = lock(&self.0.settings).practice.count_in > 0;
        if playing && counted && !transport.playing.load(Ordering::Relaxed) {
            self.0.request(Request::CountIn);
        } else {
            transport.playing.store(playing, Ordering::Relaxed);
        }
    }

    fn set_looping(&self, looping: bool) {
        self.0.change(|settings| settings.looping = looping);
    }

    fn seek(&self, position: f64) {
        self.0.request(Request::Seek(position));
    }

    fn practise(&self, practice: Practice) {
        let practice = practice.in_range();
        let rate = self.0.transport.rate.load(Ordering::Relaxed);
        if (practice.tempo, practice.semitones) != (100, 0) && !Stretch::RATES.contains(&rate) {
            let range = Stretch::RATES;
            let error = format!("tempo and pitch need {} to {} Hz, not {rate}", range.start(), range.end());
            *lock(&self.0.error) = Some(error);
        }
        self.0.change(|settings| settings.practice = practice);
    }

    fn take_error(&self) -> Option<String> {
        lock(&self.0.error).take()
    }
}

#[cfg(test)]
mod tests;
