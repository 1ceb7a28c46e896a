//! One activation: an engine for the host's rate and block size, and what it needs to talk to the framework.

use std::sync::Arc;
use std::time::Instant;

use nice_plug::prelude::Buffer;
use unbraid_engine::prepare::NetworkPlan;
use unbraid_engine::realtime::{Engine, Separator};
use unbraid_engine::{CHANNELS, STEMS};

use crate::display::Display;
use crate::meter::LoadMeter;
use crate::params::{Mode, UnbraidParams};
use crate::status::Status;

/// What a processor is made for; another one needs a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// The mode that is chosen and can be had.
    pub mode: Mode,
    /// The state of the user's own networks.
    pub networks: u32,
}

/// An engine between the framework's buffers.
pub struct Processor {
    engine: Engine,
    plan: Arc<NetworkPlan>,
    wanted: Wanted,
    sample_rate: f32,
    max_block: u32,
    /// The second channel of a mono bus.
    twin: Vec<f32>,
    meter: LoadMeter,
    /// Callbacks have a deadline.
    paced: bool,
    restart_requested: bool,
}

impl Processor {
    /// Makes a processor of the network `plan` for what is `wanted`, at `sample_rate` Hz and for blocks of at most
    /// `max_block` samples, that fills `display`. What can be kept of `previous` is: all of it if nothing changed, else
    /// its network.
    ///
    /// # Errors
    /// One line for people if the network or the host's settings cannot be used.
    pub fn prepare(
        previous: Option<Self>,
        wanted: Wanted,
        plan: &Arc<NetworkPlan>,
        sample_rate: f32,
        max_block: u32,
        display: &Arc<Display>,
    ) -> Result<Self, String> {
        let network: Box<dyn Separator> = match previous {
            Some(previous) if Arc::ptr_eq(&previous.plan, plan) => {
                if previous.sample_rate == sample_rate && previous.max_block == max_block {
                    return Ok(Self { wanted, restart_requested: false, ..previous });
                }
                previous.engine.into_separator()
            }
            _ => Box::new(plan.instance().map_err(|fault| fault.to_string())?),
        };
        let mut engine = Engine::new(network, f64::from(sample_rate), max_block as usize)
            .map_err(|error| error.to_string())?;
        let sizes = engine.sizes();
        engine.observe(Box::new(display.watch(sizes.fft, sizes.hop, f64::from(sample_rate))));
        Ok(Self {
            twin: vec![0.0; engine.sizes().hop],
            engine,
            plan: Arc::clone(plan),
            wanted,
            sample_rate,
            max_block,
            meter: LoadMeter::default(),
            paced: true,
            restart_requested: false,
        })
    }

    /// Delay from input to output in samples.
    pub fn latency(&self) -> u32 {
        self.engine.latency() as u32
    }

    /// The mode whose network runs.
    pub fn mode(&self) -> Mode {
        self.wanted.mode
    }

    /// Says whether the host plays in real time (as it is at first) or renders offline, without deadlines.
    pub fn set_paced(&mut self, paced: bool) {
        self.paced = paced;
    }

    /// Whether the host has to restart the plug-in because something else is `wanted` than what runs. True once until
    /// the restart has happened.
    pub fn wants_restart(&mut self, wanted: Wanted) -> bool {
        let differs = wanted != self.wanted;
        let ask = differs && !self.restart_requested;
        self.restart_requested = differs;
        ask
    }

    /// Forgets everything heard. The audio thread may call it.
    pub fn reset(&mut self, params: &UnbraidParams) {
        self.engine.reset();
        self.engine.set_controls(&params.controls());
    }

    /// Processes one block in place; `stems` are the auxiliary buses the host gave, if any. For the audio thread.
    pub fn process(
        &mut self,
        buffer: &mut Buffer<'_>,
        stems: &mut [Buffer<'_>],
        params: &UnbraidParams,
        status: &Status,
    ) {
        let start = Instant::now();
        self.engine.set_controls(&params.controls());
        let mut buses = stems.iter_mut();
        let outputs: [_; STEMS] = std::array::from_fn(|_| match buses.next()?.as_slice() {
            [left, right] => Some([&mut **left, &mut **right]),
            _ => None,
        });
        let samples = buffer.samples();
        match buffer.as_slice() {
            [left, right] => self.engine.process([left, right], outputs),
            [mono] => self.process_mono(mono),
            _ => {}
        }
        status.health(self.engine.health());
        let load = self.meter.add(start, samples as f32 / self.sample_rate);
        if load.missed && self.paced {
            status.missed_deadline();
        }
        if let Some((mean, peak)) = load.second {
            status.load(mean, peak);
        }
    }

    /// Feeds one channel to both sides and keeps the left, which at 0 dB is the input as it must be.
    fn process_mono(&mut self, mono: &mut [f32]) {
        for block in mono.chunks_mut(self.twin.len()) {
            let twin = &mut self.twin[..block.len()];
            twin.copy_from_slice(block);
            let main: [&mut [f32]; CHANNELS] = [block, twin];
            self.engine.process(main, [const { None }; STEMS]);
        }
    }
}
