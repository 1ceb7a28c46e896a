//! Stereo WAV files in a stream: 16 and 24 bits and 32-bit float, as RF64 (EBU Tech 3306) where 32-bit sizes do not suffice,
//! with a time stamp (EBU Tech 3285, the `bext` chunk) where one is asked for. Not for the audio thread.

mod stamp;
mod writer;

pub use stamp::Stamp;
pub use writer::{Head, Samples, WaveWriter};
