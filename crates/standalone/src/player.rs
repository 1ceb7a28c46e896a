//! The file player: a song in the place of the input, so that the plug-in can be tried without a DAW.
//!
//! Songs are read and resampled on a thread of their own and published to the audio thread through a mailbox. What the
//! audio thread shares with the window is [`Transport`]: single numbers, each for itself.

mod source;
mod transport;

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use unbraid_engine::mailbox::{Mailbox, Publisher};
use unbraid_plugin::player::{Playback, Player};
use unbraid_song::{RateChoice, ReadOptions};

use source::Audio;
pub use source::Source;
use transport::Transport;

/// The window's and the readers' side of the player. Cloning gives another handle on the same.
#[derive(Clone)]
pub struct Remote(Arc<Deck>);

struct Deck {
    transport: Arc<Transport>,
    songs: Publisher<Audio>,
    title: Mutex<String>,
    error: Mutex<Option<String>>,
}

/// A player: its side for the window, and its side for the audio thread.
pub fn player() -> (Remote, Source) {
    let (transport, songs) = (Arc::<Transport>::default(), Mailbox::new());
    let deck = Deck {
        transport: transport.clone(),
        songs: songs.publisher(),
        title: Mutex::default(),
        error: Mutex::default(),
    };
    (Remote(Arc::new(deck)), Source::new(transport, songs))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Deck {
    /// Reads the song at `path`, publishes it to the audio thread and returns its title. Takes seconds.
    fn read(&self, path: &Path) -> Result<String, String> {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let rate = match self.transport.rate.load(Ordering::Relaxed) {
            0 => return Err(format!("{name}: audio is not running yet")),
            rate => rate,
        };
        let options = ReadOptions { rate: RateChoice::Fixed(rate), name: Some(name) };
        let song = unbraid_song::read_with(path, &options).map_err(|error| error.to_string())?;
        let length = song.len() as u64;
        self.songs.publish(Box::new(song.channels));
        self.transport.announce(length);
        let title = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        lock(&self.title).clone_from(&title);
        Ok(title)
    }

    fn load(&self, path: &Path, report: impl FnOnce(Result<&str, &str>)) {
        let result = self.read(path);
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

    /// Starts to read a song, as [`Player::open`]. The thread that reads calls `report` with the song's title, or with
    /// one line for people if it cannot be read.
    pub fn open_reporting(&self, path: &Path, report: impl FnOnce(Result<&str, &str>) + Send + 'static) {
        let transport = &self.0.transport;
        if transport.loading.swap(true, Ordering::Relaxed) {
            return;
        }
        let (deck, file) = (self.0.clone(), path.to_owned());
        let reader = thread::Builder::new().name("unbraid-song".into());
        if let Err(error) = reader.spawn(move || deck.load(&file, report)) {
            *lock(&self.0.error) = Some(format!("{}: cannot be read now ({error})", path.display()));
            transport.loading.store(false, Ordering::Relaxed);
        }
    }
}

impl Player for Remote {
    fn playback(&self) -> Playback {
        let transport = &self.0.transport;
        Playback {
            title: lock(&self.0.title).clone(),
            length: transport.seconds(&transport.length),
            position: transport.seconds(&transport.position),
            playing: transport.playing.load(Ordering::Relaxed),
            looping: transport.looping.load(Ordering::Relaxed),
            loading: transport.loading.load(Ordering::Relaxed),
        }
    }

    fn open(&self, path: &Path) {
        self.open_reporting(path, |_| ());
    }

    fn play(&self, playing: bool) {
        self.0.transport.playing.store(playing, Ordering::Relaxed);
    }

    fn set_looping(&self, looping: bool) {
        self.0.transport.looping.store(looping, Ordering::Relaxed);
    }

    fn seek(&self, position: f64) {
        self.0.transport.seek_to(position);
    }

    fn take_error(&self) -> Option<String> {
        lock(&self.0.error).take()
    }
}

#[cfg(test)]
mod tests;
