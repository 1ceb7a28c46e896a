//! The thread that writes what the audio thread records.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use ringbuf::traits::{Consumer, Observer};
use unbraid_engine::STEMS;

use super::session::{Drain, Mark, WIDTH};
use super::take::{Place, Take, TakeError};
use crate::status::Status;

/// Time between two looks into the ring.
const LOOK: Duration = Duration::from_millis(25);

/// Most frames that are written at once.
const PIECE: usize = 4096;

/// A take that is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// Its files, in the order of the stems.
    pub files: [PathBuf; STEMS],
    /// Its length in frames.
    pub frames: u64,
    /// Sample rate in Hz.
    pub rate: u32,
    /// Frames that were dropped, and are silence.
    pub dropped: u64,
}

/// What the window and all writers share. The audio thread never touches it.
#[derive(Default)]
pub struct Desk {
    /// First part of the names of takes that begin from now on.
    pub name: Mutex<String>,
    /// The last take that is complete.
    pub last: Mutex<Option<Arc<Finished>>>,
    /// Where errors are told.
    pub status: Arc<Status>,
}

/// A take in work, which has files from its first frame on.
enum Work {
    None,
    Announced(Option<u64>),
    Running(Box<Take>, u64),
}

/// Drains one session into takes.
pub struct Writer {
    drain: Drain,
    desk: Arc<Desk>,
    folder: PathBuf,
    rate: u32,
    work: Work,
    /// Frames taken out of the ring.
    frames: u64,
    piece: Box<[f32]>,
}

impl Writer {
    /// Writes to `folder` what comes out of `drain`, at `rate` Hz.
    pub fn new(drain: Drain, desk: Arc<Desk>, folder: PathBuf, rate: u32) -> Self {
        let piece = vec![0.0; WIDTH * PIECE].into();
        Self { drain, desk, folder, rate, work: Work::None, frames: 0, piece }
    }

    /// Writes until nothing more is wanted, or nothing more can come.
    pub fn run(mut self) {
        loop {
            let last =
                self.drain.shared.disarmed.load(Ordering::Relaxed) || !self.drain.samples.write_is_held();
            self.drain();
            if last {
                break self.finish();
            }
            thread::park_timeout(LOOK);
        }
    }

    fn drain(&mut self) {
        // First the samples that are there, so that all marks before them are there, too.
        let until = self.frames + (self.drain.samples.occupied_len() / WIDTH) as u64;
        while let Some(mark) = self.drain.marks.try_peek().copied() {
            if mark.at() > until {
                break;
            }
            self.pull(mark.at());
            self.drain.marks.skip(1);
            match mark {
                // After a failure, what is left is taken out of the ring and forgotten.
                Mark::Start(..) if self.drain.shared.failed.load(Ordering::Relaxed) => {}
                Mark::Start(_, place) => {
                    self.finish();
                    self.work = Work::Announced(place);
                }
                Mark::Missing(_, frames) => self.fill(frames),
                Mark::End(_) => self.finish(),
            }
        }
        self.pull(until);
    }

    /// Takes the frames before the `until`th out of the ring.
    fn pull(&mut self, until: u64) {
        while self.frames < until {
            let frames = usize::try_from(until - self.frames).unwrap_or(PIECE).min(PIECE);
            let taken = self.drain.samples.pop_slice(&mut self.piece[..WIDTH * frames]) / WIDTH;
            if taken == 0 {
                return;
            }
            self.frames += taken as u64;
            self.begin();
            if let Work::Running(take, _) = &mut self.work
                && let Err(error) = take.write(&self.piece[..WIDTH * taken])
            {
                self.fail(&error);
            }
        }
    }

    /// Writes silence in the place of frames that were dropped.
    fn fill(&mut self, frames: u64) {
        self.begin();
        if let Work::Running(take, dropped) = &mut self.work {
            *dropped += frames;
            if let Err(error) = take.write_silence(frames) {
                self.fail(&error);
            }
        }
    }

    /// Makes the files of a take that was announced.
    fn begin(&mut self) {
        let Work::Announced(start) = self.work else { return };
        let name = self.desk.name.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let place = Place { folder: &self.folder, name: &name, rate: self.rate, start };
        match Take::begin(&place) {
            Ok(take) => self.work = Work::Running(Box::new(take), 0),
            Err(error) => self.fail(&error),
        }
    }

    /// Completes the take that runs, if any.
    fn finish(&mut self) {
        let Work::Running(take, dropped) = std::mem::replace(&mut self.work, Work::None) else { return };
        let finished = Finished { files: take.paths(), frames: take.frames(), rate: self.rate, dropped };
        if let Err(error) = take.finish() {
            self.fail(&error);
        }
        self.keep(finished);
    }

    /// Nothing more can be written: says so, and keeps what there is.
    fn fail(&mut self, error: &TakeError) {
        self.drain.shared.failed.store(true, Ordering::Relaxed);
        self.desk.status.report_problem(error.to_string());
        if let Work::Running(take, dropped) = std::mem::replace(&mut self.work, Work::None) {
            self.keep(Finished { files: take.paths(), frames: take.frames(), rate: self.rate, dropped });
        }
    }

    fn keep(&self, finished: Finished) {
        if finished.dropped > 0 {
            self.desk.status.report_problem(format!(
                "{} samples were dropped while recording and are silence: the disk was too slow",
                finished.dropped
            ));
        }
        *self.desk.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(finished));
    }
}
