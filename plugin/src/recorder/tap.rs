//! The audio thread's end of recording, of which each processor has one.

use unbraid_engine::mailbox::{Mailbox, Publisher};
use unbraid_engine::{CHANNELS, STEMS};
use unbraid_formats::Transport;

use super::session::{CHUNK, Session};
use super::timeline::Timeline;

/// Follows the transport, and passes stems on while recording is armed. Made and dropped on the main thread; all other
/// methods are for the audio thread: they make no system call, unless they may wait.
pub struct Tap {
    timeline: Timeline,
    published: Mailbox<Session>,
    session: Option<Box<Session>>,
    /// There is no deadline: a full ring is waited for.
    patient: bool,
}

impl Tap {
    /// Most frames of one [`Tap::write`].
    pub const CHUNK: usize = CHUNK;

    /// For an output that is `latency` samples late, at `rate` Hz. Not for the audio thread.
    pub fn new(latency: u32, rate: f32) -> Self {
        let timeline = Timeline::new(latency, rate);
        Self { timeline, published: Mailbox::new(), session: None, patient: false }
    }

    /// Where sessions are published. Not for the audio thread.
    pub fn publisher(&self) -> Publisher<Session> {
        self.published.publisher()
    }

    /// Whether a full ring may be waited for. Not for the audio thread.
    pub fn set_patient(&mut self, patient: bool) {
        self.patient = patient;
    }

    /// A callback of `frames` begins, at whose first input sample the transport is as told.
    pub fn begin(&mut self, transport: Transport, frames: usize) {
        self.published.take_optional(&mut self.session);
        self.timeline.begin(transport, frames);
    }

    /// The stems are wanted.
    pub fn listens(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.is_open())
    }

    /// The next frames of output were `stems`: at most [`Tap::CHUNK`], all of one length.
    pub fn write(&mut self, stems: [[&[f32]; CHANNELS]; STEMS]) {
        let length = stems[0][0].len();
        let mut from = 0;
        while from < length {
            let run = self.timeline.heard(length - from);
            let to = from + run.frames;
            if let Some(session) = &mut self.session {
                session.write(run, stems.map(|stem| stem.map(|channel| &channel[from..to])), self.patient);
            }
            from = to;
        }
    }

    /// The next `frames` frames of output were not wanted.
    pub fn pass(&mut self, frames: usize) {
        let mut left = frames;
        while left > 0 {
            left -= self.timeline.heard(left).frames;
        }
    }

    /// Ends a take: what is on its way through the processor will not be heard.
    pub fn end(&mut self) {
        self.timeline.reset();
        if let Some(session) = &mut self.session {
            session.end();
        }
    }
}
