//! The plug-in's own files `formats/buses.rs` and `formats/clap_events.rs`, compiled with their tests and nothing else.
#![allow(dead_code)]

/// What the files take from the engine.
extern crate self as unbraid_engine;

pub const CHANNELS: usize = 2;
pub const STEMS: usize = 4;

#[path = "../../src/formats/buses.rs"]
mod buses;
#[path = "../../src/formats/clap_events.rs"]
mod clap_events;

#[cfg(test)]
mod planted {
    /// `cargo test -- --ignored` must be stopped by the tool: if this passes, the tool sees nothing.
    #[test]
    #[ignore = "a fault on purpose"]
    fn a_read_behind_the_end_must_be_found() {
        let memory = vec![1.0f32; 16];
        let pointer = std::hint::black_box(memory.as_ptr());
        // SAFETY: there is none; the fault is the point.
        let behind = unsafe { pointer.add(std::hint::black_box(16)).read() };
        assert!(std::hint::black_box(behind) != 12_345.0);
    }
}
