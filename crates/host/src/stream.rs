//! Streaming: a whole song through `process`, block by block, on a thread of its own, with a clock on every callback.

use crate::clap::ClapHost;
use crate::error::Error;
use crate::parameters::parameter_id;
use crate::processing::{Processing, RawChange};
use crate::timing::Timing;

/// How the host cuts time: these sizes in samples, over and over.
#[derive(Debug, Clone)]
pub struct Blocks(Vec<usize>);

impl Blocks {
    /// Blocks of one size, in samples.
    #[must_use]
    pub fn of(size: usize) -> Self {
        Self(vec![size])
    }

    /// Blocks of these sizes in turn, in samples.
    #[must_use]
    pub fn cycle(sizes: &[usize]) -> Self {
        Self(sizes.to_vec())
    }
}

/// A parameter change at an exact sample.
#[derive(Debug, Clone)]
pub struct Change {
    /// Sample of the stream at which the value changes.
    pub at: usize,
    /// The parameter's string id.
    pub id: String,
    /// The CLAP value, from [`ClapHost::value_of_text`].
    pub value: f64,
}

/// Outputs of the plug-in.
#[derive(Debug, Clone)]
pub struct Played {
    /// `ports[port][channel][sample]`, as long as what went in. Samples that the plug-in failed to write are NaN.
    pub ports: Vec<Vec<Vec<f32>>>,
    /// The clock's findings.
    pub timing: Timing,
}

/// How [`ClapHost::pass`] plays.
#[derive(Debug, Clone)]
pub struct Pass<'a> {
    /// The sizes of blocks.
    pub blocks: Blocks,
    /// Parameter changes, in any order.
    pub changes: &'a [Change],
    /// Samples to leave out at the start of what comes out, and of silence to feed after the end of what goes in: the
    /// plug-in's latency, for outputs that line up with the input.
    pub trim: usize,
}

/// One block of all outputs.
#[derive(Debug, Clone, Copy)]
pub struct Block<'a> {
    ports: &'a [Vec<Vec<f32>>],
    first: usize,
}

impl<'a> Block<'a> {
    /// The samples of a channel of an output port; all of a block's are of one length.
    ///
    /// # Panics
    /// When there is no such port or channel.
    #[must_use]
    pub fn channel(&self, port: usize, channel: usize) -> &'a [f32] {
        &self.ports[port][channel][self.first..]
    }

    /// How many ports there are.
    #[must_use]
    pub fn ports(&self) -> usize {
        self.ports.len()
    }

    /// How many channels a port has.
    ///
    /// # Panics
    /// When there is no such port.
    #[must_use]
    pub fn channels(&self, port: usize) -> usize {
        self.ports[port].len()
    }
}

/// Fills the buffers `[channel][sample]` of a block, all of one length, and says how many samples there were: fewer than
/// asked for are the last.
pub type Source<'a, E> = dyn FnMut(&mut [Vec<f32>]) -> Result<usize, E> + Send + 'a;

/// Takes the outputs of a block.
pub type Sink<'a, E> = dyn FnMut(&Block<'_>) -> Result<(), E> + Send + 'a;

impl ClapHost {
    /// Makes sure that audio `[channel][sample]` and blocks fit the plug-in and its activation.
    pub(crate) fn check_shape(&self, song: &[Vec<f32>], blocks: &[usize]) -> Result<(), Error> {
        let main_input = self.inputs.first().map_or(0, |port| port.channels);
        if song.len() != main_input {
            return Err(Error::Shape(format!(
                "the plug-in's main input has {main_input} channels, the song {}",
                song.len()
            )));
        }
        if song.windows(2).any(|pair| pair[0].len() != pair[1].len()) {
            return Err(Error::Shape("the song's channels differ in length".into()));
        }
        self.check_blocks(blocks)
    }

    fn check_blocks(&self, blocks: &[usize]) -> Result<(), Error> {
        let (_, max_block) = self.activation.ok_or(Error::NotActive)?;
        let fits = |size: usize| size > 0 && u32::try_from(size).is_ok_and(|size| size <= max_block);
        if blocks.is_empty() || !blocks.iter().all(|&size| fits(size)) {
            return Err(Error::Shape(format!("blocks must have 1 to {max_block} samples: {blocks:?}")));
        }
        Ok(())
    }

    /// Plays a stream of any length through the plug-in's main input in memory of one block: `source` is asked for every
    /// block, and `sink` is handed what comes out, both on the audio thread, between callbacks.
    ///
    /// The plug-in starts and stops processing around the call, as a DAW does at play and stop.
    ///
    /// # Errors
    /// [`Error::NotActive`], [`Error::Shape`] for blocks that do not fit the activation, [`Error::UnknownParameter`] for a
    /// change of a parameter that does not exist, [`Error::Process`]; and what `source` and `sink` give back.
    pub fn pass<E: From<Error> + Send>(
        &mut self,
        pass: &Pass<'_>,
        source: &mut Source<'_, E>,
        sink: &mut Sink<'_, E>,
    ) -> Result<Timing, E> {
        let (rate, _) = self.activation.ok_or(Error::NotActive)?;
        self.check_blocks(&pass.blocks.0)?;
        let mut changes = Vec::with_capacity(pass.changes.len());
        for change in pass.changes {
            self.value(&change.id)?;
            changes.push((change.at, parameter_id(&change.id), change.value));
        }
        changes.sort_by_key(|&(at, ..)| at);
        self.on_audio_thread(self.outputs.len(), |processing| {
            run(processing, pass, changes.as_slice(), rate, source, sink)
        })
    }

    /// Streams `song` (`[channel][sample]`, full scale ±1) through the plug-in's main input and collects all outputs.
    ///
    /// `progress` is called on the audio thread between blocks with the number of samples done.
    ///
    /// # Errors
    /// As [`ClapHost::pass`], and [`Error::Shape`] for audio that does not fit the plug-in.
    pub fn stream(
        &mut self,
        song: &[Vec<f32>],
        blocks: Blocks,
        changes: &[Change],
        progress: &mut (dyn FnMut(usize) + Send),
    ) -> Result<Played, Error> {
        self.collect(song, &Pass { blocks, changes, trim: 0 }, progress)
    }

    /// Streams `song` and gives back outputs that line up with it: the reported latency is cut off at the start, and
    /// as much silence is fed at the end.
    ///
    /// # Errors
    /// As [`ClapHost::stream`].
    pub fn stream_compensated(
        &mut self,
        song: &[Vec<f32>],
        blocks: Blocks,
        changes: &[Change],
        progress: &mut (dyn FnMut(usize) + Send),
    ) -> Result<Played, Error> {
        let trim = self.latency();
        self.collect(song, &Pass { blocks, changes, trim }, progress)
    }

    fn collect(
        &mut self,
        song: &[Vec<f32>],
        pass: &Pass<'_>,
        progress: &mut (dyn FnMut(usize) + Send),
    ) -> Result<Played, Error> {
        self.check_shape(song, &pass.blocks.0)?;
        let length = song.first().map_or(0, Vec::len);
        let mut ports: Vec<Vec<Vec<f32>>> = self
            .outputs
            .iter()
            .map(|port| (0..port.channels).map(|_| Vec::with_capacity(length)).collect())
            .collect();
        let mut at = 0;
        let timing = self.pass::<Error>(
            pass,
            &mut |buffers| {
                let given = buffers.first().map_or(0, Vec::len).min(length - at);
                for (buffer, channel) in buffers.iter_mut().zip(song) {
                    buffer[..given].copy_from_slice(&channel[at..at + given]);
                }
                at += given;
                progress(at);
                Ok(given)
            },
            &mut |block| {
                for (port, kept) in ports.iter_mut().enumerate() {
                    for (channel, kept) in kept.iter_mut().enumerate() {
                        kept.extend_from_slice(block.channel(port, channel));
                    }
                }
                Ok(())
            },
        )?;
        Ok(Played { ports, timing })
    }
}

/// The loop on the audio thread.
fn run<E: From<Error>>(
    processing: &mut Processing,
    pass: &Pass<'_>,
    mut changes: &[(usize, u32, f64)],
    rate: f64,
    source: &mut Source<'_, E>,
    sink: &mut Sink<'_, E>,
) -> Result<Timing, E> {
    let mut timing = Timing::new(rate);
    let mut due = Vec::with_capacity(changes.len());
    // Silence still to be fed, output still to be left out, samples done.
    let (mut silence, mut skip, mut at) = (pass.trim, pass.trim, 0usize);
    let mut ended = false;
    for &size in pass.blocks.0.iter().cycle() {
        let input = processing.input(size);
        let mut length = if ended { 0 } else { source(input)?.min(size) };
        if length < size {
            ended = true;
            let padded = silence.min(size - length);
            for channel in input {
                channel[length..length + padded].fill(0.0);
            }
            silence -= padded;
            length += padded;
        }
        if length == 0 {
            break;
        }
        processing.input(length);
        due.clear();
        while let Some((&(when, id, value), later)) = changes.split_first()
            && when < at + length
        {
            let at = u32::try_from(when.saturating_sub(at)).unwrap_or(u32::MAX);
            due.push(RawChange { at, id, value });
            changes = later;
        }
        timing.add(length, &processing.process(&due)?);
        at += length;
        let first = skip.min(length);
        skip -= first;
        if first < length {
            sink(&Block { ports: processing.output(), first })?;
        }
    }
    Ok(timing)
}
