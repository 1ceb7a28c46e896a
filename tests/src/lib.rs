//! Tests of the bundled plug-in inside real hosts, and what they share: the bundle, the clip, signals and measures.
//!
//! `hosts/` holds the tests in our own CLAP host, `python/` those in DawDreamer, pedalboard and Ardour. `cargo xtask test`
//! builds the bundles and runs all of them; `cargo xtask fuzz` and `cargo xtask soak` run the long forms of two of them.

pub mod fuzz;
mod random;
pub mod soak;
mod subject;

use std::path::{Path, PathBuf};
use std::time::SystemTime;

pub use random::Random;
pub use subject::{Subject, Tally, Treatment};

use unbraid_host::{Blocks, ClapHost, Played};

/// Sample rate of the clip in Hz.
pub const RATE: u32 = 44_100;

/// −120 dBFS as an amplitude.
pub const INAUDIBLE: f32 = 1e-6;

/// Audio as `[channel][sample]`.
pub type Audio = Vec<Vec<f32>>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A file of the repository.
///
/// # Panics
/// When it is not there.
#[must_use]
pub fn repository_file(path: &str) -> PathBuf {
    let file = root().join(path);
    assert!(file.exists(), "{path} is missing from the repository");
    file
}

/// The packed CLAP plug-in.
///
/// # Panics
/// With what to do, when the bundle is missing or older than the built library: tests of an old bundle say nothing.
#[must_use]
pub fn bundled_clap() -> PathBuf {
    const REMEDY: &str =
        "run `cargo xtask bundle unbraid --release` first, or all tests with `cargo xtask test`";
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
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
    let mut reader = claxon::FlacReader::open(file).expect("the clip is a FLAC file");
    assert_eq!((reader.streaminfo().sample_rate, reader.streaminfo().channels), (RATE, 2));
    let wanted = (seconds * f64::from(RATE)) as usize;
    let mut channels = vec![Vec::new(); 2];
    for (index, sample) in reader.samples().take(2 * wanted).enumerate() {
        channels[index % 2].push(sample.expect("the clip is whole") as f32 / 32_768.0);
    }
    assert_eq!(channels[1].len(), wanted, "the clip is long enough");
    channels
}

/// Full-scale noise, different on both channels; the same at every call.
#[must_use]
pub fn noise(length: usize) -> Audio {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        // xorshift64*: a test signal needs no crate.
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        let bits = state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 40;
        bits as f32 / (1u32 << 23) as f32 - 1.0
    };
    (0..2).map(|_| (0..length).map(|_| next()).collect()).collect()
}

/// The largest difference between `output`, read `delay` samples later, and `input`.
///
/// # Panics
/// When the output is too short for that.
#[must_use]
pub fn difference(input: &Audio, output: &Audio, delay: usize) -> f32 {
    assert_eq!(input.len(), output.len(), "as many channels");
    let mut largest = 0.0f32;
    for (input, output) in input.iter().zip(output) {
        assert!(output.len() >= input.len() + delay, "the output is long enough");
        for (input, output) in input.iter().zip(&output[delay..]) {
            largest = largest.max((input - output).abs());
        }
    }
    largest
}

/// The sum of several outputs of one shape, in double precision on the way.
#[must_use]
pub fn sum(ports: &[Audio]) -> Audio {
    (0..ports[0].len())
        .map(|channel| {
            (0..ports[0][channel].len())
                .map(|sample| ports.iter().map(|port| f64::from(port[channel][sample])).sum::<f64>() as f32)
                .collect()
        })
        .collect()
}

/// Energy of audio.
#[must_use]
pub fn energy(audio: &Audio) -> f64 {
    audio.iter().flatten().map(|&sample| f64::from(sample) * f64::from(sample)).sum()
}
