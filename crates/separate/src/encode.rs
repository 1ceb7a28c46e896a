//! Writing audio in a stream: WAV, FLAC and MP3, with the song's tags.

mod disk;
mod flac;
mod info_tag;
mod mp3;
mod wav;

use std::path::Path;

use anyhow::{Context, Result};
use unbraid_song::Info;

use crate::format::{Format, mp3_bitrate};
use crate::numbers;

/// A file of two channels that is being written.
pub trait Encoder: Send {
    /// Appends samples: two channels of one length, full scale ±1.
    ///
    /// # Errors
    /// When the file cannot be written.
    fn write(&mut self, audio: [&[f32]; 2]) -> Result<()>;

    /// Writes what is left, and hands the file over to the system for good.
    ///
    /// # Errors
    /// When the file cannot be written.
    fn finish(self: Box<Self>) -> Result<()>;
}

/// What a file is made of beside its samples.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    /// Its format.
    pub format: Format,
    /// Sample rate in Hz.
    pub rate: u32,
    /// Bit rate of an MP3 file in kbit/s, if one was asked for.
    pub bitrate: Option<u32>,
    /// How many samples there will be, as far as is known.
    pub expected: Option<u64>,
    /// The song whose tags and cover it gets.
    pub tags: Option<&'a Info>,
}

/// Begins a file. What exceeds full scale is cut off in all formats but WAV of 32 bits.
///
/// # Errors
/// When the file cannot be made, or when the format does not take the rates.
pub fn create(path: &Path, settings: &Settings<'_>) -> Result<Box<dyn Encoder>> {
    settings.format.check(settings.rate, settings.bitrate).map_err(anyhow::Error::msg)?;
    let file = disk::DiskFile::create(path)?;
    Ok(match settings.format {
        Format::Wav => Box::new(wav::WavFile::begin(file, wav::Samples::Float, settings)?),
        Format::Wav16 => Box::new(wav::WavFile::begin(file, wav::Samples::Bits16, settings)?),
        Format::Wav24 => Box::new(wav::WavFile::begin(file, wav::Samples::Bits24, settings)?),
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
    file.finish().with_context(|| crate::shown(path))
}

/// A sample as an integer of `bits` bits, rounded and cut off at full scale. Without dither: what the plug-in leaves alone
/// comes out as it went in.
fn quantized(sample: f32, bits: u32) -> i32 {
    let scale = f64::from(1u32 << (bits - 1));
    numbers::nearest((f64::from(sample) * scale).clamp(-scale, scale - 1.0))
}

#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "signals of tests"
)]
mod tests;
