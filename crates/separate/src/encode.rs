//! Writing audio: 32-bit float WAV, 16-bit FLAC, 320 kbit/s MP3.
//!
//! MP3 files are for listening and sending, not for further work. Their encoder is Shine in Rust (LGPL-2.0): this tool
//! links it, the plug-in does not. LAME sounds better but needs a C build with make; the one MIT-licensed encoder was
//! tried and left 6 dB more error at 200 times the run time.

use std::path::Path;

use anyhow::{Result, anyhow};
use flacenc::component::BitRepr;
use flacenc::error::Verify;

use super::Format;

/// Bits of a FLAC sample. The encoder knows only the short Rice parameters, with which 24-bit music grows instead of
/// shrinking, to frames that some readers give up on. Who needs more than 16 bits takes WAV.
const FLAC_BITS: usize = 16;

/// Bit rate of an MP3 file.
const MP3_KBPS: u32 = 320;

/// Writes `[channel][sample]` audio (two channels, full scale ±1) at a rate in Hz. What exceeds full scale is cut off
/// in FLAC and MP3 files and kept in WAV files.
///
/// # Errors
/// When the file cannot be made or written.
pub fn write(path: &Path, audio: &[Vec<f32>], rate: u32, format: Format) -> Result<()> {
    match format {
        Format::Wav => write_wav(path, audio, rate),
        Format::Flac => write_flac(path, audio, rate),
        Format::Mp3 => write_mp3(path, audio, rate),
    }
}

/// Samples of all channels in turn.
fn interleaved(audio: &[Vec<f32>]) -> impl Iterator<Item = f32> {
    (0..audio[0].len()).flat_map(move |sample| audio.iter().map(move |channel| channel[sample]))
}

/// A sample as an integer of `bits` bits, rounded and cut off at full scale.
fn quantised(sample: f32, bits: usize) -> i32 {
    let scale = f64::from(1u32 << (bits - 1));
    (f64::from(sample) * scale).round().clamp(-scale, scale - 1.0) as i32
}

fn write_wav(path: &Path, audio: &[Vec<f32>], rate: u32) -> Result<()> {
    let spec = hound::WavSpec {
        channels: u16::try_from(audio.len())?,
        sample_rate: rate,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut writer = hound::WavWriter::create(path, spec)?;
    for sample in interleaved(audio) {
        writer.write_sample(sample)?;
    }
    writer.finalize()?;
    Ok(())
}

fn write_flac(path: &Path, audio: &[Vec<f32>], rate: u32) -> Result<()> {
    let samples: Vec<i32> = interleaved(audio).map(|sample| quantised(sample, FLAC_BITS)).collect();
    let config = flacenc::config::Encoder::default()
        .into_verified()
        .map_err(|(_, error)| anyhow!("FLAC settings: {error}"))?;
    let source = flacenc::source::MemSource::from_samples(&samples, audio.len(), FLAC_BITS, rate as usize);
    let mut stream = flacenc::encode_with_fixed_block_size(&config, source, config.block_size)
        .map_err(|error| anyhow!("FLAC encoder: {error}"))?;
    // The encoder counts the short last block as the smallest. By the format's definition it does not count, and
    // readers take a stream whose two sizes differ for one with blocks of any size, and fail.
    stream
        .stream_info_mut()
        .set_block_sizes(config.block_size, config.block_size)
        .map_err(|error| anyhow!("FLAC encoder: {error}"))?;
    let mut sink = flacenc::bitsink::ByteSink::new();
    stream.write(&mut sink).map_err(|error| anyhow!("FLAC encoder: {error}"))?;
    std::fs::write(path, sink.as_slice())?;
    Ok(())
}

fn write_mp3(path: &Path, audio: &[Vec<f32>], rate: u32) -> Result<()> {
    let samples: Vec<i16> = interleaved(audio).map(|sample| quantised(sample, 16) as i16).collect();
    let settings = shine_rs::Mp3EncoderConfig::new()
        .sample_rate(rate)
        .bitrate(MP3_KBPS)
        .channels(2)
        .stereo_mode(shine_rs::StereoMode::JointStereo);
    let mut encoder = shine_rs::Mp3Encoder::new(settings).map_err(|error| {
        anyhow!("MP3 files take 32000, 44100 and 48000 Hz, not {rate} ({error:?}); use --rate")
    })?;
    let failed = |error| anyhow!("MP3 encoder: {error:?}");
    let mut bytes: Vec<u8> = encoder.encode_interleaved(&samples).map_err(failed)?.concat();
    bytes.extend(encoder.finish().map_err(failed)?);
    std::fs::write(path, bytes)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::decode;
    use crate::workspace;

    /// The first four seconds of the bundled clip: real music, both channels different.
    fn music() -> Vec<Vec<f32>> {
        let song = decode::read(&workspace::demo_clip()).unwrap();
        song.channels.iter().map(|channel| channel[..4 * 44_100].to_vec()).collect()
    }

    fn written(format: Format) -> (Vec<Vec<f32>>, decode::Song) {
        let audio = music();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(format!("clip.{}", format.extension()));
        write(&path, &audio, 44_100, format).unwrap();
        (audio, decode::read(&path).unwrap())
    }

    fn largest_difference(one: &[Vec<f32>], other: &[Vec<f32>]) -> f32 {
        let pairs = one.iter().flatten().zip(other.iter().flatten());
        pairs.fold(0.0, |largest, (a, b)| largest.max((a - b).abs()))
    }

    #[test]
    fn wav_keeps_every_bit() {
        let (audio, song) = written(Format::Wav);
        assert_eq!((song.rate, song.channels), (44_100, audio));
    }

    #[test]
    fn flac_keeps_sixteen_bits() {
        let (audio, song) = written(Format::Flac);
        assert_eq!((song.rate, song.len()), (44_100, audio[0].len()));
        // The clip itself has 16 bits, so nothing at all is lost.
        assert_eq!(song.channels, audio);
    }

    #[test]
    fn flac_rounds_what_lies_between_its_steps() {
        let noise: Vec<f32> =
            (0..50_000u32).map(|n| (n.wrapping_mul(2_654_435_761) as f32 / 2f32.powi(31)) - 1.0).collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("noise.flac");
        let audio = vec![noise.clone(), noise.iter().map(|sample| sample * 0.3).collect()];
        write(&path, &audio, 44_100, Format::Flac).unwrap();
        let song = decode::read(&path).unwrap();
        assert_eq!((song.len(), song.warnings.len()), (50_000, 0));
        assert!(largest_difference(&audio, &song.channels) <= 1.0 / 32_768.0);
    }

    #[test]
    fn full_scale_is_the_end_of_integer_formats() {
        assert_eq!(quantised(1.5, 24), (1 << 23) - 1);
        assert_eq!(quantised(-1.5, 16), -(1 << 15));
        assert_eq!(quantised(0.5, 16), 1 << 14);
    }

    #[test]
    fn mp3_is_close_to_the_music() {
        let (audio, song) = written(Format::Mp3);
        assert_eq!(song.rate, 44_100);
        // The codec delays by a fixed number of samples; find it, then compare.
        let error_at = |delay: usize| {
            let (mut energy, mut error) = (0.0f64, 0.0f64);
            for (channel, decoded) in audio.iter().zip(&song.channels) {
                for sample in 20_000..60_000 {
                    let wanted = f64::from(channel[sample]);
                    energy += wanted * wanted;
                    error += (wanted - f64::from(decoded[sample + delay])).powi(2);
                }
            }
            10.0 * (error / energy).log10()
        };
        let (delay, error) = (0..2400)
            .map(|delay| (delay, error_at(delay)))
            .min_by(|one, other| one.1.total_cmp(&other.1))
            .unwrap();
        assert!(error < -15.0, "{error:.1} dB at a delay of {delay} samples");
    }
}
