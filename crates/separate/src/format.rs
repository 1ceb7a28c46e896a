//! The formats of written files, and which sample and bit rates each takes.

use clap::ValueEnum;

/// Formats of the written files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// WAV, 32-bit float: nothing is rounded and nothing clips
    #[value(alias = "wav32", alias = "float")]
    Wav,
    /// WAV, 16-bit
    Wav16,
    /// WAV, 24-bit
    Wav24,
    /// FLAC, 16-bit
    #[value(name = "flac16", alias = "flac")]
    Flac16,
    /// FLAC, 24-bit
    Flac24,
    /// MP3, see --bitrate
    Mp3,
}

/// The bit rate of an MP3 file if none is asked for, in kbit/s, at 32 kHz and above.
const BITRATE: u32 = 320;

/// The same at lower rates, where the format ends at 160.
const LOW_BITRATE: u32 = 160;

/// The highest rate that a FLAC frame can name, in Hz.
const FLAC_LIMIT: u32 = 655_350;

impl Format {
    /// The file name's ending.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Wav | Format::Wav16 | Format::Wav24 => "wav",
            Format::Flac16 | Format::Flac24 => "flac",
            Format::Mp3 => "mp3",
        }
    }

    /// Its name in reports. The names of version 0.1 stay, so that its reports are understood.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Format::Wav => "wav",
            Format::Wav16 => "wav16",
            Format::Wav24 => "wav24",
            Format::Flac16 => "flac",
            Format::Flac24 => "flac24",
            Format::Mp3 => "mp3",
        }
    }

    /// Refuses what the format cannot hold, in one line with the remedy.
    ///
    /// # Errors
    /// For a sample rate in Hz or a bit rate in kbit/s that the format does not take.
    pub fn check(self, rate: u32, bitrate: Option<u32>) -> Result<(), String> {
        match self {
            Format::Wav | Format::Wav16 | Format::Wav24 => Ok(()),
            Format::Flac16 | Format::Flac24 => check_flac(rate),
            Format::Mp3 => check_mp3(rate, mp3_bitrate(rate, bitrate)),
        }
    }
}

/// The bit rate of an MP3 file, in kbit/s.
pub(crate) fn mp3_bitrate(rate: u32, asked: Option<u32>) -> u32 {
    asked.unwrap_or(if rate < 32_000 { LOW_BITRATE } else { BITRATE })
}

/// RFC 9639: a frame names its rate in Hz up to 65,535, in tens of Hz up to 655,350, or in kHz up to 255.
fn check_flac(rate: u32) -> Result<(), String> {
    let named = rate < 65_535 || (rate.is_multiple_of(10) && rate < FLAC_LIMIT);
    if named {
        return Ok(());
    }
    Err(format!("FLAC files take up to {FLAC_LIMIT} Hz, not {rate}; use --format wav24 or --rate"))
}

fn check_mp3(rate: u32, bitrate: u32) -> Result<(), String> {
    const HIGH: [u32; 3] = [32_000, 44_100, 48_000];
    const LOW: [u32; 3] = [16_000, 22_050, 24_000];
    const HIGH_BITRATES: [u32; 14] = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
    const LOW_BITRATES: [u32; 14] = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
    let bitrates = match () {
        () if HIGH.contains(&rate) => HIGH_BITRATES,
        () if LOW.contains(&rate) => LOW_BITRATES,
        () => {
            return Err(format!(
                "MP3 files take 16000, 22050, 24000, 32000, 44100 and 48000 Hz, not {rate}; use --rate 44100"
            ));
        }
    };
    if bitrates.contains(&bitrate) {
        return Ok(());
    }
    let known = bitrates.map(|bitrate| bitrate.to_string()).join(", ");
    Err(format!("MP3 files of {rate} Hz take {known} kbit/s, not {bitrate}; change --bitrate"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_that_a_format_cannot_hold_are_refused_with_what_it_takes() {
        let refused = |format: Format, rate, bitrate| format.check(rate, bitrate).unwrap_err();
        assert!(refused(Format::Mp3, 96_000, None).contains("44100"));
        assert!(refused(Format::Mp3, 22_050, Some(320)).contains("160 kbit/s, not 320"));
        assert!(refused(Format::Mp3, 44_100, Some(100)).contains("96, 112"));
        assert!(refused(Format::Flac24, 705_600, None).contains("655350"));
        assert!(refused(Format::Flac16, 100_001, None).contains("--rate"));
        for rate in [4000, 44_100, 65_534, 384_000, 655_340] {
            assert_eq!(Format::Flac24.check(rate, None), Ok(()), "{rate}");
        }
        assert_eq!(Format::Mp3.check(22_050, None), Ok(()), "the default follows the rate");
        assert_eq!(Format::Wav16.check(768_000, None), Ok(()));
    }
}
