//! Tests of the plug-in's own entry points, called as hosts call them.

mod activation;
mod automation;
mod cases;
mod clap;
mod flush;
mod hostile;
mod hosts;
mod hosts_clap;
mod hosts_vst3;
#[cfg(target_os = "linux")]
mod kernel;
mod layouts;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod locks;
#[path = "../../../crates/engine/tests/suite/measure.rs"]
mod measure;
#[path = "../../../crates/host/src/parameters.rs"]
mod parameters;
mod promises;
mod rest;
mod vst3;
