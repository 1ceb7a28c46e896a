//! Tests of the bundled plug-in inside real hosts, and what they share: the bundle, the clip, signals and measures.
//!
//! `hosts/` holds the tests in our own CLAP host, `python/` those in DawDreamer, pedalboard and Ardour. `cargo xtask test`
//! builds the bundles and runs all of them; `cargo xtask fuzz` and `cargo xtask soak` run the long forms of two of them.

mod bundle;
pub mod fuzz;
pub mod soak;
mod subject;

pub use bundle::{
    MODES, RATE, active_host, active_host_in, bundled_clap, loaded_host, loaded_host_in, with_network,
};
pub use subject::{Subject, Tally, Treatment};

use unbraid_host::{Blocks, ClapHost, Played};
pub use unbraid_testkit::{INAUDIBLE, Random, repository_file};
use unbraid_testkit::{delayed_error, samples_of, stereo_noise};

/// Audio as `[channel][sample]`.
pub type Audio = Vec<Vec<f32>>;

/// A block as a host announces it.
///
/// # Panics
/// If it is longer than hosts can say.
#[must_use]
pub fn announced(block: usize) -> u32 {
    u32::try_from(block).expect("a block of fewer than 2^32 samples")
}

/// Streams a song in blocks of one size, and `latency` samples of silence after it.
///
/// # Panics
/// When the plug-in fails, or leaves a sample unwritten.
pub fn play(host: &mut ClapHost, song: &Audio, block: usize) -> Played {
    play_in(host, song, Blocks::of(block))
}

/// Streams a song in the given blocks, and `latency` samples of silence after it. The outputs are as they come, with the
/// latency at their start.
///
/// # Panics
/// When the plug-in fails, or leaves a sample unwritten.
pub fn play_in(host: &mut ClapHost, song: &Audio, blocks: Blocks) -> Played {
    let latency = host.latency();
    let padded: Audio = song
        .iter()
        .map(|channel| channel.iter().copied().chain(std::iter::repeat_n(0.0, latency)).collect())
        .collect();
    let played = host.stream(&padded, blocks, &[], &mut |_done| {}).expect("the plug-in plays");
    assert!(
        played.ports.iter().flatten().flatten().all(|sample| sample.is_finite()),
        "every sample of every port is written"
    );
    played
}

/// The first `seconds` of the clip that ships with the repository: real music, 44.1 kHz, stereo.
///
/// # Panics
/// When it cannot be read.
#[must_use]
pub fn clip(seconds: f64) -> Audio {
    let file = repository_file("tests/clips/francium.flac");
    let song = unbraid_song::read(&file).expect("the clip is a FLAC file");
    assert_eq!(song.rate, RATE);
    let length = samples_of(seconds, f64::from(RATE));
    song.channels.into_iter().map(|channel| channel[..length].to_vec()).collect()
}

/// Full-scale noise, different on both channels; the same at every call.
#[must_use]
pub fn noise(length: usize) -> Audio {
    stereo_noise(1, length).into()
}

/// The largest difference between `output`, read `delay` samples later, and `input`.
///
/// # Panics
/// When the output is too short for that.
#[must_use]
pub fn difference(input: &Audio, output: &Audio, delay: usize) -> f32 {
    let late: Audio =
        input.iter().zip(output).map(|(input, output)| output[delay..][..input.len()].to_vec()).collect();
    delayed_error(&late, input, 0)
}

/// The sum of several outputs of one shape.
#[must_use]
pub fn sum(ports: &[Audio]) -> Audio {
    let mut total = ports[0].clone();
    for port in &ports[1..] {
        for (total, channel) in total.iter_mut().zip(port) {
            total.iter_mut().zip(channel).for_each(|(total, sample)| *total += sample);
        }
    }
    total
}

/// Energy of audio.
#[must_use]
pub fn energy(audio: &Audio) -> f64 {
    unbraid_testkit::energy(audio)
}
