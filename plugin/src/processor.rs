//! One activation: an engine for the host's rate and block size, and what it needs to know of the host.

use std::sync::Arc;
use std::time::Instant;

use unbraid_engine::prepare::{Contract, NetworkPlan};
use unbraid_engine::realtime::{Engine, Separator};
use unbraid_engine::{CHANNELS, STEMS};

use crate::display::Display;
use crate::loading::Loading;
use crate::meter::LoadMeter;
use crate::mode::Mode;
use crate::params::UnbraidParams;
use crate::status::Status;

/// What a processor is made for; another one needs a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selection {
    /// The mode that is chosen and can be had.
    pub mode: Mode,
    /// The state of the user's own networks.
    pub networks: u32,
}

/// What a host says at activation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Host {
    /// Sample rate in Hz.
    pub sample_rate: f32,
    /// Most samples of one block.
    pub max_block: u32,
}

/// The main bus of a stretch of samples.
pub enum MainBus<'a> {
    /// Left and right.
    Stereo([&'a mut [f32]; CHANNELS]),
    /// One channel.
    Mono(&'a mut [f32]),
}

/// The stem buses of a stretch of samples; `None` for those to which nobody listens.
pub type StemBuses<'a> = [Option<[&'a mut [f32]; CHANNELS]>; STEMS];

/// Where an engine's network comes from.
enum Source {
    Ready(Arc<NetworkPlan>),
    /// It came, or will come, through the engine's door.
    Loading(Loading),
}

/// An engine between a host's buffers.
pub struct Processor {
    engine: Engine,
    source: Source,
    selection: Selection,
    host: Host,
    /// The second channel of a mono bus.
    mono_scratch: Vec<f32>,
    meter: LoadMeter,
    /// Callbacks have a deadline.
    realtime: bool,
    restart_requested: bool,
}

impl Processor {
    /// Makes a processor of the network `plan` for the `selection` that fills `display`. What can be kept of
    /// `previous` is: all of it if nothing changed, else its network.
    ///
    /// # Errors
    /// One line for people if the network or the host's settings cannot be used.
    pub fn prepare(
        previous: Option<Self>,
        selection: Selection,
        plan: &Arc<NetworkPlan>,
        host: Host,
        display: &Arc<Display>,
    ) -> Result<Self, String> {
        let network: Box<dyn Separator> = match previous {
            Some(previous) if previous.runs(plan) => {
                if previous.host == host {
                    return Ok(Self { selection, restart_requested: false, ..previous });
                }
                previous.engine.into_separator()
            }
            _ => Box::new(plan.instance().map_err(|fault| fault.to_string())?),
        };
        Self::new(network, plan.clone(), selection, host, display)
    }

    /// Makes a processor of a stream `network` through `plan`.
    ///
    /// # Errors
    /// One line for people if the host's settings cannot be used.
    pub fn new(
        network: Box<dyn Separator>,
        plan: Arc<NetworkPlan>,
        selection: Selection,
        host: Host,
        display: &Arc<Display>,
    ) -> Result<Self, String> {
        let engine = Engine::new(network, f64::from(host.sample_rate), host.max_block as usize)
            .map_err(|error| error.to_string())?;
        Ok(Self::around(engine, Source::Ready(plan), selection, host, display))
    }

    /// Makes a processor for a network of `contract` that is still `loading`: until it comes, the dry signal is heard.
    /// `report_problem` is told why if it never does.
    ///
    /// # Errors
    /// One line for people if the host's settings cannot be used.
    pub fn loading_network(
        loading: Loading,
        contract: &Contract,
        report_problem: impl FnOnce(String) + Send + 'static,
        selection: Selection,
        host: Host,
        display: &Arc<Display>,
    ) -> Result<Self, String> {
        let (engine, door) = Engine::awaiting(contract, f64::from(host.sample_rate), host.max_block as usize)
            .map_err(|error| error.to_string())?;
        loading.send_through(door, report_problem);
        Ok(Self::around(engine, Source::Loading(loading), selection, host, display))
    }

    fn around(
        mut engine: Engine,
        source: Source,
        selection: Selection,
        host: Host,
        display: &Arc<Display>,
    ) -> Self {
        let sizes = engine.sizes();
        engine.observe(Box::new(display.watch(sizes.fft, sizes.hop, f64::from(host.sample_rate))));
        Self {
            mono_scratch: vec![0.0; engine.sizes().hop],
            engine,
            source,
            selection,
            host,
            meter: LoadMeter::default(),
            realtime: true,
            restart_requested: false,
        }
    }

    /// Inverse transforms that were left out because nobody heard the stem.
    pub fn left_out(&self) -> u64 {
        self.engine.left_out()
    }

    /// Whether a network for this is on its way to it already.
    pub fn is_loading(&self, selection: Selection, host: Host) -> bool {
        self.selection == selection && self.host == host && self.engine.health().waiting_for_network
    }

    /// Whether it runs the network `plan`, which may have come to it while it ran.
    fn runs(&self, plan: &Arc<NetworkPlan>) -> bool {
        let its = match &self.source {
            Source::Ready(its) => Some(its.clone()),
            Source::Loading(loading) => loading.plan(),
        };
        its.is_some_and(|its| Arc::ptr_eq(&its, plan)) && !self.engine.health().waiting_for_network
    }

    /// Delay from input to output in samples.
    pub fn latency(&self) -> u32 {
        self.engine.latency() as u32
    }

    /// The mode whose network runs.
    pub fn mode(&self) -> Mode {
        self.selection.mode
    }

    /// Says whether the host plays in real time (as it is at first) or renders offline, without deadlines.
    pub fn set_realtime(&mut self, realtime: bool) {
        self.realtime = realtime;
    }

    /// Whether the host has to restart the plug-in because something else is `selection` than what runs. True once until
    /// the restart has happened.
    pub fn needs_restart(&mut self, selection: Selection) -> bool {
        let differs = selection != self.selection;
        let ask = differs && !self.restart_requested;
        self.restart_requested = differs;
        ask
    }

    /// Forgets everything heard. The audio thread may call it.
    pub fn reset(&mut self, params: &UnbraidParams) {
        self.engine.reset();
        self.engine.set_controls(&params.controls());
    }

    /// Processes one stretch of samples in place, `stems` being the stem buses that the host listens to. For the audio
    /// thread.
    pub fn process(&mut self, main: MainBus<'_>, stems: StemBuses<'_>, params: &UnbraidParams) {
        self.engine.set_controls(&params.controls());
        match main {
            MainBus::Stereo(main) => self.engine.process(main, stems),
            MainBus::Mono(mono) => self.process_mono(mono),
        }
    }

    /// Feeds one channel to both sides and keeps the left, which at 0 dB is the input as it must be.
    fn process_mono(&mut self, mono: &mut [f32]) {
        for block in mono.chunks_mut(self.mono_scratch.len()) {
            let mono_scratch = &mut self.mono_scratch[..block.len()];
            mono_scratch.copy_from_slice(block);
            let main: [&mut [f32]; CHANNELS] = [block, mono_scratch];
            self.engine.process(main, [const { None }; STEMS]);
        }
    }

    /// Tells `status` how a callback of `samples` went that began at `start`. For the audio thread.
    pub fn report(&mut self, start: Instant, samples: usize, status: &Status) {
        status.health(self.engine.health());
        let load = self.meter.add(start, samples as f32 / self.host.sample_rate);
        if load.missed && self.realtime {
            status.missed_deadline();
        }
        if let Some((mean, peak)) = load.second {
            status.load(mean, peak);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::Instance;

    const BLOCK: usize = 512;

    /// Plays with vocals and drums muted to a host that has memory for all stem buses and listens as it says; returns what
    /// the buses hold, and how many transforms were left out.
    fn played(connected: [bool; STEMS]) -> ([[Vec<f32>; CHANNELS]; STEMS], u64) {
        let instance = Instance::default();
        for id in ["vocals_mute", "drums_mute"] {
            instance.params.handle(id).unwrap().set(1.0);
        }
        let mut processor = instance.prepare(None, 44_100.0, BLOCK as u32).unwrap();
        let mut main = [vec![0.5; BLOCK], vec![0.5; BLOCK]];
        let mut stems: [[Vec<f32>; CHANNELS]; STEMS] =
            std::array::from_fn(|_| [vec![7.0; BLOCK], vec![7.0; BLOCK]]);
        for _ in 0..20 {
            let mut heard = stems.iter_mut().zip(connected);
            let heard = std::array::from_fn(|_| match heard.next()? {
                (stem, true) => Some(stem.each_mut().map(Vec::as_mut_slice)),
                _ => None,
            });
            processor.process(
                MainBus::Stereo(main.each_mut().map(Vec::as_mut_slice)),
                heard,
                &instance.params,
            );
        }
        (stems, processor.left_out())
    }

    #[test]
    fn a_bus_to_which_nobody_listens_is_left_alone() {
        let (stems, left_out) = played([true, false, true, true]);
        let untouched = |stem: &[Vec<f32>; CHANNELS]| stem.iter().flatten().all(|&sample| sample == 7.0);
        assert_eq!(stems.each_ref().map(untouched), [false, true, false, false]);
        // Two channels in each of the ten frames. Vocals are muted, too, but the host listens to them.
        assert_eq!(left_out, 20);
        assert_eq!(played([true; STEMS]).1, 0);
    }
}
