//! How long callbacks took, in a few numbers that do not grow with a stream.

use std::time::Duration;

use crate::numbers;
use crate::processing::Callback;

/// The time that callbacks took.
#[derive(Debug, Clone)]
pub struct Timing {
    /// How many there were.
    pub callbacks: u64,
    /// Duration of the streamed audio in seconds.
    pub audio_s: f64,
    /// Wall-clock time in `process`, all callbacks together, in seconds.
    pub wall_s: f64,
    /// Processor time in `process`, all callbacks together, in seconds. Unlike `wall_s`, it leaves out the time in
    /// which other programs had the core.
    pub cpu_s: f64,
    /// Sample rate in Hz.
    rate: f64,
    peak: f32,
    /// Callbacks by load: a bin for each value of the upper half of a single-precision number, so 0.8 % wide.
    histogram: Vec<u32>,
}

/// Bits of a load that its bin leaves out.
const DROPPED_BITS: u32 = 16;

impl Timing {
    /// No callbacks yet, at a sample rate in Hz.
    pub(crate) fn new(rate: f64) -> Self {
        let bins = (f32::INFINITY.to_bits() >> DROPPED_BITS) as usize + 1;
        Self {
            callbacks: 0,
            audio_s: 0.0,
            wall_s: 0.0,
            cpu_s: 0.0,
            rate,
            peak: 0.0,
            histogram: vec![0; bins],
        }
    }

    /// Adds a callback that processed `length` samples.
    pub(crate) fn add(&mut self, length: usize, callback: &Callback) {
        self.add_times(length, callback.wall, callback.cpu);
    }

    fn add_times(&mut self, length: usize, wall: Duration, cpu: Duration) {
        let period = numbers::float(numbers::count(length)) / self.rate;
        let load = numbers::single(wall.as_secs_f64() / period.max(f64::MIN_POSITIVE));
        self.callbacks += 1;
        self.audio_s += period;
        self.wall_s += wall.as_secs_f64();
        self.cpu_s += cpu.as_secs_f64();
        self.peak = self.peak.max(load);
        if let Some(bin) = self.histogram.get_mut((load.to_bits() >> DROPPED_BITS) as usize) {
            *bin = bin.saturating_add(1);
        }
    }

    /// Mean load of one core: processor time per second of audio.
    #[must_use]
    pub fn core_load(&self) -> f64 {
        if self.audio_s > 0.0 { self.cpu_s / self.audio_s } else { 0.0 }
    }

    /// Mean fraction of the callback's period that was spent in it (wall clock).
    #[must_use]
    pub fn mean_load(&self) -> f64 {
        if self.audio_s > 0.0 { self.wall_s / self.audio_s } else { 0.0 }
    }

    /// The largest fraction of a callback's period that was spent in it (wall clock).
    #[must_use]
    pub fn peak_load(&self) -> f64 {
        f64::from(self.peak)
    }

    /// The load that this fraction (0…1) of the callbacks stay below (wall clock), to within a per cent of it.
    #[must_use]
    pub fn quantile_load(&self, fraction: f64) -> f64 {
        let rank = (fraction * numbers::float(self.callbacks.saturating_sub(1))).round();
        let mut below = 0;
        for (bin, &count) in (0u32..).zip(&self.histogram) {
            below += u64::from(count);
            if numbers::float(below) > rank {
                // The middle of the bin.
                let bits = (bin << DROPPED_BITS) | (1 << (DROPPED_BITS - 1));
                return f64::from(f32::from_bits(bits).min(self.peak));
            }
        }
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_come_out_of_the_histogram_to_within_a_per_cent() {
        let mut timing = Timing::new(48_000.0);
        assert!(timing.quantile_load(0.99).abs() < f64::EPSILON, "no callbacks");
        // Blocks of 10 ms that take 0.01 to 10 ms.
        for step in 1..=1000 {
            timing.add_times(480, Duration::from_micros(10 * step), Duration::from_micros(5 * step));
        }
        for fraction in [0.1, 0.5, 0.99, 1.0] {
            let found = timing.quantile_load(fraction);
            assert!((found / fraction - 1.0).abs() < 0.02, "{fraction}: {found}");
        }
        assert!((timing.peak_load() - 1.0).abs() < 1e-6);
        assert!((timing.core_load() - 0.25).abs() < 0.001 && (timing.audio_s - 10.0).abs() < 1e-9);
    }
}
