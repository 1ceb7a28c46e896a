//! One instance of a network: a stream through its plan.

use std::sync::Arc;

use crate::fault::Fault;
use crate::masks::Masks;
use crate::memory::PoolCounters;
use crate::network::contract::Contract;
use crate::network::plan::{NetworkPlan, noise};
use crate::network::separator::Separator;
use crate::network::stream::Stream;
use crate::stems::CHANNELS;

/// Frames a new instance runs before it is handed over. tract's first runs take 1–15 ms each (lazy
/// initialisation, cold memory); the measured cost is flat well before this.
const WARM_UP_FRAMES: usize = 50;

/// A stream of frames through a [`NetworkPlan`], with its recurrent state and the memory it runs in.
pub struct Network {
    plan: Arc<NetworkPlan>,
    stream: Stream,
}

impl NetworkPlan {
    /// Makes a new stream, warmed up and reset: its first frame on the audio thread costs what any other does. Takes some
    /// fifty frames' time; never call it on the audio thread.
    ///
    /// # Errors
    /// [`Fault`] if the network fails while it warms up.
    pub fn instance(self: &Arc<Self>) -> Result<Network, Fault> {
        let mut network = Network { plan: Arc::clone(self), stream: Stream::new(self.graph())? };
        let mut mixture = vec![0.0; 2 * CHANNELS * self.contract().bins()];
        let mut masks = Masks::new(self.contract().bins());
        for frame in 0..WARM_UP_FRAMES {
            noise(frame, &mut mixture);
            network.run_frame(&mixture, &mut masks)?;
        }
        network.reset();
        Ok(network)
    }
}

impl Network {
    /// The plan this stream belongs to. Any thread.
    pub fn plan(&self) -> &Arc<NetworkPlan> {
        &self.plan
    }

    /// What the stream's memory pool was asked for so far. The audio thread may call it.
    pub fn memory(&self) -> PoolCounters {
        self.stream.memory()
    }

    /// The recurrent states after the last frame, in the order of the graph's inputs, to compare with the training
    /// code's. Allocates: not for the audio thread.
    pub fn states(&self) -> Vec<Vec<f32>> {
        self.stream.states(self.plan.graph())
    }
}

impl Separator for Network {
    fn contract(&self) -> &Contract {
        self.plan.contract()
    }

    fn costs(&self) -> &[f32] {
        self.plan.costs()
    }

    fn begin(&mut self, mixture: &[f32]) -> Result<(), Fault> {
        self.stream.begin(self.plan.graph(), mixture)
    }

    fn step(&mut self, index: usize) -> Result<(), Fault> {
        self.stream.step(self.plan.graph(), index)
    }

    fn finish(&mut self, masks: &mut Masks) -> Result<(), Fault> {
        self.stream.finish(self.plan.graph(), Some(masks))
    }

    fn reset(&mut self) {
        self.stream.reset(self.plan.graph());
    }

    fn memory_fallbacks(&self) -> u64 {
        self.memory().overflows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NETWORKS: [(&str, &[u8]); 2] = [
        ("studio.onnx", include_bytes!("../../../../models/studio.onnx")),
        ("live.onnx", include_bytes!("../../../../models/live.onnx")),
    ];

    #[test]
    fn sliced_execution_is_bit_identical_to_a_whole_run() {
        const FRAMES: usize = 40;
        for (file, bytes) in NETWORKS {
            let plan = NetworkPlan::from_bytes(file, bytes).unwrap();
            let bins = plan.contract().bins();
            let mut mixture = vec![0.0; 2 * CHANNELS * bins];
            let [mut sliced, mut whole] = [(); 2].map(|()| plan.instance().unwrap());
            let [mut one, mut other] = [(); 2].map(|()| Masks::new(bins));
            let mut first = None;
            for frame in 0..FRAMES {
                noise(frame, &mut mixture);
                sliced.run_frame(&mixture, &mut one).unwrap();
                whole.stream.run_unsliced(plan.graph(), &mixture, &mut other).unwrap();
                assert!(one == other, "{file}: frame {frame}");
                first.get_or_insert_with(|| one.clone());
            }
            assert!(first.as_ref() != Some(&one), "{file}: the frames differ, so a mix-up would be seen");
        }
    }
}
