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
    Mask,
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
        .chain([(Stage::Mask, 0.5 * transform)])
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
    /// Stages cannot be split, so the callback with the longest ones takes more than others. Stages are grouped, one
    /// group a block of the span, so that the largest group is as small as can be and the others are as even as can be.
    /// (A host with other blocks, or out of step, gets no more than the spread by proportion inside each group gives it.)
    pub fn new(stages: &[(Stage, f32)], span: usize, block: usize) -> Self {
        let costs: Vec<f64> = stages.iter().map(|(_, cost)| f64::from(*cost)).collect();
        let blocks = span.checked_div(block).unwrap_or(0);
        let groups = groups(&costs, blocks);
        let count = groups.len() as f64;
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

/// Cuts `costs` into `count` runs whose largest sum is as small as can be, and among all such cuts into the one whose
/// sums' squares are the least: where one long stage decides about the largest, the others are even all the same. With as
/// few stages as runs there is nothing to choose, and all stay in one.
fn groups(costs: &[f64], count: usize) -> Vec<&[f64]> {
    if count < 2 || count >= costs.len() {
        return vec![costs];
    }
    let bound = least_bound(costs, count) * (1.0 + 1e-9);
    // The least sum of squares of the stages before each, cut into as many runs as there were rounds, and where the last
    // of them begins.
    let mut least = vec![f64::INFINITY; costs.len() + 1];
    least[0] = 0.0;
    let mut begins = Vec::with_capacity(count);
    for _ in 0..count {
        let mut next = vec![f64::INFINITY; costs.len() + 1];
        let mut begin = vec![0; costs.len() + 1];
        for end in 1..=costs.len() {
            let mut sum = 0.0;
            for start in (0..end).rev() {
                sum += costs[start];
                if sum > bound {
                    break;
                }
                let squares = least[start] + sum * sum;
                if squares < next[end] {
                    (next[end], begin[end]) = (squares, start);
                }
            }
        }
        least = next;
        begins.push(begin);
    }
    let mut end = costs.len();
    let mut runs: Vec<&[f64]> = begins
        .iter()
        .rev()
        .map(|begin| {
            let run = &costs[begin[end]..end];
            end = begin[end];
            run
        })
        .collect();
    runs.reverse();
    runs
}

/// The least bound under which `costs` can be cut into at most `count` runs.
fn least_bound(costs: &[f64], count: usize) -> f64 {
    let runs = |most: f64| {
        let (mut runs, mut sum) = (1, 0.0);
        for cost in costs {
            if sum + cost > most {
                (runs, sum) = (runs + 1, 0.0);
            }
            sum += cost;
        }
        runs
    };
    let (mut low, mut high) = (costs.iter().copied().fold(0.0, f64::max), costs.iter().sum());
    for _ in 0..50 {
        let middle = 0.5 * (low + high);
        if runs(middle) <= count {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
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
    }

    #[test]
    fn beside_a_stage_that_is_too_long_the_others_are_even() {
        let costs = [1.0, 1.0, 1.0, 1.0, 9.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];
        let sums = |count| groups(&costs, count).iter().map(|run| run.iter().sum()).collect::<Vec<f64>>();
        assert_eq!(sums(6), [2.0, 2.0, 9.0, 2.0, 2.0, 2.0]);
        assert_eq!(sums(2), [4.0 + 9.0, 6.0]);
        assert_eq!(groups(&costs, 11).len(), 1, "one stage a block leaves no choice");
        for count in 2..11 {
            let groups = groups(&costs, count);
            assert_eq!(groups.len(), count);
            assert_eq!(groups.concat(), costs, "every stage once, in order");
        }
    }

    #[test]
    fn without_a_span_everything_is_due_at_once() {
        let mut schedule = Schedule::new(&all(), 0, 512);
        schedule.start();
        assert_eq!(std::iter::from_fn(|| schedule.due(0)).count(), all().len());
    }
}
