//! Tests of the plug-in's own entry points, called as hosts call them.

mod activation;
mod cases;
mod clap;
#[cfg(target_os = "linux")]
mod kernel;
mod vst3;
