//! The plug-in's own files `formats/buses.rs` and `formats/clap_events.rs`, compiled with their tests and nothing else.
#![allow(dead_code)]

/// What the files take from the engine.
extern crate self as unbraid_engine;

pub const CHANNELS: usize = 2;
pub const STEMS: usize = 4;

/// What they take from the plug-in's processor.
mod processor {
    pub enum MainBus<'a> {
        Stereo([&'a mut [f32]; 2]),
        Mono(&'a mut [f32]),
    }

    pub type StemBuses<'a> = [Option<[&'a mut [f32]; 2]>; 4];
}

/// What they take from the plug-in's parameters: two, one with steps.
mod callback {
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub enum Change {
        Set(f32),
        Modulate(f32),
    }

    #[derive(Clone, Copy)]
    pub struct Parameter(f32);

    impl Parameter {
        pub fn steps(self) -> f32 {
            self.0
        }
    }

    pub struct Callback;

    impl Callback {
        pub fn new(_: crate::shared::PluginShared) -> Self {
            Self
        }

        pub fn ids(&self) -> Vec<u32> {
            vec![10, 11]
        }

        pub fn parameter(&self, id: u32) -> Option<Parameter> {
            self.ids().contains(&id).then_some(Parameter(1.0))
        }
    }
}

mod shared {
    #[derive(Default)]
    pub struct PluginShared;
}

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
