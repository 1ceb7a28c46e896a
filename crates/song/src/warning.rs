//! What is odd about a song that was read all the same.

use std::fmt;

/// A damaged passage of a song, in which silence stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Passage {
    /// Start in seconds.
    pub start: f64,
    /// Length in seconds.
    pub length: f64,
}

/// What is odd about a song that was read all the same. [`Display`](fmt::Display) gives one line.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Warning {
    /// The file ends before the song does.
    BreaksOff {
        /// Length of what is there, in seconds.
        at: f64,
        /// What is missing by the file's own account, in seconds, if it says so.
        missing: Option<f64>,
    },
    /// Passages that could not be decoded: silence of the same length stands for them.
    Damaged {
        /// How many passages.
        count: usize,
        /// Their length together, in seconds.
        seconds: f64,
        /// The first of them.
        first: Vec<Passage>,
    },
    /// Samples that were NaN or infinite: 0 stands for them.
    NonFinite {
        /// How many samples, of all channels.
        samples: u64,
    },
    /// More than two channels were mixed down.
    MixedDown {
        /// Channels of the file.
        channels: usize,
        /// The layout as people write it, such as `5.1`.
        layout: String,
    },
    /// A sample rate that the plug-in does not take: the song was resampled.
    Resampled {
        /// Rate of the file in Hz.
        from: u32,
        /// Delivered rate in Hz.
        to: u32,
    },
    /// Sizes in the file's header are wrong: the file was read to its end.
    HeaderSizes,
    /// AAC at so low a rate that it may be HE-AAC, of which only the lower half of the spectrum is read.
    PerhapsHalf {
        /// Rate in Hz.
        rate: u32,
    },
    /// Several songs are joined in one file: all were read, one after the other.
    Joined {
        /// How many.
        parts: usize,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BreaksOff { at, missing } => {
                write!(f, "the file breaks off after {at:.1} s")?;
                if let Some(missing) = missing {
                    write!(f, ", {missing:.1} s are missing")?;
                }
                write!(f, "; what is there was used")
            }
            Self::Damaged { count, seconds, first } => {
                let are = if *count == 1 {
                    "damaged passage of the file is"
                } else {
                    "damaged passages of the file are"
                };
                write!(f, "{count} {are} silent, {seconds:.3} s in all:")?;
                for (place, passage) in first.iter().enumerate() {
                    let comma = if place == 0 { "" } else { "," };
                    write!(f, "{comma} {:.3} s at {:.3} s", passage.length, passage.start)?;
                }
                if first.len() < *count { write!(f, ", and more") } else { Ok(()) }
            }
            Self::NonFinite { samples } => {
                write!(f, "{samples} samples of the file were NaN or infinite; silence was used for them")
            }
            Self::MixedDown { channels, layout } => write!(
                f,
                "{channels} channels ({layout}) were mixed down to stereo: centre and surrounds at -3 dB, without LFE"
            ),
            Self::Resampled { from, to } => {
                write!(f, "{from} Hz is outside of what the plug-in takes; resampled to {to} Hz")
            }
            Self::PerhapsHalf { rate } => write!(
                f,
                "AAC at {rate} Hz may be HE-AAC, of which the upper half is not read: convert it to WAV if it is dull"
            ),
            Self::HeaderSizes => write!(f, "the header's sizes are wrong; the file was read to its end"),
            Self::Joined { parts } => write!(f, "{parts} songs are joined in the file; all were read"),
        }
    }
}
