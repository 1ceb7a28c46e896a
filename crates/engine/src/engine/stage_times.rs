//! Run times of a hop's stages, for benches.

use std::time::Duration;

use crate::schedule::Stage;

/// Run time of each kind of stage, summed over all hops.
#[derive(Debug, Clone, PartialEq)]
pub struct StageTimes {
    /// Frames that were begun.
    pub hops: u64,
    /// Windowing and transforming both channels.
    pub analyse: Duration,
    /// Handing the spectra to the network.
    pub begin: Duration,
    /// Each step of the network, in execution order.
    pub infer: Vec<Duration>,
    /// Collecting, checking and focusing the masks.
    pub mask: Duration,
    /// Separating the spectra.
    pub separate: Duration,
    /// Transforming back, windowing and overlap-adding, for all stems and channels.
    pub synthesise: Duration,
}

impl StageTimes {
    pub(super) fn new(steps: usize) -> Self {
        Self {
            hops: 0,
            analyse: Duration::ZERO,
            begin: Duration::ZERO,
            infer: vec![Duration::ZERO; steps],
            mask: Duration::ZERO,
            separate: Duration::ZERO,
            synthesise: Duration::ZERO,
        }
    }

    pub(super) fn add(&mut self, stage: Stage, taken: Duration) {
        let sum = match stage {
            Stage::Analyse(_) => &mut self.analyse,
            Stage::Begin => {
                self.hops += 1;
                &mut self.begin
            }
            Stage::Infer(step) => match self.infer.get_mut(step) {
                Some(sum) => sum,
                // A network that was published since the clocks were set.
                None => return,
            },
            Stage::Mask => &mut self.mask,
            Stage::Separate => &mut self.separate,
            Stage::Synthesise { .. } => &mut self.synthesise,
        };
        *sum += taken;
    }

    /// All stages together.
    pub fn total(&self) -> Duration {
        let network: Duration = self.infer.iter().sum();
        self.analyse + self.begin + network + self.mask + self.separate + self.synthesise
    }
}
