//! The containers that symphonia reads.

use std::collections::{HashMap, VecDeque};

use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_AAC, CODEC_ID_ALAC, CODEC_ID_OPUS};
use symphonia::core::errors::Error;
use symphonia::core::formats::well_known::{
    FORMAT_ID_ADTS, FORMAT_ID_AIFF, FORMAT_ID_CAF, FORMAT_ID_FLAC, FORMAT_ID_ISOMP4, FORMAT_ID_MKV,
    FORMAT_ID_OGG, FORMAT_ID_WAVE,
};
use symphonia::core::formats::{FormatReader, Track, TrackType};
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, TimeBase, Timestamp};

use super::ogg::Gap;
use super::{Demux, Part, Piece, Step, Window};
use crate::cast;
use crate::error::ErrorKind;

/// Damaged packets after which no more is read.
const HOPELESS: i64 = 10_000;

/// A container that symphonia reads.
pub struct General {
    format: Box<dyn FormatReader>,
    track: u32,
    /// Its first part is still to be told.
    fresh: Option<Box<Part>>,
    rate: u32,
    base: Option<TimeBase>,
    told: Told,
    /// Matroska's last packet is trimmed, so that each one waits for the next.
    waiting: Option<Piece>,
    /// The next packet is the part's first.
    first: bool,
    /// The reader finds the next packet by itself after a damaged one, of which it does not count.
    resyncs: bool,
    /// Damaged packets.
    lost: i64,
    /// Packets that were read ahead.
    ready: VecDeque<Step>,
}

/// What a file tells besides what symphonia knows.
#[derive(Default)]
pub struct Told {
    /// No other song follows in the file.
    pub alone: bool,
    /// The audible part of the first part.
    pub window: Option<Window>,
    /// Samples before the song and in its last packet, of Matroska.
    pub extra: Option<(i64, u64)>,
    /// Lost pages, of Ogg.
    pub gaps: HashMap<u32, VecDeque<Gap>>,
}

/// Finds the track to read.
pub fn audio_track(format: &dyn FormatReader) -> Result<(&Track, &AudioCodecParameters), ErrorKind> {
    let nothing = |reason: &str| ErrorKind::NotAudio(reason.to_owned());
    let track = format.default_track(TrackType::Audio).or_else(|| format.first_track(TrackType::Audio));
    let track = track.ok_or_else(|| nothing("no audio track"))?;
    let parameters = track.codec_params.as_ref().and_then(|parameters| parameters.audio());
    Ok((track, parameters.ok_or_else(|| nothing("no audio codec"))?))
}

impl General {
    /// Reads `format`.
    pub fn new(format: Box<dyn FormatReader>, told: Told) -> Result<Self, ErrorKind> {
        let (fresh, waiting, ready) = (None, None, VecDeque::new());
        let mut general = Self {
            format,
            track: 0,
            fresh,
            rate: 0,
            base: None,
            told,
            waiting,
            first: true,
            resyncs: false,
            lost: 0,
            ready,
        };
        general.begin()?;
        Ok(general)
    }

    /// Looks at the track of a part.
    fn begin(&mut self) -> Result<(), ErrorKind> {
        let id = self.format.format_info().format;
        let (track, parameters) = audio_track(&*self.format)?;
        let rate = parameters.sample_rate.unwrap_or(0);
        let (base, track_id) = (track.time_base, track.id);
        let known = self.told.window.take();
        let mut window = known.unwrap_or_else(|| window_of(track, parameters, id == FORMAT_ID_OGG));
        let precise = base.is_some_and(|base| {
            u64::from(base.denom.get()) >= u64::from(rate) * u64::from(base.numer.get()) && rate > 0
        });
        // CAF tells the length of packets of one size only.
        let packed = id == FORMAT_ID_CAF && matches!(parameters.codec, CODEC_ID_AAC | CODEC_ID_ALAC);
        let estimated = id == FORMAT_ID_ADTS || packed;
        if estimated {
            window.end = None;
        }
        let late = id == FORMAT_ID_OGG || id == FORMAT_ID_MKV;
        let part = Part {
            parameters: parameters.clone(),
            window,
            origin: (!late).then_some(0),
            // Matroska counts milliseconds, and rounds them.
            tolerance: if precise && id != FORMAT_ID_ISOMP4 { 0 } else { i64::from(rate / 50) },
            exact: !estimated,
            alone: self.told.alone,
        };
        (self.track, self.rate, self.base, self.first) = (track_id, rate, base, true);
        self.resyncs = id == FORMAT_ID_ADTS;
        self.fresh = Some(Box::new(part));
        Ok(())
    }

    fn piece(&mut self, packet: Packet) -> Piece {
        let frames = self.samples(Timestamp::new(packet.block_dur().get().cast_signed())).unwrap_or(0);
        let mut start = self.samples(packet.pts);
        if self.resyncs {
            start = start.map(|start| start + self.lost * cast::signed(packet.dur.get()));
        }
        if let (true, Some(start), Some((before, _))) = (self.first, &mut start, self.told.extra)
            && (*start + before).abs() <= i64::from(self.rate / 50)
        {
            *start = -before;
        }
        self.first = false;
        Piece { packet, start, frames: frames.max(0).cast_unsigned(), broken: false }
    }

    /// The end, before which the packet that waits is given out.
    fn end(&mut self, cut: bool) -> Step {
        let behind = self.told.extra.map_or(0, |(_, behind)| behind);
        match self.waiting.take() {
            Some(mut piece) => {
                piece.packet.trim_end = Duration::new(behind);
                piece.packet.dur = Duration::ZERO;
                Step::Piece(piece)
            }
            None => Step::End { cut },
        }
    }

    /// A time of the container, in samples.
    fn samples(&self, time: Timestamp) -> Option<i64> {
        let base = self.base?;
        let ticks = i128::from(time.get()) * i128::from(base.numer.get()) * i128::from(self.rate);
        let denominator = i128::from(base.denom.get());
        i64::try_from((2 * ticks + denominator).div_euclid(2 * denominator)).ok()
    }
}

/// The audible part of a track.
fn window_of(track: &Track, parameters: &AudioCodecParameters, ogg: bool) -> Window {
    // A live stream has 0 there.
    let frames = track.num_frames.filter(|&frames| frames > 0).and_then(|frames| i64::try_from(frames).ok());
    // Ogg counts the samples of Opus from the first that is decoded on.
    let skip = if ogg && parameters.codec == CODEC_ID_OPUS { i64::from(track.delay.unwrap_or(0)) } else { 0 };
    // A stream that was cut out of a longer one begins late.
    let start = if ogg { track.start_ts.get().max(0) } else { 0 };
    Window { begin: start + skip, end: frames, resume: None }
}

impl Demux for General {
    fn step(&mut self) -> Result<Step, ErrorKind> {
        if let Some(step) = self.ready.pop_front() {
            return Ok(step);
        }
        let step = self.read()?;
        let gaps = self.told.gaps.get_mut(&self.track);
        match (&step, gaps.and_then(|gaps| gaps.front().copied())) {
            (Step::Piece(piece), Some(gap)) if piece.start == Some(gap.before) => self.behind_gap(step, gap),
            _ => Ok(step),
        }
    }
}

impl General {
    /// Puts the packets of a page behind a lost one where they end with it.
    fn behind_gap(&mut self, first: Step, gap: Gap) -> Result<Step, ErrorKind> {
        self.told.gaps.entry(self.track).or_default().pop_front();
        self.ready.push_back(first);
        for _ in 1..gap.packets {
            let step = self.read()?;
            let goes_on = matches!(step, Step::Piece(_));
            self.ready.push_back(step);
            if !goes_on {
                break;
            }
        }
        let frames = |step: &Step| if let Step::Piece(piece) = step { cast::signed(piece.frames) } else { 0 };
        let length: i64 = self.ready.iter().map(frames).sum();
        let late = (gap.after - gap.before - length).max(0);
        for step in &mut self.ready {
            if let Step::Piece(Piece { start: Some(start), .. }) = step {
                *start += late;
            }
        }
        self.ready.pop_front().ok_or(ErrorKind::NoSound)
    }

    fn read(&mut self) -> Result<Step, ErrorKind> {
        loop {
            if let Some(part) = self.fresh.take() {
                return Ok(Step::Part(part));
            }
            let packet = match self.format.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => return Ok(self.end(false)),
                Err(Error::ResetRequired) => {
                    self.begin()?;
                    continue;
                }
                Err(Error::DecodeError(_)) if self.resyncs && self.lost < HOPELESS => {
                    self.lost += 1;
                    continue;
                }
                // Nothing after this point can be read; what came before is still the song's beginning.
                Err(_) => return Ok(self.end(true)),
            };
            if packet.track_id != self.track {
                continue;
            }
            let piece = self.piece(packet);
            if self.told.extra.is_none() {
                return Ok(Step::Piece(piece));
            }
            if let Some(before) = self.waiting.replace(piece) {
                return Ok(Step::Piece(before));
            }
        }
    }
}

/// The container as people call it.
pub fn container_name(format: &dyn FormatReader) -> &'static str {
    match format.format_info().format {
        FORMAT_ID_WAVE => "WAV",
        FORMAT_ID_AIFF => "AIFF",
        FORMAT_ID_CAF => "CAF",
        FORMAT_ID_ISOMP4 => "MP4",
        FORMAT_ID_MKV => "Matroska",
        FORMAT_ID_OGG => "Ogg",
        FORMAT_ID_ADTS => "ADTS",
        FORMAT_ID_FLAC => "FLAC",
        _ => format.format_info().short_name,
    }
}
