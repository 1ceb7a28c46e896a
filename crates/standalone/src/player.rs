//! The file player: a song in the place of the input, so that the plug-in can be tried without a DAW.
//!
//! Songs are read and resampled on a thread of their own. The audio thread takes them over, and gives back what it no
//! longer needs, through two slots that it tries and never waits for.

mod source;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use unbraid_plugin::player::{Playback, Player};
use unbraid_song::Song;

pub use source::Source;

/// No seek is asked for.
const NOWHERE: u64 = u64::MAX;

/// A song as the audio thread plays it: two channels of equal length at the program's rate.
type Audio = [Vec<f32>; 2];

/// What the window and the audio thread have in common.
pub struct Deck {
    playing: AtomicBool,
    looping: AtomicBool,
    loading: AtomicBool,
    /// Samples played, written by the audio thread.
    position: AtomicU64,
    /// Where to go, in samples, or [`NOWHERE`].
    seek: AtomicU64,
    /// Length of the song in samples.
    length: AtomicU64,
    /// Sample rate in Hz; 0 before activation.
    rate: AtomicU32,
    /// A song lies ready: the one that plays has to fade.
    waiting: AtomicBool,
    /// A song for the audio thread to take.
    ready: Mutex<Option<Audio>>,
    /// A song that the audio thread is done with.
    retired: Mutex<Option<Audio>>,
    title: Mutex<String>,
    error: Mutex<Option<String>>,
}

impl Default for Deck {
    fn default() -> Self {
        Self {
            playing: AtomicBool::new(false),
            looping: AtomicBool::new(true),
            loading: AtomicBool::new(false),
            position: AtomicU64::new(0),
            seek: AtomicU64::new(NOWHERE),
            length: AtomicU64::new(0),
            rate: AtomicU32::new(0),
            waiting: AtomicBool::new(false),
            ready: Mutex::default(),
            retired: Mutex::default(),
            title: Mutex::default(),
            error: Mutex::default(),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Deck {
    /// Songs are resampled to `rate` Hz from now on. Not for the audio thread.
    pub fn set_rate(&self, rate: u32) {
        self.rate.store(rate, Ordering::Relaxed);
    }

    /// Reads the song at `path` and lays it out for the audio thread. Takes seconds.
    fn read(&self, path: &Path) -> Result<(), String> {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let rate = match self.rate.load(Ordering::Relaxed) {
            0 => return Err(format!("{name}: audio is not running yet")),
            rate => rate,
        };
        let mut song: Song = unbraid_song::read(path, &name).map_err(|error| format!("{error:#}"))?;
        song.resample(rate).map_err(|error| format!("{error:#}"))?;
        let length = song.len() as u64;
        let mut channels = song.channels.into_iter();
        let (Some(left), Some(right)) = (channels.next(), channels.next()) else {
            return Err(format!("{name} has no two channels"));
        };
        drop(lock(&self.retired).take());
        *lock(&self.ready) = Some([left, right]);
        self.waiting.store(true, Ordering::Relaxed);
        *lock(&self.title) = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        self.length.store(length, Ordering::Relaxed);
        self.position.store(0, Ordering::Relaxed);
        self.playing.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn load(&self, path: &Path) {
        if let Err(reason) = self.read(path) {
            *lock(&self.error) = Some(reason);
        }
        self.loading.store(false, Ordering::Relaxed);
    }

    fn seconds(&self, samples: &AtomicU64) -> f64 {
        samples.load(Ordering::Relaxed) as f64 / f64::from(self.rate.load(Ordering::Relaxed).max(1))
    }
}

/// A [`Deck`] as the window works it.
#[derive(Clone, Default)]
pub struct Remote(pub Arc<Deck>);

impl Player for Remote {
    fn playback(&self) -> Playback {
        let deck = &self.0;
        Playback {
            title: lock(&deck.title).clone(),
            length: deck.seconds(&deck.length),
            position: deck.seconds(&deck.position),
            playing: deck.playing.load(Ordering::Relaxed),
            looping: deck.looping.load(Ordering::Relaxed),
            loading: deck.loading.load(Ordering::Relaxed),
        }
    }

    fn open(&self, path: &Path) {
        if self.0.loading.swap(true, Ordering::Relaxed) {
            return;
        }
        let (deck, file) = (self.0.clone(), path.to_owned());
        let reader = thread::Builder::new().name("unbraid-song".into());
        if let Err(error) = reader.spawn(move || deck.load(&file)) {
            *lock(&self.0.error) = Some(format!("{}: cannot be read now ({error})", path.display()));
            self.0.loading.store(false, Ordering::Relaxed);
        }
    }

    fn play(&self, playing: bool) {
        self.0.playing.store(playing, Ordering::Relaxed);
    }

    fn set_looping(&self, looping: bool) {
        self.0.looping.store(looping, Ordering::Relaxed);
    }

    fn seek(&self, position: f64) {
        let rate = f64::from(self.0.rate.load(Ordering::Relaxed));
        self.0.seek.store((position.max(0.0) * rate) as u64, Ordering::Relaxed);
    }

    fn take_error(&self) -> Option<String> {
        lock(&self.0.error).take()
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::{Duration, Instant};

    use super::*;

    fn clip() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/clips/francium.flac")
    }

    fn wait(remote: &Remote) {
        let start = Instant::now();
        while remote.playback().loading {
            assert!(start.elapsed() < Duration::from_secs(60), "the song was never read");
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn opened(rate: u32) -> (Remote, Source) {
        let remote = Remote::default();
        remote.0.set_rate(rate);
        remote.open(&clip());
        wait(&remote);
        assert_eq!(remote.take_error(), None);
        let source = Source::new(remote.0.clone());
        (remote, source)
    }

    fn played(source: &mut Source, samples: usize) -> Vec<f32> {
        let mut left = vec![0.0; samples];
        for block in left.chunks_mut(512) {
            let mut right = vec![0.0; block.len()];
            source.fill(&mut [&mut *block, &mut right]);
        }
        left
    }

    #[test]
    fn a_song_plays_once_it_is_read_and_keeps_its_length_at_any_rate() {
        for rate in [44_100, 48_000] {
            let (remote, mut source) = opened(rate);
            let state = remote.playback();
            assert!(state.playing);
            assert_eq!(state.title, "francium");
            assert!((state.length - 20.0).abs() < 0.01, "{} s at {rate} Hz", state.length);
            let sound = played(&mut source, rate as usize);
            assert!(sound.iter().any(|sample| sample.abs() > 0.01));
            assert!((remote.playback().position - 1.0).abs() < 0.02);
        }
    }

    #[test]
    fn pausing_lets_the_input_through_and_seeking_goes_where_it_says() {
        let (remote, mut source) = opened(44_100);
        played(&mut source, 44_100);
        remote.play(false);
        played(&mut source, 4096);
        let paused = remote.playback().position;
        let mut input = vec![0.25; 512];
        source.fill(&mut [&mut input, &mut vec![0.25; 512]]);
        assert_eq!(input, vec![0.25; 512], "the input is heard");
        assert_eq!(remote.playback().position, paused);
        remote.seek(10.0);
        remote.play(true);
        played(&mut source, 44_100);
        assert!((remote.playback().position - 11.0).abs() < 0.05, "{}", remote.playback().position);
    }

    #[test]
    fn the_end_is_the_beginning_again_with_loop_and_a_pause_without() {
        for looping in [true, false] {
            let (remote, mut source) = opened(44_100);
            remote.set_looping(looping);
            remote.seek(19.5);
            played(&mut source, 44_100);
            let state = remote.playback();
            assert_eq!(state.playing, looping);
            assert!(state.position < 1.0, "{}", state.position);
        }
    }

    #[test]
    fn starting_pausing_and_seeking_make_no_step() {
        let (remote, mut source) = opened(44_100);
        // The song's own largest step between two samples, here and where it goes.
        remote.seek(5.0);
        let calm = played(&mut source, 44_100);
        let step = |sound: &[f32]| sound.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
        let own = step(&calm[2048..]).max(0.05);
        let mut sound = played(&mut source, 2048);
        remote.play(false);
        sound.extend(played(&mut source, 2048));
        remote.play(true);
        sound.extend(played(&mut source, 2048));
        remote.seek(6.0);
        sound.extend(played(&mut source, 4096));
        assert!(step(&sound) < 1.5 * own, "{} against {own}", step(&sound));
    }

    #[test]
    fn what_is_no_song_is_said_and_what_plays_goes_on() {
        let (remote, mut source) = opened(44_100);
        played(&mut source, 512);
        remote.open(Path::new("/nowhere/song.flac"));
        wait(&remote);
        assert!(remote.take_error().unwrap().contains("song.flac"));
        assert_eq!(remote.take_error(), None, "said once");
        let state = remote.playback();
        assert!(state.playing && state.title == "francium");
    }

    #[test]
    fn the_audio_thread_drops_no_song() {
        let (remote, mut source) = opened(44_100);
        played(&mut source, 512);
        remote.open(&clip());
        wait(&remote);
        played(&mut source, 4096);
        assert!(lock(&remote.0.retired).is_some());
    }
}
