//! Spectrograms of streams, and what they say about the stems.

use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use crate::numbers::{float_length, place, single};

/// Samples of one transform. At 44.1 kHz a bin is 10.8 Hz wide: bass notes are apart.
const FFT: usize = 4096;

/// Samples between columns at first.
const HOP: usize = FFT / 4;

/// Columns of a spectrogram at most. When there are more, every other one goes, and later ones come half as often.
const COLUMNS: usize = 2400;

/// The frequencies of a spectrogram's rows in Hz.
pub const FREQUENCIES: std::ops::Range<f64> = 30.0..20_000.0;

/// Rows of a spectrogram, evenly spaced in octaves.
pub const ROWS: usize = 256;

/// One column of the spectrograms of a few signals.
struct Column {
    /// `[signal][row]`: power, the lowest frequency first.
    rows: Vec<Vec<f32>>,
    /// Of each signal: its energy, and the same weighted by its fraction of all signals' magnitudes.
    energy: Vec<[f64; 2]>,
}

/// Spectrograms of a few signals in step, in memory that does not grow with their length.
pub struct Spectrograms {
    rate: u32,
    plan: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    scale: f32,
    /// Of each signal, the mid of both channels: samples that are not done with.
    pending: Vec<Vec<f32>>,
    /// Samples to drop before the next ones are kept: a hop may be longer than a transform.
    skip: usize,
    hop: usize,
    columns: Vec<Column>,
    frame: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
}

impl Spectrograms {
    /// Of `signals` signals at a sample rate in Hz.
    pub fn new(signals: usize, rate: u32) -> Self {
        let plan = RealFftPlanner::<f32>::new().plan_fft_forward(FFT);
        let window: Vec<f32> = (0..FFT).map(|n| hann(float_length(n) / float_length(FFT))).collect();
        // A sine of amplitude 1 has its peak bin at half the window's sum.
        let scale = (2.0 / window.iter().sum::<f32>()).powi(2);
        let (frame, spectrum) = (plan.make_input_vec(), plan.make_output_vec());
        // The first column's middle is the first sample.
        let pending = vec![vec![0.0; FFT / 2]; signals];
        Self { rate, plan, window, scale, pending, skip: 0, hop: HOP, columns: Vec::new(), frame, spectrum }
    }

    /// Adds samples of all signals, `[signal][channel][sample]`, all of one length.
    pub fn add(&mut self, signals: &[[&[f32]; 2]]) {
        let length = signals.first().map_or(0, |signal| signal[0].len());
        let skipped = self.skip.min(length);
        self.skip -= skipped;
        for (pending, [left, right]) in self.pending.iter_mut().zip(signals) {
            let mids =
                left[skipped..].iter().zip(&right[skipped..]).map(|(left, right)| (left + right) / 2.0);
            pending.extend(mids);
        }
        while self.pending[0].len() >= FFT {
            self.column();
            let passed = self.hop.min(self.pending[0].len());
            self.skip += self.hop - passed;
            for pending in &mut self.pending {
                pending.drain(..passed);
            }
        }
    }

    /// The streams have ended.
    pub fn finish(&mut self) {
        let silence = vec![0.0; FFT / 2];
        let signals = vec![[silence.as_slice(); 2]; self.pending.len()];
        self.add(&signals);
        if self.columns.is_empty() {
            for pending in &mut self.pending {
                pending.resize(FFT, 0.0);
            }
            self.column();
        }
    }

    /// Makes a column of the oldest samples.
    fn column(&mut self) {
        if self.columns.len() == COLUMNS {
            let mut even = false;
            self.columns.retain(|_| {
                even = !even;
                even
            });
            self.hop *= 2;
        }
        let powers: Vec<Vec<f32>> = (0..self.pending.len()).map(|signal| self.powers(signal)).collect();
        let mut energy = vec![[0.0; 2]; powers.len()];
        for bin in 0..=FFT / 2 {
            let all: f64 = powers.iter().map(|powers| f64::from(powers[bin]).sqrt()).sum();
            if all > 0.0 {
                for (powers, [plain, weighted]) in powers.iter().zip(&mut energy) {
                    let power = f64::from(powers[bin]);
                    *plain += power;
                    *weighted += power * power.sqrt() / all;
                }
            }
        }
        let rows = powers.iter().map(|powers| rows(powers, self.rate)).collect();
        self.columns.push(Column { rows, energy });
    }

    /// The power of each bin; a full-scale sine has power 1.
    fn powers(&mut self, signal: usize) -> Vec<f32> {
        for ((frame, sample), window) in self.frame.iter_mut().zip(&self.pending[signal]).zip(&self.window) {
            *frame = sample * window;
        }
        self.plan
            .process(&mut self.frame, &mut self.spectrum)
            .expect("the plan's own buffers have the right length");
        self.spectrum.iter().map(|bin| bin.norm_sqr() * self.scale).collect()
    }

    /// How many columns there are.
    pub fn columns(&self) -> usize {
        self.columns.len()
    }

    /// The power in a row (the lowest frequency first) of a column of a signal.
    pub fn power(&self, signal: usize, column: usize, row: usize) -> f32 {
        self.columns[column].rows[signal][row]
    }

    /// The largest power of a signal.
    pub fn loudest(&self, signal: usize) -> f32 {
        let all = self.columns.iter().flat_map(|column| &column.rows[signal]);
        all.copied().fold(f32::MIN_POSITIVE, f32::max)
    }

    /// How sure the network is of what it gave to a signal, 0…1.
    ///
    /// At every point of the spectrogram a stem has a fraction of the song. This is the mean of that fraction over the
    /// stem's own energy: 1 when all that the stem holds was given to it alone, 0.25 when it was divided evenly.
    pub fn confidence(&self, signal: usize) -> f32 {
        let sums = self.columns.iter().map(|column| column.energy[signal]);
        let [plain, weighted] = sums.fold([0.0; 2], |[a, b], [c, d]| [a + c, b + d]);
        if plain > 0.0 { single(weighted / plain) } else { 0.0 }
    }
}

/// The window at this part of its length.
fn hann(part: f64) -> f32 {
    0.5 - 0.5 * (std::f32::consts::TAU * single(part)).cos()
}

/// Powers of bins as rows.
fn rows(powers: &[f32], rate: u32) -> Vec<f32> {
    let octaves = (FREQUENCIES.end / FREQUENCIES.start).log2();
    let bin = |row: f64| {
        FREQUENCIES.start * 2f64.powf(octaves * row / float_length(ROWS - 1)) * float_length(FFT)
            / f64::from(rate)
    };
    (0..ROWS).map(float_length).map(|row| power_between(powers, bin(row - 0.5), bin(row + 0.5))).collect()
}

/// Power between two fractional bins: the largest of those inside, or interpolated where a row is finer than a bin.
fn power_between(powers: &[f32], low: f64, high: f64) -> f32 {
    let last = powers.len() - 1;
    if low > float_length(last) {
        return 0.0;
    }
    if high - low < 1.0 {
        let middle = f64::midpoint(low, high).min(float_length(last));
        let (below, fraction) = (place(middle), single(middle.fract()));
        return powers[below] * (1.0 - fraction) + powers[(below + 1).min(last)] * fraction;
    }
    let range = place(low.round())..=place(high.round()).min(last);
    powers[range].iter().copied().fold(0.0, f32::max)
}

#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "signals of tests"
)]
mod tests {
    use super::*;

    fn sine(hertz: f32, length: usize) -> Vec<f32> {
        (0..length).map(|n| (std::f32::consts::TAU * hertz * n as f32 / 44_100.0).sin()).collect()
    }

    fn of(signals: &[&[f32]], cut: usize) -> Spectrograms {
        let mut spectrograms = Spectrograms::new(signals.len(), 44_100);
        let mut at = 0;
        while at < signals[0].len() {
            let end = (at + cut).min(signals[0].len());
            let parts: Vec<[&[f32]; 2]> = signals.iter().map(|signal| [&signal[at..end]; 2]).collect();
            spectrograms.add(&parts);
            at = end;
        }
        spectrograms.finish();
        spectrograms
    }

    #[test]
    fn a_full_scale_sine_has_power_one_in_its_row_and_the_cut_does_not_matter() {
        let tone = sine(100.0 * 44_100.0 / FFT as f32, 44_100);
        let octaves = (FREQUENCIES.end / FREQUENCIES.start).log2();
        let row = ((100.0 * 44_100.0 / FFT as f64 / FREQUENCIES.start).log2() / octaves * 255.0).round();
        for cut in [100, 4096, 44_100] {
            let found = of(&[&tone], cut);
            assert_eq!(found.columns(), 44_100usize.div_ceil(HOP), "{cut}");
            let middle = found.columns() / 2;
            assert!((found.power(0, middle, row as usize) - 1.0).abs() < 1e-2, "{cut}");
            assert!(found.power(0, middle, 20) < 1e-6);
        }
    }

    #[test]
    fn confidence_tells_a_stem_of_its_own_from_an_even_split() {
        let (low, high) = (sine(440.0, 44_100), sine(4400.0, 44_100));
        assert!(of(&[&low, &high], 512).confidence(0) > 0.99);
        assert!((of(&[&low, &low], 512).confidence(0) - 0.5).abs() < 1e-3);
    }

    #[test]
    fn a_long_stream_keeps_its_columns_evenly_spaced_and_few() {
        // Silence, then a tone from the middle on.
        let length = HOP * COLUMNS * 3;
        let mut signal = vec![0.0; length];
        let tone = sine(440.0, length / 2);
        signal[length / 2..].copy_from_slice(&tone);
        let found = of(&[&signal], 10_000);
        let columns = found.columns();
        assert!((COLUMNS / 2..=COLUMNS).contains(&columns), "{columns}");
        let loud = |column: usize| (0..ROWS).any(|row| found.power(0, column, row) > 0.1);
        let first = (0..columns).find(|&column| loud(column)).unwrap();
        assert!(first.abs_diff(columns / 2) <= 2, "{first} of {columns}");
        assert!((first + 2..columns - 2).all(loud));
    }

    #[test]
    fn bins_above_the_song_are_dark_and_narrow_rows_are_interpolated() {
        let powers = [0.0, 1.0, 3.0, 0.0];
        assert!(power_between(&powers, 4.0, 5.0).abs() < f32::EPSILON);
        assert!((power_between(&powers, 1.4, 1.6) - 2.0).abs() < 1e-6);
        assert!((power_between(&powers, 0.0, 3.0) - 3.0).abs() < f32::EPSILON);
    }

    #[test]
    fn less_than_a_transform_is_one_column() {
        assert_eq!(of(&[&[0.5; 10]], 10).columns(), 1);
    }
}
