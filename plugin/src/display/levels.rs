//! Levels of the stems and the main output, for meters.

use std::sync::atomic::{AtomicU32, Ordering};

use unbraid_engine::cast::{nearest_f32, rounded_f32};
use unbraid_engine::engine::MixedSegment;
use unbraid_engine::{CHANNELS, STEMS};

/// Index of the main output behind the stems.
pub const OUTPUT: usize = STEMS;

/// Time constant of the mean squares in seconds, as in a VU meter.
const RMS_SECONDS: f64 = 0.3;

/// One channel's numbers. Floats as their bits: for numbers that are not negative, bits compare as the numbers do.
#[derive(Default)]
struct Channel {
    peak: AtomicU32,
    mean_square: AtomicU32,
}

/// Peak and mean square of four stems and the main output, in two channels each.
#[derive(Default)]
pub struct Levels {
    meters: [[Channel; CHANNELS]; STEMS + 1],
}

/// One channel of a meter.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Level {
    /// Largest magnitude since the last reading, as a factor of full scale.
    pub peak: f32,
    /// Root of the mean square over the last 0.3 s, as a factor of full scale.
    pub rms: f32,
}

/// Factor on a mean square per sample.
pub fn release(sample_rate: f64) -> f32 {
    rounded_f32((-1.0 / (RMS_SECONDS * sample_rate)).exp())
}

impl Levels {
    /// Adds a segment of output. For the audio thread.
    pub fn update(&self, segment: &MixedSegment<'_>, release: f32) {
        // A segment is one hop at most.
        let length = i32::try_from(segment.main[0].len()).unwrap_or(i32::MAX);
        let decay = release.powi(length);
        for (meter, (stem, gains)) in self.meters.iter().zip(segment.stems.iter().zip(&segment.gains)) {
            for (channel, samples) in meter.iter().zip(stem) {
                channel.update(samples.iter().zip(*gains).map(|(sample, gain)| sample * gain), decay);
            }
        }
        for (channel, samples) in self.meters[OUTPUT].iter().zip(&segment.main) {
            channel.update(samples.iter().copied(), decay);
        }
    }

    /// Left and right of meter `index` (a stem or [`OUTPUT`]); peaks start afresh. For the window.
    pub fn read(&self, index: usize) -> [Level; CHANNELS] {
        self.meters[index].each_ref().map(|channel| Level {
            peak: f32::from_bits(channel.peak.swap(0, Ordering::Relaxed)),
            rms: f32::from_bits(channel.mean_square.load(Ordering::Relaxed)).sqrt(),
        })
    }

    /// Silence everywhere, so that a window that opens does not show what was left behind.
    pub fn clear(&self) {
        for channel in self.meters.iter().flatten() {
            channel.peak.store(0, Ordering::Relaxed);
            channel.mean_square.store(0, Ordering::Relaxed);
        }
    }
}

impl Channel {
    /// Adds samples, which leave the fraction `decay` of the mean square before them.
    fn update(&self, samples: impl ExactSizeIterator<Item = f32>, decay: f32) {
        let count = samples.len();
        if count == 0 {
            return;
        }
        let (peak, squares) =
            samples.fold((0.0f32, 0.0f32), |(peak, squares), x| (peak.max(x.abs()), squares + x * x));
        self.peak.fetch_max(peak.to_bits(), Ordering::Relaxed);
        let before = f32::from_bits(self.mean_square.load(Ordering::Relaxed));
        let mean_square = before * decay + squares / nearest_f32(count) * (1.0 - decay);
        self.mean_square.store(mean_square.to_bits(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(levels: &Levels, stem: &[f32], gain: f32, release: f32) {
        let silence = vec![0.0; stem.len()];
        let gains = vec![gain; stem.len()];
        levels.update(
            &MixedSegment {
                stems: [[&silence; 2], [stem, &silence], [&silence; 2], [&silence; 2]],
                gains: [&gains; STEMS],
                main: [&silence; 2],
            },
            release,
        );
    }

    #[test]
    fn a_meter_shows_what_the_mix_gets() {
        let levels = Levels::default();
        let square: Vec<f32> = (0..1000).map(|n| if n % 2 == 0 { 0.5 } else { -0.5 }).collect();
        for _ in 0..200 {
            update(&levels, &square, 0.5, release(44_100.0));
        }
        let [left, right] = levels.read(1);
        assert_eq!(left.peak, 0.25);
        assert!((left.rms - 0.25).abs() < 1e-3, "{}", left.rms);
        assert_eq!(right, Level::default());
        assert_eq!(levels.read(1)[0].peak, 0.0, "a peak is shown once");
        levels.clear();
        assert_eq!(levels.read(1)[0], Level::default());
    }

    #[test]
    fn the_mean_square_takes_a_third_of_a_second() {
        let levels = Levels::default();
        let release = release(1000.0);
        for _ in 0..3 {
            update(&levels, &[1.0; 100], 1.0, release);
        }
        let [left, _] = levels.read(1);
        assert!((left.rms.powi(2) - (1.0 - (-1.0f32).exp())).abs() < 1e-3, "{}", left.rms);
    }
}
