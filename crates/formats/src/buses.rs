//! A host's buffers as complete stereo buses, whatever the host leaves out.

use std::ops::Range;
use std::{ptr, slice};

use crate::effect::{Effect, ParameterChange, StemBuses, Stereo};
use crate::layout::{CHANNELS, Layout, OUTPUT_BUSES};

/// Most samples that are allocated ahead; hosts may announce 2³¹.
const PREPARED_FRAMES: usize = 1 << 16;

type ChannelPointers = [*mut f32; CHANNELS];

/// One bus as a host hands it over.
#[derive(Clone, Copy)]
pub struct HostBus {
    /// The host's array of channel pointers; may be null.
    pub channels: *mut *mut f32,
    /// Length of that array.
    pub count: usize,
}

impl HostBus {
    /// A bus that the host left out.
    pub const MISSING: Self = Self { channels: ptr::null_mut(), count: 0 };

    /// The host's memory for one channel, or null.
    ///
    /// # Safety
    /// `channels` is null or points to `count` readable pointers.
    unsafe fn channel(self, channel: usize) -> *mut f32 {
        if self.channels.is_null() || channel >= self.count {
            return ptr::null_mut();
        }
        // SAFETY: within the host's array, as the caller promises.
        unsafe { *self.channels.add(channel) }
    }
}

/// Completes the buses of each block with memory of its own.
///
/// The effect behind it always sees a stereo main bus and stereo stem buses. A mono input feeds both channels; of a mono
/// output, the left channel goes to the host; a mono stem of a stereo input is the mean of both channels.
pub struct BusAdapter {
    /// `None` before activation.
    layout: Option<Layout>,
    /// Stands in for a missing input. Never written.
    silence: Vec<f32>,
    /// Stands in for missing output channels. Never read, but for the right channel of mono buses.
    spare: [[Vec<f32>; CHANNELS]; OUTPUT_BUSES],
    /// Complete pointers of the output buses, good for the current block.
    outputs: [ChannelPointers; OUTPUT_BUSES],
    /// Output buses of which the host has memory for a channel at least.
    connected: [bool; OUTPUT_BUSES],
}

// SAFETY: the pointers are written and read within one block and mean nothing outside it.
unsafe impl Send for BusAdapter {}

impl Default for BusAdapter {
    fn default() -> Self {
        Self {
            layout: None,
            silence: Vec::new(),
            spare: Default::default(),
            outputs: [[ptr::null_mut(); CHANNELS]; OUTPUT_BUSES],
            connected: [false; OUTPUT_BUSES],
        }
    }
}

impl BusAdapter {
    /// Allocates for blocks of up to `frames` samples in `layout`. Not for the audio thread.
    pub fn prepare(&mut self, layout: Layout, frames: usize) {
        self.layout = Some(layout);
        self.allocate(frames.min(PREPARED_FRAMES));
    }

    /// Refuses blocks until the next [`BusAdapter::prepare`]. Memory stays.
    pub fn close(&mut self) {
        self.layout = None;
    }

    fn allocate(&mut self, frames: usize) {
        self.silence.resize(frames, 0.0);
        self.spare.iter_mut().flatten().for_each(|spare| spare.resize(frames, 0.0));
    }

    /// Begins a block of `frames` samples: completes the buses and copies the input to the main output, which is then
    /// processed in place. `None` before activation. For the audio thread.
    ///
    /// # Safety
    /// Every bus is as [`HostBus`] says, and every channel pointer that is not null is good for `frames` samples, which
    /// nobody else uses while the block lives. Channels may share memory.
    pub unsafe fn begin(
        &mut self,
        frames: usize,
        input: HostBus,
        outputs: [HostBus; OUTPUT_BUSES],
    ) -> Option<Block<'_>> {
        let layout = self.layout?;
        if frames > self.silence.len() {
            // The host exceeds the announced block size. Allocating here is the lesser evil.
            self.allocate(frames);
        }
        // SAFETY: the caller's promise is passed on.
        unsafe {
            self.connect(frames, outputs, layout);
            self.copy_input(frames, input, layout);
        }
        Some(Block { adapter: self, layout, frames })
    }

    /// Chooses memory for every output channel: the host's, unless it is missing or an earlier channel has it already.
    ///
    /// # Safety
    /// As for [`BusAdapter::begin`].
    unsafe fn connect(&mut self, frames: usize, outputs: [HostBus; OUTPUT_BUSES], layout: Layout) {
        let mut taken = [ptr::null_mut(); OUTPUT_BUSES * CHANNELS];
        let mut count = 0;
        for (bus, channels) in layout.outputs().into_iter().enumerate() {
            self.connected[bus] = false;
            for channel in 0..CHANNELS {
                // SAFETY: the caller's promise.
                let host = unsafe { outputs[bus].channel(channel) };
                let host = if channel < channels { host } else { ptr::null_mut() };
                let shared = taken[..count].iter().any(|&other| overlap(host, other, frames));
                if host.is_null() || shared {
                    self.outputs[bus][channel] = self.spare[bus][channel].as_mut_ptr();
                } else {
                    self.outputs[bus][channel] = host;
                    self.connected[bus] = true;
                    taken[count] = host;
                    count += 1;
                }
            }
        }
    }

    /// # Safety
    /// As for [`BusAdapter::begin`], and the outputs are connected.
    unsafe fn copy_input(&mut self, frames: usize, input: HostBus, layout: Layout) {
        // SAFETY: the caller's promise for the host's channels; all others are ours and have `frames` samples.
        unsafe {
            let source = |channel| {
                let host = input.channel(channel);
                if host.is_null() { self.silence.as_ptr() } else { host.cast_const() }
            };
            let left = source(0);
            let mut right = if layout.input() == 1 { left } else { source(1) };
            let [to_left, to_right] = self.outputs[0];
            if overlap(right.cast_mut(), to_left, frames) && right != left {
                // The host's left output is its right input: rescued before it is overwritten.
                let spare = self.spare[0][1].as_mut_ptr();
                ptr::copy(right, spare, frames);
                right = spare;
            }
            ptr::copy(left, to_left, frames);
            ptr::copy(if right == left { to_left } else { right }, to_right, frames);
        }
    }
}

/// True if two channels of `frames` samples share memory.
fn overlap(one: *mut f32, other: *mut f32, frames: usize) -> bool {
    one.addr().abs_diff(other.addr()) < frames * size_of::<f32>()
}

/// A host's block, for the length of its call.
pub struct Block<'a> {
    adapter: &'a mut BusAdapter,
    layout: Layout,
    frames: usize,
}

impl Block<'_> {
    /// Length of the block in samples.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// Processes the block, from each of `changes` to the next. Changes that lie before their predecessor or behind the
    /// block act as soon, or as late, as possible. For the audio thread.
    pub fn run(mut self, effect: &mut impl Effect, changes: impl Iterator<Item = ParameterChange>) {
        let mut from = 0;
        for ParameterChange { at, parameter, change } in changes {
            let at = at.min(self.frames.saturating_sub(1)).max(from);
            self.process(effect, from..at);
            from = at;
            effect.apply(parameter, change);
        }
        self.process(effect, from..self.frames);
        self.fold_mono_stems();
    }

    fn process(&mut self, effect: &mut impl Effect, range: Range<usize>) {
        if !range.is_empty() {
            let (main, stems) = self.segment(range);
            effect.process(main, stems);
        }
    }

    /// The samples in `range` of the main bus and of the connected stem buses.
    ///
    /// # Panics
    /// If `range` exceeds the block.
    fn segment(&mut self, range: Range<usize>) -> (Stereo<'_>, StemBuses<'_>) {
        let frames = self.frames;
        assert!(range.start <= range.end && range.end <= frames, "{range:?} of a block of {frames}");
        // SAFETY: `begin` left pointers that are good for `frames` samples, nobody else uses them while the block lives,
        // and no two overlap: host memory by `connect`, spare memory by construction.
        let slice =
            |pointer: *mut f32| unsafe { slice::from_raw_parts_mut(pointer.add(range.start), range.len()) };
        let [main, stems @ ..] = self.adapter.outputs;
        let [_, connected @ ..] = self.adapter.connected;
        let mut stems = stems.into_iter().zip(connected);
        let stems = std::array::from_fn(|_| match stems.next()? {
            (stem, true) => Some(stem.map(slice)),
            (_, false) => None,
        });
        (main.map(slice), stems)
    }

    /// Makes each mono stem of a stereo input the mean of its channels.
    fn fold_mono_stems(&mut self) {
        let [_, stems @ ..] = self.layout.outputs();
        let mono = stems.map(|channels| channels == 1);
        if self.layout.input() == 1 || !mono.contains(&true) {
            return;
        }
        let (_, stems) = self.segment(0..self.frames);
        for [left, right] in stems.into_iter().zip(mono).filter_map(|(stem, mono)| stem.filter(|_| mono)) {
            left.iter_mut().zip(right).for_each(|(left, right)| *left = 0.5 * (*left + *right));
        }
    }
}

#[cfg(test)]
mod tests;
