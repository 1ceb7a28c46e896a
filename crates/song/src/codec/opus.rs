//! Opus, decoded by the crate `opus-pure`.

use opus_pure::{OpusDecoder, OpusMSDecoder, packet};
use symphonia::core::audio::{
    AsGenericAudioBufferRef, AudioBuffer, AudioMut, AudioSpec, Channels, GenericAudioBufferRef, Position,
};
use symphonia::core::codecs::CodecInfo;
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::codecs::audio::{
    AudioCodecParameters, AudioDecoder, AudioDecoderOptions, FinalizeResult,
};
use symphonia::core::codecs::registry::{RegisterableAudioDecoder, SupportedAudioCodec};
use symphonia::core::errors::{Error, Result};
use symphonia::core::packet::PacketRef;

/// The rate that Opus is decoded at, in Hz.
const RATE: u32 = 48_000;

/// The same for `opus-pure`.
const OPUS_RATE: i32 = RATE.cast_signed();

/// Samples of the longest packet: 120 ms.
const LONGEST: usize = 5760;

enum Streams {
    One(Box<OpusDecoder>),
    Surround(Box<OpusMSDecoder>),
}

/// A decoder of Opus.
pub struct Decoder {
    parameters: AudioCodecParameters,
    streams: Streams,
    /// For each plane of the output, the channel that Opus has it in.
    order: Vec<usize>,
    /// Gain of the header.
    gain: f32,
    interleaved: Vec<f32>,
    planes: AudioBuffer<f32>,
}

/// What the header of Opus says.
struct Head {
    channels: usize,
    family: u8,
    gain: f32,
}

impl Head {
    /// Reads the header, which Ogg and Matroska carry with its name; MP4 has only a part of it, from which symphonia
    /// makes the same.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let body = bytes.strip_prefix(b"OpusHead")?;
        let quarter = i16::from_le_bytes([*body.get(8)?, *body.get(9)?]);
        let decibels = f32::from(quarter) / 256.0;
        Some(Self {
            channels: usize::from(*body.get(1)?),
            family: *body.get(10)?,
            gain: 10f32.powf(decibels / 20.0),
        })
    }
}

/// Channels of mapping family 1 by their number, as WAV orders them, and where Opus has them.
fn surround(channels: usize) -> Option<(Position, &'static [usize])> {
    let front = Position::FRONT_LEFT | Position::FRONT_RIGHT;
    let rear = Position::REAR_LEFT | Position::REAR_RIGHT;
    let side = Position::SIDE_LEFT | Position::SIDE_RIGHT;
    let (centre, low) = (Position::FRONT_CENTER, Position::LFE1);
    Some(match channels {
        1 => (Position::FRONT_LEFT, &[0]),
        2 => (front, &[0, 1]),
        3 => (front | centre, &[0, 2, 1]),
        4 => (front | rear, &[0, 1, 2, 3]),
        5 => (front | centre | rear, &[0, 2, 1, 3, 4]),
        6 => (front | centre | low | rear, &[0, 2, 1, 5, 3, 4]),
        7 => (front | centre | low | Position::REAR_CENTER | side, &[0, 2, 1, 6, 5, 3, 4]),
        8 => (front | centre | low | rear | side, &[0, 2, 1, 7, 5, 6, 3, 4]),
        _ => return None,
    })
}

impl Decoder {
    fn new(parameters: &AudioCodecParameters) -> Result<Self> {
        let told = parameters.channels.as_ref().map_or(2, |channels| channels.count());
        let head = parameters.extra_data.as_deref().and_then(Head::parse);
        let head = head.unwrap_or(Head { channels: told, family: 0, gain: 1.0 });
        let unusual = Error::Unsupported("opus: channels that are mapped in a way of their own");
        let (positions, order) = surround(head.channels).filter(|_| head.family <= 1).ok_or(unusual)?;
        let streams = streams(&head).map_err(|_| Error::Unsupported("opus: number of channels"))?;
        let channels = Channels::Positioned(positions);
        let mut parameters = parameters.clone();
        parameters.with_sample_rate(RATE).with_channels(channels.clone());
        Ok(Self {
            parameters,
            streams,
            order: order.to_vec(),
            gain: head.gain,
            interleaved: vec![0.0; LONGEST * head.channels],
            planes: AudioBuffer::new(AudioSpec::new(RATE, channels), LONGEST),
        })
    }

    fn decode_packet(&mut self, bytes: &[u8]) -> Result<()> {
        self.planes.clear();
        let broken = |_| Error::DecodeError("opus: broken packet");
        let room = packet::samples(bytes, OPUS_RATE).map_err(broken)?.min(LONGEST);
        let frames = match &mut self.streams {
            Streams::One(decoder) => decoder.decode(bytes, room, &mut self.interleaved),
            Streams::Surround(decoder) => decoder.decode(bytes, room, &mut self.interleaved),
        };
        let frames = frames.map_err(broken)?;
        self.planes.render_uninit(Some(frames));
        let count = self.order.len();
        for (plane, &channel) in self.order.iter().enumerate() {
            let Some(samples) = self.planes.plane_mut(plane) else { continue };
            for (sample, frame) in samples.iter_mut().zip(self.interleaved.chunks_exact(count)) {
                *sample = frame[channel] * self.gain;
            }
        }
        Ok(())
    }
}

fn streams(head: &Head) -> opus_pure::Result<Streams> {
    Ok(if head.channels <= 2 {
        Streams::One(Box::new(OpusDecoder::new(OPUS_RATE, head.channels)?))
    } else {
        Streams::Surround(Box::new(OpusMSDecoder::new(OPUS_RATE, head.channels, head.family)?))
    })
}

impl AudioDecoder for Decoder {
    fn reset(&mut self) {
        // A decoder that cannot be reset goes on from where it was, which is audible for some milliseconds at most.
        let _ = match &mut self.streams {
            Streams::One(decoder) => decoder.reset_state(),
            Streams::Surround(decoder) => decoder.reset_state(),
        };
    }

    fn codec_info(&self) -> &CodecInfo {
        &Self::supported_codecs()[0].info
    }

    fn codec_params(&self) -> &AudioCodecParameters {
        &self.parameters
    }

    fn decode_ref(&mut self, packet: &PacketRef<'_>) -> Result<GenericAudioBufferRef<'_>> {
        if let Err(error) = self.decode_packet(packet.data) {
            self.planes.clear();
            return Err(error);
        }
        Ok(self.planes.as_generic_audio_buffer_ref())
    }

    fn finalize(&mut self) -> FinalizeResult {
        FinalizeResult::default()
    }

    fn last_decoded(&self) -> GenericAudioBufferRef<'_> {
        self.planes.as_generic_audio_buffer_ref()
    }
}

impl RegisterableAudioDecoder for Decoder {
    fn try_registry_new(
        parameters: &AudioCodecParameters,
        _: &AudioDecoderOptions,
    ) -> Result<Box<dyn AudioDecoder>> {
        Ok(Box::new(Self::new(parameters)?))
    }

    fn supported_codecs() -> &'static [SupportedAudioCodec] {
        const INFO: CodecInfo = CodecInfo { short_name: "opus", long_name: "Opus", profiles: &[] };
        &[SupportedAudioCodec { id: CODEC_ID_OPUS, info: INFO }]
    }
}
