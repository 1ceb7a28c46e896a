//! From linear bins to logarithmic rows.

use unbraid_engine::cast::{exact_f64, nearest_f32, rounded_f32, whole_part};
use unbraid_engine::engine::SeparatedFrame;
use unbraid_engine::{CHANNELS, STEMS};

use super::columns::{Cell, Column, ROWS};

/// Frequency of the lowest row in Hz.
pub const LOWEST_HZ: f32 = 30.0;

/// Frequency of the highest row in Hz.
pub const HIGHEST_HZ: f32 = 18_000.0;

/// Mean of the rising half of a square-root Hann window, which both of the contract's analysis windows consist of but
/// for a few samples.
const WINDOW_MEAN: f32 = std::f32::consts::FRAC_2_PI;

/// Frequency of a row (which may lie between two) in Hz.
pub fn row_hz(row: f32) -> f32 {
    LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ).powf(row / nearest_f32(ROWS - 1))
}

/// The row, between two as a rule, where a frequency lies; outside of 0…[`ROWS`] − 1 if it is not in the picture.
pub fn row_at(hz: f32) -> f32 {
    (hz / LOWEST_HZ).ln() / (HIGHEST_HZ / LOWEST_HZ).ln() * nearest_f32(ROWS - 1)
}

/// The bins that make up one row.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Source {
    /// Where rows are denser than bins: between bin `.0` and the next, this far (0…1) towards the next.
    Between(usize, f32),
    /// Where bins are denser: all of these.
    Across(usize, usize),
    /// Beyond half the sample rate.
    Nothing,
}

/// How the bins of a transform make up the rows.
pub struct Rows {
    sources: Vec<Source>,
    /// Turns the power of a bin, summed over the channels, into one that is 1 for a full-scale sine on both.
    scale: f32,
}

impl Rows {
    /// For transforms of `fft` samples at `sample_rate` Hz. Not on the audio thread.
    pub fn new(fft: usize, sample_rate: f64) -> Self {
        let whole = |bin: f32| whole_part(f64::from(bin));
        let bins_per_hz = rounded_f32(exact_f64(fft) / sample_rate);
        let bins = fft / 2 + 1;
        let source = |row: usize| {
            let bin = |row: f32| row_hz(row) * bins_per_hz;
            let row = nearest_f32(row);
            let (first, last) = (whole(bin(row - 0.5).ceil()), whole(bin(row + 0.5).ceil()));
            let centre = bin(row);
            if last > bins || whole(centre) + 1 >= bins {
                Source::Nothing
            } else if last > first + 1 {
                Source::Across(first, last)
            } else {
                Source::Between(whole(centre), centre.fract())
            }
        };
        let amplitude = 2.0 / (WINDOW_MEAN * nearest_f32(fft));
        Self {
            sources: (0..ROWS).map(source).collect(),
            scale: amplitude * amplitude / nearest_f32(CHANNELS),
        }
    }

    /// Writes one frame's column. For the audio thread.
    pub fn fill(&self, frame: &SeparatedFrame<'_>, column: &mut Column) {
        for (source, cell) in self.sources.iter().zip(column) {
            *cell = match *source {
                Source::Nothing => Cell::default(),
                Source::Between(bin, towards) => {
                    let (a, b) = (Energies::of(frame, bin), Energies::of(frame, bin + 1));
                    a.towards(&b, towards).cell(self.scale)
                }
                Source::Across(first, last) => (first..last)
                    .map(|bin| Energies::of(frame, bin))
                    .fold(Energies::default(), |sum, bin| sum.with(&bin))
                    .cell(self.scale),
            };
        }
    }
}

/// The energy of a bin or of several.
#[derive(Default)]
struct Energies {
    /// The strongest bin's, so that a tone is as bright between many bins as alone.
    strongest: f32,
    stems: [f32; STEMS],
}

impl Energies {
    fn of(frame: &SeparatedFrame<'_>, bin: usize) -> Self {
        let power = frame.spectra.map(|spectrum| spectrum[bin].norm_sqr());
        let mut stems = [0.0; STEMS];
        for (stem, energy) in stems.iter_mut().enumerate() {
            for (channel, power) in power.iter().enumerate() {
                *energy += power * frame.masks.at(stem, channel, bin);
            }
        }
        Self { strongest: power.iter().sum(), stems }
    }

    fn with(mut self, other: &Self) -> Self {
        self.strongest = self.strongest.max(other.strongest);
        for (energy, more) in self.stems.iter_mut().zip(other.stems) {
            *energy += more;
        }
        self
    }

    /// Between two bins magnitudes, not energies, look continuous.
    fn towards(&self, other: &Self, part: f32) -> Self {
        let blend = |a: f32, b: f32| a + (b - a) * part;
        let magnitude = blend(self.strongest.sqrt(), other.strongest.sqrt());
        Self {
            strongest: magnitude * magnitude,
            stems: std::array::from_fn(|stem| blend(self.stems[stem], other.stems[stem])),
        }
    }

    fn cell(&self, scale: f32) -> Cell {
        Cell::new(10.0 * (self.strongest * scale).log10(), self.stems)
    }
}

#[cfg(test)]
mod tests {
    use unbraid_engine::masks::Masks;
    use unbraid_engine::stft::Complex;

    use super::*;
    use crate::display::columns::level_db;

    /// A column of a spectrum with one strong bin, all of it the drums'.
    fn column_of(fft: usize, rate: f64, bin: usize) -> Column {
        let bins = fft / 2 + 1;
        let mut spectrum = vec![Complex::default(); bins];
        spectrum[bin] = Complex::new(WINDOW_MEAN * nearest_f32(fft) / 2.0, 0.0);
        let mut masks = Masks::new(bins);
        masks.give_all_to(1);
        let mut column = [Cell::default(); ROWS];
        let frame = SeparatedFrame { spectra: [&spectrum, &spectrum], masks: &masks };
        Rows::new(fft, rate).fill(&frame, &mut column);
        column
    }

    fn brightest(column: &Column) -> (usize, Cell) {
        column.iter().copied().enumerate().max_by_key(|(_, cell)| cell.level).unwrap()
    }

    #[test]
    fn a_full_scale_sine_is_at_0_db_where_it_belongs_and_belongs_to_its_owner() {
        for (fft, rate) in [(4096, 44_100.0), (8192, 96_000.0), (2048, 24_000.0), (1024, 44_100.0)] {
            for hz in [120.0, 1000.0, 11_000.0] {
                let bin = whole_part((hz * exact_f64(fft) / rate).round());
                let hz = exact_f64(bin) * rate / exact_f64(fft);
                let (row, cell) = brightest(&column_of(fft, rate, bin));
                assert!((nearest_f32(row) - row_at(rounded_f32(hz))).abs() <= 1.0, "{hz} Hz in row {row}");
                // Between two rows a low tone loses a little.
                assert!(level_db(cell).abs() <= 3.0, "{hz} Hz: {} dB", level_db(cell));
                assert_eq!(cell.owner(), 1);
                assert_eq!(cell.masks, [0, 255, 0, 0]);
            }
        }
    }

    #[test]
    fn no_row_reads_beyond_the_spectrum_at_any_rate() {
        for rate in [8_000.0, 22_050.0, 44_100.0, 192_000.0, 768_000.0] {
            for fft in [64, 512, 4096, 16_384] {
                let column = column_of(fft, rate, fft / 2);
                assert!(column.iter().all(|cell| cell.level <= 250), "{rate} {fft}");
            }
        }
    }

    #[test]
    fn rows_and_frequencies_are_each_others_inverse() {
        assert_eq!(row_hz(0.0), LOWEST_HZ);
        assert!((row_hz(nearest_f32(ROWS - 1)) - HIGHEST_HZ).abs() < 1.0);
        for row in [0.0, 10.5, 100.0, 223.0] {
            assert!((row_at(row_hz(row)) - row).abs() < 1e-2);
        }
    }
}
