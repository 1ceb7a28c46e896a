//! What window and audio thread tell each other about playback.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

/// No seek is asked for.
const NOWHERE: u64 = u64::MAX;

/// Numbers that stand for themselves. Any thread may read and write them.
pub struct Transport {
    pub playing: AtomicBool,
    pub looping: AtomicBool,
    pub loading: AtomicBool,
    /// Samples played, written by the audio thread.
    pub position: AtomicU64,
    /// Where to go, in samples, or [`NOWHERE`].
    seek: AtomicU64,
    /// Length of the song in samples.
    pub length: AtomicU64,
    /// Sample rate in Hz; 0 before activation.
    pub rate: AtomicU32,
    /// A song is published: the one that plays has to fade.
    waiting: AtomicBool,
}

impl Default for Transport {
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
        }
    }
}

impl Transport {
    /// A song of `length` samples was published; it plays as soon as the audio thread takes it.
    pub fn announce(&self, length: u64) {
        self.waiting.store(true, Ordering::Relaxed);
        self.length.store(length, Ordering::Relaxed);
        self.position.store(0, Ordering::Relaxed);
        self.playing.store(true, Ordering::Relaxed);
    }

    /// A song is published and not taken.
    pub fn is_announced(&self) -> bool {
        self.waiting.load(Ordering::Relaxed)
    }

    /// The audio thread has taken the song that was published.
    pub fn taken(&self) {
        self.waiting.store(false, Ordering::Relaxed);
    }

    /// Asks the audio thread to go to `position` in seconds.
    pub fn seek_to(&self, position: f64) {
        let rate = f64::from(self.rate.load(Ordering::Relaxed));
        // Saturates, and whoever seeks beyond the end comes to the end.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        self.seek.store((position.max(0.0) * rate) as u64, Ordering::Relaxed);
    }

    /// The sample to go to, if one is asked for.
    pub fn target(&self) -> Option<usize> {
        match self.seek.load(Ordering::Relaxed) {
            NOWHERE => None,
            target => Some(usize::try_from(target).unwrap_or(usize::MAX)),
        }
    }

    /// The audio thread has gone where it was asked to.
    pub fn arrived(&self) {
        self.seek.store(NOWHERE, Ordering::Relaxed);
    }

    /// `samples` in seconds.
    pub fn seconds(&self, samples: &AtomicU64) -> f64 {
        // Songs are shorter than 2^52 samples.
        #[expect(clippy::cast_precision_loss)]
        let samples = samples.load(Ordering::Relaxed) as f64;
        samples / f64::from(self.rate.load(Ordering::Relaxed).max(1))
    }
}
