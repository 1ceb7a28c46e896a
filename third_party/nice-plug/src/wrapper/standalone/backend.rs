mod cpal;
mod dummy;
mod jack;

use anyhow::Result;
use crossbeam::sync::Parker;
use nice_plug_core::audio_setup::AuxiliaryBuffers;
use nice_plug_core::context::process::Transport;
use nice_plug_core::midi::PluginNoteEvent;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub use self::cpal::CpalMidir;
pub use self::dummy::Dummy;
pub use self::jack::Jack;
pub use crate::buffer::Buffer;
pub use crate::plugin::Plugin;

/// An audio+MIDI backend for the standalone wrapper.
pub trait Backend<P: Plugin>: 'static + Send + Sync {
    /// Start processing audio and MIDI on this thread. The process callback will be called whenever
    /// there's a new block of audio to be processed. The process callback receives the audio
    /// buffers for the wrapped plugin's outputs. Any inputs will have already been copied to this
    /// buffer. This will block until the process callback returns `false`, until the audio server or
    /// device goes away, or until `should_terminate` is set. The latter matters when the server or
    /// device has stalled and the process callback is never called again.
    ///
    /// Returns an error if processing ended because the server or device went away.
    fn run(
        &mut self,
        should_terminate: &AtomicBool,
        cb: impl FnMut(
            &mut Buffer,
            &mut AuxiliaryBuffers,
            Transport,
            &[PluginNoteEvent<P>],
            &mut Vec<PluginNoteEvent<P>>,
        ) -> bool
        + 'static
        + Send,
    ) -> Result<()>;
}

/// Block this thread until one of `flags` is set. The flags are polled, so that they can also be set
/// where `parker` cannot be unparked.
fn park_until(parker: &Parker, flags: &[&AtomicBool]) {
    while !flags.iter().any(|flag| flag.load(Ordering::SeqCst)) {
        parker.park_timeout(Duration::from_millis(50));
    }
}
