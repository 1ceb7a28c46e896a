//! The run times of a frame's stages: even slices of one hop, or all at once.

use crate::cast::{exact_f64, whole_part};
use crate::schedule::partition::partition;
use crate::schedule::stage::Stage;

/// The stages of one frame, each with the number of samples after the frame's completion at which it must have run.
pub struct Schedule {
    stages: Vec<(Stage, usize)>,
    next: usize,
}

impl Schedule {
    /// Slices `stages` over `slicing` samples in proportion to their costs, for a host whose blocks have `block` samples;
    /// with a slicing of 0 all are due at once. Allocates and plans: not for the audio thread.
    ///
    /// Stages cannot be split, so the callback with the longest ones takes more than others. They are grouped into one
    /// slice a block, so that the largest slice is as small, and the others are as even, as can be. (With other blocks, or
    /// out of step, a host gets the proportional order inside each slice.)
    pub fn new(stages: &[(Stage, f32)], slicing: usize, block: usize) -> Self {
        let costs: Vec<f64> = stages.iter().map(|(_, cost)| f64::from(*cost)).collect();
        let blocks = slicing.checked_div(block).unwrap_or(0);
        let slices = partition(&costs, blocks);
        let count = exact_f64(slices.len());
        let mut dues = Vec::with_capacity(stages.len());
        for (slice, costs) in slices.into_iter().enumerate() {
            let total: f64 = costs.iter().sum();
            let mut done = 0.0;
            for cost in costs {
                // Due at its middle, so that as much work is early as is late.
                let middle = (exact_f64(slice) + (done + 0.5 * cost) / total) / count;
                done += cost;
                dues.push(whole_part((middle * exact_f64(slicing)).ceil()).min(slicing));
            }
        }
        let stages: Vec<_> = stages.iter().map(|(stage, _)| *stage).zip(dues).collect();
        Self { next: stages.len(), stages }
    }

    /// Starts the work on a frame that is complete, dropping what was left of the last one. For the audio thread.
    pub fn start(&mut self) {
        self.next = 0;
    }

    /// Drops the frame in work. For the audio thread.
    pub fn stop(&mut self) {
        self.next = self.stages.len();
    }

    /// The next stage that is due `elapsed` samples after the frame was complete, if any. For the audio thread.
    pub fn due(&mut self, elapsed: usize) -> Option<Stage> {
        let &(stage, due) = self.stages.get(self.next)?;
        (due <= elapsed).then(|| {
            self.next += 1;
            stage
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::stage::stages;

    fn all() -> Vec<(Stage, f32)> {
        stages(&[3e-5, 1e-6, 5e-5, 2e-5, 1e-5, 4e-5], 1e-5)
    }

    #[test]
    fn every_stage_is_due_once_in_order_and_within_the_hop() {
        let all = all();
        let mut schedule = Schedule::new(&all, 1024, 128);
        assert_eq!(schedule.due(1024), None, "nothing to do before the first frame");
        schedule.start();
        let mut ran = Vec::new();
        for elapsed in 1..=1024 {
            while let Some(stage) = schedule.due(elapsed) {
                ran.push(stage);
            }
        }
        assert_eq!(ran, all.iter().map(|(stage, _)| *stage).collect::<Vec<_>>());
    }

    /// What each callback takes of the work of one hop of 1024 samples in blocks of `block`.
    fn slices(all: &[(Stage, f32)], planned: usize, block: usize) -> Vec<f32> {
        let mut schedule = Schedule::new(all, 1024, planned);
        schedule.start();
        let mut costs = all.iter().map(|(_, cost)| *cost);
        let mut slice = |at: usize| {
            std::iter::from_fn(|| schedule.due(at * block).and_then(|_| costs.next())).sum::<f32>()
        };
        (1..=1024 / block).map(&mut slice).collect()
    }

    #[test]
    fn work_is_sliced_in_proportion_to_cost() {
        let all = all();
        let largest = all.iter().map(|(_, cost)| *cost).fold(0.0, f32::max);
        let total: f32 = all.iter().map(|(_, cost)| *cost).sum();
        for planned in [1, 64, 128, 300] {
            for block in [1, 32, 128, 256] {
                let slices = slices(&all, planned, block);
                let most = total / slices.len() as f32 + largest;
                // Out of step with the planned blocks, the ends of two slices may meet.
                let most = if planned == block || planned == 1 { most } else { 2.0 * most };
                for cost in slices {
                    assert!(cost <= most, "{planned}, {block}: {cost} of {total}");
                }
            }
        }
    }

    #[test]
    fn the_largest_slice_is_as_small_as_uncut_stages_allow() {
        // By proportion, both of the long ones would be due in the third of four.
        let network = [1.0, 1.0, 1.0, 1.0, 1.0, 3.0, 3.0, 1.0, 1.0, 1.0, 1.0, 1.0].map(|cost| cost * 1e-4);
        let all = stages(&network, 1e-9);
        let total: f32 = all.iter().map(|(_, cost)| *cost).sum();
        let largest = slices(&all, 256, 256).into_iter().fold(0.0, f32::max);
        assert!(largest <= 1.26 * total / 4.0, "{largest} of {total}");
        // Every stage runs in time, and in step with the blocks.
        assert!((slices(&all, 256, 256).iter().sum::<f32>() - total).abs() < 1e-9);
    }

    #[test]
    fn without_slicing_everything_is_due_at_once() {
        let mut schedule = Schedule::new(&all(), 0, 512);
        schedule.start();
        assert_eq!(std::iter::from_fn(|| schedule.due(0)).count(), all().len());
    }
}
