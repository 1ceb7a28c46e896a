//! Containers: packets and where they belong.

pub mod general;
pub mod matroska;
pub mod mp4;
pub mod mpa;
pub mod ogg;

use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::packet::Packet;

use crate::error::ErrorKind;

/// A packet and where it belongs. Places are in samples at the file's rate, counted from where its part begins.
pub struct Piece {
    pub packet: Packet,
    /// Place of the first sample that it decodes to; nothing if it just follows the one before.
    pub start: Option<i64>,
    /// Samples that it decodes to, as far as the container knows.
    pub frames: u64,
    /// What it decodes to cannot be right: it leans on packets that are lost.
    pub broken: bool,
}

/// What comes next.
pub enum Step {
    Piece(Piece),
    /// Another song begins in the same file, or the first.
    Part(Box<Part>),
    /// The end; `cut` if the file ends where it should not.
    End {
        cut: bool,
    },
}

/// A song in a file, of which there is one as a rule.
#[derive(Clone)]
pub struct Part {
    pub parameters: AudioCodecParameters,
    pub window: Window,
    /// Place from which on silence stands for what is lost; nothing if the first packet tells it.
    pub origin: Option<i64>,
    /// Places that differ by no more are the same.
    pub tolerance: i64,
    /// The end of the window is where the song ends, to the sample.
    pub exact: bool,
    /// No other song follows in the file, as far as the container tells.
    pub alone: bool,
}

/// The audible part: the rest is what a codec needs before and behind.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Window {
    /// First audible frame.
    pub begin: i64,
    /// Frame behind the last audible one, if known.
    pub end: Option<i64>,
    /// Frame from which on it is audible again: songs are at times joined behind the padding.
    pub resume: Option<i64>,
}

impl Window {
    /// Length in samples, if known.
    pub fn length(&self) -> Option<u64> {
        self.end.map(|end| u64::try_from(end - self.begin).unwrap_or(0))
    }

    /// True for an audible frame.
    pub fn contains(&self, place: i64) -> bool {
        let behind =
            self.end.is_none_or(|end| place < end) || self.resume.is_some_and(|resume| place >= resume);
        place >= self.begin && behind
    }
}

/// A container.
pub trait Demux: Send {
    /// What comes next. The first step is a part.
    fn step(&mut self) -> Result<Step, ErrorKind>;

    /// The last piece could not be decoded.
    fn lost(&mut self) {}
}
