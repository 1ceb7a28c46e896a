//! What the audio thread tells the window: single numbers, each written by one side and read by the other.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};

use atomic_float::AtomicF32;

use crate::params::Mode;

/// Shared between activation, the audio thread and the window. No lock; every field stands for itself.
#[derive(Default)]
pub struct Status {
    latency: AtomicU32,
    sample_rate: AtomicF32,
    /// 0: not active, 1: Studio, 2: Live.
    active_mode: AtomicU8,
    replaced_samples: AtomicU64,
    network_failed: AtomicBool,
    load: AtomicF32,
    peak_load: AtomicF32,
}

impl Status {
    /// Notes what was activated. From activation.
    pub fn activated(&self, mode: Mode, latency: u32, sample_rate: f32) {
        self.latency.store(latency, Ordering::Relaxed);
        self.sample_rate.store(sample_rate, Ordering::Relaxed);
        self.active_mode.store(if mode == Mode::Studio { 1 } else { 2 }, Ordering::Relaxed);
    }

    /// Notes what the engine met. From the audio thread.
    pub fn health(&self, replaced_samples: u64, network_failed: bool) {
        self.replaced_samples.store(replaced_samples, Ordering::Relaxed);
        self.network_failed.store(network_failed, Ordering::Relaxed);
    }

    /// Notes the share of real time that processing took, as mean and peak of the last second. From the audio
    /// thread.
    pub fn load(&self, mean: f32, peak: f32) {
        self.load.store(mean, Ordering::Relaxed);
        self.peak_load.store(peak, Ordering::Relaxed);
    }

    /// Latency in samples and in milliseconds, once activated.
    pub fn latency(&self) -> Option<(u32, f32)> {
        let rate = self.sample_rate.load(Ordering::Relaxed);
        let latency = self.latency.load(Ordering::Relaxed);
        (rate > 0.0).then(|| (latency, 1000.0 * latency as f32 / rate))
    }

    /// The mode that runs, once activated.
    pub fn active_mode(&self) -> Option<Mode> {
        match self.active_mode.load(Ordering::Relaxed) {
            1 => Some(Mode::Studio),
            2 => Some(Mode::Live),
            _ => None,
        }
    }

    /// Input samples that were no numbers.
    pub fn replaced_samples(&self) -> u64 {
        self.replaced_samples.load(Ordering::Relaxed)
    }

    /// Whether the network failed and the dry signal is heard.
    pub fn network_failed(&self) -> bool {
        self.network_failed.load(Ordering::Relaxed)
    }

    /// Mean and peak share of real time.
    pub fn loads(&self) -> (f32, f32) {
        (self.load.load(Ordering::Relaxed), self.peak_load.load(Ordering::Relaxed))
    }
}
