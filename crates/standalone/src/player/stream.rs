//! A song on its way to the audio thread: frames that were made ahead, in a ring.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ringbuf::traits::{Consumer, Observer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};

/// One frame of sound.
#[derive(Clone, Copy, Default)]
pub struct Frame {
    /// Left and right.
    pub song: [f32; 2],
    /// Count-in, which is not part of the song.
    pub click: f32,
    /// The place in the song that is audible in it, in samples.
    pub position: u32,
}

/// The audio thread's end.
pub struct Stream {
    frames: HeapCons<Frame>,
    finished: Arc<AtomicBool>,
    /// Place in the song at which it begins, in samples.
    pub start: u32,
    /// A sample of it is a sample of the song.
    pub in_step: bool,
}

/// The end that is fed ahead. Not for the audio thread.
pub struct Feed {
    frames: HeapProd<Frame>,
    finished: Arc<AtomicBool>,
}

/// A stream that begins at sample `start` of the song and holds up to `length` frames. `in_step`: neither tempo nor pitch
/// are changed.
pub fn stream(length: usize, start: u32, in_step: bool) -> (Feed, Stream) {
    let (producer, consumer) = HeapRb::new(length.max(1)).split();
    let finished = Arc::<AtomicBool>::default();
    let feed = Feed { frames: producer, finished: finished.clone() };
    (feed, Stream { frames: consumer, finished, start, in_step })
}

impl Stream {
    /// The next frame, if it was made.
    pub fn next(&mut self) -> Option<Frame> {
        self.frames.try_pop()
    }

    /// At least `frames` frames can be played, or all that will ever come are there.
    pub fn is_ready(&self, frames: usize) -> bool {
        self.finished.load(Ordering::Acquire) || self.frames.occupied_len() >= frames
    }

    /// Nothing is left and nothing will come.
    pub fn is_over(&self) -> bool {
        self.finished.load(Ordering::Acquire) && self.frames.is_empty()
    }
}

impl Feed {
    /// Frames for which there is room.
    pub fn room(&self) -> usize {
        self.frames.vacant_len()
    }

    /// Adds `frames`, for which there is room.
    pub fn push(&mut self, frames: &[Frame]) {
        let pushed = self.frames.push_slice(frames);
        debug_assert_eq!(pushed, frames.len());
    }

    /// Nothing will come any more.
    pub fn finish(&self) {
        self.finished.store(true, Ordering::Release);
    }
}
