//! The interface of all encoders.

use anyhow::Result;
use unbraid_song::Info;

use crate::format::Format;
use crate::numbers;

/// A file of two channels that is being written.
pub trait Encoder: Send {
    /// Appends samples: two channels of one length, full scale ±1.
    ///
    /// # Errors
    /// When the file cannot be written.
    fn write(&mut self, audio: [&[f32]; 2]) -> Result<()>;

    /// Writes what is left, and hands the file over to the system for good.
    ///
    /// # Errors
    /// When the file cannot be written.
    fn finish(self: Box<Self>) -> Result<()>;
}

/// Parameters of a file beside its samples.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    /// Its format.
    pub format: Format,
    /// Sample rate in Hz.
    pub rate: u32,
    /// Bit rate of an MP3 file in kbit/s, if one was asked for.
    pub bitrate: Option<u32>,
    /// How many samples there will be, as far as is known.
    pub expected: Option<u64>,
    /// The song whose tags and cover it gets.
    pub tags: Option<&'a Info>,
}

/// A sample as an integer of `bits` bits, rounded and cut off at full scale. Without dither: what the plug-in leaves alone
/// comes out as it went in.
pub fn quantized(sample: f32, bits: u32) -> i32 {
    let scale = f64::from(1u32 << (bits - 1));
    numbers::nearest((f64::from(sample) * scale).clamp(-scale, scale - 1.0))
}
