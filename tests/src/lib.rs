//! Tests of the bundled plug-in inside real hosts, and what they share: the bundle, the clip, signals and measures.
//!
//! `hosts/` holds the tests in our own CLAP host, `python/` those in DawDreamer, pedalboard and Ardour. `cargo xtask test`
//! builds the bundles and runs all of them; `cargo xtask fuzz` and `cargo xtask soak` run the long forms of two of them.

pub mod fuzz;
pub mod soak;
mod subject;

use std::path::{Path, PathBuf};
use std::time::SystemTime;

pub use subject::{Subject, Tally, Treatment};

use unbraid_host::{Blocks, ClapHost, Played};
pub use unbraid_testkit::{INAUDIBLE, Random, repository_file};
use unbraid_testkit::{delayed_error, samples_of, stereo_noise, target_folder};

/// Sample rate of the clip in Hz.
pub const RATE: u32 = 44_100;

/// Audio as `[channel][sample]`.
pub type Audio = Vec<Vec<f32>>;

/// The packed CLAP plug-in.
///
/// # Panics
/// With what to do, when the bundle is missing or older than the built library: tests of an old bundle say nothing.
#[must_use]
pub fn bundled_clap() -> PathBuf {
    const REMEDY: &str =
        "run `cargo xtask bundle unbraid --release` first, or all tests with `cargo xtask test`";
    let target = target_folder();
    let modified = |path: &Path| -> Option<SystemTime> { path.metadata().ok()?.modified().ok() };
    let bundle = target.join("bundled/unbraid.clap");
    let library = format!("{}unbraid{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let built = modified(&target.join("release").join(library));
    let Some(packed) = modified(&bundle) else { panic!("{} is missing: {REMEDY}", bundle.display()) };
    assert!(built.is_none_or(|built| built <= packed), "{} is out of date: {REMEDY}", bundle.display());
    bundle
}

/// The modes, by the text of the parameter.
pub const MODES: [&str; 2] = ["Studio", "Live"];

/// The bundled plug-in, loaded and activated in one of [`MODES`].
///
/// # Panics
/// When it does not load or refuses mode or rate.
#[must_use]
pub fn active_host_in(mode: &str, rate: u32, max_block: u32) -> ClapHost {
    let mut host = loaded_host_in(mode);
    host.activate(f64::from(rate), max_block).expect("the plug-in takes this rate and block");
    host
}

/// The bundled plug-in in one of [`MODES`], loaded, not active, and with its network prepared.
///
/// # Panics
/// When it does not load or refuses the mode.
#[must_use]
pub fn loaded_host_in(mode: &str) -> ClapHost {
    let mut host = ClapHost::load(&bundled_clap()).expect("the bundle loads");
    host.set_text("mode", mode).expect("the plug-in has this mode");
    with_network(&mut host);
    host
}

/// The bundled plug-in, loaded and activated.
///
/// # Panics
/// When it does not load or refuses the rate.
#[must_use]
pub fn active_host(rate: u32, max_block: u32) -> ClapHost {
    let mut host = loaded_host();
    host.activate(f64::from(rate), max_block).expect("the plug-in takes this rate and block");
    host
}

/// The bundled plug-in, loaded, not active, and with its network prepared.
///
/// # Panics
/// When it does not load.
#[must_use]
pub fn loaded_host() -> ClapHost {
    let mut host = ClapHost::load(&bundled_clap()).expect("the bundle loads");
    with_network(&mut host);
    host
}

/// Has an inactive plug-in prepare the network of its mode: real-time activation waits two seconds for it at most, which
/// may be too little on a busy machine, and offline activation as long as it takes.
///
/// # Panics
/// When the plug-in refuses.
pub fn with_network(host: &mut ClapHost) {
    host.set_offline(true).expect("the plug-in renders offline");
    host.activate(f64::from(RATE), 512).expect("the plug-in takes the usual settings");
    host.deactivate();
    host.set_offline(false).expect("the plug-in plays in real time");
}

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
