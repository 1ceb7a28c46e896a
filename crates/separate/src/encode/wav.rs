//! WAV: 16 and 24 bits and 32-bit float, as RF64 (EBU Tech 3306) where 32-bit sizes do not suffice.

use std::io::{Seek, SeekFrom, Write};

use anyhow::Result;

use super::disk::DiskFile;
use super::encoder::{Encoder, Settings, quantized};
use crate::tags;

/// How samples are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Samples {
    /// 16-bit integers
    Bits16,
    /// 24-bit integers
    Bits24,
    /// 32-bit floating-point numbers
    Float,
}

impl Samples {
    fn bytes(self) -> u16 {
        match self {
            Samples::Bits16 => 2,
            Samples::Bits24 => 3,
            Samples::Float => 4,
        }
    }
}

/// A WAV file that is being written.
pub struct WavFile {
    file: DiskFile,
    samples: Samples,
    /// Place of the chunk that becomes `ds64` in an RF64 file, if room was left.
    reserved: Option<u64>,
    /// Place of the size of the `data` chunk.
    size_at: u64,
    data_bytes: u64,
    buffer: Vec<u8>,
}

/// Above this many bytes of samples, sizes of 32 bits might not suffice.
const SMALL: u64 = 0xf000_0000;

/// Bytes of a `ds64` chunk's content without a table.
const DS64: u32 = 28;

/// Bytes of the samples of two channels.
fn frame(samples: Samples) -> u64 {
    2 * u64::from(samples.bytes())
}

impl WavFile {
    /// Writes the head of the file.
    pub fn begin(mut file: DiskFile, samples: Samples, settings: &Settings<'_>) -> Result<Self> {
        let mut head = b"RIFF\0\0\0\0WAVE".to_vec();
        // Where the song's length is known to fit, the file is the plainest that there is.
        let small = settings.expected.is_some_and(|length| length.saturating_mul(frame(samples)) < SMALL);
        let reserved = (!small).then_some(head.len() as u64);
        if !small {
            head.extend(b"JUNK");
            head.extend(DS64.to_le_bytes());
            head.extend([0; DS64 as usize]);
        }
        head.extend(format_chunk(samples, settings.rate));
        // Before the samples: some readers look no further.
        head.extend(settings.tags.map_or_else(Vec::new, tags::riff_chunks));
        head.extend(b"data\0\0\0\0");
        file.write_all(&head)?;
        let size_at = head.len() as u64 - 4;
        Ok(Self { file, samples, reserved, size_at, data_bytes: 0, buffer: Vec::new() })
    }

    /// As if so many bytes of silence had been written, in a hole of the file.
    #[cfg(test)]
    pub fn skip(&mut self, bytes: u64) -> Result<()> {
        self.file.seek(SeekFrom::Current(i64::try_from(bytes)?))?;
        self.data_bytes += bytes;
        // A file does not grow by seeking; the last byte is written.
        self.file.seek(SeekFrom::Current(-1))?;
        Ok(self.file.write_all(&[0])?)
    }

    fn patch(&mut self, at: u64, bytes: &[u8]) -> Result<()> {
        self.file.seek(SeekFrom::Start(at))?;
        Ok(self.file.write_all(bytes)?)
    }
}

/// The `fmt ` chunk of two channels.
fn format_chunk(samples: Samples, rate: u32) -> Vec<u8> {
    const PCM: u16 = 1;
    const EXTENSIBLE: u16 = 0xfffe;
    // Of the sub-format, what follows the number of the format.
    const GUID: [u8; 14] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];
    // More than 16 bits, and floats, take the extensible form.
    let plain = samples == Samples::Bits16;
    let bytes = samples.bytes();
    let mut chunk = b"fmt ".to_vec();
    chunk.extend(if plain { 16u32 } else { 40 }.to_le_bytes());
    chunk.extend(if plain { PCM } else { EXTENSIBLE }.to_le_bytes());
    chunk.extend(2u16.to_le_bytes());
    chunk.extend(rate.to_le_bytes());
    chunk.extend((rate * 2 * u32::from(bytes)).to_le_bytes());
    chunk.extend((2 * bytes).to_le_bytes());
    chunk.extend((8 * bytes).to_le_bytes());
    if !plain {
        chunk.extend(22u16.to_le_bytes());
        chunk.extend((8 * bytes).to_le_bytes());
        // Front left and front right.
        chunk.extend(3u32.to_le_bytes());
        let format: u16 = if samples == Samples::Float { 3 } else { PCM };
        chunk.extend(format.to_le_bytes());
        chunk.extend(GUID);
    }
    chunk
}

impl Encoder for WavFile {
    fn write(&mut self, [left, right]: [&[f32]; 2]) -> Result<()> {
        self.buffer.clear();
        for (&left, &right) in left.iter().zip(right) {
            for sample in [left, right] {
                match self.samples {
                    Samples::Float => self.buffer.extend(sample.to_le_bytes()),
                    Samples::Bits16 => self.buffer.extend(&quantized(sample, 16).to_le_bytes()[..2]),
                    Samples::Bits24 => self.buffer.extend(&quantized(sample, 24).to_le_bytes()[..3]),
                }
            }
        }
        self.file.write_all(&self.buffer)?;
        self.data_bytes += self.buffer.len() as u64;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        // Chunks begin at even places.
        if self.data_bytes % 2 == 1 {
            self.file.write_all(&[0])?;
        }
        let riff_bytes = self.file.stream_position()? - 8;
        match (u32::try_from(riff_bytes), self.reserved) {
            (Ok(riff_size), _) => {
                self.patch(4, &riff_size.to_le_bytes())?;
                // Smaller than the whole.
                let data_size = u32::try_from(self.data_bytes)?;
                self.patch(self.size_at, &data_size.to_le_bytes())?;
            }
            (Err(_), Some(reserved)) => {
                let mut chunk = b"ds64".to_vec();
                chunk.extend(DS64.to_le_bytes());
                chunk.extend(riff_bytes.to_le_bytes());
                chunk.extend(self.data_bytes.to_le_bytes());
                chunk.extend((self.data_bytes / frame(self.samples)).to_le_bytes());
                chunk.extend(0u32.to_le_bytes());
                self.patch(reserved, &chunk)?;
                self.patch(self.size_at, &u32::MAX.to_le_bytes())?;
                self.patch(0, b"RF64\xff\xff\xff\xff")?;
            }
            // Longer than the song said: as a recorder that died leaves it, which readers take to the file's end.
            (Err(_), None) => {
                self.patch(4, &u32::MAX.to_le_bytes())?;
                self.patch(self.size_at, &u32::MAX.to_le_bytes())?;
            }
        }
        Ok(self.file.finish()?)
    }
}
