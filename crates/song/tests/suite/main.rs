//! What the crate reads, against ffmpeg as an independent decoder.

mod support;

mod formats;
mod resampling;
