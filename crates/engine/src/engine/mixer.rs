//! Gains: the user's controls, smoothed, and the mix they make.

use crate::cast::{nearest_f32, whole_part};
use crate::stems::{CHANNELS, STEMS};

/// Length of every gain ramp in seconds.
const RAMP_SECONDS: f64 = 0.008;

/// The point at which the stem outputs tap the signal: before or after level, mute and solo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tap {
    /// Stems as separated; they sum to the delayed input.
    #[default]
    PreLevel,
    /// Stems as they go into the main mix.
    PostLevel,
}

/// All controls, as plain factors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Controls {
    /// Gain of each stem as a factor; 0 is exact silence.
    pub level: [f32; STEMS],
    /// Stems that are silenced.
    pub mute: [bool; STEMS],
    /// Stems that are audible alone; any number at once. A muted stem stays silent.
    pub solo: [bool; STEMS],
    /// Hardness of the masks from 0 to 1; ½ leaves them alone. Takes effect at the next frame.
    pub focus: f32,
    /// What each stem adds to `focus`, from −½ to ½; the sum is held within 0 to 1. Takes effect at the next frame.
    pub sensitivity: [f32; STEMS],
    /// Where the stem outputs tap the signal.
    pub tap: Tap,
    /// Gain of the main output as a factor.
    pub output_gain: f32,
    /// Main output is the delayed input, and the stem outputs are pre-level.
    pub bypass: bool,
}

impl Default for Controls {
    fn default() -> Self {
        Self {
            level: [1.0; STEMS],
            mute: [false; STEMS],
            solo: [false; STEMS],
            focus: 0.5,
            sensitivity: [0.0; STEMS],
            tap: Tap::PreLevel,
            output_gain: 1.0,
            bypass: false,
        }
    }
}

impl Controls {
    /// Hardness of each stem's masks, from 0 to 1: focus and the stem's sensitivity. Any thread.
    pub fn stem_focus(&self) -> [f32; STEMS] {
        self.sensitivity.map(|offset| (self.focus + offset).clamp(0.0, 1.0))
    }

    /// The gain each stem has in the main mix once all ramps have ended. Any thread.
    pub fn stem_gains(&self) -> [f32; STEMS] {
        let any_solo = self.solo.contains(&true);
        std::array::from_fn(|stem| {
            if self.mute[stem] || (any_solo && !self.solo[stem]) { 0.0 } else { self.level[stem] }
        })
    }
}

/// A gain on its way to a target, in a straight line. Its values depend on the number of samples since the
/// target was set and on nothing else, hence not on how a host cuts its blocks.
#[derive(Debug, Clone, Copy)]
struct Ramp {
    from: f32,
    to: f32,
    /// Samples since the target was set; `length` when it has arrived.
    at: usize,
    length: usize,
}

impl Ramp {
    fn new(value: f32, length: usize) -> Self {
        Self { from: value, to: value, at: length, length }
    }

    fn value(&self) -> f32 {
        if self.at >= self.length {
            return self.to;
        }
        self.from + (self.to - self.from) * (nearest_f32(self.at) / nearest_f32(self.length))
    }

    fn set(&mut self, target: f32) {
        if target.is_finite() && target != self.to {
            *self = Self { from: self.value(), to: target, at: 0, length: self.length };
        }
    }

    fn jump(&mut self) {
        self.at = self.length;
    }

    /// Writes the next `gains.len()` values.
    fn fill(&mut self, gains: &mut [f32]) {
        if self.at >= self.length {
            gains.fill(self.to);
            return;
        }
        for gain in gains {
            self.at = (self.at + 1).min(self.length);
            *gain = self.value();
        }
    }
}

/// The four stems and the dry signal of one segment of time, each a slice of the same length a channel.
pub struct Segment<'a> {
    /// Stems as separated.
    pub stems: [[&'a [f32]; CHANNELS]; STEMS],
    /// The input, equally delayed.
    pub dry: [&'a [f32]; CHANNELS],
}

/// Mixes stems under smoothed gains. All calls but [`Mixer::new`] are for the audio thread.
pub struct Mixer {
    stems: [Ramp; STEMS],
    taps: [Ramp; STEMS],
    output: Ramp,
    bypass: Ramp,
    gains: [Vec<f32>; STEMS],
    output_gains: Vec<f32>,
    bypass_amounts: Vec<f32>,
    tap_gains: Vec<f32>,
}

impl Mixer {
    /// A mixer for segments of at most `longest` samples at `sample_rate` Hz. Not for the audio thread.
    pub fn new(sample_rate: f64, longest: usize) -> Self {
        let length = whole_part((RAMP_SECONDS * sample_rate).round()).max(1);
        let scratch = || vec![0.0; longest];
        Self {
            stems: [Ramp::new(1.0, length); STEMS],
            taps: [Ramp::new(1.0, length); STEMS],
            output: Ramp::new(1.0, length),
            bypass: Ramp::new(0.0, length),
            gains: std::array::from_fn(|_| scratch()),
            output_gains: scratch(),
            bypass_amounts: scratch(),
            tap_gains: scratch(),
        }
    }

    /// Starts ramps towards `controls`, from wherever the gains are now.
    pub fn set(&mut self, controls: &Controls) {
        let post = controls.tap == Tap::PostLevel && !controls.bypass;
        let ramps = self.stems.iter_mut().zip(&mut self.taps);
        for ((stem, tap), gain) in ramps.zip(controls.stem_gains()) {
            stem.set(gain);
            tap.set(if post { gain } else { 1.0 });
        }
        self.output.set(controls.output_gain);
        self.bypass.set(if controls.bypass { 1.0 } else { 0.0 });
    }

    /// Ends all ramps at once.
    pub fn jump(&mut self) {
        self.stems.iter_mut().chain(&mut self.taps).for_each(Ramp::jump);
        self.output.jump();
        self.bypass.jump();
    }

    /// The stems' gains in the main mix during the first `length` samples of the last segment.
    pub fn gains(&self, length: usize) -> [&[f32]; STEMS] {
        self.gains.each_ref().map(|gains| &gains[..length])
    }

    /// Mixes one segment into `main` and the stem outputs that are connected. All slices have the same length, at
    /// most the one given to [`Mixer::new`].
    pub fn mix(
        &mut self,
        segment: &Segment<'_>,
        main: [&mut [f32]; CHANNELS],
        outputs: [Option<[&mut [f32]; CHANNELS]>; STEMS],
    ) {
        let length = main[0].len();
        for (ramp, gains) in self.stems.iter_mut().zip(&mut self.gains) {
            ramp.fill(&mut gains[..length]);
        }
        self.output.fill(&mut self.output_gains[..length]);
        self.bypass.fill(&mut self.bypass_amounts[..length]);
        for (channel, main) in main.into_iter().enumerate() {
            main.fill(0.0);
            for (stem, gains) in segment.stems.iter().zip(&self.gains) {
                for ((main, sample), gain) in main.iter_mut().zip(stem[channel]).zip(gains) {
                    *main += sample * gain;
                }
            }
            let dry = segment.dry[channel];
            let controls = self.output_gains.iter().zip(&self.bypass_amounts);
            for ((main, dry), (gain, bypass)) in main.iter_mut().zip(dry).zip(controls) {
                let wet = *main * gain;
                // At either end exactly one of the two signals, not the other plus a difference.
                *main = wet * (1.0 - bypass) + dry * bypass;
            }
        }
        for (stem, output) in outputs.into_iter().enumerate() {
            // Every ramp moves on, connected or not.
            self.taps[stem].fill(&mut self.tap_gains[..length]);
            for (channel, out) in output.into_iter().flatten().enumerate() {
                for ((out, sample), gain) in
                    out.iter_mut().zip(segment.stems[stem][channel]).zip(&self.tap_gains)
                {
                    *out = sample * gain;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_takes_five_to_ten_milliseconds_and_arrives_exactly() {
        for rate in [22_050.0, 44_100.0, 192_000.0] {
            let mut mixer = Mixer::new(rate, 4096);
            mixer.set(&Controls { mute: [true, false, false, false], ..Default::default() });
            let mut gains = vec![0.0; 4096];
            mixer.stems[0].fill(&mut gains);
            let length = gains.iter().position(|&gain| gain == 0.0).unwrap() as f64 / rate;
            assert!((0.005..0.010).contains(&length), "{length} s");
            assert!(gains.windows(2).all(|pair| pair[1] <= pair[0]));
            assert_eq!(gains[4095], 0.0);
        }
    }

    #[test]
    fn ramp_values_do_not_depend_on_the_block_partition() {
        let mut whole = vec![0.0; 500];
        let mut mixer = Mixer::new(44_100.0, 4096);
        let controls = Controls { level: [0.25; STEMS], ..Default::default() };
        mixer.set(&controls);
        mixer.stems[1].fill(&mut whole);
        let mut pieces = vec![0.0; 500];
        let mut mixer = Mixer::new(44_100.0, 4096);
        for piece in pieces.chunks_mut(7) {
            mixer.set(&controls);
            mixer.stems[1].fill(piece);
        }
        assert_eq!(whole, pieces);
    }

    #[test]
    fn solo_is_a_set_and_mute_wins() {
        let mut controls = Controls { level: [0.5, 1.0, 2.0, 3.0], ..Default::default() };
        assert_eq!(controls.stem_gains(), [0.5, 1.0, 2.0, 3.0]);
        controls.solo = [true, false, true, false];
        assert_eq!(controls.stem_gains(), [0.5, 0.0, 2.0, 0.0]);
        controls.mute = [true, false, false, true];
        assert_eq!(controls.stem_gains(), [0.0, 0.0, 2.0, 0.0]);
    }
}
