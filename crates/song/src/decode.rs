//! A song's packets, decoded and in their place.

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::AudioDecoder;
use symphonia::core::errors::Error;
use symphonia::core::packet::Packet;

use crate::cast;
use crate::codec;
use crate::demux::{Demux, Part, Piece, Step};
use crate::error::ErrorKind;
use crate::timeline::Timeline;
use crate::warning::Warning;

/// Samples of silence a block.
const SILENCE: u64 = 8192;

/// Louder than any codec makes music, whose peaks reach twice full scale at most: 12 dB above it.
const BURST: f32 = 4.0;

/// The same, right behind what is damaged.
const BURST_AFTER_DAMAGE: f32 = 1.5;

/// Packets that are watched more closely behind what is damaged.
const WATCHED: u32 = 4;

/// A song's packets, decoded one after the other.
pub struct Decoder {
    demux: Box<dyn Demux>,
    decoder: Box<dyn AudioDecoder>,
    part: Box<Part>,
    /// Channels by the container's account, where it knows better than the decoder.
    known: Option<Channels>,
    channels: Channels,
    rate: u32,
    lossy: bool,
    timeline: Timeline,
    planes: Vec<Vec<f32>>,
    /// Blocks of silence.
    silence: Vec<Vec<f32>>,
    /// `planes` wait until the silence before them is delivered.
    held: bool,
    watched: u32,
    /// The decoder has decoded nothing since it began.
    fresh: bool,
    ended: bool,
    /// A part that begins once the silence at the end of the one before is delivered.
    next_part: Option<Box<Part>>,
    parts: usize,
    broken_off: Option<u64>,
}

/// What comes out.
pub enum Block<'a> {
    /// Samples, `[channel][sample]`.
    Samples(&'a mut [Vec<f32>]),
    /// Rate or channels change.
    Change,
    /// The end.
    End,
}

impl Decoder {
    /// Decodes what `demux` gives, whose first step is a part.
    pub fn open(mut demux: Box<dyn Demux>, known: Option<Channels>) -> Result<Self, ErrorKind> {
        let Step::Part(part) = demux.step()? else { return Err(ErrorKind::NoSound) };
        let decoder = codec::decoder(&part.parameters)?;
        let mut timeline = Timeline::default();
        timeline.begin(&part);
        let (_, lossy) = codec::describe(part.parameters.codec);
        let mut this = Self {
            demux,
            decoder,
            part,
            known,
            channels: Channels::None,
            rate: 0,
            lossy,
            timeline,
            planes: Vec::new(),
            silence: Vec::new(),
            held: false,
            watched: 0,
            fresh: true,
            ended: false,
            next_part: None,
            parts: 1,
            broken_off: None,
        };
        this.look();
        Ok(this)
    }

    /// Looks at what the decoder gives.
    fn look(&mut self) {
        let parameters = self.decoder.codec_params();
        let told = parameters.channels.as_ref().or(self.part.parameters.channels.as_ref());
        self.channels = self.known.clone().or(told.cloned()).unwrap_or(Channels::Discrete(2));
        self.rate = parameters.sample_rate.or(self.part.parameters.sample_rate).unwrap_or(0);
    }

    pub fn part(&self) -> &Part {
        &self.part
    }

    pub fn channels(&self) -> &Channels {
        &self.channels
    }

    /// Sample rate of the part at hand in Hz.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// The next block.
    pub fn next(&mut self) -> Result<Block<'_>, ErrorKind> {
        loop {
            let silence = self.timeline.take_silence(SILENCE);
            if silence > 0 {
                self.timeline.delivered += silence;
                self.silence.resize_with(self.channels.count(), Vec::new);
                for plane in &mut self.silence {
                    plane.clear();
                    plane.resize(cast::size(silence), 0.0);
                }
                return Ok(Block::Samples(&mut self.silence));
            }
            if std::mem::take(&mut self.held) {
                self.timeline.delivered += self.planes[0].len() as u64;
                return Ok(Block::Samples(&mut self.planes));
            }
            if let Some(part) = self.next_part.take()
                && self.begin_part(part)?
            {
                return Ok(Block::Change);
            }
            if self.ended {
                return Ok(Block::End);
            }
            self.step()?;
        }
    }

    fn step(&mut self) -> Result<(), ErrorKind> {
        match self.demux.step()? {
            Step::Piece(piece) => self.piece(piece),
            Step::Part(part) => {
                self.end_part(false);
                self.next_part = Some(part);
                Ok(())
            }
            Step::End { cut } => {
                self.end_part(cut);
                self.ended = true;
                Ok(())
            }
        }
    }

    fn piece(&mut self, piece: Piece) -> Result<(), ErrorKind> {
        if self.timeline.jumps_to(piece.start) {
            self.decoder.reset();
            self.watched = WATCHED;
            self.fresh = true;
        }
        if self.decode(&piece.packet)? && !piece.broken && !self.bursts() {
            self.watched = self.watched.saturating_sub(1);
            // A decoder of Vorbis gives less than the container counts where it has nothing to lap with.
            let less = piece.frames.saturating_sub(self.planes[0].len() as u64);
            let skipped = if std::mem::take(&mut self.fresh) { cast::signed(less) } else { 0 };
            self.timeline.put(piece.start.map(|start| start + skipped), &mut self.planes);
            self.held = !self.planes[0].is_empty();
            return Ok(());
        }
        self.timeline.lose(piece.start, piece.frames);
        self.watched = WATCHED;
        Ok(())
    }

    /// Decodes a packet to `planes`, and trims what the container wants trimmed. Returns whether it could.
    fn decode(&mut self, packet: &Packet) -> Result<bool, ErrorKind> {
        let decoded = match self.decoder.decode(packet) {
            Ok(decoded) => decoded,
            Err(Error::DecodeError(_) | Error::IoError(_) | Error::LimitError(_) | Error::Unsupported(_)) => {
                self.demux.lost();
                return Ok(false);
            }
            Err(error) => return Err(ErrorKind::Codec(format!("what cannot be decoded ({error})"))),
        };
        let count = decoded.spec().channels().count();
        if count != self.channels.count() {
            return Err(ErrorKind::ChannelsChange { from: self.channels.count(), to: count });
        }
        decoded.copy_to_vecs_planar(&mut self.planes);
        let frames = self.planes[0].len() as u64;
        let trimmed = packet.trim_end.get();
        // Some decoders have trimmed already.
        if trimmed > 0 && frames > packet.dur.get() {
            for plane in &mut self.planes {
                plane.truncate(cast::size(frames.saturating_sub(trimmed)));
            }
        }
        Ok(true)
    }

    /// What was decoded is louder than music can be.
    fn bursts(&self) -> bool {
        let limit = if self.watched > 0 { BURST_AFTER_DAMAGE } else { BURST };
        self.lossy && self.planes.iter().flatten().any(|sample| sample.is_nan() || sample.abs() > limit)
    }

    /// Begins a part. Returns whether rate or channels change.
    fn begin_part(&mut self, part: Box<Part>) -> Result<bool, ErrorKind> {
        self.parts += 1;
        self.decoder = codec::decoder(&part.parameters)?;
        self.timeline.begin(&part);
        self.part = part;
        self.watched = 0;
        self.fresh = true;
        let before = (self.rate, self.channels.clone());
        self.look();
        Ok(before != (self.rate, self.channels.clone()))
    }

    fn end_part(&mut self, cut: bool) {
        let missing = self.timeline.end(self.part.exact, i64::from(self.rate / 2));
        if missing > 0 || (cut && self.part.window.end.is_none()) {
            self.broken_off = Some(missing);
        }
    }

    /// What was odd, once the end is reached.
    pub fn warnings(&self) -> Vec<Warning> {
        let seconds = |samples: u64| cast::float(samples) / f64::from(self.rate.max(1));
        let mut warnings = Vec::new();
        if let Some(missing) = self.broken_off {
            let missing = (missing > 0).then(|| seconds(missing));
            warnings.push(Warning::BreaksOff { at: seconds(self.timeline.delivered), missing });
        }
        warnings.extend(self.timeline.damage.warning(self.rate.max(1)));
        if self.parts > 1 {
            warnings.push(Warning::Joined { parts: self.parts });
        }
        warnings
    }
}
