//! Layout, rate and block size, as the host settles them before and at activation.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::instance::AudioInstance;
use crate::layout::Layout;

/// Rate in Hz that is assumed before a host has told its own.
const ASSUMED_RATE: f64 = 44_100.0;

/// One instance's configuration. The audio thread never touches it.
#[derive(Default)]
pub struct Activation(Mutex<Configuration>);

/// Settings of the host's main thread.
#[derive(Clone, Copy)]
struct Configuration {
    layout: Layout,
    sample_rate: f64,
    max_block: usize,
    active: bool,
}

impl Default for Configuration {
    fn default() -> Self {
        // Large blocks, since work is spread over a hop, which takes latency, for small ones only.
        Self { layout: Layout::default(), sample_rate: ASSUMED_RATE, max_block: usize::MAX, active: false }
    }
}

impl Activation {
    fn lock(&self) -> MutexGuard<'_, Configuration> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The layout of buses.
    pub fn layout(&self) -> Layout {
        self.lock().layout
    }

    /// Takes another layout. False while the plug-in is active: the host has to deactivate it first.
    pub fn set_layout(&self, layout: Layout) -> bool {
        let mut configuration = self.lock();
        if !configuration.active {
            configuration.layout = layout;
        }
        !configuration.active
    }

    /// Notes the host's sample rate in Hz and its largest block in samples.
    pub fn set_rate(&self, sample_rate: f64, max_block: usize) {
        let mut configuration = self.lock();
        (configuration.sample_rate, configuration.max_block) = (sample_rate, max_block);
    }

    /// Largest block in samples.
    pub fn max_block(&self) -> usize {
        self.lock().max_block
    }

    /// Notes whether the plug-in is active.
    pub fn set_active(&self, active: bool) {
        self.lock().active = active;
    }

    /// Delay in samples: of the activation, or before it that which it would have.
    pub fn latency(&self, instance: &impl AudioInstance) -> u32 {
        let Configuration { sample_rate, max_block, active, .. } = *self.lock();
        if active { instance.latency() } else { instance.expected_latency(sample_rate, max_block) }
    }
}
