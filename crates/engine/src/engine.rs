//! The fixed-delay system around a network: samples in, the same samples as stems out, a constant later.

mod frame_history;
mod frame_work;
mod mixer;
mod network_slot;
mod observer;
mod rings;
mod stage_times;

use crate::frame_config::{FrameConfig, SetupError};
use crate::network::{Contract, Separator};
use crate::stems::{CHANNELS, STEMS};

use frame_work::FrameWork;
use mixer::Mixer;
use rings::Rings;

pub use mixer::{Controls, Tap};
pub use network_slot::NetworkSlot;
pub use observer::{MixedSegment, Observer, SeparatedFrame};
pub use stage_times::StageTimes;

/// What went wrong since the last reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Health {
    /// Input samples that were not finite (or absurdly large) and were taken as 0.
    pub replaced_samples: u64,
    /// The network failed: the input goes to the stem Other until the next reset, or until another network is published.
    pub network_failed: bool,
    /// Times that the network asked for more memory than its pool has, since it was made.
    pub memory_fallbacks: u64,
    /// No network has been taken yet: the input goes to the stem Other.
    pub waiting_for_network: bool,
}

/// Separates a stream of stereo audio with a constant delay, in blocks of any size.
///
/// An engine begins as a pass-through: all of the signal is in the stem Other, at the latency that the network will have.
/// A network is published into its [slot](Engine::network_slot), before the first sample or while the engine runs.
///
/// The output depends on the input's samples, on when (at which sample) controls were set and on the frame from which on
/// the network was there, never on how the host cuts time into blocks.
pub struct Engine {
    config: FrameConfig,
    rings: Rings,
    frame_work: FrameWork,
    mixer: Mixer,
    observer: Option<Box<dyn Observer>>,
    /// Samples since the last frame was complete.
    phase: usize,
    /// The stems' focus from the next frame on.
    focus: [f32; STEMS],
    /// No sample has been processed since the last reset, so controls take effect without a ramp.
    fresh: bool,
    replaced_samples: u64,
}

impl Engine {
    /// Sets an engine up for networks of `contract`, and for a host that runs at `sample_rate` Hz and never hands over
    /// more than `max_block` samples at once (more is allowed; it only decides about time-slicing).
    ///
    /// Allocates everything that processing needs and takes a few milliseconds: never on the audio thread.
    ///
    /// # Errors
    /// [`SetupError`] if the sample rate is not a positive number.
    pub fn new(contract: &Contract, sample_rate: f64, max_block: usize) -> Result<Self, SetupError> {
        let config = FrameConfig::new(contract, sample_rate, max_block)?;
        Ok(Self {
            rings: Rings::new(&config),
            frame_work: FrameWork::new(contract, &config, max_block),
            mixer: Mixer::new(sample_rate, config.hop),
            config,
            observer: None,
            phase: 0,
            focus: Controls::default().stem_focus(),
            fresh: true,
            replaced_samples: 0,
        })
    }

    /// A handle by which networks are published into this engine. Not for the audio thread.
    pub fn network_slot(&self) -> NetworkSlot {
        self.frame_work.slot().clone()
    }

    /// The network that was published last, if any, for an engine of another rate or block size. Not for the audio thread.
    pub fn into_network(self) -> Option<Box<dyn Separator>> {
        self.frame_work.into_network()
    }

    /// Delay from input to output in samples, constant for the engine's life. Any thread.
    pub fn latency(&self) -> usize {
        self.config.latency()
    }

    /// The lengths this engine works with. Any thread.
    pub fn config(&self) -> &FrameConfig {
        &self.config
    }

    /// What went wrong since the last reset. The audio thread may call it.
    pub fn health(&self) -> Health {
        Health {
            replaced_samples: self.replaced_samples,
            network_failed: self.frame_work.has_failed(),
            memory_fallbacks: self.frame_work.separator().memory_fallbacks(),
            waiting_for_network: self.frame_work.is_passthrough(),
        }
    }

    /// Sets the observer, in the place of one before. It changes nothing about the output. Not for the audio thread: it
    /// drops the one before.
    pub fn observe(&mut self, observer: Box<dyn Observer>) {
        self.observer = Some(observer);
    }

    /// Starts to time every stage, from 0. For benches: it costs two looks at the clock a stage. Allocates: not for the
    /// audio thread.
    pub fn time_stages(&mut self) {
        self.frame_work.time_stages();
    }

    /// What the stages took since [`Engine::time_stages`], if that was called. Any thread.
    pub fn stage_times(&self) -> Option<&StageTimes> {
        self.frame_work.stage_times()
    }

    /// Forgets all samples. What follows is bit for bit what a new engine with the same network would do. The audio
    /// thread may call it.
    pub fn reset(&mut self) {
        self.frame_work.reset();
        self.rings.reset();
        self.mixer.jump();
        self.phase = 0;
        self.fresh = true;
        self.replaced_samples = 0;
    }

    /// Sets the controls from the next sample on, gains in ramps of 8 ms. The audio thread may call it.
    pub fn set_controls(&mut self, controls: &Controls) {
        self.mixer.set(controls);
        if self.fresh {
            self.mixer.jump();
        }
        self.focus = controls.stem_focus();
    }

    /// Processes one block: `main` holds the input and becomes the main output, and each stem output that is connected
    /// (`Some`) is overwritten. All slices must have the same length, which may be any, 0 included. Which outputs are
    /// connected may change from block to block.
    ///
    /// For the audio thread: makes no system call, takes no lock, and asks the system for no memory, provided
    /// that [`crate::memory::PoolAllocator`] is the program's global allocator.
    pub fn process(
        &mut self,
        mut main: [&mut [f32]; CHANNELS],
        mut stems: [Option<[&mut [f32]; CHANNELS]>; STEMS],
    ) {
        let length = main[0].len();
        if self.fresh && length > 0 {
            // No frame is in work, so a network that was published before the first sample runs from there on.
            self.frame_work.take_network();
            self.fresh = false;
        }
        let mut from = 0;
        while from < length {
            let to = length.min(from + self.config.hop - self.phase);
            self.replaced_samples += self.rings.push_input(main.each_ref().map(|channel| &channel[from..to]));
            self.work(to - from);
            let main = main.each_mut().map(|channel| &mut channel[from..to]);
            let stems = stems.each_mut().map(|stem| {
                stem.as_mut().map(|channels| channels.each_mut().map(|channel| &mut channel[from..to]))
            });
            self.mix(main, stems);
            from = to;
        }
    }

    /// Does the work that falls due with `length` more samples.
    fn work(&mut self, length: usize) {
        self.phase += length;
        if self.config.slicing > 0 {
            self.frame_work.run_due(self.phase, &mut self.rings, &mut self.observer);
        }
        if self.phase == self.config.hop {
            self.phase = 0;
            self.frame_work.start(&mut self.rings, self.focus);
            if self.config.slicing == 0 {
                self.frame_work.run_due(0, &mut self.rings, &mut self.observer);
            }
        }
    }

    /// Mixes the next segment of finished stems into the outputs.
    fn mix(&mut self, mut main: [&mut [f32]; CHANNELS], stems: [Option<[&mut [f32]; CHANNELS]>; STEMS]) {
        let length = main[0].len();
        let segment = self.rings.pop_segment(length);
        self.mixer.mix(&segment, main.each_mut().map(|channel| &mut **channel), stems);
        if let Some(observer) = &mut self.observer {
            let gains = self.mixer.gains(length);
            let main = main.each_ref().map(|channel| &**channel);
            observer.mixed(&MixedSegment { stems: segment.stems, gains, main });
        }
    }
}
