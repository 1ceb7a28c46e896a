//! Why a song cannot be read.

use std::io;

use crate::rates::SONG_RATES;

/// Why a song cannot be read: one line, the song's name first.
#[derive(Debug, thiserror::Error)]
#[error("{name} {kind}")]
pub struct SongError {
    /// What messages call the song.
    pub name: String,
    /// What is wrong with it.
    pub kind: ErrorKind,
}

/// What is wrong with a song.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no such file.
    #[error("does not exist: check the path")]
    Missing,
    /// The system does not let it be read.
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    /// It is a folder.
    #[error("is a folder: name a song")]
    Folder,
    /// It has no bytes.
    #[error("is empty (0 bytes): copy it again from where it came from")]
    Empty,
    /// No known container, or no audio in it.
    #[error(
        "is no WAV, FLAC, MP3, MP2, AAC, ALAC, AIFF, CAF, Ogg, Matroska or WebM audio ({0}): convert it to FLAC or WAV"
    )]
    NotAudio(String),
    /// A container that is known, with a codec that is not.
    #[error("holds {0}, which is not read here: convert it to FLAC or WAV")]
    Codec(String),
    /// Known audio of which nothing could be decoded.
    #[error("holds no sound: nothing in it could be decoded")]
    NoSound,
    /// A sample rate in Hz outside of [`SONG_RATES`](crate::rates::SONG_RATES).
    #[error(
        "has {0} Hz, and {min} to {max} Hz are read: convert it first",
        min = SONG_RATES.start(),
        max = SONG_RATES.end()
    )]
    SourceRate(u32),
    /// A rate in Hz asked for that is outside of [`SONG_RATES`](crate::rates::SONG_RATES).
    #[error(
        "cannot be delivered at {0} Hz: choose {min} to {max} Hz",
        min = SONG_RATES.start(),
        max = SONG_RATES.end()
    )]
    DeliveredRate(u32),
    /// Channels that cannot be mixed down.
    #[error("has {0} channels: mix it down to stereo first")]
    Channels(usize),
    /// Channels that change on the way.
    #[error("changes its number of channels from {from} to {to} on the way: convert it to FLAC or WAV first")]
    ChannelsChange {
        /// Channels before.
        from: usize,
        /// Channels after.
        to: usize,
    },
    /// A pipe that could not be buffered in a file.
    #[error(
        "comes through a pipe and could not be buffered in {folder}: {error}; free some space or set TMPDIR"
    )]
    Buffer {
        /// The folder for temporary files.
        folder: String,
        /// What the system says.
        error: io::Error,
    },
    /// The resampler refuses the pair of rates.
    #[error("cannot be resampled from {from} to {to} Hz: choose another rate")]
    Resample {
        /// Rate of the song in Hz.
        from: u32,
        /// Rate asked for in Hz.
        to: u32,
    },
}

impl ErrorKind {
    /// The error that calls the song `name`.
    pub(crate) fn of(self, name: &str) -> SongError {
        SongError { name: name.to_owned(), kind: self }
    }
}

impl From<io::Error> for ErrorKind {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            io::ErrorKind::IsADirectory => Self::Folder,
            _ => Self::Unreadable(error),
        }
    }
}
