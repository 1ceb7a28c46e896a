//! Columns of the spectrogram: one a frame, one cell a frequency row.

use unbraid_engine::STEMS;

/// Rows of the spectrogram: about 24 an octave.
pub const ROWS: usize = 224;

/// Columns that wait for the window. A window that draws 60 times a second finds one or two; a host with blocks of
/// 8192 samples makes 16 at once.
pub const KEPT: usize = 16;

/// Level of a cell that counts as silence, in dB below a full-scale sine.
pub const LEVEL_FLOOR_DB: f32 = -120.0;

/// Steps a dB in which levels are kept.
const STEPS: f32 = 2.0;

/// One frequency row of one frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cell {
    /// Level of the mixture in half dB above [`LEVEL_FLOOR_DB`].
    pub level: u8,
    /// Each stem's fraction of the row's energy, in 255ths.
    pub masks: [u8; STEMS],
}

impl Cell {
    /// A cell from the mixture's level in dB and the energies of the stems in any common unit.
    pub fn new(level_db: f32, energies: [f32; STEMS]) -> Self {
        let sum: f32 = energies.iter().sum();
        let scale = if sum > 0.0 { 255.0 / sum } else { 0.0 };
        Self {
            level: byte((level_db - LEVEL_FLOOR_DB) * STEPS),
            masks: energies.map(|energy| byte(energy * scale + 0.5)),
        }
    }

    /// The stem with the largest fraction.
    #[cfg(test)]
    pub fn owner(&self) -> usize {
        (1..STEMS).fold(0, |owner, stem| if self.masks[stem] > self.masks[owner] { stem } else { owner })
    }
}

/// The whole part from 0 to 255; 0 for NaN.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "such casts saturate")]
fn byte(value: f32) -> u8 {
    value as u8
}

/// A cell's level in dB below a full-scale sine.
pub fn level_db(cell: Cell) -> f32 {
    LEVEL_FLOOR_DB + f32::from(cell.level) / STEPS
}

/// All rows of one frame, lowest frequency first.
pub type Column = [Cell; ROWS];

/// The newest columns, and the number of all that were ever written.
#[derive(Clone)]
pub struct Columns {
    written: u64,
    ring: [Column; KEPT],
}

impl Default for Columns {
    fn default() -> Self {
        Self { written: 0, ring: [[Cell::default(); ROWS]; KEPT] }
    }
}

impl Columns {
    /// The column to be written next, in the place of the oldest one.
    pub fn next(&mut self) -> &mut Column {
        let index = ring_index(self.written);
        self.written += 1;
        &mut self.ring[index]
    }

    /// Number of columns that were ever written.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// The columns after the first `count`, as far as they are kept, oldest first.
    pub fn since(&self, count: u64) -> impl Iterator<Item = &Column> {
        let first = count.max(self.written.saturating_sub(KEPT as u64));
        (first..self.written).map(|column| &self.ring[ring_index(column)])
    }
}

/// Place of a column in the ring.
#[expect(clippy::cast_possible_truncation, reason = "below the ring's length")]
fn ring_index(column: u64) -> usize {
    (column % KEPT as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_keep_half_a_decibel_and_saturate() {
        assert_eq!(level_db(Cell::new(-20.0, [0.0; STEMS])), -20.0);
        assert_eq!(level_db(Cell::new(-300.0, [0.0; STEMS])), LEVEL_FLOOR_DB);
        assert_eq!(level_db(Cell::new(f32::NEG_INFINITY, [0.0; STEMS])), LEVEL_FLOOR_DB);
        assert_eq!(Cell::new(90.0, [0.0; STEMS]).level, 255);
    }

    #[test]
    fn masks_are_fractions_of_the_whole_and_the_largest_owns() {
        let cell = Cell::new(0.0, [1.0, 6.0, 2.0, 1.0]);
        assert_eq!(cell.masks, [26, 153, 51, 26]);
        assert_eq!(cell.owner(), 1);
        assert_eq!(Cell::new(0.0, [0.0; STEMS]).masks, [0; STEMS]);
    }
}
