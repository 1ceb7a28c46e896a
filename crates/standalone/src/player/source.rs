//! The player's audio side.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use unbraid_engine::mailbox::Mailbox;
use unbraid_formats::{Position, Transport as HostTransport};

use super::click::ClickTrack;
use super::stream::{Frame, Stream};
use super::transport::Transport;

/// Length in samples over which the song comes and goes when it starts, stops or jumps.
pub const FADE: u16 = 256;

/// Puts the song in the place of the input. Owned by the audio thread.
pub struct Source {
    transport: Arc<Transport>,
    streams: Mailbox<Stream>,
    stream: Option<Box<Stream>>,
    /// Gain of the song, from 0 to 1; what is left to 1 is the input's.
    gain: f32,
    /// The stream has run dry.
    dry: bool,
    clicks: ClickTrack,
    /// The transport at the first sample of the last block.
    told: HostTransport,
}

impl Source {
    /// Plays what arrives in `streams`, as `transport` says.
    pub fn new(transport: Arc<Transport>, streams: Mailbox<Stream>) -> Self {
        Self {
            transport,
            streams,
            stream: None,
            gain: 0.0,
            dry: false,
            clicks: ClickTrack::default(),
            told: HostTransport::default(),
        }
    }

    /// Mixes the song into `channels` (one or two) while it plays, and lets the input through while it does not. Never
    /// waits, allocates or frees.
    pub fn fill(&mut self, channels: &mut [&mut [f32]]) {
        self.exchange();
        let length = channels.first().map_or(0, |channel| channel.len());
        let playing = self.transport.playing.load(Ordering::Relaxed) && !self.transport.is_announced();
        let ready = self.is_ready(length);
        self.count_dropout(playing && !ready);
        let step = if playing && ready { 1.0 } else { -1.0 } / f32::from(FADE);
        let [mut first, mut position] = [None; 2];
        for sample in 0..length {
            self.gain = (self.gain + step).clamp(0.0, 1.0);
            let frame = if self.gain > 0.0 { self.next() } else { None };
            self.clicks.push(frame.map_or(0.0, |frame| frame.click * self.gain));
            let Some(frame) = frame else { continue };
            let [left, right] = frame.song;
            let values = if channels.len() == 1 { [0.5 * (left + right); 2] } else { frame.song };
            for (channel, value) in channels.iter_mut().zip(values) {
                channel[sample] += (value - channel[sample]) * self.gain;
            }
            first = first.or(Some(frame.position));
            position = Some(frame.position);
        }
        self.tell(playing, first, position);
        if let Some(position) = position
            && self.transport.playing.load(Ordering::Relaxed)
        {
            self.transport.position.store(position, Ordering::Relaxed);
        }
    }

    /// The transport at the first sample of the last block, as a host tells it: none where no song is open.
    pub fn transport(&self) -> HostTransport {
        self.told
    }

    /// Notes the transport of a block whose first and last frames of the song are these.
    fn tell(&mut self, playing: bool, first: Option<u32>, last: Option<u32>) {
        // While it is counted in, the song stands.
        let moves = first.filter(|_| playing && first != last);
        let in_step = self.stream.as_ref().is_some_and(|stream| stream.in_step);
        self.told = HostTransport {
            playing: self.stream.is_some().then_some(moves.is_some()),
            position: moves.filter(|_| in_step).map(|place| Position::Samples(place.into())),
        };
    }

    /// Adds the count-in to `channels` as late as the plug-in's output is, `latency` samples.
    pub fn add_clicks(&self, channels: &mut [&mut [f32]], latency: u32) {
        self.clicks.add(channels, latency);
    }

    /// The stream can go on for `frames` samples, and fade after that.
    pub fn is_ready(&self, frames: usize) -> bool {
        self.stream.as_ref().is_some_and(|stream| stream.is_ready(frames + usize::from(FADE)))
    }

    /// A stream waits for the end of the one that plays.
    #[cfg(test)]
    pub fn is_announced(&self) -> bool {
        self.transport.is_announced()
    }

    /// The song is to be audible, and no other stream waits for its end.
    #[cfg(test)]
    pub fn is_playing(&self) -> bool {
        self.transport.playing.load(Ordering::Relaxed) && !self.transport.is_announced()
    }

    /// Takes a new stream when the old one has faded.
    fn exchange(&mut self) {
        if self.gain > 0.0 || !self.transport.is_announced() {
            return;
        }
        // Before taking: a stream that is announced from now on is not missed.
        self.transport.taken();
        if self.streams.take_optional(&mut self.stream)
            && let Some(stream) = &self.stream
        {
            self.transport.position.store(stream.start, Ordering::Relaxed);
        }
    }

    /// The next frame of the stream, whose end ends playback.
    fn next(&mut self) -> Option<Frame> {
        let stream = self.stream.as_deref_mut()?;
        let frame = stream.next();
        if frame.is_none() {
            self.gain = 0.0;
            if stream.is_over()
                && self.transport.playing.load(Ordering::Relaxed)
                && !self.transport.is_announced()
            {
                self.transport.end();
            }
        }
        frame
    }

    fn count_dropout(&mut self, dry: bool) {
        if dry && !self.dry && self.gain > 0.0 {
            self.transport.dropouts.fetch_add(1, Ordering::Relaxed);
        }
        self.dry = dry;
    }
}
