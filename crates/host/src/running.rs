//! Processing block by block on the caller's thread: for tests that do between blocks what they like.

use clack_host::events::Pckn;
use clack_host::events::event_types::ParamValueEvent;
use clack_host::prelude::*;
use clack_host::process::StartedPluginAudioProcessor;
use clack_host::process::audio_buffers::InputChannel;
use clack_host::utils::ClapId;

use crate::handlers::Handlers;
use crate::{ClapHost, Error};

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

/// A plug-in that processes. It stops when this is dropped.
pub struct Running<'host> {
    host: &'host mut ClapHost,
    /// Present until dropped.
    processor: Option<StartedPluginAudioProcessor<Handlers>>,
    output: Vec<Vec<Vec<f32>>>,
    /// Samples processed so far.
    at: u64,
}

impl ClapHost {
    /// Starts processing on this thread.
    ///
    /// # Errors
    /// [`Error::NotActive`], or [`Error::Process`] when the plug-in does not start.
    pub fn start(&mut self) -> Result<Running<'_>, Error> {
        let stopped = self.processor.take().ok_or(Error::NotActive)?;
        let output = self.outputs.iter().map(|port| vec![Vec::new(); port.channels]).collect();
        match stopped.start_processing() {
            Ok(started) => Ok(Running { host: self, processor: Some(started), output, at: 0 }),
            Err(error) => {
                let reason = error.to_string();
                self.processor = Some(error.into_stopped_processor());
                Err(Error::Process { at: 0, reason })
            }
        }
    }
}

impl Running<'_> {
    /// Processes one block of any length, 0 included and longer than announced included; `input` is
    /// `[channel][sample]`. Gives back `[port][channel][sample]`, where samples that the plug-in did not write are
    /// NaN.
    ///
    /// # Errors
    /// [`Error::Process`] when the plug-in fails.
    pub fn block(&mut self, input: &[&[f32]], changes: &[RawChange]) -> Result<&[Vec<Vec<f32>>], Error> {
        let length = input.first().map_or(0, |channel| channel.len());
        let mut input: Vec<Vec<f32>> = input.iter().map(|channel| channel.to_vec()).collect();
        for channel in self.output.iter_mut().flatten() {
            channel.clear();
            channel.resize(length, f32::NAN);
        }
        let mut events = EventBuffer::with_capacity(changes.len());
        for change in changes {
            let id = ClapId::from_raw(change.id).unwrap_or(ClapId::new(0));
            events.push(&ParamValueEvent::new(change.at, id, Pckn::match_all(), change.value));
        }
        let mut input_ports = AudioPorts::with_capacity(input.len(), 1);
        let channels = self.output.iter().map(Vec::len).sum();
        let mut output_ports = AudioPorts::with_capacity(channels, self.output.len());
        let inputs = input_ports.with_input_buffers([AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_input_only(
                input.iter_mut().map(|channel| InputChannel::variable(channel.as_mut_slice())),
            ),
        }]);
        let mut outputs =
            output_ports.with_output_buffers(self.output.iter_mut().map(|port| AudioPortBuffer {
                latency: 0,
                channels: AudioPortBufferType::f32_output_only(port.iter_mut().map(Vec::as_mut_slice)),
            }));
        let at = self.at;
        let Some(processor) = &mut self.processor else { return Err(Error::NotActive) };
        processor
            .process(&inputs, &mut outputs, &events.as_input(), &mut OutputEvents::void(), Some(at), None)
            .map_err(|error| Error::Process { at: at as usize, reason: error.to_string() })?;
        self.at += length as u64;
        Ok(&self.output)
    }

    /// Makes the plug-in forget what it heard, as at a jump of the transport.
    pub fn reset(&mut self) {
        if let Some(processor) = &mut self.processor {
            processor.reset();
        }
        self.at = 0;
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if let Some(processor) = self.processor.take() {
            self.host.processor = Some(processor.stop_processing());
        }
        self.host.serve_callbacks();
    }
}
