//! Peak, energy and silence of a stream.

use crate::numbers::{float, whole};

/// Windows for the silence check, in seconds.
const SILENCE_WINDOW_S: f64 = 0.1;

/// RMS of a silent window, in dBFS.
pub const SILENCE_DBFS: f64 = -60.0;

/// Peak and energy of two channels.
#[derive(Debug, Clone, Copy, Default)]
pub struct Levels {
    /// The largest absolute sample.
    pub peak: f32,
    /// Sum of squares of all samples.
    pub energy: f64,
    /// Samples of each channel.
    pub length: u64,
}

impl Levels {
    /// Adds samples of both channels.
    pub fn add(&mut self, audio: [&[f32]; 2]) {
        for &sample in audio.into_iter().flatten() {
            self.peak = self.peak.max(sample.abs());
            self.energy += f64::from(sample) * f64::from(sample);
        }
        self.length += audio[0].len() as u64;
    }
}

/// How much of a stream is silent.
#[derive(Debug, Clone)]
pub struct Silence {
    /// Samples to a window.
    window: u64,
    filled: u64,
    power: f64,
    windows: u64,
    silent: u64,
}

impl Silence {
    /// Nothing yet, at a sample rate in Hz.
    pub fn new(rate: u32) -> Self {
        let window = whole(SILENCE_WINDOW_S * f64::from(rate));
        Self { window: window.max(1), filled: 0, power: 0.0, windows: 0, silent: 0 }
    }

    /// Adds samples of both channels.
    pub fn add(&mut self, [left, right]: [&[f32]; 2]) {
        for (&left, &right) in left.iter().zip(right) {
            self.power += f64::from(left) * f64::from(left) + f64::from(right) * f64::from(right);
            self.filled += 1;
            if self.filled == self.window {
                self.close();
            }
        }
    }

    fn close(&mut self) {
        let limit = 10f64.powf(SILENCE_DBFS / 10.0) * 2.0 * float(self.filled);
        self.windows += 1;
        self.silent += u64::from(self.power < limit);
        (self.filled, self.power) = (0, 0.0);
    }

    /// The fraction (0…1) of silent windows. A part of a window counts only where there is no whole one.
    pub fn fraction(&self) -> f64 {
        let mut all = self.clone();
        if all.windows == 0 && all.filled > 0 {
            all.close();
        }
        float(all.silent) / float(all.windows.max(1))
    }
}

/// A power as decibels; nothing for silence.
pub fn decibels(power: f64) -> Option<f64> {
    (power > 0.0).then(|| 10.0 * power.log10())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_counted_by_windows_however_the_stream_is_cut() {
        let mut channel = vec![0.1f32; 44_100];
        channel[..30_000].fill(0.0);
        for cut in [1, 100, 4410, 44_100] {
            let mut silence = Silence::new(44_100);
            channel.chunks(cut).for_each(|part| silence.add([part, part]));
            assert!((silence.fraction() - 0.6).abs() < 1e-9, "{cut}");
        }
    }

    #[test]
    fn less_than_a_window_is_a_window() {
        let mut silence = Silence::new(44_100);
        assert!(silence.fraction().abs() < f64::EPSILON);
        silence.add([&[0.0; 10], &[0.0; 10]]);
        assert!((silence.fraction() - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn peak_and_energy_are_of_both_channels() {
        let mut levels = Levels::default();
        levels.add([&[0.5, 0.0], &[0.0, -1.0]]);
        assert!((levels.peak - 1.0).abs() < f32::EPSILON && (levels.energy - 1.25).abs() < 1e-12);
        assert_eq!(levels.length, 2);
    }
}
