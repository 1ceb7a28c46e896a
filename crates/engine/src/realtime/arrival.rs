//! A network that arrives while its engine already runs.

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use super::masks::all_to_other;
use super::schedule::{Schedule, stages};
use super::{Fault, Separator};
use crate::prepare::Contract;

/// Stands in until the network is there: everything goes to the stem Other, so that the dry, delayed signal is heard.
pub(super) struct Passthrough(pub Contract);

impl Separator for Passthrough {
    fn contract(&self) -> &Contract {
        &self.0
    }

    fn costs(&self) -> &[f32] {
        &[]
    }

    fn begin(&mut self, _mixture: &[f32]) -> Result<(), Fault> {
        Ok(())
    }

    fn step(&mut self, _index: usize) -> Result<(), Fault> {
        Ok(())
    }

    fn finish(&mut self, masks: &mut [f32]) -> Result<(), Fault> {
        all_to_other(masks);
        Ok(())
    }

    fn reset(&mut self) {}
}

/// A network and the schedule that goes with it.
struct Ready {
    separator: Box<dyn Separator>,
    schedule: Schedule,
}

/// The door by which a network comes to an engine made with [`super::Engine::awaiting`]. Whoever prepares the network
/// holds one end, on a thread of its own; the audio thread looks once a frame whether something lies there, and never
/// waits, allocates or frees: what it takes out of use stays at the door until that is dropped.
pub struct NetworkSlot {
    contract: Contract,
    /// What the schedule needs to know of the engine: the cost of a transform in seconds, and the span and the host's
    /// blocks in samples.
    transform: f32,
    span: usize,
    block: usize,
    offered: AtomicPtr<Ready>,
    spent: AtomicPtr<Ready>,
}

impl NetworkSlot {
    pub(super) fn new(contract: Contract, transform: f32, span: usize, block: usize) -> Self {
        let nothing = || AtomicPtr::new(ptr::null_mut());
        Self { contract, transform, span, block, offered: nothing(), spent: nothing() }
    }

    /// Hands a network over; from the next frame on the engine runs it. Not for the audio thread.
    ///
    /// # Errors
    /// The network itself if it is not of the contract that the engine was made for: its lengths would not fit.
    pub fn deliver(&self, separator: Box<dyn Separator>) -> Result<(), Box<dyn Separator>> {
        if *separator.contract() != self.contract {
            return Err(separator);
        }
        let schedule = Schedule::new(&stages(separator.costs(), self.transform), self.span, self.block);
        let ready = Box::into_raw(Box::new(Ready { separator, schedule }));
        discard(&self.offered, ready);
        Ok(())
    }

    /// Puts what was delivered in the place of `separator` and `schedule`, if anything was. Returns whether so. For
    /// the audio thread, between frames.
    pub(super) fn exchange(&self, separator: &mut Box<dyn Separator>, schedule: &mut Schedule) -> bool {
        if self.offered.load(Ordering::Relaxed).is_null() {
            return false;
        }
        let offered = self.offered.swap(ptr::null_mut(), Ordering::Acquire);
        // SAFETY: a pointer at the door is null or came from `Box::into_raw`, and whoever swaps it out owns it.
        let Some(ready) = (unsafe { offered.as_mut() }) else { return false };
        std::mem::swap(&mut ready.separator, separator);
        std::mem::swap(&mut ready.schedule, schedule);
        // One engine takes one network from its door, so nothing lies here that would have to be freed.
        self.spent.store(offered, Ordering::Release);
        true
    }
}

impl Drop for NetworkSlot {
    fn drop(&mut self) {
        discard(&self.offered, ptr::null_mut());
        discard(&self.spent, ptr::null_mut());
    }
}

/// Puts `next` in the place and frees what was there.
fn discard(place: &AtomicPtr<Ready>, next: *mut Ready) {
    let before = place.swap(next, Ordering::AcqRel);
    if !before.is_null() {
        // SAFETY: a pointer at the door is null or came from `Box::into_raw`, and whoever swaps it out owns it.
        drop(unsafe { Box::from_raw(before) });
    }
}
