//! MPEG audio: MP3, MP2 and MP1, frame by frame.
//!
//! symphonia's own reader ends a song where its first header says, takes the second of two joined songs for padding, and
//! does not tell how much was lost where frames are damaged.

mod header;
mod info;
mod pages;

use std::fs::File;
use std::io;
use std::ops::Range;

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, Timestamp};

use super::{Demux, Part, Piece, Step, Window};
use crate::cast;
use crate::error::ErrorKind;
use header::Header;
use info::Info;
use pages::Pages;

/// Samples that a decoder of layer 3 is late by.
const DECODER_DELAY: i64 = 529;

/// Bytes before the first frame that are looked through.
const JUNK: u64 = 4 << 20;

/// A stream of MPEG audio.
pub struct Mpa {
    pages: Pages,
    /// Next byte to look at.
    at: u64,
    header: Header,
    /// Place of the next frame.
    place: i64,
    /// Bytes a frame, a running mean.
    mean: f64,
    /// Bytes of earlier frames that the next frame may lean on.
    reservoir: usize,
    /// Where the last frame began, if it was given out just before.
    last: Option<u64>,
    /// A frame of this part was given out.
    running: bool,
    fresh: Option<Box<Part>>,
}

impl Mpa {
    /// Finds the first frame in a part of `file`. Nothing if there is none.
    pub fn open(file: File, bytes: Range<u64>) -> io::Result<Option<Self>> {
        let mut pages = Pages::new(file, bytes.clone());
        let start = pages.behind_tags(bytes.start)?;
        let found = match first_frame(&mut pages, start, start + JUNK, None)? {
            // The tag may lie about its length.
            None if start > bytes.start => first_frame(&mut pages, bytes.start, bytes.start + JUNK, None)?,
            found => found,
        };
        let Some((at, header)) = found else { return Ok(None) };
        let mut mpa = Self {
            pages,
            at,
            header,
            place: 0,
            mean: cast::float(header.bytes as u64),
            reservoir: 0,
            last: None,
            running: false,
            fresh: None,
        };
        mpa.begin()?;
        Ok(Some(mpa))
    }

    /// Layer 1, 2 or 3.
    pub fn layer(&self) -> u32 {
        self.header.layer
    }

    /// A part begins with the frame at hand, which may tell its length.
    fn begin(&mut self) -> io::Result<()> {
        let info = Info::parse(self.pages.get(self.at, self.header.bytes)?, &self.header);
        let window = info.as_ref().map_or_else(Window::default, |info| window(info, &self.header));
        // A header that tells of fewer bytes than there are belongs to the first of several songs.
        let told = info.as_ref().and_then(|info| info.bytes).map_or(u64::MAX, u64::from);
        let behind = self.pages.behind_tags(self.at.saturating_add(told))?;
        let alone = header_at(&mut self.pages, behind)?.is_none();
        let mut parameters = AudioCodecParameters::new();
        parameters
            .for_codec(self.header.codec())
            .with_sample_rate(self.header.rate)
            .with_channels(Channels::Discrete(self.header.channels));
        if info.is_some() {
            self.at += self.header.bytes as u64;
        }
        (self.place, self.reservoir, self.running, self.last) = (0, 0, false, None);
        let exact = window.end.is_some();
        self.fresh = Some(Box::new(Part { parameters, window, origin: Some(0), tolerance: 0, exact, alone }));
        Ok(())
    }

    /// The frame at hand, whole.
    fn frame(&mut self) -> io::Result<Piece> {
        let header = self.header;
        let bytes = self.pages.get(self.at, header.bytes)?;
        let leans = header.leans_on(bytes);
        let broken = self.running && leans > self.reservoir;
        let frames = u64::from(header.frames);
        let packet = Packet::new(0, Timestamp::new(self.place), Duration::new(frames), bytes);
        self.reservoir = (self.reservoir + header.main_data()).min(512);
        self.running |= leans <= self.reservoir;
        let piece = Piece { packet, start: Some(self.place), frames, broken };
        self.last = Some(self.at);
        self.at += header.bytes as u64;
        self.place += i64::from(header.frames);
        self.mean += (cast::float(header.bytes as u64) - self.mean) / 16.0;
        Ok(piece)
    }

    /// Goes on to where frames are again, and counts those that are lost on the way. Nothing if there are no more.
    fn resync(&mut self) -> io::Result<Option<()>> {
        let end = self.pages.end();
        let like = first_frame(&mut self.pages, self.at, end, Some(self.header))?;
        let Some((at, header)) = like.or(first_frame(&mut self.pages, self.at, end, None)?) else {
            return Ok(None);
        };
        // Counted from where the last frame began: its length may be wrong as well.
        let (from, known) = self.last.map_or((self.at, 0), |last| (last, 1));
        let lost = cast::rounded(cast::float(at - from) / self.mean).saturating_sub(known);
        self.place += cast::signed(lost) * i64::from(self.header.frames);
        self.last = None;
        if lost > 0 {
            self.reservoir = 0;
        }
        self.at = at;
        if !header.is_like(&self.header) {
            self.header = header;
            self.begin()?;
        }
        Ok(Some(()))
    }

    /// The next frame is whole: another one, a tag or the end follows.
    fn find(&mut self) -> io::Result<Option<Header>> {
        let Some(header) = header_at(&mut self.pages, self.at)?.filter(|header| header.is_like(&self.header))
        else {
            return Ok(None);
        };
        let next = self.at + header.bytes as u64;
        if next > self.pages.end() {
            return Ok(None);
        }
        if self.pages.is_end(next)?
            || header_at(&mut self.pages, next)?.is_some_and(|next| next.is_like(&header))
        {
            return Ok(Some(header));
        }
        // Another format may begin here; or the length of this frame is wrong, when frames are found inside of it.
        let inside = first_frame(&mut self.pages, self.at + 1, next, Some(self.header))?;
        Ok(inside.is_none().then_some(header))
    }

    fn next(&mut self) -> io::Result<Step> {
        loop {
            if let Some(part) = self.fresh.take() {
                return Ok(Step::Part(part));
            }
            self.at = self.pages.behind_tags(self.at)?;
            match self.find()? {
                Some(header) => {
                    self.header = header;
                    if Info::parse(self.pages.get(self.at, header.bytes)?, &header).is_some() {
                        self.begin()?;
                        continue;
                    }
                    return Ok(Step::Piece(self.frame()?));
                }
                None if self.resync()?.is_none() => {
                    let cut = self.pages.end().saturating_sub(self.at) > 0;
                    return Ok(Step::End { cut: cut && header_at(&mut self.pages, self.at)?.is_some() });
                }
                None => {}
            }
        }
    }
}

impl Demux for Mpa {
    fn step(&mut self) -> Result<Step, ErrorKind> {
        self.next().map_err(ErrorKind::Unreadable)
    }

    fn lost(&mut self) {
        self.reservoir = 0;
    }
}

/// The audible part, by the header that encoders write in the place of the first frame.
fn window(info: &Info, header: &Header) -> Window {
    let all = info.frames.map(|frames| i64::from(frames) * i64::from(header.frames));
    let Some((delay, padding)) = info.delay else { return Window { begin: 0, end: all, resume: all } };
    let (delay, padding) = (i64::from(delay), i64::from(padding));
    // Padding below the decoder's delay would end the song behind what the decoder gives.
    let end = all.map(|all| all - (padding - DECODER_DELAY).max(0));
    Window { begin: delay + DECODER_DELAY, end, resume: all }
}

fn header_at(pages: &mut Pages, at: u64) -> io::Result<Option<Header>> {
    let bytes = pages.get(at, 4)?;
    Ok(bytes.try_into().ok().map(u32::from_be_bytes).and_then(Header::parse))
}

/// The first frame from `at` on and before `limit` behind which another one follows, or the end.
fn first_frame(
    pages: &mut Pages,
    at: u64,
    limit: u64,
    like: Option<Header>,
) -> io::Result<Option<(u64, Header)>> {
    // Without a frame to compare with, more of them have to follow.
    let needed = if like.is_some() { 1 } else { 3 };
    let mut at = at;
    while let Some(place) = pages.find_sync(at, limit.min(pages.end()))? {
        let header = header_at(pages, place)?;
        let fits = header.filter(|header| like.is_none_or(|like| header.is_like(&like)));
        if let Some(header) = fits
            && follow(pages, place, header, needed)?
        {
            return Ok(Some((place, header)));
        }
        at = place + 1;
    }
    Ok(None)
}

/// As many frames follow the one at `at`, or the end does behind at least one.
fn follow(pages: &mut Pages, at: u64, header: Header, needed: usize) -> io::Result<bool> {
    let (mut at, mut header) = (at + header.bytes as u64, header);
    for done in 0..needed {
        if pages.is_end(at)? {
            return Ok(at <= pages.end() && (done > 0 || needed == 1));
        }
        match header_at(pages, at)?.filter(|next| next.is_like(&header)) {
            Some(next) => (at, header) = (at + next.bytes as u64, next),
            None => return Ok(false),
        }
    }
    Ok(true)
}
