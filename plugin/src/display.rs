//! The separation for the window: spectrogram columns and levels, from the audio thread.
//!
//! While no window is open, the audio thread reads one flag a frame and does nothing else. What crosses over is a
//! triple buffer (columns) and atomic numbers (levels); neither side waits.

mod columns;
mod levels;
mod rows;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use triple_buffer::{Input, Output, triple_buffer};
use unbraid_engine::cast::exact_f64;
use unbraid_engine::engine::{MixedSegment, Observer, SeparatedFrame};

pub use columns::{Cell, Column, LEVEL_FLOOR_DB, ROWS, level_db};
pub use levels::{Level, Levels, OUTPUT};
pub use rows::{HIGHEST_HZ, LOWEST_HZ, row_at, row_hz};

use columns::Columns;
use rows::Rows;

/// The window's end. One per instance, shared with the audio thread's [`Watch`].
#[derive(Default)]
pub struct Display {
    open: AtomicBool,
    /// Peaks and mean squares of the stems and the main output.
    pub levels: Levels,
    /// The reading end of the columns: a new one with every engine. The audio thread never touches it.
    columns: Mutex<Option<Reader>>,
}

/// The reading end of a stream of columns.
struct Reader {
    output: Output<Columns>,
    /// Columns already handed to the window.
    read: u64,
    /// Seconds from one column to the next.
    interval: f64,
}

impl Display {
    /// A window is open. The audio thread may call it.
    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }

    /// Sets whether a window is open. For the window.
    pub fn set_open(&self, open: bool) {
        self.open.store(open, Ordering::Relaxed);
    }

    /// Makes the audio thread's end for an engine with transforms of `fft` samples every `hop` samples at
    /// `sample_rate` Hz. Not on the audio thread.
    pub fn watch(self: &Arc<Self>, fft: usize, hop: usize, sample_rate: f64) -> Watch {
        let (input, output) = triple_buffer(&Columns::default());
        let interval = exact_f64(hop) / sample_rate;
        *self.columns.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Reader { output, read: 0, interval });
        Watch {
            display: Arc::clone(self),
            columns: Columns::default(),
            input,
            rows: Rows::new(fft, sample_rate),
            release: levels::release(sample_rate),
        }
    }

    /// Hands every new column to `take`, oldest first, and returns the seconds from one column to the next (`None`
    /// before the first activation). For the window; columns older than the last [`columns::KEPT`] are lost.
    pub fn take_columns(&self, mut take: impl FnMut(&Column)) -> Option<f64> {
        let mut reader = self.columns.lock().unwrap_or_else(PoisonError::into_inner);
        let reader = reader.as_mut()?;
        let columns = reader.output.read();
        columns.since(reader.read).for_each(&mut take);
        reader.read = columns.written();
        Some(reader.interval)
    }
}

/// The audio thread's end of a [`Display`].
pub struct Watch {
    display: Arc<Display>,
    columns: Columns,
    input: Input<Columns>,
    rows: Rows,
    /// Factor on a mean square per sample.
    release: f32,
}

impl Observer for Watch {
    fn separated(&mut self, frame: &SeparatedFrame<'_>) {
        if self.display.is_open() {
            self.rows.fill(frame, self.columns.next());
            self.input.input_buffer_mut().clone_from(&self.columns);
            self.input.publish();
        }
    }

    fn mixed(&mut self, segment: &MixedSegment<'_>) {
        if self.display.is_open() {
            self.display.levels.update(segment, self.release);
        }
    }
}

#[cfg(test)]
mod tests {
    use unbraid_engine::masks::Masks;

    use super::columns::KEPT;
    use super::*;

    #[test]
    fn a_closed_window_gets_nothing_and_an_open_one_everything_since() {
        let display = Arc::new(Display::default());
        assert_eq!(display.take_columns(|_| ()), None);
        let mut watch = display.watch(4096, 1024, 44_100.0);
        let spectrum = vec![Default::default(); 2049];
        let mut masks = Masks::new(2049);
        masks.as_mut_slice().fill(0.25);
        let frame = SeparatedFrame { spectra: [&spectrum, &spectrum], masks: &masks };
        watch.separated(&frame);
        let mut count = 0;
        let interval = display.take_columns(|_| count += 1).unwrap();
        assert_eq!(count, 0);
        assert!((interval - 1024.0 / 44_100.0).abs() < 1e-9);
        display.set_open(true);
        for _ in 0..3 {
            watch.separated(&frame);
        }
        display.take_columns(|_| count += 1);
        assert_eq!(count, 3);
        for _ in 0..2 * KEPT {
            watch.separated(&frame);
        }
        display.take_columns(|_| count += 1);
        assert_eq!(count, 3 + KEPT, "older columns than the last {KEPT} are lost");
        display.take_columns(|_| count += 1);
        assert_eq!(count, 3 + KEPT, "nothing is handed over twice");
    }
}
