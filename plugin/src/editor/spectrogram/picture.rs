//! The spectrogram's columns as pixels.

use egui::{Color32, ColorImage};
use unbraid_engine::STEMS;

use crate::display::{Cell, Column, LEVEL_FLOOR_DB, LOWEST_HZ, ROWS, row_hz};
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
/// Exponent of a mask: 1 would blend hues by energy, more makes the strongest stem's hue purer.
const PURITY: f32 = 2.5;

/// Exponent from level to brightness: more makes soft points darker.
const CONTRAST: f32 = 1.6;

/// Steps of brightness between dark and the hue.
const SHADES: usize = 256;

/// The newest columns as a ring, and each stem's brightness.
pub struct Picture {
    cells: Vec<Column>,
    written: usize,
    /// Columns before this one have become pixels.
    drawn: usize,
    lights: [f32; STEMS],
    /// Brightness of each row's levels.
    brightness: Vec<[u8; 256]>,
    /// A mask in 255ths raised to [`PURITY`].
    purity: [f32; 256],
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
            lights: [1.0; STEMS],
            brightness: (0..ROWS).map(brightness).collect(),
            purity: std::array::from_fn(|part| (float(part) / 255.0).powf(PURITY)),
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

    /// Sets each stem's brightness (0…1).
    pub fn relight(&mut self, lights: [f32; STEMS]) {
        self.lights = lights;
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

    fn colour(&self, row: usize, cell: Cell) -> Color32 {
        let shade = self.brightness[row][usize::from(cell.level)];
        let mut sum = 0.0;
        let mut hue = [0.0f32; 3];
        for (stem, part) in cell.masks.into_iter().enumerate() {
            let weight = self.purity[usize::from(part)];
            sum += weight;
            let lit = weight * self.lights[stem];
            let colour = theme::STEM_COLOURS[stem];
            for (sum, value) in hue.iter_mut().zip([colour.r(), colour.g(), colour.b()]) {
                *sum += lit * f32::from(value);
            }
        }
        if sum <= 0.0 {
            return theme::SUNK;
        }
        let bright = f32::from(shade) / float(SHADES - 1);
        let dark = [theme::SUNK.r(), theme::SUNK.g(), theme::SUNK.b()].map(f32::from);
        let [r, g, b] = std::array::from_fn(|i| {
            byte((dark[i] + (hue[i] / sum - dark[i]) * bright).max(dark[i].min(hue[i] / sum)))
        });
        Color32::from_rgb(r, g, b)
    }
}

/// How bright a level is in a row, from 0 to 255.
fn shade(row: usize, level: u8) -> u8 {
    let plain = LEVEL_FLOOR_DB + f32::from(level) / 2.0;
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

    #[test]
    fn a_muted_stem_fades_and_the_others_do_not() {
        let mut picture = Picture::new(2);
        picture.push(&column(0.0, [1.0, 0.0, 0.0, 0.0]));
        picture.push(&column(0.0, [0.0, 1.0, 0.0, 0.0]));
        picture.relight([0.1, 1.0, 1.0, 1.0]);
        let image = picture.whole();
        assert!(middle(&image, 0).r() < 40);
        assert_eq!(middle(&image, 1), theme::STEM_COLOURS[1]);
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
