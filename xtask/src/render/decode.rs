//! Reading songs, which messages call by their path as the user sees it.

use std::path::Path;

use anyhow::Result;
use unbraid_song::{RateChoice, ReadOptions};

use crate::workspace;

/// A decoded song.
pub struct Song {
    /// `[channel][sample]`, two channels, full scale ±1.
    pub channels: Vec<Vec<f32>>,
    /// Sample rate in Hz.
    pub rate: u32,
    /// Channels that the file has.
    pub source_channels: usize,
    /// Sample rate that the file has, in Hz.
    pub source_rate: u32,
    /// What was odd about the file, a sentence each.
    pub warnings: Vec<String>,
}

impl Song {
    /// Length in samples.
    pub fn len(&self) -> usize {
        self.channels[0].len()
    }

    /// Length in seconds.
    pub fn seconds(&self) -> f64 {
        self.len() as f64 / f64::from(self.rate)
    }

    /// Changes the sample rate to `rate` Hz.
    pub fn resample(&mut self, rate: u32) -> Result<()> {
        let channels = [std::mem::take(&mut self.channels[0]), std::mem::take(&mut self.channels[1])];
        let mut song =
            unbraid_song::Song { channels, rate: self.rate, info: Default::default(), warnings: Vec::new() };
        song.resample(rate)?;
        self.channels = song.channels.into();
        self.rate = rate;
        Ok(())
    }
}

/// Reads a song: see [`unbraid_song::read`].
pub fn read(path: &Path) -> Result<Song> {
    let options = ReadOptions { rate: RateChoice::Native, name: Some(workspace::shown(path)) };
    let song = unbraid_song::read_with(path, &options)?;
    Ok(Song {
        channels: song.channels.into(),
        rate: song.rate,
        source_channels: song.info.channels,
        source_rate: song.info.rate,
        warnings: song.warnings.iter().map(ToString::to_string).collect(),
    })
}
