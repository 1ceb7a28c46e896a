//! The count-in: clicks that are made with the song and added to the output behind the plug-in.

use std::f32::consts::TAU;

/// Longest latency that clicks are kept for, in samples: the plug-in's is below half a second at 192 kHz.
const LONGEST: usize = 1 << 17;

/// Length of a click in seconds.
const LENGTH: f32 = 0.03;

/// Pitches of the first click of a bar and of the others, in Hz.
const PITCHES: [f32; 2] = [1_760.0, 1_320.0];

/// Beats of a bar.
const BAR: usize = 4;

/// Sample `at` of a count-in of beats that are `beat` samples apart, at `rate` Hz.
pub fn click(at: usize, beat: usize, rate: u32) -> f32 {
    let beat = beat.max(1);
    let pitch = PITCHES[usize::from(!(at / beat).is_multiple_of(BAR))];
    // A click is over before numbers are too large to be exact.
    #[expect(clippy::cast_precision_loss)]
    let seconds = (at % beat) as f32 / rate.max(1) as f32;
    if seconds > LENGTH { 0.0 } else { 0.4 * (TAU * pitch * seconds).sin() * (-seconds * 5.0 / LENGTH).exp() }
}

/// The last clicks, until the plug-in's output has caught up with them.
pub struct ClickTrack {
    ring: Box<[f32]>,
    /// Samples since the beginning.
    at: usize,
    /// Samples since the last click that was not silent.
    silent: usize,
}

impl Default for ClickTrack {
    fn default() -> Self {
        Self { ring: vec![0.0; LONGEST].into(), at: 0, silent: LONGEST }
    }
}

impl ClickTrack {
    /// Notes the next sample.
    pub fn push(&mut self, sample: f32) {
        self.ring[self.at % LONGEST] = sample;
        self.at = self.at.wrapping_add(1);
        self.silent = if sample == 0.0 { self.silent.saturating_add(1) } else { 0 };
    }

    /// Adds the samples that were noted last to `channels`, `latency` samples late.
    pub fn add(&self, channels: &mut [&mut [f32]], latency: u32) {
        if self.silent >= LONGEST {
            return;
        }
        let length = channels.first().map_or(0, |channel| channel.len());
        let delay = length.saturating_add(latency as usize);
        if delay > LONGEST {
            return;
        }
        let from = self.at.wrapping_add(LONGEST).wrapping_sub(delay);
        for channel in channels {
            for (offset, sample) in channel.iter_mut().enumerate() {
                *sample += self.ring[from.wrapping_add(offset) % LONGEST];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_comes_out_as_late_as_the_plug_in_is() {
        let mut track = ClickTrack::default();
        let mut output = Vec::new();
        for block in 0..40 {
            for sample in 0..64 {
                track.push(if block * 64 + sample == 100 { 1.0 } else { 0.0 });
            }
            let (mut left, mut right) = ([0.25; 64], [0.0; 64]);
            track.add(&mut [&mut left, &mut right], 1000);
            assert!(left.iter().zip(&right).all(|(left, right)| *left == right + 0.25), "both channels");
            output.extend(right);
        }
        assert_eq!(output.iter().position(|sample| *sample != 0.0), Some(1100));
        assert_eq!(output.iter().filter(|sample| **sample != 0.0).count(), 1);
    }

    #[test]
    fn clicks_come_on_the_beat_and_the_first_of_a_bar_is_higher() {
        let (beat, rate) = (22_050, 44_100);
        let loud = |at: usize| (at..at + 400).any(|at| click(at, beat, rate).abs() > 0.1);
        for beats in 0..8 {
            assert!(loud(beats * beat) && !loud(beats * beat + beat / 2));
        }
        let crossings = |from: usize| {
            (from..from + 400)
                .filter(|at| click(*at, beat, rate) <= 0.0 && click(at + 1, beat, rate) > 0.0)
                .count()
        };
        assert!(crossings(0) > crossings(beat));
        assert_eq!(crossings(0), crossings(4 * beat));
    }
}
