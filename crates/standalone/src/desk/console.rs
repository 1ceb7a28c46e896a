//! Both ends of the way between the audio thread and the thread that moves parameters.

use std::sync::Arc;

use nice_plug::prelude::*;
use ringbuf::traits::{Consumer, Observer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};
use unbraid_plugin::params::UnbraidParams;

use super::midi::Message;
use super::mix::Mix;
use super::target::{Kind, PARAMETERS, Target};

/// Changes of parameters, and messages, that may be on their way.
const QUEUE: usize = 1024;

/// The audio thread's end.
pub struct Automation {
    params: Arc<UnbraidParams>,
    pointers: [ParamPtr; PARAMETERS],
    changes: HeapCons<(Target, f32)>,
    messages: HeapProd<Message>,
}

/// The other end. Not for the audio thread.
pub struct Console {
    params: Arc<UnbraidParams>,
    changes: HeapProd<(Target, f32)>,
    messages: HeapCons<Message>,
}

/// Both ends, for the parameters of one plug-in.
pub fn desk(params: &Arc<UnbraidParams>) -> (Automation, Console) {
    let mut targets = Target::all();
    let first = Target::new(0, Kind::Level);
    let pointers = std::array::from_fn(|_| targets.next().unwrap_or(first).pointer(params));
    let (changing, changes) = HeapRb::new(QUEUE).split();
    let (sending, messages) = HeapRb::new(QUEUE).split();
    let automation = Automation { params: params.clone(), pointers, changes, messages: sending };
    (automation, Console { params: params.clone(), changes: changing, messages })
}

impl Automation {
    /// Sets the values that wait. For the audio thread, between two blocks, as the framework sets what the window asks
    /// for: never waits, allocates or frees.
    pub fn apply(&mut self, sample_rate: f32) {
        debug_assert!(Arc::strong_count(&self.params) > 0);
        while let Some((target, value)) = self.changes.try_pop() {
            let pointer = self.pointers[target.index()];
            // SAFETY: `params`, whose parameters these are, is alive.
            unsafe {
                if pointer._internal_set_normalized_value(value) {
                    pointer._internal_update_smoother(sample_rate, false);
                }
            }
        }
    }

    /// Hands a message over. One that finds the queue full is lost: nobody plays that fast.
    pub fn receive(&mut self, message: Message) {
        let _ = self.messages.try_push(message);
    }
}

impl Console {
    /// Has the audio thread set a value from 0 to 1.
    pub fn set(&mut self, target: Target, value: f32) {
        // A full queue means that no audio runs, and what is lost is inaudible.
        let _ = self.changes.try_push((target, value.clamp(0.0, 1.0)));
    }

    /// All values were set.
    pub fn is_settled(&self) -> bool {
        self.changes.is_empty()
    }

    /// The next message.
    pub fn message(&mut self) -> Option<Message> {
        self.messages.try_pop()
    }

    /// The parameters.
    pub fn params(&self) -> &UnbraidParams {
        &self.params
    }

    /// Has the audio thread set a whole mix.
    pub fn recall(&mut self, mix: &Mix) {
        for (target, value) in mix.values(&self.params.clone()) {
            self.set(target, value);
        }
    }
}
