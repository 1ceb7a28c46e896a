//! The CLAP entry point: the framework's plug-in with a `process` of our own.

use std::ffi::{CStr, c_char, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::{Arc, OnceLock};

use clap_sys::audio_buffer::clap_audio_buffer;
use clap_sys::events::{clap_input_events, clap_output_events};
use clap_sys::ext::audio_ports::{CLAP_EXT_AUDIO_PORTS, clap_plugin_audio_ports};
use clap_sys::ext::params::{CLAP_EXT_PARAMS, clap_plugin_params};
use clap_sys::ext::tail::{CLAP_EXT_TAIL, clap_plugin_tail};
use clap_sys::process::{CLAP_PROCESS_CONTINUE, CLAP_PROCESS_ERROR, clap_process, clap_process_status};
use nice_plug::wrapper::clap::{
    CLAP_PLUGIN_FACTORY_ID, CLAP_VERSION, PluginDescriptor, Wrapper, clap_host, clap_plugin,
    clap_plugin_descriptor, clap_plugin_entry, clap_plugin_factory,
};
use nice_plug::wrapper::setup_logger;

use super::buses::{Guard, HostBus, Layout};
use super::callback::{Callback, Outcome};
use super::clap_events::Events;
use crate::Unbraid;
use crate::shared::PluginShared;
use crate::try_cell::TryCell;

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
    let make = || unsafe { *(*Arc::into_raw(Wrapper::<Unbraid>::new(host))).clap_plugin.as_ptr() };
    let (framework, Some(shared)) = PluginShared::capture_during(make) else { return ptr::null() };
    let guarded = Guarded {
        plugin: clap_plugin {
            activate: Some(activate),
            get_extension: Some(get_extension),
            process: Some(process),
            destroy: Some(destroy),
            ..framework
        },
        framework,
        host,
        callback: Callback::new(shared),
        parameters: OnceLock::new(),
        guard: TryCell::new(Guard::new()),
    };
    Box::into_raw(Box::new(guarded)).cast::<clap_plugin>()
}

/// The plug-in a host sees. The framework finds its own data through `plugin_data`, which is the same in both.
#[repr(C)]
struct Guarded {
    /// First, so that a pointer to it is a pointer to the whole.
    plugin: clap_plugin,
    framework: clap_plugin,
    host: *const clap_host,
    callback: Callback,
    /// The framework's parameter extension, and the same with a guarded `flush`.
    parameters: OnceLock<Option<Parameters>>,
    guard: TryCell<Guard>,
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
        // Asked for here so that the callback finds it, whether the host wants it or not.
        let _ = parameters(plugin);
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
        if CStr::from_ptr(id) == CLAP_EXT_TAIL {
            return ptr::from_ref(&TAIL).cast();
        }
        let found = this.framework.get_extension.map_or(ptr::null(), |get| get(plugin, id));
        if found.is_null() || CStr::from_ptr(id) != CLAP_EXT_PARAMS {
            return found;
        }
        parameters(plugin).map_or(found, |parameters| ptr::from_ref(&parameters.guarded).cast())
    }
}

/// The framework's parameter extension and ours; the first call asks for it.
///
/// # Safety
/// As for [`guarded`].
unsafe fn parameters<'a>(plugin: *const clap_plugin) -> Option<&'a Parameters> {
    // SAFETY: the caller's promise; the framework's extensions live as long as the plug-in.
    unsafe {
        let this = guarded(plugin);
        let parameters = this.parameters.get_or_init(|| {
            let get = this.framework.get_extension?;
            let framework = *get(plugin, CLAP_EXT_PARAMS.as_ptr()).cast::<clap_plugin_params>().as_ref()?;
            Some(Parameters { framework, guarded: clap_plugin_params { flush: Some(flush), ..framework } })
        });
        parameters.as_ref()
    }
}

/// The framework knows the tail from what its own callback was told.
static TAIL: clap_plugin_tail = clap_plugin_tail { get: Some(tail) };

/// What was heard goes on for as long as it is delayed.
unsafe extern "C" fn tail(plugin: *const clap_plugin) -> u32 {
    // SAFETY: the host calls with a living plug-in.
    unsafe { guarded(plugin) }.callback.shared().instance.status.latency().map_or(0, |(samples, _)| samples)
}

unsafe extern "C" fn flush(
    plugin: *const clap_plugin,
    input: *const clap_input_events,
    output: *const clap_output_events,
) {
    // SAFETY: the host calls with a living plug-in and lists that are as CLAP says.
    unsafe {
        let Some(parameters) = parameters(plugin) else { return };
        let events = Events::new(input);
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
        let Some(call) = call.as_ref() else { return CLAP_PROCESS_ERROR };
        let outcome = this.guard.try_with(|guard| {
            if guard.layout().output_buses() == 0 {
                // Never activated.
                return Outcome::Nothing;
            }
            let input = bus(call.audio_inputs, call.audio_inputs_count, 0);
            let outputs =
                std::array::from_fn(|index| bus(call.audio_outputs, call.audio_outputs_count, index));
            guard.begin(call.frames_count as usize, input, outputs);
            let events = Events::new(call.in_events);
            this.callback.run(guard, events.changes(&this.callback))
        });
        // What was changed in the window waits with the framework to be told to the host.
        if let Some(Some(Parameters { framework, .. })) = this.parameters.get()
            && let Some(flush) = framework.flush
        {
            flush(plugin, ptr::null(), call.out_events);
        }
        if outcome == Some(Outcome::NeedsRestart)
            && let Some(request) = (*this.host).request_restart
        {
            request(this.host);
        }
        match outcome {
            Some(Outcome::Done | Outcome::NeedsRestart) => CLAP_PROCESS_CONTINUE,
            Some(Outcome::Nothing) | None => CLAP_PROCESS_ERROR,
        }
    }
}
