//! One way to drive the plug-in in both formats, through the entry points that hosts call.

pub mod clap;
pub mod library;
pub mod vst3;

use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;

use unbraid_plugin::mode::Mode;
use unbraid_plugin::networks;
use unbraid_plugin::recorder::Recorder;

pub use clap::Clap;
pub use unbraid_formats::effect::host_id as parameter_id;
pub use unbraid_testkit::{
    Blocks, INAUDIBLE, PARAMETERS, Random, Stereo, delayed_error, float, index, stereo_noise,
};
pub use vst3::Vst3;

/// A parameter's new value (from 0 to 1, if the test is a kind one) at a sample of the stream or of a block.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    pub at: usize,
    pub id: &'static str,
    pub value: f64,
}

/// The transport of a host: it plays or not, from this sample of its song on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Transport {
    pub playing: bool,
    pub position: i64,
    /// In Hz.
    pub rate: f64,
}

thread_local! {
    static IN_CALLBACK: Cell<bool> = const { Cell::new(false) };
}

/// Runs the plug-in's part of a callback, to which checks of the callback are limited.
pub fn callback<R>(call: impl FnOnce() -> R) -> R {
    IN_CALLBACK.set(true);
    let result = call();
    IN_CALLBACK.set(false);
    result
}

/// True while this thread is inside [`callback`].
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub fn in_callback() -> bool {
    IN_CALLBACK.get()
}

/// Both modes.
pub fn modes() -> &'static [Mode] {
    const { assert!(networks::HAS_LIVE, "without models/live.onnx mode Live would be Studio again") };
    &[Mode::Studio, Mode::Live]
}

/// A mode as a parameter's value.
pub fn mode_value(mode: Mode) -> f64 {
    if mode == Mode::Live { 0.0 } else { 1.0 }
}

/// Why a packed library's recorder cannot be armed.
const UNREACHABLE_RECORDER: &str =
    "recording is armed in the window: test it with linked code, without UNBRAID_BUNDLES";

/// A host of one format, with one instance of the plug-in.
pub trait Host: Sized {
    const FORMAT: &str;

    fn new() -> Self;

    /// Activates, or activates again; returns whether the plug-in agreed.
    fn activate(&mut self, rate: f64, largest: usize) -> bool;
    fn deactivate(&mut self);
    /// The plug-in's recorder, which its window arms; with linked code only.
    fn recorder(&self) -> Arc<Recorder>;
    /// The transport from the next block on, which goes on by itself; none at first.
    fn set_transport(&mut self, transport: Option<Transport>);
    /// Tells the plug-in that it renders offline from the next activation on.
    fn set_offline(&mut self, offline: bool);
    fn set(&mut self, id: &'static str, value: f64);
    fn value(&self, id: &'static str) -> f64;
    fn reset(&mut self);
    fn latency(&self) -> usize;
    fn save(&self) -> Vec<u8>;
    fn load(&mut self, state: &[u8]) -> bool;

    /// Processes `range` of the stream with memory for the stems that the host `connected` to; times of `changes` count from
    /// its start. Returns whether the plug-in agreed.
    fn block_to(
        &mut self,
        connected: [bool; 4],
        input: &Stereo,
        output: &mut Output,
        range: Range<usize>,
        changes: &[Change],
    ) -> bool;

    /// Asks for these channels of each input and output bus; returns whether the plug-in agreed.
    fn arrange(&mut self, input: usize, outputs: &[usize]) -> bool;

    /// Processes blocks of `block` samples, with the channels of each bus as they are handed over; returns whether the
    /// plug-in agreed.
    fn process_buses(&mut self, input: &[Vec<f32>], outputs: &mut [Vec<Vec<f32>>], block: usize) -> bool;

    /// The same for a host that is connected to all stems.
    fn block(
        &mut self,
        input: &Stereo,
        output: &mut Output,
        range: Range<usize>,
        changes: &[Change],
    ) -> bool {
        self.block_to([true; 4], input, output, range, changes)
    }

    /// A host whose plug-in has its network for `mode`: real-time activation waits two seconds for it at most, which
    /// may be too little on a busy machine, and offline activation as long as it takes.
    fn prepared(mode: Mode) -> Self {
        let mut host = Self::new();
        host.set("mode", mode_value(mode));
        host.set_offline(true);
        assert!(host.activate(44_100.0, 512), "{}: {mode:?} is refused", Self::FORMAT);
        host.deactivate();
        host.set_offline(false);
        host
    }

    /// A host whose plug-in is active in `mode`.
    fn active(mode: Mode, rate: f64, largest: usize) -> Self {
        let mut host = Self::prepared(mode);
        assert!(host.activate(rate, largest), "{}: {mode:?} at {rate} Hz is refused", Self::FORMAT);
        host
    }
}

/// Everything a plug-in gave out. What it did not write is NaN.
#[derive(PartialEq, Clone)]
pub struct Output {
    pub main: Stereo,
    pub stems: [Stereo; 4],
}

impl Output {
    pub fn new(length: usize) -> Self {
        let stereo = || std::array::from_fn(|_| vec![f32::NAN; length]);
        Self { main: stereo(), stems: std::array::from_fn(|_| stereo()) }
    }

    /// The sum of the stems.
    pub fn sum(&self) -> Stereo {
        std::array::from_fn(|channel| {
            (0..self.main[0].len()).map(|at| self.stems.iter().map(|stem| stem[channel][at]).sum()).collect()
        })
    }

    pub fn channels(&self) -> impl Iterator<Item = &Vec<f32>> {
        self.main.iter().chain(self.stems.iter().flatten())
    }

    pub fn every_sample(&self) -> impl Iterator<Item = f32> {
        self.channels().flatten().copied()
    }
}

/// Streams `input` through `host`, with `changes` in the order of their samples of the stream.
pub fn drive<H: Host>(host: &mut H, input: &Stereo, blocks: Blocks, changes: &[Change]) -> Output {
    let length = input[0].len();
    let mut output = Output::new(length);
    let mut rest = changes;
    for range in blocks.cut(length, &[]) {
        let here = rest.iter().take_while(|change| change.at < range.end).count();
        let (now, later) = rest.split_at(here);
        rest = later;
        let relative: Vec<_> =
            now.iter().map(|change| Change { at: change.at - range.start, ..*change }).collect();
        assert!(host.block(input, &mut output, range, &relative), "{}: process failed", H::FORMAT);
    }
    output
}

/// Streams `input` through `host` and returns its buses, with as many channels each as `channels` says.
pub fn play_buses<H: Host>(
    host: &mut H,
    input: &[Vec<f32>],
    channels: &[usize],
    block: usize,
) -> Vec<Vec<Vec<f32>>> {
    let mut outputs: Vec<_> =
        channels.iter().map(|&channels| vec![vec![f32::NAN; input[0].len()]; channels]).collect();
    assert!(host.process_buses(input, &mut outputs, block), "{}: process failed", H::FORMAT);
    outputs
}

/// A count as the formats carry it.
pub fn int(count: usize) -> i32 {
    i32::try_from(count).unwrap()
}

/// A count as the formats carry it.
pub fn unsigned(count: usize) -> u32 {
    u32::try_from(count).unwrap()
}
