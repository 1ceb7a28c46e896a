//! Our own entry points for CLAP and VST3, in front of the framework's.
//!
//! Everything goes through to the framework but audio. The framework's own `process` skips the processing altogether, and lets
//! the undelayed input through, when a host hands over any auxiliary bus without buffers; it reads one element past
//! the host's array when there are fewer buses than declared; an event later than its block ends makes it write behind
//! the host's buffers; processing before activation ends the host; and it takes locks. Many hosts do one or another of
//! these. So [`buses`] makes the buses complete, [`clap_events`] and [`vst3_changes`] read what happens to parameters, and
//! [`callback`] does the rest, in both formats alike.

mod buses;
mod callback;
mod clap;
mod clap_events;
mod vst3;
mod vst3_changes;
