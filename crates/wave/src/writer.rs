//! A file that is being written.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};

/// How samples are stored, little end first.
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

    /// Bytes of one sample of both channels: an even number.
    pub fn frame(self) -> u64 {
        2 * u64::from(self.bytes())
    }
}

/// What precedes the samples.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// How samples are stored.
    pub samples: Samples,
    /// Sample rate in Hz.
    pub rate: u32,
    /// How many frames there will be, as far as is known. Where they surely fit, the file is the plainest that there is.
    pub expected: Option<u64>,
    /// Whole chunks that come before the samples, since some readers look no further.
    pub chunks: &'a [u8],
}

/// A WAV file of two channels that is being written.
///
/// The head counts what was there at [`WaveWriter::begin`], at the last [`WaveWriter::settle`], or at the end.
pub struct WaveWriter<F> {
    file: F,
    samples: Samples,
    /// Place of the chunk that becomes `ds64` in an RF64 file, if room was left.
    reserved: Option<u64>,
    /// Place of the size of the `data` chunk, before the first sample.
    size_at: u64,
    data_bytes: u64,
}

/// Above this many bytes of samples, sizes of 32 bits might not suffice.
const SMALL: u64 = 0xf000_0000;

/// Bytes of a `ds64` chunk's content without a table.
const DS64: u32 = 28;

impl<F: Write + Seek> WaveWriter<F> {
    /// Writes the head of an empty `file`.
    ///
    /// # Errors
    /// As the file's.
    pub fn begin(mut file: F, head: &Head<'_>) -> io::Result<Self> {
        let samples = head.samples;
        let mut bytes = b"RIFF\0\0\0\0WAVE".to_vec();
        let small = head.expected.is_some_and(|length| length.saturating_mul(samples.frame()) < SMALL);
        let reserved = (!small).then_some(bytes.len() as u64);
        if !small {
            bytes.extend(b"JUNK");
            bytes.extend(DS64.to_le_bytes());
            bytes.extend([0; DS64 as usize]);
        }
        bytes.extend(format_chunk(samples, head.rate));
        bytes.extend(head.chunks);
        bytes.extend(b"data\0\0\0\0");
        file.write_all(&bytes)?;
        let size_at = bytes.len() as u64 - 4;
        Ok(Self { file, samples, reserved, size_at, data_bytes: 0 })
    }

    /// Appends `bytes` of samples, whole frames of them.
    ///
    /// # Errors
    /// As the file's; then it is unknown how much was written.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        debug_assert_eq!(bytes.len() as u64 % self.samples.frame(), 0);
        self.file.write_all(bytes)?;
        self.data_bytes += bytes.len() as u64;
        Ok(())
    }

    /// Frames so far.
    pub fn frames(&self) -> u64 {
        self.data_bytes / self.samples.frame()
    }

    /// Makes the head count what is there, so that the file is whole at this moment.
    ///
    /// # Errors
    /// As the file's.
    pub fn settle(&mut self) -> io::Result<()> {
        let riff_bytes = self.size_at + 4 + self.data_bytes - 8;
        match (u32::try_from(riff_bytes), u32::try_from(self.data_bytes), self.reserved) {
            (Ok(riff_size), Ok(data_size), _) => {
                self.patch(4, &riff_size.to_le_bytes())?;
                self.patch(self.size_at, &data_size.to_le_bytes())?;
            }
            (_, _, Some(reserved)) => {
                let mut chunk = b"ds64".to_vec();
                chunk.extend(DS64.to_le_bytes());
                chunk.extend(riff_bytes.to_le_bytes());
                chunk.extend(self.data_bytes.to_le_bytes());
                chunk.extend(self.frames().to_le_bytes());
                chunk.extend(0u32.to_le_bytes());
                self.patch(reserved, &chunk)?;
                self.patch(self.size_at, &u32::MAX.to_le_bytes())?;
                self.patch(0, b"RF64\xff\xff\xff\xff")?;
            }
            // Longer than was expected: as a recorder that died leaves it, which readers take to the file's end.
            (_, _, None) => {
                self.patch(4, &u32::MAX.to_le_bytes())?;
                self.patch(self.size_at, &u32::MAX.to_le_bytes())?;
            }
        }
        self.file.seek(SeekFrom::Start(self.size_at + 4 + self.data_bytes))?;
        Ok(())
    }

    /// Settles, and gives the file back.
    ///
    /// # Errors
    /// As the file's.
    pub fn finish(mut self) -> io::Result<F> {
        self.settle()?;
        Ok(self.file)
    }

    fn patch(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(at))?;
        self.file.write_all(bytes)
    }
}

impl WaveWriter<File> {
    /// Leaves the first `frames` frames and settles: after an error, of which it is unknown how much was written.
    /// Overwrites and shortens, which a full disk allows.
    ///
    /// # Errors
    /// As the file's.
    pub fn cut(&mut self, frames: u64) -> io::Result<()> {
        self.data_bytes = self.data_bytes.min(frames.saturating_mul(self.samples.frame()));
        self.file.set_len(self.size_at + 4 + self.data_bytes)?;
        self.settle()
    }

    /// The file.
    pub fn file(&self) -> &File {
        &self.file
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

#[cfg(test)]
mod tests;
