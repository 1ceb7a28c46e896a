//! What is known of a song before it is read.

use crate::tags::{Cover, Tags};

/// What is known of a song before it is read.
#[derive(Debug, Clone, Default)]
pub struct Info {
    /// Container, such as `WAV` or `MP4`.
    pub container: String,
    /// Codec, such as `AAC-LC` or `PCM`.
    pub codec: String,
    /// Sample rate of the file in Hz.
    pub rate: u32,
    /// Channels of the file.
    pub channels: usize,
    /// Channels as people write them: `mono`, `stereo`, `5.1`.
    pub layout: String,
    /// Bits a sample, if the codec has such a thing.
    pub bits: Option<u32>,
    /// Length in samples at the file's rate, if known ahead.
    pub frames: Option<u64>,
    /// The codec loses part of the signal.
    pub lossy: bool,
    /// What the song says about itself.
    pub tags: Tags,
    /// The picture that it carries: the front cover, if there are more.
    pub cover: Option<Cover>,
}
