//! The slot by which a network comes into an engine.

use crate::mailbox::Publisher;
use crate::network::{Contract, Separator};
use crate::schedule::{Schedule, stages};

/// A network and the schedule that goes with it.
pub struct ScheduledNetwork {
    pub separator: Box<dyn Separator>,
    pub schedule: Schedule,
}

/// What a network's schedule depends on besides the network.
#[derive(Debug, Clone, Copy)]
pub struct Slicing {
    /// Cost of a transform in seconds.
    pub transform: f32,
    /// Samples over which a frame's work is time-sliced.
    pub samples: usize,
    /// The host's block size in samples.
    pub block: usize,
}

impl ScheduledNetwork {
    /// Plans the schedule of `separator`. Not for the audio thread.
    pub fn new(separator: Box<dyn Separator>, slicing: Slicing) -> Self {
        let stages = stages(separator.costs(), slicing.transform);
        Self { schedule: Schedule::new(&stages, slicing.samples, slicing.block), separator }
    }
}

/// A handle on an engine's slot for networks, for any thread but the audio thread. Cloning gives another handle; it may
/// outlive the engine.
///
/// The audio thread takes the newest network that was published between two frames, without waiting, allocating or
/// freeing. What it takes out of use is freed with the next publication, or with the engine and all of its handles.
#[derive(Clone)]
pub struct NetworkSlot {
    contract: Contract,
    slicing: Slicing,
    publisher: Publisher<ScheduledNetwork>,
}

impl NetworkSlot {
    pub(super) fn new(contract: Contract, slicing: Slicing, publisher: Publisher<ScheduledNetwork>) -> Self {
        Self { contract, slicing, publisher }
    }

    /// Publishes a network, reset to its beginning, which the engine runs from the next frame on; from the first sample on
    /// if none was processed since the engine was made or reset. Plans a schedule and may free a network: not for the
    /// audio thread.
    ///
    /// # Errors
    /// The network itself if its contract is not the engine's: its lengths would not fit.
    pub fn publish(&self, mut separator: Box<dyn Separator>) -> Result<(), Box<dyn Separator>> {
        if *separator.contract() != self.contract {
            return Err(separator);
        }
        separator.reset();
        self.publisher.publish(Box::new(ScheduledNetwork::new(separator, self.slicing)));
        Ok(())
    }
}
