//! Unbraid, the plug-in: parameters, buses and window around the [`unbraid_engine`].
//!
//! A library without exports: `crates/bundle` makes the library that hosts load of it, `crates/standalone` a program. Both
//! set [`unbraid_engine::memory::PoolAllocator`] as their global allocator, since inference allocates.

mod display;
mod editor;
mod formats;
pub mod instance;
mod latency;
mod loading;
mod meter;
pub mod mode;
pub mod networks;
pub mod params;
pub mod player;
mod plugin;
mod presets;
pub mod processor;
pub mod recorder;
mod restart;
mod shared;
pub mod status;

pub use plugin::{Restart, Unbraid};
pub use shared::made_during;

// The engine's stems are the entry points' buses.
const _: () = assert!(unbraid_formats::STEMS == unbraid_engine::STEMS);
const _: () = assert!(unbraid_formats::CHANNELS == unbraid_engine::CHANNELS);

/// As in the programs.
#[cfg(test)]
#[global_allocator]
static ALLOCATOR: unbraid_engine::memory::PoolAllocator = unbraid_engine::memory::PoolAllocator::system();
