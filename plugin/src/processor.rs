//! One activation: an engine for the host's rate and block size, and what it needs to talk to the framework.

use std::time::Instant;

use nice_plug::prelude::Buffer;
use unbraid_engine::realtime::{Engine, Separator};
use unbraid_engine::{CHANNELS, STEMS};

use crate::meter::LoadMeter;
use crate::networks;
use crate::params::{Mode, UnbraidParams};
use crate::status::Status;

/// An engine between the framework's buffers.
pub struct Processor {
    engine: Engine,
    mode: Mode,
    sample_rate: f32,
    max_block: u32,
    /// The second channel of a mono bus.
    twin: Vec<f32>,
    meter: LoadMeter,
    restart_requested: bool,
}

impl Processor {
    /// Makes a processor for `mode` at `sample_rate` Hz and blocks of at most `max_block` samples.
    ///
    /// Hosts activate up to six times while a project loads, so what can be kept of `previous` is: all of it
    /// if nothing changed, else its network. Blocks until the network is ready, so that an offline host hears
    /// it from the first block on.
    ///
    /// # Errors
    /// One line for people if the network or the host's settings cannot be used.
    pub fn prepare(
        previous: Option<Self>,
        mode: Mode,
        sample_rate: f32,
        max_block: u32,
    ) -> Result<Self, String> {
        let network: Box<dyn Separator> = match previous {
            Some(previous) if previous.mode == mode => {
                if previous.sample_rate == sample_rate && previous.max_block == max_block {
                    return Ok(Self { restart_requested: false, ..previous });
                }
                previous.engine.into_separator()
            }
            _ => Box::new(networks::prepare(mode)?.instance().map_err(|fault| fault.to_string())?),
        };
        let engine = Engine::new(network, f64::from(sample_rate), max_block as usize)
            .map_err(|error| error.to_string())?;
        Ok(Self {
            twin: vec![0.0; engine.sizes().hop],
            engine,
            mode,
            sample_rate,
            max_block,
            meter: LoadMeter::default(),
            restart_requested: false,
        })
    }

    /// Delay from input to output in samples.
    pub fn latency(&self) -> u32 {
        self.engine.latency() as u32
    }

    /// Whether the host has to restart the plug-in because `chosen` is not the mode that runs. True once until
    /// the restart has happened.
    pub fn wants_restart(&mut self, chosen: Mode) -> bool {
        let wanted = chosen != self.mode;
        let ask = wanted && !self.restart_requested;
        self.restart_requested = wanted;
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
        let health = self.engine.health();
        status.health(health.replaced_samples, health.network_failed);
        if let Some((mean, peak)) = self.meter.add(start, samples as f32 / self.sample_rate) {
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
