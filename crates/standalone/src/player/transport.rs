//! What window, feeder and audio thread tell each other about playback.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

/// Numbers that stand for themselves. Any thread may read and write them.
#[derive(Default)]
pub struct Transport {
    pub playing: AtomicBool,
    pub loading: AtomicBool,
    /// Place in the song that is audible, in samples, written by the audio thread.
    pub position: AtomicU32,
    /// Length of the song in samples.
    pub length: AtomicU32,
    /// Sample rate in Hz; 0 before activation.
    pub rate: AtomicU32,
    /// Times that a stream ran dry while it played.
    pub dropouts: AtomicU64,
    /// Requests that the feeder has not served.
    pub pending: AtomicU32,
    /// A stream is published and not taken: the one that plays has to fade.
    announced: AtomicBool,
    /// The song has come to its end.
    ended: AtomicBool,
}

impl Transport {
    /// A stream was published.
    pub fn announce(&self) {
        self.announced.store(true, Ordering::Release);
    }

    /// A stream is published and not taken.
    pub fn is_announced(&self) -> bool {
        self.announced.load(Ordering::Acquire)
    }

    /// The audio thread is about to take the stream that was published.
    pub fn taken(&self) {
        self.announced.store(false, Ordering::Relaxed);
    }

    /// The song has come to its end, says the audio thread.
    pub fn end(&self) {
        self.playing.store(false, Ordering::Relaxed);
        self.ended.store(true, Ordering::Relaxed);
    }

    /// The song has come to its end since this was asked last.
    pub fn take_end(&self) -> bool {
        self.ended.swap(false, Ordering::Relaxed)
    }

    /// `samples` in seconds.
    pub fn seconds(&self, samples: &AtomicU32) -> f64 {
        f64::from(samples.load(Ordering::Relaxed)) / f64::from(self.rate.load(Ordering::Relaxed).max(1))
    }
}
