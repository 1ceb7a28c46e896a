//! One block after the other through a plug-in that processes: the loop body of [`ClapHost::pass`],
//! [`ClapHost::clocked`] and [`Running`].

use std::time::{Duration, Instant};

use clack_host::events::Pckn;
use clack_host::events::event_types::ParamValueEvent;
use clack_host::prelude::*;
use clack_host::process::audio_buffers::InputChannel;
use clack_host::process::{StartedPluginAudioProcessor, StoppedPluginAudioProcessor};
use clack_host::utils::ClapId;
use cpu_time::ThreadTime;

use crate::clap::{ClapHost, Port, RequestCounter};
use crate::error::Error;
use crate::handlers::Handlers;
use crate::numbers;

/// Time and requests of one callback.
#[derive(Debug, Clone, Copy)]
pub struct Callback {
    /// When it was called.
    pub start: Instant,
    /// Time on the wall.
    pub wall: Duration,
    /// Time on the processor: unlike `wall`, without the time in which others had the core.
    pub cpu: Duration,
    /// Requests to the system's allocator, if [`ClapHost::count_requests_with`] was given a counter.
    pub requests: Option<u64>,
}

/// A parameter change within a block. Nothing is checked: neither the time nor the number nor the value.
#[derive(Debug, Clone, Copy)]
pub struct RawChange {
    /// Sample of the block.
    pub at: u32,
    /// CLAP's numeric id, see [`crate::parameter_id`].
    pub id: u32,
    /// CLAP value.
    pub value: f64,
}

/// A plug-in that processes, with buffers for its blocks. Belongs to the thread that made it.
pub struct Processing {
    processor: StartedPluginAudioProcessor<Handlers>,
    /// `[channel][sample]`
    input: Vec<Vec<f32>>,
    /// `[port][channel][sample]`
    output: Vec<Vec<Vec<f32>>>,
    input_ports: AudioPorts,
    output_ports: AudioPorts,
    events: EventBuffer,
    counter: Option<RequestCounter>,
    /// Samples processed so far.
    at: u64,
}

/// A processor that did not start, and why.
pub(crate) type NotStarted = (StoppedPluginAudioProcessor<Handlers>, Error);

impl Processing {
    /// Starts processing on this thread, with an input of `inputs` channels and buffers for these output ports.
    pub(crate) fn start(
        stopped: StoppedPluginAudioProcessor<Handlers>,
        inputs: usize,
        outputs: &[Port],
        counter: Option<RequestCounter>,
    ) -> Result<Self, NotStarted> {
        let processor = stopped.start_processing().map_err(|error| {
            let reason = error.to_string();
            (error.into_stopped_processor(), Error::Process { at: 0, reason })
        })?;
        let channels = outputs.iter().map(|port| port.channels).sum();
        Ok(Self {
            processor,
            input: vec![Vec::new(); inputs],
            output: outputs.iter().map(|port| vec![Vec::new(); port.channels]).collect(),
            input_ports: AudioPorts::with_capacity(inputs, 1),
            output_ports: AudioPorts::with_capacity(channels, outputs.len()),
            events: EventBuffer::with_capacity(16),
            counter,
            at: 0,
        })
    }

    /// Stops processing.
    pub(crate) fn stop(self) -> StoppedPluginAudioProcessor<Handlers> {
        self.processor.stop_processing()
    }

    /// The input's buffers `[channel][sample]`, each `length` samples long and still with older samples in it: to be filled
    /// before [`Processing::process`].
    pub fn input(&mut self, length: usize) -> &mut [Vec<f32>] {
        for channel in &mut self.input {
            channel.resize(length, 0.0);
        }
        &mut self.input
    }

    /// Processes what [`Processing::input`] holds, with a clock around the plug-in's callback. Any length is handed over,
    /// 0 included and longer than announced included.
    ///
    /// # Errors
    /// [`Error::Process`] when the plug-in fails.
    pub fn process(&mut self, changes: &[RawChange]) -> Result<Callback, Error> {
        let length = self.input.first().map_or(0, Vec::len);
        // A host's output buffers hold anything; NaN makes a sample that the plug-in did not write stand out.
        for channel in self.output.iter_mut().flatten() {
            channel.clear();
            channel.resize(length, f32::NAN);
        }
        self.events.clear();
        for change in changes {
            let id = ClapId::from_raw(change.id).unwrap_or(ClapId::new(0));
            self.events.push(&ParamValueEvent::new(change.at, id, Pckn::match_all(), change.value));
        }
        let inputs = self.input_ports.with_input_buffers([AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_input_only(
                self.input.iter_mut().map(|channel| InputChannel::variable(channel.as_mut_slice())),
            ),
        }]);
        let mut outputs =
            self.output_ports.with_output_buffers(self.output.iter_mut().map(|port| AudioPortBuffer {
                latency: 0,
                channels: AudioPortBufferType::f32_output_only(port.iter_mut().map(Vec::as_mut_slice)),
            }));
        let events = self.events.as_input();

        let before = self.counter.and_then(|count| count());
        let cpu = ThreadTime::now();
        let start = Instant::now();
        let status = self.processor.process(
            &inputs,
            &mut outputs,
            &events,
            &mut OutputEvents::void(),
            Some(self.at),
            None,
        );
        let wall = start.elapsed();
        let cpu = cpu.elapsed();
        let requests = self.counter.and_then(|count| Some(count()? - before?));
        status.map_err(|error| Error::Process { at: self.at, reason: error.to_string() })?;
        self.at += numbers::count(length);
        Ok(Callback { start, wall, cpu, requests })
    }

    /// Outputs of the last block: `[port][channel][sample]`. Samples that the plug-in did not write are NaN.
    #[must_use]
    pub fn output(&self) -> &[Vec<Vec<f32>>] {
        &self.output
    }

    /// Processes one block of any length; `input` is `[channel][sample]`. Gives back `[port][channel][sample]`, where
    /// samples that the plug-in did not write are NaN.
    ///
    /// # Errors
    /// [`Error::Process`] when the plug-in fails.
    pub fn block(&mut self, input: &[&[f32]], changes: &[RawChange]) -> Result<&[Vec<Vec<f32>>], Error> {
        self.input.resize(input.len(), Vec::new());
        for (buffer, channel) in self.input.iter_mut().zip(input) {
            buffer.clear();
            buffer.extend_from_slice(channel);
        }
        self.process(changes)?;
        Ok(&self.output)
    }

    /// Makes the plug-in forget its past input, as at a jump of the transport.
    pub fn reset(&mut self) {
        self.processor.reset();
        self.at = 0;
    }
}

impl ClapHost {
    /// From now on, callbacks note how often they ask the system's allocator for something, by this counter.
    pub fn count_requests_with(&mut self, counter: RequestCounter) {
        self.counter = Some(counter);
    }

    /// Starts processing on a thread of its own, runs `work` there, and stops. `ports` is how many of the output ports, from
    /// the first on, get buffers.
    ///
    /// A plug-in's callbacks run on such a thread in a DAW, too: what it keeps per thread starts cold there, and its checks
    /// of who calls what are put to work.
    ///
    /// # Errors
    /// [`Error::NotActive`]; [`Error::Process`] when the plug-in does not start; and what `work` gives back.
    ///
    /// # Panics
    /// When `work` does.
    pub fn on_audio_thread<R: Send, E: From<Error> + Send>(
        &mut self,
        ports: usize,
        work: impl FnOnce(&mut Processing) -> Result<R, E> + Send,
    ) -> Result<R, E> {
        let stopped = self.processor.take().ok_or(Error::NotActive)?;
        let inputs = self.inputs.first().map_or(0, |port| port.channels);
        let outputs = &self.outputs[..ports.min(self.outputs.len())];
        let counter = self.counter;
        let joined = std::thread::scope(|scope| {
            let audio = scope.spawn(move || match Processing::start(stopped, inputs, outputs, counter) {
                Err((stopped, error)) => (stopped, Err(E::from(error))),
                Ok(mut processing) => {
                    let result = work(&mut processing);
                    (processing.stop(), result)
                }
            });
            audio.join()
        });
        let (stopped, result) = joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        self.processor = Some(stopped);
        self.serve_callbacks();
        result
    }
}

/// A plug-in that processes on the caller's thread, for tests that do between blocks what they like. It stops when this
/// is dropped.
pub struct Running<'host> {
    host: &'host mut ClapHost,
    /// Present until dropped.
    processing: Option<Processing>,
}

impl ClapHost {
    /// Starts processing on this thread.
    ///
    /// # Errors
    /// [`Error::NotActive`], or [`Error::Process`] when the plug-in does not start.
    pub fn start(&mut self) -> Result<Running<'_>, Error> {
        let stopped = self.processor.take().ok_or(Error::NotActive)?;
        let inputs = self.inputs.first().map_or(0, |port| port.channels);
        match Processing::start(stopped, inputs, &self.outputs, self.counter) {
            Ok(processing) => Ok(Running { host: self, processing: Some(processing) }),
            Err((stopped, error)) => {
                self.processor = Some(stopped);
                Err(error)
            }
        }
    }
}

impl Running<'_> {
    /// As [`Processing::block`].
    ///
    /// # Errors
    /// [`Error::Process`] when the plug-in fails.
    pub fn block(&mut self, input: &[&[f32]], changes: &[RawChange]) -> Result<&[Vec<Vec<f32>>], Error> {
        self.processing.as_mut().ok_or(Error::NotActive)?.block(input, changes)
    }

    /// As [`Processing::reset`].
    pub fn reset(&mut self) {
        if let Some(processing) = &mut self.processing {
            processing.reset();
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if let Some(processing) = self.processing.take() {
            self.host.processor = Some(processing.stop());
        }
        self.host.serve_callbacks();
    }
}
