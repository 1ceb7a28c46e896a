//! Our own entry points for CLAP and VST3, in front of the framework's.
//!
//! The framework skips processing altogether, and lets the undelayed input through, when a host hands over any
//! auxiliary bus without buffers; and it reads one element past the host's array when there are fewer buses than
//! declared. Many hosts do one or the other. An event later than its block ends makes it write behind the host's buffers,
//! a parameter value that is no number spoils the saved state, and processing before activation ends the host. So whatever a host passes, the framework is handed complete buses:
//! what is missing is replaced by memory of the instance's own. All else passes through untouched. If a later
//! release of the framework handles such hosts itself, this module goes, and the framework's export macros come
//! back.

pub mod audience;
mod buses;
mod clap;
mod clap_events;
mod vst3;
