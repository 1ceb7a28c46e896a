//! What the crate reads, against ffmpeg as an independent decoder.

mod support;

mod channels;
mod damage;
mod formats;
mod inputs;
mod joined;
mod rates;
mod resampling;
mod tags;
mod waves;
