//! One callback: what a host's `process` comes to in either format.
//!
//! The framework is not asked. Its own callback keeps what it knows behind small locks, one of them a mutex, and tells the
//! window of each automated value through a channel; ours sets parameters and runs the processor, and that is all.

use std::time::Instant;

use nice_plug::params::Params;
use nice_plug::params::internals::ParamPtr;
use no_denormals::no_denormals;

use super::buses::Guard;
use crate::shared::PluginShared;

/// A parameter, as it is known to hosts.
#[derive(Clone, Copy)]
pub struct Parameter {
    id: u32,
    pointer: ParamPtr,
}

impl Parameter {
    /// The largest plain value that CLAP knows it by: steps between its values, 1 for one without steps.
    pub fn steps(self) -> f32 {
        // SAFETY: whoever has a `Parameter` has it from a `Callback`, which keeps all of them alive.
        unsafe { self.pointer.step_count() }.unwrap_or(1) as f32
    }
}

/// What happens to a parameter, in values from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// It takes this value.
    Set(f32),
    /// What it is heard as lies this far from its value.
    Modulate(f32),
}

/// How a callback went.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// There is nothing to process with, or another thread is at it: an error to the host, which makes no use of the
    /// block then.
    Nothing,
    /// All is well.
    Done,
    /// All is well, and the host has to be asked to restart the plug-in. Not from inside the callback's own locks: some
    /// hosts restart it before they return.
    NeedsRestart,
}

/// What an instance's callbacks need.
pub struct Callback {
    shared: PluginShared,
    /// Sorted by id.
    parameters: Vec<Parameter>,
}

impl Callback {
    /// Callbacks of the instance whose entry point and framework object have `shared` in common. Not for the audio thread.
    pub fn new(shared: PluginShared) -> Self {
        let mut parameters: Vec<_> = shared
            .instance
            .params
            .param_map()
            .into_iter()
            .map(|(id, pointer, _)| Parameter { id: host_id(&id), pointer })
            .collect();
        parameters.sort_by_key(|parameter| parameter.id);
        Self { shared, parameters }
    }

    /// What entry point and framework have in common.
    pub fn shared(&self) -> &PluginShared {
        &self.shared
    }

    /// The parameter that hosts know as `id`. The audio thread may call it.
    pub fn parameter(&self, id: u32) -> Option<Parameter> {
        let found = self.parameters.binary_search_by_key(&id, |parameter| parameter.id);
        found.ok().map(|index| self.parameters[index])
    }

    /// Numbers of all parameters.
    #[cfg(test)]
    pub fn ids(&self) -> Vec<u32> {
        self.parameters.iter().map(|parameter| parameter.id).collect()
    }

    /// Makes the change, if its value is a number. The audio thread may call it.
    pub fn apply(&self, parameter: Parameter, change: Change) {
        // SAFETY: the parameters live in `shared`.
        unsafe {
            match change {
                Change::Set(value) if value.is_finite() => {
                    parameter.pointer._internal_set_normalized_value(value);
                }
                Change::Modulate(offset) if offset.is_finite() => {
                    parameter.pointer._internal_modulate_value(offset);
                }
                Change::Set(_) | Change::Modulate(_) => {}
            }
        }
    }

    /// Processes the block that `guard` has begun. Each of `changes` acts from its sample on; they come in the order of
    /// time, and those that lie before the one before them or behind the block act as soon, or as late, as can be. For the
    /// audio thread.
    ///
    /// # Safety
    /// As for [`Guard::segment`].
    pub unsafe fn run(
        &self,
        guard: &mut Guard,
        changes: impl Iterator<Item = (usize, Parameter, Change)>,
    ) -> Outcome {
        let start = Instant::now();
        let PluginShared { instance, processor, .. } = &self.shared;
        let processed = processor.try_with(|processor| {
            let Some(processor) = processor else { return Outcome::Nothing };
            let frames = guard.frames();
            let mut segment = |from: usize, to: usize| {
                if from < to {
                    // SAFETY: the caller's promise.
                    let (main, stems) = unsafe { guard.segment(from..to) };
                    processor.process(main, stems, &instance.params);
                }
            };
            let work = || {
                let mut from = 0;
                for (at, parameter, change) in changes {
                    let at = at.min(frames.saturating_sub(1)).max(from);
                    segment(from, at);
                    from = at;
                    self.apply(parameter, change);
                }
                segment(from, frames);
            };
            // SAFETY: what is computed inside is the same whether a number too small for full precision is kept or is
            // 0, but for that difference, and the processor's mode is afterwards as it was.
            unsafe { no_denormals(work) };
            processor.report(start, frames, &instance.status);
            let restart = processor.needs_restart(instance.selection());
            if restart { Outcome::NeedsRestart } else { Outcome::Done }
        });
        processed.unwrap_or(Outcome::Nothing)
    }
}

/// The number by which the framework makes a parameter known to hosts: a polynomial of its id's bytes in 31 bits.
/// (A test compares it with what a host is told.)
fn host_id(id: &str) -> u32 {
    let sum = id.bytes().fold(0u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    sum & !(1 << 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::buses::{HostBus, Layout, OUTPUT_BUSES};

    const FRAMES: usize = 64;

    fn callback() -> Callback {
        Callback::new(PluginShared::default())
    }

    #[test]
    fn no_two_parameters_have_one_number() {
        let callback = callback();
        assert_eq!(callback.parameters.len(), callback.shared.instance.params.param_map().len());
        assert!(callback.parameters.windows(2).all(|pair| pair[0].id < pair[1].id));
        assert!(callback.parameter(host_id("no_such_parameter")).is_none());
    }

    #[test]
    fn values_that_are_no_numbers_change_nothing() {
        let callback = callback();
        let focus = callback.parameter(host_id("focus")).unwrap();
        let value = || callback.shared.instance.params.focus.value();
        callback.apply(focus, Change::Set(0.75));
        for bad in [f32::NAN, f32::INFINITY] {
            callback.apply(focus, Change::Set(bad));
            callback.apply(focus, Change::Modulate(bad));
            assert_eq!(value(), 0.75);
        }
        callback.apply(focus, Change::Modulate(-0.25));
        assert_eq!(value(), 0.5, "modulation is heard beside the value");
    }

    #[test]
    fn without_a_processor_nothing_is_processed() {
        let callback = callback();
        let mut guard = Guard::new();
        guard.prepare(Layout { input: 2, outputs: [2; OUTPUT_BUSES] }, FRAMES);
        // SAFETY: nothing is handed over, so the guard's own memory is used.
        let outcome = unsafe {
            guard.begin(FRAMES, HostBus::MISSING, [HostBus::MISSING; OUTPUT_BUSES]);
            callback.run(&mut guard, std::iter::empty())
        };
        assert_eq!(outcome, Outcome::Nothing);
    }
}
