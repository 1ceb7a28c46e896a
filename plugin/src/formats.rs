//! The plug-in behind the entry points of [`unbraid_formats`]: audio goes past the framework, whose own callback takes
//! locks and tells the window of each automated value through a channel.

use std::sync::OnceLock;
use std::time::Instant;

use nice_plug::wrapper::clap::PluginDescriptor;
use no_denormals::no_denormals;
use unbraid_formats::effect::host_id;
use unbraid_formats::instance::RestartHandler;
use unbraid_formats::{
    AudioInstance, Block, Change, Effect, HostedPlugin, Outcome, ParameterChange, Parameters, StemBuses,
    Stereo, Transport,
};

use crate::latency;
use crate::params::handle::ParamTable;
use crate::plugin::Unbraid;
use crate::processor::{MainBus, Processor};
use crate::shared::PluginShared;

/// One instance as its entry point drives it.
pub struct Endpoint {
    shared: PluginShared,
    parameters: ParamTable,
}

impl Endpoint {
    fn new(shared: PluginShared) -> Self {
        let parameters = ParamTable::new(shared.instance.params.clone(), host_id);
        Self { shared, parameters }
    }
}

impl HostedPlugin for Unbraid {
    type Instance = Endpoint;

    fn capture_during<R>(create: impl FnOnce() -> R) -> (R, Option<Endpoint>) {
        let (created, shared) = PluginShared::capture_during(create);
        (created, shared.map(Endpoint::new))
    }

    fn clap_descriptor() -> &'static PluginDescriptor {
        static DESCRIPTOR: OnceLock<PluginDescriptor> = OnceLock::new();
        DESCRIPTOR.get_or_init(PluginDescriptor::for_plugin::<Unbraid>)
    }
}

impl Parameters for Endpoint {
    fn count(&self) -> usize {
        self.parameters.count()
    }

    fn index(&self, id: u32) -> Option<usize> {
        self.parameters.index(id)
    }

    #[expect(clippy::cast_precision_loss, reason = "a handful of choices")]
    fn steps(&self, parameter: usize) -> f32 {
        self.parameters.handle(parameter).steps().unwrap_or(1) as f32
    }

    fn apply(&self, parameter: usize, change: Change) {
        let parameter = self.parameters.handle(parameter);
        match change {
            Change::Set(value) => parameter.set(value),
            Change::Modulate(offset) => parameter.modulate(offset),
        }
    }
}

/// A processor during one block.
struct Processing<'a> {
    processor: &'a mut Processor,
    endpoint: &'a Endpoint,
}

impl Effect for Processing<'_> {
    fn process(&mut self, main: Stereo<'_>, stems: StemBuses<'_>) {
        self.processor.process(MainBus::Stereo(main), stems);
    }

    fn apply(&mut self, parameter: usize, change: Change) {
        self.endpoint.apply(parameter, change);
    }
}

impl AudioInstance for Endpoint {
    fn process(
        &self,
        block: Block<'_>,
        transport: Transport,
        changes: impl Iterator<Item = ParameterChange>,
    ) -> Outcome {
        let start = Instant::now();
        let outcome = self.shared.processor.try_with(|processor| {
            let Some(processor) = processor else { return Outcome::NotProcessed };
            let frames = block.frames();
            processor.begin(transport, frames);
            let mut processing = Processing { processor, endpoint: self };
            // SAFETY: Rust assumes the default floating-point environment, so that flush-to-zero is formally undefined
            // (as the documentation of `no_denormals` and `_mm_setcsr` says). It is the accepted practice of audio code:
            // compiled code may differ only in whether denormal results are flushed, which is what is asked for here,
            // and the mode is restored when the closure ends or unwinds.
            unsafe { no_denormals(|| block.run(&mut processing, changes)) };
            processor.report(start, frames);
            let restart = processor.needs_restart();
            if restart { Outcome::NeedsRestart } else { Outcome::Processed }
        });
        outcome.unwrap_or(Outcome::NotProcessed)
    }

    fn latency(&self) -> u32 {
        self.shared.instance.status.latency().map_or(0, |(samples, _)| samples)
    }

    fn expected_latency(&self, sample_rate: f64, max_block: usize) -> u32 {
        latency::expected(&self.shared.instance.params, sample_rate, max_block).unwrap_or(0)
    }

    fn schedule_restart(&self) {
        self.shared.restart.schedule();
    }

    fn set_restart_handler(&self, handler: RestartHandler) {
        self.shared.restart.set_handler(handler);
    }
}

#[cfg(test)]
mod tests {
    use unbraid_formats::layout::OUTPUT_BUSES;
    use unbraid_formats::{BusAdapter, HostBus, Layout};

    use super::*;

    #[test]
    fn without_a_processor_nothing_is_processed() {
        let endpoint = Endpoint::new(PluginShared::default());
        let mut adapter = BusAdapter::default();
        adapter.prepare(Layout::default(), 64);
        // SAFETY: nothing is handed over.
        let block = unsafe { adapter.begin(64, HostBus::MISSING, [HostBus::MISSING; OUTPUT_BUSES]) };
        let outcome = endpoint.process(block.unwrap(), Transport::default(), std::iter::empty());
        assert_eq!(outcome, Outcome::NotProcessed);
    }
}
