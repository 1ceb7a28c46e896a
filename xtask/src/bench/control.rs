//! The control: a loop that touches registers alone, so that whatever disturbs it is the machine's own doing.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// A loop of a set length.
#[derive(Debug, Clone, Copy)]
pub struct Control {
    rounds: u64,
}

impl Control {
    /// A loop that takes about `length` where nothing disturbs it.
    pub fn lasting(length: Duration) -> Self {
        const TRIAL: u64 = 20_000;
        // The fastest of many short trials is what the loop takes undisturbed.
        let undisturbed = (0..50).map(|_| Self { rounds: TRIAL }.run().1).min().unwrap_or(length);
        let rounds = TRIAL as f64 * length.as_secs_f64() / undisturbed.as_secs_f64().max(1e-9);
        Self { rounds: (rounds as u64).max(1) }
    }

    /// Runs the loop: when it started, and how long it took.
    pub fn run(self) -> (Instant, Duration) {
        let start = Instant::now();
        let mut state = black_box(0x2545_f491_4f6c_dd1d_u64);
        for _ in 0..self.rounds {
            // xorshift: each round needs the last one's result, so nothing can be left out or done at once.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
        }
        black_box(state);
        (start, start.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_control_lasts_as_long_as_it_should() {
        let length = Duration::from_micros(500);
        let control = Control::lasting(length);
        let taken = (0..50).map(|_| control.run().1).min().unwrap();
        assert!(taken > length / 2 && taken < 2 * length, "{taken:?}");
    }
}
