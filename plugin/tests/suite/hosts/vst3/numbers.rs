//! VST3's enumerations, whose type differs between systems.
#![allow(
    clippy::unnecessary_cast,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "small numbers"
)]

use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::{
    BusDirections_, MediaTypes_, ProcessContext_, ProcessModes_, RestartFlags_, SymbolicSampleSizes_,
};

pub const SINGLE: i32 = SymbolicSampleSizes_::kSample32 as i32;
pub const DOUBLE: i32 = SymbolicSampleSizes_::kSample64 as i32;
pub const REALTIME: i32 = ProcessModes_::kRealtime as i32;
pub const OFFLINE: i32 = ProcessModes_::kOffline as i32;
pub const PLAYING: u32 = ProcessContext_::StatesAndFlags_::kPlaying as u32;
pub const AUDIO: i32 = MediaTypes_::kAudio as i32;
pub const INPUT: i32 = BusDirections_::kInput as i32;
pub const OUTPUT: i32 = BusDirections_::kOutput as i32;
pub const LATENCY_CHANGED: i32 = RestartFlags_::kLatencyChanged as i32;
