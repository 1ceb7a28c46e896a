//! The CLAP entry point: the framework's plug-in with a guarded `process`.

use std::ffi::{CStr, c_char, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::{Arc, OnceLock};

use clap_sys::audio_buffer::clap_audio_buffer;
use clap_sys::events::{clap_input_events, clap_output_events};
use clap_sys::ext::audio_ports::{CLAP_EXT_AUDIO_PORTS, clap_plugin_audio_ports};
use clap_sys::ext::params::{CLAP_EXT_PARAMS, clap_plugin_params};
use clap_sys::process::{CLAP_PROCESS_ERROR, clap_process, clap_process_status};
use nice_plug::wrapper::clap::{
    CLAP_PLUGIN_FACTORY_ID, CLAP_VERSION, PluginDescriptor, Wrapper, clap_host, clap_plugin,
    clap_plugin_descriptor, clap_plugin_entry, clap_plugin_factory,
};
use nice_plug::wrapper::setup_logger;

use super::audience;
use super::buses::{Exclusive, Guard, HostBus, Layout, OUTPUT_BUSES};
use super::clap_events::Events;
use crate::Unbraid;

/// The CLAP entry point that hosts look for.
#[unsafe(no_mangle)]
#[used]
pub static clap_entry: clap_plugin_entry = clap_plugin_entry {
    clap_version: CLAP_VERSION,
    init: Some(init),
    deinit: Some(deinit),
    get_factory: Some(get_factory),
};

static FACTORY: clap_plugin_factory = clap_plugin_factory {
    get_plugin_count: Some(get_plugin_count),
    get_plugin_descriptor: Some(get_plugin_descriptor),
    create_plugin: Some(create_plugin),
};

fn descriptor() -> &'static PluginDescriptor {
    static DESCRIPTOR: OnceLock<PluginDescriptor> = OnceLock::new();
    DESCRIPTOR.get_or_init(PluginDescriptor::for_plugin::<Unbraid>)
}

unsafe extern "C" fn init(_path: *const c_char) -> bool {
    setup_logger::<Unbraid>();
    true
}

unsafe extern "C" fn deinit() {}

unsafe extern "C" fn get_factory(id: *const c_char) -> *const c_void {
    // SAFETY: a host passes null or a string that ends.
    if !id.is_null() && unsafe { CStr::from_ptr(id) } == CLAP_PLUGIN_FACTORY_ID {
        ptr::from_ref(&FACTORY).cast()
    } else {
        ptr::null()
    }
}

unsafe extern "C" fn get_plugin_count(_factory: *const clap_plugin_factory) -> u32 {
    1
}

unsafe extern "C" fn get_plugin_descriptor(
    _factory: *const clap_plugin_factory,
    index: u32,
) -> *const clap_plugin_descriptor {
    if index == 0 { descriptor().clap_plugin_descriptor() } else { ptr::null() }
}

unsafe extern "C" fn create_plugin(
    _factory: *const clap_plugin_factory,
    host: *const clap_host,
    id: *const c_char,
) -> *const clap_plugin {
    // SAFETY: a host passes null or a string that ends.
    if host.is_null() || id.is_null() || unsafe { CStr::from_ptr(id) } != descriptor().clap_id() {
        return ptr::null();
    }
    // SAFETY: the host is not null and outlives its plug-ins. The wrapper stays alive, leaked, until the
    // framework's `destroy` takes it back.
    let framework = unsafe { *(*Arc::into_raw(Wrapper::<Unbraid>::new(host))).clap_plugin.as_ptr() };
    let guarded = Guarded {
        plugin: clap_plugin {
            activate: Some(activate),
            get_extension: Some(get_extension),
            process: Some(process),
            destroy: Some(destroy),
            ..framework
        },
        framework,
        parameters: OnceLock::new(),
        guard: Exclusive::new(Guard::new()),
    };
    Box::into_raw(Box::new(guarded)).cast::<clap_plugin>()
}

/// The plug-in a host sees. The framework finds its own data through `plugin_data`, which is the same in both.
#[repr(C)]
struct Guarded {
    /// First, so that a pointer to it is a pointer to the whole.
    plugin: clap_plugin,
    framework: clap_plugin,
    /// The framework's parameter extension, and the same with a guarded `flush`.
    parameters: OnceLock<Option<Parameters>>,
    guard: Exclusive<Guard>,
}

#[derive(Clone, Copy)]
struct Parameters {
    framework: clap_plugin_params,
    guarded: clap_plugin_params,
}

/// The whole behind the pointer a host holds.
///
/// # Safety
/// `plugin` came from [`create_plugin`] and was not destroyed.
unsafe fn guarded<'a>(plugin: *const clap_plugin) -> &'a Guarded {
    // SAFETY: `create_plugin` made a `Guarded`, whose first field the pointer leads to.
    unsafe { &*plugin.cast::<Guarded>() }
}

unsafe extern "C" fn destroy(plugin: *const clap_plugin) {
    // SAFETY: the host destroys what it got from `create_plugin`, once.
    unsafe {
        let destroy = guarded(plugin).framework.destroy;
        if let Some(destroy) = destroy {
            destroy(plugin);
        }
        drop(Box::from_raw(plugin.cast::<Guarded>().cast_mut()));
    }
}

unsafe extern "C" fn activate(
    plugin: *const clap_plugin,
    sample_rate: f64,
    min_frames: u32,
    max_frames: u32,
) -> bool {
    // SAFETY: the host calls with a living plug-in; the arguments are passed on as they are.
    unsafe {
        let this = guarded(plugin);
        let layout = layout(plugin, &this.framework);
        let prepared = this.guard.try_with(|guard| guard.prepare(layout, max_frames as usize));
        let activated = prepared.is_some()
            && this
                .framework
                .activate
                .is_some_and(|activate| activate(plugin, sample_rate, min_frames, max_frames));
        if !activated {
            let _ = this.guard.try_with(Guard::close);
        }
        activated
    }
}

unsafe extern "C" fn get_extension(plugin: *const clap_plugin, id: *const c_char) -> *const c_void {
    // SAFETY: the host calls with a living plug-in and an id that ends; the framework's extensions live as long as
    // the plug-in.
    unsafe {
        let this = guarded(plugin);
        let found = this.framework.get_extension.map_or(ptr::null(), |get| get(plugin, id));
        if found.is_null() || CStr::from_ptr(id) != CLAP_EXT_PARAMS {
            return found;
        }
        let parameters = this.parameters.get_or_init(|| {
            let framework = *found.cast::<clap_plugin_params>().as_ref()?;
            Some(Parameters { framework, guarded: clap_plugin_params { flush: Some(flush), ..framework } })
        });
        parameters.as_ref().map_or(found, |parameters| ptr::from_ref(&parameters.guarded).cast())
    }
}

unsafe extern "C" fn flush(
    plugin: *const clap_plugin,
    input: *const clap_input_events,
    output: *const clap_output_events,
) {
    // SAFETY: the host calls with a living plug-in and lists that are as CLAP says.
    unsafe {
        let Some(Some(parameters)) = guarded(plugin).parameters.get() else { return };
        let events = Events::new(input, 0);
        let list = events.list();
        if let Some(flush) = parameters.framework.flush {
            flush(plugin, list.as_ref().map_or(ptr::null(), ptr::from_ref), output);
        }
    }
}

/// Asks the framework for the current layout.
///
/// # Safety
/// `plugin` is alive, and this is its main thread.
unsafe fn layout(plugin: *const clap_plugin, framework: &clap_plugin) -> Layout {
    let mut layout = Layout::default();
    // SAFETY: the extension is the framework's own and lives as long as the plug-in; `info` is filled in by
    // it whenever it returns true.
    unsafe {
        let ports =
            framework.get_extension.map_or(ptr::null(), |get| get(plugin, CLAP_EXT_AUDIO_PORTS.as_ptr()));
        let Some(ports) = ports.cast::<clap_plugin_audio_ports>().as_ref() else { return layout };
        let (Some(count), Some(get)) = (ports.count, ports.get) else { return layout };
        let channels = |index: u32, is_input| {
            let mut info = MaybeUninit::zeroed();
            if index < count(plugin, is_input) && get(plugin, index, is_input, info.as_mut_ptr()) {
                info.assume_init().channel_count as usize
            } else {
                0
            }
        };
        layout.input = channels(0, true);
        for (index, output) in (0..).zip(&mut layout.outputs) {
            *output = channels(index, false);
        }
    }
    layout
}

/// The `index`-th of a host's buses.
///
/// # Safety
/// `buses` is null or points to `count` buses.
unsafe fn bus(buses: *const clap_audio_buffer, count: u32, index: usize) -> HostBus {
    if buses.is_null() || index >= count as usize {
        return HostBus::MISSING;
    }
    // SAFETY: within the host's array.
    let bus = unsafe { &*buses.add(index) };
    HostBus { channels: bus.data32, count: bus.channel_count as usize }
}

unsafe extern "C" fn process(plugin: *const clap_plugin, call: *const clap_process) -> clap_process_status {
    // SAFETY: the host calls with a living plug-in, and with a call that is as it says.
    unsafe {
        let this = guarded(plugin);
        let (Some(process), Some(call)) = (this.framework.process, call.as_ref()) else {
            return CLAP_PROCESS_ERROR;
        };
        let guarded_call = this.guard.try_with(|guard| {
            let layout = guard.layout();
            if layout.output_buses() == 0 {
                // Never activated, which the framework answers with a panic, that is the host's end.
                return CLAP_PROCESS_ERROR;
            }
            let events = Events::new(call.in_events, call.frames_count);
            let list = events.list();
            let call = &clap_process { in_events: list.as_ref().map_or(ptr::null(), ptr::from_ref), ..*call };
            let input = bus(call.audio_inputs, call.audio_inputs_count, 0);
            let outputs =
                std::array::from_fn(|index| bus(call.audio_outputs, call.audio_outputs_count, index));
            if guard.complete(call.frames_count as usize, input, outputs)
                && call.audio_outputs_count as usize == layout.output_buses()
            {
                return audience::of(guard.listens(), || process(plugin, call));
            }
            let listens = guard.listens();
            let rebuilt = |pointers: &mut [*mut f32], channels| clap_audio_buffer {
                data32: pointers.as_mut_ptr(),
                data64: ptr::null_mut(),
                channel_count: channels as u32,
                latency: 0,
                constant_mask: 0,
            };
            let input = [rebuilt(&mut guard.input, layout.input)];
            let mut pointers = guard.outputs.iter_mut();
            let mut outputs: [clap_audio_buffer; OUTPUT_BUSES] = layout
                .outputs
                .map(|channels| rebuilt(pointers.next().map_or(&mut [], |pointers| pointers), channels));
            let complete = clap_process {
                audio_inputs: input.as_ptr(),
                audio_outputs: outputs.as_mut_ptr(),
                audio_inputs_count: u32::from(layout.input > 0),
                audio_outputs_count: layout.output_buses() as u32,
                ..*call
            };
            audience::of(listens, || process(plugin, &complete))
        });
        guarded_call.unwrap_or(CLAP_PROCESS_ERROR)
    }
}
