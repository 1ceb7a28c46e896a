//! WAV: 16 and 24 bits and 32-bit float.

use anyhow::Result;
use unbraid_wave::{Head, Samples, WaveWriter};

use super::disk::DiskFile;
use super::encoder::{Encoder, Settings, quantized};
use crate::tags;

/// A WAV file that is being written.
pub struct WavFile {
    wave: WaveWriter<DiskFile>,
    samples: Samples,
    buffer: Vec<u8>,
}

impl WavFile {
    /// Writes the head of the file.
    pub fn begin(file: DiskFile, samples: Samples, settings: &Settings<'_>) -> Result<Self> {
        let chunks = settings.tags.map_or_else(Vec::new, tags::riff_chunks);
        let head = Head { samples, rate: settings.rate, expected: settings.expected, chunks: &chunks };
        Ok(Self { wave: WaveWriter::begin(file, &head)?, samples, buffer: Vec::new() })
    }
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
        Ok(self.wave.write(&self.buffer)?)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(self.wave.finish()?.finish()?)
    }
}
