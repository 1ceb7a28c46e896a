//! The separation as a picture: one column a frame, one cell a frequency row.

use unbraid_engine::STEMS;

use super::ROWS;

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
    /// Each stem's part of the row's energy, in 255ths.
    pub masks: [u8; STEMS],
}

impl Cell {
    /// A cell from the mixture's level in dB and the energies of the stems in any common unit.
    pub fn new(level_db: f32, energies: [f32; STEMS]) -> Self {
        let sum: f32 = energies.iter().sum();
        let scale = if sum > 0.0 { 255.0 / sum } else { 0.0 };
        // Casts from floats saturate, and take what is no number as 0.
        Self {
            level: ((level_db - LEVEL_FLOOR_DB) * STEPS) as u8,
            masks: energies.map(|energy| (energy * scale + 0.5) as u8),
        }
    }

    /// The stem that has the largest part.
    #[cfg(test)]
    pub fn owner(&self) -> usize {
        (1..STEMS).fold(0, |owner, stem| if self.masks[stem] > self.masks[owner] { stem } else { owner })
    }
}

/// A cell's level in dB below a full-scale sine.
pub fn level_db(cell: Cell) -> f32 {
    LEVEL_FLOOR_DB + f32::from(cell.level) / STEPS
}

/// All rows of one frame, lowest frequency first.
pub type Column = [Cell; ROWS];

/// The newest columns, with the count of all that there ever were.
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
    /// The column to be written next, which takes the oldest one's place.
    pub fn next(&mut self) -> &mut Column {
        let at = (self.written % KEPT as u64) as usize;
        self.written += 1;
        &mut self.ring[at]
    }

    /// How many columns were ever written.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// The columns after the first `count`, as far as they are still there, oldest first.
    pub fn since(&self, count: u64) -> impl Iterator<Item = &Column> {
        let first = count.max(self.written.saturating_sub(KEPT as u64));
        (first..self.written).map(|index| &self.ring[(index % KEPT as u64) as usize])
    }
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
    fn shares_are_parts_of_the_whole_and_the_largest_owns() {
        let cell = Cell::new(0.0, [1.0, 6.0, 2.0, 1.0]);
        assert_eq!(cell.masks, [26, 153, 51, 26]);
        assert_eq!(cell.owner(), 1);
        assert_eq!(Cell::new(0.0, [0.0; STEMS]).masks, [0; STEMS]);
    }
}
