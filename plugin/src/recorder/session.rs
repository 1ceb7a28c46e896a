//! From the audio thread to the thread that writes: a ring of samples, and one of marks between them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use ringbuf::traits::{Consumer, Observer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};
use unbraid_engine::cast::whole_part;
use unbraid_engine::{CHANNELS, STEMS};

use super::timeline::{Heard, Run};

/// Samples of one frame: left and right of each stem.
pub const WIDTH: usize = STEMS * CHANNELS;

/// Most frames that are recorded at once.
pub const CHUNK: usize = 256;

/// Seconds of sound that the ring holds: how long a disk may take.
pub const RING_SECONDS: f64 = 4.0;

/// Marks that the ring holds.
const MARKS: usize = 256;

/// Longest wait for a disk where there is no deadline, and the time between two looks.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(2);

/// What happens before the frame of this number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A take begins, at this place in samples since the song's start, if the host tells.
    Start(u64, Option<u64>),
    /// So many frames are missing.
    Missing(u64, u64),
    /// The take ends.
    End(u64),
}

impl Mark {
    /// The frame's number.
    pub fn at(self) -> u64 {
        match self {
            Self::Start(at, _) | Self::Missing(at, _) | Self::End(at) => at,
        }
    }
}

/// What both ends and the window know. Single numbers, each for itself.
#[derive(Default)]
pub struct Shared {
    /// Nothing more is wanted, says the window.
    pub disarmed: AtomicBool,
    /// Nothing more can be written, says the writer.
    pub failed: AtomicBool,
    /// A take is being recorded, says the audio thread.
    pub recording: AtomicBool,
    /// Its frames so far.
    pub frames: AtomicU64,
    /// Frames of all takes that found the ring full.
    pub dropped: AtomicU64,
}

/// The audio thread's end. Made and dropped elsewhere; all methods are for the audio thread.
pub struct Session {
    samples: HeapProd<f32>,
    marks: HeapProd<Mark>,
    shared: Arc<Shared>,
    /// Frames in a row, `CHUNK` at most.
    interleaved: Box<[f32]>,
    /// Frames that went into the ring.
    frames: u64,
    /// A take was begun and not ended.
    running: bool,
    /// Frames that found the ring full since the last mark, and an end that found it full.
    missing: u64,
    ending: bool,
}

/// The writer's end.
pub struct Drain {
    pub samples: HeapCons<f32>,
    pub marks: HeapCons<Mark>,
    pub shared: Arc<Shared>,
}

/// Both ends, for sound at `rate` Hz. Allocates some megabytes and touches them, so that the audio thread meets no page for
/// the first time.
pub fn session(rate: f32) -> (Box<Session>, Drain) {
    let length = WIDTH * whole_part(RING_SECONDS * f64::from(rate)).max(4 * CHUNK);
    let (mut samples, mut drained) = HeapRb::new(length).split();
    samples.push_iter(std::iter::repeat_n(0.0, length));
    drained.clear();
    let (marks, drained_marks) = HeapRb::new(MARKS).split();
    let shared = Arc::<Shared>::default();
    let session = Session {
        samples,
        marks,
        shared: shared.clone(),
        interleaved: vec![0.0; WIDTH * CHUNK].into(),
        frames: 0,
        running: false,
        missing: 0,
        ending: false,
    };
    (Box::new(session), Drain { samples: drained, marks: drained_marks, shared })
}

impl Session {
    /// Something is still wanted of it.
    pub fn is_open(&self) -> bool {
        !self.shared.disarmed.load(Ordering::Relaxed) && !self.shared.failed.load(Ordering::Relaxed)
    }

    /// Records the frames of `run`, which are `stems`, `CHUNK` at most. Where there is no deadline (`patient`), it waits
    /// for room in the ring.
    pub fn write(&mut self, run: Run, stems: [[&[f32]; CHANNELS]; STEMS], patient: bool) {
        if run.turned {
            self.end();
        }
        let Heard::Song(place) = run.heard else {
            self.end();
            return;
        };
        if !self.running {
            self.start(place);
        }
        let told = self.tell();
        if !self.running {
            // The end before it is not told yet, so this one has not begun.
            self.shared.dropped.fetch_add(run.frames as u64, Ordering::Relaxed);
            return;
        }
        self.shared.frames.fetch_add(run.frames as u64, Ordering::Relaxed);
        if told && self.has_room(WIDTH * run.frames, patient) {
            let frames = self.interleaved.chunks_exact_mut(WIDTH).take(run.frames);
            for (at, frame) in frames.enumerate() {
                for (samples, stem) in frame.chunks_exact_mut(CHANNELS).zip(&stems) {
                    samples[0] = stem[0][at];
                    samples[1] = stem[1][at];
                }
            }
            self.samples.push_slice(&self.interleaved[..WIDTH * run.frames]);
            self.frames += run.frames as u64;
        } else {
            self.missing += run.frames as u64;
            self.shared.dropped.fetch_add(run.frames as u64, Ordering::Relaxed);
        }
    }

    /// Ends the take, if there is one.
    pub fn end(&mut self) {
        if std::mem::take(&mut self.running) {
            self.ending = true;
            self.shared.recording.store(false, Ordering::Relaxed);
        }
        self.tell();
    }

    /// Samples for which there is room.
    #[cfg(test)]
    pub fn room(&self) -> usize {
        self.samples.vacant_len()
    }

    fn start(&mut self, place: Option<u64>) {
        if self.tell() && self.marks.try_push(Mark::Start(self.frames, place)).is_ok() {
            self.running = true;
            self.shared.frames.store(0, Ordering::Relaxed);
            self.shared.recording.store(true, Ordering::Relaxed);
        }
    }

    /// Tells the writer what it has not been told. False if there is no room for that.
    fn tell(&mut self) -> bool {
        // Missing frames are told when there is room for the next ones, so that a gap is told once.
        let gap_ends = self.ending || self.samples.vacant_len() >= WIDTH * CHUNK;
        if self.missing > 0 && gap_ends {
            if self.marks.try_push(Mark::Missing(self.frames, self.missing)).is_err() {
                return false;
            }
            self.missing = 0;
        }
        if self.ending && self.marks.try_push(Mark::End(self.frames)).is_ok() {
            self.ending = false;
        }
        self.missing == 0 && !self.ending
    }

    fn has_room(&self, samples: usize, patient: bool) -> bool {
        let room = || self.samples.vacant_len() >= samples;
        if !patient || room() {
            return room();
        }
        let mut waited = Duration::ZERO;
        while !room() && waited < PATIENCE && self.is_open() && self.samples.read_is_held() {
            std::thread::sleep(LOOK);
            waited += LOOK;
        }
        room()
    }
}
