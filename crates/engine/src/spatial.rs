//! The spatial filter: masks made into filters across the two channels.
//!
//! A mask takes the same share of a bin from everything in it. Stems that lie at different places between left and right
//! can be told apart further: the filter learns each stem's covariance between the channels and applies the multichannel
//! Wiener filter of shares and covariances (N. Duong, E. Vincent, R. Gribonval, *Under-determined reverberant audio source
//! separation using a full-rank spatial covariance model*, 2010), which for signals that are alike in both channels is the
//! mask itself. What it leaves of the input goes to the stems by their masks, so that they sum to the input.

use std::array;

use realfft::num_complex::Complex;

use crate::cast::nearest_f32;
use crate::masks::Masks;
use crate::stems::{CHANNELS, STEMS};

/// Time constant of the covariances in seconds.
const SECONDS: f32 = 3.5;
/// Bins on either side over which a frame's powers are summed.
const REACH: usize = 2;
/// What is added to the diagonal of the mixture's covariance, as a share of its trace: bounds its condition.
const DIAGONAL: f32 = 0.003;
/// The same for bins without power.
const LEAST: f32 = 1e-9;
/// Magnitude, relative to full scale, below which a bin is silent.
const SILENT: f32 = 1e-15;

/// A covariance between the channels, Hermitian.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Covariance {
    left: f32,
    right: f32,
    across: Complex<f32>,
}

impl Covariance {
    fn plus(self, other: Self) -> Self {
        Self {
            left: self.left + other.left,
            right: self.right + other.right,
            across: self.across + other.across,
        }
    }

    fn times(self, factor: f32) -> Self {
        Self { left: self.left * factor, right: self.right * factor, across: self.across * factor }
    }

    /// The product with a vector.
    fn on(self, [left, right]: [Complex<f32>; CHANNELS]) -> [Complex<f32>; CHANNELS] {
        [left * self.left + self.across * right, self.across.conj() * left + right * self.right]
    }

    /// The solution `z` of `self · z = x`.
    fn solve(self, x: [Complex<f32>; CHANNELS]) -> [Complex<f32>; CHANNELS] {
        let scale = 1.0 / (self.left * self.right - self.across.norm_sqr());
        let adjugate = Self { left: self.right, right: self.left, across: -self.across };
        adjugate.times(scale).on(x)
    }
}

/// The stems' covariances in every bin, and the spectra of the frame that was separated last.
pub struct SpatialFilter {
    decay: f32,
    /// One over the magnitude of a bin at full scale.
    scale: f32,
    /// The frame's covariances over their power, 0 where it is silent.
    frame: Vec<Covariance>,
    /// How much each bin counts.
    weights: Vec<f32>,
    /// What each bin adds to one stem, before it is summed over its neighbours; silence around it.
    fresh: Vec<Covariance>,
    learnt: [Vec<Covariance>; STEMS],
    separated: [[Vec<Complex<f32>>; CHANNELS]; STEMS],
}

impl SpatialFilter {
    /// A filter for unnormalised spectra of `bins` bins, a frame every `hop_seconds`, that has learnt nothing. Not for the
    /// audio thread.
    pub fn new(bins: usize, hop_seconds: f32) -> Self {
        Self {
            decay: (-hop_seconds / SECONDS).exp(),
            scale: 2.0 / nearest_f32(bins),
            frame: vec![Covariance::default(); bins],
            weights: vec![0.0; bins],
            fresh: vec![Covariance::default(); bins + 2 * REACH],
            learnt: array::from_fn(|_| vec![Covariance::default(); bins]),
            separated: array::from_fn(|_| array::from_fn(|_| vec![Complex::default(); bins])),
        }
    }

    /// Forgets all frames. For the audio thread.
    pub fn reset(&mut self) {
        self.learnt.iter_mut().for_each(|stem| stem.fill(Covariance::default()));
    }

    /// Learns from a frame's `spectra` under its `masks`, and separates it. For the audio thread.
    pub fn separate(&mut self, spectra: [&[Complex<f32>]; CHANNELS], masks: &Masks) {
        let [left, right] = spectra;
        for (((left, right), frame), weight) in
            left.iter().zip(right).zip(&mut self.frame).zip(&mut self.weights)
        {
            let (covariance, size) = relative([*left, *right], self.scale);
            // By magnitude and not by power, and none more than full scale: a burst must not decide for long.
            (*frame, *weight) = (covariance, size.min(1.0));
        }
        for (stem, learnt) in self.learnt.iter_mut().enumerate() {
            let masks = [0, 1].map(|channel| masks.extended_row(stem, channel));
            let [left, right] = masks;
            for (((fresh, frame), weight), (left, right)) in
                self.fresh[REACH..].iter_mut().zip(&self.frame).zip(&self.weights).zip(left.zip(right))
            {
                *fresh = Covariance {
                    left: frame.left * (left * left * weight),
                    right: frame.right * (right * right * weight),
                    across: frame.across * (left * right * weight),
                };
            }
            for (learnt, near) in learnt.iter_mut().zip(self.fresh.windows(2 * REACH + 1)) {
                *learnt = near.iter().fold(learnt.times(self.decay), |sum, &one| sum.plus(one));
            }
        }
        for (bin, frame) in self.frame.iter().enumerate() {
            let x = [left[bin], right[bin]];
            let masks: [[f32; CHANNELS]; STEMS] =
                array::from_fn(|stem| [0, 1].map(|channel| masks.at(stem, channel, bin)));
            let learnt = self.learnt.each_ref().map(|stem| stem[bin]);
            for (stem, separated) in separate(x, *frame, &masks, learnt).into_iter().enumerate() {
                for (channel, value) in separated.into_iter().enumerate() {
                    self.separated[stem][channel][bin] = value;
                }
            }
        }
    }

    /// The spectrum of one stem in one channel, as scratch: the next frame overwrites it. For the audio thread.
    pub fn spectrum(&mut self, stem: usize, channel: usize) -> &mut [Complex<f32>] {
        &mut self.separated[stem][channel]
    }
}

/// A bin's covariance over its power, and its magnitude times `scale`; 0 where it is silent.
fn relative([left, right]: [Complex<f32>; CHANNELS], scale: f32) -> (Covariance, f32) {
    let largest = left.re.abs().max(left.im.abs()).max(right.re.abs()).max(right.im.abs());
    if largest * scale < SILENT {
        return (Covariance::default(), 0.0);
    }
    // To 1 at most first: squares of the largest samples overflow.
    let (left, right) = (left / largest, right / largest);
    let (left_power, right_power) = (left.norm_sqr(), right.norm_sqr());
    let power = left_power + right_power;
    let covariance = Covariance { left: left_power, right: right_power, across: left * right.conj() };
    (covariance.times(1.0 / power), power.sqrt() * largest * scale)
}

/// One bin `x`, of relative `powers`, of the stems, which sum to it.
fn separate(
    x: [Complex<f32>; CHANNELS],
    powers: Covariance,
    masks: &[[f32; CHANNELS]; STEMS],
    learnt: [Covariance; STEMS],
) -> [[Complex<f32>; CHANNELS]; STEMS] {
    let stems: [Covariance; STEMS] = array::from_fn(|stem| {
        let share = masks[stem][0] * powers.left + masks[stem][1] * powers.right;
        let trace = learnt[stem].left + learnt[stem].right;
        learnt[stem].times(share / trace.max(f32::MIN_POSITIVE))
    });
    let mut mixture = stems.iter().fold(Covariance::default(), |sum, &stem| sum.plus(stem));
    let diagonal = DIAGONAL * (mixture.left + mixture.right) + LEAST;
    mixture.left += diagonal;
    mixture.right += diagonal;
    let solved = mixture.solve(x);
    let mut separated = stems.map(|stem| stem.on(solved));
    let rest: [Complex<f32>; CHANNELS] = array::from_fn(|channel| {
        x[channel] - separated.iter().map(|stem| stem[channel]).sum::<Complex<f32>>()
    });
    for (separated, masks) in separated.iter_mut().zip(masks) {
        for channel in 0..CHANNELS {
            separated[channel] += rest[channel] * masks[channel];
        }
    }
    separated
}

#[cfg(test)]
mod tests {
    use super::*;

    const BINS: usize = 9;

    /// Reproducible numbers from −1 to 1.
    struct Noise(u32);

    impl Noise {
        fn next(&mut self) -> f32 {
            self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (self.0 >> 8) as f32 / 8_388_608.0 - 1.0
        }

        fn spectrum(&mut self) -> Vec<Complex<f32>> {
            (0..BINS).map(|_| Complex::new(self.next(), self.next())).collect()
        }
    }

    fn masks(values: [f32; STEMS]) -> Masks {
        let mut masks = Masks::new(BINS);
        for (stem, value) in values.into_iter().enumerate() {
            (0..CHANNELS).for_each(|channel| masks.row_mut(stem, channel).fill(value));
        }
        masks
    }

    fn error(stem: &mut SpatialFilter, index: usize, expected: [&[Complex<f32>]; CHANNELS]) -> f32 {
        let off = |channel: usize| {
            let got = stem.spectrum(index, channel).to_vec();
            got.iter().zip(expected[channel]).map(|(a, b)| (a - b).norm_sqr()).sum::<f32>()
        };
        let mut off = off;
        off(0) + off(1)
    }

    fn sum(filter: &mut SpatialFilter, channel: usize) -> Vec<Complex<f32>> {
        let rows: Vec<_> = (0..STEMS).map(|stem| filter.spectrum(stem, channel).to_vec()).collect();
        (0..BINS).map(|bin| rows.iter().map(|row| row[bin]).sum()).collect()
    }

    #[test]
    fn stems_at_two_places_come_apart_where_masks_alone_mix_them() {
        let (mut filter, mut noise) = (SpatialFilter::new(BINS, 0.02), Noise(1));
        let (mut by_mask, mut by_filter) = (0.0, 0.0);
        for frame in 0..200 {
            // One to the left, one to the right, each louder at times: only those moments teach.
            let loud = if frame % 2 == 0 { [1.0, 0.1] } else { [0.1, 1.0] };
            let voice = noise.spectrum().into_iter().map(|bin| bin * loud[0]).collect::<Vec<_>>();
            let other = noise.spectrum().into_iter().map(|bin| bin * loud[1]).collect::<Vec<_>>();
            let mix = |voice_gain: f32, other_gain: f32| -> Vec<_> {
                voice.iter().zip(&other).map(|(v, o)| v * voice_gain + o * other_gain).collect()
            };
            let (left, right) = (mix(1.0, 0.3), mix(0.3, 1.0));
            let share = if frame % 2 == 0 { 0.95 } else { 0.05 };
            filter.separate([&left, &right], &masks([share, 0.0, 0.0, 1.0 - share]));
            if frame >= 100 {
                let truth = [mix(1.0, 0.0), mix(0.3, 0.0)];
                by_filter += error(&mut filter, 0, truth.each_ref().map(Vec::as_slice));
                let masked = [left, right].map(|row| row.iter().map(|bin| bin * share).collect::<Vec<_>>());
                let off = |a: &[Complex<f32>], b: &[Complex<f32>]| {
                    a.iter().zip(b).map(|(a, b)| (a - b).norm_sqr()).sum::<f32>()
                };
                by_mask += off(&masked[0], &truth[0]) + off(&masked[1], &truth[1]);
            }
        }
        assert!(by_filter < 0.7 * by_mask, "{by_filter} of {by_mask}");
    }

    #[test]
    fn what_is_alike_in_both_channels_gets_its_mask() {
        let (mut filter, mut noise) = (SpatialFilter::new(BINS, 0.02), Noise(2));
        for _ in 0..50 {
            let x = noise.spectrum();
            let shares = [0.4, 0.3, 0.2, 0.1];
            filter.separate([&x, &x], &masks(shares));
            for (stem, share) in shares.into_iter().enumerate() {
                let expected: Vec<_> = x.iter().map(|bin| bin * share).collect();
                assert!(error(&mut filter, stem, [&expected, &expected]) < 1e-9, "stem {stem}");
            }
        }
    }

    #[test]
    fn stems_sum_to_the_input_at_any_level() {
        for size in [1e-30, 1e-6, 1.0, 1e6, 4e21] {
            let (mut filter, mut noise) = (SpatialFilter::new(BINS, 0.01), Noise(3));
            for _ in 0..30 {
                let spectra =
                    [0, 1].map(|_| noise.spectrum().iter().map(|bin| bin * size).collect::<Vec<_>>());
                let mut values = Masks::new(BINS);
                for bin in 0..BINS {
                    for channel in 0..CHANNELS {
                        let raw: [f32; STEMS] = array::from_fn(|_| (4.0 * noise.next()).exp());
                        let total: f32 = raw.iter().sum();
                        (0..STEMS).for_each(|stem| values.row_mut(stem, channel)[bin] = raw[stem] / total);
                    }
                }
                filter.separate(spectra.each_ref().map(Vec::as_slice), &values);
                for (channel, expected) in spectra.iter().enumerate() {
                    for (sum, expected) in sum(&mut filter, channel).into_iter().zip(expected) {
                        assert!((sum - expected).norm() <= 2e-6 * size, "{sum} is not {expected}");
                    }
                }
            }
        }
    }

    #[test]
    fn all_to_one_stem_leaves_nothing_in_the_others() {
        let (mut filter, mut noise) = (SpatialFilter::new(BINS, 0.01), Noise(4));
        let mut everything = Masks::new(BINS);
        for stem in [2, 3] {
            everything.give_all_to(stem);
            let spectra = [noise.spectrum(), noise.spectrum()];
            filter.separate(spectra.each_ref().map(Vec::as_slice), &everything);
            for other in (0..STEMS).filter(|&other| other != stem) {
                let silent = [Complex::default(); BINS];
                assert_eq!(error(&mut filter, other, [&silent, &silent]), 0.0);
            }
            assert!(error(&mut filter, stem, spectra.each_ref().map(Vec::as_slice)) < 1e-9);
        }
    }

    #[test]
    fn a_burst_counts_no_more_than_full_scale() {
        let run = |burst: f32| {
            let (mut filter, mut noise) = (SpatialFilter::new(BINS, 0.02), Noise(5));
            for frame in 0..40 {
                let size = if frame == 20 { burst } else { 1.0 };
                let spectra =
                    [0, 1].map(|_| noise.spectrum().iter().map(|bin| bin * size).collect::<Vec<_>>());
                filter.separate(spectra.each_ref().map(Vec::as_slice), &masks([0.7, 0.1, 0.1, 0.1]));
            }
            filter.spectrum(0, 0).to_vec()
        };
        // Full scale is half the number of bins; the noise is seldom above a tenth of it.
        for (loud, hostile) in run(1e3).into_iter().zip(run(1e21)) {
            assert!((loud - hostile).norm() < 1e-5, "{loud}, {hostile}");
        }
    }

    #[test]
    fn a_reset_forgets_and_silence_stays_silent() {
        let (mut filter, mut noise) = (SpatialFilter::new(BINS, 0.02), Noise(6));
        let spectra = [noise.spectrum(), noise.spectrum()];
        let spectra = spectra.each_ref().map(Vec::as_slice);
        let shares = masks([0.7, 0.1, 0.1, 0.1]);
        filter.separate(spectra, &shares);
        let first = filter.spectrum(0, 0).to_vec();
        filter.separate([&[Complex::default(); BINS]; CHANNELS], &shares);
        assert_eq!(filter.spectrum(0, 1), [Complex::default(); BINS]);
        filter.reset();
        filter.separate(spectra, &shares);
        assert_eq!(filter.spectrum(0, 0), first);
    }
}
