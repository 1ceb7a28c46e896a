//! Callbacks one at a time, with clocks on each: for benches, which drop the output.

use crate::clap::ClapHost;
use crate::error::Error;
use crate::processing::Callback;

/// One call of the plug-in's `process`.
pub type Call<'a> = dyn FnMut() -> Result<Callback, Error> + 'a;

impl ClapHost {
    /// Starts processing on a thread of its own and runs `work` there, which calls for callbacks as it likes: each
    /// processes the next `block` samples of `song` (`[channel][sample]`, over and over), with buffers for the first
    /// `buses` output ports. What comes out is dropped.
    ///
    /// # Errors
    /// [`Error::NotActive`]; [`Error::Shape`] for audio or blocks that do not fit; [`Error::Process`] when the plug-in
    /// does not start; and what `work` gives back.
    ///
    /// # Panics
    /// When `work` does.
    pub fn clocked<R: Send>(
        &mut self,
        song: &[Vec<f32>],
        block: usize,
        buses: usize,
        work: impl FnOnce(&mut Call<'_>) -> Result<R, Error> + Send,
    ) -> Result<R, Error> {
        self.check_shape(song, &[block])?;
        if song.iter().any(|channel| channel.len() < block) {
            return Err(Error::Shape(format!("need at least {block} samples")));
        }
        self.on_audio_thread(buses, |processing| {
            let length = song[0].len() / block * block;
            let mut at = 0;
            work(&mut || {
                for (buffer, channel) in processing.input(block).iter_mut().zip(song) {
                    buffer.copy_from_slice(&channel[at..at + block]);
                }
                at = (at + block) % length;
                processing.process(&[])
            })
        })
    }
}
