//! How much of real time processing takes.

use std::time::{Duration, Instant};

/// Sums processing time and audio time over one second of audio at a time.
#[derive(Default)]
pub struct LoadMeter {
    busy: f32,
    heard: f32,
    peak: f32,
}

impl LoadMeter {
    /// Adds one callback that started at `start` and stood for `audio` seconds. Returns mean and peak share of
    /// real time whenever a second of audio is complete. For the audio thread: reading the clock is no system
    /// call on the platforms we know.
    pub fn add(&mut self, start: Instant, audio: f32) -> Option<(f32, f32)> {
        self.add_time(start.elapsed(), audio)
    }

    fn add_time(&mut self, taken: Duration, audio: f32) -> Option<(f32, f32)> {
        if audio <= 0.0 {
            return None;
        }
        let taken = taken.as_secs_f32();
        self.busy += taken;
        self.heard += audio;
        self.peak = self.peak.max(taken / audio);
        if self.heard < 1.0 {
            return None;
        }
        let loads = (self.busy / self.heard, self.peak);
        *self = Self::default();
        Some(loads)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_of_callbacks_gives_mean_and_peak() {
        let mut meter = LoadMeter::default();
        for _ in 0..3 {
            assert_eq!(meter.add_time(Duration::from_millis(25), 0.25), None);
        }
        let (mean, peak) = meter.add_time(Duration::from_millis(125), 0.25).unwrap();
        assert!((mean - 0.2).abs() < 1e-6 && (peak - 0.5).abs() < 1e-6);
        assert_eq!(meter.add_time(Duration::from_millis(25), 0.25), None, "the next second starts afresh");
    }
}
