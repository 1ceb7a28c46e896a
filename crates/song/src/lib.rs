//! Reading songs: files and pipes of any common format to two channels of float samples.
//!
//! [`Reader`] reads in a stream, with memory that does not grow with the song's length. [`read`] reads a whole song on
//! top of it. What is odd about a file is told by [`Reader::warnings`]; what cannot be read is a [`SongError`] of one
//! line that names the file and the remedy. Nothing here is for the audio thread.

mod aiff;
mod cast;
mod codec;
mod decode;
mod demux;
mod error;
mod info;
mod input;
mod kind;
mod mixdown;
mod open;
mod part;
mod rates;
mod reader;
mod resample;
mod song;
mod tags;
mod timeline;
mod warning;
mod wave;
mod wave_format;

pub use error::{ErrorKind, SongError};
pub use info::Info;
pub use input::Input;
pub use kind::{AUDIO_EXTENSIONS, Kind, is_audio_name};
pub use rates::{PLUGIN_RATES, SONG_RATES};
pub use reader::{RateChoice, ReadOptions, Reader};
pub use resample::{Resampler, resampled_length};
pub use song::{Song, read, read_with};
pub use tags::{Cover, Tags};
pub use warning::{Passage, Warning};
