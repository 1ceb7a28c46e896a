//! The load of processing, as a fraction of real time.

use std::time::{Duration, Instant};

/// Sums processing time and audio time over one second of audio at a time.
#[derive(Default)]
pub struct LoadMeter {
    busy: f32,
    audio: f32,
    peak: f32,
}

/// The load after one more callback.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Load {
    /// The callback took longer than its audio.
    pub missed: bool,
    /// Mean and peak load, whenever a second of audio is complete.
    pub second: Option<(f32, f32)>,
}

impl LoadMeter {
    /// Adds one callback that started at `start` and processed `audio` seconds. For the audio thread: reading the clock
    /// is no system call on the platforms that are supported.
    pub fn add(&mut self, start: Instant, audio: f32) -> Load {
        self.add_time(start.elapsed(), audio)
    }

    fn add_time(&mut self, taken: Duration, audio: f32) -> Load {
        if audio <= 0.0 {
            return Load::default();
        }
        let taken = taken.as_secs_f32();
        self.busy += taken;
        self.audio += audio;
        self.peak = self.peak.max(taken / audio);
        let missed = taken > audio;
        if self.audio < 1.0 {
            return Load { missed, second: None };
        }
        let second = Some((self.busy / self.audio, self.peak));
        *self = Self::default();
        Load { missed, second }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_of_callbacks_gives_mean_and_peak() {
        let mut meter = LoadMeter::default();
        for _ in 0..3 {
            assert_eq!(meter.add_time(Duration::from_millis(25), 0.25), Load::default());
        }
        let (mean, peak) = meter.add_time(Duration::from_millis(125), 0.25).second.unwrap();
        assert!((mean - 0.2).abs() < 1e-6 && (peak - 0.5).abs() < 1e-6);
        let next = meter.add_time(Duration::from_millis(25), 0.25);
        assert_eq!(next, Load::default(), "the next second starts afresh");
    }

    #[test]
    fn a_callback_that_takes_longer_than_its_audio_missed_its_deadline() {
        let mut meter = LoadMeter::default();
        assert!(!meter.add_time(Duration::from_millis(9), 0.01).missed);
        assert!(meter.add_time(Duration::from_millis(11), 0.01).missed);
    }
}
