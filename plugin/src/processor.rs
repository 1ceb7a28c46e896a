//! The audio side of one activation: an engine between a host's buffers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use unbraid_engine::cast::{nearest_f32, saturating_u32};
use unbraid_engine::engine::Engine;
use unbraid_engine::network::{Contract, NetworkPlan, Separator};
use unbraid_engine::{CHANNELS, STEMS, SetupError};
use unbraid_formats::Transport;

use crate::display::Display;
use crate::loading::{LoadedNetwork, Loading, NetworkSupply};
use crate::meter::LoadMeter;
use crate::mode::Mode;
use crate::networks::NetworkError;
use crate::params::UnbraidParams;
use crate::recorder::{Recorder, Tap};
use crate::status::{Status, StatusWriter};

/// What a processor is made for; another selection needs a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selection {
    /// The selected mode, if there is a network for it.
    pub mode: Mode,
    /// The generation of the user's own networks.
    pub networks: u32,
}

impl Selection {
    /// The current selection. The audio thread may call it.
    pub fn of(params: &UnbraidParams) -> Self {
        let networks = &params.networks;
        Self { mode: networks.available(params.mode.value()), networks: networks.generation() }
    }
}

/// A host's configuration at activation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HostConfig {
    /// Sample rate in Hz.
    pub sample_rate: f32,
    /// Most samples of one block.
    pub max_block: u32,
}

/// The main bus of a segment of samples.
pub enum MainBus<'a> {
    /// Left and right.
    Stereo([&'a mut [f32]; CHANNELS]),
    /// One channel.
    Mono(&'a mut [f32]),
}

/// The stem buses of a segment of samples; `None` for those that are not connected.
pub type StemBuses<'a> = [Option<[&'a mut [f32]; CHANNELS]>; STEMS];

/// The parts of an instance that a processor works with.
pub struct Parts<'a> {
    /// The parameters, which the processor reads.
    pub params: &'a Arc<UnbraidParams>,
    /// The status, which it writes.
    pub status: &'a Arc<Status>,
    /// The display, which it feeds.
    pub display: &'a Arc<Display>,
    /// The recorder, to which it passes the stems.
    pub recorder: &'a Recorder,
}

/// An engine between a host's buffers. Made and dropped on the main thread; in between, one audio thread at a time has it.
pub struct Processor {
    engine: Engine,
    supply: NetworkSupply,
    selection: Selection,
    host: HostConfig,
    params: Arc<UnbraidParams>,
    status: StatusWriter,
    tap: Tap,
    /// The second channel of a mono bus.
    mono_scratch: Vec<f32>,
    /// Stands in for stem buses that are not connected while they are recorded.
    stem_scratch: StemScratch,
    meter: LoadMeter,
    /// Callbacks have a deadline.
    realtime: bool,
    restart_requested: bool,
}

/// For the main thread.
impl Processor {
    /// Makes a processor for networks of `contract`, which passes through until one is published.
    ///
    /// # Errors
    /// [`SetupError`] if the host's configuration cannot be used.
    pub fn new(
        contract: &Contract,
        selection: Selection,
        host: HostConfig,
        parts: &Parts<'_>,
    ) -> Result<Self, SetupError> {
        let sample_rate = f64::from(host.sample_rate);
        let mut engine = Engine::new(contract, sample_rate, host.max_block as usize)?;
        let config = *engine.config();
        engine.observe(Box::new(parts.display.watch(config.fft, config.hop, sample_rate)));
        Ok(Self {
            supply: NetworkSupply::new(engine.network_slot()),
            tap: parts.recorder.attach(saturating_u32(engine.latency()), host.sample_rate),
            engine,
            selection,
            host,
            params: parts.params.clone(),
            status: parts.status.writer(),
            mono_scratch: vec![0.0; config.hop],
            stem_scratch: std::array::from_fn(|_| std::array::from_fn(|_| vec![0.0; Tap::CHUNK])),
            meter: LoadMeter::default(),
            realtime: true,
            restart_requested: false,
        })
    }

    /// Publishes a network that is ready; `Loading::OtherContract` gives it back.
    pub fn publish(&mut self, network: LoadedNetwork) -> Loading {
        self.supply.publish(network)
    }

    /// Loads a network, see `NetworkSupply::load`.
    ///
    /// # Errors
    /// As `NetworkSupply::load`.
    pub fn load(
        &mut self,
        timeout: Option<Duration>,
        load: impl FnOnce() -> Result<LoadedNetwork, NetworkError> + Send + 'static,
        report: impl FnOnce(NetworkError) + Send + 'static,
    ) -> Result<Loading, NetworkError> {
        self.supply.load(timeout, load, report)
    }

    /// A network for this selection and configuration is being loaded.
    pub fn is_loading(&self, selection: Selection, host: HostConfig) -> bool {
        self.selection == selection && self.host == host && self.supply.is_loading()
    }

    /// A network of `plan` was published into it.
    pub fn has_network_of(&self, plan: &Arc<NetworkPlan>) -> bool {
        self.supply.plan().is_some_and(|own| Arc::ptr_eq(own, plan))
    }

    /// The configuration it was made for.
    pub fn host(&self) -> HostConfig {
        self.host
    }

    /// The same processor for a selection that needs no other network.
    pub fn for_selection(self, selection: Selection) -> Self {
        Self { selection, restart_requested: false, ..self }
    }

    /// Its network, for a processor of another configuration.
    pub fn into_network(self) -> Option<Box<dyn Separator>> {
        self.engine.into_network()
    }

    /// Sets whether the host plays in real time, as it does at first, or renders offline, without deadlines.
    pub fn set_realtime(&mut self, realtime: bool) {
        self.realtime = realtime;
        self.tap.set_patient(!realtime);
    }
}

/// For any thread.
impl Processor {
    /// Delay from input to output in samples.
    pub fn latency(&self) -> u32 {
        saturating_u32(self.engine.latency())
    }

    /// The mode whose network runs.
    pub fn mode(&self) -> Mode {
        self.selection.mode
    }
}

/// For the audio thread.
impl Processor {
    /// The host has to restart the plug-in, because the selection is another than what runs. `true` once, until the
    /// selection is back or the restart has happened.
    pub fn needs_restart(&mut self) -> bool {
        let differs = Selection::of(&self.params) != self.selection;
        let request = differs && !self.restart_requested;
        self.restart_requested = differs;
        request
    }

    /// Forgets all samples. A take that is recorded ends.
    pub fn reset(&mut self) {
        self.tap.end();
        self.engine.reset();
        self.engine.set_controls(&self.params.controls());
    }

    /// Ends a take that is recorded, since no more is processed for now.
    pub fn end_take(&mut self) {
        self.tap.end();
    }

    /// A callback of `samples` begins, at whose first sample the host's transport is as told.
    pub fn begin(&mut self, transport: Transport, samples: usize) {
        self.tap.begin(transport, samples);
    }

    /// Processes one segment of samples in place: a part of the callback that has begun.
    pub fn process(&mut self, main: MainBus<'_>, stems: StemBuses<'_>) {
        self.engine.set_controls(&self.params.controls());
        let Self { engine, tap, mono_scratch, stem_scratch, .. } = self;
        match main {
            MainBus::Stereo(main) => process(engine, tap, stem_scratch, main, stems),
            // Feeds one channel to both sides and keeps the left, which at 0 dB is the input as it must be.
            MainBus::Mono(mono) => {
                for block in mono.chunks_mut(mono_scratch.len()) {
                    let mono_scratch = &mut mono_scratch[..block.len()];
                    mono_scratch.copy_from_slice(block);
                    process(engine, tap, stem_scratch, [block, mono_scratch], [const { None }; STEMS]);
                }
            }
        }
    }

    /// Writes to the status how a callback of `samples` went that began at `start`.
    pub fn report(&mut self, start: Instant, samples: usize) {
        self.status.health(self.engine.health());
        let load = self.meter.add(start, nearest_f32(samples) / self.host.sample_rate);
        if load.missed && self.realtime {
            self.status.missed_deadline();
        }
        if let Some((mean, peak)) = load.second {
            self.status.load(mean, peak);
        }
    }
}

/// Memory in the place of stem buses that are not connected.
type StemScratch = [[Vec<f32>; CHANNELS]; STEMS];

/// Processes one segment, and passes the stems on if they are recorded.
fn process(
    engine: &mut Engine,
    tap: &mut Tap,
    scratch: &mut StemScratch,
    mut main: [&mut [f32]; CHANNELS],
    mut stems: StemBuses<'_>,
) {
    let length = main[0].len();
    if !tap.listens() {
        engine.process(main, stems);
        tap.pass(length);
        return;
    }
    for from in (0..length).step_by(Tap::CHUNK) {
        let to = length.min(from + Tap::CHUNK);
        let mut spare = scratch.iter_mut();
        let mut buses = stems.each_mut().map(|stem| {
            let spare = spare.next().map(|stem| stem.each_mut().map(|channel| &mut channel[..to - from]));
            match stem {
                Some(stem) => stem.each_mut().map(|channel| &mut channel[from..to]),
                // There are as many as stems.
                None => spare.unwrap_or_default(),
            }
        });
        let main = main.each_mut().map(|channel| &mut channel[from..to]);
        engine
            .process(main, buses.each_mut().map(|stem| Some(stem.each_mut().map(|channel| &mut **channel))));
        tap.write(buses.each_ref().map(|stem| stem.each_ref().map(|channel| &**channel)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::Instance;

    const BLOCK: usize = 512;

    fn processor() -> Processor {
        Instance::default().prepare(None, 44_100.0, saturating_u32(BLOCK)).unwrap()
    }

    #[test]
    fn a_bus_that_is_not_connected_is_left_alone() {
        let connected = [true, false, true, true];
        let mut processor = processor();
        let mut main = [vec![0.5; BLOCK], vec![0.5; BLOCK]];
        let mut stems: [[Vec<f32>; CHANNELS]; STEMS] =
            std::array::from_fn(|_| [vec![7.0; BLOCK], vec![7.0; BLOCK]]);
        for _ in 0..20 {
            let mut buses = stems.iter_mut().zip(connected);
            let buses = std::array::from_fn(|_| match buses.next()? {
                (stem, true) => Some(stem.each_mut().map(Vec::as_mut_slice)),
                _ => None,
            });
            processor.process(MainBus::Stereo(main.each_mut().map(Vec::as_mut_slice)), buses);
        }
        let untouched = |stem: &[Vec<f32>; CHANNELS]| stem.iter().flatten().all(|&sample| sample == 7.0);
        assert_eq!(stems.each_ref().map(untouched), connected.map(|connected| !connected));
    }

    #[test]
    fn a_mono_bus_at_0_db_is_the_delayed_input() {
        let mut processor = processor();
        let latency = processor.latency() as usize;
        let tone = |at: usize| (nearest_f32(at) * 0.05).sin();
        for from in (0..latency + 20 * BLOCK).step_by(BLOCK) {
            let mut block: Vec<f32> = (from..from + BLOCK).map(tone).collect();
            processor.process(MainBus::Mono(&mut block), [const { None }; STEMS]);
            for (at, sample) in block.iter().enumerate() {
                let expected = (from + at).checked_sub(latency).map_or(0.0, tone);
                assert!((sample - expected).abs() < 1e-6, "sample {}: {sample}", from + at);
            }
        }
    }
}
