//! FLAC of 16 and 24 bits.

use anyhow::{Result, anyhow};
use flac_codec::encode::{FlacSampleWriter, Options};

use super::disk::DiskFile;
use super::encoder::{Encoder, Settings, quantized};
use crate::tags;

/// A FLAC file that is being written.
pub struct FlacFile {
    writer: FlacSampleWriter<DiskFile>,
    file: DiskFile,
    bits: u32,
    buffer: Vec<i32>,
}

impl FlacFile {
    /// Writes the head of the file.
    pub fn begin(file: DiskFile, bits: u32, settings: &Settings<'_>) -> Result<Self> {
        // Trying every way of correlating the channels doubles the time for less than a per cent of the size.
        let mut options = Options::default().fast_channel_correlation(true);
        if let Some(song) = settings.tags {
            options = options.comment(tags::vorbis_comment(&song.tags));
            if let Some(picture) = song.cover.as_ref().and_then(tags::flac_picture) {
                options = options.picture(picture);
            }
        }
        let writer =
            FlacSampleWriter::new(file.clone(), options, settings.rate, bits, 2, None).map_err(failed)?;
        Ok(Self { writer, file, bits, buffer: Vec::new() })
    }
}

/// The encoder's error; what the disk said stays what it was.
fn failed(error: flac_codec::Error) -> anyhow::Error {
    match error {
        flac_codec::Error::Io(error) => error.into(),
        error => anyhow!("FLAC encoder: {error}"),
    }
}

impl Encoder for FlacFile {
    fn write(&mut self, [left, right]: [&[f32]; 2]) -> Result<()> {
        self.buffer.clear();
        for (&left, &right) in left.iter().zip(right) {
            self.buffer.extend([quantized(left, self.bits), quantized(right, self.bits)]);
        }
        self.writer.write(&self.buffer).map_err(failed)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.writer.finalize().map_err(failed)?;
        Ok(self.file.finish()?)
    }
}
