//! Writing audio in a stream: WAV, FLAC and MP3, with the song's tags.

mod disk;
mod encoder;
mod flac;
mod info_tag;
mod mp3;
mod wav;

use std::path::Path;

use crate::format::{Format, mp3_bitrate};
use anyhow::{Context, Result};
use unbraid_wave::Samples;

pub use encoder::{Encoder, Settings};

/// Begins a file. What exceeds full scale is cut off in all formats but WAV of 32 bits.
///
/// # Errors
/// When the file cannot be made, or when the format does not take the rates.
pub fn create(path: &Path, settings: &Settings<'_>) -> Result<Box<dyn Encoder>> {
    settings.format.check(settings.rate, settings.bitrate).map_err(anyhow::Error::msg)?;
    let file = disk::DiskFile::create(path)?;
    Ok(match settings.format {
        Format::Wav => Box::new(wav::WavFile::begin(file, Samples::Float, settings)?),
        Format::Wav16 => Box::new(wav::WavFile::begin(file, Samples::Bits16, settings)?),
        Format::Wav24 => Box::new(wav::WavFile::begin(file, Samples::Bits24, settings)?),
        Format::Flac16 => Box::new(flac::FlacFile::begin(file, 16, settings)?),
        Format::Flac24 => Box::new(flac::FlacFile::begin(file, 24, settings)?),
        Format::Mp3 => {
            Box::new(mp3::Mp3File::begin(file, mp3_bitrate(settings.rate, settings.bitrate), settings)?)
        }
    })
}

/// Writes a whole file of 32-bit float WAV without tags: `[channel][sample]`, two channels.
///
/// # Errors
/// When the file cannot be written.
pub fn write_wav(path: &Path, audio: &[Vec<f32>], rate: u32) -> Result<()> {
    let [left, right] = audio else { anyhow::bail!("{} channels, not 2", audio.len()) };
    let expected = Some(left.len() as u64);
    let settings = Settings { format: Format::Wav, rate, bitrate: None, expected, tags: None };
    let mut file = create(path, &settings)?;
    file.write([left, right])?;
    file.finish().with_context(|| crate::paths::shown(path))
}

#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "signals of tests"
)]
mod tests;
