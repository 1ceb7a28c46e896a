//! Values that a host sets on the controller while it processes.
//!
//! Such a value is one of two things. It may be set for good by a host that sends no blocks at the moment: REAPER stops
//! calling an effect that it bypasses, and offline hosts set values between blocks. It then counts at once. Or it shows
//! automation to the window, late by the host's latency, while the blocks themselves carry the automation to the sample.
//! Then it must not reach the audio: it is held, answers the host's questions, and is dropped with the next block. A host
//! shows automation while its transport plays, blocks come, and blocks have changed the parameter lately.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use crate::effect::{Change, Parameters, single};

/// Without a block for this many milliseconds, a host has paused.
const PAUSE_MS: u64 = 1000;

/// For this many milliseconds after a block has changed a parameter, values from the controller show that change.
const SHOWN_MS: u64 = 2000;

/// Stands for no value.
const NONE: u64 = u64::MAX;

/// One parameter's value that is held, as bits, and when a block last changed it.
struct Slot {
    value: AtomicU64,
    automated_at: AtomicU64,
}

/// Held values by parameter. Times are in milliseconds of [`HeldValues::now`].
pub struct HeldValues {
    slots: Vec<Slot>,
    /// A value may be held.
    any: AtomicBool,
    /// The transport played in the last block.
    playing: AtomicBool,
    last_block: AtomicU64,
    start: Instant,
}

impl HeldValues {
    /// For this many parameters.
    pub fn new(parameters: usize) -> Self {
        let slot = || Slot { value: AtomicU64::new(NONE), automated_at: AtomicU64::new(NONE) };
        Self {
            slots: std::iter::repeat_with(slot).take(parameters).collect(),
            any: AtomicBool::new(false),
            playing: AtomicBool::new(false),
            last_block: AtomicU64::new(NONE),
            start: Instant::now(),
        }
    }

    /// The current time. Any thread may call it.
    pub fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(NONE - 1)
    }

    fn within(time: &AtomicU64, now: u64, period: u64) -> bool {
        let time = time.load(Ordering::Relaxed);
        time != NONE && now.saturating_sub(time) < period
    }

    fn shows_automation(&self, slot: &Slot, now: u64) -> bool {
        self.playing.load(Ordering::Relaxed)
            && Self::within(&self.last_block, now, PAUSE_MS)
            && Self::within(&slot.automated_at, now, SHOWN_MS)
    }

    /// Sets a value on behalf of the controller: at once, or held if it shows automation.
    pub fn set(&self, parameters: &impl Parameters, parameter: usize, value: f64, now: u64) {
        let slot = &self.slots[parameter];
        if self.shows_automation(slot, now) {
            slot.value.store(value.to_bits(), Ordering::Relaxed);
            self.any.store(true, Ordering::Release);
        } else {
            slot.value.store(NONE, Ordering::Relaxed);
            parameters.apply(parameter, Change::Set(single(value)));
        }
    }

    /// The value of a parameter that is held, if any.
    pub fn get(&self, parameter: usize) -> Option<f64> {
        let bits = self.slots[parameter].value.load(Ordering::Relaxed);
        (bits != NONE).then(|| f64::from_bits(bits))
    }

    /// Begins a block: what was held before a pause counts, the rest is dropped. For the audio thread.
    pub fn begin_block(&self, parameters: &impl Parameters, playing: bool, now: u64) {
        if self.any.swap(false, Ordering::Acquire) {
            let paused = !Self::within(&self.last_block, now, PAUSE_MS);
            self.take(|slot| paused || !self.shows_automation(slot, now), parameters);
        }
        self.playing.store(playing, Ordering::Relaxed);
        self.last_block.store(now, Ordering::Relaxed);
    }

    /// Notes that a block changes a parameter. For the audio thread.
    pub fn automated(&self, parameter: usize, now: u64) {
        self.slots[parameter].automated_at.store(now, Ordering::Relaxed);
    }

    /// Before the state is saved: what is held counts if blocks have paused.
    pub fn settle(&self, parameters: &impl Parameters, now: u64) {
        if !Self::within(&self.last_block, now, PAUSE_MS) && self.any.swap(false, Ordering::Acquire) {
            self.take(|_| true, parameters);
        }
    }

    /// When processing ends: what is held counts, and the next value shows no automation.
    pub fn stop(&self, parameters: &impl Parameters) {
        self.playing.store(false, Ordering::Relaxed);
        if self.any.swap(false, Ordering::Acquire) {
            self.take(|_| true, parameters);
        }
    }

    /// Drops what is held, because a state was loaded.
    pub fn clear(&self) {
        self.slots.iter().for_each(|slot| slot.value.store(NONE, Ordering::Relaxed));
    }

    /// Takes all held values, and applies those that `counts`.
    fn take(&self, counts: impl Fn(&Slot) -> bool, parameters: &impl Parameters) {
        for (parameter, slot) in self.slots.iter().enumerate() {
            let bits = slot.value.swap(NONE, Ordering::Relaxed);
            if bits != NONE && counts(slot) {
                parameters.apply(parameter, Change::Set(single(f64::from_bits(bits))));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_parameters::TestParameters;

    /// Values that were applied to the first parameter.
    fn applied(parameters: &TestParameters) -> Vec<f32> {
        let set = |&(parameter, change): &(usize, Change)| match change {
            Change::Set(value) if parameter == 0 => Some(value),
            _ => None,
        };
        parameters.applied.borrow().iter().filter_map(set).collect()
    }

    /// A host whose transport plays and whose block at `now` automates the first parameter.
    fn automating(now: u64) -> (HeldValues, TestParameters) {
        let (held, parameters) = (HeldValues::new(3), TestParameters::default());
        held.begin_block(&parameters, true, now);
        held.automated(0, now);
        (held, parameters)
    }

    #[test]
    fn a_value_counts_at_once_while_no_block_comes() {
        let (held, parameters) = (HeldValues::new(3), TestParameters::default());
        held.set(&parameters, 0, 0.25, 5);
        held.begin_block(&parameters, false, 10);
        held.automated(0, 10);
        held.set(&parameters, 0, 0.5, 11);
        assert_eq!(applied(&parameters), [0.25, 0.5], "the transport stands");
        assert_eq!(held.get(0), None);
    }

    #[test]
    fn a_value_that_shows_automation_is_held_until_the_next_block() {
        let (held, parameters) = automating(10);
        held.set(&parameters, 0, 0.5, 20);
        held.set(&parameters, 1, 0.5, 20);
        assert_eq!(held.get(0), Some(0.5), "the host is answered");
        held.settle(&parameters, 25);
        held.begin_block(&parameters, true, 30);
        assert_eq!(held.get(0), None);
        assert_eq!(applied(&parameters), Vec::<f32>::new(), "and the audio is left alone");
        assert_eq!(*parameters.applied.borrow(), [(1, Change::Set(0.5))], "other parameters are set");
    }

    #[test]
    fn a_held_value_counts_when_blocks_pause() {
        for save in [false, true] {
            let (held, parameters) = automating(10);
            held.set(&parameters, 0, 0.5, 20);
            if save {
                held.settle(&parameters, 10 + PAUSE_MS);
                assert_eq!(applied(&parameters), [0.5], "in the saved state");
            }
            held.begin_block(&parameters, true, 10 + PAUSE_MS);
            assert_eq!(applied(&parameters), [0.5], "in the next block");
        }
        let (held, parameters) = automating(10);
        held.set(&parameters, 0, 0.5, 20);
        held.stop(&parameters);
        assert_eq!(applied(&parameters), [0.5], "when processing ends");
    }

    #[test]
    fn automation_that_ended_shows_no_more() {
        let (held, parameters) = automating(10);
        for now in (500..=SHOWN_MS + 10).step_by(100) {
            held.begin_block(&parameters, true, now);
        }
        held.set(&parameters, 0, 0.5, SHOWN_MS + 10);
        assert_eq!(applied(&parameters), [0.5]);
    }

    #[test]
    fn a_loaded_state_drops_what_is_held() {
        let (held, parameters) = automating(10);
        held.set(&parameters, 0, 0.5, 20);
        held.clear();
        held.stop(&parameters);
        assert_eq!((held.get(0), applied(&parameters)), (None, vec![]));
    }
}
