//! From a file to a decoder: which container it is, and what the container does not tell by itself.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_AAC, CODEC_ID_ALAC};
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::well_known::{
    FORMAT_ID_ISOMP4, FORMAT_ID_MKV, FORMAT_ID_MP1, FORMAT_ID_MP2, FORMAT_ID_MP3, FORMAT_ID_OGG,
};
use symphonia::core::formats::{FormatOptions, FormatReader};
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::core::meta::MetadataOptions;

use crate::aiff::Aiff;
use crate::cast;
use crate::codec;
use crate::decode::Decoder;
use crate::demux::general::{General, Told, audio_track, container_name};
use crate::demux::mpa::Mpa;
use crate::demux::{Demux, Window, matroska, mp4, ogg};
use crate::error::ErrorKind;
use crate::info::Info;
use crate::mixdown::layout_name;
use crate::tags::Collected;
use crate::warning::Warning;
use crate::wave::Wave;

/// A song that is ready to be decoded.
pub struct Opened {
    pub decoder: Decoder,
    pub info: Info,
    pub warnings: Vec<Warning>,
}

/// Opens the audio in `file`. The extension of its name helps to guess the format.
pub fn open(mut file: File, extension: Option<&str>) -> Result<Opened, ErrorKind> {
    if let Some(wave) = Wave::find(&mut file)? {
        return open_wave(wave, file);
    }
    if let Some(aiff) = Aiff::find(&mut file)? {
        return open_aiff(aiff, file);
    }
    file.rewind()?;
    let probed = probe(Box::new(file.try_clone()?), extension);
    let format = match probed {
        Ok(format) => format,
        Err(error) => return open_mpa(file, Collected::default()).map_err(|_| error),
    };
    let mut format = format;
    let mut collected = Collected::default();
    collected.take(&mut format.metadata());
    if matches!(format.format_info().format, FORMAT_ID_MP1 | FORMAT_ID_MP2 | FORMAT_ID_MP3) {
        drop(format);
        return open_mpa(file, collected);
    }
    let name = container_name(&*format);
    let told = told(&*format, &mut file, &mut collected)?;
    let general = General::new(format, told)?;
    finish(Box::new(general), None, name, collected)
}

fn probe(source: Box<dyn MediaSource>, extension: Option<&str>) -> Result<Box<dyn FormatReader>, ErrorKind> {
    let mut hint = Hint::new();
    if let Some(extension) = extension {
        hint.with_extension(extension);
    }
    let stream = MediaSourceStream::new(source, Default::default());
    symphonia::default::get_probe()
        .probe(&hint, stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(|error| ErrorKind::NotAudio(error.to_string()))
}

fn open_mpa(mut file: File, collected: Collected) -> Result<Opened, ErrorKind> {
    file.rewind()?;
    let length = file.metadata()?.len();
    let mpa = Mpa::open(file, 0..length)?;
    let mpa = mpa.ok_or_else(|| ErrorKind::NotAudio("no frames of MPEG audio".to_owned()))?;
    let name = ["MP1", "MP2", "MP3"][mpa.layer() as usize - 1];
    finish(Box::new(mpa), None, name, collected)
}

fn open_wave(wave: Wave, file: File) -> Result<Opened, ErrorKind> {
    let mut collected = Collected::from(wave.tags.clone());
    if let Some(id3) = &wave.id3 {
        collected.read_id3(id3);
    }
    let (frames, bits, channels) = (wave.frames(), wave.format.bits, wave.channels());
    let (wrong_sizes, missing) = (wave.wrong_sizes, wave.missing_seconds());
    let mut opened = if wave.format.is_mp3() {
        let bytes = wave.bytes();
        let mpa = Mpa::open(file, bytes)?.ok_or(ErrorKind::NoSound)?;
        finish(Box::new(mpa), None, "WAV", collected)?
    } else if wave.format.frames_per_block().is_none() {
        return Err(ErrorKind::Codec(format!("WAV of the kind {:#06x}", wave.format.tag)));
    } else {
        let format = probe(wave.into_source(file), Some("wav"))?;
        let end = frames.and_then(|frames| i64::try_from(frames).ok());
        let window = Some(Window { begin: 0, end, resume: None });
        let told = Told { window, alone: true, ..Told::default() };
        finish(Box::new(General::new(format, told)?), Some(channels), "WAV", collected)?
    };
    opened.info.bits = opened.info.bits.or(Some(u32::from(bits)).filter(|&bits| bits > 0));
    if wrong_sizes {
        opened.warnings.push(Warning::HeaderSizes);
    }
    if missing > 0.0 {
        let at = cast::float(frames.unwrap_or(0)) / f64::from(opened.info.rate.max(1));
        opened.warnings.push(Warning::BreaksOff { at, missing: Some(missing) });
    }
    Ok(opened)
}

fn open_aiff(aiff: Aiff, file: File) -> Result<Opened, ErrorKind> {
    let missing = aiff.missing_seconds;
    let format = probe(aiff.into_source(file), Some("aiff"))?;
    let told = Told { alone: true, ..Told::default() };
    let mut opened = finish(Box::new(General::new(format, told)?), None, "AIFF", Collected::default())?;
    if missing > 0.0 {
        let at = cast::float(opened.info.frames.unwrap_or(0)) / f64::from(opened.info.rate.max(1));
        opened.warnings.push(Warning::BreaksOff { at, missing: Some(missing) });
    } else {
        opened.warnings.push(Warning::HeaderSizes);
    }
    Ok(opened)
}

/// What symphonia does not tell of a container.
fn told(format: &dyn FormatReader, file: &mut File, collected: &mut Collected) -> Result<Told, ErrorKind> {
    let (track, parameters) = audio_track(format)?;
    let rate = parameters.sample_rate.unwrap_or(0);
    let frames = track.num_frames.filter(|&frames| frames > 0);
    let mut told = Told { alone: true, ..Told::default() };
    match format.format_info().format {
        FORMAT_ID_ISOMP4 => {
            told.window = match collected.smpb.as_deref().and_then(mp4::window_of_smpb) {
                Some(window) => Some(window),
                None => aside(file, |file| mp4::window(file, track.id, rate, frames))?,
            };
        }
        FORMAT_ID_MKV => {
            let extra = aside(file, |file| matroska::extra(file, track.id))?;
            let samples = |nanoseconds: u64| cast::rounded(cast::float(nanoseconds) * f64::from(rate) / 1e9);
            // An artist that is told of the whole file counts as one of an album.
            collected.tags.artist = collected.tags.artist.take().or(collected.tags.album_artist.clone());
            collected.tags.title = collected.tags.title.take().or(extra.title);
            // A negative number would be a great one here.
            let behind = Some(samples(extra.behind)).filter(|&behind| behind < u64::from(rate)).unwrap_or(0);
            told.extra = Some((samples(extra.before).cast_signed(), behind));
        }
        FORMAT_ID_OGG => {
            let pages = aside(file, ogg::pages)?;
            (told.alone, told.gaps) = (!pages.chained, pages.gaps);
        }
        _ => {}
    }
    Ok(told)
}

/// Looks something up in the file, and leaves its position, which symphonia's handle shares, as it was.
fn aside<T>(file: &mut File, look: impl FnOnce(&mut File) -> io::Result<T>) -> io::Result<T> {
    let place = file.stream_position()?;
    let found = look(file)?;
    file.seek(SeekFrom::Start(place))?;
    Ok(found)
}

/// Bits a sample, which ALAC has in its header only.
fn bits(parameters: &AudioCodecParameters) -> Option<u32> {
    let header = parameters.extra_data.as_ref().filter(|_| parameters.codec == CODEC_ID_ALAC);
    parameters.bits_per_sample.or(header.and_then(|header| header.get(5)).map(|&bits| u32::from(bits)))
}

fn finish(
    demux: Box<dyn Demux>,
    channels: Option<Channels>,
    container: &str,
    collected: Collected,
) -> Result<Opened, ErrorKind> {
    let decoder = Decoder::open(demux, channels)?;
    let part = decoder.part();
    let (codec, lossy) = codec::describe(part.parameters.codec);
    let info = Info {
        container: container.to_owned(),
        codec: codec.to_owned(),
        rate: decoder.rate(),
        channels: decoder.channels().count(),
        layout: layout_name(decoder.channels()),
        bits: bits(&part.parameters).filter(|_| !lossy),
        frames: part.window.length().filter(|_| part.exact && part.alone),
        lossy,
        tags: collected.tags,
        cover: collected.cover,
    };
    let mut warnings = Vec::new();
    // The upper half of HE-AAC is hidden in what a decoder of plain AAC skips.
    if part.parameters.codec == CODEC_ID_AAC && info.rate <= 24_000 {
        warnings.push(Warning::PerhapsHalf { rate: info.rate });
    }
    Ok(Opened { decoder, info, warnings })
}
