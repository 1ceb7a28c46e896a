//! The separation engine of Unbraid: stereo audio in, four stems out, at a fixed delay.
//!
//! The crate knows no plug-in framework: plain slices go in and out.
//!
//! ```
//! use unbraid_engine::engine::{Controls, Engine};
//! use unbraid_engine::network::NetworkPlan;
//!
//! // Inference allocates; on the audio thread it does so from pools of its own.
//! #[global_allocator]
//! static ALLOCATOR: unbraid_engine::memory::PoolAllocator = unbraid_engine::memory::PoolAllocator::system();
//!
//! // Off the audio thread: prepare a network, and an engine for it.
//! let bytes = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/live.onnx"));
//! let plan = NetworkPlan::from_bytes("live.onnx", bytes)?;
//! let mut engine = Engine::new(plan.contract(), 48_000.0, 512)?;
//! engine.network_slot().publish(Box::new(plan.instance()?)).ok().expect("the engine's own contract");
//!
//! // On it: controls, and blocks of any size. The main output takes the input's place.
//! engine.set_controls(&Controls { mute: [true, false, false, false], ..Controls::default() });
//! let input: Vec<f32> = (0..2048).map(|at| (at as f32 * 0.05).sin()).collect();
//! let [mut left, mut right] = [input.clone(), input.clone()];
//! let mut stems: [[Vec<f32>; 2]; 4] = Default::default();
//! stems.iter_mut().flatten().for_each(|channel| channel.resize(input.len(), 0.0));
//! let outputs = stems.each_mut().map(|stem| Some(stem.each_mut().map(Vec::as_mut_slice)));
//! engine.process([&mut left, &mut right], outputs);
//!
//! // The stems, which are pre-level, sum to the input, `latency` samples later.
//! let latency = engine.latency();
//! for at in latency..input.len() {
//!     let sum: f32 = stems.iter().map(|[left, _]| left[at]).sum();
//!     assert!((sum - input[at - latency]).abs() < 1e-6);
//! }
//! assert_eq!(engine.health(), Default::default());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where things go
//!
//! Each walk names files in the order in which it passes them.
//!
//! * **A sample**, on the audio thread: [`engine`] (`Engine::process`) → `engine/rings` (sanitised, until its hop is
//!   complete) → `engine/frame_work` (stage by stage, as `schedule/timetable` says) → `stft/analysis` → `network/stream`
//!   → [`masks`] → `stft/synthesis` → `engine/mixer`.
//! * **A control**: `engine/mixer` ([`engine::Controls`] become ramps), and [`masks`] (focus, an exponent per frame).
//! * **A network**, off the audio thread: `network/contract` (what a file says) → `network/wiring` (names and shapes) →
//!   `network/graph` (order of execution) → `network/plan` (costs of nodes) → `network/instance` (one stream, warmed up)
//!   → `engine/network_slot` (its schedule) → [`mailbox`], out of which the audio thread takes it between two frames.
//! * **A frame's work in time**: [`frame_config`](FrameConfig) (sliced over a hop or not) → `schedule/stage` (what there
//!   is to do) → `schedule/partition` (even slices) → `schedule/timetable` (what is due).
//!
//! # Threads
//!
//! An [`engine::Engine`] and a [`network::Separator`] are used by one thread at a time; each method says whether it may be
//! the audio thread. There, nothing waits, calls the system or asks it for memory: what inference allocates comes out of
//! [`memory`], and networks come and go through a [`mailbox`].

#![cfg_attr(
    test,
    allow(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "test signals are computed from small indices"
    )
)]

pub mod cast;
pub mod engine;
mod fault;
mod frame_config;
pub mod mailbox;
pub mod masks;
pub mod memory;
pub mod network;
mod schedule;
mod spatial;
mod stems;
pub mod stft;

pub use fault::Fault;
pub use frame_config::{FrameConfig, SetupError, rate_exponent};
pub use stems::{CHANNELS, OTHER, STEM_NAMES, STEMS};
