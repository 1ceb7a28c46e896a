//! Numbers and messages for the window: single atomic numbers, each written by one side, and texts behind locks that the
//! audio thread never takes.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use atomic_float::AtomicF32;
use unbraid_engine::cast::nearest_f32;
use unbraid_engine::engine::Health;
use unbraid_engine::network::Contract;

use crate::mode::Mode;

/// Written by activation and, through a [`StatusWriter`], by the audio thread; read by the window. Every field stands for
/// itself.
#[derive(Default)]
pub struct Status {
    latency: AtomicU32,
    sample_rate: AtomicF32,
    /// [`STUDIO`] or [`LIVE`]; 0 before the first activation.
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
    /// Messages that wait for a window. The audio thread never touches them.
    problems: Mutex<Vec<String>>,
}

const STUDIO: u8 = 1;
const LIVE: u8 = 2;

/// Most messages that wait for a window: without one, a fault that repeats must not fill the memory.
const MOST_PROBLEMS: usize = 8;

/// A network as the window shows it.
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
    /// The audio thread's end.
    pub fn writer(self: &Arc<Self>) -> StatusWriter {
        StatusWriter(Arc::clone(self))
    }

    /// Sets what was activated. The audio thread may call it.
    pub fn activated(&self, mode: Mode, latency: u32, sample_rate: f32) {
        self.latency.store(latency, Ordering::Relaxed);
        self.sample_rate.store(sample_rate, Ordering::Relaxed);
        let mode = match mode {
            Mode::Studio => STUDIO,
            Mode::Live => LIVE,
        };
        self.active_mode.store(mode, Ordering::Relaxed);
    }

    /// Sets the network that was prepared, and its file if it is the user's own. Not for the audio thread.
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

    /// Leaves a message until a window takes it. Not for the audio thread.
    pub fn report_problem(&self, line: String) {
        let mut problems = self.problems.lock().unwrap_or_else(PoisonError::into_inner);
        if problems.len() < MOST_PROBLEMS && !problems.contains(&line) {
            problems.push(line);
        }
    }

    /// Latency in samples and in milliseconds, once activated.
    pub fn latency(&self) -> Option<(u32, f32)> {
        let rate = self.sample_rate.load(Ordering::Relaxed);
        let latency = self.latency.load(Ordering::Relaxed);
        (rate > 0.0).then(|| (latency, 1000.0 * nearest_f32(latency as usize) / rate))
    }

    /// The mode that runs, once activated.
    pub fn active_mode(&self) -> Option<Mode> {
        match self.active_mode.load(Ordering::Relaxed) {
            STUDIO => Some(Mode::Studio),
            LIVE => Some(Mode::Live),
            _ => None,
        }
    }

    /// Input samples that were not finite.
    pub fn replaced_samples(&self) -> u64 {
        self.replaced_samples.load(Ordering::Relaxed)
    }

    /// The network failed, and the output is the dry signal.
    pub fn network_failed(&self) -> bool {
        self.network_failed.load(Ordering::Relaxed)
    }

    /// No network is there yet, and the output is the dry signal.
    pub fn waiting_for_network(&self) -> bool {
        self.waiting_for_network.load(Ordering::Relaxed)
    }

    /// Mean and peak load of the last second, as fractions of real time.
    pub fn loads(&self) -> (f32, f32) {
        (self.load.load(Ordering::Relaxed), self.peak_load.load(Ordering::Relaxed))
    }

    /// Callbacks that took longer than their audio.
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

    /// Takes the messages that wait, oldest first. Not for the audio thread.
    pub fn take_problems(&self) -> Vec<String> {
        std::mem::take(&mut *self.problems.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The audio thread's end of a [`Status`], of which each processor has one.
pub struct StatusWriter(Arc<Status>);

/// For the audio thread.
impl StatusWriter {
    /// Sets the engine's health.
    pub fn health(&self, health: Health) {
        let status = &*self.0;
        status.replaced_samples.store(health.replaced_samples, Ordering::Relaxed);
        status.network_failed.store(health.network_failed, Ordering::Relaxed);
        status.waiting_for_network.store(health.waiting_for_network, Ordering::Relaxed);
        status.fallbacks.store(health.memory_fallbacks, Ordering::Relaxed);
    }

    /// Counts a callback that took longer than its audio.
    pub fn missed_deadline(&self) {
        self.0.missed_deadlines.fetch_add(1, Ordering::Relaxed);
    }

    /// Sets mean and peak load of the last second, as fractions of real time.
    pub fn load(&self, mean: f32, peak: f32) {
        self.0.load.store(mean, Ordering::Relaxed);
        self.0.peak_load.store(peak, Ordering::Relaxed);
    }
}
