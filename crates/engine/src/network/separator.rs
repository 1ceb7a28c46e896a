//! The engine's view of a network, behind which tests put something else.

use crate::fault::Fault;
use crate::masks::Masks;
use crate::network::contract::Contract;

/// A stream of frames through one network, cut into steps.
///
/// The engine calls [`begin`](Self::begin), [`step`](Self::step), [`finish`](Self::finish), [`reset`](Self::reset) and
/// [`memory_fallbacks`](Self::memory_fallbacks) on the audio thread, where an implementation must neither wait, call the
/// system nor ask it for memory; [`contract`](Self::contract) and [`costs`](Self::costs) off it, when the network is
/// published.
pub trait Separator: Send {
    /// The contract of the network that runs here.
    fn contract(&self) -> &Contract;

    /// Run time of each step in seconds, roughly; the length is the number of steps.
    fn costs(&self) -> &[f32];

    /// Starts a frame with `mixture`, laid out `[4, F]`: left real, left imaginary, right real, right imaginary.
    ///
    /// # Errors
    /// [`Fault`] if the frame cannot be started.
    fn begin(&mut self, mixture: &[f32]) -> Result<(), Fault>;

    /// Runs step `index` of the frame. Steps are run in order, each once.
    ///
    /// # Errors
    /// [`Fault`] if the step failed; the frame is lost then.
    fn step(&mut self, index: usize) -> Result<(), Fault>;

    /// Ends the frame and writes its masks.
    ///
    /// # Errors
    /// [`Fault`] if the frame has no result.
    fn finish(&mut self, masks: &mut Masks) -> Result<(), Fault>;

    /// Forgets all frames, one in progress included.
    fn reset(&mut self);

    /// Requests for memory beyond what the stream was given, which the system served.
    fn memory_fallbacks(&self) -> u64 {
        0
    }

    /// Runs a whole frame at once.
    ///
    /// # Errors
    /// [`Fault`] if any part of it failed.
    fn run_frame(&mut self, mixture: &[f32], masks: &mut Masks) -> Result<(), Fault> {
        self.begin(mixture)?;
        for index in 0..self.costs().len() {
            self.step(index)?;
        }
        self.finish(masks)
    }
}
