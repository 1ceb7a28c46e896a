//! Containers and codecs: packets to planes of samples.

use std::fs::File;

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as DecodeError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;

use crate::error::ErrorKind;
use crate::info::Info;
use crate::mixdown::layout_name;
use crate::warning::{Passage, Warning};

/// How many damaged passages are told one by one.
const TOLD: usize = 8;

/// A song's packets, decoded one after the other.
pub struct Decoder {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    info: Info,
    channels: Channels,
    planes: Vec<Vec<f32>>,
    /// Frames delivered.
    given: u64,
    damage: Damage,
    broken_off: bool,
}

#[derive(Default)]
struct Damage {
    count: usize,
    frames: u64,
    first: Vec<Passage>,
}

fn not_audio(reason: impl std::fmt::Display) -> ErrorKind {
    ErrorKind::NotAudio(reason.to_string())
}

impl Decoder {
    /// Opens the audio in `file`. The extension of its name helps to guess the format.
    pub fn open(file: File, extension: Option<&str>) -> Result<Self, ErrorKind> {
        let mut hint = Hint::new();
        if let Some(extension) = extension {
            hint.with_extension(extension);
        }
        let stream = MediaSourceStream::new(Box::new(file), Default::default());
        let format = symphonia::default::get_probe()
            .probe(&hint, stream, FormatOptions::default(), MetadataOptions::default())
            .map_err(not_audio)?;
        let track = format.default_track(TrackType::Audio).ok_or_else(|| not_audio("no audio track"))?;
        let parameters = track
            .codec_params
            .as_ref()
            .and_then(|parameters| parameters.audio())
            .ok_or_else(|| not_audio("no audio codec"))?
            .clone();
        let (track_id, frames) = (track.id, track.num_frames);
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(&parameters, &AudioDecoderOptions::default())
            .map_err(|error| ErrorKind::Codec(format!("a codec ({error})")))?;
        let channels = parameters.channels.clone().unwrap_or(Channels::Discrete(2));
        let info = Info {
            container: format.format_info().short_name.to_owned(),
            codec: decoder.codec_info().short_name.to_owned(),
            rate: parameters.sample_rate.unwrap_or(0),
            channels: channels.count(),
            layout: layout_name(&channels),
            bits: parameters.bits_per_sample,
            frames,
            ..Info::default()
        };
        Ok(Self {
            format,
            decoder,
            track: track_id,
            info,
            channels,
            planes: Vec::new(),
            given: 0,
            damage: Damage::default(),
            broken_off: false,
        })
    }

    pub fn info(&self) -> &Info {
        &self.info
    }

    pub fn channels(&self) -> &Channels {
        &self.channels
    }

    /// The next block, `[channel][sample]`, or nothing at the end.
    pub fn next(&mut self) -> Result<Option<&mut [Vec<f32>]>, ErrorKind> {
        loop {
            let packet = match self.format.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => return Ok(None),
                // Nothing after this point can be read; what came before is still the song's beginning.
                Err(_) => {
                    self.broken_off = true;
                    return Ok(None);
                }
            };
            if packet.track_id != self.track {
                continue;
            }
            match self.decoder.decode(&packet) {
                Ok(decoded) => {
                    let count = decoded.spec().channels().count();
                    if count != self.info.channels {
                        return Err(ErrorKind::ChannelsChange { from: self.info.channels, to: count });
                    }
                    decoded.copy_to_vecs_planar(&mut self.planes);
                    self.given += self.planes[0].len() as u64;
                }
                Err(DecodeError::DecodeError(_) | DecodeError::IoError(_)) => self.silence(packet.dur.get()),
                Err(error) => return Err(not_audio(error)),
            }
            return Ok(Some(&mut self.planes));
        }
    }

    /// A passage that could not be decoded.
    fn silence(&mut self, frames: u64) {
        let rate = f64::from(self.info.rate);
        if self.damage.first.len() < TOLD {
            let passage = Passage { start: self.given as f64 / rate, length: frames as f64 / rate };
            self.damage.first.push(passage);
        }
        self.damage.count += 1;
        self.damage.frames += frames;
        self.planes.resize_with(self.info.channels, Vec::new);
        for plane in &mut self.planes {
            plane.clear();
            plane.resize(frames as usize, 0.0);
        }
        self.given += frames;
    }

    /// What was odd, once the end is reached.
    pub fn warnings(&self) -> Vec<Warning> {
        let seconds = |frames: u64| frames as f64 / f64::from(self.info.rate);
        let missing = self.info.frames.map_or(0, |frames| frames.saturating_sub(self.given));
        let mut warnings = Vec::new();
        if self.broken_off || missing > 0 {
            let missing = (missing > 0).then(|| seconds(missing));
            warnings.push(Warning::BreaksOff { at: seconds(self.given), missing });
        }
        if self.damage.count > 0 {
            warnings.push(Warning::Damaged {
                count: self.damage.count,
                seconds: seconds(self.damage.frames),
                first: self.damage.first.clone(),
            });
        }
        warnings
    }
}
