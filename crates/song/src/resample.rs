//! Another sample rate, in a stream, in line with the input to the sample and exactly as long.

use rubato::audioadapter_buffers::direct::SequentialSliceOfVecs;
use rubato::{Fft, FixedSync, Resampler as _, WindowFunction};

use crate::cast;
use crate::error::ErrorKind;

/// Least length of the filter, in samples at the lower rate: flat to 0.98 of half of that rate.
const FILTER: usize = 2048;

/// Length in samples of `frames` samples at `from` Hz once they have `to` Hz: the nearest.
pub fn resampled_length(frames: u64, from: u32, to: u32) -> u64 {
    let (frames, from, to) = (u128::from(frames), u128::from(from.max(1)), u128::from(to));
    u64::try_from((2 * frames * to + from) / (2 * from)).unwrap_or(u64::MAX)
}

/// Two channels from one rate to another.
pub struct Resampler {
    fft: Fft<f64>,
    rates: (u32, u32),
    /// Samples that wait until a block is full, `[channel][sample]`.
    input: Vec<Vec<f64>>,
    /// How many wait.
    filled: usize,
    output: Vec<Vec<f64>>,
    /// Samples of the filter's delay that are still to be dropped.
    delay: usize,
    taken: u64,
    given: u64,
}

impl Resampler {
    /// From `from` to `to` Hz.
    ///
    /// # Errors
    /// When the pair of rates is refused.
    pub fn new(from: u32, to: u32) -> Result<Self, ErrorKind> {
        let block = block(from, to);
        let window = WindowFunction::BlackmanHarris2;
        let fft = Fft::new_custom(from as usize, to as usize, block, 1, 2, window, FixedSync::Both)
            .map_err(|_| ErrorKind::Resample { from, to })?;
        let (input, output) = (fft.input_frames_max(), fft.output_frames_max());
        let delay = fft.output_delay();
        Ok(Self {
            fft,
            rates: (from, to),
            input: vec![vec![0.0; input]; 2],
            filled: 0,
            output: vec![vec![0.0; output]; 2],
            delay,
            taken: 0,
            given: 0,
        })
    }

    /// Takes samples in and appends what is ready to `output`.
    pub fn push(&mut self, samples: &[Vec<f32>; 2], output: &mut [Vec<f32>; 2]) {
        let frames = samples[0].len();
        let mut at = 0;
        while at < frames {
            let count = (frames - at).min(self.input[0].len() - self.filled);
            for (input, samples) in self.input.iter_mut().zip(samples) {
                let place = &mut input[self.filled..][..count];
                for (place, &sample) in place.iter_mut().zip(&samples[at..]) {
                    *place = f64::from(sample);
                }
            }
            self.filled += count;
            self.taken += count as u64;
            at += count;
            if self.filled == self.input[0].len() {
                self.transform(output, u64::MAX);
            }
        }
    }

    /// Appends what is left to `output`: the song has ended.
    pub fn finish(&mut self, output: &mut [Vec<f32>; 2]) {
        let length = resampled_length(self.taken, self.rates.0, self.rates.1);
        while self.given < length {
            for input in &mut self.input {
                input[self.filled..].fill(0.0);
            }
            self.transform(output, length);
        }
    }

    /// One block, of which nothing behind `length` is given out.
    fn transform(&mut self, output: &mut [Vec<f32>; 2], length: u64) {
        let (frames_in, frames_out) = (self.input[0].len(), self.output[0].len());
        self.filled = 0;
        let done = SequentialSliceOfVecs::new(&self.input, 2, frames_in).and_then(|input| {
            let room = SequentialSliceOfVecs::new_mut(&mut self.output, 2, frames_out);
            room.map(|mut room| self.fft.process_into_buffer(&input, &mut room, None).is_ok())
        });
        assert!(matches!(done, Ok(true)), "the buffers are as large as the resampler asked");
        let skip = self.delay.min(frames_out);
        self.delay -= skip;
        let left = usize::try_from(length - self.given).unwrap_or(usize::MAX);
        let count = (frames_out - skip).min(left);
        for (output, samples) in output.iter_mut().zip(&self.output) {
            output.extend(samples[skip..][..count].iter().map(|&sample| cast::single(sample)));
        }
        self.given += count as u64;
    }
}

/// Samples a block: a whole number of samples on both sides, and an even one, because the filter delays by half a block.
/// An odd block would put the output half a sample late.
fn block(from: u32, to: u32) -> usize {
    let common = greatest_common_divisor(from, to);
    let (least_in, least_out) = ((from / common) as usize, (to / common) as usize);
    let pairs = FILTER.div_ceil(2 * least_in.min(least_out)).max(1);
    2 * pairs * least_in
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}
