//! What the audio thread tells the window: single numbers, each written by one side and read by the other. What
//! activation tells it in words is behind locks that the audio thread never takes.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use atomic_float::AtomicF32;
use unbraid_engine::prepare::Contract;
use unbraid_engine::realtime::Health;

use crate::mode::Mode;

/// Shared between activation, the audio thread and the window. Every field stands for itself.
#[derive(Default)]
pub struct Status {
    latency: AtomicU32,
    sample_rate: AtomicF32,
    /// 0: not active, 1: Studio, 2: Live.
    active_mode: AtomicU8,
    replaced_samples: AtomicU64,
    network_failed: AtomicBool,
    waiting_for_network: AtomicBool,
    load: AtomicF32,
    peak_load: AtomicF32,
    missed_deadlines: AtomicU64,
    fallbacks: AtomicU64,
    /// The network that was prepared last. The audio thread never touches it.
    network: Mutex<Option<NetworkInfo>>,
    /// Lines for people that wait for a window. The audio thread never touches them.
    problems: Mutex<Vec<String>>,
}

/// Most lines that wait for a window: without one, a fault that repeats must not fill the memory.
const MOST_PROBLEMS: usize = 8;

/// What the window says about a network.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkInfo {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The mode it was made for.
    pub mode: String,
    /// The licences of its training data.
    pub licences: String,
    /// Its file, or `None` if it is built in.
    pub file: Option<PathBuf>,
}

impl Status {
    /// Notes what was activated. From activation.
    pub fn activated(&self, mode: Mode, latency: u32, sample_rate: f32) {
        self.latency.store(latency, Ordering::Relaxed);
        self.sample_rate.store(sample_rate, Ordering::Relaxed);
        self.active_mode.store(if mode == Mode::Studio { 1 } else { 2 }, Ordering::Relaxed);
    }

    /// Notes which network was prepared, and its file if it is the user's own. Not for the audio thread.
    pub fn prepared(&self, contract: &Contract, file: Option<&Path>) {
        let info = NetworkInfo {
            name: contract.name.clone(),
            version: contract.version.clone(),
            mode: contract.mode.to_string(),
            licences: contract.licences.clone(),
            file: file.map(Path::to_owned),
        };
        *self.network.lock().unwrap_or_else(PoisonError::into_inner) = Some(info);
    }

    /// Leaves a line for people, until a window takes it. Not for the audio thread.
    pub fn report_problem(&self, line: String) {
        let mut problems = self.problems.lock().unwrap_or_else(PoisonError::into_inner);
        if problems.len() < MOST_PROBLEMS && !problems.contains(&line) {
            problems.push(line);
        }
    }

    /// Notes what the engine met. From the audio thread.
    pub fn health(&self, health: Health) {
        self.replaced_samples.store(health.replaced_samples, Ordering::Relaxed);
        self.network_failed.store(health.network_failed, Ordering::Relaxed);
        self.waiting_for_network.store(health.waiting_for_network, Ordering::Relaxed);
        self.fallbacks.store(health.memory_fallbacks, Ordering::Relaxed);
    }

    /// Notes a callback that took longer than the audio it stood for. From the audio thread.
    pub fn missed_deadline(&self) {
        self.missed_deadlines.fetch_add(1, Ordering::Relaxed);
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

    /// Whether the network is still being prepared and the dry signal is heard.
    pub fn waiting_for_network(&self) -> bool {
        self.waiting_for_network.load(Ordering::Relaxed)
    }

    /// Mean and peak share of real time.
    pub fn loads(&self) -> (f32, f32) {
        (self.load.load(Ordering::Relaxed), self.peak_load.load(Ordering::Relaxed))
    }

    /// Callbacks that took longer than the audio they stood for.
    pub fn missed_deadlines(&self) -> u64 {
        self.missed_deadlines.load(Ordering::Relaxed)
    }

    /// Times that inference asked for more memory than its pool has.
    pub fn fallbacks(&self) -> u64 {
        self.fallbacks.load(Ordering::Relaxed)
    }

    /// The network that was prepared last. Not for the audio thread.
    pub fn network(&self) -> Option<NetworkInfo> {
        self.network.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The lines that wait, oldest first; they are gone then. Not for the audio thread.
    pub fn take_problems(&self) -> Vec<String> {
        std::mem::take(&mut *self.problems.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
