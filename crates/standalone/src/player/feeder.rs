//! The thread that makes sound ahead of the audio thread.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use unbraid_engine::mailbox::Publisher;

use super::source::FADE;
use super::stream::{Feed, Frame, Stream, stream};
use super::tape::{Audio, Settings, Tape, length, passage, sample};
use super::transport::Transport;

/// How often the streams are looked after.
const INTERVAL: Duration = Duration::from_millis(5);

/// Sound that is made ahead, in parts of a second: as long as a busy machine keeps this thread waiting.
const AHEAD: u32 = 2;

/// Sound that a stream begins with, in parts of a second.
const BEGINNING: u32 = 20;

/// What the feeder is asked for.
pub enum Request {
    /// Plays a song from its beginning.
    Open(Arc<Audio>, Settings),
    /// Goes to a place in seconds.
    Seek(f64),
    /// Plays with other settings.
    Change(Settings),
    /// Starts to play, counted in.
    CountIn,
}

/// Makes streams for the audio thread.
pub struct Feeder {
    requests: Receiver<Request>,
    streams: Publisher<Stream>,
    transport: Arc<Transport>,
    song: Option<Arc<Audio>>,
    settings: Settings,
    playing: Option<(Tape, Feed)>,
    frames: Vec<Frame>,
    /// Where the last stream begins, in samples.
    begun: u32,
}

impl Feeder {
    /// Serves `requests` by `streams`.
    pub fn new(requests: Receiver<Request>, streams: Publisher<Stream>, transport: Arc<Transport>) -> Self {
        Self {
            requests,
            streams,
            transport,
            song: None,
            settings: Settings::default(),
            playing: None,
            frames: Vec::new(),
            begun: 0,
        }
    }

    /// Runs until nobody can ask for anything any more.
    pub fn run(mut self) {
        loop {
            match self.requests.recv_timeout(INTERVAL) {
                Ok(request) => {
                    self.serve(request);
                    self.transport.pending.fetch_sub(1, Ordering::Release);
                }
                Err(RecvTimeoutError::Timeout) => (),
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if self.transport.take_end() {
                self.begin(0, false);
            }
            self.feed(0);
            // Streams that the audio thread is done with are freed here.
            drop(self.streams.collect());
        }
    }

    fn serve(&mut self, request: Request) {
        match request {
            Request::Open(song, settings) => {
                self.transport.length.store(length(&song), Ordering::Relaxed);
                (self.song, self.settings) = (Some(song), settings);
                self.begin(0, false);
                self.transport.playing.store(true, Ordering::Relaxed);
            }
            Request::Seek(seconds) => {
                if let Some(song) = &self.song {
                    let target = sample(seconds, length(song), self.rate());
                    self.begin(target, false);
                }
            }
            Request::Change(settings) => self.change(settings),
            Request::CountIn => {
                self.begin(self.here(), true);
                self.transport.playing.store(true, Ordering::Relaxed);
            }
        }
    }

    /// Where playback is, or goes to as soon as the audio thread takes the last stream.
    fn here(&self) -> u32 {
        if self.transport.is_announced() {
            self.begun
        } else {
            self.transport.position.load(Ordering::Relaxed)
        }
    }

    fn rate(&self) -> u32 {
        self.transport.rate.load(Ordering::Relaxed)
    }

    /// Goes on with other settings, without a jump where that can be.
    fn change(&mut self, settings: Settings) {
        let before = std::mem::replace(&mut self.settings, settings);
        let Some(song) = &self.song else { return };
        let played = self.here();
        let sound = |settings: Settings| (settings.practice.tempo, settings.practice.semitones);
        let looped = |settings: Settings| (settings.looping, settings.practice.start, settings.practice.end);
        let passage = passage(settings.practice, length(song), self.rate());
        let left = settings.looping && played >= passage.end && looped(before) != looped(settings);
        if left {
            self.begin(passage.start, false);
        } else if sound(before) != sound(settings) {
            let playing = self.transport.playing.load(Ordering::Relaxed);
            // Where the old stream will have faded.
            self.begin(played + if playing { u32::from(FADE) } else { 0 }, false);
        } else if looped(before) != looped(settings)
            && !self.playing.as_mut().is_some_and(|(tape, _)| tape.change_loop(settings, played))
        {
            self.begin(played, false);
        }
    }

    /// Publishes a stream from sample `start` on.
    fn begin(&mut self, start: u32, counted: bool) {
        let Some(song) = self.song.clone() else { return };
        let rate = self.rate();
        let start = start.min(length(&song));
        let tape = Tape::new(song, rate, self.settings, start, counted);
        let (feed, stream) = stream((rate / AHEAD) as usize, start, tape.is_in_step());
        self.frames.clear();
        self.playing = Some((tape, feed));
        self.feed((rate / AHEAD - rate / BEGINNING) as usize);
        self.begun = start;
        self.streams.publish(Box::new(stream));
        self.transport.announce();
    }

    /// Fills the stream until there is room for no more than `room` frames.
    fn feed(&mut self, room: usize) {
        let Some((tape, feed)) = &mut self.playing else { return };
        loop {
            let free = feed.room();
            let made = self.frames.len().min(free);
            feed.push(&self.frames[..made]);
            self.frames.drain(..made);
            if !self.frames.is_empty() || feed.room() <= room {
                return;
            }
            if !tape.read(&mut self.frames) {
                feed.finish();
                return;
            }
        }
    }
}
