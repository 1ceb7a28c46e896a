//! What the engine asks of a network, so that tests can put something else in its place.

use crate::prepare::Contract;

/// Inference failed; the engine goes on with the dry signal. Carries nothing, because words would have to be
/// formatted on the audio thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the network failed while running")]
pub struct Fault;

/// A stream of frames through one network, cut into steps.
///
/// All calls but [`Separator::contract`] come from the audio thread.
pub trait Separator: Send {
    /// The contract of the network that runs here.
    fn contract(&self) -> &Contract;

    /// The relative cost of each step; its length is the number of steps.
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

    /// Ends the frame and writes its shares, laid out `[4, 2, F]`: stems, channels, bins.
    ///
    /// # Errors
    /// [`Fault`] if the frame has no result.
    fn finish(&mut self, masks: &mut [f32]) -> Result<(), Fault>;

    /// Forgets everything heard so far, a frame in progress included.
    fn reset(&mut self);

    /// Times that the stream asked for more memory than it was given, and the system's was used.
    fn memory_fallbacks(&self) -> u64 {
        0
    }

    /// Runs a whole frame at once.
    ///
    /// # Errors
    /// [`Fault`] if any part of it failed.
    fn run_frame(&mut self, mixture: &[f32], masks: &mut [f32]) -> Result<(), Fault> {
        self.begin(mixture)?;
        for index in 0..self.costs().len() {
            self.step(index)?;
        }
        self.finish(masks)
    }
}
