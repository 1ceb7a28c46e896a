//! MP3: for listening and sending, not for further work.
//!
//! The encoder is Shine in Rust (LGPL-2.0). LAME sounds better but needs a C build with make; the one MIT-licensed encoder
//! was tried and left 6 dB more error at 200 times the run time.

use std::io::{Seek, SeekFrom, Write};

use anyhow::{Result, anyhow};
use shine_rs::{Mp3Encoder, Mp3EncoderConfig, StereoMode};

use super::disk::DiskFile;
use super::encoder::{Encoder, Settings, quantized};
use super::info_tag::InfoTag;
use crate::tags;

/// Samples by which the encoder delays, as `InfoTag` counts them: on top of the 529 of every decoder. Measured: the tests
/// compare the decoded file with what went in.
const DELAY: u64 = 528;

/// Least silence after the end, in samples: what a decoder delays by has to come out, too.
const TAIL: u64 = 529;

/// The encoder, which may move from the thread that writes to the one that finishes.
struct Movable(Mp3Encoder);

// SAFETY: what keeps the encoder from being `Send` are pointers into the samples of the call that runs, which are set anew
// at the start of every call, and into boxes of its own. It has no thread-locals and no shared state, and is used by one
// thread at a time, since all of its calls take `&mut`.
unsafe impl Send for Movable {}

/// An MP3 file that is being written.
pub struct Mp3File {
    encoder: Movable,
    file: DiskFile,
    /// Where the first frame stands, after the tags.
    start: u64,
    tag: Option<InfoTag>,
    bitrate: u32,
    rate: u32,
    /// Samples of each channel to a frame.
    frame: u64,
    length: u64,
    buffer: Vec<i16>,
}

impl Mp3File {
    /// Writes the tags.
    pub fn begin(mut file: DiskFile, bitrate: u32, settings: &Settings<'_>) -> Result<Self> {
        let config = Mp3EncoderConfig::new()
            .sample_rate(settings.rate)
            .bitrate(bitrate)
            .channels(2)
            .stereo_mode(StereoMode::JointStereo);
        let encoder = Mp3Encoder::new(config).map_err(failed)?;
        if let Some(song) = settings.tags {
            file.write_all(&tags::id3(song))?;
        }
        let start = file.stream_position()?;
        let frame = encoder.samples_per_frame() as u64 / 2;
        Ok(Self {
            encoder: Movable(encoder),
            file,
            start,
            tag: None,
            bitrate,
            rate: settings.rate,
            frame,
            length: 0,
            buffer: Vec::new(),
        })
    }

    fn append(&mut self, frame: &[u8]) -> Result<()> {
        if frame.is_empty() {
            return Ok(());
        }
        if self.tag.is_none() {
            let tag = InfoTag::beside(frame, self.rate, self.bitrate)?;
            // Its room; the numbers are known at the end.
            self.file.write_all(&tag.bytes(0, 0, 0))?;
            self.tag = Some(tag);
        }
        if let Some(tag) = &mut self.tag {
            tag.add(frame);
        }
        Ok(self.file.write_all(frame)?)
    }

    fn encode(&mut self) -> Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        for frame in self.encoder.0.encode_interleaved(&self.buffer).map_err(failed)? {
            self.append(&frame)?;
        }
        Ok(())
    }
}

fn failed(error: shine_rs::EncoderError) -> anyhow::Error {
    anyhow!("MP3 encoder: {error:?}")
}

impl Encoder for Mp3File {
    fn write(&mut self, [left, right]: [&[f32]; 2]) -> Result<()> {
        self.buffer.clear();
        for (&left, &right) in left.iter().zip(right) {
            self.buffer.extend([left, right].map(|sample| i16::try_from(quantized(sample, 16)).unwrap_or(0)));
        }
        self.length += left.len().min(right.len()) as u64;
        self.encode()
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        let whole = (self.length + DELAY + TAIL).next_multiple_of(self.frame);
        self.buffer.clear();
        self.buffer.resize(2 * usize::try_from(whole - self.length)?, 0);
        self.encode()?;
        let rest = self.encoder.0.finish().map_err(failed)?;
        self.append(&rest)?;
        if let Some(tag) = self.tag.take() {
            self.file.seek(SeekFrom::Start(self.start))?;
            let padding = whole - self.length - DELAY;
            self.file.write_all(&tag.bytes(whole / self.frame, DELAY, padding))?;
        }
        Ok(self.file.finish()?)
    }
}
