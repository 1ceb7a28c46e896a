//! WAV of all kinds: RIFF, RF64, BW64 and Wave64, with sizes that are missing or wrong.
//!
//! The chunks are found here, by what the file really holds; the decoder gets a clean stream of one format chunk and
//! the samples.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use symphonia::core::audio::{Channels, Position};
use symphonia::core::io::MediaSource;

use crate::cast;
use crate::part::Part;
use crate::tags::Tags;
use crate::wave_format::Format;

/// Largest format or tag chunk that is believed, in bytes.
const LARGEST: u64 = 64 << 20;

/// A WAV whose chunks are known.
pub struct Wave {
    pub format: Format,
    /// First byte of the samples.
    start: u64,
    /// Byte behind the last whole block of samples.
    end: u64,
    /// Samples a channel as the file tells, for compressed formats.
    told: Option<u64>,
    /// Sizes in the header are missing or wrong.
    pub wrong_sizes: bool,
    /// Samples that the header promises and that are not there, in bytes.
    missing: u64,
    pub tags: Tags,
    /// The ID3 tag that some programs add.
    pub id3: Option<Vec<u8>>,
}

/// How the chunks of a file are laid out.
#[derive(Clone, Copy, PartialEq)]
enum Layout {
    Riff,
    /// RF64 and BW64: 64-bit sizes in a chunk of their own.
    Rf64,
    Wave64,
}

#[derive(Clone, Copy)]
struct Chunk {
    id: [u8; 4],
    /// First byte of its body.
    start: u64,
    /// Length of its body as told.
    length: u64,
}

impl Wave {
    /// Finds the chunks of `file`. Nothing if it is no WAV at all or has no samples.
    pub fn find(file: &mut File) -> io::Result<Option<Self>> {
        let length = file.metadata()?.len();
        let Some(layout) = layout(file)? else { return Ok(None) };
        let mut found = Found::default();
        let mut at = if layout == Layout::Wave64 { 40 } else { 12 };
        while let Some(chunk) = chunk_at(file, at, layout)? {
            match &chunk.id {
                b"data" if found.format.is_some() => {
                    return found.finish(file, chunk, layout, length).map(Some);
                }
                _ => found.keep(file, chunk)?,
            }
            at = after(chunk, layout);
        }
        Ok(None)
    }

    /// Samples a channel, if known without decoding.
    pub fn frames(&self) -> Option<u64> {
        let blocks = (self.end - self.start) / self.format.block;
        let room = blocks * self.format.frames_per_block()?;
        // A live recorder leaves 0 there, and a copy may be cut.
        Some(self.told.filter(|&told| told > 0).map_or(room, |told| told.min(room)))
    }

    /// Where the channels sit.
    pub fn channels(&self) -> Channels {
        let count = self.format.channels;
        match self.format.mask {
            mask if mask.count_ones() == u32::from(count) => {
                Position::from_wave_channel_mask(mask).map_or(Channels::Discrete(count), Channels::Positioned)
            }
            _ => Channels::Discrete(count),
        }
    }

    /// Where the samples lie.
    pub fn bytes(&self) -> Range<u64> {
        self.start..self.end
    }

    /// What the header promises and is not there, in seconds.
    pub fn missing_seconds(&self) -> f64 {
        let blocks = self.missing / self.format.block;
        let frames = blocks * self.format.frames_per_block().unwrap_or(1);
        cast::float(frames) / f64::from(self.format.rate)
    }

    /// The samples behind a clean header.
    pub fn into_source(self, file: File) -> Box<dyn MediaSource> {
        let length = self.end - self.start;
        let head = self.format.header(length);
        Box::new(Part::new(head, file, self.bytes()))
    }
}

/// What the chunks before the samples say.
#[derive(Default)]
struct Found {
    format: Option<Format>,
    told: Option<u64>,
    /// Bytes of samples, from the chunk of 64-bit sizes.
    large: Option<u64>,
    tags: Tags,
    id3: Option<Vec<u8>>,
}

impl Found {
    fn keep(&mut self, file: &mut File, chunk: Chunk) -> io::Result<()> {
        let read = matches!(&chunk.id, b"fmt " | b"fact" | b"ds64" | b"LIST" | b"id3 " | b"ID3 ");
        if !read || chunk.length > LARGEST {
            return Ok(());
        }
        let mut body = Vec::new();
        file.seek(SeekFrom::Start(chunk.start))?;
        file.take(chunk.length).read_to_end(&mut body)?;
        let number = |at: usize| {
            body.get(at..at + 8).map(|bytes| u64::from_le_bytes(bytes.try_into().unwrap_or_default()))
        };
        match &chunk.id {
            b"fmt " => self.format = self.format.take().or_else(|| Format::parse(&body)),
            b"fact" => {
                let frames =
                    body.get(..4).map(|bytes| u32::from_le_bytes(bytes.try_into().unwrap_or_default()));
                self.told = frames.map(u64::from);
            }
            b"ds64" => {
                self.large = number(8);
                self.told = number(16);
            }
            b"LIST" => list(&body, &mut self.tags),
            _ => self.id3 = Some(body),
        }
        Ok(())
    }

    fn finish(mut self, file: &mut File, data: Chunk, layout: Layout, length: u64) -> io::Result<Wave> {
        let there = length.saturating_sub(data.start);
        let told = match (layout, data.length) {
            (Layout::Rf64, 0xffff_ffff) => self.large.unwrap_or(0),
            (_, told) => told,
        };
        let unknown = told == 0 || (layout != Layout::Wave64 && told == 0xffff_ffff);
        let fits =
            told <= there && self.chunks_follow(file, Chunk { length: told, ..data }, layout, length)?;
        let bytes = if unknown || !fits { there } else { told };
        let format = self.format.ok_or(io::ErrorKind::InvalidData)?;
        let compressed = format.frames_per_block() != Some(1);
        Ok(Wave {
            start: data.start,
            end: data.start + bytes / format.block * format.block,
            told: self.told.filter(|_| compressed),
            wrong_sizes: (unknown && there > 0) || (!unknown && told < there && !fits),
            missing: if unknown { 0 } else { told.saturating_sub(there) },
            format,
            tags: self.tags,
            id3: self.id3,
        })
    }

    /// What lies behind the samples is nothing, chunks, or too little to be samples: the size of `data` can be believed.
    fn chunks_follow(
        &mut self,
        file: &mut File,
        data: Chunk,
        layout: Layout,
        length: u64,
    ) -> io::Result<bool> {
        /// Tags and padding behind the last chunk, in bytes.
        const JUNK: u64 = 1 << 12;
        let mut at = after(data, layout);
        while length.saturating_sub(at) > JUNK {
            let Some(chunk) = chunk_at(file, at, layout)? else { return Ok(false) };
            let name = chunk.id.iter().all(|&byte| byte.is_ascii_graphic() || byte == b' ');
            if !name || chunk.length > length - chunk.start {
                return Ok(false);
            }
            self.keep(file, chunk)?;
            at = after(chunk, layout);
        }
        while let Some(chunk) = chunk_at(file, at, layout)? {
            if chunk.length > length.saturating_sub(chunk.start) {
                break;
            }
            self.keep(file, chunk)?;
            at = after(chunk, layout);
        }
        Ok(true)
    }
}

fn layout(file: &mut File) -> io::Result<Option<Layout>> {
    let mut start = [0; 12];
    file.rewind()?;
    if file.read_exact(&mut start).is_err() {
        return Ok(None);
    }
    Ok(match (&start[..4], &start[8..]) {
        (b"RIFF", b"WAVE") => Some(Layout::Riff),
        (b"RF64" | b"BW64", b"WAVE") => Some(Layout::Rf64),
        (b"riff", _) => wave64(file)?,
        _ => None,
    })
}

/// The GUID of Wave64's outer chunk, whose first four bytes are `riff`.
const WAVE64: [u8; 16] = *b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00";

fn wave64(file: &mut File) -> io::Result<Option<Layout>> {
    let mut guid = [0; 16];
    file.rewind()?;
    file.read_exact(&mut guid)?;
    Ok((guid == WAVE64).then_some(Layout::Wave64))
}

/// The chunk that begins at a byte, or nothing at the end.
fn chunk_at(file: &mut File, at: u64, layout: Layout) -> io::Result<Option<Chunk>> {
    let head = if layout == Layout::Wave64 { 24 } else { 8 };
    let mut bytes = [0; 24];
    file.seek(SeekFrom::Start(at))?;
    match file.read_exact(&mut bytes[..head]) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let id = [bytes[0], bytes[1], bytes[2], bytes[3]];
    let start = at + head as u64;
    let length = if layout == Layout::Wave64 {
        u64::from_le_bytes(bytes[16..].try_into().unwrap_or_default()).saturating_sub(24)
    } else {
        u64::from(u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]))
    };
    Ok(Some(Chunk { id, start, length }))
}

/// Where the next chunk begins.
fn after(chunk: Chunk, layout: Layout) -> u64 {
    let end = chunk.start.saturating_add(chunk.length);
    let step = if layout == Layout::Wave64 { 8 } else { 2 };
    end.checked_next_multiple_of(step).unwrap_or(u64::MAX)
}

/// Tags in a `LIST` chunk of the type `INFO`.
fn list(body: &[u8], tags: &mut Tags) {
    let Some(mut rest) = body.strip_prefix(b"INFO") else { return };
    while let [a, b, c, d, l0, l1, l2, l3, tail @ ..] = rest {
        let length = u32::from_le_bytes([*l0, *l1, *l2, *l3]) as usize;
        let text = &tail[..length.min(tail.len())];
        tags.set_info(&[*a, *b, *c, *d], text);
        rest = tail.get(length.next_multiple_of(2)..).unwrap_or_default();
    }
}
