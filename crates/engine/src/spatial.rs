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

/// Four numbers for each bin, in planes: a covariance between the channels (powers of left and right, real and imaginary
/// part of left times the conjugate of right), or the two channels' spectra (left real and imaginary, right real and
/// imaginary).
#[derive(Clone)]
struct Planes([Vec<f32>; 4]);

impl Planes {
    fn new(bins: usize) -> Self {
        Self(array::from_fn(|_| vec![0.0; bins]))
    }

    /// All four, `bins` of each: with the length known, loops need no checks.
    fn cut(&self, bins: usize) -> [&[f32]; 4] {
        self.0.each_ref().map(|plane| &plane[..bins])
    }

    fn cut_mut(&mut self, bins: usize) -> [&mut [f32]; 4] {
        self.0.each_mut().map(|plane| &mut plane[..bins])
    }
}

/// The stems' covariances in every bin, and the spectra of the frame that was separated last.
pub struct SpatialFilter {
    decay: f32,
    /// One over the magnitude of a bin at full scale.
    scale: f32,
    /// The frame's spectra, and at the end what the stems leave of them.
    spectra: Planes,
    /// Their covariance over its power, 0 where it is silent.
    frame: Planes,
    /// How much each bin counts.
    weights: Vec<f32>,
    masks: [[Vec<f32>; CHANNELS]; STEMS],
    /// What each bin adds to one plane of one stem, before it is summed over its neighbours; silence around it.
    fresh: Vec<f32>,
    learnt: [Planes; STEMS],
    /// The stems' covariances with the power that they have in the frame, and later the stems themselves.
    stems: [Planes; STEMS],
    /// The mixture's covariance.
    mixture: Planes,
    /// The mixture's spectra over its covariance.
    solved: Planes,
    separated: [[Vec<Complex<f32>>; CHANNELS]; STEMS],
}

impl SpatialFilter {
    /// A filter for unnormalised spectra of `bins` bins, a frame every `hop_seconds`, that has learnt nothing. Not for the
    /// audio thread.
    pub fn new(bins: usize, hop_seconds: f32) -> Self {
        let plane = || vec![0.0; bins];
        Self {
            decay: (-hop_seconds / SECONDS).exp(),
            scale: 2.0 / nearest_f32(bins),
            spectra: Planes::new(bins),
            frame: Planes::new(bins),
            weights: plane(),
            masks: array::from_fn(|_| array::from_fn(|_| plane())),
            fresh: vec![0.0; bins + 2 * REACH],
            learnt: array::from_fn(|_| Planes::new(bins)),
            stems: array::from_fn(|_| Planes::new(bins)),
            mixture: Planes::new(bins),
            solved: Planes::new(bins),
            separated: array::from_fn(|_| array::from_fn(|_| vec![Complex::default(); bins])),
        }
    }

    /// Forgets all frames. For the audio thread.
    pub fn reset(&mut self) {
        self.learnt.iter_mut().flat_map(|stem| &mut stem.0).for_each(|plane| plane.fill(0.0));
    }

    /// Learns from a frame's `spectra` under its `masks`, and separates it. For the audio thread.
    pub fn separate(&mut self, spectra: [&[Complex<f32>]; CHANNELS], masks: &Masks) {
        for (planes, spectrum) in self.spectra.0.chunks_exact_mut(2).zip(spectra) {
            for (plane, part) in
                planes.iter_mut().zip([|bin: &Complex<f32>| bin.re, |bin: &Complex<f32>| bin.im])
            {
                plane.iter_mut().zip(spectrum).for_each(|(value, bin)| *value = part(bin));
            }
        }
        for (stem, planes) in self.masks.iter_mut().enumerate() {
            for (channel, plane) in planes.iter_mut().enumerate() {
                masks.copy_row(stem, channel, plane);
            }
        }
        self.measure();
        for stem in 0..STEMS {
            self.learn(stem);
        }
        self.weigh();
        self.solve();
        for stem in 0..STEMS {
            self.filter(stem);
        }
        for stem in 0..STEMS {
            self.finish(stem);
        }
    }

    /// The spectrum of one stem in one channel, as scratch: the next frame overwrites it. For the audio thread.
    pub fn spectrum(&mut self, stem: usize, channel: usize) -> &mut [Complex<f32>] {
        &mut self.separated[stem][channel]
    }

    /// The frame's relative covariances and weights.
    fn measure(&mut self) {
        let [a, b, c, d] = &self.spectra.0;
        let [left, right, real, imaginary] = &mut self.frame.0;
        let spectra = a.iter().zip(b).zip(c.iter().zip(d));
        let frame = left.iter_mut().zip(right).zip(real.iter_mut().zip(imaginary));
        for (((&a, &b), (&c, &d)), (((left, right), (real, imaginary)), weight)) in
            spectra.zip(frame.zip(&mut self.weights))
        {
            let largest = a.abs().max(b.abs()).max(c.abs()).max(d.abs());
            let sounds = largest * self.scale >= SILENT;
            // To 1 at most first: squares of the largest samples overflow.
            let shrink = if sounds { 1.0 / largest } else { 0.0 };
            let (a, b, c, d) = (a * shrink, b * shrink, c * shrink, d * shrink);
            let powers = [a * a + b * b, c * c + d * d];
            let power = powers[0] + powers[1];
            let share = if sounds { 1.0 / power } else { 0.0 };
            (*left, *right) = (powers[0] * share, powers[1] * share);
            (*real, *imaginary) = ((a * c + b * d) * share, (b * c - a * d) * share);
            // By magnitude and not by power, and none more than full scale: a burst must not decide for long.
            *weight = (power.sqrt() * largest * self.scale).min(1.0);
        }
    }

    /// Adds the frame to what one stem's covariances have learnt.
    fn learn(&mut self, stem: usize) {
        let [left, right] = &self.masks[stem];
        let bins = self.fresh.len() - 2 * REACH;
        for (plane, (one, other)) in
            [(left, left), (right, right), (left, right), (left, right)].into_iter().enumerate()
        {
            let factors = one.iter().zip(other).zip(self.frame.0[plane].iter().zip(&self.weights));
            let fresh = &mut self.fresh[REACH..REACH + bins];
            for (fresh, ((one, other), (value, weight))) in fresh.iter_mut().zip(factors) {
                *fresh = one * other * value * weight;
            }
            let learnt = self.learnt[stem].0[plane].iter_mut();
            let near: [&[f32]; 2 * REACH + 1] = array::from_fn(|ahead| &self.fresh[ahead..ahead + bins]);
            let [a, b, c, d, e] = near;
            for (learnt, ((a, b), ((c, d), e))) in learnt.zip(a.iter().zip(b).zip(c.iter().zip(d).zip(e))) {
                *learnt = *learnt * self.decay + ((a + b) + (c + d) + e);
            }
        }
    }

    /// Gives every stem's covariance the power that the masks say, and sums them to the mixture's.
    fn weigh(&mut self) {
        let bins = self.weights.len();
        let [left, right, ..] = self.frame.cut(bins);
        self.mixture.0.iter_mut().for_each(|plane| plane.fill(0.0));
        for ((stem, learnt), masks) in self.stems.iter_mut().zip(&self.learnt).zip(&self.masks) {
            let [mask_left, mask_right] = masks.each_ref().map(|plane| &plane[..bins]);
            let (stem, learnt, mixture) = (stem.cut_mut(bins), learnt.cut(bins), self.mixture.cut_mut(bins));
            for at in 0..bins {
                let share = mask_left[at] * left[at] + mask_right[at] * right[at];
                let factor = share / (learnt[0][at] + learnt[1][at]).max(f32::MIN_POSITIVE);
                for plane in 0..4 {
                    stem[plane][at] = learnt[plane][at] * factor;
                    mixture[plane][at] += stem[plane][at];
                }
            }
        }
    }

    /// The solution `z` of `mixture · z = x`.
    fn solve(&mut self) {
        let bins = self.weights.len();
        let x = self.spectra.cut(bins);
        let [one, two, real, imaginary] = self.mixture.cut(bins);
        let z = self.solved.cut_mut(bins);
        for at in 0..bins {
            let diagonal = DIAGONAL * (one[at] + two[at]) + LEAST;
            let (one, two, real, imaginary) =
                (one[at] + diagonal, two[at] + diagonal, real[at], imaginary[at]);
            let scale = 1.0 / (one * two - real * real - imaginary * imaginary);
            z[0][at] = (x[0][at] * two - real * x[2][at] + imaginary * x[3][at]) * scale;
            z[1][at] = (x[1][at] * two - real * x[3][at] - imaginary * x[2][at]) * scale;
            z[2][at] = (x[2][at] * one - real * x[0][at] - imaginary * x[1][at]) * scale;
            z[3][at] = (x[3][at] * one - real * x[1][at] + imaginary * x[0][at]) * scale;
        }
    }

    /// One stem: its covariance times the solution. What it takes is gone from the spectra.
    fn filter(&mut self, stem: usize) {
        let bins = self.weights.len();
        let z = self.solved.cut(bins);
        let [one, two, real, imaginary] = self.stems[stem].cut_mut(bins);
        let rest = self.spectra.cut_mut(bins);
        for at in 0..bins {
            let [a, b, c, d] = [z[0][at], z[1][at], z[2][at], z[3][at]];
            let (left, right, re, im) = (one[at], two[at], real[at], imaginary[at]);
            one[at] = left * a + re * c - im * d;
            two[at] = left * b + re * d + im * c;
            real[at] = right * c + re * a + im * b;
            imaginary[at] = right * d + re * b - im * a;
            rest[0][at] -= one[at];
            rest[1][at] -= two[at];
            rest[2][at] -= real[at];
            rest[3][at] -= imaginary[at];
        }
    }

    /// Gives one stem its share of the rest.
    fn finish(&mut self, stem: usize) {
        let bins = self.weights.len();
        let (parts, rest) = (self.stems[stem].cut(bins), self.spectra.cut(bins));
        for (channel, spectrum) in self.separated[stem].iter_mut().enumerate() {
            let (mask, spectrum) = (&self.masks[stem][channel][..bins], &mut spectrum[..bins]);
            let [real, imaginary] = [parts[2 * channel], parts[2 * channel + 1]];
            let rest = [rest[2 * channel], rest[2 * channel + 1]];
            for at in 0..bins {
                spectrum[at] =
                    Complex::new(real[at] + rest[0][at] * mask[at], imaginary[at] + rest[1][at] * mask[at]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use unbraid_testkit::Random;

    use super::*;

    const BINS: usize = 9;

    fn spectrum(random: &mut Random) -> Vec<Complex<f32>> {
        (0..BINS).map(|_| Complex::new(random.sample(), random.sample())).collect()
    }

    fn masks(values: [f32; STEMS]) -> Masks {
        Masks::alike(BINS, values)
    }

    /// Energy of the difference.
    fn apart(one: &[Complex<f32>], other: &[Complex<f32>]) -> f32 {
        one.iter().zip(other).map(|(one, other)| (one - other).norm_sqr()).sum()
    }

    fn error(filter: &mut SpatialFilter, stem: usize, expected: [&[Complex<f32>]; CHANNELS]) -> f32 {
        [0, 1].map(|channel| apart(filter.spectrum(stem, channel), expected[channel])).iter().sum()
    }

    fn sum(filter: &mut SpatialFilter, channel: usize) -> Vec<Complex<f32>> {
        let rows: Vec<_> = (0..STEMS).map(|stem| filter.spectrum(stem, channel).to_vec()).collect();
        (0..BINS).map(|bin| rows.iter().map(|row| row[bin]).sum()).collect()
    }

    #[test]
    fn stems_at_two_places_come_apart_where_masks_alone_mix_them() {
        let (mut filter, mut noise) = (SpatialFilter::new(BINS, 0.02), Random::new(1));
        let (mut by_mask, mut by_filter) = (0.0, 0.0);
        for frame in 0..200 {
            // One to the left, one to the right, each louder at times: only those moments teach.
            let loud = if frame % 2 == 0 { [1.0, 0.1] } else { [0.1, 1.0] };
            let voice = spectrum(&mut noise).into_iter().map(|bin| bin * loud[0]).collect::<Vec<_>>();
            let other = spectrum(&mut noise).into_iter().map(|bin| bin * loud[1]).collect::<Vec<_>>();
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
                by_mask += apart(&masked[0], &truth[0]) + apart(&masked[1], &truth[1]);
            }
        }
        assert!(by_filter < 0.7 * by_mask, "{by_filter} of {by_mask}");
    }

    #[test]
    fn what_is_alike_in_both_channels_gets_its_mask() {
        let (mut filter, mut noise) = (SpatialFilter::new(BINS, 0.02), Random::new(2));
        for _ in 0..50 {
            let x = spectrum(&mut noise);
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
            let (mut filter, mut noise) = (SpatialFilter::new(BINS, 0.01), Random::new(3));
            for _ in 0..30 {
                let spectra =
                    [0, 1].map(|_| spectrum(&mut noise).iter().map(|bin| bin * size).collect::<Vec<_>>());
                let mut values = Masks::new(BINS);
                for bin in 0..BINS {
                    for channel in 0..CHANNELS {
                        let raw: [f32; STEMS] = array::from_fn(|_| (4.0 * noise.sample()).exp());
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
        let (mut filter, mut noise) = (SpatialFilter::new(BINS, 0.01), Random::new(4));
        let mut everything = Masks::new(BINS);
        for stem in [2, 3] {
            everything.give_all_to(stem);
            let spectra = [spectrum(&mut noise), spectrum(&mut noise)];
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
            let (mut filter, mut noise) = (SpatialFilter::new(BINS, 0.02), Random::new(5));
            for frame in 0..40 {
                let size = if frame == 20 { burst } else { 1.0 };
                let spectra =
                    [0, 1].map(|_| spectrum(&mut noise).iter().map(|bin| bin * size).collect::<Vec<_>>());
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
        let (mut filter, mut noise) = (SpatialFilter::new(BINS, 0.02), Random::new(6));
        let spectra = [spectrum(&mut noise), spectrum(&mut noise)];
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
