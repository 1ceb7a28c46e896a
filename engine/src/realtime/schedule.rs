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
    /// Spreads `stages` over `span` samples in proportion to their costs; with a span of 0 all are due at
    /// once. Not for the audio thread.
    pub fn new(stages: &[(Stage, f32)], span: usize) -> Self {
        let total: f64 = stages.iter().map(|(_, cost)| f64::from(*cost)).sum();
        let mut done = 0.0;
        let stages: Vec<_> = stages
            .iter()
            .map(|&(stage, cost)| {
                // A stage is due when its middle is: as much work is early as is late.
                let middle = (done + 0.5 * f64::from(cost)) / total;
                done += f64::from(cost);
                (stage, ((middle * span as f64).ceil() as usize).min(span))
            })
            .collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<(Stage, f32)> {
        stages(&[3e-5, 1e-6, 5e-5, 2e-5, 1e-5, 4e-5], 1e-5)
    }

    #[test]
    fn every_stage_is_due_once_in_order_and_by_the_end_of_the_span() {
        let all = all();
        let mut schedule = Schedule::new(&all, 1024);
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

    #[test]
    fn work_is_spread_in_proportion_to_cost() {
        let all = all();
        let largest = all.iter().map(|(_, cost)| *cost).fold(0.0, f32::max);
        let total: f32 = all.iter().map(|(_, cost)| *cost).sum();
        let mut schedule = Schedule::new(&all, 1024);
        schedule.start();
        let mut at = 0;
        for block in 1..=8 {
            let mut cost = 0.0;
            while schedule.due(block * 128).is_some() {
                cost += all[at].1;
                at += 1;
            }
            assert!(cost <= total / 8.0 + largest, "block {block} takes {cost} of {total}");
        }
    }

    #[test]
    fn without_a_span_everything_is_due_at_once() {
        let mut schedule = Schedule::new(&all(), 0);
        schedule.start();
        assert_eq!(std::iter::from_fn(|| schedule.due(0)).count(), all().len());
    }
}
