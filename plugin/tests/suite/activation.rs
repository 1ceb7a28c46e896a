//! Activation: its duration, what it keeps, and the signal before the network is ready.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use unbraid_formats::effect::single;
use unbraid_plugin::instance::Instance;
use unbraid_plugin::mode::Mode;
use unbraid_plugin::networks::HAS_LIVE;
use unbraid_plugin::processor::{MainBus, Processor};

use super::hosts::float;

const RATE: f32 = 44_100.0;
const BLOCK: u32 = 512;

fn timed<R>(work: impl FnOnce() -> R) -> (R, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

/// The least of a few tries: the time on an idle machine. Times are compared with each other and
/// not with a clock's: bars in milliseconds belong to `cargo xtask bench`.
fn least(mut work: impl FnMut() -> Duration) -> Duration {
    (0..5).map(|_| work()).min().unwrap()
}

#[test]
fn activation_is_quick_and_cheaper_when_repeated() {
    let instance = Instance::default();
    let prepare = |previous, block| timed(|| instance.prepare(previous, RATE, block).unwrap());
    let (first, taken) = prepare(None, BLOCK);
    let mut kept = Some(first);
    let same = least(|| {
        let (processor, taken) = prepare(kept.take(), BLOCK);
        kept = Some(processor);
        taken
    });
    assert!(same < taken / 20, "activation without a change took {same:?}, the first {taken:?}");

    let mut block = BLOCK;
    let other_size = least(|| {
        block += 1;
        let (processor, taken) = prepare(kept.take(), block);
        kept = Some(processor);
        taken
    });
    assert!(other_size < taken / 4, "activation for other blocks took {other_size:?}, the first {taken:?}");
}

#[test]
fn an_impossible_sample_rate_is_refused_in_words() {
    let message = Instance::default().prepare(None, f32::NAN, BLOCK).err().unwrap().to_string();
    assert!(message.contains("sample rate"), "{message}");
}

#[test]
fn a_restart_is_requested_once_per_change_of_the_selection() {
    let instance = Instance::default();
    let mut processor = instance.prepare(None, RATE, BLOCK).unwrap();
    assert_eq!(instance.selection().mode, Mode::Studio);
    assert!(!processor.needs_restart());
    if HAS_LIVE {
        instance.params.handle("mode").unwrap().set(0.0);
        assert!(processor.needs_restart(), "another mode");
        assert!(!processor.needs_restart(), "requested already");
        instance.params.handle("mode").unwrap().set(1.0);
        assert!(!processor.needs_restart(), "changed back");
    }
    instance.params.networks.choose(Mode::Studio, Some("mine.onnx".into()));
    assert!(processor.needs_restart(), "another network");
}

/// A copy of the network that ships, as a file of the user's own that is not prepared yet.
fn own_network(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("unbraid-{}-{name}.onnx", std::process::id()));
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/studio.onnx");
    std::fs::copy(shipped, &path).unwrap();
    path
}

/// Processes one block in place.
fn process(processor: &mut Processor, audio: &mut [[f32; BLOCK as usize]; 2]) {
    let start = Instant::now();
    let main = MainBus::Stereo(audio.each_mut().map(<[f32; BLOCK as usize]>::as_mut_slice));
    processor.process(main, Default::default());
    processor.report(start, BLOCK as usize);
}

#[test]
fn promise_8_the_dry_signal_is_given_until_the_network_is_ready() {
    let instance = Instance::default();
    let path = own_network("timeout");
    instance.params.networks.choose(Mode::Studio, Some(path.clone()));
    let start = Instant::now();
    let mut processor = instance.prepare_within(Some(Duration::ZERO), None, RATE, BLOCK).unwrap();
    let latency = processor.latency() as usize;
    assert_eq!(latency, 4096, "the network's own, before it is there");

    let tone = |at: usize| single((float(at) * 0.05).sin());
    let deadline = Instant::now() + Duration::from_secs(60);
    let (mut at, mut waited) = (0, false);
    let mut after = 0;
    while after < 40 {
        let mut audio = [[0.0; BLOCK as usize]; 2];
        let first = at;
        audio.iter_mut().for_each(|channel| {
            channel.iter_mut().enumerate().for_each(|(offset, sample)| *sample = tone(first + offset));
        });
        process(&mut processor, &mut audio);
        for (offset, sample) in audio[1].iter().enumerate() {
            let expected = (first + offset).checked_sub(latency).map_or(0.0, tone);
            assert!((sample - expected).abs() < 1e-6, "sample {}: {sample}, not {expected}", first + offset);
        }
        at += BLOCK as usize;
        waited |= instance.status.waiting_for_network();
        after += usize::from(!instance.status.waiting_for_network());
        assert!(Instant::now() < deadline, "the network never came");
    }
    let loading = start.elapsed();
    assert!(waited, "activation waited, or the window was never told that the network is not ready");
    assert!(!instance.status.network_failed());
    assert!(instance.status.take_problems().is_empty());

    let (kept, taken) = timed(|| instance.prepare(Some(processor), RATE, BLOCK).unwrap());
    assert_eq!(kept.latency() as usize, latency);
    assert!(
        taken < loading / 2,
        "the network that came is kept, but it took {taken:?}; to load it {loading:?}"
    );
    std::fs::remove_file(path).unwrap();
}

#[test]
fn an_own_network_that_cannot_be_used_is_reported_and_the_built_in_one_comes_instead() {
    let instance = Instance::default();
    let path = std::env::temp_dir().join(format!("unbraid-{}-broken.onnx", std::process::id()));
    std::fs::write(&path, b"no network").unwrap();
    instance.params.networks.choose(Mode::Studio, Some(path.clone()));
    let mut processor = instance.prepare_within(Some(Duration::ZERO), None, RATE, BLOCK).unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        process(&mut processor, &mut [[0.1; BLOCK as usize]; 2]);
        if !instance.status.waiting_for_network() {
            break;
        }
        assert!(Instant::now() < deadline, "no network ever came");
    }
    let problems = instance.status.take_problems();
    assert!(problems.len() == 1 && problems[0].contains("broken.onnx"), "{problems:?}");
    assert_eq!(instance.status.network().unwrap().file, None);
    std::fs::remove_file(path).unwrap();
}
