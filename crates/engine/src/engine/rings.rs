//! Samples that wait: input for its frame, the dry signal for the latency, finished stems for the output.

use std::array;

use ringbuf::LocalRb;
use ringbuf::storage::Heap;

use crate::engine::mixer::Segment;
use crate::frame_config::FrameConfig;
use crate::stems::{CHANNELS, STEMS};

/// 2⁶⁰. Samples beyond this magnitude are no audio (it is +361 dBFS) but would overflow in a transform.
const LARGEST_SAMPLE: f32 = 1_152_921_504_606_846_976.0;

type Ring = LocalRb<Heap<f32>>;

/// All rings of an engine, and scratch for what is popped off them. All calls but [`Rings::new`] are for the audio thread.
pub struct Rings {
    /// Input of the hop that is not complete.
    input: [Ring; CHANNELS],
    /// Input, as long as the latency.
    dry: [Ring; CHANNELS],
    /// Finished stems.
    finished: [[Ring; CHANNELS]; STEMS],
    /// Zeros in [`Rings::finished`] after a reset.
    head_start: usize,
    latency: usize,

    sanitized: Vec<f32>,
    popped: [[Vec<f32>; CHANNELS]; STEMS],
    popped_dry: [Vec<f32>; CHANNELS],
}

impl Rings {
    /// Rings for segments of at most one hop. Not for the audio thread.
    pub fn new(config: &FrameConfig) -> Self {
        let ring = |length| array::from_fn(|_| Ring::new(length));
        let scratch = || array::from_fn(|_| vec![0.0; config.hop]);
        let mut rings = Self {
            input: ring(config.hop),
            dry: ring(config.latency() + config.hop),
            finished: array::from_fn(|_| ring(2 * config.hop + config.slicing)),
            head_start: config.hop + config.slicing,
            latency: config.latency(),
            sanitized: vec![0.0; config.hop],
            popped: array::from_fn(|_| scratch()),
            popped_dry: scratch(),
        };
        rings.reset();
        rings
    }

    /// Silence before the next sample.
    pub fn reset(&mut self) {
        self.input.iter_mut().for_each(|ring| refill(ring, 0));
        self.finished.iter_mut().flatten().for_each(|ring| refill(ring, self.head_start));
        self.dry.iter_mut().for_each(|ring| refill(ring, self.latency));
    }

    /// Stores a segment of input that does not reach beyond the end of the hop. Returns the number of samples that were
    /// not finite, or absurdly large, and count as 0.
    pub fn push_input(&mut self, input: [&[f32]; CHANNELS]) -> u64 {
        let mut total = 0;
        for (channel, input) in input.into_iter().enumerate() {
            let sanitized = &mut self.sanitized[..input.len()];
            let mut replaced = 0u32;
            for (sanitized, &sample) in sanitized.iter_mut().zip(input) {
                let magnitude = sample.abs();
                // False for NaN, too. Subnormals become 0, as they do in a host's own mixer.
                let usable = magnitude <= LARGEST_SAMPLE;
                replaced += u32::from(!usable);
                *sanitized = if usable & (magnitude >= f32::MIN_POSITIVE) { sample } else { 0.0 };
            }
            total += u64::from(replaced);
            // Both rings have room: they are emptied at the rate at which they are filled.
            self.input[channel].push_slice(sanitized);
            self.dry[channel].push_slice(sanitized);
        }
        total
    }

    /// Moves a hop of one channel's input to `hop`.
    pub fn pop_input(&mut self, channel: usize, hop: &mut [f32]) {
        self.input[channel].pop_slice(hop);
    }

    /// Stores a finished hop of one stem's channel.
    pub fn push_finished(&mut self, stem: usize, channel: usize, hop: &[f32]) {
        self.finished[stem][channel].push_slice(hop);
    }

    /// The next `length` samples of the stems and the dry signal.
    pub fn pop_segment(&mut self, length: usize) -> Segment<'_> {
        for (ring, popped) in self.finished.iter_mut().flatten().zip(self.popped.iter_mut().flatten()) {
            ring.pop_slice(&mut popped[..length]);
        }
        for (ring, popped) in self.dry.iter_mut().zip(&mut self.popped_dry) {
            ring.pop_slice(&mut popped[..length]);
        }
        Segment {
            stems: self.popped.each_ref().map(|stem| stem.each_ref().map(|channel| &channel[..length])),
            dry: self.popped_dry.each_ref().map(|channel| &channel[..length]),
        }
    }
}

/// Empties a ring and puts `zeros` zeros into it.
fn refill(ring: &mut Ring, zeros: usize) {
    ring.clear();
    ring.push_iter(std::iter::repeat_n(0.0, zeros));
}
