//! When each stage of a frame runs: spread evenly over one hop, or all at once.

/// One stage of a frame's work. Stages run in the order in which [`stages`] lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Transform one channel's newest samples.
    Analyse(usize),
    /// Hand the spectra to the network.
    Begin,
    /// Run one step of the network.
    Infer(usize),
    /// Collect the shares and focus them.
    Share,
    /// Make one stem's channel audible.
    Synthesise {
        /// The stem.
        stem: usize,
        /// The channel.
        channel: usize,
    },
}

use crate::{CHANNELS, STEMS};

/// All stages of one frame with their relative costs. `network` has one cost a step of the network;
/// `transform` is the cost of one transform in the same unit.
pub fn stages(network: &[f32], transform: f32) -> Vec<(Stage, f32)> {
    let analysis = (0..CHANNELS).map(|channel| (Stage::Analyse(channel), 1.2 * transform));
    let inference = network.iter().enumerate().map(|(step, &cost)| (Stage::Infer(step), cost));
    let synthesis = (0..STEMS * CHANNELS).map(|at| {
        let stage = Stage::Synthesise { stem: at / CHANNELS, channel: at % CHANNELS };
        (stage, 1.4 * transform)
    });
    analysis
        .chain([(Stage::Begin, 0.3 * transform)])
        .chain(inference)
        .chain([(Stage::Share, 0.5 * transform)])
        .chain(synthesis)
        .collect()
}

/// The stages of one frame and the number of samples after its completion at which each must have run.
pub struct Schedule {
    stages: Vec<(Stage, usize)>,
    next: usize,
}

impl Schedule {
    /// Spreads `stages` over `span` samples in proportion to their costs, for a host whose blocks have `block` samples;
    /// with a span of 0 all are due at once. Not for the audio thread.
    ///
    /// Stages cannot be split, so the callback with the longest ones takes more than others. Where the span is a number
    /// of blocks, stages are grouped so that the largest group is as small as can be, one group a block. (A host with
    /// other blocks, or out of step, gets no more than the spread by proportion inside each group gives it.)
    pub fn new(stages: &[(Stage, f32)], span: usize, block: usize) -> Self {
        let costs: Vec<f64> = stages.iter().map(|(_, cost)| f64::from(*cost)).collect();
        let blocks = span.checked_div(block).unwrap_or(0);
        let groups = groups(&costs, blocks);
        // Groups may be fewer than blocks; each keeps in step with one all the same.
        let count = if groups.len() > 1 { blocks as f64 } else { 1.0 };
        let mut dues = Vec::with_capacity(stages.len());
        for (group, costs) in groups.into_iter().enumerate() {
            let total: f64 = costs.iter().sum();
            let mut done = 0.0;
            for cost in costs {
                // A stage is due when its middle is: as much work is early as is late.
                let middle = (group as f64 + (done + 0.5 * cost) / total) / count;
                done += cost;
                dues.push(((middle * span as f64).ceil() as usize).min(span));
            }
        }
        let stages: Vec<_> = stages.iter().map(|(stage, _)| *stage).zip(dues).collect();
        Self { next: stages.len(), stages }
    }

    /// A frame is complete: its work starts. Whatever was left of the last one is forgotten.
    pub fn start(&mut self) {
        self.next = 0;
    }

    /// There is no frame to work on.
    pub fn stop(&mut self) {
        self.next = self.stages.len();
    }

    /// The next stage that is due `elapsed` samples after the frame was complete, if any.
    pub fn due(&mut self, elapsed: usize) -> Option<Stage> {
        let &(stage, at) = self.stages.get(self.next)?;
        (at <= elapsed).then(|| {
            self.next += 1;
            stage
        })
    }
}

/// Cuts `costs` into at most `count` runs whose largest sum is as small as can be. Where a single cost is far more than
/// an even share, as with the smallest blocks, no grouping helps and all stay in one run.
fn groups(costs: &[f64], count: usize) -> Vec<&[f64]> {
    const FAR: f64 = 1.5;
    let total: f64 = costs.iter().sum();
    let largest = costs.iter().copied().fold(0.0, f64::max);
    if count < 2 || largest > FAR * total / count as f64 {
        return vec![costs];
    }
    let cut = |most: f64| {
        let mut runs = Vec::with_capacity(count);
        let (mut start, mut sum) = (0, 0.0);
        for (at, cost) in costs.iter().enumerate() {
            if at > start && sum + cost > most {
                runs.push(&costs[start..at]);
                (start, sum) = (at, 0.0);
            }
            sum += cost;
        }
        runs.push(&costs[start..]);
        runs
    };
    // The smallest bound under which the runs are few enough lies between these.
    let (mut low, mut high) = (largest, total);
    for _ in 0..50 {
        let middle = 0.5 * (low + high);
        if cut(middle).len() <= count {
            high = middle;
        } else {
            low = middle;
        }
    }
    cut(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<(Stage, f32)> {
        stages(&[3e-5, 1e-6, 5e-5, 2e-5, 1e-5, 4e-5], 1e-5)
    }

    #[test]
    fn every_stage_is_due_once_in_order_and_by_the_end_of_the_span() {
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
    fn work_is_spread_in_proportion_to_cost() {
        let all = all();
        let largest = all.iter().map(|(_, cost)| *cost).fold(0.0, f32::max);
        let total: f32 = all.iter().map(|(_, cost)| *cost).sum();
        for planned in [1, 64, 128, 300] {
            for block in [1, 32, 128, 256] {
                let slices = slices(&all, planned, block);
                let most = total / slices.len() as f32 + largest;
                // Out of step with what was planned for, two groups' ends may meet.
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
        assert_eq!(groups(&[1.0, 1.0, 9.0, 1.0], 4).len(), 1, "no grouping helps here");
    }

    #[test]
    fn without_a_span_everything_is_due_at_once() {
        let mut schedule = Schedule::new(&all(), 0, 512);
        schedule.start();
        assert_eq!(std::iter::from_fn(|| schedule.due(0)).count(), all().len());
    }
}
