//! The spectrogram's columns as pixels.

use egui::{Color32, ColorImage};
use unbraid_engine::STEMS;

use crate::display::{Cell, Column, LEVEL_FLOOR_DB, LOWEST_HZ, ROWS, level_db, row_hz};
use crate::editor::casts::{byte, double, float, whole};
use crate::editor::theme;

/// Level in dB, after the tilt, of the brightest points.
const BRIGHTEST_DB: f32 = -18.0;
/// Level in dB, after the tilt, below which a point is dark.
const DARKEST_DB: f32 = -84.0;
/// Lift in dB an octave: music falls off by some 4 dB.
const TILT_DB: f32 = 3.5;
/// Level in dB below which nothing is lifted, so that silence stays dark.
const SILENT_DB: f32 = LEVEL_FLOOR_DB + 10.0;

/// Exponent from level to brightness: more makes soft points darker.
const CONTRAST: f32 = 1.6;

/// Steps a dB of a cell's level.
const LEVEL_STEPS: f32 = 2.0;

/// Steps of brightness between dark and the hue.
const SHADES: usize = 256;

/// How the stems are shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mix {
    /// Gain of each stem as a factor.
    pub gains: [f32; STEMS],
    /// Brightness of each stem (0…1), to highlight one.
    pub lights: [f32; STEMS],
    /// Brightness (0…1) at which each stem is shown though its gain is 0.
    pub ghosts: [f32; STEMS],
}

impl Mix {
    /// All stems as they come in.
    pub const INPUT: Self = Self { gains: [1.0; STEMS], lights: [1.0; STEMS], ghosts: [0.0; STEMS] };
}

/// A point of the picture as it is mixed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// Level in dB below a full-scale sine; −∞ without an audible stem.
    pub level_db: f32,
    /// The strongest stem.
    pub strongest: usize,
    /// Its part of the energy (0…1).
    pub part: f32,
}

/// The newest columns as a ring, and how they are mixed.
pub struct Picture {
    cells: Vec<Column>,
    written: usize,
    /// Columns before this one have become pixels.
    drawn: usize,
    mix: Mix,
    /// Brightness of each row's levels.
    brightness: Vec<[u8; 256]>,
}

impl Picture {
    /// A dark picture of `width` columns.
    pub fn new(width: usize) -> Self {
        let brightness =
            |row| std::array::from_fn(|level| shade(row, u8::try_from(level).unwrap_or(u8::MAX)));
        Self {
            cells: vec![[Cell::default(); ROWS]; width],
            written: 0,
            drawn: 0,
            mix: Mix::INPUT,
            brightness: (0..ROWS).map(brightness).collect(),
        }
    }

    /// Columns in the ring.
    pub fn width(&self) -> usize {
        self.cells.len()
    }

    /// Columns ever written.
    pub fn written(&self) -> usize {
        self.written
    }

    /// Adds a column, over the oldest one.
    pub fn push(&mut self, column: &Column) {
        let at = self.written % self.width();
        self.cells[at] = *column;
        self.written += 1;
    }

    /// Mixes all columns like this from now on.
    pub fn remix(&mut self, mix: Mix) {
        self.mix = mix;
    }

    /// The cell at column `index` of all ever written and at `row`, if the ring still holds it.
    pub fn cell(&self, index: f64, row: f32) -> Option<Cell> {
        let oldest = self.written.saturating_sub(self.width());
        let index = index.round();
        if index < double(oldest) || index >= double(self.written) {
            return None;
        }
        let column = &self.cells[whole(index) % self.width()];
        column.get(whole(f64::from(row.round()))).copied()
    }

    /// The columns since the last call of this or of [`Picture::whole`], as pieces of the ring: first column and pixels.
    pub fn fresh(&mut self) -> Vec<(usize, ColorImage)> {
        let width = self.width();
        let first = self.drawn.max(self.written.saturating_sub(width));
        self.drawn = self.written;
        let mut pieces = Vec::new();
        let mut next = first;
        while next < self.written {
            let at = next % width;
            let end = self.written.min(next - next % width + width);
            pieces.push((at, self.pixels(at, end - next)));
            next = end;
        }
        pieces
    }

    /// All pixels of the ring.
    pub fn whole(&mut self) -> ColorImage {
        self.drawn = self.written;
        self.pixels(0, self.width())
    }

    /// The pixels of `count` columns of the ring from `first` on, highest frequency on top.
    fn pixels(&self, first: usize, count: usize) -> ColorImage {
        let mut pixels = vec![Color32::BLACK; count * ROWS];
        for (x, column) in self.cells[first..first + count].iter().enumerate() {
            for (row, cell) in column.iter().enumerate() {
                pixels[(ROWS - 1 - row) * count + x] = self.colour(row, *cell);
            }
        }
        ColorImage::new([count, ROWS], pixels)
    }

    /// What `cell` holds after the mix.
    pub fn reading(&self, cell: Cell) -> Reading {
        let energies = self.energies(cell);
        let sum: f32 = energies.iter().sum();
        let strongest = (1..STEMS).fold(0, |a, b| if energies[b] > energies[a] { b } else { a });
        let part = if sum > 0.0 { energies[strongest] / sum } else { 0.0 };
        Reading { level_db: level_db(cell) + decibels(sum / whole_energy(cell)), strongest, part }
    }

    /// Energies of the stems of `cell` after the mix, in 255ths of the row's.
    fn energies(&self, cell: Cell) -> [f32; STEMS] {
        std::array::from_fn(|stem| f32::from(cell.masks[stem]) * self.mix.gains[stem].powi(2))
    }

    fn colour(&self, row: usize, cell: Cell) -> Color32 {
        let whole = whole_energy(cell);
        if whole <= 0.0 || cell.level == 0 {
            return theme::SUNK;
        }
        let audible = self.layer(row, cell, self.energies(cell), self.mix.lights, whole);
        let ghosts = if self.mix.ghosts == [0.0; STEMS] {
            [0.0; 3]
        } else {
            let silent = |stem: usize| f32::from(cell.masks[stem]) * (1.0 - self.mix.gains[stem]).max(0.0);
            self.layer(row, cell, std::array::from_fn(silent), self.mix.ghosts, whole)
        };
        let dark = [theme::SUNK.r(), theme::SUNK.g(), theme::SUNK.b()].map(f32::from);
        let [r, g, b] = std::array::from_fn(|i| byte((audible[i] + ghosts[i]).max(dark[i])));
        Color32::from_rgb(r, g, b)
    }

    /// Light of the stems of a cell with these `energies`: the blend of their hues, as bright as their level in the row.
    fn layer(
        &self,
        row: usize,
        cell: Cell,
        energies: [f32; STEMS],
        lights: [f32; STEMS],
        whole: f32,
    ) -> [f32; 3] {
        let sum: f32 = energies.iter().sum();
        if sum <= 0.0 {
            return [0.0; 3];
        }
        let level = f32::from(cell.level) + LEVEL_STEPS * decibels(sum / whole);
        let bright = f32::from(self.brightness[row][usize::from(byte(level + 0.5))]) / float(SHADES - 1);
        let mut weights = 0.0;
        let mut hue = [0.0; 3];
        for (stem, energy) in energies.into_iter().enumerate() {
            // To the power of 2½: 1 would blend hues by energy, more makes the strongest stem's hue purer.
            let weight = (energy / sum).powi(2) * (energy / sum).sqrt();
            weights += weight;
            let colour = theme::STEM_COLOURS[stem];
            for (sum, value) in hue.iter_mut().zip([colour.r(), colour.g(), colour.b()]) {
                *sum += weight * lights[stem] * f32::from(value);
            }
        }
        hue.map(|sum| sum / weights * bright)
    }
}

/// The sum of a cell's masks in 255ths: 255 but for rounding, or 0 in silence.
fn whole_energy(cell: Cell) -> f32 {
    cell.masks.into_iter().map(f32::from).sum()
}

/// A ratio of energies in dB.
fn decibels(ratio: f32) -> f32 {
    if ratio == 1.0 { 0.0 } else { 10.0 * ratio.log10() }
}

/// How bright a level is in a row, from 0 to 255.
fn shade(row: usize, level: u8) -> u8 {
    let plain = LEVEL_FLOOR_DB + f32::from(level) / LEVEL_STEPS;
    let octaves = (row_hz(float(row)) / LOWEST_HZ).log2();
    // Lifted from silence on, so that noise far below the music stays where it is.
    let lift = TILT_DB * (octaves - 4.0) * ((plain - SILENT_DB) / 30.0).clamp(0.0, 1.0);
    let place = (plain + lift - DARKEST_DB) / (BRIGHTEST_DB - DARKEST_DB);
    byte(255.0 * place.clamp(0.0, 1.0).powf(CONTRAST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(level_db: f32, energies: [f32; STEMS]) -> Column {
        [Cell::new(level_db, energies); ROWS]
    }

    fn middle(image: &ColorImage, x: usize) -> Color32 {
        image.pixels[ROWS / 2 * image.size[0] + x]
    }

    #[test]
    fn hue_is_the_owners_and_brightness_the_energy() {
        let mut picture = Picture::new(4);
        picture.push(&column(0.0, [0.0, 0.0, 1.0, 0.0]));
        picture.push(&column(-50.0, [0.0, 0.0, 1.0, 0.0]));
        picture.push(&column(-120.0, [0.0, 0.0, 1.0, 0.0]));
        let image = picture.whole();
        assert_eq!(middle(&image, 0), theme::STEM_COLOURS[2]);
        let (loud, soft) = (middle(&image, 0), middle(&image, 1));
        assert!(soft.b() < loud.b() && soft.b() > soft.r(), "{soft:?}");
        assert_eq!(middle(&image, 2), theme::SUNK);
        assert_eq!(middle(&image, 3), theme::SUNK, "nothing was written there");
    }

    /// Drums muted and nothing else changed.
    const WITHOUT_DRUMS: Mix = Mix { gains: [1.0, 0.0, 1.0, 1.0], ghosts: [0.1; STEMS], ..Mix::INPUT };

    #[test]
    fn a_muted_stem_stays_faintly_visible_and_the_others_stay_as_they_are() {
        let mut picture = Picture::new(3);
        picture.push(&column(0.0, [1.0, 0.0, 0.0, 0.0]));
        picture.push(&column(0.0, [0.0, 1.0, 0.0, 0.0]));
        picture.push(&column(0.0, [0.3, 0.7, 0.0, 0.0]));
        picture.remix(WITHOUT_DRUMS);
        let image = picture.whole();
        assert_eq!(middle(&image, 0), theme::STEM_COLOURS[0]);
        let ghost = middle(&image, 1);
        assert!((15..40).contains(&ghost.r()), "{ghost:?}");
        // What the drums covered comes out.
        let vocals = middle(&image, 2);
        assert!(vocals.g() > vocals.b() && vocals.g() > 100, "{vocals:?}");
    }

    #[test]
    fn a_fader_makes_its_stem_darker_or_brighter() {
        let mut picture = Picture::new(1);
        picture.push(&column(-50.0, [0.0, 0.0, 1.0, 0.0]));
        let mut blue = |gain: f32| {
            picture.remix(Mix { gains: [1.0, 1.0, gain, 1.0], ..Mix::INPUT });
            middle(&picture.whole(), 0).b()
        };
        let [quiet, neutral, loud] = [0.25, 1.0, 4.0].map(&mut blue);
        assert!(quiet < neutral && neutral < loud, "{quiet} {neutral} {loud}");
    }

    #[test]
    fn a_reading_is_of_the_mix() {
        let mut picture = Picture::new(1);
        let cell = Cell::new(-20.0, [0.25, 0.75, 0.0, 0.0]);
        assert_eq!(picture.reading(cell).strongest, 1);
        assert_eq!(picture.reading(cell).level_db, -20.0);
        picture.remix(WITHOUT_DRUMS);
        let reading = picture.reading(cell);
        assert_eq!((reading.strongest, reading.part), (0, 1.0));
        assert!((reading.level_db + 26.0).abs() < 0.1, "a quarter of the energy: {}", reading.level_db);
        picture.remix(Mix { gains: [0.0; STEMS], ..Mix::INPUT });
        assert_eq!(picture.reading(cell).level_db, f32::NEG_INFINITY);
    }

    #[test]
    fn fresh_columns_come_once_and_go_round_the_ring() {
        let mut picture = Picture::new(4);
        assert!(picture.fresh().is_empty());
        for _ in 0..3 {
            picture.push(&column(0.0, [1.0, 0.0, 0.0, 0.0]));
        }
        let places = |pieces: Vec<(usize, ColorImage)>| -> Vec<(usize, usize)> {
            pieces.into_iter().map(|(at, image)| (at, image.size[0])).collect()
        };
        assert_eq!(places(picture.fresh()), [(0, 3)]);
        for _ in 0..3 {
            picture.push(&column(0.0, [1.0, 0.0, 0.0, 0.0]));
        }
        assert_eq!(places(picture.fresh()), [(3, 1), (0, 2)]);
        for _ in 0..30 {
            picture.push(&column(0.0, [1.0, 0.0, 0.0, 0.0]));
        }
        let pieces = places(picture.fresh());
        assert_eq!(pieces.iter().map(|piece| piece.1).sum::<usize>(), 4, "{pieces:?}");
    }

    #[test]
    fn a_cell_is_found_while_it_is_in_the_ring() {
        let mut picture = Picture::new(4);
        for index in 0..6 {
            picture.push(&column(-10.0 * float(index), [0.0, 1.0, 0.0, 0.0]));
        }
        assert_eq!(picture.cell(5.0, 10.0), Some(Cell::new(-50.0, [0.0, 1.0, 0.0, 0.0])));
        assert_eq!(picture.cell(2.2, 10.0), Some(Cell::new(-20.0, [0.0, 1.0, 0.0, 0.0])));
        assert_eq!(picture.cell(1.0, 10.0), None, "gone");
        assert_eq!(picture.cell(6.0, 10.0), None, "not there yet");
        assert_eq!(picture.cell(5.0, -3.0), Some(Cell::new(-50.0, [0.0, 1.0, 0.0, 0.0])), "clamped");
        assert_eq!(picture.cell(5.0, 1e4), None);
    }
}
