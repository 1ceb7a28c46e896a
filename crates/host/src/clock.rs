//! Callbacks one at a time, with clocks on each: what benches and guards need, where nobody listens.

use std::time::{Duration, Instant};

use clack_host::prelude::*;
use clack_host::process::audio_buffers::InputChannel;
use cpu_time::ThreadTime;

use crate::requests::system_requests;
use crate::{ClapHost, Error};

/// What one callback took.
#[derive(Debug, Clone, Copy)]
pub struct Callback {
    /// When it was called.
    pub start: Instant,
    /// Time on the wall.
    pub wall: Duration,
    /// Time on the processor: unlike `wall`, without the time in which others had the core.
    pub cpu: Duration,
    /// Requests to the system's allocator, where they can be counted.
    pub requests: Option<u64>,
}

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
        let (_, max_block) = self.activation.ok_or(Error::NotActive)?;
        let main_input = self.inputs.first().map_or(0, |port| port.channels);
        if song.len() != main_input || song.iter().any(|channel| channel.len() < block) {
            return Err(Error::Shape(format!("need {main_input} channels of at least {block} samples")));
        }
        if block == 0 || block > max_block as usize {
            return Err(Error::Shape(format!("blocks must have 1 to {max_block} samples: {block}")));
        }
        let stopped = self.processor.take().ok_or(Error::NotActive)?;
        let outputs = &self.outputs[..buses.min(self.outputs.len())];
        let (stopped, result) = std::thread::scope(|scope| {
            let audio = scope.spawn(move || {
                let mut processor = match stopped.start_processing() {
                    Ok(processor) => processor,
                    Err(error) => {
                        let reason = error.to_string();
                        return (error.into_stopped_processor(), Err(Error::Process { at: 0, reason }));
                    }
                };
                let length = song[0].len() / block * block;
                let mut input = vec![vec![0.0f32; block]; song.len()];
                let mut output: Vec<Vec<Vec<f32>>> =
                    outputs.iter().map(|port| vec![vec![0.0; block]; port.channels]).collect();
                let channels = outputs.iter().map(|port| port.channels).sum();
                let mut input_ports = AudioPorts::with_capacity(song.len(), 1);
                let mut output_ports = AudioPorts::with_capacity(channels, outputs.len());
                let mut done = 0usize;
                let mut call = || {
                    let at = done % length;
                    for (buffer, channel) in input.iter_mut().zip(song) {
                        buffer.copy_from_slice(&channel[at..at + block]);
                    }
                    let inputs = input_ports.with_input_buffers([AudioPortBuffer {
                        latency: 0,
                        channels: AudioPortBufferType::f32_input_only(
                            input.iter_mut().map(|buffer| InputChannel::variable(&mut buffer[..])),
                        ),
                    }]);
                    let mut outs =
                        output_ports.with_output_buffers(output.iter_mut().map(|port| AudioPortBuffer {
                            latency: 0,
                            channels: AudioPortBufferType::f32_output_only(
                                port.iter_mut().map(|buffer| &mut buffer[..]),
                            ),
                        }));
                    let requests = system_requests();
                    let cpu = ThreadTime::now();
                    let start = Instant::now();
                    let status = processor.process(
                        &inputs,
                        &mut outs,
                        &InputEvents::empty(),
                        &mut OutputEvents::void(),
                        Some(done as u64),
                        None,
                    );
                    let wall = start.elapsed();
                    let cpu = cpu.elapsed();
                    let requests = requests.and_then(|before| Some(system_requests()? - before));
                    status.map_err(|error| Error::Process { at: done, reason: error.to_string() })?;
                    done += block;
                    Ok(Callback { start, wall, cpu, requests })
                };
                let result = work(&mut call);
                (processor.stop_processing(), result)
            });
            audio.join().expect("the audio thread panicked")
        });
        self.processor = Some(stopped);
        self.serve_callbacks();
        result
    }
}
