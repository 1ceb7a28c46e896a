//! Random numbers that a seed repeats.

use crate::convert::index;
use crate::measure::Stereo;

/// xorshift64* (Vigna, 2016): the same numbers for the same seed on every machine, so that a fuzzer's finding can be
/// repeated.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// A generator for this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mixed = (seed ^ 0x2545_f491_4f6c_dd1d).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        // Zero is the one state that never changes.
        Self(if mixed == 0 { 1 } else { mixed })
    }

    /// Sixty-four random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Thirty-two random bits.
    pub fn bits_32(&mut self) -> u32 {
        u32::try_from(self.bits() >> 32).expect("32 bits are left")
    }

    /// A random byte.
    pub fn byte(&mut self) -> u8 {
        u8::try_from(self.bits() >> 56).expect("8 bits are left")
    }

    /// A number from 0 up to, but not including, 1, in steps of 2⁻³².
    pub fn unit(&mut self) -> f64 {
        f64::from(self.bits_32()) / 4_294_967_296.0
    }

    /// A sample from −1 up to, but not including, 1, in steps of 2⁻²³.
    pub fn sample(&mut self) -> f32 {
        let bits = u16::try_from(self.bits() >> 48).expect("16 bits are left");
        let low = self.byte();
        (f32::from(bits) * 256.0 + f32::from(low)) / 8_388_608.0 - 1.0
    }

    /// A number below `end`, which must not be 0.
    pub fn below(&mut self, end: usize) -> usize {
        index(self.unit() * crate::convert::float(end))
    }

    /// True once in `times` on average.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of `choices`, which must not be empty.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }
}

/// White noise between −1 and 1, the same for the same seed.
#[must_use]
pub fn noise(seed: u64, length: usize) -> Vec<f32> {
    let mut random = Random::new(seed);
    (0..length).map(|_| random.sample()).collect()
}

/// White noise, different on both channels.
#[must_use]
pub fn stereo_noise(seed: u64, length: usize) -> Stereo {
    [noise(2 * seed, length), noise(2 * seed + 1, length)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_seeds_differ() {
        let numbers = |seed| {
            let mut random = Random::new(seed);
            (0..100).map(|_| random.bits()).collect::<Vec<_>>()
        };
        assert_eq!(numbers(3), numbers(3));
        assert_ne!(numbers(3), numbers(4));
    }

    #[test]
    fn numbers_stay_in_their_range_and_fill_it() {
        let mut random = Random::new(0x2545_f491_4f6c_dd1d);
        let units: Vec<_> = (0..10_000).map(|_| random.unit()).collect();
        assert!(units.iter().all(|unit| (0.0..1.0).contains(unit)));
        let mean = units.iter().sum::<f64>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.02, "{mean}");
        let samples = noise(1, 10_000);
        assert!(samples.iter().all(|sample| (-1.0..1.0).contains(sample)));
        assert!(samples.iter().any(|&sample| sample < -0.99) && samples.iter().any(|&sample| sample > 0.99));
        assert!((0..1000).all(|_| random.below(3) < 3));
    }

    #[test]
    fn the_two_channels_of_noise_differ() {
        let [left, right] = stereo_noise(7, 100);
        assert_ne!(left, right);
    }
}
