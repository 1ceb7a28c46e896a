//! A whole song in memory.

use std::path::Path;

use crate::cast;
use crate::error::{ErrorKind, SongError};
use crate::info::Info;
use crate::input::Input;
use crate::reader::{ReadOptions, Reader};
use crate::resample::Resampler;
use crate::warning::Warning;

/// A whole song in memory.
#[derive(Debug, Clone)]
pub struct Song {
    /// Two channels of equal length, full scale ±1.
    pub channels: [Vec<f32>; 2],
    /// Sample rate in Hz.
    pub rate: u32,
    /// What the file is.
    pub info: Info,
    /// What was odd about the file.
    pub warnings: Vec<Warning>,
}

impl Song {
    /// It has no samples at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Length in samples.
    pub fn len(&self) -> usize {
        self.channels[0].len()
    }

    /// Length in seconds.
    pub fn seconds(&self) -> f64 {
        cast::float(self.len() as u64) / f64::from(self.rate)
    }

    /// Changes the sample rate to `rate` Hz. Does nothing when it has that rate already.
    ///
    /// # Errors
    /// When the resampler refuses the pair of rates.
    pub fn resample(&mut self, rate: u32) -> Result<(), SongError> {
        if rate == self.rate {
            return Ok(());
        }
        let refused = |kind: ErrorKind| kind.of("the song");
        let mut resampler = Resampler::new(self.rate, rate).map_err(refused)?;
        let mut output = [Vec::new(), Vec::new()];
        resampler.push(&self.channels, &mut output);
        resampler.finish(&mut output);
        self.channels = output;
        self.rate = rate;
        Ok(())
    }
}

/// Reads a whole song, at its own rate where the plug-in takes it.
///
/// # Errors
/// As [`Reader::open`] and [`Reader::read`].
pub fn read(path: &Path) -> Result<Song, SongError> {
    read_with(path, &ReadOptions::default())
}

/// Reads a whole song.
///
/// # Errors
/// As [`Reader::open`] and [`Reader::read`].
pub fn read_with(input: impl Into<Input>, options: &ReadOptions) -> Result<Song, SongError> {
    const BLOCK: usize = 1 << 14;
    let mut reader = Reader::open(input, options)?;
    let mut channels = [Vec::new(), Vec::new()];
    loop {
        let start = channels[0].len();
        for channel in &mut channels {
            channel.resize(start + BLOCK, 0.0);
        }
        let [left, right] = &mut channels;
        let count = reader.read([&mut left[start..], &mut right[start..]])?;
        for channel in &mut channels {
            channel.truncate(start + count);
        }
        if count == 0 {
            break;
        }
    }
    Ok(Song {
        channels,
        rate: reader.rate(),
        info: reader.info().clone(),
        warnings: reader.warnings().to_vec(),
    })
}
