//! A minimal CLAP host.

mod instance;

use std::ffi::c_void;
use std::ops::Range;
use std::ptr;
use std::sync::Arc;

use clap_sys::audio_buffer::clap_audio_buffer;
use clap_sys::events::{
    CLAP_CORE_EVENT_SPACE_ID, CLAP_EVENT_PARAM_VALUE, CLAP_TRANSPORT_HAS_SECONDS_TIMELINE,
    CLAP_TRANSPORT_IS_PLAYING, clap_event_header, clap_event_param_value, clap_event_transport,
    clap_input_events, clap_output_events,
};
use clap_sys::ext::configurable_audio_ports::{
    CLAP_EXT_CONFIGURABLE_AUDIO_PORTS, clap_audio_port_configuration_request,
    clap_plugin_configurable_audio_ports,
};
use clap_sys::ext::params::{CLAP_EXT_PARAMS, clap_plugin_params};
use clap_sys::ext::render::{CLAP_EXT_RENDER, CLAP_RENDER_OFFLINE, CLAP_RENDER_REALTIME, clap_plugin_render};
use clap_sys::ext::state::{CLAP_EXT_STATE, clap_plugin_state};
use clap_sys::fixedpoint::CLAP_SECTIME_FACTOR;
use clap_sys::plugin::clap_plugin;
use clap_sys::process::{CLAP_PROCESS_ERROR, clap_process};
use clap_sys::stream::{clap_istream, clap_ostream};

use super::{
    Change, Host, Output, Recorder, Stereo, Transport, UNREACHABLE_RECORDER, callback, parameter_id, unsigned,
};

pub use instance::Instance;

/// One instance, and whether it processes.
pub struct Clap {
    instance: Instance,
    active: bool,
    transport: Option<Transport>,
}

/// The host's list of events for one block.
pub struct Events(Vec<clap_event_param_value>);

impl Events {
    pub fn new(changes: &[Change]) -> Self {
        Self(
            changes
                .iter()
                .map(|change| clap_event_param_value {
                    header: clap_event_header {
                        size: unsigned(size_of::<clap_event_param_value>()),
                        time: unsigned(change.at),
                        space_id: CLAP_CORE_EVENT_SPACE_ID,
                        type_: CLAP_EVENT_PARAM_VALUE,
                        flags: 0,
                    },
                    param_id: parameter_id(change.id),
                    cookie: ptr::null_mut(),
                    note_id: -1,
                    port_index: -1,
                    channel: -1,
                    key: -1,
                    value: change.value,
                })
                .collect(),
        )
    }

    pub fn list(&self) -> clap_input_events {
        unsafe extern "C" fn size(list: *const clap_input_events) -> u32 {
            // SAFETY: `ctx` is the `Events` that made the list.
            unsafe { unsigned((*(*list).ctx.cast::<Events>()).0.len()) }
        }
        unsafe extern "C" fn get(list: *const clap_input_events, index: u32) -> *const clap_event_header {
            // SAFETY: `ctx` is the `Events` that made the list.
            unsafe { &(&(*(*list).ctx.cast::<Events>()).0)[index as usize].header }
        }
        clap_input_events { ctx: ptr::from_ref(self).cast_mut().cast(), size: Some(size), get: Some(get) }
    }
}

unsafe extern "C" fn refuse(_list: *const clap_output_events, _event: *const clap_event_header) -> bool {
    false
}

/// Takes no event, as a host that is full.
const OUTPUT: clap_output_events = clap_output_events { ctx: ptr::null_mut(), try_push: Some(refuse) };

/// The host's transport as an event of CLAP.
pub fn event(transport: Transport) -> clap_event_transport {
    // SAFETY: the type is plain old data, for which zeros are a value.
    let mut event: clap_event_transport = unsafe { std::mem::zeroed() };
    event.flags = CLAP_TRANSPORT_HAS_SECONDS_TIMELINE;
    if transport.playing {
        event.flags |= CLAP_TRANSPORT_IS_PLAYING;
    }
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "songs of hours")]
    let seconds = (transport.position as f64 / transport.rate * CLAP_SECTIME_FACTOR as f64).round() as i64;
    event.song_pos_seconds = seconds;
    event
}

impl Clap {
    /// The instance, for tests that hand over buses of their own.
    pub fn instance(&self) -> &Instance {
        &self.instance
    }

    /// The plug-in itself, for tests of what no host should do.
    pub fn raw(&self) -> *const clap_plugin {
        self.instance.plugin
    }
}

impl Host for Clap {
    const FORMAT: &str = "CLAP";

    fn new() -> Self {
        Self { instance: Instance::new(), active: false, transport: None }
    }

    fn activate(&mut self, rate: f64, largest: usize) -> bool {
        self.deactivate();
        // SAFETY: the plug-in is initialised and not active.
        unsafe {
            let plugin = self.instance.plugin;
            self.active = (*plugin).activate.unwrap()(plugin, rate, 1, unsigned(largest));
            self.active && (*plugin).start_processing.unwrap()(plugin)
        }
    }

    fn deactivate(&mut self) {
        if std::mem::take(&mut self.active) {
            // SAFETY: the plug-in is active and processes.
            unsafe {
                let plugin = self.instance.plugin;
                (*plugin).stop_processing.unwrap()(plugin);
                (*plugin).deactivate.unwrap()(plugin);
            }
        }
    }

    fn recorder(&self) -> Arc<Recorder> {
        self.instance.recorder.clone().expect(UNREACHABLE_RECORDER)
    }

    fn set_transport(&mut self, transport: Option<Transport>) {
        self.transport = transport;
    }

    fn set_offline(&mut self, offline: bool) {
        let render: &clap_plugin_render = self.instance.extension(CLAP_EXT_RENDER);
        let mode = if offline { CLAP_RENDER_OFFLINE } else { CLAP_RENDER_REALTIME };
        // SAFETY: the plug-in is alive.
        assert!(unsafe { render.set.unwrap()(self.instance.plugin, mode) });
    }

    fn set(&mut self, id: &'static str, value: f64) {
        let params: &clap_plugin_params = self.instance.extension(CLAP_EXT_PARAMS);
        let events = Events::new(&[Change { at: 0, id, value }]);
        // SAFETY: the plug-in is alive, and the lists are as CLAP says.
        unsafe { params.flush.unwrap()(self.instance.plugin, &events.list(), &OUTPUT) };
    }

    fn value(&self, id: &'static str) -> f64 {
        let params: &clap_plugin_params = self.instance.extension(CLAP_EXT_PARAMS);
        let mut value = f64::NAN;
        // SAFETY: the plug-in is alive.
        assert!(unsafe { params.get_value.unwrap()(self.instance.plugin, parameter_id(id), &mut value) });
        value
    }

    fn reset(&mut self) {
        // SAFETY: the plug-in is active.
        unsafe { (*self.instance.plugin).reset.unwrap()(self.instance.plugin) };
    }

    fn latency(&self) -> usize {
        self.instance.latency()
    }

    fn save(&self) -> Vec<u8> {
        unsafe extern "C" fn write(stream: *const clap_ostream, from: *const c_void, size: u64) -> i64 {
            // SAFETY: `ctx` is the vector below, and the plug-in hands over as much as it says.
            unsafe {
                let bytes = std::slice::from_raw_parts(from.cast::<u8>(), usize::try_from(size).unwrap());
                (*(*stream).ctx.cast::<Vec<u8>>()).extend_from_slice(bytes);
            }
            i64::try_from(size).unwrap()
        }
        let state: &clap_plugin_state = self.instance.extension(CLAP_EXT_STATE);
        let mut bytes: Vec<u8> = Vec::new();
        let stream = clap_ostream { ctx: ptr::from_mut(&mut bytes).cast(), write: Some(write) };
        // SAFETY: the plug-in is alive.
        assert!(unsafe { state.save.unwrap()(self.instance.plugin, &stream) });
        bytes
    }

    fn load(&mut self, state: &[u8]) -> bool {
        unsafe extern "C" fn read(stream: *const clap_istream, to: *mut c_void, size: u64) -> i64 {
            // SAFETY: `ctx` is the rest below, and the plug-in has as much room as it says.
            unsafe {
                let rest = &mut *(*stream).ctx.cast::<&[u8]>();
                let (now, later) = rest.split_at(rest.len().min(usize::try_from(size).unwrap()));
                ptr::copy_nonoverlapping(now.as_ptr(), to.cast(), now.len());
                *rest = later;
                i64::try_from(now.len()).unwrap()
            }
        }
        let extension: &clap_plugin_state = self.instance.extension(CLAP_EXT_STATE);
        let mut rest = state;
        let stream = clap_istream { ctx: ptr::from_mut(&mut rest).cast(), read: Some(read) };
        // SAFETY: the plug-in is alive.
        unsafe { extension.load.unwrap()(self.instance.plugin, &stream) }
    }

    fn arrange(&mut self, input: usize, outputs: &[usize]) -> bool {
        if let [main] = outputs {
            // By the list of configurations, which alone can change the number of ports.
            return self.instance.select_config(input, *main, 1);
        }
        let request = |is_input, port: usize, channels: usize| clap_audio_port_configuration_request {
            is_input,
            port_index: unsigned(port),
            channel_count: unsigned(channels),
            port_type: ptr::null(),
            port_details: ptr::null(),
        };
        let all = self.instance.select_config(2, 2, 5);
        let mut requests = vec![request(true, 0, input)];
        requests.extend(outputs.iter().enumerate().map(|(port, &channels)| request(false, port, channels)));
        let ports: &clap_plugin_configurable_audio_ports =
            self.instance.extension(CLAP_EXT_CONFIGURABLE_AUDIO_PORTS);
        let (plugin, count) = (self.instance.plugin, unsigned(requests.len()));
        // SAFETY: the plug-in is alive, and the requests are as many as they say.
        unsafe {
            let can = ports.can_apply_configuration.unwrap()(plugin, requests.as_ptr(), count);
            let did = ports.apply_configuration.unwrap()(plugin, requests.as_ptr(), count);
            assert_eq!(can, did, "what can be applied is applied");
            all && did
        }
    }

    fn process_buses(&mut self, input: &[Vec<f32>], outputs: &mut [Vec<Vec<f32>>], block: usize) -> bool {
        let length = input[0].len();
        (0..length).step_by(block).all(|start| {
            let mut input: Vec<_> =
                input.iter().map(|channel| channel[start..].as_ptr().cast_mut()).collect();
            let mut outputs: Vec<Vec<_>> = outputs
                .iter_mut()
                .map(|bus| bus.iter_mut().map(|channel| channel[start..].as_mut_ptr()).collect())
                .collect();
            let buffer = |pointers: &mut Vec<*mut f32>| clap_audio_buffer {
                data32: pointers.as_mut_ptr(),
                data64: ptr::null_mut(),
                channel_count: unsigned(pointers.len()),
                latency: 0,
                constant_mask: 0,
            };
            let input = buffer(&mut input);
            let mut outputs: Vec<_> = outputs.iter_mut().map(buffer).collect();
            let call = clap_process {
                steady_time: i64::try_from(start).unwrap(),
                frames_count: unsigned(block.min(length - start)),
                transport: ptr::null(),
                audio_inputs: &input,
                audio_outputs: outputs.as_mut_ptr(),
                audio_inputs_count: 1,
                audio_outputs_count: unsigned(outputs.len()),
                in_events: ptr::null(),
                out_events: &OUTPUT,
            };
            // SAFETY: the call is as it says.
            let status = unsafe { (*self.instance.plugin).process.unwrap()(self.instance.plugin, &call) };
            status != CLAP_PROCESS_ERROR
        })
    }

    fn block_to(
        &mut self,
        connected: [bool; 4],
        input: &Stereo,
        output: &mut Output,
        range: Range<usize>,
        changes: &[Change],
    ) -> bool {
        let start = range.start;
        let mut pointers = input.each_ref().map(|channel| channel[start..].as_ptr().cast_mut());
        let buffer = |pointers: &mut [*mut f32; 2]| clap_audio_buffer {
            data32: pointers.as_mut_ptr(),
            data64: ptr::null_mut(),
            channel_count: 2,
            latency: 0,
            constant_mask: 0,
        };
        let input = buffer(&mut pointers);
        let Output { main, stems } = output;
        let [one, two, three, four] = stems;
        let mut pointers = [main, one, two, three, four]
            .map(|bus| bus.each_mut().map(|channel| channel[start..].as_mut_ptr()));
        let stems = pointers[1..].iter_mut().zip(connected);
        stems.filter(|(_, connected)| !connected).for_each(|(bus, _)| *bus = [ptr::null_mut(); 2]);
        let mut outputs = pointers.each_mut().map(buffer);
        let event = self.transport.map(event);
        if let Some(transport) = &mut self.transport {
            transport.position += if transport.playing { i64::try_from(range.len()).unwrap() } else { 0 };
        }
        let events = Events::new(changes);
        let list = events.list();
        let call = clap_process {
            steady_time: i64::try_from(start).unwrap(),
            frames_count: unsigned(range.len()),
            transport: event.as_ref().map_or(ptr::null(), ptr::from_ref),
            audio_inputs: &input,
            audio_outputs: outputs.as_mut_ptr(),
            audio_inputs_count: 1,
            audio_outputs_count: 5,
            in_events: &list,
            out_events: &OUTPUT,
        };
        // SAFETY: the call is as it says.
        let status =
            callback(|| unsafe { (*self.instance.plugin).process.unwrap()(self.instance.plugin, &call) });
        status != CLAP_PROCESS_ERROR
    }
}
