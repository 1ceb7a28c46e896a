//! Reading songs: WAV, FLAC, MP3 and Ogg Vorbis to two channels of float samples.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result, bail};
use rubato::audioadapter::Adapter;
use rubato::audioadapter_buffers::direct::SequentialSliceOfVecs;
use rubato::{Fft, FixedSync, Resampler};
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::errors::Error as DecodeError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;

/// Sample rates in Hz that the plug-in takes.
const RATES: std::ops::RangeInclusive<u32> = 22_050..=192_000;

/// A decoded song.
pub struct Song {
    /// `[channel][sample]`, two channels, full scale ±1.
    pub channels: Vec<Vec<f32>>,
    /// Sample rate in Hz.
    pub rate: u32,
    /// Channels that the file has (1 or 2); a mono file plays on both channels.
    pub source_channels: usize,
    /// Sample rate that the file has, in Hz.
    pub source_rate: u32,
    /// What was odd about the file, a sentence each.
    pub warnings: Vec<String>,
}

impl Song {
    /// Whether it has no samples at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Length in samples.
    pub fn len(&self) -> usize {
        self.channels[0].len()
    }

    /// Length in seconds.
    pub fn seconds(&self) -> f64 {
        self.len() as f64 / f64::from(self.rate)
    }

    /// Changes the sample rate to `rate` Hz. Does nothing when it has that rate already.
    ///
    /// # Errors
    /// When the resampler refuses the pair of rates.
    pub fn resample(&mut self, rate: u32) -> Result<()> {
        if rate == self.rate {
            return Ok(());
        }
        let length = self.len();
        let mut resampler =
            Fft::<f32>::new(self.rate as usize, rate as usize, 1024, self.channels.len(), FixedSync::Both)
                .with_context(|| format!("cannot resample from {} to {rate} Hz", self.rate))?;
        let input = SequentialSliceOfVecs::new(&self.channels, self.channels.len(), length)?;
        let output = resampler.process_all(&input, length, None)?;
        // The resampler rounds up, at times by one sample too many.
        let wanted = (length as f64 * f64::from(rate) / f64::from(self.rate)).round() as usize;
        let frames = output.frames();
        for (channel, samples) in self.channels.iter_mut().enumerate() {
            samples.clear();
            samples.extend((0..frames).filter_map(|frame| output.read_sample(channel, frame)));
            samples.resize(wanted, 0.0);
        }
        self.rate = rate;
        Ok(())
    }
}

/// Reads a song.
///
/// Messages call it `name`. A file that breaks off is read as far as it goes, with a warning.
///
/// # Errors
/// One line that names the file, for: missing, unreadable, empty, not audio, no sound in it, more than two channels, a
/// sample rate that the plug-in does not take.
pub fn read(path: &Path, name: &str) -> Result<Song> {
    let meta = path.metadata().with_context(|| format!("cannot read {name}"))?;
    if meta.is_dir() {
        bail!("{name} is a folder: name a song");
    }
    if meta.len() == 0 {
        bail!("{name} is empty (0 bytes)");
    }
    let file = File::open(path).with_context(|| format!("cannot read {name}"))?;

    let mut hint = Hint::new();
    if let Some(extension) = path.extension().and_then(|extension| extension.to_str()) {
        hint.with_extension(extension);
    }
    let stream = MediaSourceStream::new(Box::new(file), Default::default());
    let not_audio =
        |reason: &dyn std::fmt::Display| format!("{name} is no WAV, FLAC, MP3 or Ogg Vorbis ({reason})");
    let mut format = symphonia::default::get_probe()
        .probe(&hint, stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(|error| anyhow::anyhow!(not_audio(&error)))?;
    let track = format
        .default_track(TrackType::Audio)
        .ok_or_else(|| anyhow::anyhow!(not_audio(&"no audio track")))?;
    let track_id = track.id;
    let announced = track.num_frames;
    let parameters = track
        .codec_params
        .as_ref()
        .and_then(|parameters| parameters.audio())
        .ok_or_else(|| anyhow::anyhow!(not_audio(&"no audio codec")))?
        .clone();
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(&parameters, &AudioDecoderOptions::default())
        .map_err(|error| anyhow::anyhow!(not_audio(&error)))?;

    let mut channels: Vec<Vec<f32>> = Vec::new();
    let mut rate = 0;
    let mut planes: Vec<Vec<f32>> = Vec::new();
    let (mut damaged, mut broken_off) = (0usize, false);
    loop {
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            // Nothing after this point can be read; what came before is still the song's beginning.
            Err(_) => {
                broken_off = true;
                break;
            }
        };
        if packet.track_id != track_id {
            continue;
        }
        match decoder.decode(&packet) {
            Ok(decoded) => {
                let spec = decoded.spec();
                let count = spec.channels().count();
                if channels.is_empty() {
                    if count == 0 || count > 2 {
                        bail!("{name} has {count} channels: mix it down to stereo or mono first");
                    }
                    channels = vec![Vec::new(); count];
                    rate = spec.rate();
                }
                if count != channels.len() || spec.rate() != rate {
                    bail!("{name} changes its channels or its sample rate on the way: convert it first");
                }
                decoded.copy_to_vecs_planar(&mut planes);
                for (channel, plane) in channels.iter_mut().zip(&planes) {
                    channel.extend_from_slice(plane);
                }
            }
            Err(DecodeError::DecodeError(_) | DecodeError::IoError(_)) => damaged += 1,
            Err(error) => return Err(error).with_context(|| format!("cannot decode {name}")),
        }
    }

    let length = channels.first().map_or(0, Vec::len);
    if length == 0 {
        bail!("{name} holds no sound: nothing in it could be decoded");
    }
    if !RATES.contains(&rate) {
        bail!("{name} has {rate} Hz; the plug-in takes {} to {} Hz", RATES.start(), RATES.end());
    }
    let mut warnings = Vec::new();
    let missing = announced.map_or(0, |announced| announced.saturating_sub(length as u64));
    if broken_off || missing > 0 {
        let lost = if missing > 0 {
            format!(", {:.1} s are missing", missing as f64 / f64::from(rate))
        } else {
            String::new()
        };
        warnings.push(format!(
            "the file breaks off after {:.1} s{lost}; what is there was used",
            length as f64 / f64::from(rate)
        ));
    }
    if damaged > 0 {
        warnings.push(format!("{damaged} damaged passages of the file were left out"));
    }
    let mut unusable = 0;
    for sample in channels.iter_mut().flatten().filter(|sample| !sample.is_finite()) {
        *sample = 0.0;
        unusable += 1;
    }
    if unusable > 0 {
        warnings.push(format!("{unusable} samples of the file were no numbers; silence was used for them"));
    }
    let source_channels = channels.len();
    if source_channels == 1 {
        channels.push(channels[0].clone());
    }
    Ok(Song { channels, rate, source_channels, source_rate: rate, warnings })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resampling_keeps_a_tone_its_pitch_its_level_and_its_place() {
        let phase =
            |rate: u32, sample: usize| std::f64::consts::TAU * 997.0 * sample as f64 / f64::from(rate);
        let tone: Vec<f32> = (0..44_100).map(|sample| (phase(44_100, sample).sin() * 0.5) as f32).collect();
        let mut song = Song {
            channels: vec![tone; 2],
            rate: 44_100,
            source_channels: 2,
            source_rate: 44_100,
            warnings: Vec::new(),
        };
        song.resample(48_000).unwrap();
        assert_eq!((song.rate, song.len()), (48_000, 48_000));
        // Away from the ends, where the filter sees the song's edge: the tone's two quadratures and what is left.
        let range = 2000..46_000;
        let samples =
            || range.clone().map(|sample| (phase(48_000, sample), f64::from(song.channels[1][sample])));
        let (mut sine, mut cosine) = (0.0, 0.0);
        for (phase, sample) in samples() {
            sine += 2.0 * phase.sin() * sample / range.len() as f64;
            cosine += 2.0 * phase.cos() * sample / range.len() as f64;
        }
        assert!((sine.hypot(cosine) - 0.5).abs() < 1e-4, "level {}", sine.hypot(cosine));
        let shift = cosine.atan2(sine) / (std::f64::consts::TAU * 997.0) * 48_000.0;
        assert!(shift.abs() < 0.75, "shifted by {shift:.3} samples");
        let rest =
            samples().map(|(phase, sample)| (sample - sine * phase.sin() - cosine * phase.cos()).abs());
        let rest = rest.fold(0.0, f64::max);
        assert!(rest < 1e-4, "distorted by {rest:e}");
    }
}
