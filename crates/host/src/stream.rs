//! Streaming: a whole song through `process`, block by block, on a thread of its own, with a clock on every callback.

use std::time::{Duration, Instant};

use clack_host::events::Pckn;
use clack_host::events::event_types::ParamValueEvent;
use clack_host::prelude::*;
use clack_host::process::StartedPluginAudioProcessor;
use clack_host::process::audio_buffers::InputChannel;
use clack_host::utils::ClapId;
use cpu_time::ThreadTime;

use crate::handlers::Handlers;
use crate::{ClapHost, Error, Port, parameter_id};

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

/// The time that callbacks took.
#[derive(Debug, Clone)]
pub struct Timing {
    /// One value per callback: its wall-clock time divided by its block's duration.
    pub loads: Vec<f32>,
    /// Duration of the streamed audio in seconds.
    pub audio_s: f64,
    /// Wall-clock time in `process`, all callbacks together, in seconds.
    pub wall_s: f64,
    /// Processor time in `process`, all callbacks together, in seconds. Unlike `wall_s`, it leaves out the time in
    /// which other programs had the core.
    pub cpu_s: f64,
}

impl Timing {
    /// Mean share of one core: processor time per second of audio.
    #[must_use]
    pub fn core_load(&self) -> f64 {
        if self.audio_s > 0.0 { self.cpu_s / self.audio_s } else { 0.0 }
    }

    /// Mean share of the callback's period that was spent in it (wall clock).
    #[must_use]
    pub fn mean_load(&self) -> f64 {
        if self.audio_s > 0.0 { self.wall_s / self.audio_s } else { 0.0 }
    }

    /// The largest share of a callback's period that was spent in it (wall clock).
    #[must_use]
    pub fn peak_load(&self) -> f64 {
        f64::from(self.loads.iter().copied().fold(0.0, f32::max))
    }

    /// The share that this fraction (0…1) of the callbacks stay below (wall clock).
    #[must_use]
    pub fn quantile_load(&self, fraction: f64) -> f64 {
        let mut sorted = self.loads.clone();
        sorted.sort_unstable_by(f32::total_cmp);
        let last = sorted.len().saturating_sub(1);
        sorted.get((fraction * last as f64).round() as usize).copied().map_or(0.0, f64::from)
    }
}

/// What came out of the plug-in.
#[derive(Debug, Clone)]
pub struct Played {
    /// `ports[port][channel][sample]`, as long as what went in. Samples that the plug-in failed to write are NaN.
    pub ports: Vec<Vec<Vec<f32>>>,
    /// The clock's findings.
    pub timing: Timing,
}

impl ClapHost {
    /// Streams `song` (`[channel][sample]`, full scale ±1) through the plug-in's main input and collects all outputs.
    ///
    /// The plug-in's audio callbacks run on a thread of their own. `progress` is called there between blocks with the
    /// number of samples done. The plug-in starts and stops processing around the call, as a DAW does at play and stop.
    ///
    /// # Errors
    /// [`Error::NotActive`], [`Error::Shape`] for audio or blocks that do not fit the plug-in or its activation,
    /// [`Error::UnknownParameter`] for a change of a parameter that does not exist, [`Error::Process`].
    pub fn stream(
        &mut self,
        song: &[Vec<f32>],
        blocks: Blocks,
        changes: &[Change],
        progress: &mut (dyn FnMut(usize) + Send),
    ) -> Result<Played, Error> {
        let (rate, max_block) = self.activation.ok_or(Error::NotActive)?;
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
        if blocks.0.is_empty() || blocks.0.iter().any(|&size| size == 0 || size > max_block as usize) {
            return Err(Error::Shape(format!("blocks must have 1 to {max_block} samples: {:?}", blocks.0)));
        }
        let mut sorted = Vec::with_capacity(changes.len());
        for change in changes {
            self.value(&change.id)?;
            sorted.push((change.at, ClapId::new(parameter_id(&change.id)), change.value));
        }
        sorted.sort_by_key(|&(at, ..)| at);

        let stopped = self.processor.take().ok_or(Error::NotActive)?;
        let outputs = self.outputs.clone();
        // Callbacks run on their own thread, as in a DAW: what a plug-in keeps per thread starts cold there, and its
        // checks of who calls what are put to work.
        let (stopped, result) = std::thread::scope(|scope| {
            scope
                .spawn(move || match stopped.start_processing() {
                    Err(error) => {
                        let reason = error.to_string();
                        (error.into_stopped_processor(), Err(Error::Process { at: 0, reason }))
                    }
                    Ok(mut processor) => {
                        let result =
                            run(&mut processor, song, &blocks, max_block, &sorted, &outputs, rate, progress);
                        (processor.stop_processing(), result)
                    }
                })
                .join()
                .expect("the audio thread panicked")
        });
        self.processor = Some(stopped);
        self.serve_callbacks();
        result
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
        let latency = self.latency();
        let padded: Vec<Vec<f32>> = song
            .iter()
            .map(|channel| {
                let mut padded = Vec::with_capacity(channel.len() + latency);
                padded.extend_from_slice(channel);
                padded.resize(channel.len() + latency, 0.0);
                padded
            })
            .collect();
        let mut played = self.stream(&padded, blocks, changes, progress)?;
        for channel in played.ports.iter_mut().flatten() {
            channel.drain(..latency);
        }
        Ok(played)
    }
}

/// The loop on the audio thread.
#[expect(clippy::too_many_arguments, reason = "the whole stream, handed to its thread once")]
fn run(
    processor: &mut StartedPluginAudioProcessor<Handlers>,
    song: &[Vec<f32>],
    blocks: &Blocks,
    max_block: u32,
    changes: &[(usize, ClapId, f64)],
    outputs: &[Port],
    rate: f64,
    progress: &mut (dyn FnMut(usize) + Send),
) -> Result<Played, Error> {
    let length = song.first().map_or(0, Vec::len);
    let channels: usize = outputs.iter().map(|port| port.channels).sum();
    let max_block = max_block as usize;

    let mut collected: Vec<Vec<Vec<f32>>> =
        outputs.iter().map(|port| (0..port.channels).map(|_| Vec::with_capacity(length)).collect()).collect();
    let mut input = vec![vec![0.0f32; max_block]; song.len()];
    let mut output: Vec<Vec<Vec<f32>>> =
        outputs.iter().map(|port| vec![vec![0.0f32; max_block]; port.channels]).collect();
    let mut input_ports = AudioPorts::with_capacity(song.len(), 1);
    let mut output_ports = AudioPorts::with_capacity(channels, outputs.len());
    let mut events = EventBuffer::with_capacity(16);

    let mut loads = Vec::with_capacity(length / blocks.0[0] + 1);
    let (mut wall, mut cpu) = (Duration::ZERO, Duration::ZERO);
    let mut at = 0;
    let mut next_change = 0;
    for &wanted in blocks.0.iter().cycle() {
        if at >= length {
            break;
        }
        let size = wanted.min(length - at);
        for (buffer, channel) in input.iter_mut().zip(song) {
            buffer[..size].copy_from_slice(&channel[at..at + size]);
        }
        // A host's output buffers hold anything; NaN makes a sample that the plug-in did not write stand out.
        for buffer in output.iter_mut().flatten() {
            buffer[..size].fill(f32::NAN);
        }
        events.clear();
        while let Some(&(when, id, value)) = changes.get(next_change)
            && when < at + size
        {
            let offset = u32::try_from(when.saturating_sub(at)).unwrap_or(u32::MAX);
            events.push(&ParamValueEvent::new(offset, id, Pckn::match_all(), value));
            next_change += 1;
        }

        let inputs = input_ports.with_input_buffers([AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_input_only(
                input.iter_mut().map(|buffer| InputChannel::variable(&mut buffer[..size])),
            ),
        }]);
        let mut outs = output_ports.with_output_buffers(output.iter_mut().map(|port| AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_output_only(port.iter_mut().map(|buffer| &mut buffer[..size])),
        }));
        let input_events = events.as_input();

        let cpu_start = ThreadTime::now();
        let start = Instant::now();
        let status = processor.process(
            &inputs,
            &mut outs,
            &input_events,
            &mut OutputEvents::void(),
            Some(at as u64),
            None,
        );
        let took = start.elapsed();
        cpu += cpu_start.elapsed();
        wall += took;
        loads.push((took.as_secs_f64() * rate / size as f64) as f32);
        status.map_err(|error| Error::Process { at, reason: error.to_string() })?;

        for (kept, port) in collected.iter_mut().zip(&output) {
            for (kept, buffer) in kept.iter_mut().zip(port) {
                kept.extend_from_slice(&buffer[..size]);
            }
        }
        at += size;
        progress(at);
    }
    let timing =
        Timing { loads, audio_s: length as f64 / rate, wall_s: wall.as_secs_f64(), cpu_s: cpu.as_secs_f64() };
    Ok(Played { ports: collected, timing })
}
