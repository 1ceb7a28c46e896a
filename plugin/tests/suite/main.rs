//! Tests of the plug-in's own entry points, called as hosts call them.

mod activation;
mod automation;
mod cases;
mod clap;
mod flush;
mod hostile;
mod hosts;
#[cfg(target_os = "linux")]
mod kernel;
mod latency;
mod layouts;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod locks;
mod promises;
mod recording;
mod states;
mod unconnected_stems;
mod values;
mod vst3;

/// As in the bundle.
#[global_allocator]
static ALLOCATOR: unbraid_engine::memory::PoolAllocator = unbraid_engine::memory::PoolAllocator::system();
