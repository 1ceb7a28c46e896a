//! Decoders: symphonia's, and one for Opus.

mod opus;

use std::sync::LazyLock;

use symphonia::core::codecs::audio::well_known::*;
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::codecs::registry::CodecRegistry;

use crate::error::ErrorKind;

static REGISTRY: LazyLock<CodecRegistry> = LazyLock::new(|| {
    let mut registry = CodecRegistry::new();
    symphonia::default::register_enabled_codecs(&mut registry);
    registry.register_audio_decoder::<opus::Decoder>();
    registry
});

/// A decoder for these parameters.
pub fn decoder(parameters: &AudioCodecParameters) -> Result<Box<dyn AudioDecoder>, ErrorKind> {
    let channels = parameters.channels.as_ref().map_or(0, |channels| channels.count());
    if parameters.codec == CODEC_ID_VORBIS && channels > 2 {
        // symphonia undoes the coupling of more than two channels in the wrong order, and mixes them up.
        return Err(ErrorKind::Codec(format!("Vorbis with {channels} channels")));
    }
    let refused = |error| ErrorKind::Codec(reason(parameters, &error));
    REGISTRY.make_audio_decoder(parameters, &AudioDecoderOptions::default()).map_err(refused)
}

/// What people call a codec that cannot be decoded.
fn reason(parameters: &AudioCodecParameters, error: &symphonia::core::errors::Error) -> String {
    let channels = parameters.channels.as_ref().map_or(0, |channels| channels.count());
    match parameters.codec {
        CODEC_ID_AAC if channels > 2 => format!("AAC with {channels} channels"),
        CODEC_ID_AAC => "HE-AAC or another AAC than LC".to_owned(),
        CODEC_ID_AC3 => "AC-3".to_owned(),
        CODEC_ID_EAC3 => "E-AC-3".to_owned(),
        CODEC_ID_DCA => "DTS".to_owned(),
        CODEC_ID_WMA => "WMA".to_owned(),
        CODEC_ID_SPEEX => "Speex".to_owned(),
        CODEC_ID_WAVPACK => "WavPack".to_owned(),
        CODEC_ID_MONKEYS_AUDIO => "Monkey's Audio".to_owned(),
        CODEC_ID_OPUS => format!("Opus of an unusual kind ({error})"),
        _ => format!("a codec of its own ({error})"),
    }
}

/// A codec's name, and whether it loses part of the signal.
pub fn describe(codec: AudioCodecId) -> (&'static str, bool) {
    match codec {
        CODEC_ID_FLAC => ("FLAC", false),
        CODEC_ID_ALAC => ("ALAC", false),
        CODEC_ID_AAC => ("AAC", true),
        CODEC_ID_MP1 => ("MP1", true),
        CODEC_ID_MP2 => ("MP2", true),
        CODEC_ID_MP3 => ("MP3", true),
        CODEC_ID_VORBIS => ("Vorbis", true),
        CODEC_ID_OPUS => ("Opus", true),
        CODEC_ID_ADPCM_MS | CODEC_ID_ADPCM_IMA_WAV | CODEC_ID_ADPCM_IMA_QT => ("ADPCM", true),
        CODEC_ID_PCM_ALAW => ("A-law", false),
        CODEC_ID_PCM_MULAW => ("µ-law", false),
        CODEC_ID_PCM_F32LE | CODEC_ID_PCM_F32BE | CODEC_ID_PCM_F64LE | CODEC_ID_PCM_F64BE => {
            ("PCM float", false)
        }
        _ => ("PCM", false),
    }
}
